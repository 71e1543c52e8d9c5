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
    const [dq, dk, dv] = ctx.needs_input_grad;
    if (gradMode.enabled) return gradients(g, q, k, v, mask, ctx.state);
    const outs = [
      dq ? allocateAs(q, q.shape[3]) : null,
      dk ? allocateAs(k, k.shape[3]) : null,
      dv ? allocateAs(v, v.shape[3]) : null,
    ] as const;
    kernelsOf(q).backward(inRows(q), inRows(k), inRows(v), ctx.state, weights, inRows(g), outs);
    return outs;
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
