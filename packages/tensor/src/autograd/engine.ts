/**
 * Reverse-mode differentiation: visits the nodes of a graph once each, in an order in which all gradients of a node have
 * come in, without recursion. https://pytorch.org/docs/stable/notes/autograd.html
 */
import { backendOf } from '../backend/devices.js';
import { inferenceMode, latestStorageId, type Storage } from '../storage.js';
import type { Tensor } from '../tensor.js';
import { anomalyMode, checkResults, explainFailure } from './anomaly.js';
import { withGradMode } from './grad-mode.js';
import { AccumulateGrad, type Edge, type Node, Task } from './node.js';
import { observing } from './observer.js';
import { applyRecycling, pays } from './recycling.js';
import { running } from './running.js';

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

const NOTHING: readonly (Tensor | null)[] = [];

class Run {
  private readonly tasks: Task[] = [];
  /** Nodes that can run, in ascending order of their sequence numbers. */
  private readonly ready: Task[] = [];
  private readonly captured: (Tensor | null)[];

  constructor(private readonly options: RunOptions) {
    this.captured = (options.captures ?? []).map(() => null);
  }

  execute(roots: readonly Edge[], grads: readonly Tensor[]): (Tensor | null)[] {
    for (const root of roots) this.discover(root.node);
    if (this.options.captures !== null) this.markNeeded(this.options.captures);
    for (let i = 0; i < roots.length; i++) {
      this.taskOf(roots[i].node).add(roots[i].index, grads[i], false, this.options.createGraph);
    }
    for (const task of this.tasks) if (task.dependencies === 0) this.makeReady(task);
    for (let task = this.ready.pop(); task !== undefined; task = this.ready.pop()) this.runTask(task);
    return this.captured;
  }

  /** Takes the notes off the graph, also after an exception in the middle. */
  forget(): void {
    for (const task of this.tasks) task.node.task = task.outer;
  }

  private taskOf(node: Node): Task {
    return node.task as Task;
  }

  /** Gives every node below `start` a task and counts how many results each waits for. */
  private discover(start: Node): void {
    if (start.task?.run === this) return;
    const stack = [this.open(start)];
    for (let task = stack.pop(); task !== undefined; task = stack.pop()) {
      for (const edge of task.node.edges) {
        if (edge === null) continue;
        let next = edge.node.task;
        if (next === null || next.run !== this) {
          next = this.open(edge.node);
          stack.push(next);
        }
        next.dependencies++;
      }
    }
  }

  private open(node: Node): Task {
    const task = new Task(node, this, node.task);
    node.task = task;
    this.tasks.push(task);
    return task;
  }

  /** Only nodes on a way to a capture have to run. Tasks are visited inputs first, so one pass settles them. */
  private markNeeded(captures: readonly Edge[]): void {
    for (const task of this.tasks) task.needed = false;
    const targets = new Set(captures.map((edge) => edge.node));
    const done = new Set<Task>();
    const stack = [...this.tasks];
    for (let task = stack.pop(); task !== undefined; task = stack.pop()) {
      if (done.has(task)) continue;
      const open = task.node.edges.flatMap((edge) =>
        edge === null || done.has(this.taskOf(edge.node)) ? [] : [this.taskOf(edge.node)],
      );
      if (open.length > 0) {
        stack.push(task, ...open);
        continue;
      }
      done.add(task);
      task.needed =
        targets.has(task.node) || task.node.edges.some((edge) => edge !== null && this.taskOf(edge.node).needed);
    }
  }

  private makeReady(task: Task): void {
    const ready = this.ready;
    const key = task.node.sequence;
    let i = ready.length;
    // most often the newest comes last, or near it
    while (i > 0 && ready[i - 1].node.sequence > key) i--;
    if (i === ready.length) ready.push(task);
    else ready.splice(i, 0, task);
  }

  private runTask(task: Task): void {
    const { node, grads } = task;
    let results: readonly (Tensor | null)[] | null = null;
    let mark = latestStorageId();
    let last = task;
    if (task.needed && hasAny(grads)) {
      if (node.hooks !== null) {
        // a hook may keep what it sees, and what it returns
        task.disownAll();
        node.hooks.runTensorHooks(grads);
      }
      if (this.options.captures !== null) this.capture(task, this.options.captures);
      if (this.isDue(node)) {
        if (node.hooks !== null || node.runsUserCode() || anomalyMode.enabled) {
          results = this.applyWatched(task);
          mark = Number.POSITIVE_INFINITY;
        } else {
          last = this.partnerOf(task) ?? task;
          results = this.applyPlain(task, last === task ? null : last.node);
        }
        if (!this.options.retainGraph) node.release();
      }
    }
    if (last !== task) this.enter(last, task);
    this.passOn(last, results, mark);
  }

  private applyPlain(task: Task, inner: Node | null): readonly (Tensor | null)[] {
    const { node, grads } = task;
    if (node instanceof AccumulateGrad) return this.accumulate(task, node);
    return this.recycles(task) ? applyRecycling(node, task, inner) : node.apply(grads);
  }

