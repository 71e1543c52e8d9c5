/** Shared memory for one reply at a time, where no message reaches a thread that waits: in a browser. */
import type { Reply } from './transport.js';

const HEADER_BYTES = 8;
/** Enough for the longest message of an error. */
const LEAST = 64 * 1024;

const Kind = { nothing: 0, text: 1, elements: 2 } as const;

export class ReplyArea {
  /** The reply's kind, and its length in bytes. */
  private readonly header: Int32Array;

  constructor(size: SharedArrayBuffer | number = LEAST) {
    this.memory = typeof size === 'number' ? new SharedArrayBuffer(HEADER_BYTES + Math.max(size, LEAST)) : size;
    this.header = new Int32Array(this.memory, 0, 2);
  }

  readonly memory: SharedArrayBuffer;

  private get room(): number {
    return this.memory.byteLength - HEADER_BYTES;
  }

  /** Whether a reply with so many bytes fits, in memory that is not much too large. */
  holds(bytes: number): boolean {
    return bytes <= this.room && this.room <= Math.max(LEAST, 4 * bytes);
  }

  write(reply: Reply): void {
    if (reply.kind === 'elements') {
      new Float32Array(this.memory, HEADER_BYTES, reply.elements.length).set(reply.elements);
      this.header.set([Kind.elements, reply.elements.byteLength]);
      return;
    }
    const text = new TextEncoder().encode(JSON.stringify(reply.kind === 'failed' ? this.shortened(reply) : reply));
    new Uint8Array(this.memory, HEADER_BYTES, text.length).set(text);
    this.header.set([Kind.text, text.length]);
  }

  /** A message that fits, whatever its characters take as JSON. */
  private shortened({ failure }: Extract<Reply, { kind: 'failed' }>): Reply {
    return {
      kind: 'failed',
      failure: { ...failure, message: failure.message.slice(0, Math.floor(this.room / 6) - 100) },
    };
  }

  /** The reply, copied out; undefined where there is none. */
  read(): Reply | undefined {
    const [kind, bytes] = this.header;
    this.header[0] = Kind.nothing;
    if (kind === Kind.nothing) return undefined;
    if (kind === Kind.elements) {
      return { kind: 'elements', elements: new Float32Array(this.memory, HEADER_BYTES, bytes / 4).slice() };
    }
    // a copy, since a decoder takes no shared memory
    return JSON.parse(new TextDecoder().decode(new Uint8Array(this.memory, HEADER_BYTES, bytes).slice()));
  }
}
