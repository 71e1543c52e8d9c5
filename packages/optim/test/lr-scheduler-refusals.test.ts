/** What only torchlet refuses: Python would fail on it later, or never. */
import { ValueError } from '@torchlet/tensor';
import { describe, expect, it } from 'vitest';
import { lr_scheduler, type SGD } from '../src/index.js';
import { chained, cyclic, make, oneCycle, sequential, silence, twoGroups } from './scheduler-helpers.js';

const { ConstantLR, CosineAnnealingWarmRestarts } = lr_scheduler;
silence('warn');

describe('what Python would fail on later, or never', () => {
  it.each<[string, () => unknown, string]>([
    ['no number', () => make('ExponentialLR', { gamma: '2' }), "Invalid gamma value: '2'"],
    ['NaN', () => make('StepLR', { step_size: 1, gamma: Number.NaN }), 'Invalid gamma value: NaN'],
    ['a gamma of milestones', () => make('MultiStepLR', { milestones: [1], gamma: null }), 'Invalid gamma value: null'],
    ['a fraction', () => make('StepLR', { step_size: 1.5 }), 'StepLR(): step_size must be a positive integer, got 1.5'],
    [
      'milestone',
      () => make('MultiStepLR', { milestones: [1.5] }),
      'MultiStepLR(): milestones must be integers, got 1.5',
    ],
    [
      'milestones',
      () => make('MultiStepLR', { milestones: 3 }),
      'MultiStepLR(): milestones must be an iterable of integers, got 3',
    ],
    [
      'constant iterations',
      () => make('ConstantLR', { total_iters: -1 }),
      'ConstantLR(): total_iters must be a non-negative integer, got -1',
    ],
    [
      'constant NaN',
      () => make('ConstantLR', { factor: Number.NaN }),
      'Constant multiplicative factor expected to be between 0 and 1.',
    ],
    ['constant string', () => make('ConstantLR', { factor: '0.5' }), "Invalid factor value: '0.5'"],
    ['linear start', () => make('LinearLR', { start_factor: '0.5' }), "Invalid start_factor value: '0.5'"],
    ['linear end', () => make('LinearLR', { end_factor: [] }), 'Invalid end_factor value: Array'],
    [
      'linear iterations',
      () => make('LinearLR', { total_iters: '5' }),
      "LinearLR(): total_iters must be a non-negative integer, got '5'",
    ],
    [
      'polynomial iterations',
      () => make('PolynomialLR', { total_iters: 0.5 }),
      'PolynomialLR(): total_iters must be a non-negative integer, got 0.5',
    ],
    ['power', () => make('PolynomialLR', { power: Number.NaN }), 'Invalid power value: NaN'],
    [
      'T_max',
      () => make('CosineAnnealingLR', { T_max: 0 }),
      'CosineAnnealingLR(): T_max must be a positive number, got 0',
    ],
    ['eta_min', () => make('CosineAnnealingLR', { T_max: 1, eta_min: 'x' }), "Invalid eta_min value: 'x'"],
    [
      'restarts eta_min',
      () => make('CosineAnnealingWarmRestarts', { T_0: 1, eta_min: 'x' }),
      'Expected float or int eta_min, but got x of type string',
    ],
    [
      'restarts epoch',
      () => new CosineAnnealingWarmRestarts(twoGroups(), { T_0: 1 }).step(Number.NaN),
      'Expected non-negative epoch, but got NaN',
    ],
    ['lambda', () => make('LambdaLR', { lr_lambda: 0.5 }), 'lr_lambda should be a function, but got number'],
    [
      'list of lambdas',
      () => make('MultiplicativeLR', { lr_lambda: [Math.abs, null] }),
      'lr_lambda should be a function, but got null',
    ],
    ['cyclic list', () => cyclic({ max_lr: [1, 'x'] }), "Invalid max_lr value: 'x'"],
    ['cyclic size', () => cyclic({ step_size_up: 0 }), 'CyclicLR(): step_size_up must be a positive number, got 0'],
    [
      'cyclic way down',
      () => cyclic({ step_size_down: -1 }),
      'CyclicLR(): step_size_down must be a positive number, got -1',
    ],
    ['cyclic scale_fn', () => cyclic({ scale_fn: 2 }), 'CyclicLR(): scale_fn must be a function or null, got 2'],
    [
      'cyclic scale_mode',
      () => cyclic({ scale_fn: Math.abs, scale_mode: 'epochs' }),
      "CyclicLR(): scale_mode must be 'cycle' or 'iterations', got 'epochs'",
    ],
    [
      'cyclic scale_mode without scale_fn',
      () => cyclic({ scale_mode: 'epochs' }),
      "CyclicLR(): scale_mode must be 'cycle' or 'iterations', got 'epochs'",
    ],
    ['cyclic gamma', () => cyclic({ gamma: Number.NaN }), 'Invalid gamma value: NaN'],
    [
      'one cycle div_factor',
      () => oneCycle({ div_factor: 0 }),
      'OneCycleLR(): div_factor must be a number other than 0, got 0',
    ],
    [
      'one cycle final_div_factor',
      () => oneCycle({ final_div_factor: null }),
      'OneCycleLR(): final_div_factor must be a number other than 0, got null',
    ],
    [
      'one cycle without a rise',
      () => oneCycle({ total_steps: 10, pct_start: 0.1 }),
      'OneCycleLR: phase 0 has no steps: pct_start is too small or too large for total_steps',
    ],
    ['sequential list', () => sequential(3, []), 'SequentialLR(): schedulers must be an array, got 3'],
    ['sequential milestones', () => sequential([], 3), 'SequentialLR(): milestones must be an array, got 3'],
    ['chained list', () => chained(3), 'ChainedScheduler(): schedulers must be an array, got 3'],
    ['plateau factor', () => make('ReduceLROnPlateau', { factor: Number.NaN }), 'Factor should be < 1.0.'],
    ['plateau patience', () => make('ReduceLROnPlateau', { patience: null }), 'Invalid patience value: null'],
    ['plateau min_lr', () => make('ReduceLROnPlateau', { min_lr: 'x' }), "Invalid min_lr value: 'x'"],
    [
      'plateau metrics',
      () => make('ReduceLROnPlateau').step(),
      'ReduceLROnPlateau.step(): metrics must be a number or a Tensor, got undefined',
    ],
    [
      'last_epoch',
      () => make('LinearLR', { last_epoch: -2 }),
      'LinearLR(): last_epoch must be an integer of at least -1, got -2',
    ],
    ['step', () => make('LinearLR').step('x'), 'LinearLR.step(): epoch must be a number, got x'],
    ['sequential step', () => sequentialOf(twoGroups()).step(3), 'SequentialLR.step() takes no epoch, got 3'],
  ])('%s', (_, call, message) => {
    expect(call).toThrow(ValueError);
    expect(call).toThrow(new ValueError(message));
  });

  const sequentialOf = (optimizer: SGD): { step(...args: unknown[]): void } =>
    sequential([new ConstantLR(optimizer)], [], optimizer) as { step(...args: unknown[]): void };

  it('milestones out of order', () => {
    const optimizer = twoGroups();
    const three = [1, 2, 3].map(() => new ConstantLR(optimizer));
    expect(() => sequential(three, [5, 3], optimizer)).toThrow(
      'milestones must be integers in rising order, got [5, 3]',
    );
  });

  const TYPES = Object.keys(lr_scheduler).filter((name) => !/^_|^LRScheduler$|^Chained/.test(name)) as Parameters<
    typeof make
  >[0][];
  const REQUIRED: Partial<Record<(typeof TYPES)[number], string>> = {
    StepLR: "StepLR() missing 1 required argument: 'step_size'",
    CyclicLR: "CyclicLR() missing 2 required arguments: 'base_lr' and 'max_lr'",
    LambdaLR: "LambdaLR() missing 1 required argument: 'lr_lambda'",
    MultiplicativeLR: "MultiplicativeLR() missing 1 required argument: 'lr_lambda'",
    MultiStepLR: "MultiStepLR() missing 1 required argument: 'milestones'",
    ExponentialLR: "ExponentialLR() missing 1 required argument: 'gamma'",
    CosineAnnealingLR: "CosineAnnealingLR() missing 1 required argument: 'T_max'",
    CosineAnnealingWarmRestarts: "CosineAnnealingWarmRestarts() missing 1 required argument: 'T_0'",
    OneCycleLR: "OneCycleLR() missing 1 required argument: 'max_lr'",
    SequentialLR: "SequentialLR() missing 2 required arguments: 'schedulers' and 'milestones'",
  };
  it.each(TYPES)('%s: unknown and missing options, no optimizer', (type) => {
    expect(() => make(type, { lr: 1 })).toThrow(new ValueError(`${type}() got an unexpected keyword argument 'lr'`));
    const required = REQUIRED[type];
    if (required === undefined) expect(() => make(type)).not.toThrow();
    else expect(() => make(type)).toThrow(new ValueError(required));
    const options = {
      step_size: 1,
      gamma: 1,
      milestones: [],
      T_max: 1,
      T_0: 1,
      base_lr: 1,
      max_lr: 1,
      total_steps: 2,
      lr_lambda: Math.abs,
      schedulers: [],
    };
    const needed = Object.entries(options).filter(
      ([key]) => required?.includes(`'${key}'`) || (type === 'OneCycleLR' && key === 'total_steps'),
    );
    expect(() => make(type, Object.fromEntries(needed), {})).toThrow(new ValueError('Object is not an Optimizer'));
  });
  it('ChainedScheduler: an unknown option', () => {
    expect(() => chained([new ConstantLR(twoGroups())], { last_epoch: 1 })).toThrow(
      new ValueError("ChainedScheduler() got an unexpected keyword argument 'last_epoch'"),
    );
  });
});

