import { checkSpan } from '../checks.js';
import { gemm } from '../gemm/gemm.js';
import type { FloatArray } from '../types.js';
import { depthwiseForward, depthwiseInputGrad, depthwiseWeightGrad } from './depthwise.js';
import { repairForward, repairWeightGrad } from './padding.js';
import { pointwiseForward, pointwiseInputGrad, pointwiseWeightGrad } from './pointwise.js';
import {
  type Block,
  blocksOf,
  type Conv2dShape,
  checkConv2d,
  columnDepth,
  isPointwise,
  isWholeImage,
} from './shape.js';
import { HeapStage, type Slot } from './stage.js';
import { forwardTask, inputGradTask, weightGradTask } from './task.js';
import { winogradForward, winogradInputGrad, winogradWeightGrad } from './winograd.js';

/** Sizes that every block uses. */
interface Sizes {
  depth: number;
  inGroup: number;
  outGroup: number;
  image: number;
  outImage: number;
  columns(block: Block): number;
}

function sizesOf(shape: Conv2dShape): Sizes {
  return {
    depth: columnDepth(shape),
    inGroup: shape.inChannels / shape.groups,
    outGroup: shape.outChannels / shape.groups,
    image: shape.inChannels * shape.height * shape.width,
    outImage: shape.outChannels * shape.outHeight * shape.outWidth,
    columns: (block) => block.images * block.rows * shape.outWidth,
  };
}

/** Where the product of a group goes or comes from: the image's own planes, if the block is one image. */
function productSlot<T extends FloatArray>(
  shape: Conv2dShape,
  block: Block,
  group: number,
  planes: Slot<T>,
  work: Slot<T>,
): Slot<T> {
  if (!isWholeImage(shape, block)) return work;
  const { array, offset } = planes;
  return { array, offset: offset + (group * shape.outChannels * shape.outHeight * shape.outWidth) / shape.groups };
}

function checkArrays(
  op: string,
  shape: Conv2dShape,
  x: [string, FloatArray, number] | null,
  weight: [string, FloatArray, number],
  out: [string, FloatArray, number] | null,
  bias: [string, FloatArray | null, number],
): void {
  checkConv2d(op, shape);
  const { depth, image, outImage } = sizesOf(shape);
  if (x !== null) checkSpan(op, x[0], x[1], x[2], shape.batch * image);
  checkSpan(op, weight[0], weight[1], weight[2], shape.outChannels * depth);
  if (out !== null) checkSpan(op, out[0], out[1], out[2], shape.batch * outImage);
  if (bias[1] !== null) checkSpan(op, bias[0], bias[1], bias[2], shape.outChannels);
}

/**
 * 2-D convolution (cross-correlation, as in PyTorch): `x [batch, inChannels, height, width]`, `weight [outChannels,
 * inChannels/groups, kernelHeight, kernelWidth]`, `bias [outChannels]` or null, into `out [batch, outChannels, outHeight,
 * outWidth]`. Works block by block: unfold the images to columns, one matrix product, scatter with the bias.
 */
export function conv2dForward<T extends FloatArray>(
  shape: Conv2dShape,
  x: T,
  xOffset: number,
  weight: T,
  wOffset: number,
  bias: T | null,
  bOffset: number,
  out: T,
  outOffset: number,
): void {
  const op = 'conv2dForward';
  checkArrays(
    op,
    shape,
    ['x', x, xOffset],
    ['weight', weight, wOffset],
    ['out', out, outOffset],
    ['bias', bias, bOffset],
  );
  forward(shape, x, xOffset, weight, wOffset, bias, bOffset, out, outOffset);
  repairForward(shape, x, xOffset, weight, wOffset, bias, bOffset, out, outOffset);
}

/** The fastest way that applies. */
function forward<T extends FloatArray>(
  shape: Conv2dShape,
  x: T,
  xOffset: number,
  weight: T,
  wOffset: number,
  bias: T | null,
  bOffset: number,
  out: T,
  outOffset: number,
): void {
  if (winogradForward(shape, x, xOffset, weight, wOffset, bias, bOffset, out, outOffset)) return;
  if (depthwiseForward(shape, x, xOffset, weight, wOffset, bias, bOffset, out, outOffset)) return;
  if (forwardTask(shape, x, xOffset, weight, wOffset, bias, bOffset, out, outOffset)) return;
  if (isPointwise(shape)) {
    pointwiseForward(shape, x, xOffset, weight, wOffset, bias, bOffset, out, outOffset);
    return;
  }
  const { depth, outGroup, image, outImage, columns } = sizesOf(shape);
  const stage = new HeapStage(x);
  const add: Slot<T> | null = bias === null ? null : { array: bias, offset: bOffset };
  for (const block of blocksOf(shape)) {
    const n = columns(block);
    const source: Slot<T> = { array: x, offset: xOffset + block.image * image };
    const target: Slot<T> = { array: out, offset: outOffset + block.image * outImage };
    const col = stage.work('columns', depth * n);
    const work = stage.work('product', outGroup * n);
    for (let g = 0; g < shape.groups; g++) {
      stage.unfold(shape, block, g, source, col);
      const w = wOffset + g * outGroup * depth;
      const product = productSlot(shape, block, g, target, work);
      const { array, offset } = product;
      gemm(false, false, outGroup, n, depth, 1, weight, w, depth, col.array, col.offset, n, 0, array, offset, n);
      if (product === work || add !== null) stage.scatter(shape, block, g, product, target, add);
    }
  }
}

