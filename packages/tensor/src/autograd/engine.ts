/**
 * Reverse-mode differentiation: visits the nodes of a graph once each, in an order in which all gradients of a node have
 * come in, without recursion. https://pytorch.org/docs/stable/notes/autograd.html
 */
import { backendOf } from '../backend/devices.js';
import { inferenceMode, latestStorageId, type Storage } from '../storage.js';
import type { Tensor } from '../tensor.js';
import { AccumulateGrad } from './accumulate-grad.js';
import { anomalyMode, checkResults, explainFailure } from './anomaly.js';
import { withGradMode } from './grad-mode.js';
import type { Edge, Gradients, Node, Notes } from './node.js';
import { observing } from './observer.js';
import { applyRecycling, isWorthGivingBack, pays } from './recycling.js';
import { type Pass, running } from './running.js';

export interface RunOptions {
  readonly retainGraph: boolean;
  readonly createGraph: boolean;
  /** Stop there and return what arrives (for `autograd.grad`), instead of filling `.grad` of every leaf. */
  readonly captures: readonly Edge[] | null;
  /** With captures: fill `.grad` of the captured leaves, as `backward({ inputs })`. */
  readonly accumulate: boolean;
}

/** Runs backward from `roots`. Returns the captured gradients, null for those that nothing reached. */
export function runBackward(roots: readonly Edge[], grads: readonly Tensor[], options: RunOptions): (Tensor | null)[] {
  const run = new Run(options);
  const outer = running.run;
  running.run = run;
  let results: (Tensor | null)[];
  try {
    results = withGradMode(options.createGraph && !inferenceMode.enabled, () => run.execute(roots, grads));
  } finally {
    running.run = outer;
    run.forget();
  }
  if (!options.retainGraph && grads.length > 0) backendOf(grads[0].device).graphFreed();
  return results;
}

const NOTHING: Gradients = [];

class Run implements Pass {
  private readonly nodes: Node[] = [];
  /** Nodes that can run, in ascending order of their sequence numbers. */
  private readonly ready: Node[] = [];
  /** Nodes on a way to a gradient that was asked for; null: all. */
  private needed: Set<Node> | null = null;
  /** What the runs that this one is inside of have noted at the same nodes. */
  private interrupted: Map<Node, Notes> | null = null;
  private readonly captured: (Tensor | null)[];

  constructor(private readonly options: RunOptions) {
    this.captured = (options.captures ?? []).map(() => null);
  }

  execute(roots: readonly Edge[], grads: readonly Tensor[]): (Tensor | null)[] {
    for (const root of roots) this.discover(root.node);
    if (this.options.captures !== null) this.needed = this.leadingTo(this.options.captures);
    for (let i = 0; i < roots.length; i++) {
      roots[i].node.add(roots[i].index, grads[i], false, this.options.createGraph);
    }
    for (const node of new Set(roots.map((root) => root.node))) if (node.dependencies === 0) this.makeReady(node);
    for (let node = this.ready.pop(); node !== undefined; node = this.ready.pop()) this.visit(node);
    return this.captured;
  }

  /** Takes the notes off the graph, also after an exception in the middle. */
  forget(): void {
    for (const node of this.nodes) node.leave(this.interrupted?.get(node) ?? null);
  }

  /** Finds every node below `start` and counts how many results each waits for. */
  private discover(start: Node): void {
    if (start.run === this) return;
    this.enter(start);
    const stack = [start];
    for (let node = stack.pop(); node !== undefined; node = stack.pop()) {
      const { inputs } = node;
      for (let i = 0; i < inputs; i++) {
        const next = node.edgeAt(i)?.node;
        if (next === undefined) continue;
        if (next.run !== this) {
          this.enter(next);
          stack.push(next);
        }
        next.dependencies++;
      }
    }
  }

  private enter(node: Node): void {
    const outer = node.enter(this);
    if (outer !== null) (this.interrupted ??= new Map()).set(node, outer);
    this.nodes.push(node);
  }

