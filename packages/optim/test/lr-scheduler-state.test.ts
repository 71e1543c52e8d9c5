/** What the schedulers keep of functions, groups and files. */
import { isIntegerKeyed, load, save, tensor, ValueError } from '@torchlet/tensor';
import { describe, expect, it } from 'vitest';
import { lr_scheduler, type Optimizer } from '../src/index.js';
import { expectNear, leaf, rates, run, sgd, silence } from './scheduler-helpers.js';

const {
  ChainedScheduler,
  ConstantLR,
  CosineAnnealingWarmRestarts,
  CyclicLR,
  ExponentialLR,
  LRScheduler,
  LambdaLR,
  MultiStepLR,
  MultiplicativeLR,
  OneCycleLR,
  ReduceLROnPlateau,
  StepLR,
} = lr_scheduler;
silence('warn');

type Build = (optimizer: Optimizer) => lr_scheduler.LRScheduler;
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
    const { default_min_lr, ...older } = new ReduceLROnPlateau(sgd(1), { min_lr: 0.5 }).state_dict();
    const scheduler = new ReduceLROnPlateau(sgd(1));
    scheduler.load_state_dict(older);
    expect([default_min_lr, scheduler.min_lrs, scheduler.default_min_lr]).toEqual([0.5, [0.5], 0]);
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
