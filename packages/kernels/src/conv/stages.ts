import type { FloatArray } from '../types.js';
import { wasmKernels } from '../wasm/instance.js';
import { blocksOf, type Conv2dShape, columnDepth, needsRowBlocks } from './shape.js';
import { HeapStage, type Stage } from './stage.js';
import { WasmStage } from './wasm-stage.js';

/** WebAssembly memory never shrinks, so larger blocks than this (128 MiB) stay on the heap. */
const MAX_WASM_ELEMENTS = 1 << 25;

/** The stage on which a convolution over arrays like `like` runs. */
export function stageFor<T extends FloatArray>(shape: Conv2dShape, like: T): Stage<T> {
  if (like instanceof Float32Array && !needsRowBlocks(shape) && blockElements(shape) <= MAX_WASM_ELEMENTS) {
    const kernels = wasmKernels();
    if (kernels !== null) return new WasmStage<T>(kernels, shape);
  }
  return new HeapStage(like);
}

function blockElements(shape: Conv2dShape): number {
  const images = blocksOf(shape)[0]?.images ?? 0;
  const positions = shape.outHeight * shape.outWidth;
  const image = shape.inChannels * shape.height * shape.width + shape.outChannels * positions;
  return images * (image + (columnDepth(shape) + shape.outChannels) * positions);
}
