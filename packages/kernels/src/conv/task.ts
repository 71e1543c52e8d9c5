/**
 * Convolution of float32 in WebAssembly memory as tasks, whose blocks are some images each. Every function returns false, with nothing
 * done, where that does not apply: then the loops of conv2d.ts run.
 */
import type { Call, Varying } from '../parallel/pool.js';
import type { FloatArray } from '../types.js';
import { operand } from '../wasm/visit.js';
import { mayBandGradients, mayOrderWeights, Plan } from './plan.js';
import { type Conv2dShape, needsRowBlocks } from './shape.js';
import { Work } from './work.js';

/** Whether a convolution can be a task at all. */
const applies = (s: Conv2dShape, like: unknown): boolean =>
  like instanceof Float32Array && s.batch * s.outHeight * s.outWidth * s.outChannels > 0 && !needsRowBlocks(s);

/**
 * Where the weights `[outChannels, depth]` of each band and group are. Those of several bands, or with the bias, are put into the region
 * as `[bands, outChannels, line]`.
 */
function bandWeights(p: Plan, { region, kernels }: Work, from: number, bias: number): (band: number) => Varying {
  const { bands, bandDepth, line, depth, shape } = p;
  if (bands === 1 && !p.biased) return () => p.weight(from);
  const { floats } = kernels.memory;
  for (let band = 0, to = region / 4; band < bands; band++) {
    for (let o = 0, start = from / 4; o < shape.outChannels; o++, start += depth, to += line) {
      for (let row = 0; row < bandDepth; row++) floats[to + row] = floats[start + p.rowOf(band, row)];
      if (p.biased) floats[to + bandDepth] = floats[bias / 4 + o];
    }
  }
  return (band) => p.weight(region + 4 * band * shape.outChannels * line);
}

/** Elements of the region that {@link bandWeights} fill. */
const orderedWeights = ({ bands, biased, line, shape }: Plan): number =>
  bands === 1 && !biased ? 0 : bands * shape.outChannels * line;

const forEachBand = ({ bands }: Plan, call: (band: number) => Call): Call[] =>
  Array.from({ length: bands }, (_, band) => call(band));

/** See `conv2dForward`. */
export function forwardTask(
  shape: Conv2dShape,
  x: FloatArray,
  xOffset: number,
  weight: FloatArray,
  wOffset: number,
  bias: FloatArray | null,
  bOffset: number,
  out: FloatArray,
  outOffset: number,
): boolean {
  if (!applies(shape, x)) return false;
  const p = new Plan(shape, 'images, groups', mayOrderWeights(shape, shape.outChannels), bias !== null);
  const size = shape.outChannels * p.depth;
  const work = Work.begin(
    p,
    [
      operand(x, xOffset, shape.batch * p.image),
      operand(weight, wOffset, size),
      bias === null ? null : operand(bias, bOffset, shape.outChannels),
      operand(out, outOffset, shape.batch * p.outImage, true),
    ],
    orderedWeights(p),
  );
  if (work === null) return false;
  const [from, given, biases, to] = work.addresses;
  const weights = bandWeights(p, work, given, biases);
  const { n } = p;
  const [product, line] = p.images === 1 ? [p.output(to), p.positions] : [work.product, n];
  const add = bias === null || p.biased ? 0 : p.along(biases, 0, 4 * p.outGroup);
  const scatter = [product, p.output(to), add, p.outGroup, p.ofImages(1), p.positions, p.outImage];
  const multiply = (band: number): Call => {
    const col = p.direct ? p.input(from) : work.band(band);
    const [w, beta] = [weights(band), band > 0 ? 1 : 0];
    const rows = band === p.bands - 1 ? p.line : p.bandDepth;
    return work.gemm(false, false, p.outGroup, n, rows, 1, w, p.line, col, p.bandColumns, beta, product, line);
  };
  work.run(
    work.unfold(from),
    ...forEachBand(p, multiply),
    p.images === 1 && add === 0 ? null : { kernel: work.kernels.shared.scatterPlanes, args: scatter },
  );
  work.end();
  return true;
}

/** See `conv2dInputGrad`. */
export function inputGradTask(
  shape: Conv2dShape,
  gradOut: FloatArray,
  gOffset: number,
  weight: FloatArray,
  wOffset: number,
  gradIn: FloatArray,
  giOffset: number,
): boolean {
  if (!applies(shape, gradOut)) return false;
  const mayBand = mayBandGradients(shape) && mayOrderWeights(shape, shape.outChannels);
  const p = new Plan(shape, 'images, groups', mayBand);
  const size = shape.outChannels * p.depth;
  const work = Work.begin(
    p,
    [
      operand(gradOut, gOffset, shape.batch * p.outImage),
      operand(weight, wOffset, size),
      operand(gradIn, giOffset, shape.batch * p.image, true),
    ],
    orderedWeights(p),
  );
  if (work === null) return false;
  const { shared, exports } = work.kernels;
  const [from, given, to] = work.addresses;
  const weights = bandWeights(p, work, given, 0);
  const { n } = p;
  const [grads, line] = p.images === 1 ? [p.output(from), p.positions] : [work.product, n];
  const gather = [p.output(from), work.product, 0, p.outGroup, p.ofImages(1), p.positions, p.outImage];
  // the channels of a group lie side by side only in a single image
  const together = shape.groups === 1 || p.images === 1;
  if (!p.direct && !together) exports.clear(to, 4 * shape.batch * p.image);
  const cleared = together ? p.ofImages(4 * p.inGroup * p.plane) : 0;
  const fold = [work.geometry, p.ofImages(1), ...p.place, work.col, p.bandColumns, p.input(to), cleared];
  const clearColumns = [work.col, 4 * p.bandDepth * p.bandColumns];
  const multiply = (band: number): Call => {
    const col = p.direct ? p.input(to) : work.band(band);
    const [w, beta] = [weights(band), p.bands > 1 ? 1 : 0];
    return work.gemm(true, false, p.bandDepth, n, p.outGroup, 1, w, p.bandDepth, grads, line, beta, col, p.bandColumns);
  };
  work.run(
    p.images === 1 ? null : { kernel: shared.gatherPlanes, args: gather },
    p.bands === 1 ? null : { kernel: shared.clear, args: clearColumns },
    ...forEachBand(p, multiply),
    p.direct ? null : { kernel: shared.fold, args: fold },
  );
  work.end();
  return true;
}

