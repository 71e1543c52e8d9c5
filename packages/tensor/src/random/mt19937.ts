/** The Mersenne Twister MT19937 of Matsumoto and Nishimura (1998), as PyTorch's CPU generator runs it. */

/** Words of state. */
export const STATE_WORDS = 624;
const SHIFT = 397;
const MATRIX_A = 0x9908b0df;
const UPPER_MASK = 0x80000000;
const LOWER_MASK = 0x7fffffff;

export class Mt19937 {
  readonly state: Uint32Array = new Uint32Array(STATE_WORDS);
  /** Draws left before the next twist, counted as PyTorch does: 1 right after seeding. */
  left = 1;
  /** Index of the word that the next draw reads (unless a twist comes first). */
  next = 0;

  /** Starts from a 32-bit seed. */
  constructor(seed: number) {
    this.seed(seed);
  }

  /** Restarts from a 32-bit seed. */
  seed(seed: number): void {
    const state = this.state;
    state[0] = seed;
    for (let j = 1; j < STATE_WORDS; j++) {
      const before = state[j - 1];
      state[j] = Math.imul(1812433253, before ^ (before >>> 30)) + j;
    }
    this.left = 1;
    this.next = 0;
  }

  /** The next draw as a *signed* 32-bit integer: the cheapest form, for callers that mask bits anyway. */
  nextInt32(): number {
    if (--this.left === 0) this.twist();
    let y = this.state[this.next++] | 0;
    y ^= y >>> 11;
    y ^= (y << 7) & 0x9d2c5680;
    y ^= (y << 15) & 0xefc60000;
    return y ^ (y >>> 18);
  }

  /** The next draw, an integer in [0, 2^32). */
  nextUint32(): number {
    return this.nextInt32() >>> 0;
  }

  private twist(): void {
    const s = this.state;
    let k = 0;
    for (; k < STATE_WORDS - SHIFT; k++) s[k] = s[k + SHIFT] ^ mix(s[k], s[k + 1]);
    for (; k < STATE_WORDS - 1; k++) s[k] = s[k + SHIFT - STATE_WORDS] ^ mix(s[k], s[k + 1]);
    s[k] = s[SHIFT - 1] ^ mix(s[k], s[0]);
    this.left = STATE_WORDS;
    this.next = 0;
  }
}

function mix(u: number, v: number): number {
  return (((u & UPPER_MASK) | (v & LOWER_MASK)) >>> 1) ^ (v & 1 ? MATRIX_A : 0);
}
