import { SerializationError } from '../errors.js';
import type { ByteSource } from './byte-source.js';
import { decodeUtf8 } from './utf8.js';
import { viewOf } from './zip-format.js';

/** Bytes of the longest integer that is read: what one opcode for integers can carry. */
const MAX_INT_BYTES = 255;
/** Bytes of the longest line that is read: lines name modules and their members. */
const MAX_LINE_BYTES = 4096;
/** Bytes taken from the source at once. */
const WINDOW = 1 << 16;

/** The bytes of a pickle, read from front to back. Every method throws SerializationError when there are too few. */
export class PickleInput {
  readonly #source: ByteSource;
  /** Where the pickle must end at the latest. */
  readonly #end: number;
  /** A piece of the source, and where it starts there. */
  #window: Uint8Array = new Uint8Array(0);
  #view = viewOf(this.#window);
  #start: number;
  /** The next byte, counted from the window's start. */
  #next = 0;

  /** @param longest bytes that are read at most */
  constructor(source: ByteSource, start: number, longest: number) {
    this.#source = source;
    this.#start = start;
    this.#end = Math.min(source.size, start + longest);
  }

  /** The place of the next byte in the source. */
  get at(): number {
    return this.#start + this.#next;
  }

  get left(): number {
    return this.#end - this.at;
  }

  u8(): number {
    // taken first: it may bring a new window
    const at = this.#take(1);
    return this.#window[at];
  }

  u16(): number {
    const at = this.#take(2);
    return this.#view.getUint16(at, true);
  }

  i32(): number {
    const at = this.#take(4);
    return this.#view.getInt32(at, true);
  }

  u32(): number {
    const at = this.#take(4);
    return this.#view.getUint32(at, true);
  }

  /** Rounded beyond 2^53: good enough to be found too large. */
  u64(): number {
    const at = this.#take(8);
    return Number(this.#view.getBigUint64(at, true));
  }

  /** Floats are big-endian in pickles, unlike everything else. */
  f64(): number {
    const at = this.#take(8);
    return this.#view.getFloat64(at, false);
  }

  bytes(length: number): Uint8Array {
    const at = this.#take(length);
    return this.#window.subarray(at, at + length);
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
    const start = this.at;
    const most = Math.min(this.left, MAX_LINE_BYTES);
    this.#fill(most);
    const length = this.#window.subarray(this.#next, this.#next + most).indexOf(0x0a);
    if (length < 0) throw new SerializationError(`the pickle ends within a line that starts at byte ${start}`);
    const line = this.text(length);
    this.#next++;
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

  /** Steps over so many bytes. @returns where in the window they start; this may be a new window. */
  #take(length: number): number {
    if (length > this.left) {
      throw new SerializationError(
        `the pickle is cut off: ${length} bytes should follow byte ${this.at}, ${this.left} do`,
      );
    }
    this.#fill(length);
    const at = this.#next;
    this.#next += length;
    return at;
  }

  /** Brings so many of the next bytes into the window; there must be as many. */
  #fill(length: number): void {
    if (this.#next + length <= this.#window.length) return;
    this.#start = this.at;
    this.#next = 0;
    this.#window = this.#source.read(this.#start, Math.min(this.left, Math.max(length, WINDOW)));
    this.#view = viewOf(this.#window);
  }
}
