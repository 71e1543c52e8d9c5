/** Pooling. https://pytorch.org/docs/stable/nn.functional.html#pooling-functions */
import { checkBoolean, checkInteger } from '../arguments.js';
import { defineOp, type Op } from '../autograd/op.js';
import type { AvgPool2dParams, Pool2dParams } from '../backend/backend.js';
import { cName, isFloating } from '../dtype.js';
import { DTypeError, ShapeError, ValueError } from '../errors.js';
import { type Shape, showShape } from '../shape.js';
import { signature } from '../signature.js';
import type { Tensor } from '../tensor.js';
import { relu_backward } from './activation.js';
import type { Pair } from './conv.js';
import { allocateOutput, backend, checkTensor } from './kernel.js';
import { pairOf } from './pairs.js';

interface MaxPlan {
  readonly params: Pool2dParams;
  readonly x: Shape;
  readonly out: Shape;
}

const maxPool: Op<[input: Tensor, plan: MaxPlan], readonly [Tensor, Tensor]> = defineOp<
  [Tensor, MaxPlan],
  readonly [Tensor, Tensor],
  MaxPlan
>('max_pool2d_with_indices', {
  forward(ctx, x, plan) {
    ctx.state = plan;
    const out = allocateOutput(plan.out, x.dtype, x.device);
    const indices = allocateOutput(plan.out, 'int32', x.device);
    backend(x).maxPool2d(x, plan.params, out, indices);
    ctx.save_for_backward(indices);
    ctx.keep(out);
    return [out, indices];
  },
  backward: (ctx, g) => [maxPoolBackward(g, ctx.saved_tensors[0], ctx.state)],
  // each maximum is one of the results of relu, which blocks all gradients of it or none: it can do so where there are fewer
  joint: { relu: (ctx, _, g) => [maxPoolBackward(relu_backward(g, ctx.kept), ctx.saved_tensors[0], ctx.state)] },
  formula: ['dx = g at the maximum of each window'],
  grad_name: 'MaxPool2DWithIndicesBackward0',
});

const maxPoolBackward: Op<[grad: Tensor, indices: Tensor, plan: MaxPlan], Tensor> = defineOp<
  [Tensor, Tensor, MaxPlan],
  Tensor
>('max_pool2d_backward', {
  forward(ctx, g, indices, plan) {
    ctx.save_for_backward(indices);
    const out = allocateOutput(plan.x, g.dtype, g.device);
    backend(g).maxPool2dBackward(g, indices, plan.params, out);
    return out;
  },
  backward(ctx, gg) {
    const places = ctx.saved_tensors[0].to('int64');
    return [gg.flatten(2).gather(2, places.flatten(2)).reshape(places.shape), null];
  },
  formula: ['dg = u at the maximum of each window', 'not differentiable'],
});

export interface MaxPool2dOptions {
  readonly kernel_size?: Pair;
  readonly stride?: Pair | null;
  readonly padding?: Pair;
  readonly dilation?: Pair;
  readonly ceil_mode?: boolean;
  readonly return_indices?: boolean;
}

/** With `return_indices: true` the result is `[output, indices]`. */
export interface MaxPool2dFunction {
  (
    input: Tensor,
    kernel_size: Pair | (MaxPool2dOptions & { readonly kernel_size: Pair }),
    options: MaxPool2dOptions & { readonly return_indices: true },
  ): [output: Tensor, indices: Tensor];
  (
    input: Tensor,
    kernel_size: Pair | MaxPool2dOptions,
    stride?: Pair | null | MaxPool2dOptions,
    padding?: Pair | MaxPool2dOptions,
    dilation?: Pair | MaxPool2dOptions,
    ceil_mode?: boolean | MaxPool2dOptions,
  ): Tensor;
  (
    input: Tensor,
    kernel_size: Pair,
    stride: Pair | null,
    padding: Pair,
    dilation: Pair,
    ceil_mode: boolean,
    return_indices: true,
  ): [output: Tensor, indices: Tensor];
}

/**
 * The greatest element of each window, input `[N, C, H, W]` or `[C, H, W]`; padding counts as −∞; indices (int64) are
 * positions in the H × W plane. https://pytorch.org/docs/stable/generated/torch.nn.functional.max_pool2d.html
 */