  /** The nodes on a way to a capture. Each is looked at when what lies below it has been, so one pass settles them. */
  private leadingTo(captures: readonly Edge[]): Set<Node> {
    const needed = new Set(captures.map((edge) => edge.node));
    const done = new Set<Node>();
    const stack = [...this.nodes];
    for (let node = stack.pop(); node !== undefined; node = stack.pop()) {
      if (done.has(node)) continue;
      const under = stack.push(node);
      for (let i = 0; i < node.inputs; i++) {
        const next = node.edgeAt(i)?.node;
        if (next !== undefined && !done.has(next)) stack.push(next);
      }
      if (stack.length > under) continue;
      stack.pop();
      done.add(node);
      if (leadsInto(node, needed)) needed.add(node);
    }
    return needed;
  }

  isNeeded(node: Node): boolean {
    return this.needed === null || this.needed.has(node);
  }

  private makeReady(node: Node): void {
    const ready = this.ready;
    const key = node.sequence;
    let i = ready.length;
    // most often the newest comes last, or near it
    while (i > 0 && ready[i - 1].sequence > key) i--;
    if (i === ready.length) ready.push(node);
    else ready.splice(i, 0, node);
  }

  private visit(node: Node): void {
    const { incoming } = node;
    if (incoming === null || Array.isArray(incoming) || !this.isPlain(node, incoming)) {
      this.visitAny(node, incoming === null || Array.isArray(incoming) ? incoming : [incoming]);
      return;
    }
    const mark = latestStorageId();
    const results = node instanceof AccumulateGrad ? this.accumulate(node, incoming) : node.applyAlone(incoming);
    if (!this.options.retainGraph) node.release();
    this.passOn(node, results, mark);
  }

  /** Whether the gradient of the node's only output just goes through it: nobody sees it on the way, and its memory is not worth giving back. */
  private isPlain(node: Node, grad: Tensor): boolean {
    if (node.hooks !== null || this.options.captures !== null || anomalyMode.enabled) return false;
    return !isWorthGivingBack(grad) && !node.runsUserCode();
  }

  private visitAny(node: Node, grads: (Tensor | null)[] | null): void {
    let results: Gradients | null = null;
    let mark = latestStorageId();
    let last = node;
    if (grads !== null && this.isNeeded(node)) {
      if (node.hooks !== null) {
        // a hook may keep what it sees, and what it returns
        node.disownAll();
        node.hooks.runTensorHooks(grads);
      }
      if (this.options.captures !== null) this.capture(node, grads, this.options.captures);
      if (this.isDue(node)) {
        if (node.hooks !== null || node.runsUserCode() || anomalyMode.enabled) {
          results = this.applyWatched(node, grads);
          mark = Number.POSITIVE_INFINITY;
        } else {
          last = this.partnerOf(node, grads) ?? node;
          results = this.applyPlain(node, grads, last === node ? null : last);
        }
        if (!this.options.retainGraph) node.release();
      }
    }
    if (last !== node) this.join(last, node);
    this.passOn(last, results, mark);
  }

  private applyPlain(node: Node, grads: (Tensor | null)[], inner: Node | null): Gradients {
    if (node instanceof AccumulateGrad) return this.accumulate(node, grads[0]);
    return this.recycles(node, grads) ? applyRecycling(node, grads, inner) : node.apply(grads);
  }

  private recycles(node: Node, grads: Gradients): boolean {
    return !this.options.createGraph && pays(grads) && node.keepsNothing();
  }

  /**
   * The node that can run together with this one: the only one that its gradient goes to, in which nobody else takes part, so
   * that the gradient in between need not exist.
   */
  private partnerOf(node: Node, grads: Gradients): Node | null {
    const inner = node.edgeAt(0)?.node;
    if (inner === undefined || !node.joins(inner) || !this.recycles(node, grads)) return null;
    const isOnlyWay = node.edges.every((edge, i) => i === 0 || edge === null) && inner.dependencies === 1;
    if (!isOnlyWay || inner.incoming !== null || !this.isNeeded(inner) || !this.isDue(inner)) return null;
    const isSeen = inner.hooks !== null || this.options.captures?.some((edge) => edge.node === inner);
    return isSeen || !inner.keepsNothing() ? null : inner;
  }

  /** Notes that a node has run together with the one before it. */
  private join(inner: Node, node: Node): void {
    inner.dependencies--;
    if (!this.options.retainGraph) inner.release();
    node.clear();
  }

