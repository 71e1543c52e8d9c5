/** Elements turned, shifted and repeated; all of these copy. https://pytorch.org/docs/stable/generated/torch.flip.html */
import { checkInteger } from '../arguments.js';
import { composed, defineOp, type Op } from '../autograd/op.js';
import { DTypeError, ShapeError } from '../errors.js';
import { checkSizes, showShape, wrapDim, wrapDims } from '../shape.js';
import { signature } from '../signature.js';
import { Tensor } from '../tensor.js';
import { indexSelectOp } from './indexing.js';
import { cat } from './joining.js';
import { allocateOutput, backend, checkTensor, fromHost } from './kernel.js';
import { sizesOf, windowOn } from './window.js';

const flipOp: Op<[input: Tensor, dims: readonly number[]], Tensor> = defineOp<
  [Tensor, readonly number[]],
  Tensor,
  readonly number[]
>('flip', {
  forward(ctx, x, dims) {
    ctx.state = dims;
    const out = allocateOutput(x.shape, x.dtype, x.device);
    if (out.numel() === 0) return out;
    // the result, seen from its last element backwards
    let offset = 0;
    const strides = out.strides.slice();
    for (const d of dims) {
      offset += (out.shape[d] - 1) * strides[d];
      strides[d] = -strides[d];
    }
    backend(x).copy(x, windowOn(out, out.shape, strides, offset));
    return out;
  },
  backward: (ctx, g) => [flipOp(g, ctx.state)],
  formula: ['dx = g reversed'],
});

/** `dims` given as an array, one by one, or by name. */
function dimsOf(op: string, args: readonly unknown[]): number[] {
  const plain = args.every((a) => typeof a === 'number' || a === undefined);
  if (plain)
    return sizesOf(
      op,
      args.filter((a) => a !== undefined),
    );
  return sizesOf(op, args);
}

/** The order along some dimensions reversed, in a copy. https://pytorch.org/docs/stable/generated/torch.flip.html */
export const flip: (
  input: Tensor,
  ...dims: number[] | [readonly number[] | { readonly dims: readonly number[] }]
) => Tensor = signature('flip(input, ...dims)', (input, ...dims) => {
  const list = dimsOf('flip', dims);
  return flipOp(checkTensor('flip', 'input', input), list.length === 0 ? [] : wrapDims('flip', list, input.ndim));
});

/** Left and right exchanged: dimension 1 reversed. https://pytorch.org/docs/stable/generated/torch.fliplr.html */
export const fliplr: (input: Tensor) => Tensor = signature('fliplr(input)', (input) => {
  if (checkTensor('fliplr', 'input', input).ndim < 2)
    throw new ShapeError(`fliplr(): Input must be >= 2-d, got ${input.ndim}-d`);
  return flipOp(input, [1]);
});

/** Top and bottom exchanged: dimension 0 reversed. https://pytorch.org/docs/stable/generated/torch.flipud.html */
export const flipud: (input: Tensor) => Tensor = signature('flipud(input)', (input) => {
  if (checkTensor('flipud', 'input', input).ndim < 1) throw new ShapeError('flipud(): Input must be >= 1-d, got 0-d');
  return flipOp(input, [0]);
});

export interface RollOptions {
  readonly shifts?: number | readonly number[];
  /** Missing: the flattened tensor is rolled. */
  readonly dims?: number | readonly number[] | null;
}

/** Elements shifted; those that leave at the end come in at the front. https://pytorch.org/docs/stable/generated/torch.roll.html */
export const roll: (
  input: Tensor,
  shifts: number | readonly number[] | RollOptions,
  dims?: number | readonly number[] | null | RollOptions,
) => Tensor = signature('roll(input, shifts, dims?)', (input, s, d) => {
  checkTensor('roll', 'input', input);
  const by = listOf('roll', 'shifts', s);
  const along = listOf('roll', 'dims', d ?? []);
  if (by.length === 0) throw new ShapeError('roll(): `shifts` required');
  if (along.length === 0 && by.length === 1) {
    return composed('RollBackward0', rolled(input.reshape(-1), by[0], 0).reshape(input.shape));
  }
  if (along.length !== by.length) {
    throw new ShapeError(`roll(): shifts and dimensions must align. shifts: ${by.length}, dims:${along.length}`);
  }
  return composed(
    'RollBackward0',
    by.reduce((x, shift, i) => rolled(x, shift, wrapDim('roll', along[i], x.ndim)), input),
  );
});

const listOf = (op: string, name: string, x: unknown): number[] =>
  (Array.isArray(x) ? x : [x]).map((v) => checkInteger(op, name, v));

function rolled(x: Tensor, shift: number, dim: number): Tensor {
  if (x.numel() === 0 || x.ndim === 0) return x.clone();
  const size = x.shape[dim];
  const by = ((shift % size) + size) % size;
  if (by === 0) return x.clone();
  return cat([x.narrow(dim, size - by, by), x.narrow(dim, 0, size - by)], dim);
}

export interface Rot90Options {
  readonly k?: number;
  readonly dims?: readonly number[];
}

