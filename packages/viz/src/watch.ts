/** A backward pass that is looked at and leaves no trace. */
import { autograd, type Tensor } from '@torchlet/tensor';
import { AccumulateGrad, anomalyMode, type Observer, observing } from '@torchlet/tensor/internal';
import type { Graph } from './graph.js';

/** What one node does: gradients of its outputs come in, those of its inputs go out. To be read at once, not to be kept. */
export type See = (
  node: autograd.Node,
  incoming: readonly (Tensor | null)[],
  outgoing: readonly (Tensor | null)[],
) => void;

/**
 * Switches the notes on, without the search for NaN unless it is on already. Whoever watched before does so again at the end.
 */
export function observe(observer: Observer): Disposable {
  const before = { ...anomalyMode, observer: observing.observer };
  anomalyMode.checkNan = before.enabled && before.checkNan;
  anomalyMode.enabled = true;
  observing.observer = observer;
  return {
    [Symbol.dispose]: (): void => {
      anomalyMode.enabled = before.enabled;
      anomalyMode.checkNan = before.checkNan;
      observing.observer = before.observer;
    },
  };
}

/**
 * Runs the backward pass, hooks included, and keeps the graph; `.grad` of every tensor is afterwards what it was.
 * @returns the gradient that each leaf would have got; null where none arrives
 * @throws AutogradError as `backward` does: for a freed graph, a changed tensor, several elements without a gradient
 */
export function watchBackward(loss: Tensor, { sources }: Graph, see: See): Map<autograd.Node, Tensor | null> {
  const leaves = sources.filter((node): node is AccumulateGrad => isWanted(node));
  const retaining = sources.flatMap((node) => [...(node.hooks?.retaining ?? [])]);
  const grads = retaining.map((t) => t.grad);
  const coming: (readonly (Tensor | null)[])[] = [];
  const nothing = (): void => {};
  const scope = observe({
    called: nothing,
    returned: nothing,
    updating: nothing,
    running: (_, incoming) => coming.push(incoming.slice()),
    ran: (node, outgoing) => see(node, coming.pop() as (Tensor | null)[], outgoing),
  });
  anomalyMode.checkNan = false;
  try {
    const variables = leaves.map(({ variable }) => variable);
    const results = autograd.grad(loss, variables, { retain_graph: true, allow_unused: true });
    return new Map(leaves.map((leaf, i) => [leaf, results[i]]));
  } finally {
    scope[Symbol.dispose]();
    retaining.forEach((t, i) => {
      t.grad = grads[i];
    });
  }
}

const isWanted = (node: autograd.Node): boolean => node instanceof AccumulateGrad && node.variable.requires_grad;
