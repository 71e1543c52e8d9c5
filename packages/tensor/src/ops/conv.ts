/** Convolution. https://pytorch.org/docs/stable/nn.functional.html#convolution-functions */
import { checkInteger } from '../arguments.js';
import { defineOp, type Op } from '../autograd/op.js';
import type { Conv2dParams } from '../backend/backend.js';
import { isFloating } from '../dtype.js';
import { DTypeError, ShapeError, ValueError } from '../errors.js';
import { type Shape, showShape } from '../shape.js';
import { type Named, signature } from '../signature.js';
import type { Tensor } from '../tensor.js';
import { allocateOutput, backend, checkSameDevice, checkSameDType, checkTensor } from './kernel.js';
import { pairOf } from './pairs.js';

export interface Plan {
  readonly params: Conv2dParams;
  readonly out: Shape;
  readonly x: Shape;
  readonly weight: Shape;
}

type ConvOp = Op<[input: Tensor, weight: Tensor, bias: Tensor | null, plan: Plan], Tensor>;

const convolution: ConvOp = defineOp<[Tensor, Tensor, Tensor | null, Plan], Tensor, Plan>('convolution', {
  forward(ctx, x, weight, bias, plan) {
    ctx.state = plan;
    ctx.save_for_backward(x, weight);
    const out = allocateOutput(plan.out, x.dtype, x.device);
    backend(x).conv2d(x, weight, bias, plan.params, out);
    return out;
  },
  backward(ctx, g) {
    const [x, weight] = ctx.saved_tensors;
    const [dx, dw, db] = ctx.needs_input_grad;
    const grads = dw ? convWeightGrad(g, x, ctx.state, db) : null;
    return [
      dx ? convInputGrad(g, weight, ctx.state) : null,
      grads === null ? null : grads[0],
      !db ? null : grads === null ? g.sum([0, 2, 3]) : grads[1],
    ];
  },
  formula: ['dx = g ⋆ᵀ W', 'dW = x ⋆ g', 'db = Σ g over batch and image'],
});

/** The transposed convolution: linear in both arguments, so its own gradients are convolutions again. */
export const convInputGrad: Op<[grad: Tensor, weight: Tensor, plan: Plan], Tensor> = defineOp<
  [Tensor, Tensor, Plan],
  Tensor,
  Plan
>('convolution_input', {
  forward(ctx, g, weight, plan) {
    ctx.state = plan;
    ctx.save_for_backward(g, weight);
    const out = allocateOutput(plan.x, g.dtype, g.device);
    backend(g).conv2dInputGrad(g, weight, plan.params, out);
    return out;
  },
  backward(ctx, u) {
    const [g, weight] = ctx.saved_tensors;
    const [dg, dw] = ctx.needs_input_grad;
    return [dg ? convolution(u, weight, null, ctx.state) : null, dw ? convWeightGrad(g, u, ctx.state, false)[0] : null];
  },
  formula: ['dg = u ⋆ W', 'dW = u ⋆ g'],
});

/** `[dW, db]`, or `[dW]` if no bias's gradient is wanted; both come from one pass over the gradient. */
const convWeightGrad: Op<[grad: Tensor, input: Tensor, plan: Plan, bias: boolean], readonly Tensor[]> = defineOp<
  [Tensor, Tensor, Plan, boolean],
  readonly Tensor[],
  Plan
>('convolution_weight', {
  forward(ctx, g, x, plan, bias) {
    ctx.state = plan;
    ctx.save_for_backward(g, x);
    const out = allocateOutput(plan.weight, g.dtype, g.device);
    const outBias = bias ? allocateOutput([plan.weight[0]], g.dtype, g.device) : null;
    backend(g).conv2dWeightGrad(g, x, plan.params, out, outBias);
    return outBias === null ? [out] : [out, outBias];
  },
  backward(ctx, v, vBias) {
    const [g, x] = ctx.saved_tensors;
    const [dg, dx] = ctx.needs_input_grad;
    const fromBias = vBias === undefined ? null : vBias.reshape(1, -1, 1, 1);
    const fromWeight = dg ? convolution(x, v, null, ctx.state) : null;
    return [
      fromWeight === null || fromBias === null ? fromWeight : fromWeight.add(fromBias),
      dx ? convInputGrad(g, v, ctx.state) : null,
    ];
  },
  formula: ['dg = x ⋆ v + v_bias', 'dx = g ⋆ᵀ v'],
});

export type Pair = number | readonly number[];
export type Padding = Pair | 'same' | 'valid';

export interface Conv2dOptions {
  readonly bias?: Tensor | null;
  readonly stride?: Pair;
  /** Zeros on each side, `'valid'` (none), or `'same'` (the output is as large as the input; stride 1 only). */
  readonly padding?: Padding;
  readonly dilation?: Pair;
  readonly groups?: number;
}

/**
 * 2-D cross-correlation: input `[N, C, H, W]` or `[C, H, W]`, weight `[O, C / groups, kH, kW]`, bias `[O]`. An infinity or NaN is seen by the
 * outputs whose kernel it lies under, no others. In float32 on the cpu, results of 3×3 kernels with many channels are as exact as the largest
 * of the 4×4 inputs around them allows.
 * https://pytorch.org/docs/stable/generated/torch.nn.functional.conv2d.html
 * @throws ShapeError, DTypeError, ValueError in PyTorch's words.
 */
