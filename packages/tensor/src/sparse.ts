/**
 * Sparse tensors in coordinate format: the gradients of `Embedding(…, sparse: true)`, and what little arithmetic an
 * optimizer needs of them. https://pytorch.org/docs/stable/sparse.html#sparse-coo-tensors
 */
import { isFloating } from './dtype.js';
import { AutogradError, DTypeError, ShapeError, ValueError } from './errors.js';
import { formatTensor } from './format.js';
import { cat } from './ops/joining.js';
import * as methods from './ops/methods.js';
import { numelOf, type Shape, sameShape, showShape } from './shape.js';
import { Storage } from './storage.js';
import { Tensor } from './tensor.js';

/** Memory that nobody may read: a kernel that is given a sparse tensor must not take it for an empty one. */
function noStorage(like: Tensor): Storage {
  const storage = new Storage(like.device, like.dtype, 0, {});
  Object.defineProperty(storage, 'memory', {
    get() {
      throw unsupported('this operation');
    },
  });
  return storage;
}

const unsupported = (op: string): ValueError =>
  new ValueError(`${op}(): not supported for tensors with layout torch.sparse_coo; use to_dense()`);

/**
 * A tensor of zeros except where `indices` `[sparse_dim, nnz]` say: there it is `values` `[nnz, …]`, the sum of them where
 * an index comes several times (an uncoalesced tensor).
 */
export class SparseTensor extends Tensor {
  private cooIndices: Tensor;
  private cooValues: Tensor;
  private withoutDuplicates: boolean;

  /** @internal Users call `sparse_coo_tensor`. */
  constructor(indices: Tensor, values: Tensor, size: Shape, coalesced: boolean) {
    super(noStorage(values), size, new Array<number>(size.length).fill(0), 0);
    this.cooIndices = indices;
    this.cooValues = values;
    this.withoutDuplicates = coalesced;
  }

  override get is_sparse(): boolean {
    return true;
  }

  override is_contiguous(): boolean {
    return false;
  }

  override dispose(): void {
    this.cooIndices.dispose();
    this.cooValues.dispose();
  }

  override sparse_dim(): number {
    return this.cooIndices.shape[0];
  }

  override dense_dim(): number {
    return this.cooValues.ndim - 1;
  }

  override _nnz(): number {
    return this.cooIndices.shape[1];
  }

  override _indices(): Tensor {
    return this.cooIndices;
  }

  override _values(): Tensor {
    return this.cooValues;
  }

  override is_coalesced(): boolean {
    return this.withoutDuplicates;
  }

  override indices(): Tensor {
    return this.checked('indices').cooIndices;
  }

  override values(): Tensor {
    return this.checked('values').cooValues;
  }

  private checked(what: string): this {
    if (this.withoutDuplicates) return this;
    throw new ValueError(`Cannot get ${what} on an uncoalesced tensor, please call .coalesce() first`);
  }

  /** @internal Each index's place in the row-major order of the sparse dimensions. */
  positions(): number[] {
    const rank = this.sparse_dim();
    const n = this._nnz();
    const data = this.cooIndices.toArray();
    return Array.from({ length: n }, (_, i) => {
      let at = 0;
      for (let d = 0; d < rank; d++) at = at * this.shape[d] + data[d * n + i];
      return at;
    });
  }

  override coalesce(): Tensor {
    if (this.withoutDuplicates) return this;
    const at = this.positions();
    const firsts = new Map<number, number>();
    at.forEach((place, i) => {
      if (!firsts.has(place)) firsts.set(place, i);
    });
    const places = [...firsts.keys()].sort((a, b) => a - b);
    const rank = new Map(places.map((place, i) => [place, i]));
    const first = places.map((place) => firsts.get(place) as number);
    return this.merged(
      first,
      at.map((place) => rank.get(place) as number),
      true,
    );
  }

  /** @internal The elements at `first`, the values of all added up at `places` among them. */
  merged(first: readonly number[], places: readonly number[], coalesced: boolean): SparseTensor {
    const long = (list: readonly number[]): Tensor => this.cooIndices.new_tensor([...list], { dtype: 'int64' });
    const indices = this.cooIndices.index_select(1, long(first));
    return new SparseTensor(indices, this.gathered(long(places), first.length), this.shape, coalesced);
  }

  /** The values added up into `n` places. */
  private gathered(places: Tensor, n: number): Tensor {
    const values = this.cooValues;
    const out = values.new_zeros([n, ...values.shape.slice(1)]);
    if (values.numel() === 0) return out;
    const index = places.reshape([-1, ...values.shape.slice(1).map(() => 1)]).expand(values.shape);
    return out.scatter_add_(0, index, values);
  }

  override to_dense(): Tensor {
    const places = this.cooIndices.new_tensor(this.positions(), { dtype: 'int64' });
    return this.gathered(places, numelOf(this.shape.slice(0, this.sparse_dim()))).reshape(this.shape);
  }

  override addedTo(dense: Tensor, alpha: number): Tensor {
    checkSum(dense, this);
    return dense.add(this.to_dense(), { alpha });
  }

  /** @internal `f` of the values, at the same indices. */
  map(f: (values: Tensor) => Tensor): SparseTensor {
    return new SparseTensor(this.cooIndices, f(this.cooValues), this.shape, this.withoutDuplicates);
  }

  /** @internal Takes over another tensor's elements. */
  become(other: SparseTensor): this {
    this.cooIndices = other.cooIndices;
    this.cooValues = other.cooValues;
    this.withoutDuplicates = other.withoutDuplicates;
    this.versionCounter.version++;
    return this;
  }

  /** @throws ValueError always: the elements have no row-major memory. */
  override toArray(): never {
    throw unsupported('reading elements');
  }

