/** Sums and means. https://pytorch.org/docs/stable/torch.html#reduction-ops */
import { checkBoolean } from '../arguments.js';
import { gradMode } from '../autograd/grad-mode.js';
import { defineOp, type Op, type UnaryOp } from '../autograd/op.js';
import { checkDType, cName, type DType, isFloating } from '../dtype.js';
import { DTypeError, ShapeError } from '../errors.js';
import { numelOf, reducedShape, type Shape, showShape, wrapDims } from '../shape.js';
import { signature } from '../signature.js';
import { Tensor } from '../tensor.js';
import { backend, cast, checkTensor, reduction } from './kernel.js';
import { expanded } from './view.js';

export type Dims = number | readonly number[] | null;

/** Options of a sum-like reduction. */
export interface ReduceOptions {
  readonly dim?: Dims;
  readonly keepdim?: boolean;
  readonly dtype?: DType | null;
}

/** What the derivative of a reduction has to know. */
export interface Reduced {
  readonly shape: Shape;
  readonly dims: readonly number[];
  readonly keepdim: boolean;
}

/** A reduced tensor's gradient as seen from every element that was reduced. */
export function spread(g: Tensor, { shape, dims, keepdim }: Reduced): Tensor {
  // dimensions in front come of themselves
  const fits = keepdim || dims.length === 0 || dims[dims.length - 1] === dims.length - 1;
  return expanded(fits ? g : g.reshape(reducedShape(shape, dims, true)), shape);
}

/** Strides of a number that is seen everywhere, by the number of dimensions. Never written. */
const NOWHERE: Shape[] = [];

/** The gradient of a reduction to one number as seen from every element. Nobody asks a gradient that is no graph's for its base. */
function everywhere(g: Tensor, shape: Shape): Tensor {
  if (gradMode.enabled) return expanded(g, shape);
  const rank = shape.length;
  while (NOWHERE.length <= rank) NOWHERE.push(new Array<number>(NOWHERE.length).fill(0));
  return new Tensor(g.storage, shape, NOWHERE[rank], g.offset);
}

/** All dimensions of a tensor with so many. Never written. */
const ALL: (readonly number[])[] = [];

function allDims({ shape: { length } }: Tensor): readonly number[] {
  while (ALL.length <= length) ALL.push(wrapDims('all', null, ALL.length));
  return ALL[length];
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

/** All elements in their own type: with one argument only, for the shortest way. */
const sumAll: UnaryOp = defineOp<[Tensor], Tensor, Shape>('sum', {
  forward(ctx, x) {
    ctx.state = x.shape;
    return reduction('sum', x, allDims(x), false);
  },
  backward: (ctx, g) => [everywhere(g, ctx.state)],
  formula: ['dx = g, for every element'],
});

const sumAllAs = sumAs('SumBackward0');
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

const meanAll: UnaryOp = defineOp<[Tensor], Tensor, Shape>('mean', {
  forward(ctx, x) {
    ctx.state = x.shape;
    const total = reduction('sum', x, allDims(x), false);
    backend(x).elementwise('div', [total, x.numel()], total);
    return total;
  },
  backward: (ctx, g) => [everywhere(g, ctx.state).div(numelOf(ctx.state))],
  formula: ['dx = g / n, for every element'],
});

const meanAllAs = meanAs('MeanBackward0');
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
  if (args.length === 0 && isFloating(input.dtype)) return sumAll(input);
  const { all, dims, keepdim: keep, dtype } = bindReduce('sum', input, args);
  return (all ? sumAllAs : sumDims)(input, dims, keep, dtype ?? sumType(input));
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
  if (args.length === 0 && isFloating(input.dtype)) return meanAll(input);
  const { all, dims, keepdim: keep, dtype } = bindReduce('mean', input, args);
  const result = dtype ?? input.dtype;
  if (!isFloating(result)) {
    throw new DTypeError(
      `mean(): could not infer output dtype. Input dtype must be either a floating point or complex dtype. Got: ${cName(result)}`,
    );
  }
  return (all ? meanAllAs : meanDims)(input, dims, keep, result);
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
