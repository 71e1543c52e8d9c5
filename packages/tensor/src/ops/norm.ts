/** Vector norms. https://pytorch.org/docs/stable/generated/torch.linalg.vector_norm.html */
import { checkBoolean, checkNumber } from '../arguments.js';
import { defineOp, type Op } from '../autograd/op.js';
import { checkDType, cName, type DType, isFloating } from '../dtype.js';
import { DTypeError, ShapeError, ValueError } from '../errors.js';
import { numelOf, reducedShape, type Shape, wrapDims } from '../shape.js';
import { signature } from '../signature.js';
import type { Tensor } from '../tensor.js';
import { checkTensor } from './kernel.js';
import type { Dims } from './reduction.js';

interface NormState {
  readonly p: number;
  readonly dims: readonly number[];
}

const kept = (t: Tensor, shape: Shape, dims: readonly number[]): Tensor => t.reshape(reducedShape(shape, dims, true));

function normOf(x: Tensor, p: number, dims: readonly number[], keepdim: boolean): Tensor {
  const over = (t: Tensor): Tensor => (dims.length === 0 ? t : t.sum(dims, keepdim));
  if (p === 0) return over(x.ne(0).to(x.dtype));
  const a = x.abs();
  if (p === 1) return over(a);
  if (p === 2) return over(x.mul(x)).sqrt();
  if (p === Infinity) return dims.length === 0 ? a : a.amax(dims, keepdim);
  if (p === -Infinity) return dims.length === 0 ? a : a.amin(dims, keepdim);
  return over(a.pow(p)).pow(1 / p);
}

/** PyTorch's rules: a norm of 0 has gradient 0, and extrema share it. */
function normBackward(g: Tensor, x: Tensor, norm: Tensor, { p, dims }: NormState): Tensor {
  if (p === 0) return g.mul(0).expand(x.shape);
  if (p === 1) return x.sign().mul(g);
  if (p === 2) return x.mul(g.div(norm)).masked_fill(norm.eq(0), 0);
  if (Math.abs(p) === Infinity) {
    const chosen = x
      .abs()
      .eq(norm)
      .add(x.ne(x).mul(norm.ne(norm)))
      .to(x.dtype);
    const ties = dims.length === 0 ? chosen : chosen.sum(dims, true);
    return x.sign().mul(chosen.div(ties).mul(g));
  }
  if (p < 1) {
    const scaled = x
      .sign()
      .mul(x.abs().pow(p - 1))
      .masked_fill(x.eq(0), 0);
    return scaled.mul(g).mul(norm.pow(1 - p));
  }
  const factor = g.div(norm.pow(p - 1)).masked_fill(norm.eq(0), 0);
  if (p < 2)
    return x
      .sign()
      .mul(x.abs().pow(p - 1))
      .mul(factor);
  return x.mul(x.abs().pow(p - 2)).mul(factor);
}

type NormOp = Op<[input: Tensor, p: number, dims: readonly number[], keepdim: boolean], Tensor>;

const normOp: NormOp = defineOp<[Tensor, number, readonly number[], boolean], Tensor, NormState>('linalg_vector_norm', {
  forward(ctx, x, p, dims, keepdim) {
    const y = normOf(x, p, dims, keepdim);
    ctx.state = { p, dims };
    ctx.save_for_backward(x, y);
    return y;
  },
  backward(ctx, g) {
    const [x, y] = ctx.saved_tensors;
    const { dims } = ctx.state;
    return [normBackward(kept(g, x.shape, dims), x, kept(y, x.shape, dims), ctx.state)];
  },
  formula: ['dx = g · x · |x|^(p − 2) / y^(p − 1), 0 where y = 0'],
});

function computeNorm(op: string, input: Tensor, p: number, dim: Dims, keepdim: unknown, dtype: unknown): Tensor {
  const x = dtype === undefined || dtype === null ? input : input.to(checkDType(op, dtype));
  if (!isFloating(x.dtype)) {
    throw new DTypeError(`${op}(): Expected a floating point or complex tensor as input. Got ${cName(x.dtype)}`);
  }
  const dims = wrapDims(op, dim, x.ndim).sort((a, b) => a - b);
  if ((p < 0 || p === Infinity) && numelOf(dims.map((d) => x.shape[d])) === 0) {
    throw new ShapeError(
      `${op}(): linalg.vector_norm cannot compute the ${p} norm on an empty tensor because the operation does not have an identity`,
    );
  }
  return normOp(x, p, dims, checkBoolean(op, 'keepdim', keepdim ?? false));
}

export interface NormOptions {
  /** A number, Infinity, -Infinity, or 'fro', which is 2. */
  readonly p?: number | 'fro' | null;
  readonly dim?: Dims;
  readonly keepdim?: boolean;
  readonly dtype?: DType | null;
}

/**
 * (Σ |x|^p)^(1/p) over `dim` (all unless given). The nuclear norm does not exist here.
 * https://pytorch.org/docs/stable/generated/torch.norm.html
 */
export const norm: (
  input: Tensor,
  p?: number | 'fro' | null | NormOptions,
  dim?: Dims | NormOptions,
  keepdim?: boolean | NormOptions,
  options?: NormOptions,
) => Tensor = signature('norm(input, p?, dim?, keepdim?, *, dtype?)', (input, order, d, keep, dtype) => {
  checkTensor('norm', 'input', input);
  if (typeof order === 'string' && order !== 'fro') {
    throw new ValueError(`norm(): argument 'p' must be a number or 'fro', got '${order}'`);
  }
  const exponent =
    typeof order === 'string' || order === undefined || order === null ? 2 : checkNumber('norm', 'p', order);
  return computeNorm('norm', input, exponent, (d ?? null) as Dims, keep, dtype);
});

export interface VectorNormOptions {
  readonly ord?: number;
  readonly dim?: Dims;
  readonly keepdim?: boolean;
  readonly dtype?: DType | null;
}

/** (Σ |x|^ord)^(1/ord) over `dim` (all unless given). https://pytorch.org/docs/stable/generated/torch.linalg.vector_norm.html */
export const vector_norm: (
  x: Tensor,
  ord?: number | VectorNormOptions,
  dim?: Dims | VectorNormOptions,
  keepdim?: boolean | VectorNormOptions,
  options?: VectorNormOptions,
) => Tensor = signature('vector_norm(x, ord?, dim?, keepdim?, *, dtype?)', (x, p = 2, dim = null, keep, dtype) => {
  const op = 'linalg.vector_norm';
  checkTensor(op, 'x', x);
  return computeNorm(op, x, checkNumber(op, 'ord', p), dim as Dims, keep, dtype);
});
