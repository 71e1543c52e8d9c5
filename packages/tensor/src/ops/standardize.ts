/** What all normalizations are: a tensor minus its mean, over its standard deviation, times a weight, plus a bias. */
import { gradMode } from '../autograd/grad-mode.js';
import { type Context, defineOp, type Op } from '../autograd/op.js';
import type { RowsKernel } from '../backend/rows-kernel.js';
import { numelOf, type Shape, sameShape } from '../shape.js';
import type { Tensor } from '../tensor.js';
import { runRows } from './rows.js';

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

/** Whether the groups are rows in memory. */
const inRows = (x: Tensor, { groups, dims }: Plan): boolean =>
  x.device === 'cpu' && x.numel() > 0 && dims.length > 0 && dims[0] === groups.length - dims.length;

const columnsOf = ({ groups, dims }: Plan): number => numelOf(dims.map((d) => groups[d]));

/** Whether weight and bias are as long as a row, rather than one number for each channel. */
const ownRow = ({ affine: shape, parameters }: Plan): boolean => sameShape(shape, parameters);

const kernels = new Map<string, RowsKernel>();

/** One kernel for each combination of what is there. */
function kernelFor(name: string, given: readonly string[], make: (given: readonly string[]) => RowsKernel): RowsKernel {
  const key = [name, ...given].join();
  let kernel = kernels.get(key);
  if (kernel === undefined) kernels.set(key, (kernel = make(given)));
  return kernel;
}

const normKernel = (given: readonly string[]): RowsKernel => ({
  name: 'norm',
  reads: ['x', ...given],
  writes: ['y'],
  rowReads: [],
  rowWrites: ['mean', 'invStd'],
  values: ['eps'],
  passes: [
    { body: '', results: { total: { reduce: 'sum', of: 'x' } }, after: 'mean = total / n;' },
    {
      body: '',
      results: { squares: { reduce: 'sum', of: '(x - mean) * (x - mean)' } },
      after: 'invStd = 1 / Math.sqrt(squares / n + eps);',
    },
    {
      body: `y = (x - mean) * invStd${given.includes('weight') ? ' * weight' : ''}${given.includes('bias') ? ' + bias' : ''};`,
    },
  ],
});

/** The input's gradient and, where `product` is given, g · x̂, whose sum over the rows is the weight's. */
const normGradKernel = (given: readonly string[]): RowsKernel => {
  const h = given.includes('weight') ? 'g * weight' : 'g';
  const product = given.includes('product');
  return {
    name: 'norm_backward',
    reads: ['g', 'x', ...given.filter((name) => name === 'weight')],
    writes: product ? ['dx', 'gx'] : ['dx'],
    rowReads: ['mean', 'invStd'],
    rowWrites: [],
    values: [],
    passes: [
      {
        body: '',
        results: { total: { reduce: 'sum', of: h }, product: { reduce: 'sum', of: `${h} * (x - mean)` } },
        after: 'meanH = total / n; slope = (product / n) * invStd * invStd;',
      },
      {
        body: `const d = x - mean; dx = (${h} - meanH - d * slope) * invStd; ${product ? 'gx = g * d * invStd;' : ''}`,
      },
    ],
  };
};

/** g · x̂ alone. */
const WEIGHTED: RowsKernel = {
  name: 'norm_weighted',
  reads: ['g', 'x'],
  writes: ['gx'],
  rowReads: ['mean', 'invStd'],
  rowWrites: [],
  values: [],
  passes: [{ body: 'gx = g * (x - mean) * invStd;' }],
};

/** The whole normalization row by row: result, means and 1 / standard deviations. */
function normalizeRows(x: Tensor, weight: Tensor | null, bias: Tensor | null, plan: Plan): [Tensor, Tensor, Tensor] {
  const columns = columnsOf(plan);
  const own = ownRow(plan);
  const rows = [own ? weight : null, own ? bias : null];
  const kernel = kernelFor(
    'norm',
    ['weight', 'bias'].filter((_, i) => rows[i] !== null),
    normKernel,
  );
  const reads = [x, ...rows.filter((t) => t !== null)];
  const { written, numbers } = runRows(kernel, columns, reads, [], [plan.eps]);
  const [y] = written;
  const shape = plan.groups.map((size, d) => (plan.dims.includes(d) ? 1 : size));
  const [mean, invStd] = numbers.map((t) => t.reshape(shape));
  return [own ? y : affine(y, weight, bias, plan.affine), mean, invStd];
}

function normGradRows(
  ctx: Context<Plan>,
  g: Tensor,
  [x, mean, invStd, weight = null]: readonly (Tensor | null)[],
): (Tensor | null)[] {
  const plan = ctx.state;
  const [dx, dw, db] = ctx.needs_input_grad;
  const columns = columnsOf(plan);
  const own = ownRow(plan);
  const numbers = [mean as Tensor, invStd as Tensor];
  const rowWeight = own ? weight : null;
  const h = own || weight === null ? g : affine(g, weight, null, plan.affine);
  // in one pass where both need the same gradient
  const both = dx && dw && h === g;
  const given = [...(rowWeight === null ? [] : ['weight']), ...(both ? ['product'] : [])];
  const kernel = kernelFor('norm_backward', given, normGradKernel);
  const reads = [h, x as Tensor, ...(rowWeight === null ? [] : [rowWeight])];
  const fold = (t: Tensor): Tensor => t.sum_to_size(plan.affine).reshape(plan.parameters);
  const [gradX = null, product = null] = dx ? runRows(kernel, columns, reads, numbers).written : [];
  const weighted = (): Tensor => product ?? runRows(WEIGHTED, columns, [g, x as Tensor], numbers).written[0];
  return [gradX, dw ? fold(weighted()) : null, db ? fold(g) : null];
}

export const standardize: NormOp = defineOp<[Tensor, Tensor | null, Tensor | null, Plan], Tensor, Plan>('native_norm', {
  forward(ctx, x, weight, bias, plan) {
    ctx.state = plan;
    if (inRows(x, plan)) {
      const [y, mean, invStd] = normalizeRows(x, weight, bias, plan);
      ctx.save_for_backward(x, mean, invStd, ...(weight === null ? [] : [weight]));
      return y;
    }
    const groups = x.reshape(plan.groups);
    const [mean, invStd] = statistics(groups, plan);
    ctx.save_for_backward(x, mean, invStd, ...(weight === null ? [] : [weight]));
    return affine(groups.sub(mean).mul(invStd).reshape(x.shape), weight, bias, plan.affine);
  },
  backward(ctx, g) {
    const [x, savedMean, savedStd, weight = null] = ctx.saved_tensors;
    const plan = ctx.state;
    if (!gradMode.enabled && inRows(x, plan)) return normGradRows(ctx, g, ctx.saved_tensors);
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
