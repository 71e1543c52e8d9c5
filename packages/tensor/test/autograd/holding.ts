/** Holding tensors, and taking the memory of all that nobody holds. */
import { allocateArray32, releaseArray } from '@torchlet/kernels';
import { expect } from 'vitest';
import type * as torch from '../../src/index.js';

/** Remembers what tensors looked like when they were first seen. */
export class Holder {
  private readonly held: { readonly what: string; readonly t: torch.Tensor; readonly before: number[] }[] = [];

  /** Returns what it is given. */
  hold<T>(what: string, x: T): T {
    if (Array.isArray(x)) {
      x.forEach((t, i) => {
        this.hold(`${what} ${i}`, t);
      });
    } else if (isTensor(x)) this.held.push({ what, t: x, before: elementsOf(x) });
    return x;
  }

  get count(): number {
    return this.held.length;
  }

  /** Fails when one of them has changed. */
  check(): void {
    for (const { what, t, before } of this.held) {
      const after = elementsOf(t);
      const at = before.findIndex((value, i) => !Object.is(value, after[i]));
      if (at >= 0 || after.length !== before.length) {
        expect.fail(`${what} [${t.shape}] has changed: element ${at} was ${before[at]} and is ${after[at]}`);
      }
    }
  }
}

const isTensor = (x: unknown): x is torch.Tensor => typeof x === 'object' && x !== null && 'versionCounter' in x;

/** A copy; of a sparse tensor, its indices and values. */
function elementsOf(t: torch.Tensor): number[] {
  return t.is_sparse ? [...elementsOf(t._indices()), ...elementsOf(t._values())] : Array.from(t.toArray());
}

/** Sizes of the blocks that tensors of the tests need. */
const SIZES = [256, 300, 512, 640, 800, 1024, 1280, 1600, 2048, 4096, 8192];

/** Writes into every block that was given back, as later steps of a program would. */
export function pressure(): void {
  const arrays = SIZES.flatMap((n) => Array.from({ length: 48 }, () => allocateArray32(Float32Array, n, false)));
  for (const array of arrays) array.fill(Number.NaN);
  for (const array of arrays) releaseArray(array);
}
