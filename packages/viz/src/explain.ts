/** The backward pass in words. */
import { AutogradError, type autograd, ones_like, Tensor, ValueError } from '@torchlet/tensor';
import { checkOptions, gradientEdge } from '@torchlet/tensor/internal';
import { type Graph, type GraphNode, readGraph, rootOf } from './graph.js';
import { describe, elementsOf, show, statisticsOf } from './numbers.js';
import { type Params, readParams } from './params.js';
import { checkReached, countPaths, followPaths, type Path } from './paths.js';
import { watchBackward } from './watch.js';

export interface ExplainOptions {
  /** Names of leaves: a module, `named_parameters()`, or an object of tensors. Parameters of recorded modules have theirs. */
  readonly params?: Params | null;
  /** Lists the paths on which gradient reaches this leaf instead. */
  readonly leaf?: Tensor | null;
}

/** No more paths are listed; how many there are is said all the same. */
const MOST_PATHS = 100;

const NO_LINES =
  'Source lines and modules are unknown: make the graph inside detect_anomaly(() => …) or record(() => …) to see them.';

/**
 * The backward pass from `loss`, node by node in the order in which it happens: the formula, the gradient that comes in, the
 * gradients that go out and where they land, and the source line that made the node. With `leaf`, every path on which gradient
 * reaches it and how much comes along each. Hooks run as in `backward`; gradients and graph stay as they were.
 *
 *     console.log(explain(loss, { params: net }));
 *
 * @throws AutogradError for a tensor without a graph, a freed graph, or a loss of several elements; ValueError for options
 * that cannot be.
 */
export function explain(loss: Tensor, options?: ExplainOptions): string {
  checkOptions('explain', ['params', 'leaf'], options);
  const names = readParams('explain', options?.params);
  const root = rootOf('explain', loss);
  const graph = readGraph([root], names);
  const leaf = options?.leaf ?? null;
  return leaf === null ? walk(loss, graph) : paths(loss, root, graph, leaf);
}

function walk(loss: Tensor, graph: Graph): string {
  const { nodes, ids } = graph;
  const nodeOf = (node: autograd.Node): GraphNode => nodes[(ids.get(node) as number) - 1];
  const steps: string[] = [];
  const grads = watchBackward(loss, graph, (node, incoming, outgoing) => {
    if (ids.has(node)) steps.push(step(steps.length + 1, nodeOf(node), incoming, outgoing, nodes));
  });
  const leaves = [...grads].map(([node, grad]) => [nodeOf(node).name, grad === null ? 'none' : describe(grad)]);
  const ops = nodes.filter(({ kind }) => kind === 'op').length;
  return [
    `Backward pass of ${titleOf(graph)}: ${count(ops, 'operation')}, ${count(nodes.length - ops, 'leaf', 'leaves')}.`,
    ...hint(nodes),
    '',
    ...steps.flatMap((text) => [text, '']),
    'What the leaves get:',
    ...table(leaves),
  ].join('\n');
}

const titleOf = ({ nodes }: Graph): string =>
  nodes
    .filter(({ isRoot }) => isRoot)
    .map(({ name }) => name)
    .join(', ');

const hint = (nodes: readonly GraphNode[]): string[] =>
  nodes.some(({ kind, line }) => kind === 'op' && line !== null) || nodes.every(({ kind }) => kind === 'leaf')
    ? []
    : [NO_LINES];

const count = (n: number, one: string, many: string = `${one}s`): string => `${n} ${n === 1 ? one : many}`;

function step(
  number: number,
  node: GraphNode,
  incoming: readonly (Tensor | null)[],
  outgoing: readonly (Tensor | null)[],
  nodes: readonly GraphNode[],
): string {
  const many = incoming.length > 1;
  return [
    `${String(number).padStart(3)}  ${node.name}${place(node)}`,
    ...incoming.map((grad, i) => `       g${many ? `[${i}]` : ''} ${grad === null ? 'none' : describe(grad)}`),
    ...sentTo(node, outgoing, nodes),
  ].join('\n');
}

const place = ({ module, line }: GraphNode): string =>
  `${module === null ? '' : `  in ${module}`}${line === null ? '' : `  at ${line}`}`;

function sentTo({ inputs }: GraphNode, outgoing: readonly (Tensor | null)[], nodes: readonly GraphNode[]): string[] {
  return inputs.flatMap((input) => {
    const target = nodes[input.node - 1];
    const grad = outgoing[input.edge] ?? null;
    const to = target.kind === 'leaf' ? `lands on ${target.name}` : `to ${target.name}`;
    return [`       ${input.formula}`, `         → ${to}  ${grad === null ? 'nothing' : describe(grad)}`];
  });
}

function table(rows: readonly (readonly string[])[]): string[] {
  const width = Math.max(0, ...rows.map(([name]) => name.length));
  return rows.map(([name, text]) => `  ${name.padEnd(width)}  ${text}`);
}

/** @throws ValueError, AutogradError for what is no leaf of the graph. */
function paths(loss: Tensor, root: { node: autograd.Node; index: number }, graph: Graph, leaf: unknown): string {
  if (!(leaf instanceof Tensor))
    throw new ValueError(`explain(): argument 'leaf' must be a Tensor, not ${typeof leaf}`);
  const target = gradientEdge(leaf)?.node ?? null;
  if (target === null) throw new AutogradError('explain(): One of the differentiated Tensors does not require grad');
  const counts = countPaths(graph.sources, target);
  const total = checkReached('explain', counts, root.node);
  if (loss.numel() !== 1) throw new AutogradError('grad can be implicitly created only for scalar outputs');
  const found = followPaths(root, ones_like(loss.detach()), target, counts, MOST_PATHS);
  const sum = sumOf(found);
  const node = graph.nodes[(graph.ids.get(target) as number) - 1];
  return [
    `${count(total, 'path')} from ${titleOf(graph)} to ${node.name}.`,
    ...(total > found.length ? [`The first ${found.length} are listed; shares are of their sum.`] : []),
    '',
    ...found.flatMap((path, i) => [
      `${String(i + 1).padStart(3)}  ${[...path.steps.map((s) => s.node.shortName()), node.name].join(' → ')}`,
      ...path.steps.map((s) => `       ${lineAt(s, graph)}`),
      `       contributes ${path.grad === null ? 'nothing' : describe(path.grad)}${share(path.grad, sum)}`,
      '',
    ]),
    `Together  ${sum === null ? 'nothing' : describe(sum)}`,
  ].join('\n');
}

function lineAt({ node, edge }: Path['steps'][number], { nodes, ids }: Graph): string {
  const self = nodes[(ids.get(node) as number) - 1];
  return `${self.inputs.find((input) => input.edge === edge)?.formula}${place(self)}`;
}

function sumOf(found: readonly Path[]): Tensor | null {
  return found.reduce<Tensor | null>(
    (sum, { grad }) => (sum === null || grad === null ? (sum ?? grad) : sum.add(grad)),
    null,
  );
}

/** How much of the sum a path brings: its part in the direction of the sum. The shares of all paths add up to 100 %. */
function share(grad: Tensor | null, sum: Tensor | null): string {
  if (grad === null || sum === null) return '';
  const [a, b] = [elementsOf(grad), elementsOf(sum)];
  let dot = 0;
  for (let i = 0; i < a.length; i++) dot += a[i] * b[i];
  const { norm } = statisticsOf(b);
  return norm === 0 ? '' : `, ${show((100 * dot) / norm ** 2)} % of the sum`;
}