/**
 * Gradient of {@link conv2dForward} for its input: overwrites `gradIn [batch, inChannels, height, width]` from
 * `gradOut [batch, outChannels, outHeight, outWidth]` and the weight.
 */
export function conv2dInputGrad<T extends FloatArray>(
  shape: Conv2dShape,
  gradOut: T,
  gOffset: number,
  weight: T,
  wOffset: number,
  gradIn: T,
  giOffset: number,
): void {
  const op = 'conv2dInputGrad';
  const grad: [string, FloatArray, number] = ['gradOut', gradOut, gOffset];
  checkArrays(op, shape, ['gradIn', gradIn, giOffset], ['weight', weight, wOffset], grad, ['bias', null, 0]);
  if (winogradInputGrad(shape, gradOut, gOffset, weight, wOffset, gradIn, giOffset)) return;
  if (depthwiseInputGrad(shape, gradOut, gOffset, weight, wOffset, gradIn, giOffset)) return;
  if (inputGradTask(shape, gradOut, gOffset, weight, wOffset, gradIn, giOffset)) return;
  if (isPointwise(shape)) {
    pointwiseInputGrad(shape, gradOut, gOffset, weight, wOffset, gradIn, giOffset);
    return;
  }
  const { depth, outGroup, image, outImage, columns } = sizesOf(shape);
  const stage = new HeapStage(gradOut);
  gradIn.fill(0, giOffset, giOffset + shape.batch * image);
  for (const block of blocksOf(shape)) {
    const n = columns(block);
    const source: Slot<T> = { array: gradOut, offset: gOffset + block.image * outImage };
    const target: Slot<T> = { array: gradIn, offset: giOffset + block.image * image };
    const col = stage.work('columns', depth * n);
    const work = stage.work('product', outGroup * n);
    for (let g = 0; g < shape.groups; g++) {
      const product = productSlot(shape, block, g, source, work);
      if (product === work) stage.gather(shape, block, g, source, product, null);
      const w = wOffset + g * outGroup * depth;
      const { array, offset } = product;
      gemm(true, false, depth, n, outGroup, 1, weight, w, depth, array, offset, n, 0, col.array, col.offset, n);
      stage.fold(shape, block, g, col, target);
    }
  }
}

/**
 * Gradients of {@link conv2dForward} for weight and bias: overwrites `gradWeight [outChannels, inChannels/groups,
 * kernelHeight, kernelWidth]` and, unless null, `gradBias [outChannels]`. The columns are unfolded again rather than
 * kept from the forward pass.
 */
export function conv2dWeightGrad<T extends FloatArray>(
  shape: Conv2dShape,
  x: T,
  xOffset: number,
  gradOut: T,
  gOffset: number,
  gradWeight: T,
  gwOffset: number,
  gradBias: T | null,
  gbOffset: number,
): void {
  const op = 'conv2dWeightGrad';
  const weight: [string, FloatArray, number] = ['gradWeight', gradWeight, gwOffset];
  checkArrays(op, shape, ['x', x, xOffset], weight, ['gradOut', gradOut, gOffset], ['gradBias', gradBias, gbOffset]);
  weightGrad(shape, x, xOffset, gradOut, gOffset, gradWeight, gwOffset, gradBias, gbOffset);
  repairWeightGrad(shape, x, xOffset, gradOut, gOffset, gradWeight, gwOffset);
}

/** The fastest way that applies. */
function weightGrad<T extends FloatArray>(
  shape: Conv2dShape,
  x: T,
  xOffset: number,
  gradOut: T,
  gOffset: number,
  gradWeight: T,
  gwOffset: number,
  gradBias: T | null,
  gbOffset: number,
): void {
  if (winogradWeightGrad(shape, x, xOffset, gradOut, gOffset, gradWeight, gwOffset, gradBias, gbOffset)) return;
  if (depthwiseWeightGrad(shape, x, xOffset, gradOut, gOffset, gradWeight, gwOffset, gradBias, gbOffset)) return;
  if (weightGradTask(shape, x, xOffset, gradOut, gOffset, gradWeight, gwOffset, gradBias, gbOffset)) return;
  const { depth, outGroup, image, outImage, columns } = sizesOf(shape);
  gradWeight.fill(0, gwOffset, gwOffset + shape.outChannels * depth);
  const sums = new Float64Array(shape.outChannels);
  if (isPointwise(shape)) {
    pointwiseWeightGrad(shape, x, xOffset, gradOut, gOffset, gradWeight, gwOffset, gradBias === null ? null : sums);
  } else {
    const stage = new HeapStage(x);
    for (const block of blocksOf(shape)) {
      const n = columns(block);
      const source: Slot<T> = { array: x, offset: xOffset + block.image * image };
      const grads: Slot<T> = { array: gradOut, offset: gOffset + block.image * outImage };
      const col = stage.work('columns', depth * n);
      const work = stage.work('product', outGroup * n);
      for (let g = 0; g < shape.groups; g++) {
        stage.unfold(shape, block, g, source, col);
        const product = productSlot(shape, block, g, grads, work);
        if (product === work || gradBias !== null) {
          stage.gather(shape, block, g, grads, product, gradBias === null ? null : sums);
        }
        const w = gwOffset + g * outGroup * depth;
        const { array, offset } = product;
        gemm(false, true, outGroup, depth, n, 1, array, offset, n, col.array, col.offset, n, 1, gradWeight, w, depth);
      }
    }
  }
  if (gradBias !== null) for (let c = 0; c < sums.length; c++) gradBias[gbOffset + c] = sums[c];
}
