/** Slices of one dimension written by a list of indices. https://pytorch.org/docs/stable/generated/torch.Tensor.index_add_.html */
import { checkInteger, checkNumber } from '../arguments.js';
import { composed, type Op } from '../autograd/op.js';
import { cName, convertScalar } from '../dtype.js';
import { DTypeError, ShapeError, ValueError } from '../errors.js';
import { showShape, wrapDim } from '../shape.js';
import { signature } from '../signature.js';
import { Tensor } from '../tensor.js';
import { checkIndex, checkIndexType, scatterAddOp, spreadIndex } from './indexing.js';
import { checkTensor, type Operand } from './kernel.js';
import { scatterOp } from './scatter.js';

/** The dimension and the list of indices, checked. */
function checkList(op: string, input: Tensor, d: unknown, i: unknown, types: readonly string[]): [number, Tensor] {
  checkTensor(op, 'input', input);
  const dim = wrapDim(op, checkInteger(op, 'dim', d), input.ndim);
  const index = checkTensor(op, 'index', i);
  checkIndexType(op, index, types);
  if (index.ndim > 1) throw new ShapeError(`${op}(): Index is supposed to be a vector, but got dim: ${index.ndim}`);
  const size = input.shape[dim] ?? 1;
  const wrapped = index.to('int64');
  checkIndex(op, wrapped, dim, size);
  return [dim, wrapped];
}

/** One slice of `source` for each index, the other dimensions as the input's. */
function checkSource(op: string, input: Tensor, dim: number, index: Tensor, s: unknown): Tensor {
  const source = checkTensor(op, 'source', s);
  if (source.dtype !== input.dtype) {
    throw new DTypeError(
      `${op}_(): self (${cName(input.dtype)}) and source (${cName(source.dtype)}) must have the same scalar type`,
    );
  }
  if (source.ndim > 0 && input.ndim > 0 && source.ndim !== input.ndim) {
    throw new ShapeError(
      `${op}_(): When source and destination are not scalars, their dimensionality must match. Source dimensionality ` +
        `(${source.ndim}), destination dimensionality (${input.ndim})`,
    );
  }
  if (index.numel() !== (source.shape[dim] ?? 1)) {
    throw new ShapeError(
      `${op}_(): Number of indices (${index.numel()}) should be equal to source.size(dim): (${source.shape[dim] ?? 1}), for dim: ${dim}`,
    );
  }
  if (source.shape.some((size, d) => d !== dim && size !== input.shape[d])) {
    throw new ShapeError(
      `${op}_(): Source/destination tensor must have same slice shapes. Destination slice shape: ` +
        `${showShape(input.shape.toSpliced(dim, 1))} at dimension ${dim} and source slice shape: ${showShape(source.shape.toSpliced(dim, 1))} at dimension 0.`,
    );
  }
  return source.ndim === input.ndim ? source : source.reshape(input.ndim === 0 ? [] : [1]);
}

export interface IndexAddOptions {
  readonly dim?: number;
  readonly index?: Tensor;
  readonly source?: Tensor;
  readonly alpha?: number;
}

type IndexAdd = (
  input: Tensor,
  dim: number | IndexAddOptions,
  index?: Tensor | IndexAddOptions,
  source?: Tensor | IndexAddOptions,
  options?: IndexAddOptions,
) => Tensor;

type Written<S = Tensor> = [input: Tensor, dim: number, index: Tensor, source: S];
type Bind<S> = (input: Tensor, args: readonly unknown[]) => Written<S>;

/** A scalar is written as a vector of one element. */
function written<S>(op: Op<Written<S>, Tensor>, bind: Bind<S>, input: Tensor, args: readonly unknown[]): Tensor {
  return input.ndim === 0 ? op(...bind(input.reshape(1), args)).reshape([]) : op(...bind(input, args));
}

function writtenInto<S>(op: Op<Written<S>, Tensor>, bind: Bind<S>, input: Tensor, args: readonly unknown[]): Tensor {
  if (input.ndim > 0) return op.inplace(...bind(input, args));
  op.inplace(...bind(input.view(1), args));
  return input;
}

