/** Sums, means, extrema. https://pytorch.org/docs/stable/torch.html#reduction-ops */
import { checkBoolean } from '../arguments.js';
import { defineOp, type Op } from '../autograd/op.js';
import { checkDType, cName, type DType, isFloating } from '../dtype.js';
import { DTypeError, ShapeError, ValueError } from '../errors.js';
import { numelOf, reducedShape, type Shape, showShape, wrapDim, wrapDims } from '../shape.js';
import { signature } from '../signature.js';
import { Tensor } from '../tensor.js';
import { maximum, minimum } from './comparison.js';
import { allocate, backend, cast, checkTensor, reduction } from './kernel.js';
import { expanded } from './view.js';

export type Dims = number | readonly number[] | null;

/** Options of a sum-like reduction. */
export interface ReduceOptions {
  readonly dim?: Dims;
  readonly keepdim?: boolean;
  readonly dtype?: DType | null;
}

interface Reduced {
  readonly shape: Shape;
  readonly dims: readonly number[];
  readonly keepdim: boolean;
}

/** A reduced tensor's gradient as seen from every element that was reduced. */
function spread(g: Tensor, { shape, dims, keepdim }: Reduced): Tensor {
  // dimensions in front come of themselves
  const fits = keepdim || dims.length === 0 || dims[dims.length - 1] === dims.length - 1;
  return expanded(fits ? g : g.reshape(reducedShape(shape, dims, true)), shape);
}

type ReduceOp = Op<[input: Tensor, dims: readonly number[], keepdim: boolean, dtype: DType], Tensor>;

const sumAs = (gradName: string): ReduceOp =>
  defineOp<[Tensor, readonly number[], boolean, DType], Tensor, Reduced>('sum', {
    forward(ctx, x, dims, keepdim, dtype) {
      ctx.state = { shape: x.shape, dims, keepdim };
      return reduction('sum', cast(x, dtype), dims, keepdim);
    },
    backward: (ctx, g) => [spread(g, ctx.state)],
    formula: ['dx = g, for every element'],
    grad_name: gradName,
  });

const sumAll = sumAs('SumBackward0');
const sumDims = sumAs('SumBackward1');

const meanAs = (gradName: string): ReduceOp =>
  defineOp<[Tensor, readonly number[], boolean, DType], Tensor, Reduced>('mean', {
    forward(ctx, x, dims, keepdim, dtype) {
      ctx.state = { shape: x.shape, dims, keepdim };
      const total = reduction('sum', cast(x, dtype), dims, keepdim);
      backend(x).elementwise('div', [total, countOf(x.shape, dims)], total);
      return total;
    },
    backward: (ctx, g) => [spread(g, ctx.state).div(countOf(ctx.state.shape, ctx.state.dims))],
    formula: ['dx = g / n, for every element'],
    grad_name: gradName,
  });

const meanAll = meanAs('MeanBackward0');
const meanDims = meanAs('MeanBackward1');

const countOf = (shape: Shape, dims: readonly number[]): number => numelOf(dims.map((d) => shape[d]));

interface BoundReduce {
  readonly all: boolean;
  readonly dims: readonly number[];
  readonly keepdim: boolean;
  readonly dtype: DType | null;
}

function bindReduce(op: string, x: Tensor, args: readonly unknown[]): BoundReduce {
  const [dim, keepdim, dtype] = args;
  return {
    all: dim === undefined || dim === null,
    dims: wrapDims(op, dim as Dims, x.ndim).sort((a, b) => a - b),
    keepdim: checkBoolean(op, 'keepdim', keepdim ?? false),
    dtype: dtype === undefined || dtype === null ? null : checkDType(op, dtype),
  };
}

/**
 * Sum over `dim` (all unless given). Integers and bools add up as int64.
 * https://pytorch.org/docs/stable/generated/torch.sum.html
 */
export const sum: (
  input: Tensor,
  dim?: Dims | ReduceOptions,
  keepdim?: boolean | ReduceOptions,
  options?: ReduceOptions,
) => Tensor = signature('sum(input, dim?, keepdim?, *, dtype?)', (input, ...args) => {
  checkTensor('sum', 'input', input);
  if (args.length === 0) return sumAll(input, wrapDims('sum', null, input.ndim), false, sumType(input));
  const { all, dims, keepdim: keep, dtype } = bindReduce('sum', input, args);
  return (all ? sumAll : sumDims)(input, dims, keep, dtype ?? sumType(input));
});

const sumType = ({ dtype }: Tensor): DType => (isFloating(dtype) ? dtype : 'int64');

/** Mean over `dim` (all unless given); NaN of nothing. https://pytorch.org/docs/stable/generated/torch.mean.html */
export const mean: (
  input: Tensor,
  dim?: Dims | ReduceOptions,
  keepdim?: boolean | ReduceOptions,
  options?: ReduceOptions,
) => Tensor = signature('mean(input, dim?, keepdim?, *, dtype?)', (input, ...args) => {
  checkTensor('mean', 'input', input);
  const { all, dims, keepdim: keep, dtype } = bindReduce('mean', input, args);
  const result = dtype ?? input.dtype;
  if (!isFloating(result)) {
    throw new DTypeError(
      `mean(): could not infer output dtype. Input dtype must be either a floating point or complex dtype. Got: ${cName(result)}`,
    );
  }
  return (all ? meanAll : meanDims)(input, dims, keep, result);
});

/** A sum that leaves `size`, which the tensor broadcasts from. https://pytorch.org/docs/stable/generated/torch.Tensor.sum_to_size.html */
export const sum_to_size: (input: Tensor, ...size: number[] | [readonly number[]]) => Tensor = signature(
  'sum_to_size(input, ...size)',
  (input, ...size) => {
    const target = (Array.isArray(size[0]) ? size[0] : size) as number[];
    const lead = checkTensor('sum_to_size', 'input', input).ndim - target.length;
    const fits = lead >= 0 && target.every((s, i) => s === input.shape[lead + i] || s === 1);
    if (!fits) {
      throw new ShapeError(`size {${showShape(target)}} is not expandable to size {${showShape(input.shape)}}.`);
    }
    const dims = input.shape.flatMap((s, i) => (i < lead || (target[i - lead] === 1 && s !== 1) ? [i] : []));
    return dims.length === 0 ? input : input.sum(dims, true).reshape(target);
  },
);

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
