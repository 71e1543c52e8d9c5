/**
 * Depthwise convolution of float32 in WebAssembly memory: each output sees a single channel, so nothing is gained by a matrix product. Every
 * function returns false, with nothing done, where that does not apply: then the convolution goes by columns.
 */

import type { Argument } from '../parallel/pool.js';
import { share } from '../parallel/split.js';
import type { FloatArray } from '../types.js';
import { type SharedExport, type WasmKernels, wasmKernels } from '../wasm/instance.js';
import { elementsAway, type Operand, operand, visit } from '../wasm/visit.js';
import {
  depthwiseLimits,
  inputLayout,
  isDepthwise,
  isSeldomSeen,
  type Layout,
  listElements,
  lying,
  outputLayout,
  tapElements,
  writeLayout,
} from './depthwise-plan.js';
import type { Conv2dShape } from './shape.js';
import { MOST_ELEMENTS } from './work.js';

const inputs = (s: Conv2dShape): number => s.batch * s.inChannels * s.height * s.width;
const outputs = (s: Conv2dShape): number => s.batch * s.outChannels * s.outHeight * s.outWidth;
const weights = (s: Conv2dShape): number => s.outChannels * s.kernelHeight * s.kernelWidth;

const applies = (s: Conv2dShape, like: FloatArray): boolean =>
  like instanceof Float32Array && isDepthwise(s) && inputs(s) * outputs(s) > 0;

/** A depthwise convolution under way. */
interface Work {
  readonly kernels: WasmKernels;
  readonly addresses: readonly number[];
  /** What all threads share, and what each of them has, as they were asked for. */
  readonly shared: readonly number[];
  readonly own: readonly Argument[];
  end(): void;
}

/** Null where memory is missing. */
function begin(
  shape: Conv2dShape,
  layout: Layout,
  operands: readonly (Operand | null)[],
  own: readonly number[],
  shared: readonly number[] = [],
): Work | null {
  const kernels = wasmKernels();
  if (kernels === null) return null;
  const { memory, pool } = kernels;
  const sizes = own.map((elements) => 16 * Math.ceil(elements / 16));
  const perThread = sizes.reduce((a, b) => a + b, 0);
  const all = [pool.threads * perThread, ...shared];
  if (elementsAway(memory, operands) + all.reduce((a, b) => a + b, 0) > MOST_ELEMENTS) return null;
  const { addresses, regions, end } = visit(memory, operands, all);
  writeLayout(memory.ints, memory.geometry >>> 2, shape, layout);
  let base = regions[0];
  const places = sizes.map((elements) => {
    const place = { base, perThread: 4 * perThread };
    base += 4 * elements;
    return place;
  });
  return { kernels, addresses, shared: regions.slice(1), own: places, end };
}

/** Calls a kernel for units `first …` of so many; these are its arguments behind the geometry. */
function run(
  { kernels, own }: Work,
  name: SharedExport,
  units: number,
  elements: number,
  args: readonly Argument[],
): void {
  share(kernels.pool, kernels.shared[name], units, elements, (count, perBlock) => [
    kernels.memory.geometry,
    { base: 0, perBlock },
    count,
    ...args,
    ...own,
  ]);
}

/** See `conv2dForward`. */
export function depthwiseForward(
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
  const s = lying(shape);
  if (!applies(s, x)) return false;
  const layout = outputLayout(s);
  const operands = [
    operand(x, xOffset, inputs(s)),
    operand(weight, wOffset, weights(s)),
    bias === null ? null : operand(bias, bOffset, s.outChannels),
    operand(out, outOffset, outputs(s), true),
  ];
  const work = begin(s, layout, operands, [tapElements(s), layout.line, layout.copies]);
  if (work === null) return false;
  const units = s.batch * s.groups;
  run(work, 'depthwiseForward', units, outputs(s) / units, work.addresses);
  work.end();
  return true;
}

/** Whether the products with the zeros around the images are zeros. */
function areFinite(array: FloatArray, offset: number, length: number): boolean {
  for (let i = offset; i < offset + length; i++) if (!Number.isFinite(array[i])) return false;
  return true;
}

/** See `conv2dInputGrad`. */
export function depthwiseInputGrad(
  shape: Conv2dShape,
  gradOut: FloatArray,
  gOffset: number,
  weight: FloatArray,
  wOffset: number,
  gradIn: FloatArray,
  giOffset: number,
): boolean {
  const s = lying(shape);
  if (!applies(s, gradOut) || isSeldomSeen(s) || !areFinite(weight, wOffset, weights(s))) return false;
  const layout = inputLayout(s);
  const operands = [
    operand(gradOut, gOffset, outputs(s)),
    operand(weight, wOffset, weights(s)),
    operand(gradIn, giOffset, inputs(s), true),
  ];
  const work = begin(s, layout, operands, [listElements(s), tapElements(s), layout.line, layout.copies]);
  if (work === null) return false;
  const units = s.batch * s.groups;
  run(work, 'depthwiseInputGrad', units, inputs(s) / units, work.addresses);
  work.end();
  return true;
}

/** See `conv2dWeightGrad`. */
export function depthwiseWeightGrad(
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
  const s = lying(shape);
  if (!applies(s, x)) return false;
  const layout = outputLayout(s);
  const perPart = Math.ceil(s.batch / Math.min(s.batch, Math.ceil(depthwiseLimits.leastUnits / s.groups)));
  const parts = Math.ceil(s.batch / perPart);
  const operands = [operand(x, xOffset, inputs(s)), operand(gradOut, gOffset, outputs(s))];
  const sizes = [2 * parts * weights(s), 2 * parts * s.outChannels];
  const work = begin(s, layout, operands, [layout.line, layout.copies], sizes);
  if (work === null) return false;
  const { exports, memory } = work.kernels;
  const [sums, biasSums] = work.shared;
  sizes.forEach((size, i) => {
    exports.clear(work.shared[i], 4 * size);
  });
  const units = parts * s.groups;
  const args = [s.batch, perPart, ...work.addresses, sums, gradBias === null ? 0 : biasSums];
  run(work, 'depthwiseWeightGrad', units, outputs(s) / units, args);
  addParts(memory.doubles, sums >>> 3, parts, gradWeight, gwOffset, weights(s));
  if (gradBias !== null) addParts(memory.doubles, biasSums >>> 3, parts, gradBias, gbOffset, s.outChannels);
  work.end();
  return true;
}

/** The sums of all parts. */
function addParts(
  sums: Float64Array,
  from: number,
  parts: number,
  to: FloatArray,
  offset: number,
  length: number,
): void {
  for (let i = 0; i < length; i++) {
    let total = 0;
    for (let part = 0; part < parts; part++) total += sums[from + part * length + i];
    to[offset + i] = total;
  }
}
