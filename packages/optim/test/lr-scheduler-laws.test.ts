/** Laws of the schedulers for any options, and what they keep of functions, groups and files. */
import { isIntegerKeyed, load, save, type Tensor, tensor, ValueError, zeros } from '@torchlet/tensor';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Adam, lr_scheduler, type Optimizer, SGD } from '../src/index.js';

const { ChainedScheduler, ConstantLR, CosineAnnealingLR, CosineAnnealingWarmRestarts, CyclicLR } = lr_scheduler;
const { ExponentialLR, LambdaLR, LinearLR, LRScheduler, MultiplicativeLR, MultiStepLR } = lr_scheduler;
const { OneCycleLR, PolynomialLR, ReduceLROnPlateau, SequentialLR, StepLR } = lr_scheduler;

beforeEach(() => {
  vi.spyOn(console, 'warn').mockImplementation(() => {});
});
afterEach(() => {
  vi.restoreAllMocks();
});

const leaf = (): Tensor => zeros(1, { requires_grad: true });
const sgd = (...lrs: number[]): SGD => new SGD(lrs.map((lr) => ({ params: leaf(), lr })));
const rates = ({ param_groups }: Optimizer): number[] => param_groups.map(({ lr }) => lr);

/** The rates at the start and after each of `epochs` steps. */
function run(optimizer: Optimizer, scheduler: lr_scheduler.LRScheduler, epochs: number): number[][] {
  const out = [rates(optimizer)];
  for (let epoch = 0; epoch < epochs; epoch++) {
    scheduler.step();
    out.push(rates(optimizer));
  }
  return out;
}

function expectNear(actual: readonly number[], expected: readonly number[], tolerance: number = 1e-9): void {
  expect(actual.length).toBe(expected.length);
  const scale = Math.max(...expected.map(Math.abs));
  actual.forEach((value, i) => {
    expect(Math.abs(value - expected[i])).toBeLessThanOrEqual(tolerance * scale);
  });
}

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

/** A callable object: a function whose prototype is a class's. */
class Decay {
  declare rate: number;
  static of(rate: number): Decay & ((epoch: number) => number) {
    const decay: Decay & ((epoch: number) => number) = Object.setPrototypeOf(
      (e: number): number => decay.rate ** e,
      Decay.prototype,
    );
    decay.rate = rate;
    return decay;
  }
}

describe('state', () => {
  it('keeps callable objects, but no functions', () => {
    const make = (rate: number) => new LambdaLR(sgd(1, 1), { lr_lambda: [Decay.of(rate), (e) => 1 / (e + 1)] });
    const saved = make(0.5).state_dict();
    expect(saved.lr_lambdas).toEqual([{ rate: 0.5 }, null]);
    const other = make(0.9);
    const [first] = other.lr_lambdas;
    other.load_state_dict(saved);
    other.step();
    expect([other.get_last_lr(), other.lr_lambdas[0] === first]).toEqual([[0.5, 0.5], true]);
    for (const lr_lambdas of [[null], 3, [1, 2]]) {
      expect(() => other.load_state_dict({ ...saved, lr_lambdas })).toThrow(
        new ValueError("load_state_dict(): expected 'lr_lambdas' to be a list of 2 dicts or nulls"),
      );
    }
  });

  it('keeps a callable scale_fn, but no function', () => {
    const make = (scale_fn: (x: number) => number) =>
      new CyclicLR(sgd(1), { base_lr: 0, max_lr: 1, step_size_up: 1, scale_fn });
    const saved = make(Decay.of(0.5)).state_dict();
    expect(saved._scale_fn_custom).toEqual({ rate: 0.5 });
    expect(make((x) => x).state_dict()._scale_fn_custom).toBeNull();
    const other = make(Decay.of(0.9));
    other.load_state_dict(saved);
    expect(other.scale_fn(2)).toBe(0.25);
    expect(new CyclicLR(sgd(1), { base_lr: 0, max_lr: 1, mode: 'triangular2' }).scale_fn(3)).toBe(0.25);
  });

  it('has a file between: milestones keep their integer keys', () => {
    const options = { milestones: [2, 1, 2], gamma: 0.5 };
    const first = new MultiStepLR(sgd(1), options);
    const path = `${process.env.TMPDIR ?? '/tmp'}/torchlet-schedule-${process.pid}.pt`;
    save(first.state_dict(), path);
    const saved = load<Record<string, unknown>>(path);
    expect(saved.milestones).toEqual({ 1: 1, 2: 2 });
    expect(isIntegerKeyed(saved.milestones as object)).toBe(true);
    const optimizer = sgd(1);
    const second = new MultiStepLR(optimizer, { milestones: [] });
    second.load_state_dict(JSON.parse(JSON.stringify(saved)));
    expect(isIntegerKeyed(second.milestones)).toBe(true);
    expect(run(optimizer, second, 2)).toEqual([[1], [0.5], [0.125]]);
  });

  it('a fresh plateau’s survives JSON, which has no infinity', () => {
    const saved = JSON.parse(JSON.stringify(new ReduceLROnPlateau(sgd(1), { mode: 'max' }).state_dict()));
    const scheduler = new ReduceLROnPlateau(sgd(1));
    scheduler.load_state_dict(saved);
    expect([scheduler.best, scheduler.mode_worse]).toEqual([-Infinity, -Infinity]);
  });

  it('of a version that knew less is read', () => {
    const { default_min_lr, verbose, ...older } = new ReduceLROnPlateau(sgd(1), { min_lr: 0.5 }).state_dict();
    const scheduler = new ReduceLROnPlateau(sgd(1));
    scheduler.load_state_dict(older);
    expect([default_min_lr, verbose, scheduler.min_lrs, scheduler.default_min_lr]).toEqual([0.5, false, [0.5], 0]);
  });

  it('of composites is checked to its depth before anything changes', () => {
    const build = (): lr_scheduler.ChainedScheduler => {
      const optimizer = sgd(1);
      return new ChainedScheduler([
        new ExponentialLR(optimizer, { gamma: 0.5 }),
        new StepLR(optimizer, { step_size: 1 }),
      ]);
    };
    const [one, two] = [build(), build()];
    one.step();
    const saved = one.state_dict() as { _schedulers: object[] };
    const before = two.state_dict();
    expect(() => two.load_state_dict({ ...saved, _schedulers: [saved._schedulers[0], saved._schedulers[0]] })).toThrow(
      new ValueError("loaded state dict is not one of StepLR: it lacks 'step_size'"),
    );
    expect(() => two.load_state_dict({ ...saved, _schedulers: [saved._schedulers[0]] })).toThrow(
      new ValueError("load_state_dict(): expected '_schedulers' to be a list of 2 state dicts"),
    );
    expect(two.state_dict()).toEqual(before);
    two.load_state_dict({ ...saved });
    expect(two.state_dict()).toEqual(one.state_dict());
  });
});

