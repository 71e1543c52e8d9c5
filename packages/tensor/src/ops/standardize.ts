/** What all normalizations are: a tensor minus its mean, over its standard deviation, times a weight, plus a bias. */
import { gradMode } from '../autograd/grad-mode.js';
import { type Context, defineOp, type Op } from '../autograd/op.js';
import type { Shape } from '../shape.js';
import type { Tensor } from '../tensor.js';

/** How a tensor is normalized: `x` is seen as `groups` and standardized over `dims` of that, each group by itself. */
export interface Plan {
  readonly groups: Shape;
  readonly dims: readonly number[];
  /** How weight and bias are seen beside `x`. */
  readonly affine: Shape;
  /** The shape of weight and bias. */
  readonly parameters: Shape;
  readonly eps: number;
  readonly gradName: string;
}

/** Mean and 1 / √(variance + eps) of each group. */
function statistics(x: Tensor, { dims, eps }: Plan): [mean: Tensor, invStd: Tensor] {
  const mean = x.mean(dims, true);
  return [mean, inverseStd(x.sub(mean).pow(2).mean(dims, true), eps)];
}

const inverseStd = (variance: Tensor, eps: number): Tensor => variance.add(eps).pow(-0.5);

function affine(x: Tensor, weight: Tensor | null, bias: Tensor | null, shape: Shape): Tensor {
  const scaled = weight === null ? x : x.mul(weight.reshape(shape));
  return bias === null ? scaled : scaled.add(bias.reshape(shape));
}

type NormOp = Op<[input: Tensor, weight: Tensor | null, bias: Tensor | null, plan: Plan], Tensor>;

/** The gradients of weight and bias from the gradient and the standardized input. */
function affineGrads(ctx: Context<Plan>, g: Tensor, xHat: Tensor): (Tensor | null)[] {
  const [, dw, db] = ctx.needs_input_grad;
  const { affine: shape, parameters } = ctx.state;
  const fold = (t: Tensor): Tensor => t.sum_to_size(shape).reshape(parameters);
  return [dw ? fold(g.mul(xHat)) : null, db ? fold(g) : null];
}

export const standardize: NormOp = defineOp<[Tensor, Tensor | null, Tensor | null, Plan], Tensor, Plan>('native_norm', {
  forward(ctx, x, weight, bias, plan) {
    ctx.state = plan;
    const groups = x.reshape(plan.groups);
    const [mean, invStd] = statistics(groups, plan);
    ctx.save_for_backward(x, mean, invStd, ...(weight === null ? [] : [weight]));
    return affine(groups.sub(mean).mul(invStd).reshape(x.shape), weight, bias, plan.affine);
  },
  backward(ctx, g) {
    const [x, savedMean, savedStd, weight = null] = ctx.saved_tensors;
    const plan = ctx.state;
    const groups = x.reshape(plan.groups);
    // to be differentiated again, the statistics must be functions of x
    const [mean, invStd] = gradMode.enabled ? statistics(groups, plan) : [savedMean, savedStd];
    const xHat = groups.sub(mean).mul(invStd);
    return [
      ctx.needs_input_grad[0]
        ? standardizeGrad(affine(g, weight, null, plan.affine), xHat, invStd, plan, x.shape)
        : null,
      ...affineGrads(ctx, g, xHat.reshape(x.shape)),
    ];
  },
  formula: [
    'dx = (h − mean h − x̂ · mean (h · x̂)) / σ with h = g · weight, the means over each group',
    'dweight = Σ g · x̂',
    'dbias = Σ g',
  ],
  grad_name: (ctx) => ctx.state.gradName,
});

function standardizeGrad(g: Tensor, xHat: Tensor, invStd: Tensor, { groups, dims }: Plan, shape: Shape): Tensor {
  const h = g.reshape(groups);
  return h
    .sub(h.mean(dims, true))
    .sub(xHat.mul(h.mul(xHat).mean(dims, true)))
    .mul(invStd)
    .reshape(shape);
}

/** By given statistics, which are constants. */
export const standardizeBy: Op<
  [input: Tensor, weight: Tensor | null, bias: Tensor | null, mean: Tensor, variance: Tensor, plan: Plan],
  Tensor
> = defineOp<[Tensor, Tensor | null, Tensor | null, Tensor, Tensor, Plan], Tensor, Plan>('native_norm_by_statistics', {
  forward(ctx, x, weight, bias, mean, variance, plan) {
    ctx.state = plan;
    const [center, invStd] = [mean.reshape(plan.affine), inverseStd(variance.reshape(plan.affine), plan.eps)];
    ctx.save_for_backward(x, center, invStd, ...(weight === null ? [] : [weight]));
    return affine(x.sub(center).mul(invStd), weight, bias, plan.affine);
  },
  backward(ctx, g) {
    const [x, center, invStd, weight = null] = ctx.saved_tensors;
    return [
      ctx.needs_input_grad[0] ? affine(g, weight, null, ctx.state.affine).mul(invStd) : null,
      ...affineGrads(ctx, g, x.sub(center).mul(invStd)),
    ];
  },
  formula: ['dx = g · weight / σ', 'dweight = Σ g · x̂', 'dbias = Σ g'],
  grad_name: (ctx) => ctx.state.gradName,
});