  override toString(): string {
    const plain = isFloating(this.dtype) ? 'float32' : 'int64';
    const part = (prefix: string, t: Tensor): string => {
      const sizes = t.numel() === 0 ? `, size=(${t.shape.join(', ')}${t.ndim === 1 ? ',' : ''})` : '';
      if (sizes !== '') return `${prefix}([]${sizes})`;
      const dtype = t === this.cooIndices ? 'int64' : plain;
      return formatTensor({ shape: t.shape, dtype, data: t.toArray(), prefix }).replaceAll('\n', '\n       ');
    };
    const dtype = this.dtype === 'float32' ? '' : `, dtype=torch.${this.dtype}`;
    const size = `size=(${this.shape.join(', ')}${this.ndim === 1 ? ',' : ''}), nnz=${this._nnz()}`;
    return (
      `tensor(${part('indices=tensor', this.cooIndices)},\n       ${part('values=tensor', this.cooValues)},\n       ${size}${dtype}, ` +
      'layout=torch.sparse_coo)'
    );
  }
}

function checkSum(a: Tensor, b: Tensor): void {
  if (!sameShape(a.shape, b.shape)) {
    throw new ShapeError(
      `add(): expected sizes of 'self' and 'other' to match, but ${showShape(a.shape)} != ${showShape(b.shape)}`,
    );
  }
  if (a.dtype !== b.dtype) throw new DTypeError(`add(): expected dtype ${a.dtype} but got ${b.dtype}`);
}

/**
 * The sum of two sparse tensors: both lists merged in the order in which they come, equal neighbours added up, as PyTorch
 * merges them. Of coalesced tensors it is coalesced.
 */
function addSparse(a: SparseTensor, b: Tensor, alpha: number): Tensor {
  checkSum(a, b);
  if (!(b instanceof SparseTensor)) return a.addedTo(alpha === 1 ? b : b.mul(alpha), 1);
  // as in PyTorch, what has no elements may have any number of sparse dimensions: `zero_` leaves one that has all of them
  if (b._nnz() === 0) return a.clone();
  if (a._nnz() === 0) return alpha === 1 ? b.clone() : scale('mul', b, alpha);
  if (a.sparse_dim() !== b.sparse_dim()) {
    throw new ShapeError(`add(): expected sparse_dim ${a.sparse_dim()}, but got ${b.sparse_dim()}`);
  }
  const [left, right] = [a.positions(), b.positions()];
  const places = new Array<number>(left.length + right.length).fill(0);
  const first: number[] = [];
  for (let i = 0, j = 0; i < left.length || j < right.length; ) {
    const order = i === left.length ? 1 : j === right.length ? -1 : left[i] - right[j];
    const n = first.length;
    first.push(order <= 0 ? i : left.length + j);
    if (order <= 0) places[i++] = n;
    if (order >= 0) places[left.length + j++] = n;
  }
  const values = alpha === 1 ? b._values() : b._values().mul(alpha);
  const all = new SparseTensor(cat([a._indices(), b._indices()], 1), cat([a._values(), values]), a.shape, false);
  return all.merged(first, places, a.is_coalesced() && b.is_coalesced());
}

const alphaOf = (options?: { readonly alpha?: number }): number => options?.alpha ?? 1;

function scale(op: 'mul' | 'div', x: SparseTensor, by: unknown): SparseTensor {
  if (typeof by !== 'number') throw unsupported(`${op} with anything but a number`);
  return x.map((values) => values[op](by));
}

type Override = (x: SparseTensor, ...args: never[]) => unknown;

/** The methods that sparse tensors have. */
const METHODS: Readonly<Record<string, Override>> = {
  add: (x, y: Tensor, options?: { alpha?: number }) => addSparse(x, y, alphaOf(options)),
  add_(x, y: Tensor, options?: { alpha?: number }) {
    const sum = addSparse(x, y, alphaOf(options));
    if (!(sum instanceof SparseTensor))
      throw new ValueError('add_(): a dense tensor cannot be added to a sparse one in place');
    return x.become(sum);
  },
  mul: (x, by: number) => scale('mul', x, by),
  div: (x, by: number) => scale('div', x, by),
  mul_: (x, by: number) => x.become(scale('mul', x, by)),
  div_: (x, by: number) => x.become(scale('div', x, by)),
  neg: (x) => x.map((values) => values.neg()),
  clone: (x) => new SparseTensor(x._indices().clone(), x._values().clone(), x.shape, x.is_coalesced()),
  detach: (x) => x.map((values) => values.detach()),
  detach_: (x) => x,
  requires_grad_(x, value: boolean = true) {
    x.requires_grad = value;
    return x;
  },
  to: (x, ...args: Parameters<Tensor['to']>) => {
    const values = x._values().to(...args);
    return values === x._values() ? x : x.map(() => values);
  },
  zero_(x) {
    const indices = x._indices().new_zeros([x.ndim, 0]);
    return x.become(new SparseTensor(indices, x._values().new_zeros([0]), x.shape, true));
  },
};

/** Gives sparse tensors their methods; called once, by `index.ts`. All others throw. */
export function installSparse(): void {
  for (const name of Object.keys(methods)) {
    const method = METHODS[name] as ((x: Tensor, ...args: unknown[]) => unknown) | undefined;
    Object.defineProperty(SparseTensor.prototype, name, {
      configurable: true,
      writable: true,
      value(this: SparseTensor, ...args: unknown[]) {
        if (method === undefined) throw unsupported(name);
        return method(this, ...args);
      },
    });
  }
  Object.defineProperty(SparseTensor.prototype, 'requires_grad', {
    configurable: true,
    get: () => false,
    set(value: boolean) {
      if (value) throw new AutogradError('requires_grad: sparse tensors are gradients and have none themselves');
    },
  });
}
