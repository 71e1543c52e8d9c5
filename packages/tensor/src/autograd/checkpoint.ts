/** Trading time for memory: `torch.utils.checkpoint`. https://pytorch.org/docs/stable/checkpoint.html */
import { checkBoolean, isOptions } from '../arguments.js';
import { AutogradError, ValueError } from '../errors.js';
import { default_generator } from '../generator.js';
import { sameShape, showShape } from '../shape.js';
import { Tensor } from '../tensor.js';
import { backward as runBackward } from './backward.js';
import { CustomFunction } from './function.js';
import type { FunctionCtx } from './function-context.js';
import { enable_grad, gradMode, withGradMode } from './grad-mode.js';
import { running } from './running.js';
import { SavedTensor } from './saved-tensor.js';
import { saved_tensors_hooks } from './saved-tensor-hooks.js';

/** The recomputation did not save what the forward had saved. */
export class CheckpointError extends AutogradError {}

export interface CheckpointOptions {
  /** Recompute by a backward within the backward, as PyTorch did first; false unless given. */
  readonly use_reentrant?: boolean;
  /** Recompute with the random numbers of the forward; true unless given. */
  readonly preserve_rng_state?: boolean;
  /** Whether to compare what the recomputation saves with what the forward saved, without `use_reentrant`. */
  readonly determinism_check?: 'default' | 'none';
}

type Resolved = Required<CheckpointOptions>;
const NAMES = ['use_reentrant', 'preserve_rng_state', 'determinism_check'];
const UNSUPPORTED = ['context_fn', 'debug', 'early_stop'];

function resolve(fn: string, options: CheckpointOptions): Resolved {
  for (const key of Object.keys(options)) {
    if (UNSUPPORTED.includes(key)) throw new ValueError(`${fn}(): ${key} is not supported`);
    if (!NAMES.includes(key)) throw new ValueError(`${fn}() got an unexpected keyword argument '${key}'`);
  }
  const determinism_check = options.determinism_check ?? 'default';
  if (determinism_check !== 'default' && determinism_check !== 'none') {
    throw new ValueError(
      `${fn}(): determinism_check should be one of ['default', 'none'], but got ${String(determinism_check)}`,
    );
  }
  return {
    use_reentrant: checkBoolean(fn, 'use_reentrant', options.use_reentrant ?? false),
    preserve_rng_state: checkBoolean(fn, 'preserve_rng_state', options.preserve_rng_state ?? true),
    determinism_check,
  };
}

/**
 * Runs `fn(...args)` without keeping what its backward needs: that is computed again when the backward comes. A trailing
 * options object is checkpoint's own. https://pytorch.org/docs/stable/checkpoint.html#torch.utils.checkpoint.checkpoint
 * @throws CheckpointError in the backward when the function does not do the same again.
 */
export function checkpoint<A extends readonly unknown[], R>(
  fn: (...args: A) => R,
  ...args: readonly [...A] | readonly [...A, CheckpointOptions]
): R {
  if (typeof fn !== 'function') throw new ValueError(`checkpoint(): expected a function, got ${typeof fn}`);
  const last = args.at(-1);
  const named = isOptions(last);
  const options = resolve('checkpoint', named ? last : {});
  const given = (named ? args.slice(0, -1) : args) as unknown as A;
  if (!options.use_reentrant) return new Frame(fn, given, options).forward();
  return Reentrant.apply(fn as (...args: readonly unknown[]) => unknown, options.preserve_rng_state, ...given) as R;
}

/** Runs `fn` with the random numbers that `state` gives, and puts the generator back. */
function withRandomState<T>(state: Uint8Array | null, fn: () => T): T {
  if (state === null) return fn();
  const now = default_generator.bytes();
  default_generator.setBytes(state);
  try {
    return fn();
  } finally {
    default_generator.setBytes(now);
  }
}

/** What a saved tensor looked like. */
interface Looks {
  readonly shape: readonly number[];
  readonly dtype: string;
  readonly device: string;
}

const looksOf = ({ shape, dtype, device }: Tensor): Looks => ({ shape, dtype, device });
const alike = (a: Looks, b: Looks): boolean =>
  sameShape(a.shape, b.shape) && a.dtype === b.dtype && a.device === b.device;
const show = ({ shape, dtype, device }: Looks): string =>
  `{shape: ${showShape(shape)}, dtype: ${dtype}, device: ${device}}`;

/** One checkpointed call: saved tensors are numbers until a backward pass asks for the first of them. */
class Frame<A extends readonly unknown[], R> {
  private readonly state: Uint8Array | null;
  private readonly looks: Looks[] = [];
  /** What backward passes have computed again and not yet fetched. */
  private readonly recomputed = new WeakMap<object, (Tensor | null)[]>();
  private readonly args: readonly unknown[];

  constructor(
    private readonly fn: (...args: A) => R,
    args: A,
    private readonly options: Resolved,
  ) {
    this.state = options.preserve_rng_state ? default_generator.bytes() : null;
    // an argument that is changed in place meanwhile would give other numbers
    this.args = args.map((arg) => (arg instanceof Tensor && gradMode.enabled ? new SavedTensor(arg) : arg));
    this.given = args;
  }

  private given: A | null;

  forward(): R {
    const args = this.given as A;
    this.given = null;
    const pack = (t: Tensor): number => this.looks.push(looksOf(t)) - 1;
    return saved_tensors_hooks(
      pack,
      (index: number) => this.fetch(index),
      () => this.fn(...args),
    );
  }

