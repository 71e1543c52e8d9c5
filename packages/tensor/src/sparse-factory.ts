/** Making sparse tensors. https://pytorch.org/docs/stable/generated/torch.sparse_coo_tensor.html */
import { DTypeError, ShapeError, ValueError } from './errors.js';
import { sameShape, showShape } from './shape.js';
import { signature } from './signature.js';
import { SparseTensor } from './sparse.js';
import { Tensor } from './tensor.js';

export interface SparseCooOptions {
  readonly size?: readonly number[];
}

/**
 * A sparse tensor: indices (int64) `[sparse_dim, nnz]`, values `[nnz, …]`. Without a size, it is as small as can be.
 * https://pytorch.org/docs/stable/generated/torch.sparse_coo_tensor.html
 * @throws ShapeError, ValueError, DTypeError when they do not fit together.
 */
export const sparse_coo_tensor: (
  indices: Tensor,
  values: Tensor,
  size?: readonly number[] | SparseCooOptions,
) => SparseTensor = signature('sparse_coo_tensor(indices, values, size?)', (indices, values, given) => {
  const op = 'sparse_coo_tensor';
  if (!(indices instanceof Tensor) || !(values instanceof Tensor)) {
    throw new ValueError(`${op}(): indices and values must be Tensors`);
  }
  if (indices.dtype !== 'int64')
    throw new DTypeError(`${op}(): indices must be an int64 tensor, but got ${indices.dtype}`);
  if (indices.ndim !== 2) {
    throw new ShapeError(`${op}(): indices must be sparse_dim x nnz, but got: ${showShape(indices.shape)}`);
  }
  if (values.ndim === 0 || values.shape[0] !== indices.shape[1]) {
    throw new ShapeError(
      `${op}(): indices and values must have same nnz, but got nnz from indices: ${indices.shape[1]}, nnz from values: ` +
        `${values.shape[0] ?? 0}`,
    );
  }
  const [rank, n] = indices.shape;
  const data = indices.toArray();
  const largest = Array.from({ length: rank }, (_, d) => Math.max(-1, ...data.slice(d * n, (d + 1) * n)));
  const shape = given ?? [...largest.map((m) => m + 1), ...values.shape.slice(1)];
  if (shape.length !== rank + values.ndim - 1 || !sameShape(shape.slice(rank), values.shape.slice(1))) {
    throw new ShapeError(
      `${op}(): number of dimensions must be sparse_dim (${rank}) + dense_dim (${values.ndim - 1}), but got ${showShape(shape)} ` +
        `for values of size ${showShape(values.shape)}`,
    );
  }
  for (let d = 0; d < rank; d++) {
    const least = Math.min(0, ...data.slice(d * n, (d + 1) * n));
    if (least < 0) throw new ValueError(`${op}(): found negative index ${least} for dim ${d}`);
    if (largest[d] >= shape[d]) {
      throw new ShapeError(
        `${op}(): size is inconsistent with indices: for dim ${d}, size is ${shape[d]} but found index ${largest[d]}`,
      );
    }
  }
  return new SparseTensor(indices.detach(), values.detach(), shape, n < 2);
});