it('a refused scheduler leaves the groups as they were', () => {
  const optimizer = twoGroups();
  const before = JSON.stringify(optimizer.param_groups.map(({ params, ...rest }) => rest));
  for (const [type, options] of [
    ['CyclicLR', { base_lr: 0.1, max_lr: 1, last_epoch: -3 }],
    ['CyclicLR', { base_lr: 0.1, max_lr: 1, base_momentum: [1] }],
    ['OneCycleLR', { max_lr: 1, total_steps: 9, verbose: 3 }],
    ['OneCycleLR', { max_lr: 1, total_steps: 10, pct_start: 0.1 }],
    ['OneCycleLR', { max_lr: 1, total_steps: 9, max_momentum: [1] }],
  ] as const) {
    expect(() => make(type, options, optimizer)).toThrow(ValueError);
  }
  expect(JSON.stringify(optimizer.param_groups.map(({ params, ...rest }) => rest))).toBe(before);
});

it('a rate that is no number is refused, and no group gets one', () => {
  const optimizer = twoGroups();
  const lr_lambda = [() => 0.5, (epoch: number) => (epoch < 1 ? 1 : (undefined as unknown as number))];
  const scheduler = make('LambdaLR', { lr_lambda }, optimizer);
  optimizer.step();
  expect(() => scheduler.step()).toThrow('LambdaLR: the learning rate of group 1 at epoch 1 is no number: NaN');
  expect(optimizer.param_groups.map(({ lr }) => lr)).toEqual([0.05, 0.1]);
  // where Python divides by zero
  expect(() => make('LinearLR', { total_iters: 0 }).step(0)).toThrow(
    'LinearLR: the learning rate of group 0 at epoch 0',
  );
});
