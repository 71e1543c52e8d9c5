/** Whether all or any elements are true, how many are; sums that pass over NaN. https://pytorch.org/docs/stable/torch.html#reduction-ops */
import { bindArguments, checkBoolean } from '../arguments.js';
import { defineOp, type UnaryOp } from '../autograd/op.js';
import { wrapDims } from '../shape.js';
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
  const [dim, keepdim] = bindArguments(op, ['dim', 'keepdim'], args);
  const dims = wrapDims(op, (dim ?? null) as Dims, input.ndim).sort((a, b) => a - b);
  const truth = cast(input, 'bool');
  const found = wanted ? truth : truth.logical_not();
  return reduction('sum', found, dims, checkBoolean(op, 'keepdim', keepdim ?? false), 'int64');
}

/** Truth is bool, except that uint8 stays uint8. */
const answer = (input: Tensor, truth: Tensor): Tensor => (input.dtype === 'uint8' ? cast(truth, 'uint8') : truth);

/** Whether all elements are nonzero. https://pytorch.org/docs/stable/generated/torch.all.html */
export function all(input: Tensor, dim?: Dims | TruthOptions, keepdim?: boolean | TruthOptions): Tensor {
  return answer(input, count('all', input, [dim, keepdim], false).eq(0));
}

/** Whether any element is nonzero. https://pytorch.org/docs/stable/generated/torch.any.html */
export function any(input: Tensor, dim?: Dims | TruthOptions, keepdim?: boolean | TruthOptions): Tensor {
  return answer(input, count('any', input, [dim, keepdim], true).ne(0));
}

/** The number of nonzero elements, int64. https://pytorch.org/docs/stable/generated/torch.count_nonzero.html */
export function count_nonzero(input: Tensor, dim?: Dims | { readonly dim?: Dims }): Tensor {
  checkTensor('count_nonzero', 'input', input);
  const [d] = bindArguments('count_nonzero', ['dim'], [dim]);
  return count('count_nonzero', input, [d ?? null], true);
}

type Arguments = [dim?: Dims | ReduceOptions, keepdim?: boolean | ReduceOptions, options?: ReduceOptions];

const withoutNan: UnaryOp = defineOp('nansum', {
  forward(ctx, x) {
    ctx.save_for_backward(x);
    return x.masked_fill(isnan(x), 0);
  },
  backward: (ctx, g) => [g.mul(isnan(ctx.saved_tensors[0]).logical_not())],
  formula: ['dx = g · [x is a number]'],
});

/** A sum in which NaN counts as 0. https://pytorch.org/docs/stable/generated/torch.nansum.html */
export function nansum(input: Tensor, ...args: Arguments): Tensor {
  return withoutNan(checkTensor('nansum', 'input', input)).sum(...args);
}

/** The mean of what is not NaN. https://pytorch.org/docs/stable/generated/torch.nanmean.html */
export function nanmean(input: Tensor, ...args: Arguments): Tensor {
  checkTensor('nanmean', 'input', input);
  const [dim, keepdim] = bindArguments('nanmean', ['dim', 'keepdim', 'dtype'], args);
  const numbers = count('nanmean', isnan(input).logical_not(), [dim ?? null, keepdim ?? false], true);
  return nansum(input, ...args).div(numbers);
}
