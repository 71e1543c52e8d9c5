/** The edges of a call's node, which lead to the nodes of its arguments, and what the arguments want. */
import { isFloating } from '../dtype.js';
import { Tensor } from '../tensor.js';
import { anomalyMode, rememberOrigin } from './anomaly.js';
import { gradientEdge } from './history.js';
import type { Edge } from './node.js';
import { observing } from './observer.js';
import type { OpNode, Wants } from './op-node.js';
import { isList, isListed } from './recording.js';

/** Edges to the arguments' nodes. */
export function connect(node: OpNode, args: readonly unknown[]): void {
  const n = args.length;
  const edges = new Array<Edge | null>(n);
  let needs = 0;
  let unlisted = 0;
  let lists = false;
  for (let i = 0; i < n; i++) {
    const arg = args[i];
    const edge = arg instanceof Tensor ? gradientEdge(arg) : null;
    edges[i] = edge;
    if (edge !== null) {
      needs |= 1 << i;
      continue;
    }
    if (!isListed(arg, node.spec.wrapsNumbers)) unlisted |= 1 << i;
    lists ||= isList(arg);
  }
  node.edges = edges;
  if (lists) needs |= connectLists(node, args);
  node.wants = wants(n, needs, unlisted);
  if (anomalyMode.enabled) tellOf(node, args);
}

/** The same for one argument or two, of which the second may be a number. */
export function connectFew(node: OpNode, x: Tensor, y: Tensor | number | undefined): void {
  const first = gradientEdge(x);
  const needs = first === null ? 0 : 1;
  const unlisted = first !== null || isFloating(x.dtype) ? 0 : 1;
  if (y === undefined) {
    node.lead(1, first, null);
    node.wants = wants(1, needs, unlisted);
  } else {
    const second = typeof y === 'number' ? null : gradientEdge(y);
    node.lead(2, first, second);
    const hidden = second === null && !isListed(y, node.spec.wrapsNumbers);
    node.wants = wants(2, second === null ? needs : needs | 2, hidden ? unlisted | 2 : unlisted);
  }
  if (anomalyMode.enabled) tellOf(node, y === undefined ? [x] : [x, y]);
}

function tellOf(node: OpNode, args: readonly unknown[]): void {
  rememberOrigin(node);
  observing.observer?.called(node, args);
}

/** Edges where there are lists among the arguments: one for each of their tensors. Returns a bit for each list that wants a gradient. */
function connectLists(node: OpNode, args: readonly unknown[]): number {
  let needs = 0;
  node.note({ layout: args.map((arg) => (isList(arg) ? arg.length : 1)) });
  const edges = node.edges;
  node.edges = args.flatMap((arg, i) => {
    if (!isList(arg)) return [edges[i]];
    const own = arg.map(gradientEdge);
    if (own.some((edge) => edge !== null)) needs |= 1 << i;
    return own;
  });
  return needs;
}

/** By how many arguments there are; within that by the bits. */
const known: Wants[][] = [];
/** Bits of how many arguments are looked up: nearly every op has fewer. */
const MOST_KNOWN = 6;

/** The bits in words: one and the same object for all calls that are alike. Nobody writes it. */
function wants(n: number, needs: number, unlisted: number): Wants {
  return (n < known.length ? known[n][(unlisted << n) | needs] : undefined) ?? newWants(n, needs, unlisted);
}

function newWants(n: number, needs: number, unlisted: number): Wants {
  const needs_input_grad = Array.from({ length: n }, (_, i) => ((needs >> i) & 1) === 1);
  const made: Wants = { needs_input_grad, unlisted };
  if (n <= MOST_KNOWN) {
    while (known.length <= n) known.push([]);
    known[n][(unlisted << n) | needs] = made;
  }
  return made;
}
