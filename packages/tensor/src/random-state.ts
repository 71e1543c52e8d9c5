/** `torch.random`: the default generator's seed and state. https://pytorch.org/docs/stable/random.html */
import { checkBoolean } from './arguments.js';
import { ValueError } from './errors.js';
import { default_generator, Generator } from './generator.js';
import { checkTensor } from './ops/kernel.js';
import { signature } from './signature.js';
import type { Tensor } from './tensor.js';

export { default_generator, Generator };

/**
 * Seeds the default generator; a fraction is cut off. https://pytorch.org/docs/stable/generated/torch.manual_seed.html
 */
export function manual_seed(seed: number | bigint): Generator {
  return default_generator.manual_seed(typeof seed === 'number' && Number.isFinite(seed) ? Math.trunc(seed) : seed);
}

/** The seed in use. https://pytorch.org/docs/stable/generated/torch.initial_seed.html */
export const initial_seed = (): number | bigint => default_generator.initial_seed();

/** Seeds the default generator with a random number and returns that. https://pytorch.org/docs/stable/generated/torch.seed.html */
export const seed = (): number => default_generator.seed();

/** The default generator's state, PyTorch's bytes as a uint8 tensor. https://pytorch.org/docs/stable/generated/torch.get_rng_state.html */
export const get_rng_state = (): Tensor => default_generator.get_state();

/** https://pytorch.org/docs/stable/generated/torch.set_rng_state.html */
export function set_rng_state(new_state: Tensor): void {
  default_generator.set_state(checkTensor('set_rng_state', 'new_state', new_state));
}

export interface ForkRngOptions {
  /** Of the devices, only the CPU has a generator: none, or null. */
  readonly devices?: readonly [] | null;
  /** False: nothing is put back. */
  readonly enabled?: boolean;
}

interface Fork {
  (options?: ForkRngOptions): Disposable;
  (devices: ForkRngOptions['devices'], enabled?: boolean): Disposable;
  <T>(fn: () => T): T;
  <T>(options: ForkRngOptions, fn: () => T): T;
  <T>(devices: ForkRngOptions['devices'], enabled: boolean, fn: () => T): T;
}

const readFork = signature<(devices?: unknown, enabled?: unknown) => boolean>(
  'fork_rng(devices?, enabled?)',
  (devices, enabled) => {
    if (devices !== undefined && devices !== null && !(Array.isArray(devices) && devices.length === 0)) {
      const got = String(devices);
      throw new ValueError(`fork_rng(): only the cpu has a generator, 'devices' must be [] or null, got ${got}`);
    }
    return checkBoolean('fork_rng', 'enabled', enabled ?? true);
  },
);

/**
 * Runs `fn` and puts the generator back to where it was, also after an exception; without `fn`, when the block ends:
 * `using _ = fork_rng()`. https://pytorch.org/docs/stable/random.html#torch.random.fork_rng
 * @throws ValueError when `fn` returns a Promise, for devices, and for options that are unknown
 */
export const fork_rng: Fork = (...args: unknown[]): never => {
  const fn = typeof args.at(-1) === 'function' ? (args.pop() as () => unknown) : undefined;
  return fork(readFork(...args), fn) as never;
};

function fork(enabled: boolean, fn: (() => unknown) | undefined): unknown {
  const before = enabled ? default_generator.bytes() : null;
  const restore = (): void => {
    if (before !== null) default_generator.setBytes(before);
  };
  if (fn === undefined) return { [Symbol.dispose]: restore };
  try {
    const result = fn();
    if (!(result instanceof Promise)) return result;
  } finally {
    restore();
  }
  // the state has already been restored although the function still runs
  throw new ValueError('fork_rng(): the function returned a Promise; write `using _ = fork_rng()` inside it instead');
}
