/** `torch.random`: the default generator's seed and state. https://pytorch.org/docs/stable/random.html */
import { checkBoolean } from './arguments.js';
import { gpuGenerator } from './backend/gpu/random.js';
import { ValueError } from './errors.js';
import { default_generator, Generator } from './generator.js';
import { checkTensor } from './ops/kernel.js';
import { signature } from './signature.js';
import type { Tensor } from './tensor.js';

export { default_generator, Generator };

/**
 * Seeds the default generator, and the gpu's own; a fraction is cut off.
 * https://pytorch.org/docs/stable/generated/torch.manual_seed.html
 */
export function manual_seed(seed: number | bigint): Generator {
  const whole = typeof seed === 'number' && Number.isFinite(seed) ? Math.trunc(seed) : seed;
  default_generator.manual_seed(whole);
  gpuGenerator().manual_seed(whole);
  return default_generator;
}

/** The seed in use. https://pytorch.org/docs/stable/generated/torch.initial_seed.html */
export const initial_seed = (): number | bigint => default_generator.initial_seed();

/**
 * Seeds the default generator, and the gpu's own, with a random number and returns that.
 * https://pytorch.org/docs/stable/generated/torch.seed.html
 */
export function seed(): number {
  const drawn = default_generator.seed();
  gpuGenerator().manual_seed(drawn);
  return drawn;
}

/** The default generator's state, PyTorch's bytes as a uint8 tensor. https://pytorch.org/docs/stable/generated/torch.get_rng_state.html */
export const get_rng_state = (): Tensor => default_generator.get_state();

/** https://pytorch.org/docs/stable/generated/torch.set_rng_state.html */
export function set_rng_state(new_state: Tensor): void {
  default_generator.set_state(checkTensor('set_rng_state', 'new_state', new_state));
}

export interface ForkRngOptions {
  /** Which generators beside the cpu's: none, or null for the gpu's too. */
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

interface ForkPlan {
  readonly enabled: boolean;
  readonly everyDevice: boolean;
}

const readFork = signature<(devices?: unknown, enabled?: unknown) => ForkPlan>(
  'fork_rng(devices?, enabled?)',
  (devices, enabled) => {
    if (devices !== undefined && devices !== null && !(Array.isArray(devices) && devices.length === 0)) {
      const got = String(devices);
      throw new ValueError(`fork_rng(): 'devices' must be [], for the cpu alone, or null, for all; got ${got}`);
    }
    return {
      enabled: checkBoolean('fork_rng', 'enabled', enabled ?? true),
      everyDevice: devices === undefined || devices === null,
    };
  },
);

/**
 * Runs `fn` and puts the generators back to where they were, also after an exception; without `fn`, when the block ends:
 * `using _ = fork_rng()`. https://pytorch.org/docs/stable/random.html#torch.random.fork_rng
 * @throws ValueError when `fn` returns a Promise, for devices, and for options that are unknown
 */
export const fork_rng: Fork = (...args: unknown[]): never => {
  const fn = typeof args.at(-1) === 'function' ? (args.pop() as () => unknown) : undefined;
  return fork(readFork(...args), fn) as never;
};

function fork({ enabled, everyDevice }: ForkPlan, fn: (() => unknown) | undefined): unknown {
  const generators = !enabled ? [] : everyDevice ? [default_generator, gpuGenerator()] : [default_generator];
  const before = generators.map((generator) => generator.bytes());
  const restore = (): void => {
    generators.forEach((generator, i) => {
      generator.setBytes(before[i]);
    });
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
