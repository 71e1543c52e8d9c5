import { backendOf } from './backend/devices.js';
import { DeviceError, DTypeError } from './errors.js';
import { RandomStream } from './random/stream.js';
import { Storage } from './storage.js';
import { Tensor } from './tensor.js';

/** Bytes as a uint8 tensor on the cpu, which takes them over. */
export function bytesTensor(bytes: Uint8Array): Tensor {
  const storage = new Storage('cpu', 'uint8', bytes.length, backendOf('cpu').fromHost(bytes, 'uint8'));
  return new Tensor(storage, [bytes.length], [1], 0);
}

/** A copy of the bytes of a generator's state. @throws DTypeError for anything but a uint8 tensor on the cpu. */
export function stateBytes(state: unknown): Uint8Array {
  if (!(state instanceof Tensor) || state.dtype !== 'uint8' || state.device !== 'cpu') {
    throw new DTypeError('RNG state must be a torch.ByteTensor');
  }
  return Uint8Array.from(state.toArray());
}

/**
 * A pseudo-random number generator on the CPU whose stream is PyTorch's, draw for draw. A new one has PyTorch's fixed
 * default seed.
 * https://pytorch.org/docs/stable/generated/torch.Generator.html
 */
export class Generator extends RandomStream {
  readonly device = 'cpu' as const;

  /** @throws DeviceError for another device than the CPU: it draws for all of them. */
  constructor(device: string | { readonly device?: string } = 'cpu') {
    super();
    const name = typeof device === 'string' ? device : (device.device ?? 'cpu');
    if (name !== 'cpu') throw new DeviceError(`Device type ${name} is not supported for torch.Generator() api.`);
  }

  /** The whole state, PyTorch's 5056 bytes as a uint8 tensor. https://pytorch.org/docs/stable/generated/torch.Generator.html */
  get_state(): Tensor {
    return bytesTensor(this.bytes());
  }

  /**
   * Takes over a state that `get_state` here or in PyTorch gave (5056 bytes; 5048 from PyTorch before 1.1), a tensor or its
   * bytes. Returns this generator.
   * @throws DTypeError for anything but bytes
   * @throws ValueError for a wrong size or impossible contents; the generator is then unchanged
   */
  set_state(new_state: Tensor | Uint8Array): this {
    return this.setBytes(new_state instanceof Uint8Array ? new_state : stateBytes(new_state));
  }

  /** A generator in the same state. */
  clone_state(): Generator {
    return new Generator().setBytes(this.bytes());
  }
}

/** The generator that every draw uses unless another is given; it starts from a random seed, as PyTorch's does. */
export const default_generator: Generator = randomlySeeded();

function randomlySeeded(): Generator {
  const generator = new Generator();
  generator.seed();
  return generator;
}
