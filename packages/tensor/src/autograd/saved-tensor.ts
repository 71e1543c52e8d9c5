import { cName } from '../dtype.js';
import { AutogradError } from '../errors.js';
import { type Shape, showShape } from '../shape.js';
import type { Storage, VersionCounter } from '../storage.js';
import { Tensor } from '../tensor.js';
import type { Node } from './node.js';

/**
 * A tensor kept for the backward pass, as it was when it was saved: its memory, its place in the graph and its
 * version. Reading it after an in-place change is an error instead of a wrong number.
 */
export class SavedTensor {
  private storage: Storage;
  private readonly gradFn: Node | null;
  private versionCounter: VersionCounter;
  private version: number;
  private readonly shape: Shape;
  private readonly strides: Shape;
  private readonly offset: number;

  constructor(private readonly tensor: Tensor) {
    this.storage = tensor.storage;
    this.gradFn = tensor.gradFn;
    this.versionCounter = tensor.versionCounter;
    this.version = tensor.versionCounter.version;
    this.shape = tensor.shape;
    this.strides = tensor.strides;
    this.offset = tensor.offset;
  }

  /** Whether this is `other`, or shares its memory. */
  shares(other: Tensor): boolean {
    return this.storage === other.storage;
  }

  /**
   * The tensor in the graph as it was. `owner` is the node that saved it: a saved output hangs on `owner`, which it
   * did not yet when it was saved.
   * @throws AutogradError when the memory has been changed in place since.
   */
  unpack(owner: Node): Tensor {
    const t = this.tensor;
    const current = this.versionCounter.version;
    if (current !== this.version) {
      const output = t.gradFn === owner ? `, which is output ${t.outputNr} of ${owner.name()},` : '';
      throw new AutogradError(
        'one of the variables needed for gradient computation has been modified by an inplace operation: ' +
          `[torch.${cName(t.dtype)}Tensor ${showShape(t.shape)}]${output} is at version ${current}; expected version ` +
          `${this.version} instead. Hint: the backtrace further above shows the operation that failed to compute its ` +
          'gradient. The variable in question was changed in there or anywhere later. Good luck!',
      );
    }
    const isOutput = this.gradFn === null && t.gradFn === owner;
    if (t.storage === this.storage && (t.gradFn === this.gradFn || isOutput)) return t;
    return this.asItWas();
  }

  /** After `x.data = …` or an in-place rebase of a view, the object is another tensor: rebuild the old one. */
  private asItWas(): Tensor {
    const t = this.tensor;
    const old = new Tensor(this.storage, this.shape, this.strides, this.offset);
    old.versionCounter = this.versionCounter;
    old.gradFn = this.gradFn;
    old.outputNr = t.outputNr;
    old.leafRequiresGrad = t.leafRequiresGrad && this.gradFn === null;
    old.accumulator = t.accumulator;
    return old;
  }

  /** The operation is about to write into the memory this refers to: go on with a copy of the old elements. */
  moveTo(copy: Storage): void {
    this.storage = copy;
    this.versionCounter = copy;
    this.version = copy.version;
  }
}
