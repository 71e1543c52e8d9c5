/** Coordinates. https://pytorch.org/docs/stable/generated/torch.meshgrid.html */
import { checkOptions, isOptions } from '../arguments.js';
import { DTypeError, ShapeError, ValueError } from '../errors.js';
import { showShape } from '../shape.js';
import type { Tensor } from '../tensor.js';
import { checkTensor } from './kernel.js';

export interface MeshgridOptions {
  /** Which of the first two vectors runs along dimension 0: the first ('ij', unless given) or the second ('xy'). */
  readonly indexing?: 'ij' | 'xy';
}

type Vectors = readonly Tensor[];

/**
 * Each vector spread over the grid that all of them span: views of `[n₁, n₂, …]`.
 * https://pytorch.org/docs/stable/generated/torch.meshgrid.html
 */
export function meshgrid(tensors: Vectors, options?: MeshgridOptions): Tensor[];
export function meshgrid(...args: [...tensors: Tensor[]] | [...tensors: Tensor[], options: MeshgridOptions]): Tensor[];
export function meshgrid(...args: unknown[]): Tensor[] {
  const given = args.filter((x) => x !== undefined);
  const last = given[given.length - 1];
  const options = isOptions(last) ? (last as MeshgridOptions) : undefined;
  const rest = options === undefined ? given : given.slice(0, -1);
  checkOptions('meshgrid', ['indexing'], options);
  const indexing: string = options?.indexing ?? 'ij';
  if (indexing !== 'ij' && indexing !== 'xy') {
    throw new ValueError(`torch.meshgrid: indexing must be one of "xy" or "ij", but received: ${indexing}`);
  }
  const list = (rest.length === 1 && Array.isArray(rest[0]) ? (rest[0] as unknown[]) : rest).map((x, i) =>
    checkTensor('meshgrid', `tensors[${i}]`, x),
  );
  checkVectors(list);
  // where each vector runs: 'xy' exchanges the first two
  const axis = list.map((_, d) => (indexing === 'xy' && d < 2 && list.length > 1 ? 1 - d : d));
  const shape = list.map((_, d) => list[axis[d]].numel());
  return list.map((x, d) => x.reshape(shape.map((_, k) => (k === axis[d] ? -1 : 1))).expand(shape));
}

function checkVectors(list: Vectors): void {
  if (list.length === 0) throw new ValueError('meshgrid expects a non-empty TensorList');
  for (const x of list) {
    if (x.ndim > 1) {
      throw new ShapeError(
        `torch.meshgrid: Expected 0D or 1D tensor in the tensor list but got: ${showShape(x.shape)}`,
      );
    }
    if (x.dtype !== list[0].dtype) throw new DTypeError('torch.meshgrid expects all tensors to have the same dtype');
  }
}
