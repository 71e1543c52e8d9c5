import { cName, isFloating } from '../dtype.js';
import { AutogradError } from '../errors.js';
import { type Shape, showShape } from '../shape.js';
import type { Storage, VersionCounter } from '../storage.js';
import { Tensor } from '../tensor.js';
import type { Node } from './node.js';

const INFERENCE =
  'Inference tensors cannot be saved for backward. To work around you can make a clone to get a normal tensor and use ' +
  'it in autograd.';

/** What a node keeps. */
export interface Saved {
  /** What the same node keeps besides: a chain, and no list, for the reason that {@link Node} has for its edges. */
  next: Saved | null;
  unpack(owner: Node): Tensor;
}

/**
 * A tensor kept for the backward pass, as it was when it was saved: its memory, its place in the graph and its
 * version. Reading it after an in-place change is an error instead of a wrong number.
 */
export class SavedTensor implements Saved {
  next: Saved | null = null;
  private storage: Storage;
  private readonly gradFn: Node | null;
  private versionCounter: VersionCounter;
  private version: number;
  private readonly shape: Shape;
  private readonly strides: Shape;
  private readonly offset: number;

  private readonly outputNr: number;

  /** `isOutput`: the tensor is a result of the node that saves it, which it does not hang on yet. */
  constructor(
    readonly tensor: Tensor,
    private isOutput: boolean = false,
  ) {
    if (tensor.storage.inference) throw new AutogradError(INFERENCE);
    this.storage = tensor.storage;
    this.gradFn = tensor.gradFn;
    this.versionCounter = tensor.versionCounter;
    this.version = tensor.versionCounter.version;
    this.shape = tensor.shape;
    this.strides = tensor.strides;
    this.offset = tensor.offset;
    this.outputNr = tensor.outputNr;
  }

  /** The same after the kernels have run: at the version of now. `isOutput`: whether the tensor is one of the node's results. */
  settle(isOutput: boolean): void {
    this.version = this.versionCounter.version;
    this.isOutput = isOutput;
  }

  /** Whether this is `other`, or shares its memory. */
  shares(other: Tensor): boolean {
    return this.storage === other.storage;
  }

  /** Whether its memory is what it was. */
  get isUnchanged(): boolean {
    return this.versionCounter.version === this.version;
  }

  /**
   * The tensor in the graph as it was. `owner` is the node that saved it: a saved output hangs on `owner`, which it
   * did not yet when it was saved.
   * @throws AutogradError when the memory has been changed in place since.
   */
  unpack(owner: Node | null): Tensor {
    const t = this.tensor;
    if (!this.isUnchanged) {
      const [fn, nr] = this.isOutput
        ? [owner, this.outputNr]
        : [t.rare.viewOrigin === null ? t.grad_fn : t.gradFn, t.outputNr];
      const output = fn === null ? '' : `, which is output ${nr} of ${fn.name()},`;
      throw new AutogradError(
        'one of the variables needed for gradient computation has been modified by an inplace operation: ' +
          `[torch.${cName(t.dtype)}Tensor ${showShape(t.shape)}]${output} is at version ${this.versionCounter.version}; expected version ` +
          `${this.version} instead. Hint: clone() the tensor before changing it, or use the operation without _.`,
      );
    }
    const fn = this.gradFn ?? (this.isOutput && isFloating(t.dtype) ? owner : null);
    return t.storage === this.storage && t.gradFn === fn ? t : this.asItWas(fn);
  }

  /** After `x.data = …` or an in-place rebase of a view, the object is another tensor: rebuild the old one. */
  private asItWas(fn: Node | null): Tensor {
    const t = this.tensor;
    const old = new Tensor(this.storage, this.shape, this.strides, this.offset);
    old.versionCounter = this.versionCounter;
    old.gradFn = fn;
    old.outputNr = this.outputNr;
    old.leafRequiresGrad = t.leafRequiresGrad && fn === null;
    if (t.rare.accumulator !== null) old.ownRare.accumulator = t.rare.accumulator;
    return old;
  }

  /** The operation is about to write into the memory this refers to: go on with a copy of the old elements. */
  moveTo(copy: Storage): void {
    this.storage = copy;
    this.versionCounter = copy;
    this.version = copy.version;
  }
}
