/** `x.index(…)`, what Python writes `x[…]`, and its assignment twin `x.index_put_([…], values)`. */
import { checkBoolean } from '../arguments.js';
import { defineOp, type Op } from '../autograd/op.js';
import { DTypeError, ShapeError } from '../errors.js';
import { broadcastShapes, numelOf, type Shape, sameShape, showShape, viewStrides } from '../shape.js';
import { signature } from '../signature.js';
import type { Tensor } from '../tensor.js';
import { type Plan, planOf, type TensorIndex, takeViews } from './index-plan.js';
import { indexSelectOp, spreadIndex } from './indexing.js';
import { allocateOutput, backend, checkTensor } from './kernel.js';
import { windowOn } from './window.js';

/** The order of dimensions in which the indexed ones stand together. */
function gathered(rank: number, { dims, position }: Plan): number[] {
  const rest = Array.from({ length: rank }, (_, d) => d).filter((d) => !dims.includes(d));
  return rest.toSpliced(position, 0, ...dims);
}

/** The sizes with the indexed dimensions replaced by `middle`. */
const around = (shape: Shape, plan: Plan, middle: Shape): number[] =>
  shape.filter((_, d) => !plan.dims.includes(d)).toSpliced(plan.position, 0, ...middle);

const joinedSize = (shape: Shape, plan: Plan): number => numelOf(plan.dims.map((d) => shape[d]));

const indexOp: Op<[input: Tensor, plan: Plan], Tensor> = defineOp<[Tensor, Plan], Tensor, [Shape, Plan]>('index', {
  forward(ctx, x, plan) {
    ctx.state = [x.shape, plan];
    const joined = x.permute(gathered(x.ndim, plan)).reshape(around(x.shape, plan, [joinedSize(x.shape, plan)]));
    return indexSelectOp(joined, plan.position, plan.at).reshape(around(x.shape, plan, plan.shape));
  },
  backward(ctx, g) {
    const [shape, plan] = ctx.state;
    return [indexPutOp(g.new_zeros(shape), plan, g, true)];
  },
  formula: ['dx[indices] += g'],
});

/** Writes `src` (of the indexed shape) into `target`. */
function write(target: Tensor, plan: Plan, src: Tensor, accumulate: boolean): void {
  const order = gathered(target.ndim, plan);
  const turned = windowOn(
    target,
    order.map((d) => target.shape[d]),
    order.map((d) => target.strides[d]),
  );
  const joined = around(target.shape, plan, [joinedSize(target.shape, plan)]);
  const strides = accumulate && !target.is_contiguous() ? null : viewStrides(turned.shape, turned.strides, joined);
  const direct = strides === null ? null : windowOn(target, joined, strides);
  const usable = direct !== null && (!accumulate || direct.is_contiguous()) ? direct : null;
  const place = usable ?? copyOf(turned, joined);
  const rows = around(target.shape, plan, [plan.at.numel()]);
  const index = spreadIndex(plan.at, rows, plan.position);
  const source = src.reshape(rows);
  if (accumulate) backend(target).scatterAdd(place, plan.position, index, source);
  else backend(target).scatter(place, plan.position, index, source);
  if (usable === null) backend(target).copy(windowOn(place, turned.shape, turnedStrides(turned.shape)), turned);
}

function copyOf(x: Tensor, shape: Shape): Tensor {
  const out = allocateOutput(shape, x.dtype, x.device);
  backend(x).copy(x, windowOn(out, x.shape, turnedStrides(x.shape)));
  return out;
}

const turnedStrides = (shape: Shape): number[] => shape.map((_, d) => numelOf(shape.slice(d + 1)));

type IndexPutOp = Op<[input: Tensor, plan: Plan, values: Tensor, accumulate: boolean], Tensor>;

const indexPutOp: IndexPutOp = defineOp<[Tensor, Plan, Tensor, boolean], Tensor, [Plan, Shape, boolean]>('index_put', {
  forward(ctx, x, plan, values, accumulate) {
    ctx.state = [plan, values.shape, accumulate];
    let out = ctx.out;
    if (out === null) {
      out = allocateOutput(x.shape, x.dtype, x.device);
      backend(x).copy(x, out);
    }
    const shape = around(x.shape, plan, plan.shape);
    if (numelOf(shape) > 0) write(out, plan, values.expand(shape), accumulate);
    return out;
  },
  backward(ctx, g) {
    const [plan, , accumulate] = ctx.state;
    const dx = accumulate || !ctx.needs_input_grad[0] ? g : indexPutOp(g, plan, g.new_zeros([]), false);
    // the engine sums over what was broadcast
    return [dx, null, ctx.needs_input_grad[2] ? indexOp(g, plan) : null];
  },
  formula: ['dx = g, 0 at the indices unless accumulated', 'not differentiable', 'dvalues = g[indices]'],
});

