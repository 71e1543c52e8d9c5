/** Embedding. https://pytorch.org/docs/stable/nn.functional.html#sparse-functions */
import { checkBoolean, checkInteger, checkNumber } from '../arguments.js';
import { gradMode, no_grad } from '../autograd/grad-mode.js';
import { defineOp, type Op } from '../autograd/op.js';
import { cName } from '../dtype.js';
import { AutogradError, DTypeError, ShapeError, ValueError } from '../errors.js';
import { type Shape, showShape } from '../shape.js';
import { type Named, signature } from '../signature.js';
import { SparseTensor } from '../sparse.js';
import type { Tensor } from '../tensor.js';
import { cast, checkSameDevice, checkTensor, knownElements } from './kernel.js';
import { vectorLength } from './similarity.js';

interface Plan {
  /** The row that gets no gradient; −1: none. */
  readonly padding: number;
  readonly byFrequency: boolean;
  readonly sparse: boolean;
}

interface State extends Plan {
  readonly table: Shape;
}

const embeddingOp: Op<[weight: Tensor, index: Tensor, plan: Plan], Tensor> = defineOp<
  [Tensor, Tensor, Plan],
  Tensor,
  State
>('embedding', {
  forward(ctx, weight, index, plan) {
    ctx.state = { ...plan, table: weight.shape };
    ctx.save_for_backward(index);
    return weight.index_select(0, index.reshape(-1)).reshape([...index.shape, weight.shape[1]]);
  },
  backward(ctx, g) {
    const index = ctx.saved_tensors[0].reshape(-1);
    const rows = g.reshape(index.numel(), ctx.state.table[1]);
    return [ctx.state.sparse ? sparseGrad(rows, index, ctx.state) : denseGrad(rows, index, ctx.state)];
  },
  formula: ['dweight = Σ g over the places of each row, 0 for padding_idx'],
});

function denseGrad(rows: Tensor, index: Tensor, { table, padding, byFrequency }: State): Tensor {
  const zeros = rows.new_zeros(table);
  if (rows.numel() === 0) return zeros;
  let each = padding < 0 ? rows : rows.masked_fill(index.eq(padding).unsqueeze(1), 0);
  if (byFrequency) {
    const counts = rows.detach().new_zeros([table[0]]).scatter_add(0, index, rows.detach().new_ones(index.shape));
    each = each.div(counts.index_select(0, index).unsqueeze(1));
  }
  return zeros.scatter_add(0, index.unsqueeze(1).expand(each.shape), each);
}

function sparseGrad(rows: Tensor, index: Tensor, { table, padding }: State): Tensor {
  if (gradMode.enabled) throw new AutogradError('embedding(): sparse gradients cannot be differentiated again');
  const places = Array.from(index.toArray('embedding with max_norm or sparse'), (row, i) =>
    row === padding ? -1 : i,
  ).filter((i) => i >= 0);
  const kept = index.new_tensor(places, { dtype: 'int64' });
  return new SparseTensor(
    index.index_select(0, kept).unsqueeze(0),
    rows.index_select(0, kept),
    table,
    places.length < 2,
  );
}

export interface EmbeddingFunctionOptions {
  readonly padding_idx?: number | null;
  readonly max_norm?: number | null;
  readonly norm_type?: number;
  readonly scale_grad_by_freq?: boolean;
  readonly sparse?: boolean;
}

/**
 * Rows of `weight` `[V, D]` by index (int64 or int32) of any shape: `[…, D]`. The row `padding_idx` gets no gradient; rows
 * longer than `max_norm` are shortened in place first; `scale_grad_by_freq` divides a row's gradient by how often it
 * was taken; `sparse` makes the gradient a sparse tensor.
 * https://pytorch.org/docs/stable/generated/torch.nn.functional.embedding.html
 * @throws ValueError for an index out of range.
 */
export const embedding: (
  input: Tensor,
  weight: Named<'weight', Tensor, EmbeddingFunctionOptions>,
  padding_idx?: number | null | EmbeddingFunctionOptions,
  max_norm?: number | null | EmbeddingFunctionOptions,
  norm_type?: number | EmbeddingFunctionOptions,
  scale_grad_by_freq?: boolean | EmbeddingFunctionOptions,
  sparse?: boolean | EmbeddingFunctionOptions,
) => Tensor = signature(
  'embedding(input, weight, padding_idx?, max_norm?, norm_type?, scale_grad_by_freq?, sparse?)',
  (input, weight, padding, longest, norm = 2, byFrequency = false, sparse = false) => {
    const op = 'embedding';
    checkTensor(op, 'input', input);
    checkSameDevice(op, input, checkTensor(op, 'weight', weight));
    if (weight.ndim !== 2) throw new ShapeError(`${op}(): 'weight' must be 2-D, got ${showShape(weight.shape)}`);
    if (input.dtype !== 'int64' && input.dtype !== 'int32') {
      throw new DTypeError(
        `Expected tensor for argument #1 'indices' to have one of the following scalar types: Long, Int; but got ` +
          `torch.${cName(input.dtype)}Tensor instead (while checking arguments for ${op})`,
      );
    }
    const index = cast(input.detach(), 'int64');
    for (const i of knownElements(index) ?? []) {
      if (i < 0 || i >= weight.shape[0]) throw new ValueError(`${op}(): index out of range in self: ${i}`);
    }
    const plan: Plan = {
      padding: readPadding(op, padding, weight.shape[0]),
      byFrequency: checkBoolean(op, 'scale_grad_by_freq', byFrequency),
      sparse: checkBoolean(op, 'sparse', sparse),
    };
    if (plan.sparse && plan.byFrequency) {
      throw new ValueError('embedding_backward: scale_grad_by_freq not supported with sparse gradients');
    }
    if (longest !== undefined && longest !== null) {
      shorten(weight, index, checkNumber(op, 'max_norm', longest), checkNumber(op, 'norm_type', norm));
    }
    return embeddingOp(weight, index, plan);
  },
);

function readPadding(op: string, value: unknown, rows: number): number {
  if (value === undefined || value === null) return -1;
  const row = checkInteger(op, 'padding_idx', value);
  if (row < -rows || row >= rows) throw new ValueError('Padding_idx must be within num_embeddings');
  return row < 0 ? row + rows : row;
}

/** Makes the rows that are taken no longer than `limit`, in place. */
function shorten(weight: Tensor, index: Tensor, limit: number, p: number): void {
  no_grad(() => {
    const rows = [...new Set(index.toArray('embedding with max_norm or sparse'))];
    const taken = weight.detach();
    for (const row of rows) {
      const vector = taken.select(0, row);
      const length = vectorLength(vector, p, [0]).item();
      if (length > limit) vector.mul_(limit / (length + 1e-7));
    }
  });
}
