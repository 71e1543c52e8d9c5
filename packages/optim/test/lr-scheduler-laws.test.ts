/** Laws of the schedulers, for any options. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Adam, lr_scheduler, type Optimizer } from '../src/index.js';
import { expectNear, leaf, rates, run, sgd, silence } from './scheduler-helpers.js';

const {
  ChainedScheduler,
  ConstantLR,
  CosineAnnealingLR,
  CosineAnnealingWarmRestarts,
  CyclicLR,
  ExponentialLR,
  LambdaLR,
  LinearLR,
  MultiStepLR,
  MultiplicativeLR,
  PolynomialLR,
  ReduceLROnPlateau,
  SequentialLR,
  StepLR,
} = lr_scheduler;
silence('warn');

const epoch = fc.integer({ min: 1, max: 60 });
const factor = fc.double({ min: 0.05, max: 1, noNaN: true });
const lr = fc.double({ min: 1e-4, max: 10, noNaN: true });
type Build = (optimizer: Optimizer) => lr_scheduler.LRScheduler;
/** Schedulers with both forms, with any options. */
const BOTH: Record<string, fc.Arbitrary<Build>> = {
  StepLR: fc.record({ step_size: epoch, gamma: factor }).map((o) => (optimizer) => new StepLR(optimizer, o)),
  MultiStepLR: fc
    .record({ milestones: fc.array(epoch, { maxLength: 6 }), gamma: factor })
    .map((o) => (optimizer) => new MultiStepLR(optimizer, o)),
  ConstantLR: fc.record({ factor, total_iters: epoch }).map((o) => (optimizer) => new ConstantLR(optimizer, o)),
  LinearLR: fc
    .record({ start_factor: factor, end_factor: factor, total_iters: epoch })
    .map((o) => (optimizer) => new LinearLR(optimizer, o)),
  ExponentialLR: fc.record({ gamma: factor }).map((o) => (optimizer) => new ExponentialLR(optimizer, o)),
  PolynomialLR: fc
    .record({ total_iters: epoch, power: fc.double({ min: 0.1, max: 4, noNaN: true }) })
    .map((o) => (optimizer) => new PolynomialLR(optimizer, o)),
  CosineAnnealingLR: fc
    .record({ T_max: epoch, eta_min: fc.double({ min: 0, max: 0.1, noNaN: true }) })
    .map((o) => (optimizer) => new CosineAnnealingLR(optimizer, o)),
};

describe.each(Object.entries(BOTH))('%s', (_, builds) => {
  it('the recursive form is the closed one, for any rates', () => {
    fc.assert(
      fc.property(builds, fc.array(lr, { minLength: 1, maxLength: 3 }), epoch, (build, lrs, epochs) => {
        const [one, two] = [sgd(...lrs), sgd(...lrs)];
        const recursive = run(one, build(one), epochs);
        const closed = build(two);
        recursive.forEach((row, at) => {
          closed.step(at);
          lrs.forEach((initial, group) => {
            // beside 0.1, the highest eta_min
            const off = Math.abs(row[group] - closed.get_last_lr()[group]);
            expect(off).toBeLessThanOrEqual(1e-10 * Math.max(0.1, initial));
          });
        });
      }),
      { numRuns: 60 },
    );
  });

  it('behind a milestone it runs as from its own start', () => {
    fc.assert(
      fc.property(builds, lr, epoch, epoch, (build, initial, milestone, epochs) => {
        const [one, two] = [sgd(initial), sgd(initial)];
        const alone = run(one, build(one), epochs).flat();
        const constant = new ConstantLR(two, { factor: 1, total_iters: 1 });
        const both = new SequentialLR(two, { schedulers: [constant, build(two)], milestones: [milestone] });
        const rows = run(two, both, milestone + epochs).flat();
        expectNear(rows.slice(0, milestone), Array<number>(milestone).fill(initial));
        // at the milestone the closed form of epoch 0 is set, from which the recursive one goes on
        expectNear(rows.slice(milestone), alone);
      }),
      { numRuns: 40 },
    );
  });
});