/**
 * Python's `x[…]`, one argument for each part between the brackets: numbers, `slice(a, b, step)`, `null` (a new
 * dimension), `'...'`, booleans and masks, int64 tensors and arrays of indices, which broadcast together. Numbers,
 * slices, `null` and `'...'` alone give a view; masks and index tensors copy. An array that stands alone as `x.index([0, 2])`
 * is a list of indices. The name and its assignment twin {@link index_put_} are those of PyTorch's C++ interface.
 * https://pytorch.org/cppdocs/notes/tensor_indexing.html
 * @throws ShapeError for indices out of range, too many of them, or shapes that do not fit; DTypeError for float indices.
 */
export const index: (input: Tensor, ...indices: TensorIndex[]) => Tensor = signature(
  'index(input, ...indices)',
  (input, ...indices) => {
    checkTensor('index', 'input', input);
    const selection = takeViews('index', input, indices);
    if (selection.indices.length > 0) return indexOp(selection.view, planOf('index', selection));
    // like Python's x[...], always a new tensor
    return selection.view === input ? input.view(input.shape) : selection.view;
  },
);

export interface IndexPutOptions {
  readonly indices?: readonly TensorIndex[];
  readonly values?: Tensor | number | boolean;
  readonly accumulate?: boolean;
}

type IndexPut = (
  input: Tensor,
  indices: readonly TensorIndex[] | IndexPutOptions,
  values?: Tensor | number | boolean | IndexPutOptions,
  accumulate?: boolean | IndexPutOptions,
) => Tensor;

/**
 * Python's `x[…] = values` (or `+=` with `accumulate`, which counts repeated indices as often as they occur): the parts
 * of {@link index} in an array, then a number or a tensor that broadcasts to what they select. Returns the tensor itself.
 * https://pytorch.org/docs/stable/generated/torch.Tensor.index_put_.html
 * @throws ShapeError, DTypeError when the indices or values do not fit.
 */
export const index_put_: IndexPut = signature(
  'index_put_(input, indices, values, accumulate?)',
  (input, parts, given, accumulate = false) => {
    checkTensor('index_put_', 'input', input);
    if (!Array.isArray(parts)) {
      throw new DTypeError(`index_put_(): argument 'indices' must be an array, not ${typeof parts}`);
    }
    const add = checkBoolean('index_put_', 'accumulate', accumulate);
    const selection = takeViews('index_put_', input, parts as TensorIndex[]);
    const { view } = selection;
    if (selection.indices.length === 0) {
      const values = withoutLeadingOnes(valuesOf(input, given), view.ndim);
      if (add) view.add_(values);
      else view.copy_(values);
      return input;
    }
    const values = valuesOf(input, given);
    if (values.dtype !== input.dtype) {
      throw new DTypeError(
        `index_put_(): Index put requires the source and destination dtypes match, got ${input.dtype} for the destination and ${values.dtype} for the source.`,
      );
    }
    const plan = planOf('index_put_', selection);
    const shape = around(view.shape, plan, plan.shape);
    const fitting = withoutLeadingOnes(values, shape.length);
    if (!fits(fitting.shape, shape)) {
      throw new ShapeError(
        `index_put_(): shape mismatch: value tensor of shape ${showShape(values.shape)} cannot be broadcast to indexing result of shape ${showShape(shape)}`,
      );
    }
    indexPutOp.inplace(view, plan, fitting, add);
    return input;
  },
);

/** {@link index_put_} on a copy. https://pytorch.org/docs/stable/generated/torch.index_put.html */
export const index_put: IndexPut = signature('index_put(input, indices, values, accumulate?)', (input, ...args) =>
  index_put_(checkTensor('index_put', 'input', input).clone(), ...args),
);

function valuesOf(x: Tensor, given: unknown): Tensor {
  if (typeof given === 'number' || typeof given === 'boolean') return x.new_zeros([]).fill_(given);
  return checkTensor('index_put_', 'values', given);
}

/** Dimensions of size 1 in front of what is assigned do not count. */
function withoutLeadingOnes(values: Tensor, rank: number): Tensor {
  let out = values;
  while (out.ndim > rank && out.shape[0] === 1) out = out.squeeze(0);
  return out;
}

function fits(shape: Shape, target: Shape): boolean {
  try {
    return sameShape(broadcastShapes('index_put_', shape, target), target);
  } catch {
    return false;
  }
}