export const conv2d: (
  input: Tensor,
  weight: Named<'weight', Tensor, Conv2dOptions>,
  bias?: Tensor | null | Conv2dOptions,
  stride?: Pair | Conv2dOptions,
  padding?: Padding | Conv2dOptions,
  dilation?: Pair | Conv2dOptions,
  groups?: number | Conv2dOptions,
) => Tensor = signature(
  'conv2d(input, weight, bias?, stride?, padding?, dilation?, groups?)',
  (input, weight, b, s, p, d, n) => {
    checkTensor('conv2d', 'input', input);
    checkTensor('conv2d', 'weight', weight);
    if (input.ndim !== 3 && input.ndim !== 4) {
      throw new ShapeError(
        `Expected 3D (unbatched) or 4D (batched) input to conv2d, but got input of size: ${showShape(input.shape)}`,
      );
    }
    const x = input.ndim === 3 ? input.unsqueeze(0) : input;
    const biasTensor = b === undefined || b === null ? null : checkTensor('conv2d', 'bias', b);
    checkTypes(x, weight, biasTensor);
    const plan = makePlan(x, weight, biasTensor, s, p, d, n);
    const y = convolution(x, weight, biasTensor, plan);
    return input.ndim === 3 ? y.squeeze(0) : y;
  },
);

function checkTypes(x: Tensor, weight: Tensor, bias: Tensor | null): void {
  checkSameDevice('conv2d', x, weight, bias);
  checkSameDType('conv2d', x, weight, bias);
  if (!isFloating(x.dtype))
    throw new DTypeError(`conv2d(): not implemented for dtype ${x.dtype}, expected float32 or float64`);
}

function makePlan(
  x: Tensor,
  weight: Tensor,
  bias: Tensor | null,
  s: unknown,
  p: unknown,
  d: unknown,
  n: unknown,
): Plan {
  const stride = pairOf('conv2d', 'stride', s ?? 1);
  const dilation = pairOf('conv2d', 'dilation', d ?? 1);
  const groups = checkInteger('conv2d', 'groups', n ?? 1);
  if (stride.some((v) => v <= 0)) throw new ValueError('conv2d(): non-positive stride is not supported');
  if (dilation.some((v) => v <= 0)) throw new ValueError('conv2d(): dilation should be greater than zero');
  if (groups <= 0) throw new ValueError('conv2d(): non-positive groups is not supported');
  checkChannels(x.shape, weight.shape, bias, groups);
  const [kH, kW] = weight.shape.slice(2);
  if (kH <= 0 || kW <= 0) {
    throw new ValueError(
      `conv2d(): kernel size should be greater than zero, but got kernel_height: ${kH} kernel_width: ${kW}`,
    );
  }
  const kernel = [kH, kW].map((k, i) => dilation[i] * (k - 1) + 1);
  const [before, total] = resolvePadding(p ?? 0, kernel, stride);
  const padded = [x.shape[2] + total[0], x.shape[3] + total[1]];
  if (padded.some((size, i) => size < kernel[i])) {
    throw new ShapeError(
      `Calculated padded input size per channel: (${padded.join(' x ')}). Kernel size: (${kernel.join(' x ')}). Kernel size ` +
        "can't be greater than actual input size",
    );
  }
  const size = padded.map((n, i) => Math.floor((n - kernel[i]) / stride[i]) + 1);
  return {
    params: { stride, padding: before, dilation, groups },
    out: [x.shape[0], weight.shape[0], size[0], size[1]],
    x: x.shape,
    weight: weight.shape,
  };
}

/** Rows and columns of zeros: `[before, before + after]`. An odd total of 'same' puts the extra one after. */
function resolvePadding(
  p: unknown,
  kernel: readonly number[],
  stride: readonly number[],
): [[number, number], [number, number]] {
  if (p === 'valid')
    return [
      [0, 0],
      [0, 0],
    ];
  if (p === 'same') {
    if (stride.some((v) => v !== 1)) throw new ValueError("padding='same' is not supported for strided convolutions");
    return [
      [Math.floor((kernel[0] - 1) / 2), Math.floor((kernel[1] - 1) / 2)],
      [kernel[0] - 1, kernel[1] - 1],
    ];
  }
  if (typeof p === 'string')
    throw new ValueError(`conv2d(): padding must be 'same' or 'valid', or numbers, got '${p}'`);
  const pair = pairOf('conv2d', 'padding', p);
  if (pair.some((v) => v < 0)) throw new ValueError('conv2d(): negative padding is not supported');
  return [pair, [2 * pair[0], 2 * pair[1]]];
}

function checkChannels(x: Shape, weight: Shape, bias: Tensor | null, groups: number): void {
  if (weight.length !== 4) {
    throw new ShapeError(
      `conv2d(): expected 4-dimensional weight [out, in / groups, kH, kW], but got weight of size ${showShape(weight)}`,
    );
  }
  if (weight[0] < groups || weight[0] % groups !== 0) {
    throw new ShapeError(
      `Given groups=${groups}, expected weight to be divisible by ${groups} at dimension 0, but got weight of size ` +
        `${showShape(weight)} instead`,
    );
  }
  if (x[1] !== weight[1] * groups) {
    throw new ShapeError(
      `Given groups=${groups}, weight of size ${showShape(weight)}, expected input${showShape(x)} to have ` +
        `${weight[1] * groups} channels, but got ${x[1]} channels instead`,
    );
  }
  if (bias !== null && (bias.ndim !== 1 || bias.shape[0] !== weight[0])) {
    throw new ShapeError(
      `Given weight of size ${showShape(weight)}, expected bias to be 1-dimensional with ${weight[0]} elements, but got ` +
        `bias of size ${showShape(bias.shape)} instead`,
    );
  }
}
