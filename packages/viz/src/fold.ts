/** What is drawn as one box: each node, or in a large graph the nodes of a module's call together. */

import { showShape } from '@torchlet/tensor/internal';
import type { GraphNode } from './graph.js';

export interface Box {
  readonly id: string;
  /** `copy`: stands for a box that is far away. */
  readonly kind: GraphNode['kind'] | 'root' | 'fold' | 'copy';
  readonly title: string;
  readonly lines: readonly string[];
  /** The modules around it, outermost first. */
  readonly within: readonly string[];
  /** The nodes that it stands for. */
  readonly members: readonly GraphNode[];
}

export interface Drawing {
  readonly boxes: readonly Box[];
  /** In the direction of the forward pass, each pair once. */
  readonly edges: readonly { readonly from: string; readonly to: string; readonly title: string }[];
  /** What was folded, for the reader; null when nothing was. */
  readonly folded: string | null;
}

/** The boxes of a graph: no more than `most` if folding can help it. */
export function draw(nodes: readonly GraphNode[], most: number): Drawing {
  const ops = nodes.filter(({ kind }) => kind === 'op');
  const plain = join(
    nodes,
    ops.map((op) => [op]),
  );
  if (plain.length <= most) return { ...shorten(plain, edgesOf(nodes, plain)), folded: null };
  const [boxes, how] = folded(nodes, ops, most);
  return {
    ...shorten(boxes, edgesOf(nodes, boxes)),
    folded: `${nodes.length} nodes are more than ${most}: folded ${how} into ${boxes.length} boxes`,
  };
}

/** Tries the innermost modules first, then those around them, and at last stretches of the forward pass. */
function folded(nodes: readonly GraphNode[], ops: readonly GraphNode[], most: number): [Box[], string] {
  const deepest = ops.reduce((depth, op) => Math.max(depth, pathOf(op).length), 0);
  for (let depth = deepest; depth > 0; depth--) {
    const boxes = join(nodes, runs(ops, depth));
    if (boxes.length <= most) return [boxes, 'by module'];
  }
  let size = 2;
  let boxes = join(nodes, stretches(ops, size));
  while (boxes.length > most && size < ops.length) {
    size *= 2;
    boxes = join(nodes, stretches(ops, size));
  }
  return [boxes, `every ${size} operations in a row`];
}

/** The names of the modules around a node: of `Net.features.0 (Conv2d)` they are Net, features and 0. */
export const pathOf = ({ module }: GraphNode): string[] => module?.replace(/ \(.*\)$/, '').split('.') ?? [];

/** Operations in a row whose modules agree down to `depth`. In a row, because then folding cannot make a cycle. */
function runs(ops: readonly GraphNode[], depth: number): GraphNode[][] {
  const groups: GraphNode[][] = [];
  let last: string | null = null;
  for (const op of ops) {
    const path = pathOf(op);
    const key = path.length < depth ? null : path.slice(0, depth).join('.');
    if (key !== null && key === last) groups[groups.length - 1].push(op);
    else groups.push([op]);
    last = key;
  }
  return groups;
}

const stretches = (ops: readonly GraphNode[], size: number): GraphNode[][] =>
  Array.from({ length: Math.ceil(ops.length / size) }, (_, i) => ops.slice(i * size, (i + 1) * size));

/** Boxes of the groups, and of the leaves: one that a single folded group uses disappears in it. */
function join(nodes: readonly GraphNode[], groups: readonly (readonly GraphNode[])[]): Box[] {
  const users = new Map<number, Set<readonly GraphNode[]>>();
  for (const group of groups) {
    for (const { inputs } of group) {
      for (const { node } of inputs) users.set(node, (users.get(node) ?? new Set()).add(group));
    }
  }
  const leaves = nodes.filter(({ kind }) => kind === 'leaf');
  const absorbed = new Map<readonly GraphNode[], GraphNode[]>();
  const shown: Box[] = [];
  for (const leaf of leaves) {
    const [user, ...others] = users.get(leaf.id) ?? [];
    if (user !== undefined && others.length === 0 && user.length > 1) {
      absorbed.set(user, [...(absorbed.get(user) ?? []), leaf]);
    } else shown.push(single(leaf, user === undefined || others.length > 0 ? [] : pathOf(user[0])));
  }
  return [...groups.map((group) => boxOf([...group, ...(absorbed.get(group) ?? [])], group)), ...shown];
}

