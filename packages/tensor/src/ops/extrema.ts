/** Extrema, and where they are. https://pytorch.org/docs/stable/torch.html#reduction-ops */
import { checkBoolean } from '../arguments.js';
import { defineOp, type Op } from '../autograd/op.js';
import { ShapeError, ValueError } from '../errors.js';
import { reducedShape, type Shape, wrapDim, wrapDims } from '../shape.js';
import { signature } from '../signature.js';
import { Tensor } from '../tensor.js';
import { maximum, minimum } from './comparison.js';
import { allocate, backend, checkTensor, reduction } from './kernel.js';
import { type Dims, type Reduced, type ReduceOptions, spread } from './reduction.js';

/** Extremum over several dimensions; ties share the gradient. */
const extremumOver = (
  name: 'max' | 'min',
  opName: string,
  gradName: string,
): Op<[input: Tensor, dims: readonly number[], keepdim: boolean], Tensor> =>
  defineOp<[Tensor, readonly number[], boolean], Tensor, Reduced>(opName, {
    forward(ctx, x, dims, keepdim) {
      ctx.state = { shape: x.shape, dims, keepdim };
      const y = reduction(name, x, dims, keepdim);
      ctx.save_for_backward(x, y);
      return y;
    },
    backward(ctx, g) {
      const [x, y] = ctx.saved_tensors;
      const { dims } = ctx.state;
      const top = spread(y, ctx.state);
      // a NaN equals nothing, itself included: max and min find it all the same, amax and amin give NaN
      const found = opName === name ? x.eq(top).add(x.ne(x).mul(top.ne(top))) : x.eq(top);
      const chosen = found.to(g.dtype);
      return [spread(g, ctx.state).mul(chosen).div(chosen.sum(dims, true))];
    },
    formula: ['dx = g · [x is the extremum] / number of ties'],
    grad_name: gradName,
  });

const maxAll = extremumOver('max', 'max', 'MaxBackward1');
const minAll = extremumOver('min', 'min', 'MinBackward1');
const amaxOver = extremumOver('max', 'amax', 'AmaxBackward0');
const aminOver = extremumOver('min', 'amin', 'AminBackward0');

/** Extremum along one dimension with its first index; the gradient goes to that index alone. */
const extremumAlong = (
  name: 'max' | 'min',
): Op<[input: Tensor, dim: number, keepdim: boolean], readonly [Tensor, Tensor]> =>
  defineOp<[Tensor, number, boolean], readonly [Tensor, Tensor], { shape: Shape; dim: number; keepdim: boolean }>(
    name,
    {
      forward(ctx, x, dim, keepdim) {
        const index = indexOfExtremum(name, x, dim, true);
        const values = allocate(index.shape, x.dtype, x.device);
        if (x.ndim === 0) backend(x).copy(x, values);
        else backend(x).gather(x, dim, index, values);
        ctx.state = { shape: x.shape, dim, keepdim };
        ctx.save_for_backward(index);
        if (keepdim || x.ndim === 0) return [values, index];
        return [values.squeeze(dim), index.squeeze(dim)];
      },
      backward(ctx, g) {
        const [index] = ctx.saved_tensors;
        const { shape, dim, keepdim } = ctx.state;
        if (shape.length === 0) return [g];
        return [g.new_zeros(shape).scatter_add(dim, index, keepdim ? g : g.unsqueeze(dim))];
      },
      formula: ['dx = g at the index of the extremum, 0 elsewhere'],
    },
  );

const maxAlong = extremumAlong('max');
const minAlong = extremumAlong('min');

function indexOfExtremum(name: 'max' | 'min', x: Tensor, dim: number, keepdim: boolean): Tensor {
  const dims = x.ndim === 0 ? [] : [dim];
  const out = allocate(reducedShape(x.shape, dims, keepdim), 'int64', x.device);
  if (x.ndim > 0) backend(x).argReduce(name, x, dim, out);
  return out;
}

/** @throws ShapeError when an extremum of nothing is asked for. */
function checkNonEmpty(op: string, x: Tensor, dims: readonly number[], all: boolean): void {
  if (all && x.numel() === 0) {
    throw new ShapeError(
      `${op}(): Expected reduction dim to be specified for input.numel() == 0. Specify the reduction dim with the 'dim' argument.`,
    );
  }
  for (const d of dims) {
    if (x.shape[d] === 0) throw new ShapeError(`${op}(): Expected reduction dim ${d} to have non-zero size.`);
  }
}

export interface DimOptions {
  readonly dim?: number | null;
  readonly keepdim?: boolean;
}

