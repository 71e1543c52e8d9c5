/** Convolution and pooling, handed to `@torchlet/kernels` in row-major memory. */
import {
  avgPool2dBackward as avgPoolBackward,
  avgPool2dForward as avgPoolForward,
  type Conv2dShape,
  conv2dForward,
  conv2dInputGrad as convInputGrad,
  conv2dWeightGrad as convWeightGrad,
  type FloatArray,
  maxPool2dBackward as maxPoolBackward,
  maxPool2dForward as maxPoolForward,
  type Pool2dShape,
} from '@torchlet/kernels';
import type { AvgPool2dParams, Conv2dParams, Pool2dParams, View } from '../backend.js';
import { type Packed, withPacked } from './strided.js';

type Floats = Packed<FloatArray>;
/** {@link withPacked}, of floats. */
const withFloats = withPacked as <R>(views: readonly View[], run: (...packed: Floats[]) => R) => R;
const raw = (x: View): FloatArray => x.storage.buffer as FloatArray;

function convShape(x: View, weight: View, out: View, p: Conv2dParams): Conv2dShape {
  return {
    batch: x.shape[0],
    inChannels: x.shape[1],
    height: x.shape[2],
    width: x.shape[3],
    outChannels: weight.shape[0],
    kernelHeight: weight.shape[2],
    kernelWidth: weight.shape[3],
    strideHeight: p.stride[0],
    strideWidth: p.stride[1],
    padTop: p.padding[0],
    padLeft: p.padding[1],
    dilationHeight: p.dilation[0],
    dilationWidth: p.dilation[1],
    groups: p.groups,
    outHeight: out.shape[2],
    outWidth: out.shape[3],
  };
}

function poolShape(x: View, out: View, p: Pool2dParams): Pool2dShape {
  return {
    planes: x.shape[0] * x.shape[1],
    height: x.shape[2],
    width: x.shape[3],
    kernelHeight: p.kernel_size[0],
    kernelWidth: p.kernel_size[1],
    strideHeight: p.stride[0],
    strideWidth: p.stride[1],
    padHeight: p.padding[0],
    padWidth: p.padding[1],
    dilationHeight: p.dilation[0],
    dilationWidth: p.dilation[1],
    outHeight: out.shape[2],
    outWidth: out.shape[3],
  };
}

export function conv2d(x: View, weight: View, bias: View | null, params: Conv2dParams, out: View): void {
  const shape = convShape(x, weight, out, params);
  withFloats(bias === null ? [x, weight] : [x, weight, bias], (a, w, b?: Floats) =>
    conv2dForward(shape, a.array, a.offset, w.array, w.offset, b?.array ?? null, b?.offset ?? 0, raw(out), out.offset),
  );
}

export function conv2dInputGrad(grad: View, weight: View, params: Conv2dParams, out: View): void {
  const shape = convShape(out, weight, grad, params);
  withFloats([grad, weight], (g, w) =>
    convInputGrad(shape, g.array, g.offset, w.array, w.offset, raw(out), out.offset),
  );
}

export function conv2dWeightGrad(grad: View, x: View, params: Conv2dParams, out: View, outBias: View | null): void {
  const shape = convShape(x, out, grad, params);
  const bias = outBias === null ? null : raw(outBias);
  withFloats([grad, x], (g, a) =>
    convWeightGrad(shape, a.array, a.offset, g.array, g.offset, raw(out), out.offset, bias, outBias?.offset ?? 0),
  );
}

export function maxPool2d(x: View, params: Pool2dParams, out: View, indices: View): void {
  const shape = poolShape(x, out, params);
  // fresh outputs start at offset 0, and so do their indices
  const places = indices.storage.buffer as Int32Array;
  withFloats([x], (a) => maxPoolForward(shape, a.array, a.offset, raw(out), out.offset, places));
}

export function maxPool2dBackward(grad: View, indices: View, params: Pool2dParams, out: View): void {
  const shape = poolShape(out, grad, params);
  withPacked([grad, indices], (g, places) => {
    const at = (places.array as Int32Array).subarray(places.offset);
    maxPoolBackward(shape, g.array as FloatArray, g.offset, at, raw(out), out.offset);
  });
}

export function avgPool2d(x: View, params: AvgPool2dParams, out: View): void {
  const { count_include_pad, divisor_override } = params;
  const shape = poolShape(x, out, params);
  withFloats([x], (a) =>
    avgPoolForward(shape, count_include_pad, divisor_override, a.array, a.offset, raw(out), out.offset),
  );
}

export function avgPool2dBackward(grad: View, params: AvgPool2dParams, out: View): void {
  const { count_include_pad, divisor_override } = params;
  const shape = poolShape(out, grad, params);
  withFloats([grad], (g) =>
    avgPoolBackward(shape, count_include_pad, divisor_override, g.array, g.offset, raw(out), out.offset),
  );
}