describe('groups', () => {
  it('one that is added later keeps its rate where rates follow from the initial ones', () => {
    const builds: Build[] = [
      (optimizer) => new LambdaLR(optimizer, { lr_lambda: () => 0.5 }),
      (optimizer) => new MultiplicativeLR(optimizer, { lr_lambda: () => 0.5 }),
      (optimizer) => new CosineAnnealingWarmRestarts(optimizer, { T_0: 2 }),
      (optimizer) => new CyclicLR(optimizer, { base_lr: 0.25, max_lr: 0.75, step_size_up: 2 }),
    ];
    for (const build of builds) {
      const optimizer = sgd(1);
      const scheduler = build(optimizer);
      optimizer.add_param_group({ params: leaf(), lr: 8 });
      scheduler.step();
      expect(rates(optimizer)).toEqual([0.5, 8]);
      expect(optimizer.param_groups[1].momentum).toBe(0);
    }
  });

  it('OneCycleLR refuses one that has no bounds', () => {
    const optimizer = sgd(1);
    const scheduler = new OneCycleLR(optimizer, { max_lr: 1, total_steps: 10 });
    optimizer.add_param_group({ params: leaf(), lr: 8 });
    expect(() => scheduler.step()).toThrow("OneCycleLR: param_groups[1] has no 'initial_lr'");
    expectNear(rates(optimizer), [0.04, 8], 1e-15);
  });

  it('are changed by hand between steps, and the recursive form goes on from there', () => {
    const optimizer = sgd(1);
    const scheduler = new ExponentialLR(optimizer, { gamma: 0.5 });
    optimizer.param_groups[0].lr = 8;
    scheduler.step();
    expect(scheduler.get_last_lr()).toEqual([4]);
  });

  it('CyclicLR keeps its own bounds where another scheduler has set initial_lr', () => {
    const optimizer = sgd(1);
    new ConstantLR(optimizer);
    const scheduler = new CyclicLR(optimizer, { base_lr: 0.1, max_lr: 0.5, step_size_up: 2 });
    expect([scheduler.base_lrs, optimizer.param_groups[0].initial_lr]).toEqual([[0.1], 1]);
    scheduler.step();
    expectNear(rates(optimizer), [0.3]);
  });
});

it('a plateau takes a tensor, and tells whether it cools down', () => {
  const optimizer = sgd(1);
  const scheduler = new ReduceLROnPlateau(optimizer, { patience: 0, cooldown: 1, factor: 0.5 });
  const seen = [3, 3, 3, 3].map((metric) => {
    scheduler.step(tensor(metric));
    return [scheduler.get_last_lr()[0], scheduler.in_cooldown];
  });
  expect(seen).toEqual([
    [1, false],
    [0.5, true],
    [0.5, false],
    [0.25, true],
  ]);
  expect([scheduler.best, scheduler.last_epoch]).toEqual([3, 4]);
});

it('all are LRSchedulers, under the former name too', () => {
  const optimizer = sgd(1);
  const scheduler = new ConstantLR(optimizer);
  for (const each of [scheduler, new ChainedScheduler([scheduler]), new ReduceLROnPlateau(optimizer)]) {
    expect(each).toBeInstanceOf(LRScheduler);
  }
  class Halving extends lr_scheduler._LRScheduler {
    override get_lr(): number[] {
      return this.base_lrs.map((base_lr) => base_lr / 2 ** this.last_epoch);
    }
  }
  expect(new Halving(optimizer)).toBeInstanceOf(LRScheduler);
  expect(run(optimizer, new Halving(optimizer), 2)).toEqual([[1], [0.5], [0.25]]);
  expect(() => new LRScheduler(optimizer)).toThrow('LRScheduler has no get_lr(): a scheduler overrides it');
});