export const max_pool2d: MaxPool2dFunction = signature<
  (input: Tensor, ...args: unknown[]) => Tensor | [Tensor, Tensor]
>(
  'max_pool2d(input, kernel_size, stride?, padding?, dilation?, ceil_mode?, return_indices?)',
  (input, k, s, p, d, ceil, indices) => {
    const x = checkPoolInput('max_pool2d', input);
    const geometry = readGeometry('max_pool2d', k, s, p, d ?? 1);
    const plan = {
      params: geometry,
      x: x.shape,
      out: poolShape('max_pool2d', x.shape, geometry, checkBoolean('max_pool2d', 'ceil_mode', ceil ?? false)),
    };
    const withIndices = checkBoolean('max_pool2d', 'return_indices', indices ?? false);
    const [y, places] = maxPool(x, plan);
    const unbatch = (t: Tensor): Tensor => (input.ndim === 3 ? t.squeeze(0) : t);
    return withIndices ? [unbatch(y), unbatch(places.to('int64'))] : unbatch(y);
  },
) as MaxPool2dFunction;

/** `[output, indices]` of {@link max_pool2d}. https://pytorch.org/docs/stable/generated/torch.nn.functional.max_pool2d.html */
export const max_pool2d_with_indices: (
  input: Tensor,
  kernel_size: Pair,
  stride?: Pair | null | MaxPool2dOptions,
  padding?: Pair | MaxPool2dOptions,
  dilation?: Pair | MaxPool2dOptions,
  ceil_mode?: boolean | MaxPool2dOptions,
) => [output: Tensor, indices: Tensor] = signature(
  'max_pool2d_with_indices(input, kernel_size, stride?, padding?, dilation?, ceil_mode?, return_indices?)',
  (input, k, s = null, p = 0, d = 1, ceil = false) => max_pool2d(input, k, s, p, d, ceil, true),
);

interface AvgPlan {
  readonly params: AvgPool2dParams;
  readonly x: Shape;
  readonly out: Shape;
}

const avgPool: Op<[input: Tensor, plan: AvgPlan], Tensor> = defineOp<[Tensor, AvgPlan], Tensor, AvgPlan>('avg_pool2d', {
  forward(ctx, x, plan) {
    ctx.state = plan;
    const out = allocateOutput(plan.out, x.dtype, x.device);
    backend(x).avgPool2d(x, plan.params, out);
    return out;
  },
  backward: (ctx, g) => [avgPoolBackward(g, ctx.state)],
  formula: ['dx = Σ g / n over the windows that contain x'],
  grad_name: 'AvgPool2DBackward0',
});

const avgPoolBackward: Op<[grad: Tensor, plan: AvgPlan], Tensor> = defineOp<[Tensor, AvgPlan], Tensor, AvgPlan>(
  'avg_pool2d_backward',
  {
    forward(ctx, g, plan) {
      ctx.state = plan;
      const out = allocateOutput(plan.x, g.dtype, g.device);
      backend(g).avgPool2dBackward(g, plan.params, out);
      return out;
    },
    backward: (ctx, gg) => [avgPool(gg, ctx.state)],
    formula: ['dg = mean of the gradient over each window'],
  },
);

export interface AvgPool2dOptions {
  readonly kernel_size?: Pair;
  readonly stride?: Pair | null;
  readonly padding?: Pair;
  readonly ceil_mode?: boolean;
  /** Whether zeros of the padding count in the mean. */
  readonly count_include_pad?: boolean;
  /** Divides by this instead of the window's size. */
  readonly divisor_override?: number | null;
}

/** The mean of each window. https://pytorch.org/docs/stable/generated/torch.nn.functional.avg_pool2d.html */
export const avg_pool2d: (
  input: Tensor,
  kernel_size: Pair | AvgPool2dOptions,
  stride?: Pair | null | AvgPool2dOptions,
  padding?: Pair | AvgPool2dOptions,
  ceil_mode?: boolean | AvgPool2dOptions,
  count_include_pad?: boolean | AvgPool2dOptions,
  divisor_override?: number | null | AvgPool2dOptions,
) => Tensor = signature(
  'avg_pool2d(input, kernel_size, stride?, padding?, ceil_mode?, count_include_pad?, divisor_override?)',
  (input, k, s, p, ceil, include, divisor) => {
    const x = checkPoolInput('avg_pool2d', input);
    const geometry = readGeometry('avg_pool2d', k, s, p, 1);
    const override =
      divisor === undefined || divisor === null ? null : checkInteger('avg_pool2d', 'divisor_override', divisor);
    if (override === 0) throw new ValueError('avg_pool2d(): divisor must be not zero');
    const params: AvgPool2dParams = {
      ...geometry,
      count_include_pad: checkBoolean('avg_pool2d', 'count_include_pad', include ?? true),
      divisor_override: override,
    };
    const out = poolShape('avg_pool2d', x.shape, geometry, checkBoolean('avg_pool2d', 'ceil_mode', ceil ?? false));
    const y = avgPool(x, { params, x: x.shape, out });
    return input.ndim === 3 ? y.squeeze(0) : y;
  },
);

