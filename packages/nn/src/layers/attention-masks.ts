/** Masks of attention: what may be given, and the one that is added to the scores. */
import { DTypeError, ShapeError, Tensor, ValueError } from '@torchlet/tensor';
import { cName } from '@torchlet/tensor/internal';
import { show } from '../repr.js';
import { typename } from '../typename.js';

const tuple = (shape: readonly number[]): string => show([...shape]);

/** @throws ValueError for what is no tensor; DTypeError unless it is bool or floating-point. */
export function checkMask(name: string, mask: unknown): Tensor | null {
  if (mask === undefined || mask === null) return null;
  if (!(mask instanceof Tensor)) throw new ValueError(`argument '${name}' must be Tensor, not ${typename(mask)}`);
  if (mask.dtype !== 'bool' && !mask.is_floating_point())
    throw new DTypeError(`only bool and floating types of ${name} are supported, got ${cName(mask.dtype)}`);
  return mask;
}

/** A bool mask, true where nothing may be seen, as numbers to add: −∞ there and 0 elsewhere. */
export function additive(mask: Tensor, like: Tensor): Tensor {
  if (mask.dtype !== 'bool') return mask;
  return like.new_zeros(mask.shape).masked_fill_(mask, Number.NEGATIVE_INFINITY);
}

/** What the operands of attention must be. @throws ShapeError in PyTorch's words. */
export function checkRanks(
  query: Tensor,
  key: Tensor,
  value: Tensor,
  padding: Tensor | null,
  mask: Tensor | null,
): boolean {
  if (query.ndim !== 2 && query.ndim !== 3) {
    throw new ShapeError(`query should be unbatched 2D or batched 3D tensor but received ${query.ndim}-D query tensor`);
  }
  const rank = query.ndim;
  const intro = `For ${rank === 3 ? 'batched' : 'unbatched'} (${rank}-D) \`query\`, expected`;
  if (key.ndim !== rank || value.ndim !== rank) {
    throw new ShapeError(
      `${intro} \`key\` and \`value\` to be ${rank}-D but found ${key.ndim}-D and ${value.ndim}-D tensors respectively`,
    );
  }
  if (padding !== null && padding.ndim !== rank - 1) {
    throw new ShapeError(
      `${intro} \`key_padding_mask\` to be \`None\` or ${rank - 1}-D but found ${padding.ndim}-D tensor instead`,
    );
  }
  if (mask !== null && mask.ndim !== 2 && mask.ndim !== 3)
    throw new ShapeError(`${intro} \`attn_mask\` to be \`None\`, 2-D or 3-D but found ${mask.ndim}-D tensor instead`);
  return rank === 3;
}

export interface Sizes {
  readonly batch: number;
  readonly heads: number;
  /** Queries. */
  readonly target: number;
  /** Keys. */
  readonly source: number;
}

/**
 * The sum of both masks, broadcasting to the scores `[N, heads, L, S]`: `mask` is `[L, S]` or `[N · heads, L, S]`, `padding`
 * `[N, S]`. @throws ShapeError when one has other sizes.
 */
export function mergeMasks(
  mask: Tensor | null,
  padding: Tensor | null,
  { batch, heads, target, source }: Sizes,
  like: Tensor,
): Tensor | null {
  let merged: Tensor | null = null;
  if (mask !== null) {
    const expected = mask.ndim === 2 ? [target, source] : [batch * heads, target, source];
    if (String(mask.shape) !== String(expected)) {
      throw new ShapeError(
        `The shape of the ${mask.ndim}D attn_mask is torch.Size([${mask.shape.join(', ')}]), but should be ${tuple(expected)}.`,
      );
    }
    const added = additive(mask, like);
    merged = mask.ndim === 2 ? added : added.view([batch, heads, target, source]);
  }
  if (padding === null) return merged;
  if (String(padding.shape) !== String([batch, source])) {
    throw new ShapeError(
      `expecting key_padding_mask shape of ${tuple([batch, source])}, but got torch.Size([${padding.shape.join(', ')}])`,
    );
  }
  const hidden = additive(padding, like).view([batch, 1, 1, source]);
  return merged === null ? hidden : merged.add(hidden);
}
