import { DTypeError, ValueError } from '../errors.js';
import { Mt19937, STATE_WORDS } from './mt19937.js';
import { sin } from './sin-cos.js';

/** PyTorch's default seed, `c10::detail::default_rng_seed_val`. */
const DEFAULT_SEED = 67280421310721n;
const MAX_UINT64 = 2n ** 64n - 1n;
const MIN_INT64 = -(2n ** 63n);

// PyTorch's CPUGeneratorImplState, little-endian: the legacy THGenerator struct, then the cached float normal.
const LEGACY_BYTES = 5048;
const STATE_BYTES = 5056;
const AT = { seed: 0, left: 8, seeded: 12, next: 16, words: 24, x: 5016, y: 5024, rho: 5032, valid: 5040 } as const;
const AT_FLOAT = { sample: 5048, valid: 5052 } as const;

/**
 * The stream of PyTorch's generator on the CPU, draw for draw, and its state as bytes: what a Generator is without
 * tensors. A new one has PyTorch's fixed default seed.
 */
export class RandomStream {
  /** The engine under it; distributions draw from it directly. */
  readonly engine: Mt19937 = new Mt19937(Number(DEFAULT_SEED & 0xffffffffn));
  /** The second number of a Box–Muller pair, kept for the next scalar normal draw; null if there is none. */
  nextDoubleNormal: number | null = null;
  /** Only carried from `setBytes` to `bytes`: no distribution on the CPU reads it. */
  nextFloatNormal: number | null = null;
  private seedValue: bigint = DEFAULT_SEED;

  /**
   * Restarts the stream from `seed`, an integer in [-2^63, 2^64); a negative one counts as `2^64 + seed`.
   * Returns this generator.
   * @throws {ValueError} for a seed that is no integer or out of range
   */
  manual_seed(seed: number | bigint): this {
    this.seedValue = uint64(seed);
    this.engine.seed(Number(this.seedValue & 0xffffffffn));
    this.nextDoubleNormal = null;
    this.nextFloatNormal = null;
    return this;
  }

  /** The seed in use, an integer in [0, 2^64): a number when it is a safe integer, otherwise a bigint. */
  initial_seed(): number | bigint {
    const seed = this.seedValue;
    return seed <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(seed) : seed;
  }

  /** Restarts the stream from 53 bits of the system's randomness and returns that seed. */
  seed(): number {
    const words = globalThis.crypto.getRandomValues(new Uint32Array(2));
    const seed = (words[0] & 0x1fffff) * 2 ** 32 + words[1];
    this.manual_seed(seed);
    return seed;
  }

  /** The next 32-bit draw, an integer in [0, 2^32). */
  random(): number {
    return this.engine.nextUint32();
  }

  /** The next 64-bit draw, made of two 32-bit draws, the first one high. */
  random64(): bigint {
    const high = this.engine.nextUint32();
    const low = this.engine.nextUint32();
    return (BigInt(high) << 32n) | BigInt(low);
  }

  /** The whole state in the bytes of `torch.Generator.get_state()` (5056 of them). */
  bytes(): Uint8Array {
    const view = new DataView(new ArrayBuffer(STATE_BYTES));
    const { state, left, next } = this.engine;
    view.setBigUint64(AT.seed, this.seedValue, true);
    view.setInt32(AT.left, left, true);
    view.setInt32(AT.seeded, 1, true);
    view.setUint32(AT.next, next, true);
    // PyTorch keeps each 32-bit word in 64 bits.
    for (let i = 0; i < STATE_WORDS; i++) view.setUint32(AT.words + 8 * i, state[i], true);
    if (this.nextDoubleNormal !== null) {
      view.setFloat64(AT.y, this.nextDoubleNormal, true);
      view.setInt32(AT.valid, 1, true);
    }
    if (this.nextFloatNormal !== null) {
      view.setFloat32(AT_FLOAT.sample, this.nextFloatNormal, true);
      view.setUint8(AT_FLOAT.valid, 1);
    }
    return new Uint8Array(view.buffer);
  }

  /**
   * Takes over a state that `bytes` or PyTorch gave (5056 bytes; 5048 from PyTorch before 1.1).
   * Returns this generator.
   * @throws {DTypeError} for anything but a Uint8Array
   * @throws {ValueError} for a wrong size or impossible contents; the generator is then unchanged
   */
  setBytes(bytes: Uint8Array): this {
    if (!(bytes instanceof Uint8Array)) throw new DTypeError('RNG state must be a torch.ByteTensor');
    if (bytes.length !== LEGACY_BYTES && bytes.length !== STATE_BYTES) {
      throw new ValueError(
        `Expected either a CPUGeneratorImplStateLegacy of size ${LEGACY_BYTES} or a CPUGeneratorImplState of size ` +
          `${STATE_BYTES} but found the input RNG state size to be ${bytes.length}`,
      );
    }
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    const left = view.getInt32(AT.left, true);
    const next = view.getBigUint64(AT.next, true);
    const seeded = view.getInt32(AT.seeded, true) !== 0;
    if (!seeded || left < 1 || left > STATE_WORDS || next > BigInt(STATE_WORDS)) {
      throw new ValueError('Invalid mt19937 state');
    }
    const engine = this.engine;
    this.seedValue = view.getBigUint64(AT.seed, true);
    engine.left = left;
    engine.next = Number(next);
    for (let i = 0; i < STATE_WORDS; i++) engine.state[i] = view.getUint32(AT.words + 8 * i, true);
    this.nextDoubleNormal = view.getInt32(AT.valid, true) === 0 ? null : readNormal(view);
    const hasFloat = bytes.length === STATE_BYTES && view.getUint8(AT_FLOAT.valid) !== 0;
    this.nextFloatNormal = hasFloat ? view.getFloat32(AT_FLOAT.sample, true) : null;
    return this;
  }
}

/** The cached normal; the legacy layout keeps the radius and the angle (in turns) that it is made of. */
function readNormal(view: DataView): number {
  if (view.byteLength === STATE_BYTES) return view.getFloat64(AT.y, true);
  return view.getFloat64(AT.rho, true) * sin(2 * Math.PI * view.getFloat64(AT.x, true));
}

function uint64(seed: number | bigint): bigint {
  if (typeof seed !== 'bigint' && !Number.isInteger(seed)) {
    throw new ValueError(`manual_seed expected a long, but got ${String(seed)}`);
  }
  const value = BigInt(seed);
  if (value < MIN_INT64 || value > MAX_UINT64) {
    throw new ValueError(`manual_seed: Overflow when unpacking long: expected -2^63 <= seed < 2^64, but got ${value}`);
  }
  return BigInt.asUintN(64, value);
}
