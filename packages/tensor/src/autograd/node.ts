/** The graph: nodes are functions that turn gradients of outputs into gradients of inputs. */
import { backendOf } from '../backend/devices.js';
import type { DType } from '../dtype.js';
import type { Shape } from '../shape.js';
import type { Tensor } from '../tensor.js';
import { giveBack } from './give-back.js';
import { type NodeHook, NodeHooks, type NodePreHook } from './hooks.js';
import type { RemovableHandle } from './removable-handle.js';
import type { Pass } from './running.js';

/** Where a gradient goes next, and what it must look like there. */
export interface Edge {
  readonly node: Node;
  /** Which output of `node` the tensor was. */
  readonly index: number;
  readonly shape: Shape;
  readonly dtype: DType;
}

/** One for each output or input of a node; null for what has none, or where none is wanted. */
export type Gradients = readonly (Tensor | null)[];

let counter = 0;

const NO_EDGES: readonly Edge[] = [];

/** Of how many of a node's gradients the engine may be known to be the owner. */
const OWNED = 31;

/** The engine's notes at a node, of a pass that another one has interrupted. */
export interface Notes {
  readonly run: Pass;
  readonly dependencies: number;
  readonly incoming: Node['incoming'];
  readonly owned: number;
}

export abstract class Node {
  /** Later nodes have greater numbers, so descending order is an order in which gradients are complete. */
  readonly sequence: number = ++counter;
  // Where its gradients go, in fields of their own, because nearly all nodes have one input or two. A list for each node would not
  // only be larger: where V8 has seen most of the lists of one place in the code live long, it makes all later ones old, and what an
  // old list points to outlives its graph until the next full collection.
  /** How many gradients it passes on: one per input. */
  inputs = 0;
  private first: Edge | null = null;
  private second: Edge | null = null;
  /** From the third on. */
  private others: readonly (Edge | null)[] = NO_EDGES;
  /** Made with the first hook. */
  hooks: NodeHooks | null = null;
  // what the engine notes while it runs stands here, so that it makes no object for each node
  /** @internal The backward pass that the notes are of: the innermost one of several. */
  run: Pass | null = null;
  /** @internal Nodes whose results are still to come. */
  dependencies = 0;
  /** @internal What has come in, one for each output; of a node that has only one it stands alone. Null while that is nothing. */
  incoming: Tensor | (Tensor | null)[] | null = null;
  /** A bit for each gradient that nobody but the engine can see, so that it may be changed in place. */
  private owned = 0;

  /** PyTorch's name of the function, such as `MulBackward0` or `torch::autograd::CopySlices`. */
  abstract name(): string;

  /** The name without C++ namespaces, as PyTorch prints it. */
  shortName(): string {
    return this.name().replace(/^.*::/, '');
  }

  /** @internal The forward operation's name. */
  operation(): string {
    return this.shortName().replace(/Backward\d*$/, '');
  }

  /** @internal The derivative for human readers: a line for each argument of the operation, or one for all of them. */
  get formula(): readonly string[] {
    return [];
  }

  /** One per input; null where no gradient is wanted. A list for whoever asks: the engine goes by {@link edgeAt}. */
  get edges(): readonly (Edge | null)[] {
    const all = [this.first, this.second].slice(0, this.inputs);
    return this.others.length === 0 ? all : all.concat(this.others);
  }

  set edges(edges: readonly (Edge | null)[]) {
    const n = edges.length;
    this.lead(n, n > 0 ? edges[0] : null, n > 1 ? edges[1] : null);
    this.others = n > 2 ? edges.slice(2) : NO_EDGES;
  }

  /** @internal Sets the edges of a node that has no more than two inputs. */
  lead(inputs: number, first: Edge | null, second: Edge | null): void {
    this.inputs = inputs;
    this.first = first;
    this.second = second;
  }

  /** @internal Where the gradient of input number `i` goes, or null. */
  edgeAt(i: number): Edge | null {
    return i === 0 ? this.first : i === 1 ? this.second : this.others[i - 2];
  }

  /** How many gradients come in. */
  abstract readonly outputs: number;

  /** Gradients of the inputs, one per edge, each of the input's shape and dtype. */
  abstract apply(grads: Gradients): Gradients;

  /** @internal The same for the gradient of the only output. */
  applyAlone(grad: Tensor): Gradients {
    return this.apply([grad]);
  }

