/** What is noted during one training step, and the plain data that becomes of it. */
import type { autograd, Tensor } from '@torchlet/tensor';
import { AccumulateGrad, CopySlices, isOptions, OpNode, type Shape, showShape } from '@torchlet/tensor/internal';
import { badnessOf, factAbout, factsOf, type Pairs } from './facts.js';
import { argumentName, formulaOf, type Root, reachable, readGraph } from './graph.js';
import type { BackwardEvent, Event, ForwardEvent, StepData, TensorRef, UpdateEvent } from './recording.js';
import type { TensorStore } from './tensor-store.js';

/** An event whose nodes have no numbers yet. */
type Note =
  | {
      readonly phase: 'forward';
      readonly node: autograd.Node;
      readonly operands: readonly Given[];
      results: TensorRef[];
    }
  | {
      readonly phase: 'backward';
      readonly node: autograd.Node;
      readonly incoming: readonly TensorRef[];
      outgoing: TensorRef[];
      grad: TensorRef;
    }
  | (Omit<UpdateEvent, 'node' | 'name'> & { readonly param: Tensor; readonly name: string | null });

interface Given {
  readonly name: string;
  readonly tensor: TensorRef;
  readonly from: autograd.Node | null;
  readonly text: string | null;
}

let ran = 0;

export class StepNotes {
  private readonly notes: Note[] = [];
  private readonly shapes = new Map<autograd.Node, Shape>();
  /** Calls and nodes that have begun and not ended, innermost last. */
  private readonly open: { note: Note; inputs: Pairs }[] = [];

  constructor(private readonly store: TensorStore) {}

  get isEmpty(): boolean {
    return this.notes.length === 0;
  }

  called(node: autograd.Node, args: readonly unknown[]): void {
    const operands: Given[] = [];
    const inputs: [string, Tensor][] = [];
    let edge = 0;
    args.forEach((arg, i) => {
      const list = Array.isArray(arg) && arg.length > 0 && arg.every(isTensor) ? (arg as Tensor[]) : [arg];
      list.forEach((part, k) => {
        const name = nameOf(node, i, edge) + (list.length > 1 ? `[${k}]` : '');
        if (isTensor(part)) {
          inputs.push([name, part]);
          operands.push({ name, tensor: this.store.add(part), from: node.edges[edge]?.node ?? null, text: null });
        } else if (part !== undefined && part !== null && typeof part !== 'function') {
          operands.push({ name, tensor: null, from: null, text: inShort(part) });
        }
        edge++;
      });
    });
    const note: Note = { phase: 'forward', node, operands, results: [] };
    this.notes.push(note);
    this.open.push({ note, inputs });
  }

  returned(node: autograd.Node, result: unknown): void {
    const entry = this.close(node, 'forward');
    if (entry?.note.phase !== 'forward') return;
    const results = (Array.isArray(result) ? result : [result]).filter(isTensor) as Tensor[];
    entry.note.results = results.map((t) => this.store.add(t));
    if (results.length > 0) this.shapes.set(node, results[0].shape);
    factsOf(node).forward = factAbout(
      entry.inputs,
      results.map((t) => ['result', t] as const),
    );
  }

  running(node: autograd.Node, grads: readonly (Tensor | null)[]): void {
    const incoming = grads.map((grad) => (grad === null ? null : this.store.add(grad)));
    const note: Note = { phase: 'backward', node, incoming, outgoing: [], grad: null };
    this.notes.push(note);
    this.open.push({
      note,
      inputs: [['g', badnessOf(grads) === null ? null : (grads.find((g) => g !== null) ?? null)]],
    });
  }

  ran(node: autograd.Node, results: readonly (Tensor | null)[]): void {
    const entry = this.close(node, 'backward');
    if (entry?.note.phase !== 'backward') return;
    entry.note.outgoing = results.map((grad) => (grad === null ? null : this.store.add(grad)));
    if (node instanceof AccumulateGrad && node.variable.grad !== null)
      entry.note.grad = this.store.add(node.variable.grad);
    const outputs = results.map((grad, i) => [formulaOf(node, i), grad] as const);
    factsOf(node).backward = { ...factAbout(entry.inputs, outputs), order: ran++ };
  }

