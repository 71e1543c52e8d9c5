/** matmul and convolution on gpu.js. What its kernels do not take (integers, empty sizes) goes through the cpu. */
import { numelOf } from '../../shape.js';
import type { Backend, Conv2dParams, View } from '../backend.js';
import { elementwise, fill } from './elementwise.js';
import { type Handle, handleOf } from './handles.js';
import {
  type ConvShape,
  conv2dBiasGradKernel,
  conv2dInputGradKernel,
  conv2dKernel,
  conv2dWeightGradKernel,
} from './kernels/conv2d.js';
import { matmulKernel } from './kernels/matmul.js';
import { runKernel } from './run.js';
import { throughCpu } from './transfers.js';
import { contiguousHandle, store } from './views.js';

const viaCpu: Pick<Backend, 'matmul' | 'conv2d' | 'conv2dInputGrad' | 'conv2dWeightGrad'> = {
  matmul: throughCpu('matmul'),
  conv2d: throughCpu('conv2d'),
  conv2dInputGrad: throughCpu('conv2dInputGrad'),
  conv2dWeightGrad: throughCpu('conv2dWeightGrad'),
};

/** Whether a kernel can run: gpu.js has floats only and neither empty arrays nor loops of no iterations. */
const fits = (...views: readonly View[]): boolean => views.every((x) => x.dtype === 'float32' && numelOf(x.shape) > 0);

/** A kernel operand that is read through its strides. */
interface Strided {
  readonly handle: Handle;
  readonly strides: readonly number[];
}

/** Strides stand in the kernel's text and cost nothing; an offset would make a new kernel for every slice, so it packs. */
function strided(x: View): Strided {
  if (x.offset === 0 && x.strides.every((step) => step >= 0)) return { handle: handleOf(x), strides: x.strides };
  const handle = contiguousHandle(x);
  const strides = x.shape.map((_, d) => numelOf(x.shape.slice(d + 1)));
  return { handle, strides };
}

export function matmul(a: View, b: View, bias: View | null, out: View): void {
  if (out.dtype === 'float32' && numelOf(a.shape) === 0) {
    // no products: what is left is the bias
    if (bias === null) fill(out, 0);
    else elementwise('copy', [bias], out);
    return;
  }
  if (!fits(a, b, out)) {
    viaCpu.matmul(a, b, bias, out);
    return;
  }
  const rank = a.shape.length;
  const batched = rank === 3;
  const [x, y, z] = [strided(a), strided(b), bias === null ? null : strided(bias)];
  const steps = ({ strides }: Strided): [number, number, number] => [
    batched ? strides[0] : 0,
    strides[rank - 2],
    strides[rank - 1],
  ];
  const kernel = matmulKernel({
    batch: batched ? a.shape[0] : 1,
    n: a.shape[rank - 2],
    k: a.shape[rank - 1],
    m: b.shape[rank - 1],
    a: steps(x),
    b: steps(y),
    bias: z === null ? null : z.strides[0],
  });
  const inputs = z === null ? [x.handle, y.handle] : [x.handle, y.handle, z.handle];
  store(runKernel(kernel, inputs), out);
}

const shapes = (x: View, weight: View, out: View, params: Conv2dParams): ConvShape => ({
  x: x.shape,
  weight: weight.shape,
  out: out.shape,
  params,
});

export function conv2d(x: View, weight: View, bias: View | null, params: Conv2dParams, out: View): void {
  if (!fits(x, weight, out)) {
    viaCpu.conv2d(x, weight, bias, params, out);
    return;
  }
  const inputs = [x, weight, ...(bias === null ? [] : [bias])].map(contiguousHandle);
  store(runKernel(conv2dKernel(shapes(x, weight, out, params), bias !== null), inputs), out);
}

export function conv2dInputGrad(grad: View, weight: View, params: Conv2dParams, out: View): void {
  if (!fits(grad, weight, out)) {
    viaCpu.conv2dInputGrad(grad, weight, params, out);
    return;
  }
  const kernel = conv2dInputGradKernel(shapes(out, weight, grad, params));
  store(runKernel(kernel, [contiguousHandle(grad), contiguousHandle(weight)]), out);
}

export function conv2dWeightGrad(grad: View, x: View, params: Conv2dParams, out: View, outBias: View | null): void {
  if (!fits(grad, x, out)) {
    viaCpu.conv2dWeightGrad(grad, x, params, out, outBias);
    return;
  }
  const shape = shapes(x, out, grad, params);
  const incoming = contiguousHandle(grad);
  const weightGrad = runKernel(conv2dWeightGradKernel(shape), [incoming, contiguousHandle(x)]);
  const biasGrad = outBias === null ? null : runKernel(conv2dBiasGradKernel(shape), [incoming]);
  store(weightGrad, out);
  if (outBias !== null && biasGrad !== null) store(biasGrad, outBias);
}