  /** Runs a node with its hooks or the user's code, who may keep every gradient: the engine owns none afterwards. */
  private applyWatched(node: Node, grads: (Tensor | null)[]): Gradients {
    node.hooks?.runPreHooks(grads);
    if (node.runsUserCode()) node.disownAll();
    const seen = node.hooks === null || node.hooks.post.isEmpty ? null : grads.slice();
    let results: Gradients;
    if (anomalyMode.enabled) results = this.applyGuarded(node, grads);
    else results = node instanceof AccumulateGrad ? this.accumulate(node, grads[0]) : node.apply(grads);
    node.disownAll();
    return seen === null || node.hooks === null ? results : node.hooks.runPostHooks(results, seen);
  }

  private applyGuarded(node: Node, grads: (Tensor | null)[]): Gradients {
    const outer = running.node;
    running.node = node;
    try {
      observing.observer?.running(node, grads);
      const results = node instanceof AccumulateGrad ? this.accumulate(node, grads[0]) : node.apply(grads);
      observing.observer?.ran(node, results);
      if (anomalyMode.checkNan) checkResults(node, results);
      return results;
    } catch (error) {
      throw explainFailure(node, error);
    } finally {
      running.node = outer;
    }
  }

  /** Whether a node has to run; of the leaves, those whose `.grad` is wanted. */
  private isDue(node: Node): boolean {
    const { captures, accumulate } = this.options;
    if (captures === null) return true;
    if (node instanceof AccumulateGrad) return accumulate;
    return this.needed === null || leadsInto(node, this.needed);
  }

  private capture(node: Node, grads: Gradients, captures: readonly Edge[]): void {
    for (let i = 0; i < captures.length; i++) {
      if (captures[i].node !== node) continue;
      this.captured[i] = grads[captures[i].index];
      node.disown(captures[i].index); // the caller gets it
    }
  }

  private accumulate(node: AccumulateGrad, grad: Tensor | null): Gradients {
    if (grad === null) return NOTHING;
    node.accumulate(grad, node.owns(0) && !this.options.createGraph);
    if (node.hooks !== null) for (const hook of node.hooks.accumulated) hook(node.variable);
    return NOTHING;
  }

  private passOn(node: Node, results: Gradients | null, mark: number): void {
    const { inputs } = node;
    for (let i = 0; i < inputs; i++) {
      const edge = node.edgeAt(i);
      if (edge === null) continue;
      const next = edge.node;
      const grad = results === null ? null : results[i];
      if (results !== null && grad !== null && this.isNeeded(next)) {
        next.add(edge.index, grad, this.isOwned(grad, i, results, node, mark), this.options.createGraph);
      }
      if (--next.dependencies === 0) this.makeReady(next);
    }
    node.clear();
  }

  /**
   * Whether the engine alone can see this gradient's memory, so that it may be added to in place or become `.grad`:
   * the node has just made it (its storage is younger than `mark`) or was itself the owner of what it passes on, no
   * other result shares it, and the tensor covers its storage exactly.
   */
  private isOwned(grad: Tensor, i: number, results: Gradients, node: Node, mark: number): boolean {
    const storage = grad.storage;
    if (this.options.createGraph || grad.offset !== 0 || storage.numel !== grad.numel()) return false;
    if (!grad.is_contiguous() || !(storage.id > mark || owns(node, storage))) return false;
    for (let k = 0; k < results.length; k++) if (k !== i && results[k]?.storage === storage) return false;
    return true;
  }
}

/** Whether one of the node's gradients goes to one of these. */
function leadsInto(node: Node, targets: ReadonlySet<Node>): boolean {
  for (let i = 0; i < node.inputs; i++) {
    const next = node.edgeAt(i)?.node;
    if (next !== undefined && targets.has(next)) return true;
  }
  return false;
}

/** Whether the node was the only owner of this memory. */
function owns(node: Node, storage: Storage): boolean {
  const { incoming } = node;
  if (!Array.isArray(incoming)) return incoming?.storage === storage && node.owns(0);
  for (let k = 0; k < incoming.length; k++) if (node.owns(k) && incoming[k]?.storage === storage) return true;
  return false;
}
