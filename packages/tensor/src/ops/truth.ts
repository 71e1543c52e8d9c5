/** Whether all or any elements are true, how many are; sums that pass over NaN. https://pytorch.org/docs/stable/torch.html#reduction-ops */
import { checkBoolean } from '../arguments.js';
import { composed, defineOp, type UnaryOp } from '../autograd/op.js';
import { cName, isFloating } from '../dtype.js';
import { DTypeError } from '../errors.js';
import { wrapDims } from '../shape.js';
import { signature } from '../signature.js';
import type { Tensor } from '../tensor.js';
import { cast, checkTensor, reduction } from './kernel.js';
import { isnan } from './logic.js';
import type { Dims, ReduceOptions } from './reduction.js';

interface TruthOptions {
  readonly dim?: Dims;
  readonly keepdim?: boolean;
}

function count(op: string, input: Tensor, args: readonly unknown[], wanted: boolean): Tensor {
  checkTensor(op, 'input', input);
  const [dim, keepdim] = args;
  const dims = wrapDims(op, (dim ?? null) as Dims, input.ndim).sort((a, b) => a - b);
  const truth = cast(input, 'bool');
  const found = wanted ? truth : truth.logical_not();
  return reduction('sum', found, dims, checkBoolean(op, 'keepdim', keepdim ?? false), 'int64');
}

/** Truth is bool, except that uint8 stays uint8. */
const answer = (input: Tensor, truth: Tensor): Tensor => (input.dtype === 'uint8' ? cast(truth, 'uint8') : truth);

/** Whether all elements are nonzero. https://pytorch.org/docs/stable/generated/torch.all.html */
export const all: (input: Tensor, dim?: Dims | TruthOptions, keepdim?: boolean | TruthOptions) => Tensor = signature(
  'all(input, dim?, keepdim?)',
  (input, dim, keepdim) => answer(input, count('all', input, [dim, keepdim], false).eq(0)),
);

/** Whether any element is nonzero. https://pytorch.org/docs/stable/generated/torch.any.html */
export const any: (input: Tensor, dim?: Dims | TruthOptions, keepdim?: boolean | TruthOptions) => Tensor = signature(
  'any(input, dim?, keepdim?)',
  (input, dim, keepdim) => answer(input, count('any', input, [dim, keepdim], true).ne(0)),
);

/** The number of nonzero elements, int64. https://pytorch.org/docs/stable/generated/torch.count_nonzero.html */
export const count_nonzero: (input: Tensor, dim?: Dims | { readonly dim?: Dims }) => Tensor = signature(
  'count_nonzero(input, dim?)',
  (input, d) => {
    checkTensor('count_nonzero', 'input', input);
    return count('count_nonzero', input, [d ?? null], true);
  },
);

type Arguments = [dim?: Dims | ReduceOptions, keepdim?: boolean | ReduceOptions, options?: ReduceOptions];

const withoutNan: UnaryOp = defineOp('nansum', {
  forward(ctx, x) {
    ctx.save_for_backward(x);
    return x.masked_fill(isnan(x), 0);
  },
  backward: (ctx, g) => [g.mul(isnan(ctx.saved_tensors[0]).logical_not())],
  formula: ['dx = g · [x is a number]'],
});

const sumOf = (x: Tensor, dim: Dims | undefined, keepdim: boolean | undefined, dtype: unknown): Tensor =>
  x.sum(dim, keepdim, { dtype } as ReduceOptions);

/** A sum in which NaN counts as 0. https://pytorch.org/docs/stable/generated/torch.nansum.html */
export const nansum: (input: Tensor, ...args: Arguments) => Tensor = signature(
  'nansum(input, dim?, keepdim?, *, dtype?)',
  (input, dim, keepdim, dtype) =>
    composed('NansumBackward0', sumOf(withoutNan(checkTensor('nansum', 'input', input)), dim, keepdim, dtype)),
);

/** The mean of what is not NaN. https://pytorch.org/docs/stable/generated/torch.nanmean.html */
export const nanmean: (input: Tensor, ...args: Arguments) => Tensor = signature(
  'nanmean(input, dim?, keepdim?, *, dtype?)',
  (input, dim, keepdim, dtype) => {
    if (!isFloating(checkTensor('nanmean', 'input', input).dtype)) {
      throw new DTypeError(
        `nanmean(): expected input to have floating point or complex dtype but got ${cName(input.dtype)}`,
      );
    }
    const numbers = count('nanmean', isnan(input).logical_not(), [dim, keepdim], true);
    return sumOf(withoutNan(input), dim, keepdim, dtype).div(numbers);
  },
);