function checkPoolInput(op: string, input: Tensor): Tensor {
  checkTensor(op, 'input', input);
  if (input.ndim !== 3 && input.ndim !== 4) {
    throw new ShapeError(
      `${op}(): non-empty 3D or 4D (batch mode) tensor expected for input, but got ${showShape(input.shape)}`,
    );
  }
  if (input.shape.slice(-3).some((s) => s === 0)) {
    throw new ShapeError(
      `${op}(): Expected ${input.ndim}D tensor with optional 0 dim batch size for input, but got: ${showShape(input.shape)}`,
    );
  }
  if (!isFloating(input.dtype)) throw new DTypeError(`"${op}" not implemented for '${cName(input.dtype)}'`);
  return input.ndim === 3 ? input.unsqueeze(0) : input;
}

function readGeometry(op: string, k: unknown, s: unknown, p: unknown, d: unknown): Pool2dParams {
  if (k === undefined) throw new ValueError(`${op}() missing 1 required positional argument: 'kernel_size'`);
  const kernel_size = pairOf(op, 'kernel_size', k);
  const empty = s === undefined || s === null || (Array.isArray(s) && s.length === 0);
  const stride = empty ? kernel_size : pairOf(op, 'stride', s);
  const padding = pairOf(op, 'padding', p ?? 0);
  const dilation = pairOf(op, 'dilation', d);
  if (kernel_size.some((v) => v <= 0))
    throw new ValueError(
      `${op}(): kernel size should be greater than zero, but got kH: ${kernel_size[0]} kW: ${kernel_size[1]}`,
    );
  if (stride.some((v) => v === 0)) throw new ValueError(`${op}(): stride should not be zero`);
  if (stride.some((v) => v < 0))
    throw new ValueError(`${op}(): stride should be greater than zero, but got dH: ${stride[0]} dW: ${stride[1]}`);
  if (dilation.some((v) => v <= 0))
    throw new ValueError(
      `${op}(): dilation should be greater than zero, but got dilationH: ${dilation[0]} dilationW: ${dilation[1]}`,
    );
  if (padding.some((v) => v < 0))
    throw new ValueError(`${op}(): pad must be non-negative, but got pad: ${Math.min(...padding)}`);
  padding.forEach((v, i) => {
    const effective = dilation[i] * (kernel_size[i] - 1) + 1;
    if (v > Math.floor(effective / 2)) {
      throw new ValueError(
        `${op}(): pad should be at most half of effective kernel size, but got pad=${v}, kernel_size=${kernel_size[i]} and dilation=${dilation[i]}`,
      );
    }
  });
  return { kernel_size, stride, padding, dilation };
}

/** Windows per dimension; with `ceil` also a last one that starts inside of the image or its left padding. */
function poolShape(op: string, x: Shape, p: Pool2dParams, ceil: boolean): Shape {
  const size = [0, 1].map((i) => {
    const span = x[2 + i] + 2 * p.padding[i] - p.dilation[i] * (p.kernel_size[i] - 1) - 1;
    let n = Math.floor((span + (ceil ? p.stride[i] - 1 : 0)) / p.stride[i]) + 1;
    if (ceil && (n - 1) * p.stride[i] >= x[2 + i] + p.padding[i]) n--;
    return n;
  });
  if (size.some((n) => n < 1)) {
    throw new ShapeError(
      `${op}(): Given input size: (${x.slice(1).join('x')}). Calculated output size: (${[x[1], ...size].join('x')}). Output size is too small`,
    );
  }
  return [x[0], x[1], size[0], size[1]];
}
