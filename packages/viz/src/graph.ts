/** An autograd graph as plain data: what is drawn, explained and written into files. */
import { AutogradError, type autograd, Tensor, ValueError } from '@torchlet/tensor';
import {
  AccumulateGrad,
  CopySlices,
  gradientEdge,
  type ModuleCall,
  OpNode,
  originOf,
  pathOf,
  type Shape,
} from '@torchlet/tensor/internal';
import { addRecordedNames } from './params.js';

/** Where a node's argument comes from. */
export interface Input {
  /** Which of the node's edges this is: edges that lead nowhere have no input. */
  readonly edge: number;
  /** The number of the node that computed it, or of the leaf that it is. */
  readonly node: number;
  /** Which of that node's results it is. */
  readonly output: number;
  readonly shape: Shape;
  readonly dtype: string;
  /** The line of the formula that is its derivative, such as `dx = g · y`. */
  readonly formula: string;
}

/** A node: a recorded operation, or a leaf with its `AccumulateGrad`. */
export interface GraphNode {
  /** Operations are numbered in the order in which they ran, leaves after them. */
  readonly id: number;
  readonly kind: 'op' | 'leaf';
  /** `MulBackward0`; of a leaf, its name. */
  readonly name: string;
  /** `mul`; of a leaf, nothing. */
  readonly operation: string;
  /** The shape of each result that somebody uses; null for the others. */
  readonly shapes: readonly (Shape | null)[];
  readonly formula: readonly string[];
  /** The module whose call recorded it: `Net.conv1 (Conv2d)`. Null outside of modules, or where nobody took notes. */
  readonly module: string | null;
  /** The user's source line; null where nobody took notes. */
  readonly line: string | null;
  /** One for each argument that wants a gradient. */
  readonly inputs: readonly Input[];
  readonly isRoot: boolean;
}

/** A graph together with the objects it was read from. */
export interface Graph {
  readonly nodes: readonly GraphNode[];
  readonly ids: ReadonlyMap<autograd.Node, number>;
  /** The nodes behind `nodes`. */
  readonly sources: readonly autograd.Node[];
}

/** A result that nothing else uses. */
export interface Root {
  readonly node: autograd.Node;
  readonly index: number;
  /** Null where nobody knows. */
  readonly shape: Shape | null;
}

/** @throws ValueError for what is no tensor, AutogradError for a tensor without a graph. */
export function rootOf(fn: string, loss: unknown): Root {
  if (!(loss instanceof Tensor)) throw new ValueError(`${fn}(): argument 'loss' must be a Tensor, not ${typeof loss}`);
  const edge = gradientEdge(loss);
  if (edge === null) {
    throw new AutogradError(
      `${fn}(): there is no graph to show: element 0 of tensors does not require grad and does not have a grad_fn`,
    );
  }
  return edge;
}

/** Every node below the roots. */
export function reachable(roots: Iterable<autograd.Node>): Set<autograd.Node> {
  const found = new Set(roots);
  const stack = [...found];
  for (let node = stack.pop(); node !== undefined; node = stack.pop()) {
    for (const edge of node.edges) {
      if (edge === null || found.has(edge.node)) continue;
      found.add(edge.node);
      stack.push(edge.node);
    }
  }
  return found;
}

const isLeaf = (node: autograd.Node): node is AccumulateGrad => node instanceof AccumulateGrad;

/** Operations in the order in which they ran, then leaves in the order in which they are met. */
function inOrder(nodes: ReadonlySet<autograd.Node>): autograd.Node[] {
  const ops = [...nodes].filter((node) => !isLeaf(node)).sort((a, b) => a.sequence - b.sequence);
  const leaves = new Set<autograd.Node>();
  for (const op of ops) for (const edge of op.edges) if (edge !== null && isLeaf(edge.node)) leaves.add(edge.node);
  for (const node of nodes) if (isLeaf(node)) leaves.add(node);
  return [...ops, ...leaves];
}

/** Reads what lies below the roots. `names`: of leaves; those of recorded modules' parameters are added. */
export function readGraph(roots: readonly Root[], names: Map<Tensor, string>): Graph {
  const sources = inOrder(reachable(roots.map(({ node }) => node)));
  addRecordedNames(names, sources);
  const ids = new Map(sources.map((node, i) => [node, i + 1]));
  const shapes = shapesOf(roots, sources);
  const paths = new Map<object, string>();
  const isRoot = new Set(roots.map(({ node }) => node));
  const nodes = sources.map((node, i): GraphNode => {
    const leaf = isLeaf(node);
    const origin = originOf(node instanceof CopySlices ? node.fn : node);
    return {
      id: i + 1,
      kind: leaf ? 'leaf' : 'op',
      name: leaf ? (names.get(node.variable) ?? 'a leaf without a name') : node.shortName(),
      operation: leaf ? '' : node.operation(),
      shapes: leaf
        ? [node.variable.shape]
        : Array.from({ length: node.outputs }, (_, k) => shapes.get(node)?.[k] ?? null),
      formula: node.formula,
      module: origin?.call == null ? null : pathIn(origin.call, paths),
      line: origin?.line ?? null,
      inputs: inputsOf(node, ids),
      isRoot: isRoot.has(node),
    };
  });
  return { nodes, ids, sources };
}

function shapesOf(roots: readonly Root[], sources: readonly autograd.Node[]): Map<autograd.Node, Shape[]> {
  const shapes = new Map<autograd.Node, Shape[]>();
  const see = (node: autograd.Node, index: number, shape: Shape): void => {
    const list = shapes.get(node) ?? [];
    list[index] = shape;
    shapes.set(node, list);
  };
  for (const { node, index, shape } of roots) if (shape !== null) see(node, index, shape);
  for (const { edges } of sources) for (const edge of edges) if (edge !== null) see(edge.node, edge.index, edge.shape);
  return shapes;
}

/** The path of a call's module, looked for once. */
function pathIn(call: ModuleCall, known: Map<object, string>): string {
  const path = known.get(call.module) ?? pathOf(call);
  known.set(call.module, path);
  return path;
}

function inputsOf(node: autograd.Node, ids: ReadonlyMap<autograd.Node, number>): Input[] {
  return node.edges.flatMap((edge, i) => {
    if (edge === null) return [];
    const { index: output, shape, dtype } = edge;
    return [{ edge: i, node: ids.get(edge.node) as number, output, shape, dtype, formula: formulaOf(node, i) }];
  });
}

/** The line of the formula that belongs to edge number `edge`: a list argument has several edges and one line. */
export function formulaOf(node: autograd.Node, edge: number): string {
  const { formula } = node;
  return formula[argumentOf(node, edge)] ?? formula[0] ?? '';
}

function argumentOf(node: autograd.Node, edge: number): number {
  const layout = node instanceof OpNode ? node.layout : null;
  if (layout === null) return edge;
  let argument = 0;
  for (let at = layout[0]; at <= edge; at += layout[++argument]);
  return argument;
}

/** What the formula calls the argument whose derivative this line is: `dx = g · y` is of x. */
export const argumentName = (formula: string): string | null =>
  /^d([^\s=[(]+)(?:\[.*?\])? [=+]/u.exec(formula)?.[1] ?? null;
