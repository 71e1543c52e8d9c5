/** Pooling on the device. What its kernels do not take (empty sizes) goes through the cpu. */
import { numelOf } from '../../shape.js';
import type { AvgPool2dParams, Backend, Pool2dParams, View } from '../backend.js';
import { gpuDriver } from './device.js';
import { lanesOn } from './kernels/lanes.js';
import {
  avgPool2dBackwardKernel,
  avgPool2dKernel,
  backwardTakes,
  maxPool2dBackwardKernel,
  maxPool2dKernel,
  type PoolShape,
} from './kernels/pool2d.js';
import { runKernel } from './run.js';
import { throughCpu } from './transfers.js';
import { contiguousHandle, store, storeLaid } from './views.js';

type PoolMethod = 'maxPool2d' | 'maxPool2dBackward' | 'avgPool2d' | 'avgPool2dBackward';
const viaCpu: Pick<Backend, PoolMethod> = {
  maxPool2d: throughCpu('maxPool2d'),
  maxPool2dBackward: throughCpu('maxPool2dBackward'),
  avgPool2d: throughCpu('avgPool2d'),
  avgPool2dBackward: throughCpu('avgPool2dBackward'),
};

const fits = (x: View, out: View): boolean => x.dtype === 'float32' && numelOf(x.shape) > 0 && numelOf(out.shape) > 0;

export function maxPool2d(x: View, params: Pool2dParams, out: View, indices: View): void {
  if (!fits(x, out)) {
    viaCpu.maxPool2d(x, params, out, indices);
    return;
  }
  const [handle, shape] = [contiguousHandle(x), { x: x.shape, out: out.shape, params }];
  for (const [what, view] of [
    ['value', out],
    ['index', indices],
  ] as const) {
    const { kernel, scalars } = maxPool2dKernel(shape, what);
    store(runKernel(kernel, [handle], scalars, view.dtype), view);
  }
}

export function maxPool2dBackward(grad: View, indices: View, params: Pool2dParams, out: View): void {
  if (!fits(grad, out)) {
    viaCpu.maxPool2dBackward(grad, indices, params, out);
    return;
  }
  const shape: PoolShape = { x: out.shape, out: grad.shape, params };
  const most = lanesOn(gpuDriver(), out.shape[3], numelOf(out.shape), numelOf(out.shape));
  const kernel = maxPool2dBackwardKernel(shape, backwardTakes(shape, most) ? most : 1);
  storeLaid(kernel, [contiguousHandle(grad), contiguousHandle(indices)], out);
}

export function avgPool2d(x: View, params: AvgPool2dParams, out: View): void {
  if (!fits(x, out)) {
    viaCpu.avgPool2d(x, params, out);
    return;
  }
  const { kernel, scalars } = avgPool2dKernel({ x: x.shape, out: out.shape, params });
  store(runKernel(kernel, [contiguousHandle(x)], scalars), out);
}

export function avgPool2dBackward(grad: View, params: AvgPool2dParams, out: View): void {
  if (!fits(grad, out)) {
    viaCpu.avgPool2dBackward(grad, params, out);
    return;
  }
  const { kernel, scalars } = avgPool2dBackwardKernel({ x: out.shape, out: grad.shape, params });
  store(runKernel(kernel, [contiguousHandle(grad)], scalars), out);
}