/** `max` and `min` are three functions by the type of their second argument, as in PyTorch. */
export interface ExtremumFunction {
  (input: Tensor): Tensor;
  (input: Tensor, other: Tensor): Tensor;
  (
    input: Tensor,
    dim: number | (DimOptions & { readonly dim: number }),
    keepdim?: boolean | DimOptions,
  ): [values: Tensor, indices: Tensor];
}

function extremum(name: 'max' | 'min'): ExtremumFunction {
  const [all, along, pairwise] = name === 'max' ? [maxAll, maxAlong, maximum] : [minAll, minAlong, minimum];
  return signature<(input: Tensor, ...args: unknown[]) => Tensor | [Tensor, Tensor]>(
    `${name}(input, dim?, keepdim?, *, other?)`,
    (input, second, keepdim, named) => {
      checkTensor(name, 'input', input);
      const other = second instanceof Tensor ? second : named;
      if (other !== undefined) {
        if ((second !== undefined && second !== other) || keepdim !== undefined)
          throw new ValueError(`${name}(): takes another tensor or a dimension, not both`);
        return pairwise(input, checkTensor(name, 'other', other));
      }
      if (second === undefined || second === null) {
        checkNonEmpty(name, input, [], true);
        return all(input, wrapDims(name, null, input.ndim), false);
      }
      const d = wrapDim(name, second as number, input.ndim);
      checkNonEmpty(name, input, input.ndim === 0 ? [] : [d], false);
      const [values, indices] = along(input, d, checkBoolean(name, 'keepdim', keepdim ?? false));
      return [values, indices];
    },
  ) as ExtremumFunction;
}

/**
 * The greatest element; or `[values, indices]` along a dimension; or the elementwise maximum with another tensor.
 * https://pytorch.org/docs/stable/generated/torch.max.html
 */
export const max: ExtremumFunction = extremum('max');
/** The least element, as {@link max}. https://pytorch.org/docs/stable/generated/torch.min.html */
export const min: ExtremumFunction = extremum('min');

function extremumDims(op: 'amax' | 'amin', input: Tensor, args: readonly unknown[]): Tensor {
  checkTensor(op, 'input', input);
  const [dim, keepdim] = args;
  const dims = wrapDims(op, (dim ?? null) as Dims, input.ndim).sort((a, b) => a - b);
  checkNonEmpty(op, input, dims, dim === undefined || dim === null);
  return (op === 'amax' ? amaxOver : aminOver)(input, dims, checkBoolean(op, 'keepdim', keepdim ?? false));
}

/** The greatest elements over dimensions; ties share the gradient. https://pytorch.org/docs/stable/generated/torch.amax.html */
export const amax: (input: Tensor, dim?: Dims | ReduceOptions, keepdim?: boolean | ReduceOptions) => Tensor = signature(
  'amax(input, dim?, keepdim?)',
  (input, dim, keepdim) => extremumDims('amax', input, [dim, keepdim]),
);

/** The least elements over dimensions; ties share the gradient. https://pytorch.org/docs/stable/generated/torch.amin.html */
export const amin: (input: Tensor, dim?: Dims | ReduceOptions, keepdim?: boolean | ReduceOptions) => Tensor = signature(
  'amin(input, dim?, keepdim?)',
  (input, dim, keepdim) => extremumDims('amin', input, [dim, keepdim]),
);

function argExtremum(op: 'argmax' | 'argmin', input: Tensor, args: readonly unknown[]): Tensor {
  checkTensor(op, 'input', input);
  const [dim, keepdim] = args;
  const keep = checkBoolean(op, 'keepdim', keepdim ?? false);
  const name = op === 'argmax' ? 'max' : 'min';
  if (dim === undefined || dim === null) {
    checkNonEmpty(op, input, [], true);
    const index = indexOfExtremum(name, input.detach().reshape(-1), 0, false);
    return keep ? index.reshape(input.shape.map(() => 1)) : index;
  }
  const d = wrapDim(op, dim as number, input.ndim);
  checkNonEmpty(op, input, input.ndim === 0 ? [] : [d], false);
  return indexOfExtremum(name, input, d, keep);
}

/** Index (int64) of the first greatest element, of all or along `dim`. https://pytorch.org/docs/stable/generated/torch.argmax.html */
export const argmax: (input: Tensor, dim?: number | null | DimOptions, keepdim?: boolean | DimOptions) => Tensor =
  signature('argmax(input, dim?, keepdim?)', (input, dim, keepdim) => argExtremum('argmax', input, [dim, keepdim]));

/** Index (int64) of the first least element, of all or along `dim`. https://pytorch.org/docs/stable/generated/torch.argmin.html */
export const argmin: (input: Tensor, dim?: number | null | DimOptions, keepdim?: boolean | DimOptions) => Tensor =
  signature('argmin(input, dim?, keepdim?)', (input, dim, keepdim) => argExtremum('argmin', input, [dim, keepdim]));