function bindAdd(input: Tensor, args: readonly unknown[]): Written {
  const [d, i, s, alpha = 1] = args;
  const [dim, index] = checkList('index_add', input, d, i, ['int64', 'int32']);
  const source = checkSource('index_add', input, dim, index, s);
  const factor = checkNumber('index_add', 'alpha', alpha);
  return [input, dim, spreadIndex(index, source.shape, dim), factor === 1 ? source : source.mul(factor)];
}

/** `alpha · source` added to the slices that the indices name. https://pytorch.org/docs/stable/generated/torch.index_add.html */
export const index_add: IndexAdd = signature('index_add(input, dim, index, source, *, alpha?)', (input, ...args) =>
  composed('IndexAddBackward0', written(scatterAddOp, bindAdd, input, args)),
);
export const index_add_: IndexAdd = signature('index_add_(input, dim, index, source, *, alpha?)', (input, ...args) =>
  writtenInto(scatterAddOp, bindAdd, input, args),
);

export interface IndexCopyOptions {
  readonly dim?: number;
  readonly index?: Tensor;
  readonly source?: Tensor;
}

type IndexCopy = (
  input: Tensor,
  dim: number | IndexCopyOptions,
  index?: Tensor | IndexCopyOptions,
  source?: Tensor | IndexCopyOptions,
) => Tensor;

function bindCopy(input: Tensor, args: readonly unknown[]): Written {
  const [d, i, s] = args;
  const [dim, index] = checkList('index_copy', input, d, i, ['int64']);
  const source = checkSource('index_copy', input, dim, index, s);
  return [input, dim, spreadIndex(index, source.shape, dim), source];
}

/** The slices that the indices name become those of `source`. https://pytorch.org/docs/stable/generated/torch.index_copy.html */
export const index_copy: IndexCopy = signature('index_copy(input, dim, index, source)', (input, ...args) =>
  composed('IndexCopyBackward0', written(scatterOp, bindCopy, input, args)),
);
export const index_copy_: IndexCopy = signature('index_copy_(input, dim, index, source)', (input, ...args) =>
  writtenInto(scatterOp, bindCopy, input, args),
);

export interface IndexFillOptions {
  readonly dim?: number;
  readonly index?: Tensor;
  readonly value?: Operand;
}

type IndexFill = (
  input: Tensor,
  dim: number | IndexFillOptions,
  index?: Tensor | IndexFillOptions,
  value?: Operand | IndexFillOptions,
) => Tensor;

function bindFill(input: Tensor, args: readonly unknown[]): Written<Tensor | number> {
  const [d, i, value] = args;
  checkTensor('index_fill', 'input', input);
  const dim = wrapDim('index_fill', checkInteger('index_fill', 'dim', d), input.ndim);
  checkIndexType('index_fill', checkTensor('index_fill', 'index', i), ['int64']);
  const size = input.shape[dim] ?? 1;
  // this one counts from the end as well
  const wrapped = (i as Tensor)
    .lt(0)
    .mul(size)
    .add(i as Tensor)
    .to('int64');
  const [, all] = checkList('index_fill', input, dim, wrapped, ['int64']);
  // a place that is named twice is filled once, and counts once in the value's gradient
  const index = all.new_tensor([...new Set(all.toArray('index_fill'))], { dtype: 'int64' });
  const shape = input.shape.with(dim, index.numel());
  const spread = spreadIndex(index, shape, dim);
  if (typeof value === 'number' || typeof value === 'boolean') {
    return [input, dim, spread, convertScalar('index_fill', value, input.dtype)];
  }
  const tensor = checkTensor('index_fill', 'value', value);
  if (tensor.ndim !== 0) {
    throw new ValueError(
      `index_fill(): index_fill_ only supports a 0-dimensional value tensor, but got tensor with ${tensor.ndim} dimension(s).`,
    );
  }
  return [input, dim, spread, tensor.to(input.dtype).expand(shape)];
}

/** The slices that the indices name become `value`. https://pytorch.org/docs/stable/generated/torch.Tensor.index_fill_.html */
export const index_fill: IndexFill = signature('index_fill(input, dim, index, value)', (input, ...args) =>
  composed(`IndexFillBackward${args[2] instanceof Tensor ? 1 : 0}`, written(scatterOp, bindFill, input, args)),
);
export const index_fill_: IndexFill = signature('index_fill_(input, dim, index, value)', (input, ...args) =>
  writtenInto(scatterOp, bindFill, input, args),
);