/** The sum over positions, `[bands, bandDepth, outGroup]` for each group, as the gradient `[outChannels, depth]`. */
function storeWeightGrad(p: Plan, floats: Float32Array, from: number, to: number): void {
  const { bands, bandDepth, depth, outGroup, shape } = p;
  for (let group = 0, at = from; group < shape.groups; group++) {
    for (let band = 0; band < bands; band++) {
      for (let row = 0; row < bandDepth; row++) {
        const first = to + group * outGroup * depth + p.rowOf(band, row);
        for (let o = 0; o < outGroup; o++) floats[first + o * depth] = floats[at++];
      }
    }
  }
}

/** See `conv2dWeightGrad`. */
export function weightGradTask(
  shape: Conv2dShape,
  x: FloatArray,
  xOffset: number,
  gradOut: FloatArray,
  gOffset: number,
  gradWeight: FloatArray,
  gwOffset: number,
  gradBias: FloatArray | null,
  gbOffset: number,
): boolean {
  if (!applies(shape, x)) return false;
  const p = new Plan(shape, shape.groups === 1 ? 'parts, images' : 'groups, images', mayBandGradients(shape));
  const parts = shape.groups === 1 ? p.parts : 1;
  const size = shape.outChannels * p.depth;
  // sums are added to four at a time
  const wide = Math.ceil(p.outGroup / 4) * 4;
  const sumsSize = 2 * shape.groups * wide;
  const work = Work.begin(
    p,
    [
      operand(x, xOffset, shape.batch * p.image),
      operand(gradOut, gOffset, shape.batch * p.outImage),
      operand(gradWeight, gwOffset, size, true),
    ],
    parts * sumsSize + (parts + 1) * size,
  );
  if (work === null) return false;
  const { exports, memory } = work.kernels;
  const [from, grads, weights] = work.addresses;
  const sums = work.region;
  const partial = sums + 4 * parts * sumsSize;
  exports.clear(sums, 4 * parts * sumsSize);
  exports.clear(partial, 4 * parts * size);
  const { n } = p;
  const toPart = (base: number, perPart: number, perGroup: number): Varying => ({
    base,
    perBlock: shape.groups === 1 ? perPart : perGroup,
  });
  const [rows, line] = p.images === 1 && !p.turned ? [p.output(grads), p.positions] : [work.product, n];
  // columns times gradients, [depth, outGroup]: BLAS is faster with the long side first
  const multiply = (band: number): Call => {
    const to = toPart(partial + 4 * band * p.bandDepth * p.outGroup, 4 * size, 4 * p.outGroup * p.depth);
    const col = p.direct ? p.input(from) : work.band(band);
    const across = p.turned ? p.outGroup : line;
    return work.gemm(
      false,
      !p.turned,
      p.bandDepth,
      p.outGroup,
      n,
      1,
      col,
      p.bandColumns,
      rows,
      across,
      1,
      to,
      p.outGroup,
    );
  };
  work.run(
    work.unfold(from),
    readGrads(p, work, grads, toPart(sums, 4 * sumsSize, 8 * wide), gradBias !== null),
    ...forEachBand(p, multiply),
  );
  const whole = parts === 1 ? partial : partial + 4 * parts * size;
  if (parts > 1) exports.sumColumns(partial, whole, parts, size, size, memory.workspace);
  storeWeightGrad(p, memory.floats, whole / 4, weights / 4);
  if (gradBias !== null) {
    for (let c = 0; c < shape.outChannels; c++) {
      const at = sums / 8 + Math.floor(c / p.outGroup) * wide + (c % p.outGroup);
      let total = 0;
      for (let i = 0; i < parts; i++) total += memory.doubles[at + (i * sumsSize) / 2];
      gradBias[gbOffset + c] = total;
    }
  }
  work.end();
  return true;
}

/** Puts the gradients where and as the product wants them, and adds each channel's to `sums` if that is wanted. */
function readGrads(p: Plan, { kernels, product }: Work, grads: number, sums: Varying, summed: boolean): Call | null {
  const { gatherPlanes, sumPlanes, turnPlanes } = kernels.shared;
  const from = p.output(grads);
  if (p.images > 1) {
    const args = [from, product, summed ? sums : 0, p.outGroup, p.ofImages(1), p.positions, p.outImage];
    return { kernel: gatherPlanes, args };
  }
  if (p.turned) return { kernel: turnPlanes, args: [from, product, sums, p.outGroup, p.positions] };
  return summed ? { kernel: sumPlanes, args: [from, sums, p.outGroup, p.n, p.positions] } : null;
}
