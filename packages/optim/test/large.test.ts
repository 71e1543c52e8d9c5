/** Every optimizer on parameters so large that updates run in float32 throughout: as in double precision, but for rounding. */
import { type DType, no_grad, type Tensor, tensor, ValueError } from '@torchlet/tensor';
import { describe, expect, it } from 'vitest';
import * as optim from '../src/index.js';

type Constructor = new (params: unknown, options?: unknown) => optim.Optimizer;

/** What takes no dense gradients, or searches along lines, where the smallest difference leads elsewhere. */
const OTHERS = new Set(['Optimizer', 'SparseAdam', 'LBFGS']);

const isOptimizer = (x: unknown): x is Constructor => typeof x === 'function' && x.prototype instanceof optim.Optimizer;

const OPTIMIZERS = Object.entries<unknown>(optim).flatMap(([name, x]): [string, Constructor][] =>
  isOptimizer(x) && !OTHERS.has(name) ? [[name, x]] : [],
);

/** Options beside the defaults; those that an optimizer does not have are left out. */
const OPTIONS: readonly Record<string, unknown>[] = [
  { lr: 0.05 },
  { lr: 0.05, weight_decay: 0.1 },
  { lr: 0.05, maximize: true },
  { lr: 0.05, momentum: 0.9 },
  { lr: 0.05, momentum: 0.9, dampening: 0.3, weight_decay: 0.1 },
  { lr: 0.05, momentum: 0.9, nesterov: true },
  { lr: 0.05, momentum: 0.9, centered: true },
  { lr: 0.05, amsgrad: true },
  { lr: 0.05, betas: [0.8, 0.99], eps: 1e-4 },
  { lr: 0.05, weight_decay: 0.1, decoupled_weight_decay: true },
  { lr: 0.05, lr_decay: 0.1, initial_accumulator_value: 0.2 },
  { lr: 0.05, lambd: 0.01, t0: 3 },
];

const SIZE = 603;
const SHAPE = [67, 9];

/** Between -1 and 1, away from 0; another row for another seed. */
const row = (seed: number): number[] =>
  Array.from({ length: SIZE }, (_, i) => Math.sin(i * 1.7 + seed * 31) + 0.05 * Math.cos(i * seed));

/** Parameters after some steps down a bowl that is not the same twice. */
function train(
  make: Constructor,
  options: Record<string, unknown> | null,
  dtype: DType,
  place: (x: Tensor) => Tensor,
): Tensor[] {
  const of = (seed: number): Tensor => tensor(row(seed).map(Math.fround), { dtype }).reshape(SHAPE);
  const params = [place(of(1)), of(2)].map((p) => p.detach().requires_grad_());
  const optimizer = options === null ? new make(params) : new make(params, options);
  for (let step = 0; step < 15; step++) {
    params.forEach((p, i) => {
      p.grad = no_grad(() =>
        p
          .sub(of(3 + i))
          .mul(1.5)
          .add(of(10 + step + i)),
      );
    });
    optimizer.step();
  }
  return params.map((p) => p.detach());
}

const LAYOUTS: [string, (x: Tensor) => Tensor][] = [
  ['in rows', (x) => x],
  ['in columns', (x) => x.t().contiguous().t()],
  ['behind others', (x) => x.new_zeros([70, 9]).narrow(0, 3, 67).copy_(x)],
];

describe.each(OPTIMIZERS)('%s', (_, make) => {
  const known = (options: Record<string, unknown>): boolean => {
    try {
      return new make([tensor([[1]]).requires_grad_()], options) instanceof make;
    } catch (error) {
      // a combination that it refuses is tested elsewhere
      if (error instanceof ValueError) return false;
      throw error;
    }
  };
  const usable = [null, ...OPTIONS.filter(known)];

  it.each(LAYOUTS)('on tensors %s', (_, place) => {
    for (const options of usable) {
      const what = JSON.stringify(options);
      const [single, double] = (['float32', 'float64'] as const).map((dtype) => train(make, options, dtype, place));
      single.forEach((p, i) => {
        expect(p.dtype).toBe('float32');
        const error = p.double().sub(double[i]).abs().max().item();
        expect(error, what).toBeLessThan(2e-6 * Math.max(1, double[i].abs().max().item()));
        // which is not what the elements started with
        expect(
          double[i]
            .sub(tensor(row(1 + i), { dtype: 'float64' }).reshape(SHAPE))
            .abs()
            .max()
            .item(),
        ).toBeGreaterThan(1e-4);
      });
    }
  });
});

it('finds the optimizers', () => {
  expect(OPTIMIZERS.map(([name]) => name)).toEqual(expect.arrayContaining(['SGD', 'Adam']));
});
