/** Tensors in a few words, for text. */
import type { Tensor } from '@torchlet/tensor';
import { type Shape, showShape } from '@torchlet/tensor/internal';

export interface Statistics {
  /** Over the finite elements; null where there is none. */
  readonly min: number | null;
  readonly max: number | null;
  readonly mean: number | null;
  /** The Euclidean norm of all elements. */
  readonly norm: number;
  readonly nan: number;
  readonly inf: number;
}

export function statisticsOf(data: ArrayLike<number>): Statistics {
  let [min, max, sum, squares, nan, inf, finite] = [Infinity, -Infinity, 0, 0, 0, 0, 0];
  for (let i = 0; i < data.length; i++) {
    const x = data[i];
    squares += x * x;
    if (Number.isFinite(x)) {
      finite++;
      sum += x;
      if (x < min) min = x;
      if (x > max) max = x;
    } else if (x !== x) nan++;
    else inf++;
  }
  const norm = Math.sqrt(squares);
  return finite === 0
    ? { min: null, max: null, mean: null, norm, nan, inf }
    : { min, max, mean: sum / finite, norm, nan, inf };
}

/** Elements in row-major order, also of a sparse tensor, to be read at once. */
export const elementsOf = (t: Tensor): ArrayLike<number> => (t.is_sparse ? t.to_dense() : t).toArray();

/** Four significant digits. */
export function show(x: number | null): string {
  if (x === null) return 'none';
  if (x === 0 || !Number.isFinite(x)) return String(x);
  const size = Math.abs(x);
  return size < 1e-4 || size >= 1e6 ? x.toExponential(3) : String(Number(x.toPrecision(4)));
}

/** More elements than these are summarised. */
const FEW = 8;

/** `[2, 3]` and the values; of more than a few elements, their norm and range. */
export function describe(t: Tensor): string {
  const data = elementsOf(t);
  return `${showShape(t.shape)}  ${inWords(data, t.shape)}`;
}

function inWords(data: ArrayLike<number>, shape: Shape): string {
  if (data.length === 0) return 'empty';
  if (data.length <= FEW) return nested(data, shape, { at: 0 });
  const { min, max, norm, nan, inf } = statisticsOf(data);
  const bad = `${nan > 0 ? `, ${nan} NaN` : ''}${inf > 0 ? `, ${inf} Inf` : ''}`;
  return `norm ${show(norm)}, min ${show(min)}, max ${show(max)}${bad}`;
}

function nested(data: ArrayLike<number>, shape: Shape, next: { at: number }, d: number = 0): string {
  if (d === shape.length) return show(data[next.at++]);
  return `[${Array.from({ length: shape[d] }, () => nested(data, shape, next, d + 1)).join(', ')}]`;
}
