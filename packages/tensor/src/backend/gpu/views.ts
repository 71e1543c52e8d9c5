/** Gpu views seen from the host, and kernel operands made from views. */
import type { DType, TypedArray } from '../../dtype.js';
import { isContiguous, numelOf } from '../../shape.js';
import type { Storage } from '../../storage.js';
import type { View } from '../backend.js';
import { cpuBackend } from '../cpu/cpu-backend.js';
import { alignStrides } from '../cpu/elementwise.js';
import { gpuDriver } from './device.js';
import { gpuBufferOf, Handle, handleOf } from './handles.js';
import { elementwiseKernel, type Prepared } from './kernels/elementwise.js';
import type { Grouped, Laid } from './kernels/lanes.js';
import { withOutputs } from './kernels/memo.js';
import { type Place, rowMajor } from './kernels/walk.js';
import { windowKernel } from './kernels/window.js';
import { runKernel } from './run.js';
import { countTransfer } from './stats.js';

/** Not a `new Storage`: those have numbers that tell the engine their age. */
const hostStorage = (dtype: DType, array: TypedArray): Storage => ({
  version: 0,
  id: 0,
  inference: false,
  device: 'cpu',
  dtype,
  numel: array.length,
  buffer: array,
  memory: array,
  start: 0,
});

/** The same window over host memory. */
export const hostView = (x: View, array: TypedArray): View => ({
  storage: hostStorage(x.dtype, array),
  shape: x.shape,
  strides: x.strides,
  offset: x.offset,
  dtype: x.dtype,
});

/** A view of a single number in host memory. */
export const hostScalar = (dtype: DType, array: TypedArray): View => ({
  storage: hostStorage(dtype, array),
  shape: [],
  strides: [],
  offset: 0,
  dtype,
});

/** Whether the view shows its whole storage in order, so that writing it may replace the handle. */
export const isWhole = (x: View): boolean =>
  x.offset === 0 && numelOf(x.shape) === x.storage.numel && isContiguous(x.shape, x.strides);

/** For messages: `[2, 3] float32, …` */
export const describe = (views: readonly View[]): string =>
  views.map((x) => `[${x.shape.join(', ')}] ${x.dtype}`).join(', ');

/** Where a kernel that walks over `shape` finds the elements of a view that broadcasts to it. */
export const placeOf = (x: View, shape: readonly number[] = x.shape): Place => ({
  strides: alignStrides(x, shape),
  offset: x.offset,
});

/** A handle of the view's elements in row-major order: the storage's own where the view shows all of it. */
export function contiguousHandle(x: View): Handle {
  const handle = handleOf(x);
  if (isWhole(x)) return handle;
  const numel = numelOf(x.shape);
  if (handle.constant !== null) return Handle.filled(x.dtype, numel, handle.constant);
  if (numel === 0 || !handle.fitsDevice) return packOnHost(x, handle);
  const { kernel, scalars } = copyKernel(x.dtype, x.shape, placeOf(x));
  return runKernel(kernel, [handle], scalars, x.dtype);
}

/** Brings elements into row-major order. */
export const copyKernel = (dtype: DType, shape: readonly number[], place: Place): Prepared =>
  elementwiseKernel('copy', dtype, shape, [place], dtype, gpuDriver().lanes);

function packOnHost(x: View, handle: Handle): Handle {
  if (handle.onDevice) countTransfer('pack', () => describe([x]));
  return Handle.ofHost(x.dtype, cpuBackend.toHost(hostView(x, handle.toHost())).slice());
}

/** Makes a kernel's row-major result the view's elements. */
export function store(result: Handle, out: View): void {
  if (isWhole(out)) gpuBufferOf(out.storage.buffer).handle = result;
  else write(out, result.constant ?? result, rowMajor(out.shape));
}

/** Runs a kernel and puts its result, wherever its elements lie in what the kernel writes, into the view. */
export function storeLaid({ kernel, strides }: Laid, inputs: readonly Handle[], out: View): void {
  const written = runKernel(kernel, inputs);
  if (kernel.outputs === numelOf(out.shape) && isContiguous(out.shape, strides)) store(written, out);
  else if (isWhole(out)) {
    const { kernel: pack, scalars } = copyKernel(out.dtype, out.shape, { strides, offset: 0 });
    store(runKernel(pack, [written], scalars), out);
  } else write(out, written, { strides, offset: 0 });
}

/** The same for a kernel whose result lies in more dimensions. */
export function storeGrouped({ kernel, sizes, strides }: Grouped, inputs: readonly Handle[], out: View): void {
  // what is too much lies behind the result
  const outputs = numelOf(out.shape);
  if (isContiguous(sizes, strides)) {
    store(runKernel(withOutputs(kernel, outputs), inputs), out);
    return;
  }
  const pack = copyKernel(out.dtype, sizes, { strides, offset: 0 });
  store(runKernel(withOutputs(pack.kernel, outputs), [runKernel(kernel, inputs)], pack.scalars), out);
}

/**
 * Writes elements, of the view's own dtype, or one number, into the view.
 * @param place where the source's elements lie, over the view's shape
 */
export function write(out: View, source: Handle | number, place: Place): void {
  if (numelOf(out.shape) === 0) return;
  const buffer = gpuBufferOf(out.storage.buffer);
  const old = buffer.handle;
  const fits =
    old.fitsDevice &&
    (typeof source === 'number' ? Math.abs(source) <= 2 ** 24 || out.dtype === 'float32' : source.fitsDevice);
  const prepared = fits
    ? windowKernel(out.storage.numel, out, old.constant, typeof source === 'number' ? source : place)
    : null;
  if (prepared === null) {
    writeOnHost(out, old, source, place);
    return;
  }
  const arrays = [...(old.constant === null ? [old] : []), ...(typeof source === 'number' ? [] : [source])];
  buffer.handle = runKernel(prepared.kernel, arrays, prepared.scalars, out.dtype);
}

function writeOnHost(out: View, old: Handle, source: Handle | number, { strides, offset }: Place): void {
  if (old.onDevice || (typeof source === 'object' && source.onDevice)) countTransfer('store', () => describe([out]));
  const array = old.toHost().slice();
  const target = hostView(out, array);
  if (typeof source === 'number') cpuBackend.fill(target, source);
  else cpuBackend.copy({ ...hostView(out, source.toHost()), strides, offset }, target);
  gpuBufferOf(out.storage.buffer).handle = Handle.ofHost(out.dtype, array);
}
