/** matmul and convolution on gpu.js. What its kernels do not take (integers, empty sizes) goes through the cpu. */
import { numelOf } from '../../shape.js';
import type { Backend, Conv2dParams, View } from '../backend.js';
import { gpuDriver } from './device.js';
import type { Lanes } from './driver.js';
import { elementwise, fill } from './elementwise.js';
import { type Handle, handleOf } from './handles.js';
import { type ConvShape, conv2dInputGradKernel, conv2dKernel, inputGradTakes } from './kernels/conv2d.js';
import { conv2dWeightGradKernel, weightGradParts } from './kernels/conv2d-weight-grad.js';
import { type Grouped, type Laid, laneLimits, lanesOn } from './kernels/lanes.js';
import { type MatmulShape, matmulKernel, matmulRowsKernel, takesRows } from './kernels/matmul.js';
import { Memo } from './kernels/memo.js';
import { reduceTo, sumParts } from './reduce.js';
import { runKernel } from './run.js';
import { throughCpu } from './transfers.js';
import { contiguousHandle, store, storeGrouped, storeLaid } from './views.js';

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
function strided(x: View, inRows = false): Strided {
  // the only element of a dimension has no next one: `as_strided` gives it any stride, also one that no kernel's text can hold
  const steps = x.strides.map((step, d) => (x.shape[d] === 1 ? 0 : step));
  const asItLies = x.offset === 0 && steps.every((step) => step >= 0);
  // what lies across costs a GPU many times what it costs to pack it
  const packs = inRows && (steps.at(-1) as number) > 1;
  if (asItLies && !packs) return { handle: handleOf(x), strides: steps };
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
  const products = numelOf(out.shape) * a.shape[rank - 1];
  const most = products >= laneLimits.leastByRows ? lanesOf(a.shape[rank - 2], out, products) : 1;
  const byRows = most > 1 && takesRows(batched ? a.shape[0] : 1, a.shape[rank - 2], most);
  const [x, y, z] = [strided(a), strided(b, byRows), bias === null ? null : strided(bias)];
  const steps = ({ strides }: Strided): [number, number, number] => [
    batched ? strides[0] : 0,
    strides[rank - 2],
    strides[rank - 1],
  ];
  const shape: MatmulShape = {
    batch: batched ? a.shape[0] : 1,
    n: a.shape[rank - 2],
    k: a.shape[rank - 1],
    m: b.shape[rank - 1],
    a: steps(x),
    b: steps(y),
    bias: z === null ? null : z.strides[0],
  };
  const inputs = z === null ? [x.handle, y.handle] : [x.handle, y.handle, z.handle];
  if (byRows) {
    storeGrouped(
      groups.get(textKey('matmul', shape, most), () => matmulRowsKernel(shape, most)),
      inputs,
      out,
    );
    return;
  }
  const lanes = lanesOf(shape.m, out, products);
  const { kernel, strides } = written('matmul', shape, lanes, () => matmulKernel(shape, lanes));
  storeLaid({ kernel, strides: batched ? strides : strides.slice(1) }, inputs, out);
}

/** How many outputs in a row each thread is to compute. */
const lanesOf = (row: number, out: View, products: number): Lanes =>
  lanesOn(gpuDriver(), row, numelOf(out.shape), products);

const texts = new Memo<Laid>();
const groups = new Memo<Grouped>();

const textKey = (op: string, shape: object, lanes: Lanes): string => `${op} ${lanes} ${JSON.stringify(shape)}`;

const written = (op: string, shape: object, lanes: Lanes, make: () => Laid): Laid =>
  texts.get(textKey(op, shape, lanes), make);

/** Products of a convolution and of its gradients. */
const products = (weight: View, out: View): number => numelOf(out.shape) * numelOf(weight.shape.slice(1));

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
  const shape = shapes(x, weight, out, params);
  const lanes = lanesOf(out.shape[3], out, products(weight, out));
  const hasBias = bias !== null;
  storeLaid(
    written(`conv2d ${hasBias}`, shape, lanes, () => conv2dKernel(shape, hasBias, lanes)),
    inputs,
    out,
  );
}

export function conv2dInputGrad(grad: View, weight: View, params: Conv2dParams, out: View): void {
  if (!fits(grad, weight, out)) {
    viaCpu.conv2dInputGrad(grad, weight, params, out);
    return;
  }
  const shape = shapes(out, weight, grad, params);
  const most = lanesOf(out.shape[3], out, products(weight, grad));
  const lanes = inputGradTakes(shape, most) ? most : 1;
  const kernel = written('conv2dInputGrad', shape, lanes, () => conv2dInputGradKernel(shape, lanes));
  storeLaid(kernel, [contiguousHandle(grad), contiguousHandle(weight)], out);
}

export function conv2dWeightGrad(grad: View, x: View, params: Conv2dParams, out: View, outBias: View | null): void {
  if (!fits(grad, x, out)) {
    viaCpu.conv2dWeightGrad(grad, x, params, out, outBias);
    return;
  }
  const shape = shapes(x, out, grad, params);
  const incoming = contiguousHandle(grad);
  const filters = out.shape[0] / params.groups;
  const most = lanesOf(filters, out, products(out, grad));
  const lanes = params.groups === 1 || filters % most === 0 ? most : 1;
  const parts = weightGradParts(shape, lanes);
  const kernel = groups.get(textKey(`conv2dWeightGrad ${parts}`, shape, lanes), () =>
    conv2dWeightGradKernel(shape, lanes, parts),
  );
  const inputs = [incoming, contiguousHandle(x)];
  const biasGrad = outBias === null ? null : reduceTo('sum', grad, [0, 2, 3]);
  if (parts === 1) storeGrouped(kernel, inputs, out);
  else store(sumParts(runKernel(kernel.kernel, inputs), parts, kernel, numelOf(out.shape)), out);
  if (outBias !== null && biasGrad !== null) store(biasGrad, outBias);
}