  /** @internal The way of a gradient of `t`, which this node has computed. */
  edgeTo(t: Tensor): Edge {
    return { node: this, index: t.outputNr, shape: t.shape, dtype: t.dtype };
  }

  /** @internal Whether {@link applyJoint} has a rule for this node and the one that its gradient goes to. */
  joins(_inner: Node): boolean {
    return false;
  }

  /** @internal Gradients of the inputs of `inner`, which this node's only gradient goes to, one per edge. */
  applyJoint(inner: Node, grads: Gradients): Gradients {
    return inner.apply(this.apply(grads));
  }

  /** Frees what was saved for the backward pass. */
  release(): void {}

  /** The nodes that receive this node's results, with the number of their output each. */
  get next_functions(): [Node | null, number][] {
    return this.edges.map((edge) => (edge === null ? [null, 0] : [edge.node, edge.index]));
  }

  /** @internal The hooks, to add one. */
  get ownHooks(): NodeHooks {
    this.hooks ??= new NodeHooks();
    return this.hooks;
  }

  /**
   * Runs after this node, with the gradients of its inputs and outputs; an array that it returns replaces the former.
   * https://pytorch.org/docs/stable/generated/torch.autograd.graph.Node.register_hook.html
   */
  register_hook(fn: NodeHook): RemovableHandle {
    return this.ownHooks.post.add(fn);
  }

  /**
   * Runs before this node, with the gradients of its outputs; an array that it returns replaces them.
   * https://pytorch.org/docs/stable/generated/torch.autograd.graph.Node.register_prehook.html
   */
  register_prehook(fn: NodePreHook): RemovableHandle {
    return this.ownHooks.pre.add(fn);
  }

  /** @internal Whether the user's own code runs in it, which may keep any gradient that it sees or returns. */
  runsUserCode(): boolean {
    return false;
  }

  /** @internal Whether nothing outlives `apply` but its results: no gradient that it saw, no tensor that it made. */
  keepsNothing(): boolean {
    return false;
  }

  /** @internal Why output `index` must not be changed in place, or null. */
  inplaceError(_index: number): string | null {
    return null;
  }

  toString(): string {
    return `<${this.shortName()}>`;
  }

  /** @internal Begins with nothing; returns the notes of the run that this one is inside of, if any. */
  enter(run: Pass): Notes | null {
    const { run: outer, dependencies, incoming, owned } = this;
    this.run = run;
    this.dependencies = 0;
    this.clear();
    return outer === null ? null : { run: outer, dependencies, incoming, owned };
  }

  /** @internal Forgets the run, or goes back to an outer one. */
  leave(outer: Notes | null): void {
    this.run = outer?.run ?? null;
    this.dependencies = outer?.dependencies ?? 0;
    this.incoming = outer?.incoming ?? null;
    this.owned = outer?.owned ?? 0;
  }

  /** @internal Adds a gradient for one of the outputs. */
  add(index: number, grad: Tensor, owned: boolean, createGraph: boolean): void {
    const sum = this.arrivedAt(index);
    if (sum === null) {
      this.arrive(index, grad);
      if (owned) this.own(index);
    } else if (this.owns(index) && !createGraph && !sum.is_sparse && !grad.is_sparse) {
      backendOf(sum.device).accumulate(sum, grad);
      if (owned) giveBack(grad.storage);
    } else {
      this.arrive(index, sum.add(grad));
      if (createGraph) this.disown(index);
      else this.own(index);
    }
  }

  /** @internal What has come in for one of the outputs. */
  arrivedAt(index: number): Tensor | null {
    return Array.isArray(this.incoming) ? this.incoming[index] : this.incoming;
  }

  private arrive(index: number, grad: Tensor): void {
    const { incoming } = this;
    if (Array.isArray(incoming)) incoming[index] = grad;
    else if (this.outputs === 1) this.incoming = grad;
    else this.incoming = Array.from({ length: this.outputs }, (_, i) => (i === index ? grad : null));
  }

  /** @internal The gradients have been used. */
  clear(): void {
    this.incoming = null;
    this.owned = 0;
  }

  owns(index: number): boolean {
    return index < OWNED && ((this.owned >> index) & 1) === 1;
  }

  private own(index: number): void {
    if (index < OWNED) this.owned |= 1 << index;
  }

  /** @internal Somebody else has come to see the gradient. */
  disown(index: number): void {
    if (index < OWNED) this.owned &= ~(1 << index);
  }

  disownAll(): void {
    this.owned = 0;
  }
}
