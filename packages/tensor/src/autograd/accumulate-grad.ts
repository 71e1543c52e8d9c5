/** Where gradients of a leaf arrive. */
import { backendOf } from '../backend/devices.js';
import { AutogradError } from '../errors.js';
import { sameShape, showShape } from '../shape.js';
import type { Tensor } from '../tensor.js';
import { giveBack } from './give-back.js';
import { gradMode } from './grad-mode.js';
import { type Edge, type Gradients, Node } from './node.js';

/** The end of a way: adds the gradient to a leaf's `.grad`. */
export class AccumulateGrad extends Node {
  override readonly outputs = 1;
  // gradients are accumulated as soon as they are complete, whatever else is waiting
  override readonly sequence: number = Number.POSITIVE_INFINITY;

  /** Whether the variable's gradient is one that was made here and that nobody has asked for since. */
  unseen = false;

  private arrival: Edge | null = null;

  constructor(readonly variable: Tensor) {
    super();
  }

  /** One and the same for all operations that use the variable while it looks as it does: `.data` may make it another. */
  override edgeTo(t: Tensor): Edge {
    const { arrival } = this;
    if (arrival?.shape === t.shape && arrival.dtype === t.dtype) return arrival;
    this.arrival = super.edgeTo(t);
    return this.arrival;
  }

  /** The variable's gradient is another one now, or none: nobody can come to see the old one any more. */
  replaced(old: Tensor): void {
    if (this.unseen && !old.is_sparse) giveBack(old.storage);
    this.unseen = false;
  }

  override name(): string {
    return 'torch::autograd::AccumulateGrad';
  }

  override get formula(): readonly string[] {
    return ['.grad ← .grad + g'];
  }

  override apply(grads: Gradients): Gradients {
    if (grads[0] !== null) this.accumulate(grads[0], false);
    return [];
  }

  /** `owned`: nobody else sees the gradient, so that it may become `.grad` without a copy. */
  accumulate(grad: Tensor, owned: boolean): void {
    const variable = this.variable;
    if (!variable.leafRequiresGrad) return; // no longer
    if (!sameShape(grad.shape, variable.shape)) {
      throw new AutogradError(
        `AccumulateGrad: the gradient has shape ${showShape(grad.shape)}, the leaf ${showShape(variable.shape)}`,
      );
    }
    const old = variable.gradientToRead;
    if (old === null) {
      variable.grad = owned ? grad : gradMode.enabled ? grad.clone() : grad.detach().clone();
      this.unseen = !gradMode.enabled;
    } else if (gradMode.enabled) {
      variable.grad = old.add(grad);
    } else if (old.is_sparse && !grad.is_sparse) {
      variable.grad = grad.detach().add(old);
    } else if (grad.is_sparse) {
      old.add_(grad);
    } else {
      backendOf(old.device).accumulate(old, grad);
      old.versionCounter.version++;
      if (owned) giveBack(grad.storage);
    }
  }
}
