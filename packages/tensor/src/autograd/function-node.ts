/** The node of one call of a custom function. */
import type { DType } from '../dtype.js';
import { AutogradError, DeviceError, ShapeError, TorchletError, ValueError } from '../errors.js';
import { type Shape, sameShape, showShape } from '../shape.js';
import type { Device } from '../storage.js';
import { Tensor } from '../tensor.js';
import { FunctionContext, type SavedSource } from './function-context.js';
import { type Edge, type Gradients, Node } from './node.js';
import { FREED } from './op.js';
import { type Saved, SavedTensor } from './saved-tensor.js';
import { packAll, savedTensorHooks } from './saved-tensor-hooks.js';

/** The static methods of a custom function, as the engine calls them. */
export interface FunctionClass {
  readonly name: string;
  forward?(...args: unknown[]): unknown;
  setup_context?(ctx: FunctionContext, inputs: readonly unknown[], output: unknown): void;
  backward?(ctx: FunctionContext, ...grads: (Tensor | null)[]): unknown;
  vjp?(ctx: FunctionContext, ...grads: (Tensor | null)[]): unknown;
}

/** What an output looks like, for a gradient of zeros; null for what is no tensor. */
export type OutputLike = { readonly shape: Shape; readonly dtype: DType; readonly device: Device } | null;

export class FunctionNode extends Node implements SavedSource {
  outputs = 1;
  outputLike: readonly OutputLike[] = [];
  /** Null for arguments that are no tensors. */
  inputDevices: readonly (Device | null)[] = [];
  /** The outputs that share memory with an input. */
  readonly views: Set<number> = new Set();
  readonly context: FunctionContext = new FunctionContext(this);
  private saved: (Saved | null)[] | null = null;
  private released = false;

  constructor(private readonly cls: FunctionClass) {
    super();
  }

  override name(): string {
    return `${this.cls.name}Backward`;
  }

  override operation(): string {
    return this.cls.name;
  }

  override get formula(): readonly string[] {
    return [`what ${this.cls.name}.${this.cls.vjp === undefined ? 'backward' : 'vjp'} returns`];
  }

  override runsUserCode(): boolean {
    return true;
  }

  override inplaceError(index: number): string | null {
    if (!this.views.has(index)) return null;
    return (
      `Output ${index} of ${this.name()} is a view and is being modified inplace. This view was created inside a custom ` +
      'Function (or because an input was returned as-is) and the autograd logic to handle view+inplace would override the ' +
      'custom backward associated with the custom Function, leading to incorrect gradients. This behavior is forbidden. ' +
      'You can fix this by cloning the output of the custom Function.'
    );
  }

  /** Keeps tensors as they are now, when the outputs already hang on this node. */
  save(tensors: readonly (Tensor | null)[]): void {
    const saved = tensors.map((t) => (t === null ? null : new SavedTensor(t, t.gradFn === this)));
    this.saved = savedTensorHooks.top === null ? saved : saved.map((s) => (s === null ? null : packAll([s], this)[0]));
  }

  savedTensors(): (Tensor | null)[] {
    if (this.released) throw new AutogradError(FREED);
    return (this.saved ?? []).map((s) => (s === null ? null : s.unpack(this)));
  }

  override release(): void {
    if (this.saved === null || this.saved.length === 0) return;
    this.saved = null;
    this.released = true;
  }

  override apply(grads: Gradients): Gradients {
    const { cls } = this;
    if (cls.backward !== undefined && cls.vjp !== undefined) {
      throw new TorchletError(
        "Implementing both 'backward' and 'vjp' for a custom Function is not allowed. You should only implement one of them.",
      );
    }
    const backward = cls.backward ?? cls.vjp;
    if (backward === undefined) {
      throw new TorchletError(
        'You must implement either the backward or vjp method for your custom autograd.Function to use it with backward mode AD.',
      );
    }
    const given = FunctionContext.requestsOf(this.context).materialize ? this.withoutHoles(grads) : grads.slice();
    const result = backward.call(cls, this.context, ...given);
    return this.checked(Array.isArray(result) ? result : [result]);
  }

  private withoutHoles(grads: Gradients): (Tensor | null)[] {
    const some = grads.find((g) => g !== null) as Tensor;
    return grads.map((grad, i) => {
      const like = this.outputLike[i];
      return grad ?? (like === null ? null : some.new_zeros(like.shape, { dtype: like.dtype, device: like.device }));
    });
  }

  /** One gradient for each edge. */
  private checked(results: readonly unknown[]): (Tensor | null)[] {
    const count = this.edges.length;
    if (results.length < count || results.slice(count).some((g) => (g ?? null) !== null)) {
      throw new AutogradError(
        `function ${this.name()} returned an incorrect number of gradients (expected ${count}, got ${results.length})`,
      );
    }
    return this.edges.map((edge, i) => {
      const grad: unknown = results[i] ?? null;
      if (grad === null) return null;
      if (!(grad instanceof Tensor))
        throw new ValueError(`${this.name()}: expected Tensor or null (got ${typeof grad})`);
      if (edge !== null) return this.fitted(grad, edge, i);
      if (this.inputDevices[i] !== null) return null;
      throw new AutogradError(
        `function ${this.name()} returned a gradient different than None at position ${i + 1}, but the corresponding ` +
          'forward input was not a Variable',
      );
    });
  }

  private fitted(grad: Tensor, edge: Edge, i: number): Tensor {
    if (!isExpandable(edge.shape, grad.shape)) {
      throw new ShapeError(
        `Function ${this.name()} returned an invalid gradient at index ${i} - got ${showShape(grad.shape)} but expected ` +
          `shape compatible with ${showShape(edge.shape)}`,
      );
    }
    const device = this.inputDevices[i];
    if (grad.device !== device) {
      throw new DeviceError(
        `Function ${this.name()} returned an invalid gradient at index ${i} - expected device ${device} but got ${grad.device}`,
      );
    }
    const g = sameShape(grad.shape, edge.shape) ? grad : grad.sum_to_size(edge.shape);
    return g.dtype === edge.dtype ? g : g.to(edge.dtype);
  }
}

/** Whether `from` can be broadcast to `to`. */
function isExpandable(from: Shape, to: Shape): boolean {
  const lead = to.length - from.length;
  return lead >= 0 && from.every((size, i) => size === 1 || size === to[lead + i]);
}
