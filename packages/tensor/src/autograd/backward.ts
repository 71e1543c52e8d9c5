/** `autograd.backward` and `autograd.grad`. https://pytorch.org/docs/stable/autograd.html */
import { bindArguments, checkBoolean } from '../arguments.js';
import { backendOf } from '../backend/devices.js';
import { AutogradError, ShapeError, ValueError } from '../errors.js';
import { contiguousStrides, numelOf, sameShape, showShape } from '../shape.js';
import { Tensor } from '../tensor.js';
import { runBackward } from './engine.js';
import { gradientEdge, namedEdge } from './history.js';
import type { Edge } from './node.js';

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
  const storage = backendOf(t.device).storage(1, t.dtype, true);
  const one = new Tensor(storage, t.shape, contiguousStrides(t.shape), 0);
  backendOf(t.device).fill(one, 1);
  return one;
}

/** What {@link backward} takes by name. */
export interface BackwardOptions {
  readonly grad_tensors?: Gradients;
  /** Keeps what was saved, so that backward can run again; as `create_graph` unless given. */
  readonly retain_graph?: boolean | null;
  /** Records the backward pass, for higher derivatives. */
  readonly create_graph?: boolean;
  /** Leaves whose `.grad` to fill; all unless given. */
  readonly inputs?: Tensor | readonly Tensor[] | null;
}

/** One gradient for each output; null stands for 1, for a single element. */
export type Gradients = Tensor | readonly (Tensor | null)[] | null;

const gradientList = (grads: Gradients): readonly (Tensor | null)[] | null =>
  grads instanceof Tensor ? [grads] : grads;

/**
 * Adds the derivatives of `tensors` to `.grad` of the leaves.
 * https://pytorch.org/docs/stable/generated/torch.autograd.backward.html
 */
export function backward(
  tensors: Tensor | readonly Tensor[],
  grad_tensors?: Gradients | BackwardOptions,
  retain_graph?: boolean | null | BackwardOptions,
  create_graph?: boolean | BackwardOptions,
  options?: BackwardOptions,
): void {
  const names = ['grad_tensors', 'retain_graph', 'create_graph', 'inputs'];
  const bound = bindArguments('backward', names, [grad_tensors, retain_graph, create_graph, options]);
  const [given, retain, create, inputs] = bound as [
    Gradients?,
    (boolean | null)?,
    boolean?,
    (Tensor | readonly Tensor[] | null)?,
  ];
  const createGraph = checkBoolean('backward', 'create_graph', create ?? false);
  const targets = inputs === undefined || inputs === null ? null : listOf(inputs);
  if (targets !== null && targets.length === 0)
    throw new ValueError("'inputs' argument to backward() cannot be empty.");
  const [roots, grads] = rootsOf(listOf(tensors), gradientList(given ?? null));
  const results = runBackward(roots, grads, {
    retainGraph: checkBoolean('backward', 'retain_graph', retain ?? createGraph),
    createGraph,
    captures: targets === null ? null : targets.map(captureEdge),
    accumulate: true,
  });
  // leaves have been filled by the engine; what is no leaf keeps its gradient only if it was named
  targets?.forEach((t, i) => {
    const grad = results[i];
    if (!t.is_leaf && grad !== null && !t.rare.retainsGrad) t.grad = t.grad === null ? grad.clone() : t.grad.add(grad);
  });
}

function captureEdge(t: Tensor): Edge {
  const edge = namedEdge(t);
  if (edge === null) throw new AutogradError('One of the differentiated Tensors does not require grad');
  return edge;
}

/** What {@link grad} takes by name. */
export interface GradOptions {
  readonly grad_outputs?: Gradients;
  readonly retain_graph?: boolean | null;
  readonly create_graph?: boolean;
  /** Only true, as in PyTorch, where it is left from older times. */
  readonly only_inputs?: true;
  /** null for inputs that the outputs do not depend on, instead of an error. */
  readonly allow_unused?: boolean | null;
  /** Only false: batches of gradients are not supported. */
  readonly is_grads_batched?: false;
  /** Zeros instead of null for inputs that the outputs do not depend on. */
  readonly materialize_grads?: boolean;
}

const GRAD_NAMES = [
  'grad_outputs',
  'retain_graph',
  'create_graph',
  'only_inputs',
  'allow_unused',
  'is_grads_batched',
  'materialize_grads',
];

/**
 * The derivatives of `outputs` with respect to `inputs`, one each, without touching any `.grad`.
 * https://pytorch.org/docs/stable/generated/torch.autograd.grad.html
 * @throws AutogradError when an input was not used, unless `allow_unused`.
 */
export function grad(
  outputs: Tensor | readonly Tensor[],
  inputs: Tensor | readonly Tensor[],
  grad_outputs?: Gradients | GradOptions,
  retain_graph?: boolean | null | GradOptions,
  create_graph?: boolean | GradOptions,
  options?: GradOptions,
): (Tensor | null)[] {
  const bound = bindArguments('grad', GRAD_NAMES, [grad_outputs, retain_graph, create_graph, options]);
  const [given, retain, create, only = true, unused, batched = false, materialize] = bound;
  if (only !== true)
    throw new ValueError('grad(): only_inputs argument is deprecated and is ignored now (defaults to True)');
  if (batched !== false) throw new ValueError('grad(): is_grads_batched=True is not supported');
  const createGraph = checkBoolean('grad', 'create_graph', create ?? false);
  const zeros = checkBoolean('grad', 'materialize_grads', materialize ?? false);
  if (zeros && unused === false) {
    throw new ValueError(
      'Expected allow_unused to be True or not passed when materialize_grads=True, but got: allow_unused=False.',
    );
  }
  const list = listOf(inputs);
  const [roots, grads] = rootsOf(listOf(outputs), gradientList((given ?? null) as Gradients));
  const results = runBackward(roots, grads, {
    retainGraph: checkBoolean('grad', 'retain_graph', retain ?? createGraph),
    createGraph,
    captures: list.map(captureEdge),
    accumulate: false,
  });
  if (zeros) return results.map((g, i) => g ?? list[i].new_zeros(list[i].shape));
  if (!checkBoolean('grad', 'allow_unused', unused ?? false) && results.includes(null)) {
    throw new AutogradError(
      'One of the differentiated Tensors appears to not have been used in the graph. Set allow_unused=True if this is ' +
        'the desired behavior.',
    );
  }
  return results;
}