function boxOf(members: readonly GraphNode[], group: readonly GraphNode[]): Box {
  if (group.length === 1) return single(group[0], pathOf(group[0]));
  const common = group.map(pathOf).reduce((a, b) => a.slice(0, firstDifference(a, b)));
  const names = new Map<string, number>();
  for (const { name } of group) names.set(name, (names.get(name) ?? 0) + 1);
  const often = [...names].sort((a, b) => b[1] - a[1]);
  return {
    id: `n${group[0].id}`,
    kind: group.some(({ isRoot }) => isRoot) ? 'root' : 'fold',
    title: common.length > 0 ? common.join('.') : `operations ${group[0].id} to ${group[group.length - 1].id}`,
    lines: [
      ...often.slice(0, 4).map(([name, n]) => `${n} × ${name}`),
      ...(often.length > 4 ? [`and ${often.length - 4} other kinds`] : []),
    ],
    within: common.slice(0, -1),
    members,
  };
}

function firstDifference(a: readonly string[], b: readonly string[]): number {
  let i = 0;
  while (i < a.length && a[i] === b[i]) i++;
  return i;
}

function single(node: GraphNode, within: readonly string[]): Box {
  const shapes = node.shapes.filter((shape) => shape !== null).map(showShape);
  return {
    id: `n${node.id}`,
    kind: node.isRoot && node.kind === 'op' ? 'root' : node.kind,
    title: node.name,
    lines: [...shapes, ...(node.kind === 'leaf' ? ['AccumulateGrad'] : node.formula)],
    within,
    members: [node],
  };
}

function edgesOf(nodes: readonly GraphNode[], boxes: readonly Box[]): Drawing['edges'] {
  const boxOfNode = new Map(boxes.flatMap(({ id, members }) => members.map((node) => [node.id, id] as const)));
  const edges = new Map<string, Drawing['edges'][number]>();
  for (const node of nodes) {
    const to = boxOfNode.get(node.id) as string;
    for (const input of node.inputs) {
      const from = boxOfNode.get(input.node) as string;
      if (from !== to) edges.set(`${from} ${to}`, { from, to, title: `${showShape(input.shape)} ${input.dtype}` });
    }
  }
  return [...edges.values()];
}

/** As many boxes may lie between the ends of an arrow. */
const FAR = 20;

/**
 * An arrow across half of the picture tells nobody anything, and takes Graphviz minutes: what is used far away appears there
 * as a copy.
 */
function shorten(boxes: readonly Box[], edges: Drawing['edges']): Omit<Drawing, 'folded'> {
  const position = new Map(boxes.map(({ id }, i) => [id, i]));
  const byId = new Map(boxes.map((box) => [box.id, box]));
  const at = (id: string): number => position.get(id) as number;
  // a leaf has no place of its own: it belongs to the first that uses it
  const places = new Map<string, number>();
  for (const { from, to } of edges) {
    const own = byId.get(from)?.kind === 'leaf' ? at(to) : at(from);
    places.set(from, Math.min(places.get(from) ?? own, own));
  }
  const copies: Box[] = [];
  const short = edges.map((edge) => {
    if (at(edge.to) - (places.get(edge.from) as number) <= FAR) return edge;
    const [of, user] = [byId.get(edge.from) as Box, byId.get(edge.to) as Box];
    const copy: Box = {
      ...of,
      id: `${of.id}_${user.id}`,
      kind: 'copy',
      lines: of.lines.slice(0, 1),
      within: user.within,
    };
    copies.push(copy);
    return { ...edge, from: copy.id };
  });
  return { boxes: [...boxes, ...copies], edges: short };
}
