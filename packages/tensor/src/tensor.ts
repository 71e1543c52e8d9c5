import type { Node } from './autograd/node.js';
import { backendOf } from './backend/devices.js';
import type { DType, TypedArray } from './dtype.js';
import { isFloating, itemsize } from './dtype.js';
import { AutogradError, DTypeError, ShapeError, ValueError } from './errors.js';
import { formatTensor } from './format.js';
import type { HostOp } from './ops/host-ops.js';
import { isContiguous, numelOf, type Shape, wrapDim } from './shape.js';
import type { Device, Storage, VersionCounter } from './storage.js';
import { checkGradient } from './tensor-grad.js';
import { NOTHING_RARE, Rare } from './tensor-rare.js';

/** What `tolist` returns: numbers (booleans for bool), nested as deep as the tensor has dimensions. */
export type NestedList = number | boolean | NestedList[];

/**
 * An n-dimensional array that remembers how it was computed. A tensor is a view: shape, strides and offset over a
 * {@link Storage} that it may share with others. The operations are listed in `ops/methods.ts` and installed by
 * `methods.ts`; gradients are in `autograd/`. https://pytorch.org/docs/stable/tensors.html
 */
export class Tensor {
  /** Sizes, outermost first. */
  readonly shape: Shape;
  /** Elements from one index to the next, for each dimension. */
  readonly strides: Shape;
  /** First element, counted from the storage's start. */
  readonly offset: number;
  readonly storage: Storage;
  readonly dtype: DType;

  /** @internal The node that computed this tensor; read it through `grad_fn`, which renews it for changed views. */
  gradFn: Node | null = null;
  /** @internal What few tensors have, to be read. */
  rare: Readonly<Rare> = NOTHING_RARE;

  /** @internal Users make tensors with `tensor`, `zeros`, … */
  constructor(storage: Storage, shape: Shape, strides: Shape, offset: number) {
    this.storage = storage;
    this.shape = shape;
    this.strides = strides;
    this.offset = offset;
    this.dtype = storage.dtype;
  }

  /** @internal The same, to be written. */
  get ownRare(): Rare {
    if (this.rare === NOTHING_RARE) this.rare = new Rare();
    return this.rare;
  }

  /** @internal Counts in-place changes; the storage itself unless `.data` made this tensor. */
  get versionCounter(): VersionCounter {
    return this.rare.counter ?? this.storage;
  }

  set versionCounter(value: VersionCounter) {
    const own = value === this.storage ? null : value;
    if (own !== this.rare.counter) this.ownRare.counter = own;
  }

  /** @internal Which of the node's outputs this tensor is. */
  get outputNr(): number {
    return this.rare.outputNr;
  }

  set outputNr(value: number) {
    if (value !== this.rare.outputNr) this.ownRare.outputNr = value;
  }

  /** @internal The flag of a leaf. */
  get leafRequiresGrad(): boolean {
    return this.rare.leafRequiresGrad;
  }

  set leafRequiresGrad(value: boolean) {
    if (value !== this.rare.leafRequiresGrad) this.ownRare.leafRequiresGrad = value;
  }

  get device(): Device {
    return this.storage.device;
  }

  /** Number of dimensions. */
  get ndim(): number {
    return this.shape.length;
  }

  /** Number of in-place changes that this tensor and its views have seen. @throws AutogradError for inference tensors. */
  get _version(): number {
    if (this.storage.inference) throw new AutogradError('Inference tensors do not track version counter.');
    return this.versionCounter.version;
  }

  /**
   * The accumulated gradient of a leaf (or of a tensor with `retain_grad()`), or null. May be set.
   * @throws AutogradError when the value has another shape, dtype or device.
   */
  get grad(): Tensor | null {
    // from now on somebody else may hold it
    const { accumulator, gradient } = this.rare;
    if (accumulator !== null) accumulator.unseen = false;
    return gradient;
  }

  /** @internal The same for those who read it and keep nothing of it, so that its memory comes back as soon as it is replaced. */
  get gradientToRead(): Tensor | null {
    return this.rare.gradient;
  }

  set grad(value: Tensor | null) {
    if (value !== null) {
      if (!(value instanceof Tensor)) {
        throw new ValueError(`assigned grad expected to be a Tensor or null but got grad of type ${typeof value}`);
      }
      checkGradient(this, value);
    }
    const { gradient: old, accumulator } = this.rare;
    if (old === value) return;
    this.ownRare.gradient = value;
    if (old !== null && accumulator?.variable === this) accumulator.replaced(old);
  }

  /** The shape, or one size. https://pytorch.org/docs/stable/generated/torch.Tensor.size.html */
  size(): number[];
  size(dim: number): number;
  size(dim?: number): number | number[] {
    return dim === undefined ? this.shape.slice() : this.shape[wrapDim('size', dim, this.shape.length)];
  }

  /** The strides in elements, or one of them. */
  stride(): number[];
  stride(dim: number): number;
  stride(dim?: number): number | number[] {
    return dim === undefined ? this.strides.slice() : this.strides[wrapDim('stride', dim, this.shape.length)];
  }

  storage_offset(): number {
    return this.offset;
  }

  dim(): number {
    return this.shape.length;
  }

  ndimension(): number {
    return this.shape.length;
  }

  /** Number of elements. */
  numel(): number {
    return numelOf(this.shape);
  }

  nelement(): number {
    return numelOf(this.shape);
  }

