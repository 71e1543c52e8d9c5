import { SerializationError } from '../errors.js';
import { decodeUtf8 } from './utf8.js';
import { viewOf } from './zip-format.js';

/** Bytes of the longest integer that is read: what one opcode for integers can carry. */
const MAX_INT_BYTES = 255;

/** The bytes of a pickle, read from front to back. Every method throws SerializationError when there are too few. */
export class PickleInput {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
    this.#view = viewOf(bytes);
  }

  get at(): number {
    return this.#at;
  }

  get left(): number {
    return this.#bytes.length - this.#at;
  }

  u8(): number {
    return this.#bytes[this.#take(1)];
  }

  u16(): number {
    return this.#view.getUint16(this.#take(2), true);
  }

  i32(): number {
    return this.#view.getInt32(this.#take(4), true);
  }

  u32(): number {
    return this.#view.getUint32(this.#take(4), true);
  }

  /** Rounded beyond 2^53: good enough to be found too large. */
  u64(): number {
    return Number(this.#view.getBigUint64(this.#take(8), true));
  }

  /** Floats are big-endian in pickles, unlike everything else. */
  f64(): number {
    return this.#view.getFloat64(this.#take(8), false);
  }

  bytes(length: number): Uint8Array {
    const at = this.#take(length);
    return this.#bytes.subarray(at, at + length);
  }

  text(length: number): string {
    try {
      return decodeUtf8(this.bytes(length));
    } catch (cause) {
      if (cause instanceof SerializationError) throw cause;
      throw new SerializationError('a string in the pickle is not UTF-8', { cause });
    }
  }

  line(): string {
    const end = this.#bytes.indexOf(0x0a, this.#at);
    if (end < 0) throw new SerializationError(`the pickle ends within a line that starts at byte ${this.#at}`);
    const line = this.text(end - this.#at);
    this.#at = end + 1;
    return line;
  }

  /** A little-endian two's complement integer; beyond the safe integers it is a bigint. */
  int(length: number): number | bigint {
    if (length === 0) return 0;
    if (length > MAX_INT_BYTES) throw new SerializationError(`an integer of ${length} bytes in the pickle`);
    let hex = '0x';
    for (const byte of this.bytes(length).toReversed()) hex += byte.toString(16).padStart(2, '0');
    const value = BigInt.asIntN(length * 8, BigInt(hex));
    const number = Number(value);
    return Number.isSafeInteger(number) ? number : value;
  }

  #take(length: number): number {
    const at = this.#at;
    if (length > this.left) {
      throw new SerializationError(`the pickle is cut off: ${length} bytes should follow byte ${at}, ${this.left} do`);
    }
    this.#at = at + length;
    return at;
  }
}