describe('laws', () => {
  it('a chain multiplies', () => {
    fc.assert(
      fc.property(BOTH.StepLR, BOTH.ExponentialLR, BOTH.LinearLR, lr, epoch, (a, b, c, initial, epochs) => {
        const single = [a, b, c].map((build) => {
          const optimizer = sgd(initial);
          return run(optimizer, build(optimizer), epochs).map(([value]) => value / initial);
        });
        const optimizer = sgd(initial);
        const chain = new ChainedScheduler([a, b, c].map((build) => build(optimizer)));
        const product = single[0].map((value, i) => initial * value * single[1][i] * single[2][i]);
        run(optimizer, chain, epochs).forEach(([value], i) => {
          expectNear([value], [product[i]]);
        });
      }),
    );
  });

  it('an exponential as a function of the epoch, or as a factor', () => {
    fc.assert(
      fc.property(factor, lr, (gamma, initial) => {
        const of = (build: Build): number[] => {
          const optimizer = sgd(initial);
          return run(optimizer, build(optimizer), 20).flat();
        };
        const expected = of((optimizer) => new ExponentialLR(optimizer, { gamma }));
        expectNear(
          of((optimizer) => new LambdaLR(optimizer, { lr_lambda: (e) => gamma ** e })),
          expected,
        );
        expectNear(
          of((optimizer) => new MultiplicativeLR(optimizer, { lr_lambda: () => gamma })),
          expected,
        );
      }),
    );
  });

  it('warm restarts: counting and jumping agree', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 9 }), fc.constantFrom(1, 2, 4), (T_0, T_mult) => {
        const [one, two] = [sgd(1), sgd(1)];
        const counted = run(one, new CosineAnnealingWarmRestarts(one, { T_0, T_mult, eta_min: 0.1 }), 80);
        const jumping = new CosineAnnealingWarmRestarts(two, { T_0, T_mult, eta_min: 0.1 });
        counted.forEach((row, at) => {
          jumping.step(at);
          expectNear(jumping.get_last_lr(), row, 1e-12);
        });
      }),
    );
  });

  it('cyclic: within its bounds, momentum mirrored', () => {
    const size = fc.integer({ min: 1, max: 9 });
    fc.assert(
      fc.property(
        fc.constantFrom('triangular', 'triangular2', 'exp_range'),
        size,
        size,
        factor,
        (mode, up, down, gamma) => {
          const optimizer = new Adam([leaf()]);
          const options = { base_lr: 0.1, max_lr: 1, step_size_up: up, step_size_down: down, mode, gamma } as const;
          const scheduler = new CyclicLR(optimizer, { ...options, base_momentum: 0.5, max_momentum: 0.9 });
          for (let batch = 0; batch < 50; batch++) {
            const [{ lr: rate, betas }] = optimizer.param_groups;
            expect(rate).toBeGreaterThanOrEqual(0.1 - 1e-12);
            expect(rate).toBeLessThanOrEqual(1 + 1e-12);
            // both are the same part of their way
            expect(Math.abs((rate - 0.1) / 0.9 - (0.9 - betas[0]) / 0.4)).toBeLessThanOrEqual(1e-12);
            expect(betas[1]).toBe(0.999);
            scheduler.step();
          }
        },
      ),
    );
  });

  it('a plateau never raises a rate, nor goes below its bound', () => {
    fc.assert(
      fc.property(fc.array(fc.double(), { maxLength: 60 }), fc.integer({ min: 0, max: 3 }), (metrics, patience) => {
        const optimizer = sgd(1, 0.5);
        const scheduler = new ReduceLROnPlateau(optimizer, { patience, factor: 0.5, min_lr: [0.2, 0.1] });
        let before = rates(optimizer);
        for (const metric of metrics) {
          scheduler.step(metric);
          const after = rates(optimizer);
          after.forEach((rate, i) => {
            expect(rate <= before[i] && rate >= [0.2, 0.1][i]).toBe(true);
          });
          before = after;
        }
      }),
    );
  });
});
