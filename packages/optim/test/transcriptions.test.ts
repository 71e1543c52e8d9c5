/**
 * What the PyTorch of the fixtures lacks, against the published algorithms written down once more: for one element, in
 * double precision, with the bias corrections where the papers have them.
 */
import { describe, expect, it } from 'vitest';
import { type Configuration, expectClose, type Precision, Problem } from './helpers.js';
import { train } from './replay.js';

interface Options {
  readonly lr: number;
  readonly betas: readonly [number, number];
  readonly eps: number;
  readonly weight_decay: number;
  readonly decoupled_weight_decay: boolean;
  readonly momentum_decay: number;
  readonly maximize: boolean;
  readonly lr_decay: number;
  readonly initial_accumulator_value: number;
}

/** One element's parameter after a step, from the one before and its gradient. */
type Element = (x: number, grad: number) => number;

const COMMON = { weight_decay: 0, decoupled_weight_decay: false, maximize: false };
const ADAM = { ...COMMON, betas: [0.9, 0.999], eps: 1e-8 };
const DEFAULTS = {
  Adagrad: { ...COMMON, lr: 0.01, lr_decay: 0, eps: 1e-10, initial_accumulator_value: 0 },
  Adam: { ...ADAM, lr: 0.001 },
  NAdam: { ...ADAM, lr: 0.002, momentum_decay: 0.004 },
  RAdam: { ...ADAM, lr: 0.001 },
} as const;
type Name = keyof typeof DEFAULTS;

/** Ascent, and both kinds of weight decay: [parameter, gradient]. */
function decayed(
  { lr, weight_decay, decoupled_weight_decay, maximize }: Options,
  x: number,
  grad: number,
): [number, number] {
  const g = maximize ? -grad : grad;
  return decoupled_weight_decay ? [x - lr * weight_decay * x, g] : [x, g + weight_decay * x];
}

const RULES: Record<Name, (o: Options) => Element> = {
  // Duchi et al. 2011, figure 1, with PyTorch's decay of the learning rate
  Adagrad(o) {
    let [t, s] = [0, o.initial_accumulator_value];
    return (x, grad) => {
      const [p, g] = decayed(o, x, grad);
      s += g ** 2;
      return p - (o.lr / (1 + t++ * o.lr_decay)) * (g / (Math.sqrt(s) + o.eps));
    };
  },
  // Kingma and Ba 2014, algorithm 1
  Adam(o) {
    let [t, m, v] = [0, 0, 0];
    return (x, grad) => {
      const [p, g] = decayed(o, x, grad);
      t++;
      m = o.betas[0] * m + (1 - o.betas[0]) * g;
      v = o.betas[1] * v + (1 - o.betas[1]) * g ** 2;
      return p - (o.lr * (m / (1 - o.betas[0] ** t))) / (Math.sqrt(v / (1 - o.betas[1] ** t)) + o.eps);
    };
  },
  // Dozat 2016, algorithm 2; the product of the momenta is kept in float32, as in PyTorch
  NAdam(o) {
    let [t, m, v, product] = [0, 0, 0, 1];
    const mu = (step: number): number => Math.fround(o.betas[0] * (1 - 0.5 * 0.96 ** (step * o.momentum_decay)));
    const exact = (step: number): number => o.betas[0] * (1 - 0.5 * 0.96 ** (step * o.momentum_decay));
    return (x, grad) => {
      const [p, g] = decayed(o, x, grad);
      t++;
      product = Math.fround(product * mu(t));
      m = o.betas[0] * m + (1 - o.betas[0]) * g;
      v = o.betas[1] * v + (1 - o.betas[1]) * g ** 2;
      const gHat = (g * (1 - exact(t))) / (1 - product);
      const mHat = (m * exact(t + 1)) / (1 - product * exact(t + 1));
      return p - (o.lr * (gHat + mHat)) / (Math.sqrt(v / (1 - o.betas[1] ** t)) + o.eps);
    };
  },
  // Liu et al. 2019, algorithm 2, with the threshold 5 of the authors' code
  RAdam(o) {
    let [t, m, v] = [0, 0, 0];
    const end = 2 / (1 - o.betas[1]) - 1;
    return (x, grad) => {
      const [p, g] = decayed(o, x, grad);
      t++;
      m = o.betas[0] * m + (1 - o.betas[0]) * g;
      v = o.betas[1] * v + (1 - o.betas[1]) * g ** 2;
      const mHat = m / (1 - o.betas[0] ** t);
      const rho = end - (2 * t * o.betas[1] ** t) / (1 - o.betas[1] ** t);
      if (rho <= 5) return p - o.lr * mHat;
      const l = Math.sqrt(1 - o.betas[1] ** t) / (Math.sqrt(v) + o.eps);
      const r = Math.sqrt(((rho - 4) * (rho - 2) * end) / ((end - 4) * (end - 2) * rho));
      return p - o.lr * mHat * r * l;
    };
  },
};

