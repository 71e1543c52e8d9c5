/** Other ways of keeping what is saved for the backward pass. https://pytorch.org/docs/stable/notes/autograd.html#saved-tensors-hooks */
import { checkBoolean, checkOptions } from '../arguments.js';
import { AutogradError, ValueError } from '../errors.js';
import type { Device } from '../storage.js';
import { Tensor } from '../tensor.js';
import type { AccumulateGrad } from './accumulate-grad.js';
import { withGradMode } from './grad-mode.js';
import { gradientEdge } from './history.js';
import { runWithin } from './inference-mode.js';
import type { Node } from './node.js';
import { running } from './running.js';
import type { Saved } from './saved-tensor.js';

/** Turns a tensor into whatever is to be kept. */
export type PackHook = (tensor: Tensor) => unknown;
/** Gives the tensor back. */
export type UnpackHook = (packed: never) => Tensor;

interface Hooks {
  readonly pack: PackHook;
  readonly unpack: UnpackHook;
}

/** The innermost hooks: an error text where there may be none. */
export const savedTensorHooks: { top: Hooks | null; disabled: string | null } = { top: null, disabled: null };

/** A tensor that hooks keep. Only its place in the graph stays here, not its memory. */
class PackedTensor implements Saved {
  next: Saved | null = null;
  private readonly packed: unknown;
  private readonly gradFn: Node | null;
  private readonly outputNr: number;
  private readonly accumulator: AccumulateGrad | null;
  /** Unpacked once for each backward pass, however often the node asks. */
  private run: object | null = null;
  private unpacked: Tensor | null = null;

  constructor(
    tensor: Tensor,
    private readonly hooks: Hooks,
  ) {
    this.gradFn = tensor.gradFn;
    this.outputNr = tensor.outputNr;
    if (tensor.leafRequiresGrad) gradientEdge(tensor); // makes the accumulator
    this.accumulator = tensor.leafRequiresGrad ? tensor.rare.accumulator : null;
    this.packed = pack(tensor.detach(), hooks);
  }

  unpack(): Tensor {
    if (running.run !== null && this.run === running.run && this.unpacked !== null) return this.unpacked;
    const result = this.inGraph(this.restore());
    this.run = running.run;
    this.unpacked = running.run === null ? null : result;
    return result;
  }

  private restore(): Tensor {
    const unpack = this.hooks.unpack as (packed: unknown) => unknown;
    const value = withGradMode(false, () => unpack(this.packed));
    if (!(value instanceof Tensor)) {
      throw new ValueError(
        `Output of saved tensor unpack_hook expected to be a Tensor but got result of type ${value === null ? 'null' : typeof value}`,
      );
    }
    return value;
  }

  private inGraph(value: Tensor): Tensor {
    const result = value.detach();
    result.gradFn = this.gradFn;
    result.outputNr = this.outputNr;
    result.leafRequiresGrad = this.accumulator !== null;
    if (this.accumulator !== null) result.ownRare.accumulator = this.accumulator;
    return result;
  }
}

function pack(tensor: Tensor, hooks: Hooks): unknown {
  const version = tensor.versionCounter.version;
  const packed = withGradMode(false, () => hooks.pack(tensor));
  if (tensor.versionCounter.version !== version) {
    throw new AutogradError(
      'A saved tensor pack hook is modifying its input in place. Tensors provided as input to pack hook can not be ' +
        'modified by in-place operations as this can lead to unexpected side-effects. Please open an issue if you need to ' +
        'perform in-place operations on the input to a pack hook.',
    );
  }
  return packed;
}

/** Gives what a node has saved to the hooks that are in force. */
export function packAll(saved: readonly Saved[], owner: Node): Saved[] {
  const { top } = savedTensorHooks;
  return top === null ? [...saved] : saved.map((s) => new PackedTensor(s.unpack(owner), top));
}

function enter(top: Hooks | null, disabled: string | null): Disposable {
  const before = { ...savedTensorHooks };
  Object.assign(savedTensorHooks, { top, disabled });
  return {
    [Symbol.dispose]: (): void => {
      Object.assign(savedTensorHooks, before);
    },
  };
}

/**
 * Whatever is saved for the backward pass goes through `pack_hook` and comes back through `unpack_hook`. For `fn`, or until
 * the block ends: `using _ = saved_tensors_hooks(pack, unpack)`. Of nested hooks the innermost count.
 * https://pytorch.org/docs/stable/autograd.html#torch.autograd.graph.saved_tensors_hooks
 */
export function saved_tensors_hooks<P, T>(
  pack_hook: (tensor: Tensor) => P,
  unpack_hook: (packed: P) => Tensor,
  fn: () => T,
): T;
export function saved_tensors_hooks<P>(
  pack_hook: (tensor: Tensor) => P,
  unpack_hook: (packed: P) => Tensor,
): Disposable;
export function saved_tensors_hooks<T>(pack: PackHook, unpack: UnpackHook, fn?: () => T): T | Disposable {
  for (const [name, hook] of [
    ['pack_hook', pack],
    ['unpack_hook', unpack],
  ] as const) {
    if (typeof hook !== 'function') throw new ValueError(`saved_tensors_hooks(): ${name} must be a function`);
  }
  if (savedTensorHooks.disabled !== null) throw new AutogradError(savedTensorHooks.disabled);
  const scope = enter({ pack, unpack }, null);
  return fn === undefined ? scope : runWithin('saved_tensors_hooks', scope, fn);
}

/**
 * Makes {@link saved_tensors_hooks} an error with this text.
 * https://pytorch.org/docs/stable/autograd.html#torch.autograd.graph.disable_saved_tensors_hooks
 */
export function disable_saved_tensors_hooks<T>(error_message: string, fn: () => T): T;
export function disable_saved_tensors_hooks(error_message: string): Disposable;
export function disable_saved_tensors_hooks<T>(error_message: string, fn?: () => T): T | Disposable {
  const scope = enter(savedTensorHooks.top, error_message);
  return fn === undefined ? scope : runWithin('disable_saved_tensors_hooks', scope, fn);
}

export interface SaveOnCpuOptions {
  /** Only false: there is no pinned memory. */
  readonly pin_memory?: false;
}

/**
 * Keeps what is saved for the backward pass in the memory of the cpu.
 * https://pytorch.org/docs/stable/autograd.html#torch.autograd.graph.save_on_cpu
 */
export function save_on_cpu<T>(options: SaveOnCpuOptions, fn: () => T): T;
export function save_on_cpu(options?: SaveOnCpuOptions): Disposable;
export function save_on_cpu<T>(options: SaveOnCpuOptions = {}, fn?: () => T): T | Disposable {
  checkOptions('save_on_cpu', ['pin_memory'], options);
  if (checkBoolean('save_on_cpu', 'pin_memory', options.pin_memory ?? false)) {
    throw new ValueError('save_on_cpu(): pin_memory=True is not supported');
  }
  const pack = (t: Tensor): readonly [Device, Tensor] => [t.device, t.to({ device: 'cpu', copy: true })];
  const unpack = ([device, t]: readonly [Device, Tensor]): Tensor => t.to(device);
  return fn === undefined ? saved_tensors_hooks(pack, unpack) : saved_tensors_hooks(pack, unpack, fn);
}
