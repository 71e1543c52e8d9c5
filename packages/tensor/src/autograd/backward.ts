/** `autograd.backward` and `autograd.grad`. https://pytorch.org/docs/stable/autograd.html */
import { backendOf } from '../backend/devices.js';
import { AutogradError, ShapeError, ValueError } from '../errors.js';
import { contiguousStrides, numelOf, sameShape, showShape } from '../shape.js';
import { Storage } from '../storage.js';
import { Tensor } from '../tensor.js';
import { runBackward } from './engine.js';
import { gradientEdge } from './history.js';
import type { Edge } from './node.js';

export interface BackwardOptions {
  readonly retain_graph?: boolean | null;
  readonly create_graph?: boolean;
  readonly inputs?: Tensor | readonly Tensor[] | null;
}

const listOf = (x: Tensor | readonly Tensor[]): readonly Tensor[] => (x instanceof Tensor ? [x] : x);

/** Checks the outputs and their gradients, and makes the gradient of a single element 1. */
function rootsOf(tensors: readonly Tensor[], grads: readonly (Tensor | null)[] | null): [Edge[], Tensor[]] {
  if (grads !== null && grads.length !== tensors.length) {
    throw new AutogradError(`got ${tensors.length} tensors and ${grads.length} gradients`);
  }
  const edges: Edge[] = [];
  const values: Tensor[] = [];
  tensors.forEach((t, i) => {
    const edge = gradientEdge(t);
    if (edge === null)
      throw new AutogradError(`element ${i} of tensors does not require grad and does not have a grad_fn`);
    edges.push(edge);
    values.push(rootGradient(t, grads?.[i] ?? null, i));
  });
  return [edges, values];
}

function rootGradient(t: Tensor, grad: Tensor | null, i: number): Tensor {
  if (grad !== null) {
    if (!(grad instanceof Tensor)) {
      throw new ValueError(`gradients can be either Tensors or None, but got ${typeof grad}`);
    }
    if (!sameShape(grad.shape, t.shape)) {
      throw new ShapeError(
        `Mismatch in shape: grad_output[${i}] has a shape of ${showShape(grad.shape)} and output[${i}] has a shape of ${showShape(t.shape)}.`,
      );
    }
    return grad.dtype === t.dtype ? grad : grad.to(t.dtype);
  }
  if (numelOf(t.shape) !== 1) throw new AutogradError('grad can be implicitly created only for scalar outputs');
  const storage = new Storage(t.device, t.dtype, 1, backendOf(t.device).allocate(1, t.dtype));
  const one = new Tensor(storage, t.shape, contiguousStrides(t.shape), 0);
  backendOf(t.device).fill(one, 1);
  return one;
}

/**
 * Adds the derivatives of `tensors` to `.grad` of the leaves. https://pytorch.org/docs/stable/generated/torch.autograd.backward.html
 */
export function backward(
  tensors: Tensor | readonly Tensor[],
  grad_tensors: Tensor | readonly (Tensor | null)[] | null = null,
  { retain_graph = null, create_graph = false, inputs = null }: BackwardOptions = {},
): void {
  const targets = inputs === null ? null : listOf(inputs);
  if (targets !== null && targets.length === 0)
    throw new ValueError("'inputs' argument to backward() cannot be empty.");
  const [roots, grads] = rootsOf(listOf(tensors), grad_tensors instanceof Tensor ? [grad_tensors] : grad_tensors);
  const captures = targets === null ? null : targets.map((t) => captureEdge(t, 'backward'));
  const results = runBackward(roots, grads, {
    retainGraph: retain_graph ?? create_graph,
    createGraph: create_graph,
    captures,
    accumulate: true,
  });
  // leaves have been filled by the engine; what is no leaf keeps its gradient only if it was named
  targets?.forEach((t, i) => {
    const grad = results[i];
    if (!t.is_leaf && grad !== null && !t.retainsGrad) t.grad = t.grad === null ? grad.clone() : t.grad.add(grad);
  });
}

function captureEdge(t: Tensor, op: string): Edge {
  const edge = gradientEdge(t);
  if (edge === null) throw new AutogradError(`One of the differentiated Tensors does not require grad (${op})`);
  return edge;
}

export interface GradOptions {
  readonly retain_graph?: boolean | null;
  readonly create_graph?: boolean;
  /** null for inputs that the outputs do not depend on, instead of an error. */
  readonly allow_unused?: boolean;
  readonly grad_outputs?: Tensor | readonly (Tensor | null)[] | null;
}

/**
 * The derivatives of `outputs` with respect to `inputs`, one each, without touching any `.grad`.
 * https://pytorch.org/docs/stable/generated/torch.autograd.grad.html
 * @throws AutogradError when an input was not used, unless `allow_unused`.
 */
export function grad(
  outputs: Tensor | readonly Tensor[],
  inputs: Tensor | readonly Tensor[],
  grad_outputs: Tensor | readonly (Tensor | null)[] | null = null,
  { retain_graph = null, create_graph = false, allow_unused = false }: GradOptions = {},
): (Tensor | null)[] {
  const list = listOf(inputs);
  const [roots, grads] = rootsOf(listOf(outputs), grad_outputs instanceof Tensor ? [grad_outputs] : grad_outputs);
  const results = runBackward(roots, grads, {
    retainGraph: retain_graph ?? create_graph,
    createGraph: create_graph,
    captures: list.map((t) => captureEdge(t, 'grad')),
    accumulate: false,
  });
  if (!allow_unused && results.includes(null)) {
    throw new AutogradError(
      'One of the differentiated Tensors appears to not have been used in the graph. Set allow_unused=True if this is ' +
        'the desired behavior.',
    );
  }
  return results;
}