/** Turned by 90° `k` times, from the first towards the second dimension. https://pytorch.org/docs/stable/generated/torch.rot90.html */
export const rot90: (input: Tensor, k?: number | Rot90Options, dims?: readonly number[] | Rot90Options) => Tensor =
  signature('rot90(input, k?, dims?)', (input, n = 1, d = [0, 1]) => {
    checkTensor('rot90', 'input', input);
    const list = listOf('rot90', 'dims', d);
    if (list.length !== 2)
      throw new ShapeError(`rot90(): expected total rotation dims == 2, but got dims = ${list.length}`);
    if (input.ndim < 2) throw new ShapeError(`rot90(): expected total dims >= 2, but got total dims = ${input.ndim}`);
    const [a, b] = list.map((v) => wrapDim('rot90', v, input.ndim));
    if (a === b)
      throw new ShapeError(
        `rot90(): expected rotation dims to be different, but got dim0 = ${list[0]} and dim1 = ${list[1]}`,
      );
    switch (((checkInteger('rot90', 'k', n) % 4) + 4) % 4) {
      case 1:
        return composed('Rot90Backward0', flipOp(input, [b]).transpose(a, b));
      case 2:
        return composed('Rot90Backward0', flipOp(input, [a, b]));
      case 3:
        return composed('Rot90Backward0', flipOp(input, [a]).transpose(a, b));
      default:
        return composed('Rot90Backward0', input.clone());
    }
  });

type Sizes = number[] | [readonly number[]];

/** The tensor repeated along each dimension, new ones in front. https://pytorch.org/docs/stable/generated/torch.Tensor.repeat.html */
export const repeat: (input: Tensor, ...repeats: Sizes | [{ readonly repeats: readonly number[] }]) => Tensor =
  signature('repeat(input, ...repeats)', (input, ...repeats) => {
    checkTensor('repeat', 'input', input);
    const times = sizesOf('repeat', repeats);
    if (times.length < input.ndim) {
      throw new ShapeError(
        'repeat(): Number of dimensions of repeat dims can not be smaller than number of dimensions of tensor, got ' +
          `${showShape(times)} and ${showShape(input.shape)}`,
      );
    }
    checkSizes('repeat', times);
    const shape = [...new Array<number>(times.length - input.ndim).fill(1), ...input.shape];
    const apart = input.reshape(shape.flatMap((size) => [1, size]));
    const wide = apart.expand(shape.flatMap((size, d) => [times[d], size]));
    return composed('RepeatBackward0', wide.clone().view(shape.map((size, d) => size * times[d])));
  });

/** As {@link repeat}; missing repetitions in front are 1. https://pytorch.org/docs/stable/generated/torch.tile.html */
export const tile: (input: Tensor, ...dims: Sizes | [{ readonly dims: readonly number[] }]) => Tensor = signature(
  'tile(input, ...dims)',
  (input, ...dims) => {
    checkTensor('tile', 'input', input);
    const times = dimsOf('tile', dims);
    return repeat(input, [...new Array<number>(Math.max(input.ndim - times.length, 0)).fill(1), ...times]);
  },
);

export interface RepeatInterleaveOptions {
  readonly repeats?: number | Tensor;
  readonly dim?: number | null;
  readonly output_size?: number | null;
}

/**
 * Each element (of a dimension, or of the flattened tensor) repeated as often as `repeats` says.
 * https://pytorch.org/docs/stable/generated/torch.repeat_interleave.html
 */
export const repeat_interleave: (
  input: Tensor,
  repeats?: number | Tensor | RepeatInterleaveOptions,
  dim?: number | null | RepeatInterleaveOptions,
  options?: RepeatInterleaveOptions,
) => Tensor = signature('repeat_interleave(input?, repeats?, dim?, *, output_size?)', (input, r, d, total) => {
  const op = 'repeat_interleave';
  // one tensor alone is the repeats
  const only = r === undefined ? input : input === undefined && r;
  if (only) {
    const counts = checkTensor(op, 'repeats', only);
    return indexSelectOp(arangeOf(counts), 0, timesOf(op, counts, counts.numel(), total));
  }
  checkTensor(op, 'input', input);
  const flat = d === undefined || d === null;
  const x = flat || input.ndim === 0 ? input.reshape(-1) : input;
  const at = wrapDim(op, flat ? 0 : checkInteger(op, 'dim', d), x.ndim);
  const counts =
    r instanceof Tensor ? r : fromHost(Float64Array.of(checkInteger(op, 'repeats', r)), [1], 'int64', x.device);
  return indexSelectOp(x, at, timesOf(op, counts, x.shape[at], total));
});

const arangeOf = (x: Tensor): Tensor =>
  fromHost(
    Float64Array.from({ length: x.numel() }, (_, i) => i),
    [x.numel()],
    'int64',
    x.device,
  );

/** 0, 0, 1, 2, 2, 2 for the counts 2, 1, 3. */
function timesOf(op: string, counts: Tensor, size: number, total: unknown): Tensor {
  if (counts.ndim > 1) throw new ShapeError(`${op}(): repeats must be 0-dim or 1-dim tensor, got ${counts.ndim}-dim`);
  if (counts.dtype !== 'int64' && counts.dtype !== 'int32') {
    throw new DTypeError(`${op}(): repeats has to be Long or Int tensor, got ${counts.dtype}`);
  }
  const each = counts.toArray('repeat_interleave');
  if (each.length !== 1 && each.length !== size) {
    throw new ShapeError(`${op}(): repeats must have the same size as input along dim, got ${each.length} and ${size}`);
  }
  const out: number[] = [];
  for (let i = 0; i < size; i++) {
    const n = each[each.length === 1 ? 0 : i];
    if (n < 0) throw new ShapeError(`${op}(): repeats can not be negative, got ${n}`);
    for (let k = 0; k < n; k++) out.push(i);
  }
  if (total !== undefined && total !== null && total !== out.length) {
    throw new ShapeError(
      `${op}(): allocated size does not match required size: output_size is ${String(total)}, repeats add up to ${out.length}`,
    );
  }
  return fromHost(Float64Array.from(out), [out.length], 'int64', counts.device);
}
