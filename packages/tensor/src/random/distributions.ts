/**
 * Fills typed arrays with draws, number for number as PyTorch's CPU kernels do (without MKL, which draws `bernoulli_` and
 * `exponential_` from a generator of its own).
 * @see https://pytorch.org/docs/stable/torch.html#random-sampling
 */
import { type DType, dtypeOfArray, type TypedArray } from '../dtype.js';
import { boxMuller32, boxMuller64 } from './box-muller.js';
import {
  checkExponential,
  checkNormal,
  checkPermutation,
  checkProbabilities,
  checkProbability,
  checkRandom,
  checkUniform,
} from './checks.js';
import { fma } from './fma.js';
import { log1p } from './log.js';
import type { Mt19937 } from './mt19937.js';
import { cos, sin } from './sin-cos.js';
import type { RandomStream } from './stream.js';

const TWO_32 = 2 ** 32;
const TWO_53 = 2 ** 53;
/** From this length on, normals are made in blocks. */
const BLOCK = 16;
/** From this range on, `randint` takes 64 bits a draw, so that a remainder is as likely as another (2^32 before PyTorch 2.7). */
const WIDE_RANGE = 2 ** 28;

const MASK_24 = 0xffffff;
const MASK_21 = 0x1fffff;

/** The low 53 bits of a 64-bit draw: two 32-bit draws, the first one high. */
function draw53(engine: Mt19937): number {
  const high = engine.nextInt32() & MASK_21;
  return high * TWO_32 + engine.nextUint32();
}

/** A float64 in [0, 1). */
const draw64 = (engine: Mt19937): number => draw53(engine) / TWO_53;

/**
 * Uniform on [from, to): 24 bits of one draw for float32, 53 bits of two for float64.
 * @throws {ValueError} when from > to, or when they or to − from do not fit the element type
 */
export function uniform(gen: RandomStream, out: Float32Array | Float64Array, from = 0, to = 1): void {
  const single = out instanceof Float32Array;
  checkUniform(from, to, single);
  if (single) fillUniform32(gen.engine, out, 0, from, to);
  else fillUniform64(gen.engine, out, 0, from, to);
}

function fillUniform32(engine: Mt19937, out: Float32Array, start: number, from: number, to: number): void {
  const base = Math.fround(from);
  const scale = Math.fround(Math.fround(to) - base) * 2 ** -24;
  // Exact in float64 up to the one rounding of the store: the draw has 24 bits and so has the scale.
  for (let i = start; i < out.length; i++) out[i] = (engine.nextInt32() & MASK_24) * scale + base;
}

function fillUniform64(engine: Mt19937, out: Float64Array, start: number, from: number, to: number): void {
  const scale = to - from;
  if (from === 0 && scale === 1) for (let i = start; i < out.length; i++) out[i] = draw64(engine);
  else for (let i = start; i < out.length; i++) out[i] = fma(draw64(engine), scale, from);
}

/**
 * Normal with the given mean and standard deviation, by Box–Muller. 16 numbers or more are made in blocks of 16, the
 * last block overlapping the one before it; fewer are made one by one in double precision, and the second number of a
 * pair stays in the generator for the next such call.
 * @param blocks false: one by one, however many (where PyTorch fills a tensor that is not contiguous)
 * @throws {ValueError} when std is negative or NaN
 */
export function normal(gen: RandomStream, out: Float32Array | Float64Array, mean = 0, std = 1, blocks = true): void {
  checkNormal(std);
  if (out.length < BLOCK || !blocks) normalScalar(gen, out, mean, std);
  else if (out instanceof Float32Array) normalBlocks32(gen.engine, out, Math.fround(mean), Math.fround(std));
  else normalBlocks64(gen.engine, out, mean, std);
}

function normalScalar(gen: RandomStream, out: Float32Array | Float64Array, mean: number, std: number): void {
  for (let i = 0; i < out.length; i++) out[i] = fma(drawNormal(gen), std, mean);
}

function drawNormal(gen: RandomStream): number {
  const cached = gen.nextDoubleNormal;
  if (cached !== null) {
    gen.nextDoubleNormal = null;
    return cached;
  }
  const theta = 2 * Math.PI * draw64(gen.engine);
  const radius = Math.sqrt(-2 * log1p(-draw64(gen.engine)));
  gen.nextDoubleNormal = radius * sin(theta);
  return radius * cos(theta);
}