  private recycles(task: Task): boolean {
    return !this.options.createGraph && pays(task) && task.node.keepsNothing();
  }

  /**
   * The task that can run together with this one: the only one that its gradient goes to, in which nobody else takes part, so
   * that the gradient in between need not exist.
   */
  private partnerOf(task: Task): Task | null {
    const edge = task.node.edges[0] ?? null;
    if (edge === null || !task.node.joins(edge.node) || !this.recycles(task)) return null;
    const inner = this.taskOf(edge.node);
    const isOnlyWay = task.node.edges.every((other) => other === edge || other === null) && inner.dependencies === 1;
    if (!isOnlyWay || hasAny(inner.grads) || !inner.needed || !this.isDue(inner.node)) return null;
    const isSeen = inner.node.hooks !== null || this.options.captures?.some(({ node }) => node === inner.node);
    return isSeen || !inner.node.keepsNothing() ? null : inner;
  }

  /** Notes that a task has run together with the one before it. */
  private enter(inner: Task, task: Task): void {
    inner.dependencies--;
    if (!this.options.retainGraph) inner.node.release();
    this.clear(task);
  }

  private clear({ grads }: Task): void {
    for (let i = 0; i < grads.length; i++) grads[i] = null;
  }

  /** Runs a node with its hooks or the user's code, who may keep every gradient: the engine owns none afterwards. */
  private applyWatched(task: Task): readonly (Tensor | null)[] {
    const { node, grads } = task;
    node.hooks?.runPreHooks(grads);
    if (node.runsUserCode()) task.disownAll();
    const seen = node.hooks === null || node.hooks.post.isEmpty ? null : grads.slice();
    let results: readonly (Tensor | null)[];
    if (anomalyMode.enabled) results = this.applyGuarded(task);
    else results = node instanceof AccumulateGrad ? this.accumulate(task, node) : node.apply(grads);
    task.disownAll();
    return seen === null || node.hooks === null ? results : node.hooks.runPostHooks(results, seen);
  }

  private applyGuarded(task: Task): readonly (Tensor | null)[] {
    const { node, grads } = task;
    const outer = running.node;
    running.node = node;
    try {
      observing.observer?.running(node, grads);
      const results = node instanceof AccumulateGrad ? this.accumulate(task, node) : node.apply(grads);
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
    return node.edges.some((edge) => edge !== null && this.taskOf(edge.node).needed);
  }

  private capture(task: Task, captures: readonly Edge[]): void {
    for (let i = 0; i < captures.length; i++) {
      if (captures[i].node !== task.node) continue;
      this.captured[i] = task.grads[captures[i].index];
      task.disown(captures[i].index); // the caller gets it
    }
  }

  private accumulate(task: Task, node: AccumulateGrad): readonly (Tensor | null)[] {
    const grad = task.grads[0];
    if (grad === null) return NOTHING;
    node.accumulate(grad, task.owns(0) && !this.options.createGraph);
    if (node.hooks !== null) for (const hook of node.hooks.accumulated) hook(node.variable);
    return NOTHING;
  }

  private passOn(task: Task, results: readonly (Tensor | null)[] | null, mark: number): void {
    const edges = task.node.edges;
    for (let i = 0; i < edges.length; i++) {
      const edge = edges[i];
      if (edge === null) continue;
      const next = this.taskOf(edge.node);
      const grad = results === null ? null : results[i];
      if (grad !== null && next.needed) {
        next.add(edge.index, grad, this.isOwned(grad, i, results, task, mark), this.options.createGraph);
      }
      if (--next.dependencies === 0) this.makeReady(next);
    }
    this.clear(task);
  }

  /**
   * Whether the engine alone can see this gradient's memory, so that it may be added to in place or become `.grad`:
   * the node has just made it (its storage is younger than `mark`) or was itself the owner of what it passes on, no
   * other result shares it, and the tensor covers its storage exactly.
   */
  private isOwned(
    grad: Tensor,
    i: number,
    results: readonly (Tensor | null)[] | null,
    task: Task,
    mark: number,
  ): boolean {
    const storage = grad.storage;
    if (this.options.createGraph || grad.offset !== 0 || storage.numel !== grad.numel()) return false;
    if (!grad.is_contiguous() || !(storage.id > mark || owns(task, storage))) return false;
    if (results !== null) {
      for (let k = 0; k < results.length; k++) if (k !== i && results[k]?.storage === storage) return false;
    }
    return true;
  }
}

function hasAny(grads: readonly (Tensor | null)[]): boolean {
  for (let i = 0; i < grads.length; i++) if (grads[i] !== null) return true;
  return false;
}

/** Whether the task was the only owner of this memory. */
function owns(task: Task, storage: Storage): boolean {
  for (let k = 0; k < task.grads.length; k++) if (task.owns(k) && task.grads[k]?.storage === storage) return true;
  return false;
}
