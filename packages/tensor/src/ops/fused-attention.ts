/** Attention as one kernel, on devices that have it. */
import { gradMode } from '../autograd/grad-mode.js';
import { composed, defineOp, type Op } from '../autograd/op.js';
import type { AttentionKernels, AttentionParams } from '../backend/backend.js';
import { contiguousStrides, numelOf, type Shape, sameShape } from '../shape.js';
import { Tensor } from '../tensor.js';
import { attentionWeights } from './attention-weights.js';
import { allocateOutput, backend } from './kernel.js';

const kernelsOf = (x: Tensor): AttentionKernels => backend(x).attention as AttentionKernels;

/** With the elements of each row side by side, and rows that do not overlap. */
function inRows(x: Tensor): Tensor {
  const [rows, width] = x.shape.slice(-2);
  const [step, next] = x.strides.slice(-2);
  return (width === 1 || next === 1) && (rows === 1 || step >= width) ? x : x.contiguous();
}

/**
 * Room for `[B, H, L, width]` in the order in which `like` lies in memory: where each row holds all heads, as behind a projection,
 * the heads of the result need not be moved to lie so again.
 */
function allocateAs(like: Tensor, width: number): Tensor {
  const [batch, heads, rows] = like.shape;
  const shape = [batch, heads, rows, width];
  if (like.strides[1] >= like.strides[2]) return allocateOutput(shape, like.dtype, like.device);
  const { storage } = allocateOutput([batch, rows, heads, width], like.dtype, like.device);
  const [b, r, h, one] = contiguousStrides([batch, rows, heads, width]);
  return new Tensor(storage, shape, [b, h, r, one], 0);
}

/** Whether tensors of one shape are parts that fill one memory without gaps: an inner block of each lies beside those of the others. */
function areInterleaved(parts: readonly Tensor[]): boolean {
  const [{ storage, shape, strides }] = parts;
  const starts = parts.map((x) => x.offset).sort((a, b) => a - b);
  const gap = starts[1] - starts[0];
  if (gap <= 0 || starts.some((start, i) => start !== starts[0] + i * gap)) return false;
  if (shape[3] > 1 && strides[3] !== 1) return false;
  const alike = parts.every((x) => x.storage === storage && sameShape(x.shape, shape) && sameShape(x.strides, strides));
  if (!alike) return false;
  // steps in ascending order: those of a block end where the next part's begins, then there is one of all parts
  const steps = shape.map((size, d) => ({ size, step: strides[d] })).filter(({ size }) => size > 1);
  let end = 1;
  for (const { size, step } of steps.sort((a, b) => a.step - b.step)) {
    if (end === gap) end = gap * parts.length;
    if (step !== end) return false;
    end *= size;
  }
  return end === gap || end === parts.length * numelOf(shape);
}

/**
 * Room for the gradients that are wanted, as the inputs lie in memory. Those of the parts of one projection are parts of one
 * memory again, so that nothing has to be moved to join them.
 */
function allocateGradients(inputs: readonly Tensor[], wanted: readonly boolean[]): (Tensor | null)[] {
  if (wanted.every(Boolean) && areInterleaved(inputs)) {
    const first = Math.min(...inputs.map((x) => x.offset));
    const { storage } = allocateOutput([inputs.length * inputs[0].numel()], inputs[0].dtype, inputs[0].device);
    return inputs.map((x) => new Tensor(storage, x.shape, x.strides, x.offset - first));
  }
  return inputs.map((x, i) => (wanted[i] ? allocateAs(x, x.shape[3]) : null));
}

type AttentionOp = Op<[q: Tensor, k: Tensor, v: Tensor, mask: Tensor | null, params: AttentionParams], Tensor>;

/** softmax(scale · q · kᵀ + mask) · v, see {@link AttentionKernels}; the mask, expanded to the weights' shape, has no gradient. */
const fusedAttention: AttentionOp = defineOp<
  [Tensor, Tensor, Tensor, Tensor | null, AttentionParams],
  Tensor,
  AttentionParams