  /** Bytes per element. */
  element_size(): number {
    return itemsize(this.dtype);
  }

  is_floating_point(): boolean {
    return isFloating(this.dtype);
  }

  /** Whether this was made in `inference_mode`, so that no graph can hold it. */
  is_inference(): boolean {
    return this.storage.inference;
  }

  is_contiguous(): boolean {
    return isContiguous(this.shape, this.strides);
  }

  /**
   * The only element as a JavaScript number, or boolean for bool: `x.gt(0).item<boolean>()`. The type argument is
   * not checked.
   * @throws ValueError unless there is exactly one.
   */
  item<T extends number | boolean = number>(): T {
    const n = this.numel();
    if (n !== 1) throw new ValueError(`item(): a Tensor with ${n} elements cannot be converted to Scalar`);
    const value = this.toArray()[0];
    return (this.dtype === 'bool' ? value !== 0 : value) as T;
  }

  /** The elements as nested arrays; a number or boolean for a 0-dim tensor. */
  tolist(): NestedList {
    const data = this.toArray();
    let next = 0;
    const build = (d: number): NestedList => {
      if (d < this.shape.length) return Array.from({ length: this.shape[d] }, () => build(d + 1));
      const value = data[next++];
      return this.dtype === 'bool' ? value !== 0 : value;
    };
    return build(0);
  }

  /**
   * @internal Row-major elements, to be read at once and never written: they may be the storage's own.
   * @param op an operation that goes on to compute on the host
   */
  toArray(op?: HostOp): TypedArray {
    return backendOf(this.device).toHost(this, op);
  }

  /**
   * Frees a gpu tensor's memory now rather than when it is found unreachable; never needed. Views and `detach()` share that
   * memory: using it through any of them is a DeviceError afterwards. On the cpu nothing happens.
   */
  dispose(): void {
    backendOf(this.device).dispose(this.storage.buffer);
  }

  /** `using x = …` disposes of x when the block ends. */
  [Symbol.dispose](): void {
    this.dispose();
  }

  /** The number of elements along the first dimension. @throws ShapeError for a 0-dim tensor. */
  get length(): number {
    if (this.shape.length === 0) throw new ShapeError('len() of a 0-d tensor');
    return this.shape[0];
  }

  /** Whether this is a sparse tensor: see `sparse.ts`, which overrides what follows. */
  get is_sparse(): boolean {
    return false;
  }

  /** A sparse tensor with all its zeros; any other tensor itself. */
  to_dense(): Tensor {
    return this;
  }

  /** @internal A dense tensor plus `alpha` times this sparse one. */
  addedTo?(dense: Tensor, alpha: number): Tensor;

  /** Lets a one-element tensor stand where JavaScript wants a number. @throws DTypeError otherwise. */
  [Symbol.toPrimitive](hint: string): string | number {
    if (hint === 'string') return this.toString();
    if (this.numel() !== 1)
      throw new DTypeError('only tensors with one element can be converted to a JavaScript number');
    return Number(this.item());
  }

  /** As PyTorch prints it. https://pytorch.org/docs/stable/generated/torch.set_printoptions.html */
  toString(): string {
    return formatTensor({
      shape: this.shape,
      dtype: this.dtype,
      data: this.toArray(),
      device: this.device,
      requires_grad: this.requires_grad,
      grad_fn: this.gradFnName(),
    });
  }

  /** A view that was changed in place where no graph could follow has no valid node any more. */
  private gradFnName(): string | null {
    try {
      return this.grad_fn?.shortName() ?? null;
    } catch (error) {
      if (error instanceof AutogradError) return 'Invalid';
      throw error;
    }
  }
}

/** What `properties.ts` defines on the prototype, because it needs the graph. */
export interface Tensor {
  /** Whether gradients are wanted: set on leaves, true for whatever is computed from them. */
  requires_grad: boolean;
  /** The node that computed this tensor, null for a leaf. */
  readonly grad_fn: Node | null;
  /** Whether the user made this tensor, rather than an operation that is recorded. */
  readonly is_leaf: boolean;
  readonly retains_grad: boolean;
  /** The same elements outside of the graph, with a version counter of their own. May be set. */
  data: Tensor;
  /** The tensor that this one is a view of, or null. */
  readonly _base: Tensor | null;
  /** The transpose of a matrix (dimensions reversed). */
  readonly T: Tensor;
  /** The last two dimensions exchanged. */
  readonly mT: Tensor;
  /** Slices along dimension 0. */
  [Symbol.iterator](): IterableIterator<Tensor>;
}

/** What sparse tensors alone have: see `sparse.ts`. @throws ValueError for all others. */
export interface Tensor {
  /** Number of dimensions that are sparse. https://pytorch.org/docs/stable/generated/torch.Tensor.sparse_dim.html */
  sparse_dim(): number;
  /** Number of dimensions of each value. */
  dense_dim(): number;
  /** Number of listed elements of a sparse tensor. */
  _nnz(): number;
  /** Where the listed elements are, `[sparse_dim, nnz]`, also of an uncoalesced tensor. */
  _indices(): Tensor;
  _values(): Tensor;
  /** Where the elements are. @throws ValueError for a tensor that is not coalesced. */
  indices(): Tensor;
  values(): Tensor;
  /** Whether each index is listed once, in order. */
  is_coalesced(): boolean;
  /** With the elements of one index added up. https://pytorch.org/docs/stable/generated/torch.Tensor.coalesce.html */
  coalesce(): Tensor;
}
