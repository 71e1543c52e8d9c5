import { ShapeError, type Tensor, tensor, ValueError } from '@torchlet/tensor';
import type { Collated } from './collate.js';
import { Dataset } from './dataset.js';

/**
 * Items that are rows of tensors: item i is `[tensors[0][i], tensors[1][i], …]`, each without its first dimension.
 * @see https://pytorch.org/docs/stable/data.html#torch.utils.data.TensorDataset
 */
export class TensorDataset<Tensors extends Tensor[] = Tensor[]> extends Dataset<Tensors> {
  readonly tensors: Tensors;

  /** @param tensors at least one, all with the same size in dimension 0 */
  constructor(...tensors: Tensors) {
    super();
    if (tensors.length === 0) throw new ValueError('TensorDataset needs at least one tensor, but got none');
    const sizes = tensors.map((t) => t.size(0));
    if (sizes.some((size) => size !== sizes[0])) {
      throw new ShapeError(`Size mismatch between tensors: TensorDataset got first dimensions ${sizes.join(', ')}`);
    }
    this.tensors = tensors;
  }

  override __len__(): number {
    return this.tensors[0].size(0);
  }

  __getitem__(index: number): Tensors {
    return this.tensors.map((t) => t.select(0, index)) as Tensors;
  }

  /** The rows at `indices` of every tensor, gathered in one operation each; null if a subclass changes the items. */
  getBatch(indices: readonly number[]): Collated<Tensors> | null {
    if (this.__getitem__ !== TensorDataset.prototype.__getitem__) return null;
    const rows = tensor([...indices], { dtype: 'int64' });
    return this.tensors.map((t) => gatherRows(t, rows)) as Collated<Tensors>;
  }
}

/** `t.index_select(0, rows)`; as a matrix it is copied a row at a time. */
function gatherRows(t: Tensor, rows: Tensor): Tensor {
  if (t.dim() <= 2 || !t.is_contiguous()) return t.index_select(0, rows);
  return t
    .flatten(1)
    .index_select(0, rows)
    .view([rows.size(0), ...t.shape.slice(1)]);
}
