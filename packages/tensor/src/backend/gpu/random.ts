/**
 * The gpu's own generator, as CUDA has one: each call of a kernel takes its key from a stream on the host, which
 * `torch.manual_seed` seeds together with the cpu's. The numbers are other ones than the cpu's.
 */

import { RandomStream } from '../../random/stream.js';
import { numelOf } from '../../shape.js';
import type { RandomDraw, View } from '../backend.js';
import { handleOf } from './handles.js';
import { randomKernel, WIDEST_RANGE, WORD } from './kernels/random.js';
import { runKernel } from './run.js';
import { placeOf, store } from './views.js';

let generator: RandomStream | null = null;

/** The stream of keys; from a random seed, unless it is seeded. */
export function gpuGenerator(): RandomStream {
  if (generator === null) {
    generator = new RandomStream();
    generator.seed();
  }
  return generator;
}

/** Four words: two draws of 24 bits. */
function nextKey(): number[] {
  const { engine } = gpuGenerator();
  return [engine.nextUint32() >>> 8, engine.nextUint32() >>> 8].flatMap((bits) => [
    Math.floor(bits / WORD),
    bits % WORD,
  ]);
}

/** False for integers in a wide range, which the host draws. */
export function random(draw: RandomDraw, out: View): boolean {
  if (draw.kind === 'integer' && (draw.high - draw.low > WIDEST_RANGE || !exact(draw.low) || !exact(draw.high))) {
    return false;
  }
  if (numelOf(out.shape) === 0) return true;
  const p = draw.kind === 'bernoulli' && typeof draw.p !== 'number' ? draw.p : null;
  const { kernel, scalars } = randomKernel(draw, out.shape, p === null ? null : placeOf(p, out.shape));
  store(runKernel(kernel, p === null ? [] : [handleOf(p)], [...nextKey(), ...scalars], out.dtype), out);
  return true;
}

const exact = (value: number): boolean => Math.abs(value) <= 2 ** 24;
