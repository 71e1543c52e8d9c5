/**
 * Convolution with kernels of 3×3 in steps of one by Winograd's minimal filtering, F(2×2, 3×3) of Lavin and Gray, "Fast Algorithms for
 * Convolutional Neural Networks" (2016), as tasks in WebAssembly memory. Every function returns false, with nothing done that matters,
 * where that does not apply: then the convolution is found directly.
 */
import { share } from '../parallel/split.js';
import type { FloatArray } from '../types.js';
import { type Operand, operand } from '../wasm/visit.js';
import { MOST_PARTIAL, PARTS } from './plan.js';
import type { Conv2dShape } from './shape.js';
import { apart, PRODUCTS, Strips, suits, winogradLimits } from './winograd-plan.js';
import { Filtering, isSafe } from './winograd-work.js';

/** Images on one side of the convolution: channels, height, width. */
type Planes = readonly [channels: number, height: number, width: number];
const inputs = (s: Conv2dShape): Planes => [s.inChannels, s.height, s.width];
const outputs = (s: Conv2dShape): Planes => [s.outChannels, s.outHeight, s.outWidth];
const size = (batch: number, [channels, height, width]: Planes): number => batch * channels * height * width;

/** The same matrices for the kernel turned by 180°, whose first and last rows and columns change places. */
const TURNED = [3, 1, 2, 0].flatMap((row) => [3, 1, 2, 0].map((column) => 4 * row + column));

/** `to` = `from` convolved, over images of any padding; `bias` may be null. */
function filter(
  s: Conv2dShape,
  turned: boolean,
  from: Operand,
  weight: Operand,
  bias: Operand | null,
  to: Operand,
): boolean {
  const [source, target] = turned ? [outputs(s), inputs(s)] : [inputs(s), outputs(s)];
  const strips = new Strips(s.batch, target[1], target[2], source[0] + target[0]);
  const step = apart(s.inChannels * s.outChannels);
  const operands = [from, weight, bias, to];
  const work = Filtering.begin(strips, [source[0], target[0]], operands, [(PRODUCTS * step) / 4]);
  if (work === null) return false;
  const { kernels, left, right, leftApart, rightApart, stage, addresses } = work;
  const { shared } = kernels;
  const [transformed] = work.regions;
  const peak = work.transformWeights(addresses[1], s.inChannels * s.outChannels, transformed, step);
  const [top, beside] = turned ? [2 - s.padTop, 2 - s.padLeft] : [s.padTop, s.padLeft];
  const n = strips.of(strips.tileColumns);
  work.run(
    {
      kernel: shared.winogradInput,
      args: [addresses[0], ...source, top, beside, ...strips.place, left[0], leftApart, stage],
      result: work.peak(0),
    },
    ...left.map((columns, i) => {
      const matrix = transformed + step * (turned ? TURNED[i] : i);
      return work.gemm(turned, false, target[0], n, source[0], 1, matrix, s.inChannels, columns, n, 0, right[i], n);
    }),
    {
      kernel: shared.winogradOutput,
      args: [right[0], rightApart, ...target, ...strips.place, addresses[2], addresses[3], stage],
    },
  );
  if (!isSafe(9 * source[0], work.largest(0), peak)) return false;
  work.end();
  return true;
}

/** See `conv2dForward`. */
export function winogradForward(
  s: Conv2dShape,
  x: FloatArray,
  xOffset: number,
  weight: FloatArray,
  wOffset: number,
  bias: FloatArray | null,
  bOffset: number,
  out: FloatArray,
  outOffset: number,
): boolean {
  if (!(x instanceof Float32Array) || !suits(s)) return false;
  return filter(
    s,
    false,
    operand(x, xOffset, size(s.batch, inputs(s))),
    operand(weight, wOffset, 9 * s.inChannels * s.outChannels),
    bias === null ? null : operand(bias, bOffset, s.outChannels),
    operand(out, outOffset, size(s.batch, outputs(s)), true),
  );
}

