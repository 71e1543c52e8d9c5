/** A graph in Graphviz's language. https://graphviz.org/doc/info/lang.html */
import type { Tensor } from '@torchlet/tensor';
import { checkInteger, checkOptions } from '@torchlet/tensor/internal';
import { type Box, type Drawing, draw } from './fold.js';
import { readGraph, rootOf } from './graph.js';
import { type Params, readParams } from './params.js';

export interface DrawOptions {
  /** Names of leaves: a module, `named_parameters()`, or an object of tensors. Parameters of recorded modules have theirs. */
  readonly params?: Params | null;
  /** A graph of more nodes is folded by module, or where modules are unknown by stretches; 400 unless given. */
  readonly max_nodes?: number;
}

/** Boxes that Graphviz arranges in about a second, and that a reader can still find their way in. */
export const MAX_NODES = 400;

/** torchviz's colours. */
const COLORS: Readonly<Record<Box['kind'], string>> = {
  leaf: 'lightblue',
  op: 'lightgrey',
  root: 'darkolivegreen1',
  fold: 'wheat',
  copy: 'white',
};

/**
 * The graph of `loss` for Graphviz, in torchviz's colours: leaves (blue) with names and shapes, operations (grey) with result
 * shapes and derivatives, the loss (green), grouped by module where modules were recorded. Arrows follow the forward pass. A
 * large graph is folded (yellow), and says so in its title.
 *
 * Modules are known of graphs made inside `detect_anomaly(() => …)` or `record(() => …)`.
 * @throws AutogradError for a tensor without a graph; ValueError for options that cannot be.
 */
export function to_dot(loss: Tensor, options?: DrawOptions): string {
  return toDot(drawingOf('to_dot', loss, options));
}

export function drawingOf(fn: string, loss: Tensor, options: DrawOptions | undefined): Drawing {
  checkOptions(fn, ['params', 'max_nodes'], options);
  const most = checkInteger(fn, 'max_nodes', options?.max_nodes ?? MAX_NODES, 1);
  const names = readParams(fn, options?.params);
  return draw(readGraph([rootOf(fn, loss)], names).nodes, most);
}

interface Cluster {
  readonly boxes: Box[];
  readonly inner: Map<string, Cluster>;
}

export function toDot({ boxes, edges, folded }: Drawing): string {
  const top: Cluster = { boxes: [], inner: new Map() };
  for (const box of boxes) {
    let cluster = top;
    for (const name of box.within) {
      const next = cluster.inner.get(name) ?? { boxes: [], inner: new Map() };
      cluster.inner.set(name, next);
      cluster = next;
    }
    cluster.boxes.push(box);
  }
  return [
    'digraph autograd {',
    '  graph [bgcolor=white, fontname="Helvetica,Arial,sans-serif", fontsize=11, ranksep=0.35, nodesep=0.2, labelloc=t];',
    '  node [shape=box, style="filled,rounded", fontname="Helvetica,Arial,sans-serif", fontsize=11, height=0.2, margin="0.2,0.06"];',
    '  edge [arrowsize=0.6, color=grey40];',
    // good enough is fast enough: the best arrangement of hundreds of boxes takes minutes
    ...(boxes.length > 100 ? ['  graph [nslimit=2, nslimit1=2, mclimit=0.3];'] : []),
    ...(folded === null ? [] : [`  label=${quoted(folded)};`]),
    ...contents(top, '  ', ''),
    ...edges.map(({ from, to, title }) => `  ${from} -> ${to} [tooltip=${quoted(title)}];`),
    '}',
    '',
  ].join('\n');
}

function contents({ boxes, inner }: Cluster, indent: string, path: string): string[] {
  return [
    ...boxes.map((box) => indent + boxIn(box)),
    ...[...inner].flatMap(([name, cluster]) => {
      const full = path === '' ? name : `${path}.${name}`;
      return [
        `${indent}subgraph ${quoted(`cluster_${full}`)} {`,
        `${indent}  label=${quoted(name)}; class=module; style=rounded; color=grey60; fontcolor=grey30;`,
        ...contents(cluster, `${indent}  `, full),
        `${indent}}`,
      ];
    }),
  ];
}

function boxIn({ id, kind, title, lines, members }: Box): string {
  const line = members.length === 1 ? members[0].line : null;
  return (
    `${id} [id=${id}, class=${kind}, fillcolor=${COLORS[kind]}, label=${quoted([title, ...lines].join('\n'))}, ` +
    `tooltip=${quoted(line ?? title)}];`
  );
}

/** A string of the language; `\n` there is a new line. */
const quoted = (text: string): string =>
  `"${text.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n')}"`;
