/** Memory that the caller's thread and the device's share: how far the one is, and whether the other still lives. */

/** Positions in the 32-bit words. */
const Word = { events: 0, replies: 1, batches: 2, beat: 3, state: 4, closing: 5, sent: 6 } as const;

const WORDS = 16;

/** 64-bit floats behind the words. */
const Amount = { reserved: 0, buffers: 1 } as const;

export const State = { running: 0, ended: 1 } as const;

/** A thread that has not beaten for so long counts as dead. One native call may take seconds. */
const SILENCE_MS = 30_000;

/** How long a waiter sleeps at most before it looks for the beat. */
const LOOK_MS = 500;

export class Control {
  static readonly BEAT_MS = 250;

  private readonly words: Int32Array<SharedArrayBuffer>;
  private readonly amounts: Float64Array<SharedArrayBuffer>;

  constructor(readonly memory: SharedArrayBuffer = new SharedArrayBuffer(WORDS * 4 + 2 * 8)) {
    this.words = new Int32Array(memory, 0, WORDS);
    this.amounts = new Float64Array(memory, WORDS * 4);
  }

  // the device's thread

  /** A sign of life, to be given every {@link Control.BEAT_MS} milliseconds. */
  beat(): void {
    Atomics.add(this.words, Word.beat, 1);
  }

  noteReply(): void {
    this.tell(Word.replies);
  }

  noteBatch(): void {
    this.tell(Word.batches);
  }

  private tell(word: number): void {
    Atomics.add(this.words, word, 1);
    this.wake();
  }

  setMemory(memory: { readonly reserved: number; readonly buffers: number }): void {
    this.amounts[Amount.reserved] = memory.reserved;
    this.amounts[Amount.buffers] = memory.buffers;
  }

  /** The device's thread does nothing any more. Said by it, or by the caller's when it hears of the end. */
  setEnded(): void {
    Atomics.store(this.words, Word.state, State.ended);
    this.wake();
  }

  /** Whether the caller has sent another batch behind the one that is being carried out. */
  get hasNext(): boolean {
    return Atomics.load(this.words, Word.sent) - this.batches > 1;
  }

  get closing(): boolean {
    return Atomics.load(this.words, Word.closing) !== 0;
  }

  private wake(): void {
    Atomics.add(this.words, Word.events, 1);
    Atomics.notify(this.words, Word.events);
  }

  // the caller's thread

  get memoryNow(): { readonly reserved: number; readonly buffers: number } {
    return { reserved: this.amounts[Amount.reserved], buffers: this.amounts[Amount.buffers] };
  }

  get replies(): number {
    return Atomics.load(this.words, Word.replies);
  }

  /** Batches that were carried out. */
  get batches(): number {
    return Atomics.load(this.words, Word.batches);
  }

  noteSent(): void {
    Atomics.add(this.words, Word.sent, 1);
  }

  get ended(): boolean {
    return Atomics.load(this.words, Word.state) === State.ended;
  }

  setClosing(): void {
    Atomics.store(this.words, Word.closing, 1);
  }

  /**
   * Blocks until `until` holds. False when it cannot come to hold any more: the device's thread has ended, or has been silent
   * for too long.
   */
  wait(until: () => boolean, silence: number = SILENCE_MS): boolean {
    let beat = Atomics.load(this.words, Word.beat);
    let heard = performance.now();
    for (;;) {
      const events = Atomics.load(this.words, Word.events);
      if (until()) return true;
      if (this.ended) return false;
      Atomics.wait(this.words, Word.events, events, LOOK_MS);
      const now = performance.now();
      const latest = Atomics.load(this.words, Word.beat);
      if (latest !== beat) [beat, heard] = [latest, now];
      else if (now - heard > silence) return until();
    }
  }
}
