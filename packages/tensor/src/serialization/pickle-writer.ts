import { Op } from './pickle-opcodes.js';
import { encodeUtf8 } from './utf8.js';
import { viewOf } from './zip-format.js';

const MAX_UINT8 = 0xff;
const MAX_UINT16 = 0xffff;
const MAX_INT32 = 0x7fffffff;

/**
 * Writes a pickle of protocol 2, PyTorch's, opcode by opcode: only those that PyTorch's restricted reader
 * (`weights_only=True`) takes. Equal calls give equal bytes.
 */
export class PickleWriter {
  #bytes = new Uint8Array(1024);
  #view = viewOf(this.#bytes);
  #length = 0;
  #memoSize = 0;
  /** Memo places of strings and globals, which are written once. */
  readonly #texts = new Map<string, number>();

  constructor() {
    this.op(Op.PROTO);
    this.#u8(2);
  }

  /** Ends the pickle. */
  finish(): Uint8Array {
    this.op(Op.STOP);
    return this.#bytes.subarray(0, this.#length);
  }

  /** An opcode without argument. */
  op(code: number): void {
    this.#u8(code);
  }

  bool(value: boolean): void {
    this.op(value ? Op.NEWTRUE : Op.NEWFALSE);
  }

  /** A number: an int if it is an integer that JavaScript holds exactly, otherwise a float. */
  number(value: number): void {
    if (!Number.isSafeInteger(value) || Object.is(value, -0)) this.float(value);
    else if (value >= 0 && value <= MAX_UINT8) this.#with8(Op.BININT1, value);
    else if (value >= 0 && value <= MAX_UINT16) this.#with16(Op.BININT2, value);
    else if (value >= -MAX_INT32 - 1 && value <= MAX_INT32) this.#withI32(Op.BININT, value);
    else this.bigint(BigInt(value));
  }

  float(value: number): void {
    const at = this.#reserve(9);
    this.#bytes[at] = Op.BINFLOAT;
    this.#view.setFloat64(at + 1, value, false);
  }

  /** An int of up to 255 bytes, in the fewest bytes of two's complement. @returns whether it fits. */
  bigint(value: bigint): boolean {
    const magnitude = value < 0n ? -value - 1n : value;
    const length = value === 0n ? 0 : (magnitude.toString(16).length * 4 + 8) >> 3;
    const bytes: number[] = [];
    for (let rest = value, i = 0; i < length; i++, rest >>= 8n) bytes.push(Number(rest & 255n));
    // One byte too many where the top half-byte leaves room for the sign.
    const extra = value < 0n ? 255 : 0;
    if (length > 1 && bytes[length - 1] === extra && bytes[length - 2] >> 7 === extra >> 7) bytes.pop();
    if (bytes.length > MAX_UINT8) return false;
    this.#with8(Op.LONG1, bytes.length);
    this.#raw(Uint8Array.from(bytes));
    return true;
  }

  string(value: string): void {
    this.#once(`s${value}`, () => {
      const bytes = encodeUtf8(value);
      this.#withU32(Op.BINUNICODE, bytes.length);
      this.#raw(bytes);
    });
  }

  global(module: string, name: string): void {
    this.#once(`g${module} ${name}`, () => {
      this.op(Op.GLOBAL);
      this.#raw(encodeUtf8(`${module}\n${name}\n`));
    });
  }

  /** Gives what is on top of the stack a place in the memo. */
  memoize(): number {
    const index = this.#memoSize++;
    if (index <= MAX_UINT8) this.#with8(Op.BINPUT, index);
    else this.#withU32(Op.LONG_BINPUT, index);
    return index;
  }

  /** Pushes what {@link memoize} has given this place. */
  recall(index: number): void {
    if (index <= MAX_UINT8) this.#with8(Op.BINGET, index);
    else this.#withU32(Op.LONG_BINGET, index);
  }

  #once(key: string, write: () => void): void {
    const index = this.#texts.get(key);
    if (index !== undefined) {
      this.recall(index);
    } else {
      write();
      this.#texts.set(key, this.memoize());
    }
  }

  #with8(code: number, value: number): void {
    const at = this.#reserve(2);
    this.#bytes[at] = code;
    this.#bytes[at + 1] = value;
  }

  #with16(code: number, value: number): void {
    const at = this.#reserve(3);
    this.#bytes[at] = code;
    this.#view.setUint16(at + 1, value, true);
  }

  #withI32(code: number, value: number): void {
    const at = this.#reserve(5);
    this.#bytes[at] = code;
    this.#view.setInt32(at + 1, value, true);
  }

  #withU32(code: number, value: number): void {
    const at = this.#reserve(5);
    this.#bytes[at] = code;
    this.#view.setUint32(at + 1, value, true);
  }

  #u8(value: number): void {
    // Reserving first: it may replace the array.
    const at = this.#reserve(1);
    this.#bytes[at] = value;
  }

  #raw(bytes: Uint8Array): void {
    const at = this.#reserve(bytes.length);
    this.#bytes.set(bytes, at);
  }

  /** Room for so many bytes more. @returns where they start. */
  #reserve(length: number): number {
    const at = this.#length;
    this.#length += length;
    if (this.#length > this.#bytes.length) {
      const grown = new Uint8Array(Math.max(this.#length, this.#bytes.length * 2));
      grown.set(this.#bytes);
      this.#bytes = grown;
      this.#view = viewOf(grown);
    }
    return at;
  }
}