/** See `conv2dInputGrad`: the convolution of the gradient with the kernels turned by 180°. */
export function winogradInputGrad(
  s: Conv2dShape,
  gradOut: FloatArray,
  gOffset: number,
  weight: FloatArray,
  wOffset: number,
  gradIn: FloatArray,
  giOffset: number,
): boolean {
  if (!(gradOut instanceof Float32Array) || !suits(s)) return false;
  return filter(
    s,
    true,
    operand(gradOut, gOffset, size(s.batch, outputs(s))),
    operand(weight, wOffset, 9 * s.inChannels * s.outChannels),
    null,
    operand(gradIn, giOffset, size(s.batch, inputs(s)), true),
  );
}

/**
 * See `conv2dWeightGrad`: each step of the convolution read backwards. Four gradients y of outputs over the 4×4 inputs d give the
 * kernel Gᵀ [(A y Aᵀ) ⊙ (Bᵀ d B)] G, and the sum over tiles in the middle is a matrix product.
 */
export function winogradWeightGrad(
  s: Conv2dShape,
  x: FloatArray,
  xOffset: number,
  gradOut: FloatArray,
  gOffset: number,
  gradWeight: FloatArray,
  gwOffset: number,
  gradBias: FloatArray | null,
  gbOffset: number,
): boolean {
  if (!(x instanceof Float32Array) || !suits(s)) return false;
  const { inChannels, outChannels } = s;
  const step = apart(inChannels * outChannels);
  const length = (PRODUCTS * step) / 4;
  const mostParts = Math.min(PARTS, Math.floor(MOST_PARTIAL / length));
  const kept = mostParts < winogradLimits.leastParts;
  const channels = inChannels + outChannels;
  const strips = new Strips(s.batch, s.outHeight, s.outWidth, channels, kept ? undefined : mostParts);
  const { parts } = strips;
  const operands = [
    operand(x, xOffset, size(s.batch, inputs(s))),
    operand(gradOut, gOffset, size(s.batch, outputs(s))),
    operand(gradWeight, gwOffset, 9 * inChannels * outChannels, true),
  ];
  // the gradients' rows are whole vectors
  const wide = Math.ceil(outChannels / 4) * 4;
  const partialLength = kept ? 0 : parts * length;
  const work = Filtering.begin(strips, [inChannels, wide], operands, [2 * parts * wide, partialLength, length], kept);
  if (work === null) return false;
  const { left, right, leftApart, rightApart, stage, kernels, addresses } = work;
  const { shared, exports, memory, pool } = kernels;
  const [sums, partial, whole] = work.regions;
  exports.clear(sums, 8 * parts * wide);
  exports.clear(partial, 4 * partialLength);
  const n = strips.of(strips.tileColumns);
  const toSums = gradBias === null ? 0 : { base: sums, perBlock: 8 * wide };
  const products = left.map((columns, i) => {
    const to = { base: partial + step * i, perBlock: 4 * length };
    return work.gemm(false, false, inChannels, outChannels, n, 1, columns, n, right[i], wide, 1, to, outChannels);
  });
  work.run(
    {
      kernel: shared.winogradInput,
      args: [addresses[0], ...inputs(s), s.padTop, s.padLeft, ...strips.place, left[0], leftApart, stage],
      result: work.peak(0),
    },
    {
      kernel: shared.winogradGrad,
      args: [addresses[1], ...outputs(s), ...strips.place, right[0], rightApart, stage, toSums],
      result: work.peak(1),
    },
    ...(kept ? [] : products),
  );
  if (!isSafe(s.batch * s.outHeight * s.outWidth, work.largest(0), work.largest(1))) return false;
  if (kept) work.sumProducts(inChannels, outChannels, wide, whole, step);
  else if (parts > 1) exports.sumColumns(partial, whole, parts, length, length, memory.workspace);
  const from = kept || parts > 1 ? whole : partial;
  share(pool, shared.winogradWeightGrad, inChannels, PRODUCTS * outChannels, (count, perBlock) => [
    ...[from, step, inChannels, outChannels, addresses[2]],
    { base: 0, perBlock },
    count,
  ]);
  if (gradBias !== null) {
    for (let c = 0; c < outChannels; c++) {
      let total = 0;
      for (let i = 0; i < parts; i++) total += memory.doubles[sums / 8 + i * wide + c];
      gradBias[gbOffset + c] = total;
    }
  }
  work.end();
  return true;
}
