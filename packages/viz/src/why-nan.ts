/** The birthplace of NaN and Inf. */
import { AutogradError, type autograd, type Tensor } from '@torchlet/tensor';
import { AccumulateGrad, CopySlices, checkOptions, OpNode } from '@torchlet/tensor/internal';
import { badnessOf, type Fact, factAbout, recordedFacts } from './facts.js';
import { formulaOf, type Graph, type GraphNode, readGraph, rootOf } from './graph.js';
import { describe } from './numbers.js';
import { type Params, readParams } from './params.js';
import { watchBackward } from './watch.js';

export interface WhyNanOptions {
  /** Names of leaves: a module, `named_parameters()`, or an object of tensors. Parameters of recorded modules have theirs. */
  readonly params?: Params | null;
}

/**
 * The first operation that made a NaN or an Inf, forward or backward: its inputs, its module, the user's source line. The
 * forward pass is known exactly when the graph was made inside `record(() => …)`; of any other graph, what it has saved is
 * looked at. The backward pass is run for it, unless it was recorded; gradients and graph stay as they were.
 *
 *     console.log(why_nan(loss));
 *
 * @throws AutogradError for a tensor without a graph, or a freed graph of which nothing was recorded; ValueError for options
 * that cannot be.
 */
export function why_nan(loss: Tensor, options?: WhyNanOptions): string {
  checkOptions('why_nan', ['params'], options);
  const names = readParams('why_nan', options?.params);
  const graph = readGraph([rootOf('why_nan', loss)], names);
  return (
    badLeaf(graph) ?? badForward(loss, graph) ?? badBackward(loss, graph) ?? 'No NaN and no Inf, forward or backward.'
  );
}

const where = ({ module, line }: GraphNode): string =>
  `${module === null ? '' : ` in ${module}`}${line === null ? '' : ` at ${line}`}`;

/** Only what was made by the forward pass is its fault: a leaf may have been bad before, or have been made so by an update. */
function badLeaf({ sources, nodes }: Graph): string | null {
  for (const [i, source] of sources.entries()) {
    if (!(source instanceof AccumulateGrad)) continue;
    const bad = badnessOf([source.variable]);
    if (bad !== null && !wasRecorded(sources))
      return `${bad} is in the leaf ${nodes[i].name}, before any operation: ${describe(source.variable)}`;
  }
  return null;
}

/** Whether the forward pass was recorded: then the leaves' values of that time are known, and those of now do not count. */
const wasRecorded = (sources: readonly autograd.Node[]): boolean => sources.some((node) => forwardFact(node) !== null);

const forwardFact = (node: autograd.Node): Fact | null =>
  (recordedFacts.get(node instanceof CopySlices ? node.fn : node) ?? recordedFacts.get(node))?.forward ?? null;

function badForward(loss: Tensor, graph: Graph): string | null {
  const { sources, nodes } = graph;
  const saved = savedStates(loss, graph);
  for (const [i, source] of sources.entries()) {
    if (source instanceof AccumulateGrad) continue;
    const fact = forwardFact(source);
    if (fact !== null) {
      if (fact.bad !== null)
        return fact.badInputs.length > 0 ? cameIn(nodes[i], fact) : born(nodes[i], fact.bad, 'forward', fact.text);
    } else if ((saved.get(source)?.bad ?? null) !== null) return bySaved(nodes[i], source, saved);
  }
  return null;
}

function born(node: GraphNode, bad: string, phase: string, text: readonly string[]): string {
  return [
    `${bad} was born in the ${phase} pass, in ${node.name} (${node.operation})${where(node)}`,
    ...node.formula.map((line) => `  ${line}`),
    ...text.map((line) => `    ${line}`),
    ...(node.line === null ? ['  Make the graph inside record(() => …) to see its source line and module.'] : []),
  ].join('\n');
}

/** Bad before the graph began: an input that no operation of the graph has made. */
const cameIn = (node: GraphNode, { bad, badInputs, text }: Fact): string =>
  [
    `${bad} came in from outside of the graph, as ${badInputs.join(', ')} of ${node.name} (${node.operation})${where(node)}`,
    ...text.map((line) => `    ${line}`),
  ].join('\n');

interface State {
  readonly bad: Fact['bad'];
  readonly value: Tensor;
}

/** What the graph has saved tells of the results that its nodes have used, and the loss is known. */
function savedStates(loss: Tensor, { sources }: Graph): Map<autograd.Node, State> {
  const states = new Map<autograd.Node, State>();
  const learn = (node: autograd.Node | null, value: Tensor): void => {
    if (node !== null && states.get(node)?.bad == null) states.set(node, { bad: badnessOf([value]), value });
  };
  for (const source of sources) {
    if (!(source instanceof OpNode) || source.saved === null) continue;
    try {
      for (const t of source.saved_tensors) learn(t.gradFn, t);
    } catch (error) {
      // freed, or changed in place since: it tells nothing
      if (!(error instanceof AutogradError)) throw error;
    }
  }
  learn(loss.gradFn, loss);
  return states;
}

/** Exact when every input is known to be finite. */
function bySaved(node: GraphNode, source: autograd.Node, states: ReadonlyMap<autograd.Node, State>): string {
  const unknown = source.edges.some(
    (edge) => edge !== null && !(edge.node instanceof AccumulateGrad) && !states.has(edge.node),
  );
  const { bad, value } = states.get(source) as State;
  const inputs = source.edges.flatMap((edge) => {
    const t =
      edge === null ? null : edge.node instanceof AccumulateGrad ? edge.node.variable : states.get(edge.node)?.value;
    return t == null ? [] : [`input  ${describe(t)}`];
  });
  const text = born(node, bad as string, 'forward', [...inputs, `result  ${describe(value)}`]);
  return unknown
    ? `${text}\n  Or in an operation before it whose result the graph has not saved: record(() => …) knows for certain.`
    : text;
}

function badBackward(loss: Tensor, graph: Graph): string | null {
  const { ids, nodes, sources } = graph;
  const found: { node: autograd.Node; fact: Fact; order: number }[] = [];
  for (const node of sources) {
    // a leaf may belong to several graphs
    const fact = node instanceof AccumulateGrad ? null : (recordedFacts.get(node)?.backward ?? null);
    if (fact !== null) found.push({ node, fact, order: fact.order });
  }
  if (found.length === 0) {
    watchBackward(loss, graph, (node, incoming, outgoing) => {
      const inputs = incoming.map((g) => ['g', g] as const);
      const outputs = outgoing.map((g, i) => [formulaOf(node, i), g] as const);
      if (ids.has(node)) found.push({ node, fact: factAbout(inputs, outputs), order: found.length });
    });
  }
  found.sort((a, b) => a.order - b.order);
  const first = found.find(({ fact }) => fact.bad !== null);
  if (first === undefined) return null;
  const node = nodes[(ids.get(first.node) as number) - 1];
  const { bad, badInputs, text } = first.fact;
  return badInputs.length > 0 ? cameIn(node, first.fact) : born(node, bad as string, 'backward', text);
}
