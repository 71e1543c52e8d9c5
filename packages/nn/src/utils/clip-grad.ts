import { no_grad, stack, Tensor, ValueError, zeros } from '@torchlet/tensor';
import { bindArguments, checkBoolean, checkNumber } from '@torchlet/tensor/internal';
import { show } from '../repr.js';
import { typename } from '../typename.js';

export interface ClipGradNormOptions {
  /** Which norm: 2 unless given; Infinity takes the greatest absolute value. */
  readonly norm_type?: number;
  /** Whether a norm that is NaN or infinite is an error; otherwise it spoils all gradients. */
  readonly error_if_nonfinite?: boolean;
}

/** The gradients that are there. @throws ValueError for what is no tensor. */
function gradsOf(fn: string, parameters: Iterable<Tensor> | Tensor): Tensor[] {
  const list = parameters instanceof Tensor ? [parameters] : [...parameters];
  return list.flatMap((p: unknown) => {
    if (!(p instanceof Tensor)) throw new ValueError(`${fn}(): parameters must be Tensors, got ${typename(p)}`);
    return p.grad === null ? [] : [p.grad];
  });
}

/** (Σ |x|ᵖ)^(1/p), a 0-dim tensor. */
function vectorNorm(x: Tensor, p: number): Tensor {
  if (x.numel() === 0) return x.new_zeros([]);
  const size = x.abs();
  if (p === Number.POSITIVE_INFINITY) return size.max();
  if (p === Number.NEGATIVE_INFINITY) return size.min();
  if (p === 0) return x.ne(0).to(x.dtype).sum();
  return p === 1
    ? size.sum()
    : size
        .pow(p)
        .sum()
        .pow(1 / p);
}

/** The norm of all tensors together, on the first one's device. */
function totalNorm(tensors: readonly Tensor[], p: number, mustBeFinite: boolean): Tensor {
  if (tensors.length === 0) return zeros([]);
  const { device } = tensors[0];
  const total = vectorNorm(stack(tensors.map((t) => vectorNorm(t, p).to(device))), p);
  if (mustBeFinite && !Number.isFinite(Number(total.item()))) {
    throw new ValueError(
      `The total norm of order ${floatText(p)} for gradients from \`parameters\` is non-finite, so it cannot be clipped. To ` +
        'disable this error and scale the gradients by the non-finite norm anyway, set `error_if_nonfinite=False`',
    );
  }
  return total;
}

/** Binds the options that norms have. */
function readNorm(fn: string, args: readonly unknown[]): [p: number, mustBeFinite: boolean] {
  const [p, strict] = bindArguments(fn, ['norm_type', 'error_if_nonfinite'], args);
  return [checkNumber(fn, 'norm_type', p ?? 2), checkBoolean(fn, 'error_if_nonfinite', strict ?? false)];
}

/**
 * The norm of all tensors together as if they were one vector, a 0-dim tensor; usually of gradients.
 * https://pytorch.org/docs/stable/generated/torch.nn.utils.get_total_norm.html
 * @throws ValueError for a norm that is not finite, with `error_if_nonfinite`.
 */
export function get_total_norm(
  tensors: Iterable<Tensor> | Tensor,
  norm_type?: number | ClipGradNormOptions,
  error_if_nonfinite?: boolean | ClipGradNormOptions,
): Tensor {
  const [p, mustBeFinite] = readNorm('get_total_norm', [norm_type, error_if_nonfinite]);
  const list = tensors instanceof Tensor ? [tensors] : [...tensors];
  for (const t of list as unknown[]) {
    if (!(t instanceof Tensor)) throw new ValueError(`get_total_norm(): tensors must be Tensors, got ${typename(t)}`);
  }
  return totalNorm(list, p, mustBeFinite);
}

/**
 * Scales the gradients in place so that the norm of all of them together is at most `max_norm`; returns what it was
 * before, a 0-dim tensor. https://pytorch.org/docs/stable/generated/torch.nn.utils.clip_grad_norm_.html
 * @throws ValueError for a norm that is not finite, with `error_if_nonfinite`.
 */
export function clip_grad_norm_(
  parameters: Iterable<Tensor> | Tensor,
  max_norm: number,
  norm_type?: number | ClipGradNormOptions,
  error_if_nonfinite?: boolean | ClipGradNormOptions,
): Tensor {
  const [p, mustBeFinite] = readNorm('clip_grad_norm_', [norm_type, error_if_nonfinite]);
  const limit = checkNumber('clip_grad_norm_', 'max_norm', max_norm);
  const grads = gradsOf('clip_grad_norm_', parameters);
  if (grads.length === 0) return zeros([]);
  return no_grad(() => {
    const total = totalNorm(grads, p, mustBeFinite);
    // multiplied even where it is 1, as in PyTorch: nothing waits for the norm
    const scale = total.new_full([], limit).div(total.add(1e-6)).clamp({ max: 1 });
    for (const g of grads) g.detach().mul_(scale.to(g.device));
    return total;
  });
}

/** Python's float(p). */
const floatText = (p: number): string => (Number.isInteger(p) ? p.toFixed(1) : show(p));

/**
 * Clamps the gradients in place to [−clip_value, clip_value].
 * https://pytorch.org/docs/stable/generated/torch.nn.utils.clip_grad_value_.html
 */
export function clip_grad_value_(parameters: Iterable<Tensor> | Tensor, clip_value: number): void {
  const limit = checkNumber('clip_grad_value_', 'clip_value', clip_value);
  const grads = gradsOf('clip_grad_value_', parameters);
  no_grad(() => {
    for (const g of grads) g.detach().clamp_(-limit, limit);
  });
}