function normalBlocks32(engine: Mt19937, out: Float32Array, mean: number, std: number): void {
  const n = out.length;
  fillUniform32(engine, out, 0, 0, 1);
  for (let i = 0; i + BLOCK <= n; i += BLOCK) boxMuller32(out, i, mean, std);
  if (n % BLOCK === 0) return;
  fillUniform32(engine, out, n - BLOCK, 0, 1);
  boxMuller32(out, n - BLOCK, mean, std);
}

function normalBlocks64(engine: Mt19937, out: Float64Array, mean: number, std: number): void {
  const n = out.length;
  fillUniform64(engine, out, 0, 0, 1);
  for (let i = 0; i + BLOCK <= n; i += BLOCK) boxMuller64(out, i, mean, std);
  if (n % BLOCK === 0) return;
  fillUniform64(engine, out, n - BLOCK, 0, 1);
  boxMuller64(out, n - BLOCK, mean, std);
}

/**
 * Integers on [low, high): a draw modulo high − low.
 * @param dtype the element type that `out` stands for, when its class does not tell (int64 lies in a Float64Array)
 * @throws {ValueError} when low ≥ high, or when either does not fit the element type
 */
export function randint(
  gen: RandomStream,
  out: TypedArray,
  low: number,
  high: number,
  dtype: DType = dtypeOfArray(out),
): void {
  checkRandom(low, high, dtype);
  const { engine } = gen;
  const range = high - low;
  if (range < WIDE_RANGE) {
    const modulus = range >>> 0;
    for (let i = 0; i < out.length; i++) out[i] = (engine.nextUint32() % modulus) + low;
    return;
  }
  // The range itself can exceed 2^53, so that only bigints divide by it exactly.
  const modulus = BigInt(high) - BigInt(low);
  for (let i = 0; i < out.length; i++) out[i] = Number((gen.random64() % modulus) + BigInt(low));
}

/**
 * A random permutation of 0 … n − 1 (int64), by Fisher–Yates from the front.
 * @throws {ValueError} when n is no integer
 * @throws {ShapeError} when n is negative
 */
export function randperm(gen: RandomStream, n: number): Float64Array {
  checkPermutation(n);
  const out = new Float64Array(n);
  for (let i = 0; i < n; i++) out[i] = i;
  for (let i = 0; i < n - 1; i++) {
    const j = i + (gen.engine.nextUint32() % (n - i));
    const kept = out[i];
    out[i] = out[j];
    out[j] = kept;
  }
  return out;
}

/**
 * Ones with probability p, otherwise zeros. `p` is one probability, or an array with one per element; it decides how an
 * element is drawn: 24 bits for float32 probabilities, 53 bits for float64 ones and for a number.
 * @throws {ValueError} for a probability outside of [0, 1]
 * @throws {ShapeError} when an array of probabilities has another length than `out`
 */
export function bernoulli(gen: RandomStream, out: TypedArray, p: number | Float32Array | Float64Array): void {
  const { engine } = gen;
  if (typeof p === 'number') {
    checkProbability(p);
    const threshold = p * TWO_53;
    for (let i = 0; i < out.length; i++) out[i] = draw53(engine) < threshold ? 1 : 0;
    return;
  }
  checkProbabilities(p, out.length);
  if (p instanceof Float32Array) {
    for (let i = 0; i < out.length; i++) out[i] = (engine.nextInt32() & MASK_24) < p[i] * 2 ** 24 ? 1 : 0;
  } else {
    for (let i = 0; i < out.length; i++) out[i] = draw53(engine) < p[i] * TWO_53 ? 1 : 0;
  }
}

/**
 * Exponential with rate lambda, −ln(1 − u) / lambda.
 * @throws {ValueError} when lambda is negative or NaN
 */
export function exponential(gen: RandomStream, out: Float32Array | Float64Array, lambda = 1): void {
  checkExponential(lambda);
  for (let i = 0; i < out.length; i++) out[i] = (-1 / lambda) * log1p(-draw64(gen.engine));
}
