/** A tensor as data for a page: its numbers when they are few, else statistics, a heat map and a histogram. */
import type { Tensor } from '@torchlet/tensor';
import type { Shape } from '@torchlet/tensor/internal';
import { elementsOf, type Statistics, statisticsOf } from './numbers.js';

/** JSON has no names for what is not finite. */
export type JsonNumber = number | 'NaN' | 'Infinity' | '-Infinity';

export interface HeatMap {
  /** Matrices side by side: the first few of a tensor with more than two dimensions. */
  readonly tiles: number;
  readonly rows: number;
  readonly cols: number;
  /** How far the colours reach on either side of zero. */
  readonly reach: number;
  /** Base64 of a byte for each cell: 0 to 254 stand for −reach to reach, 255 for what is not finite. */
  readonly cells: string;
}

export interface TensorData extends Omit<Statistics, 'norm'> {
  /** Null when an element is not finite. */
  readonly norm: number | null;
  readonly shape: Shape;
  readonly dtype: string;
  /** All elements in row-major order, where they are few or wanted. */
  readonly values: readonly JsonNumber[] | null;
  readonly heat: HeatMap | null;
  /** How many elements lie in each of equal parts of the range from `min` to `max`. */
  readonly histogram: readonly number[] | null;
}

/** Up to as many numbers are kept and shown as such. */
export const FEW = 64;
const BINS = 30;
const TILES = 9;
/** Cells along each side of a heat map of one matrix, and of one among several. */
const [SIDE, TILE_SIDE] = [48, 24];
const STRIP = 64;

export function summarise(t: Tensor, full: boolean): TensorData {
  const data = elementsOf(t);
  const { shape, dtype } = t;
  const statistics = statisticsOf(data);
  const few = data.length <= FEW;
  const isFloat = dtype === 'float32';
  return {
    shape: [...shape],
    dtype,
    ...statistics,
    norm: Number.isFinite(statistics.norm) ? statistics.norm : null,
    values: few || full ? Array.from(data, (x) => jsonNumber(x, isFloat)) : null,
    heat: few ? null : heatOf(data, shape, statistics),
    histogram: few ? null : histogramOf(data, statistics),
  };
}

/** The shortest number that is read back as the same float32; a float64 is exact as it is. */
function jsonNumber(x: number, isFloat: boolean): JsonNumber {
  if (!Number.isFinite(x)) return String(x) as JsonNumber;
  return isFloat ? Number(x.toPrecision(9)) : x;
}

function histogramOf(data: ArrayLike<number>, { min, max }: Statistics): number[] | null {
  if (min === null || max === null) return null;
  const counts = new Array<number>(BINS).fill(0);
  const scale = max > min ? BINS / (max - min) : 0;
  for (let i = 0; i < data.length; i++) {
    if (Number.isFinite(data[i])) counts[Math.min(BINS - 1, Math.floor((data[i] - min) * scale))]++;
  }
  return counts;
}

/** How a tensor lies on a page: `tiles` matrices of `height` by `width`, the elements one after the other. */
function layoutOf(shape: Shape, numel: number): { tiles: number; height: number; width: number } {
  if (shape.length < 2) return { tiles: 1, height: Math.ceil(numel / STRIP), width: Math.min(numel, STRIP) };
  const [height, width] = shape.slice(-2);
  return { tiles: Math.min(TILES, numel / (height * width)), height, width };
}

function heatOf(data: ArrayLike<number>, shape: Shape, { min, max }: Statistics): HeatMap {
  const { tiles, height, width } = layoutOf(shape, data.length);
  const side = tiles === 1 ? SIDE : TILE_SIDE;
  const cols = Math.min(width, tiles === 1 ? Math.max(side, STRIP) : side);
  const rows = Math.min(height, side);
  const reach = Math.max(Math.abs(min ?? 0), Math.abs(max ?? 0));
  const bytes = new Uint8Array(tiles * rows * cols);
  for (let t = 0, k = 0; t < tiles; t++) {
    for (let r = 0; r < rows; r++) {
      for (let c = 0; c < cols; c++, k++) {
        const x = average(data, t * height, width, [part(r, rows, height), part(c, cols, width)]);
        bytes[k] = Number.isFinite(x) ? Math.round(127 + (reach === 0 ? 0 : (127 * x) / reach)) : 255;
      }
    }
  }
  return { tiles, rows, cols, reach, cells: base64(bytes) };
}

/** Where part `i` of `n` begins and ends in a length. */
const part = (i: number, n: number, length: number): [number, number] => [
  Math.floor((i * length) / n),
  Math.floor(((i + 1) * length) / n),
];

/** The mean over a block of rows and columns; the end of the last row of a strip may be missing. */
function average(
  data: ArrayLike<number>,
  top: number,
  width: number,
  [[r0, r1], [c0, c1]]: [[number, number], [number, number]],
): number {
  let [sum, n] = [0, 0];
  for (let r = r0; r < r1; r++) {
    for (let c = c0; c < c1; c++) {
      const at = (top + r) * width + c;
      if (at < data.length) {
        sum += data[at];
        n++;
      }
    }
  }
  return n === 0 ? 0 : sum / n;
}

function base64(bytes: Uint8Array): string {
  let text = '';
  for (const byte of bytes) text += String.fromCharCode(byte);
  return btoa(text);
}