  private fetch(index: number): Tensor {
    const run = running.run ?? {};
    let values = this.recomputed.get(run);
    if (values === undefined) {
      values = this.recompute();
      this.recomputed.set(run, values);
    }
    const value = values[index];
    if (value === null) {
      throw new CheckpointError(
        'torch.utils.checkpoint: Unpack is being triggered for a tensor that was already unpacked once. If you are calling ' +
          'ctx.saved_tensors in backward, make sure to do so only once.',
      );
    }
    values[index] = null;
    return value;
  }

  private recompute(): (Tensor | null)[] {
    const values: Tensor[] = [];
    const pack = (t: Tensor): Tensor => {
      values.push(t);
      return t;
    };
    const args = this.args.map((arg) => (arg instanceof SavedTensor ? arg.unpack(null) : arg)) as unknown as A;
    withRandomState(this.state, () =>
      withGradMode(true, () =>
        saved_tensors_hooks(
          pack,
          (t: Tensor) => t,
          () => this.fn(...args),
        ),
      ),
    );
    this.check(values);
    return values;
  }

  private check(values: readonly Tensor[]): void {
    const { looks } = this;
    if (values.length !== looks.length) {
      throw new CheckpointError(
        'torch.utils.checkpoint: A different number of tensors was saved during the original forward and recomputation.\n' +
          `Number of tensors saved during forward: ${looks.length}\n` +
          `Number of tensors saved during recomputation: ${values.length}.`,
      );
    }
    if (this.options.determinism_check === 'none') return;
    const wrong = values.flatMap((t, i) =>
      alike(looksOf(t), looks[i])
        ? []
        : [`tensor at position ${i}:\nsaved metadata: ${show(looks[i])}\nrecomputed metadata: ${show(looksOf(t))}`],
    );
    if (wrong.length === 0) return;
    throw new CheckpointError(
      'torch.utils.checkpoint: Recomputed values for the following tensors have different metadata than during the forward ' +
        `pass.\n${wrong.join('\n')}`,
    );
  }
}

/** The older way: nothing is recorded in the forward, and backward runs within the backward. */
class Reentrant extends CustomFunction {
  static forward(
    ctx: FunctionCtx<{ run: (...args: readonly unknown[]) => unknown; state: Uint8Array | null; args: unknown[] }>,
    run: (...args: readonly unknown[]) => unknown,
    preserve: boolean,
    ...args: readonly unknown[]
  ): unknown {
    ctx.run = run;
    ctx.state = preserve ? default_generator.bytes() : null;
    ctx.args = args.map((arg) => (arg instanceof Tensor ? null : arg));
    ctx.save_for_backward(...args.map((arg) => (arg instanceof Tensor ? arg : null)));
    return run(...args);
  }

  static backward(
    ctx: FunctionCtx<{ run: (...args: readonly unknown[]) => unknown; state: Uint8Array | null; args: unknown[] }>,
    ...grads: (Tensor | null)[]
  ): (Tensor | null)[] {
    const saved: readonly (Tensor | null)[] = ctx.saved_tensors;
    const inputs = saved.map((t) => (t === null ? null : detached(t)));
    const args = ctx.args.map((arg, i) => inputs[i] ?? arg);
    const output = withRandomState(ctx.state, () => enable_grad(() => ctx.run(...args)));
    const outputs: readonly unknown[] = Array.isArray(output) ? output : [output];
    const wanted = outputs.flatMap((t, i) => (t instanceof Tensor && t.requires_grad ? [{ t, grad: grads[i] }] : []));
    if (wanted.length === 0) {
      throw new AutogradError('none of output has requires_grad=True, this checkpoint() is not necessary');
    }
    runBackward(
      wanted.map(({ t }) => t),
      wanted.map(({ grad }) => grad),
    );
    return [null, null, ...inputs.map((t) => t?.grad ?? null)];
  }
}

function detached(t: Tensor): Tensor {
  const out = t.detach();
  out.requires_grad = t.requires_grad;
  return out;
}

/** What has modules in a row: `nn.Sequential`. */
interface Chain {
  children(): Iterable<unknown>;
}

type Step = (input: Tensor) => Tensor;

/**
 * Checkpoints a chain of functions in `segments` parts of equal length; the last part is run as usual.
 * https://pytorch.org/docs/stable/checkpoint.html#torch.utils.checkpoint.checkpoint_sequential
 */
export function checkpoint_sequential(
  functions: readonly Step[] | Chain,
  segments: number,
  input: Tensor,
  options: CheckpointOptions = {},
): Tensor {
  resolve('checkpoint_sequential', options);
  const steps = Array.isArray(functions)
    ? (functions as readonly Step[])
    : ([...(functions as Chain).children()] as Step[]);
  if (!Number.isInteger(segments) || segments < 1 || segments > steps.length) {
    throw new ValueError(
      `checkpoint_sequential(): segments must be an integer from 1 to ${steps.length}, got ${String(segments)}`,
    );
  }
  const size = Math.floor(steps.length / segments);
  const run = (from: number, to: number) => (x: Tensor) => steps.slice(from, to).reduce((y, step) => step(y), x);
  let x = input;
  let start = 0;
  for (; start < size * (segments - 1); start += size) x = checkpoint(run(start, start + size), x, options);
  return run(start, steps.length)(x);
}
