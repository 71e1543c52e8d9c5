/**
 * Hooks of tensors and nodes. Around one node they run in this order: the hooks of its output tensors, `retain_grad`, the
 * node's pre-hooks, the node, its hooks. https://pytorch.org/docs/stable/notes/autograd.html#backward-hooks-execution
 */
import { cName } from '../dtype.js';
import { AutogradError, DeviceError, DTypeError, ShapeError, ValueError } from '../errors.js';
import { sameShape } from '../shape.js';
import { Tensor } from '../tensor.js';
import { HookList, type RemovableHandle } from './removable-handle.js';

/** Gradients of several tensors; null for one that has none. */
export type Grads = readonly (Tensor | null)[];

/** Sees a tensor's gradient, and may return another one. */
export type TensorHook = ((grad: Tensor) => Tensor | null) | ((grad: Tensor) => void);
/** Runs when a leaf's `.grad` has been updated. */
export type PostAccumulateGradHook = (param: Tensor) => void;
/** Sees the gradients of a node's outputs before it runs, and may return others. */
export type NodePreHook = ((grad_outputs: Grads) => Grads | null) | ((grad_outputs: Grads) => void);
/** Sees what a node has made of the gradients of its outputs, and may return other gradients of its inputs. */
export type NodeHook =
  | ((grad_inputs: Grads, grad_outputs: Grads) => Grads | null)
  | ((grad_inputs: Grads, grad_outputs: Grads) => void);

/** All hooks of one node. */
export class NodeHooks {
  /** By the number of the node's output. */
  private readonly tensors = new Map<number, HookList<TensorHook>>();
  /** Tensors that are no leaves and want their `.grad` all the same. */
  private readonly retained = new Map<number, Tensor>();
  readonly pre: HookList<NodePreHook> = new HookList<NodePreHook>();
  readonly post: HookList<NodeHook> = new HookList<NodeHook>();
  readonly accumulated: HookList<PostAccumulateGradHook> = new HookList<PostAccumulateGradHook>();

  addTensorHook(output: number, hook: TensorHook): RemovableHandle {
    let list = this.tensors.get(output);
    if (list === undefined) {
      list = new HookList();
      this.tensors.set(output, list);
    }
    return list.add(hook);
  }

  retain(output: number, t: Tensor): void {
    this.retained.set(output, t);
  }

  /** The tensors whose `.grad` this node fills. */
  get retaining(): Iterable<Tensor> {
    return this.retained.values();
  }

  /** After an in-place change the tensor is another node's output; this one no longer fills its `.grad`. */
  forgetRetained(output: number): void {
    this.retained.delete(output);
  }

  /** The hooks of the output tensors; a replaced gradient is put into the array. */
  runTensorHooks(grads: (Tensor | null)[]): void {
    for (const [i, list] of this.tensors) {
      for (const hook of list) {
        const grad = grads[i];
        if (grad === null) break;
        const result: unknown = hook(grad) ?? null;
        if (result !== null) grads[i] = checkReplacement(hook, grad, result);
      }
    }
    for (const [i, t] of this.retained) {
      const grad = grads[i];
      if (grad !== null) t.grad = t.grad === null ? grad.clone() : t.grad.add(grad);
    }
  }

  runPreHooks(grads: (Tensor | null)[]): void {
    for (const hook of this.pre) {
      const result: unknown = hook(grads.slice()) ?? null;
      if (result !== null)
        checkReplacements(hook, grads, result).forEach((g, i) => {
          grads[i] = g;
        });
    }
  }

  /** Returns the gradients that the node is to pass on. */
  runPostHooks(results: Grads, grads: Grads): Grads {
    let current = results;
    for (const hook of this.post) {
      const result: unknown = hook(current.slice(), grads) ?? null;
      if (result !== null) current = checkReplacements(hook, current, result);
    }
    return current;
  }
}

const nameOf = (hook: { readonly name: string }): string => hook.name || '<anonymous>';
const typeOf = (x: unknown): string => (x === null ? 'null' : x instanceof Tensor ? 'Tensor' : typeof x);

function checkReplacements(hook: NodeHook | NodePreHook, old: Grads, result: unknown): Grads {
  // a node with one input or output may get its gradient without an array around it
  const list: unknown = old.length === 1 && result instanceof Tensor ? [result] : result;
  if (!Array.isArray(list)) throw new ValueError(`expected an array, but hook returned '${typeOf(result)}'`);
  if (list.length !== old.length) {
    throw new AutogradError(
      `hook '${nameOf(hook)}' has returned an incorrect number of values (got ${list.length}, but expected ${old.length})`,
    );
  }
  return old.map((grad, i) => {
    const value: unknown = list[i] ?? null;
    if (value === null) return null;
    if (grad === null) throw new AutogradError(`hook '${nameOf(hook)}': can't replace a null gradient with a Tensor`);
    return checkReplacement(hook, grad, value);
  });
}

/** @throws ValueError, ShapeError, DTypeError, DeviceError for what cannot stand for the gradient. */
function checkReplacement(hook: { readonly name: string }, old: Tensor, value: unknown): Tensor {
  if (!(value instanceof Tensor)) throw new ValueError(`expected Tensor, but hook returned '${typeOf(value)}'`);
  if (value.dtype !== old.dtype) {
    throw new DTypeError(
      `hook '${nameOf(hook)}' has changed the type of value (was torch.${cName(old.dtype)}Tensor got ` +
        `torch.${cName(value.dtype)}Tensor)`,
    );
  }
  if (value.device !== old.device) {
    throw new DeviceError(
      `hook '${nameOf(hook)}' has changed the device of value (was ${old.device} got ${value.device})`,
    );
  }
  if (!sameShape(value.shape, old.shape)) throw new ShapeError(`hook '${nameOf(hook)}' has changed the size of value`);
  return value;
}