const all: Configuration['groups'] = [[[0, 1, 2, 3], {}]];
const config = (name: Name, options: Partial<Options>, more: Partial<Configuration> = {}): Configuration => ({
  name: `${name} ${JSON.stringify(options)} ${Object.keys(more).join(' ')}`,
  optimizer: name,
  options,
  groups: all,
  ...more,
});

const CONFIGURATIONS: Configuration[] = [
  // PyTorch fails at the first step of a group that joins Adagrad
  config(
    'Adagrad',
    { lr: 0.1, initial_accumulator_value: 0.25 },
    { groups: [[[0, 1], {}]], add: [17, [2, 3], { lr: 0.3 }] },
  ),
  config('Adam', { lr: 0.05, weight_decay: 0.3, decoupled_weight_decay: true }),
  config('NAdam', { lr: 0.05 }),
  config('NAdam', { lr: 0.05, weight_decay: 0.3, decoupled_weight_decay: true, momentum_decay: 0.1 }),
  config('NAdam', { lr: 0.02, weight_decay: 0.1, maximize: true, eps: 0.01 }),
  config('NAdam', { lr: 0.02, weight_decay: 0.1, maximize: true, decoupled_weight_decay: true, betas: [0.5, 0.9] }),
  config(
    'NAdam',
    { lr: 0.05, decoupled_weight_decay: true },
    {
      groups: [
        [[0, 3], { weight_decay: 0.2 }],
        [[1, 2], {}],
      ],
    },
  ),
  config('RAdam', { lr: 0.05 }),
  config('RAdam', { lr: 0.05, weight_decay: 0.3, decoupled_weight_decay: true, betas: [0.8, 0.95] }),
  config('RAdam', { lr: 0.02, weight_decay: 0.1, maximize: true, eps: 0.01, betas: [0.9, 0.9] }),
  config('RAdam', { lr: 0.02, weight_decay: 0.1, maximize: true, decoupled_weight_decay: true }),
  config(
    'RAdam',
    { lr: 0.05, decoupled_weight_decay: true },
    {
      groups: [
        [[0, 3], { weight_decay: 0.2 }],
        [[1, 2], {}],
      ],
    },
  ),
];

/** Runs the rule over the problem; returns all parameters after each step. */
function transcribe(spec: Configuration, dtype: Precision, steps: number): number[][][] {
  const problem = new Problem(dtype);
  const joins = spec.add?.[0] ?? 0;
  const groups = spec.add === undefined ? spec.groups : [...spec.groups, [spec.add[1], spec.add[2]] as const];
  const elements = new Map<number, Element[]>();
  for (const [params, own] of groups) {
    const o = { ...DEFAULTS[spec.optimizer as Name], ...spec.options, ...own } as unknown as Options;
    for (const i of params)
      elements.set(
        i,
        problem.values()[i].map(() => RULES[spec.optimizer as Name](o)),
      );
  }
  const out: number[][][] = [];
  for (let step = 1; step <= steps; step++) {
    problem.setGrads(step);
    for (const [i, rules] of elements) {
      if (spec.add?.[1].includes(i) && step < joins) continue;
      const param = problem.params[i];
      const [x, g] = [param.data, param.grad].map((t) => [t?.tolist()].flat(3) as number[]);
      const next = rules.map((rule, k) => rule(x[k], g[k]));
      param.data = param.data.new_tensor(next).reshape(param.shape);
    }
    out.push(problem.values());
  }
  return out;
}

describe.each(['float32', 'float64'] as const)('the algorithm as published, in %s', (dtype) => {
  it.each(CONFIGURATIONS.map((spec) => [spec.name, spec] as const))('%s', (_, spec) => {
    const steps = 40;
    const expected = transcribe(spec, dtype, steps);
    const problem = new Problem(dtype);
    let seen = 0;
    const at = (step: number): void => {
      seen++;
      problem.values().forEach((value, i) => {
        expectClose(value, expected[step - 1][i], dtype, `parameter ${i} after step ${step}`);
      });
    };
    train(spec, problem, at, steps);
    expect(seen).toBe(steps);
  });
});
