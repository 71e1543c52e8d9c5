/** The ways on which gradient reaches a leaf, and what comes along each of them. */
import { AutogradError, type autograd, no_grad, type Tensor } from '@torchlet/tensor';

/** One way, from the loss to the leaf. */
export interface Path {
  /** Each node with the number of the edge on which the way leaves it. */
  readonly steps: readonly { readonly node: autograd.Node; readonly edge: number }[];
  /** What arrives at the leaf on this way alone; null when a node on it passes nothing on. */
  readonly grad: Tensor | null;
}

/** How many ways lead from each node to `target`: computed once for each, however many there are. */
export function countPaths(sources: readonly autograd.Node[], target: autograd.Node): Map<autograd.Node, number> {
  const counts = new Map<autograd.Node, number>([[target, 1]]);
  // `sources` are in the order of the forward pass, so a node's inputs are counted before it
  for (const node of sources) {
    if (node === target) continue;
    const count = node.edges.reduce((sum, edge) => sum + (edge === null ? 0 : (counts.get(edge.node) ?? 0)), 0);
    if (count > 0) counts.set(node, count);
  }
  return counts;
}

interface Place {
  readonly node: autograd.Node;
  readonly grads: (Tensor | null)[];
  readonly steps: Path['steps'];
}

/**
 * The first `limit` ways. A gradient is linear in the one that comes in, so each way is followed alone, from its front, and
 * what the ways have in common is computed once. Hooks do not run.
 * @throws AutogradError for a freed graph
 */
export function followPaths(
  root: { readonly node: autograd.Node; readonly index: number },
  start: Tensor,
  target: autograd.Node,
  counts: ReadonlyMap<autograd.Node, number>,
  limit: number,
): Path[] {
  const paths: Path[] = [];
  const at = (node: autograd.Node, index: number, grad: Tensor | null, steps: Path['steps']): Place => {
    const grads = new Array<Tensor | null>(node.outputs).fill(null);
    grads[index] = grad;
    return { node, grads, steps };
  };
  const stack = [at(root.node, root.index, start, [])];
  no_grad(() => {
    for (let place = stack.pop(); place !== undefined && paths.length < limit; place = stack.pop()) {
      const { node, grads, steps } = place;
      if (node === target) {
        paths.push({ steps, grad: grads[0] });
        continue;
      }
      const results = grads.every((grad) => grad === null) ? null : node.apply(grads);
      // the first argument's way is followed first: it goes onto the stack last
      for (let i = node.edges.length - 1; i >= 0; i--) {
        const edge = node.edges[i];
        if (edge === null || !counts.has(edge.node)) continue;
        stack.push(at(edge.node, edge.index, results?.[i] ?? null, [...steps, { node, edge: i }]));
      }
    }
  });
  return paths;
}

/** @throws AutogradError when no gradient of the loss reaches the leaf. */
export function checkReached(fn: string, counts: ReadonlyMap<autograd.Node, number>, root: autograd.Node): number {
  const count = counts.get(root);
  if (count === undefined) {
    throw new AutogradError(
      `${fn}(): no path leads from the loss to the leaf. One of the differentiated Tensors appears to not have been used ` +
        'in the graph',
    );
  }
  return count;
}