>('scaled_dot_product_attention', {
  forward(ctx, q, k, v, mask, params) {
    ctx.state = params;
    const out = allocateAs(q, v.shape[3]);
    const recorded = ctx.needs_input_grad.includes(true);
    const weights = recorded ? allocateOutput(weightsShape(q, k), q.dtype, q.device) : null;
    kernelsOf(q).forward(inRows(q), inRows(k), inRows(v), mask, params, weights, out);
    if (weights !== null) ctx.save_for_backward(q, k, v, weights, ...(mask === null ? [] : [mask]));
    return out;
  },
  backward(ctx, g) {
    const [q, k, v, weights, mask = null] = ctx.saved_tensors;
    if (gradMode.enabled) return gradients(g, q, k, v, mask, ctx.state);
    const grads = allocateGradients([q, k, v], ctx.needs_input_grad.slice(0, 3));
    const [dq, dk, dv] = grads;
    kernelsOf(q).backward(inRows(q), inRows(k), inRows(v), ctx.state, weights, inRows(g), [dq, dk, dv]);
    return grads;
  },
  formula: [
    'dq = scale · dS · k with w = softmax(scale · q · kᵀ + mask), dS = w · (dW − Σ dW · w), dW = g · vᵀ',
    'dk = scale · dSᵀ · q',
    'dv = wᵀ · g',
  ],
  grad_name: 'ScaledDotProductFlashAttentionForCpuBackward0',
});

const weightsShape = (q: Tensor, k: Tensor): Shape => [...q.shape.slice(0, 3), k.shape[2]];

/** The same gradients of functions of q, k and v, to be differentiated again. */
function gradients(
  g: Tensor,
  q: Tensor,
  k: Tensor,
  v: Tensor,
  mask: Tensor | null,
  { scale, causal }: AttentionParams,
): Tensor[] {
  const w = attentionWeights(q.mul(scale).matmul(k.mT), mask, causal);
  const dw = g.matmul(v.mT);
  const ds = w.mul(dw.sub(dw.mul(w).sum(-1, true))).mul(scale);
  return [ds.matmul(k), ds.mT.matmul(q), w.mT.matmul(g)];
}

/** Whether a mask needs no gradient and broadcasts to `[…, L, S]` as it is. */
function maskFits(mask: Tensor, shape: Shape): boolean {
  if (mask.requires_grad && gradMode.enabled) return false;
  const lead = shape.length - mask.ndim;
  return lead >= 0 && mask.ndim > 0 && mask.shape.every((size, d) => size === 1 || size === shape[lead + d]);
}

/** Whether the kernel can do it: no tensor is empty or has to be broadcast, but for a mask that is a constant. */
export function isFusable(q: Tensor, k: Tensor, v: Tensor, mask: Tensor | null): boolean {
  const lead = q.shape.slice(0, -2);
  const fits = [k, v].every((x) => sameShape(x.shape.slice(0, -2), lead));
  if (!fits || q.size(-1) !== k.size(-1) || k.size(-2) !== v.size(-2)) return false;
  if (backend(q).attention === null || [q, k, v].some((x) => x.numel() === 0)) return false;
  return mask === null || maskFits(mask, [...lead, q.size(-2), k.size(-2)]);
}

/** What is added to the scores `[B, H, L, S]`, which are `[…, L, S]` for the user. */
function addend(mask: Tensor, like: Tensor, lead: Shape, shape: Shape): Tensor {
  const whole = mask.shape.with(-1, shape[3]);
  const floats =
    mask.dtype === 'bool' ? like.new_zeros(mask.shape).masked_fill(mask.logical_not(), -Infinity) : mask.detach();
  const rows = floats.expand(whole).contiguous();
  return lead.length === 2 ? rows.expand(shape) : rows.expand([...lead, shape[2], shape[3]]).reshape(shape);
}

/** Attention over tensors for which {@link isFusable} holds. */
export function attentionInOne(
  query: Tensor,
  key: Tensor,
  value: Tensor,
  mask: Tensor | null,
  params: AttentionParams,
): Tensor {
  const lead = query.shape.slice(0, -2);
  const heads = lead.length < 2 ? 1 : lead[lead.length - 1];
  const batch = numelOf(lead) / heads;
  const inFour = (x: Tensor): Tensor => (x.ndim === 4 ? x : x.reshape([batch, heads, x.size(-2), x.size(-1)]));
  const added = mask && addend(mask, query, lead, [batch, heads, query.size(-2), key.size(-2)]);
  const out = fusedAttention(inFour(query), inFour(key), inFour(value), added, params);
  return query.ndim === 4
    ? out
    : composed('UnsafeViewBackward0', out.reshape([...lead, query.size(-2), value.size(-1)]));
}
