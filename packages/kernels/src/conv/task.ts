/**
 * Convolution of float32 in WebAssembly memory as tasks, whose blocks are some images each. Every function returns false, with nothing
 * done, where that does not apply: then the loops of conv2d.ts run.
 */
import type { Varying } from '../parallel/pool.js';
import type { FloatArray } from '../types.js';
import { operand } from '../wasm/visit.js';
import { Plan } from './plan.js';
import { type Conv2dShape, needsRowBlocks } from './shape.js';
import { Work } from './work.js';

/** Whether a convolution can be a task at all. */
const applies = (s: Conv2dShape, like: unknown): boolean =>
  like instanceof Float32Array && s.batch * s.outHeight * s.outWidth * s.outChannels > 0 && !needsRowBlocks(s);

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
  const p = new Plan(shape, 'images, groups');
  const work = Work.begin(
    p,
    [
      operand(x, xOffset, shape.batch * p.image),
      operand(weight, wOffset, shape.outChannels * p.depth),
      bias === null ? null : operand(bias, bOffset, shape.outChannels),
      operand(out, outOffset, shape.batch * p.outImage, true),
    ],
    0,
  );
  if (work === null) return false;
  const [from, weights, biases, to] = work.addresses;
  const n = p.ofImages(p.positions);
  const col = p.direct ? p.input(from) : work.col;
  const product = p.images === 1 ? p.output(to) : work.product;
  const add = bias === null ? 0 : p.along(biases, 0, 4 * p.outGroup);
  const scatter = [product, p.output(to), add, p.outGroup, p.ofImages(1), p.positions, p.outImage];
  work.run(
    work.unfold(from),
    work.gemm(false, false, p.outGroup, n, p.depth, 1, p.weight(weights), p.depth, col, n, 0, product, n),
    p.images === 1 && bias === null ? null : { kernel: work.kernels.shared.scatterPlanes, args: scatter },
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
  const p = new Plan(shape, 'images, groups');
  const work = Work.begin(
    p,
    [
      operand(gradOut, gOffset, shape.batch * p.outImage),
      operand(weight, wOffset, shape.outChannels * p.depth),
      operand(gradIn, giOffset, shape.batch * p.image, true),
    ],
    0,
  );
  if (work === null) return false;
  const { shared, exports } = work.kernels;
  const [from, weights, to] = work.addresses;
  const n = p.ofImages(p.positions);
  const grads = p.images === 1 ? p.output(from) : work.product;
  const gather = [p.output(from), work.product, 0, p.outGroup, p.ofImages(1), p.positions, p.outImage];
  const col = p.direct ? p.input(to) : work.col;
  // the channels of a group lie side by side only in a single image
  const together = shape.groups === 1 || p.images === 1;
  if (!p.direct && !together) exports.clear(to, 4 * shape.batch * p.image);
  const clear = [p.input(to), p.ofImages(4 * p.inGroup * p.plane)];
  work.run(
    p.images === 1 ? null : { kernel: shared.gatherPlanes, args: gather },
    work.gemm(true, false, p.depth, n, p.outGroup, 1, p.weight(weights), p.depth, grads, n, 0, col, n),
    p.direct || !together ? null : { kernel: shared.clear, args: clear },
    p.direct ? null : { kernel: shared.fold, args: [work.geometry, p.ofImages(1), work.col, p.input(to)] },
  );
  work.end();
  return true;
}

/** A matrix `[rows, columns]` in memory, written to another place as `[columns, rows]`. */
function transpose(floats: Float32Array, from: number, rows: number, columns: number, to: number): void {
  for (let column = 0; column < columns; column++) {
    for (let row = 0, at = to + column * rows; row < rows; row++)
      floats[at + row] = floats[from + row * columns + column];
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
  const p = new Plan(shape, shape.groups === 1 ? 'parts, images' : 'groups, images');
  const parts = shape.groups === 1 ? p.parts : 1;
  const size = shape.outChannels * p.depth;
  const sumsSize = 2 * shape.outChannels;
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
  const { shared, exports, memory } = work.kernels;
  const [from, grads, weights] = work.addresses;
  const sums = work.region;
  const partial = sums + 4 * parts * sumsSize;
  exports.clear(sums, 4 * parts * sumsSize);
  exports.clear(partial, 4 * parts * size);
  const n = p.ofImages(p.positions);
  const g = p.output(grads);
  const toPart = (base: number, perPart: number, perGroup: number): Varying => ({
    base,
    perBlock: shape.groups === 1 ? perPart : perGroup,
  });
  const sumsAt = gradBias === null ? 0 : toPart(sums, 4 * sumsSize, 8 * p.outGroup);
  const gather = [g, work.product, sumsAt, p.outGroup, p.ofImages(1), p.positions, p.outImage];
  const sum = gradBias === null ? null : { kernel: shared.sumPlanes, args: [g, sumsAt, p.outGroup, p.positions] };
  const rows = p.images === 1 ? g : work.product;
  const col = p.direct ? p.input(from) : work.col;
  // columns times gradients, [depth, outGroup]: BLAS is faster with the long side first
  const to = toPart(partial, 4 * size, 4 * p.outGroup * p.depth);
  work.run(
    work.unfold(from),
    p.images === 1 ? sum : { kernel: shared.gatherPlanes, args: gather },
    work.gemm(false, true, p.depth, p.outGroup, n, 1, col, n, rows, n, 1, to, p.outGroup),
  );
  const whole = parts === 1 ? partial : partial + 4 * parts * size;
  if (parts > 1) exports.sumColumns(partial, whole, parts, size, size, memory.workspace);
  for (let group = 0; group < shape.groups; group++) {
    const at = group * p.outGroup * p.depth;
    transpose(memory.floats, whole / 4 + at, p.depth, p.outGroup, weights / 4 + at);
  }
  if (gradBias !== null) {
    for (let c = 0; c < shape.outChannels; c++) {
      let total = 0;
      for (let i = 0; i < parts; i++) total += memory.doubles[sums / 8 + i * shape.outChannels + c];
      gradBias[gbOffset + c] = total;
    }
  }
  work.end();
  return true;
}