  updated(event: Omit<UpdateEvent, 'node' | 'name'> & { param: Tensor; name: string | null }): void {
    this.notes.push(event);
  }

  /** The innermost open entry of this node; what was begun inside it and failed is forgotten. */
  private close(node: autograd.Node, phase: Note['phase']): { note: Note; inputs: Pairs } | null {
    const at = this.open.findLastIndex(({ note }) => note.phase === phase && 'node' in note && note.node === node);
    return at < 0 ? null : (this.open.splice(at)[0] ?? null);
  }

  /** The step as data. `names`: of leaves. */
  finish(names: Map<Tensor, string>): StepData {
    for (const note of this.notes) if (note.phase === 'update' && note.name !== null) names.set(note.param, note.name);
    const graph = readGraph(this.roots(), names);
    const ids = new Map(graph.ids);
    // an operation on a view is drawn as the node of its base
    for (const node of graph.sources) if (node instanceof CopySlices) ids.set(node.fn, graph.ids.get(node) as number);
    const events = this.notes.map((note): Event => {
      if (note.phase === 'forward') return forward(note, ids);
      if (note.phase === 'backward') return backward(note, ids, graph.nodes[(ids.get(note.node) as number) - 1]);
      const { param, name, ...rest } = note;
      const { accumulator } = param.rare;
      const node = accumulator === null ? null : (ids.get(accumulator) ?? null);
      return { ...rest, node, name: names.get(param) ?? name ?? 'a parameter without a name' };
    });
    return { nodes: graph.nodes, events };
  }

  /** What was seen and nothing else uses. */
  private roots(): Root[] {
    const seen = new Set(this.notes.flatMap((note) => (note.phase === 'update' ? [] : [note.node])));
    const all = reachable(seen);
    const used = new Set<autograd.Node>();
    for (const node of all) {
      if (node instanceof CopySlices) used.add(node.fn);
      for (const edge of node.edges) if (edge !== null) used.add(edge.node);
    }
    return [...seen]
      .filter((node) => !used.has(node))
      .map((node) => ({ node, index: 0, shape: this.shapes.get(node) ?? null }));
  }
}

const isTensor = (x: unknown): x is Tensor => typeof (x as Partial<Tensor> | null)?.toArray === 'function';

/** As the formula calls an argument, else as the operation's parameters do. */
function nameOf(node: autograd.Node, argument: number, edge: number): string {
  const own = node.formula[argument] === undefined ? null : argumentName(formulaOf(node, edge));
  const parameters = node instanceof OpNode ? node.spec.parameters?.split(', ').filter((p) => p !== '*') : undefined;
  return own ?? parameters?.[argument]?.replace(/^\.\.\.|[?]$/g, '') ?? `argument ${argument + 1}`;
}

/** What is shown inside of lists and plain objects: of tensors what they are, of other objects their class. */
function inside(_key: string, x: unknown): unknown {
  if (isTensor(x)) return `${x.dtype} ${showShape(x.shape)}`;
  return typeof x !== 'object' || x === null || Array.isArray(x) || isOptions(x) ? x : x.constructor.name;
}

function inShort(x: unknown): string {
  const text = typeof x === 'object' ? JSON.stringify(x, inside) : String(x);
  return text.length > 60 ? `${text.slice(0, 57)}…` : text;
}

type NoteOf<P extends Note['phase']> = Note & { readonly phase: P };

function forward(
  { operands, results, node }: NoteOf<'forward'>,
  ids: ReadonlyMap<autograd.Node, number>,
): ForwardEvent {
  return {
    phase: 'forward',
    node: ids.get(node) as number,
    operands: operands.map((given) => ({ ...given, from: given.from === null ? null : (ids.get(given.from) ?? null) })),
    results,
  };
}

function backward(
  { node, incoming, outgoing, grad }: NoteOf<'backward'>,
  ids: ReadonlyMap<autograd.Node, number>,
  { inputs }: StepData['nodes'][number],
): BackwardEvent {
  return {
    phase: 'backward',
    node: ids.get(node) as number,
    incoming,
    outgoing: inputs.map(({ edge }) => outgoing[edge] ?? null),
    grad,
  };
}
