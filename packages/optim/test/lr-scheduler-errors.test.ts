/** Each refusal and warning of the schedulers: PyTorch's own from the fixture, then those of what only torchlet refuses. */
import { type Tensor, tensor, ValueError, zeros } from '@torchlet/tensor';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { lr_scheduler, Optimizer, SGD } from '../src/index.js';
import { fixture } from './helpers.js';

const {
  ChainedScheduler,
  ConstantLR,
  CosineAnnealingWarmRestarts,
  CyclicLR,
  OneCycleLR,
  ReduceLROnPlateau,
  SequentialLR,
  StepLR,
} = lr_scheduler;
const torch = fixture<{ errors: Record<string, string>; warnings: Record<string, string[]> }>('lr-scheduler-texts');
const verbose = fixture<Record<string, string[]>>('lr-scheduler-verbose');

const leaf = (): Tensor => zeros(2, { requires_grad: true });
const sgd = (): SGD => new SGD([{ params: leaf() }, { params: leaf() }], { lr: 0.1 });
/** A scheduler as a caller without types may build it. */
const make = (
  type: Exclude<keyof typeof lr_scheduler, 'ChainedScheduler'>,
  options?: unknown,
  optimizer: unknown = sgd(),
) => Reflect.construct(lr_scheduler[type], options === undefined ? [optimizer] : [optimizer, options]);
const chained = (schedulers: unknown, options?: unknown): unknown =>
  Reflect.construct(ChainedScheduler, [schedulers, options]);

/** An optimizer without momentum. */
class Plain extends Optimizer {
  constructor() {
    super([leaf()], { lr: 0.1 });
  }
}

const cyclic = (options: object): unknown => make('CyclicLR', { base_lr: 0.1, max_lr: 1, ...options });
const oneCycle = (options: object): unknown => make('OneCycleLR', { max_lr: 1, total_steps: 9, ...options });
const sequential = (schedulers: unknown, milestones: unknown, optimizer: unknown = sgd()): unknown =>
  make('SequentialLR', { schedulers, milestones }, optimizer);

let warn: ReturnType<typeof vi.spyOn>;
beforeEach(() => {
  warn = vi.spyOn(console, 'warn').mockImplementation(() => {});
});
afterEach(() => {
  warn.mockRestore();
});

const CALLS: Record<string, () => unknown> = {
  lambdas: () => make('LambdaLR', { lr_lambda: [Math.abs] }),
  'multiplicative lambdas': () => make('MultiplicativeLR', { lr_lambda: [Math.abs, Math.abs, Math.abs] }),
  'constant factor above': () => make('ConstantLR', { factor: 1.5 }),
  'constant factor below': () => make('ConstantLR', { factor: -0.1 }),
  'linear start above': () => make('LinearLR', { start_factor: 1.5 }),
  'linear start zero': () => make('LinearLR', { start_factor: 0 }),
  'linear end above': () => make('LinearLR', { end_factor: 1.5 }),
  'linear end below': () => make('LinearLR', { end_factor: -1 }),
  'restarts T_0': () => make('CosineAnnealingWarmRestarts', { T_0: 0 }),
  'restarts T_0 fraction': () => make('CosineAnnealingWarmRestarts', { T_0: 1.5 }),
  'restarts T_mult': () => make('CosineAnnealingWarmRestarts', { T_0: 1, T_mult: 0 }),
  'restarts T_mult fraction': () => make('CosineAnnealingWarmRestarts', { T_0: 1, T_mult: 1.5 }),
  'restarts epoch': () => new CosineAnnealingWarmRestarts(sgd(), { T_0: 1 }).step(-1),
  'cyclic base_lr': () => cyclic({ base_lr: [0.1] }),
  'cyclic max_lr': () => cyclic({ max_lr: [1, 2, 3] }),
  'cyclic base_momentum': () => cyclic({ base_momentum: [0.1] }),
  'cyclic max_momentum': () => cyclic({ max_momentum: [0.1] }),
  'cyclic mode': () => cyclic({ mode: 'square' }),
  'cyclic optimizer': () => new CyclicLR(new Plain(), { base_lr: 0.1, max_lr: 1 }),
  'one cycle optimizer': () => new OneCycleLR(new Plain(), { max_lr: 1, total_steps: 9 }),
  'one cycle steps': () => make('OneCycleLR', { max_lr: 1 }),
  'one cycle epochs alone': () => make('OneCycleLR', { max_lr: 1, epochs: 3 }),
  'one cycle total_steps': () => oneCycle({ total_steps: 0 }),
  'one cycle total_steps fraction': () => oneCycle({ total_steps: 1.5 }),
  'one cycle epochs': () => make('OneCycleLR', { max_lr: 1, epochs: -1, steps_per_epoch: 1 }),
  'one cycle steps_per_epoch': () => make('OneCycleLR', { max_lr: 1, epochs: 1, steps_per_epoch: 0 }),
  'one cycle pct_start': () => oneCycle({ pct_start: 1.5 }),
  'one cycle anneal_strategy': () => oneCycle({ anneal_strategy: 'sine' }),
  'one cycle max_lr': () => oneCycle({ max_lr: [1] }),
  'one cycle base_momentum': () => oneCycle({ base_momentum: [1] }),
  'one cycle beyond the end': () => {
    const scheduler = new OneCycleLR(sgd(), { max_lr: 0.1, total_steps: 3 });
    for (let i = 0; i < 4; i++) scheduler.step();
  },
  'sequential none': () => sequential([], []),
  'sequential no scheduler': () => sequential([3], []),
  'sequential other optimizer': () => sequential([new ConstantLR(sgd())], []),
  'sequential plateau': () => sequential([new ReduceLROnPlateau(sgd())], []),
  'sequential milestones': () => {
    const optimizer = sgd();
    return sequential([new ConstantLR(optimizer)], [3], optimizer);
  },
  'chained none': () => chained([]),
  'chained no scheduler': () => chained([new ConstantLR(sgd()), 3]),
  'chained plateau': () => chained([new ReduceLROnPlateau(sgd())]),
  'chained other optimizer': () => chained([new ConstantLR(sgd()), new StepLR(sgd(), { step_size: 1 })]),
  'chained optimizer given': () => chained([new ConstantLR(sgd())], { optimizer: sgd() }),
  'plateau factor': () => make('ReduceLROnPlateau', { factor: 1 }),
  'plateau mode': () => make('ReduceLROnPlateau', { mode: 'avg' }),
  'plateau threshold_mode': () => make('ReduceLROnPlateau', { threshold_mode: 'none' }),
  'plateau min_lr': () => make('ReduceLROnPlateau', { min_lr: [1] }),
  'plateau group added': () => {
    const optimizer = sgd();
    const scheduler = new ReduceLROnPlateau(optimizer, { patience: 0, min_lr: [0.1, 0.2] });
    optimizer.add_param_group({ params: leaf() });
    scheduler.step(1);
    scheduler.step(1);
  },
};

/** The optimizer's groups as its printout in a message shows them, without the options that PyTorch's printout has too. */
const withoutPrintout = (text: string): string => text.replace(/\(\nParameter Group[\s\S]*\n\)/, '(…)');

describe("PyTorch's messages", () => {
  it('has a call for each', () => {
    expect(Object.keys(CALLS)).toEqual(Object.keys(torch.errors));
  });
  it.each(Object.entries(torch.errors))('%s', (name, message) => {
    let thrown: unknown = null;
    try {
      CALLS[name]();
    } catch (error) {
      thrown = error;
    }
    expect(thrown).toBeInstanceOf(ValueError);
    expect(withoutPrintout((thrown as Error).message)).toBe(withoutPrintout(message));
  });
  it('the optimizer that a message prints is the scheduler’s', () => {
    const optimizer = sgd();
    const scheduler = new ConstantLR(optimizer);
    expect(() => sequential([scheduler], [])).toThrow(`has ${optimizer}, which is different from SGD.`);
  });
});

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
    ['constant NaN', () => make('ConstantLR', { factor: Number.NaN }), torch.errors['constant factor above']],
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
      "Expected float or int eta_min, but got 'x' of type string",
    ],
    [
      'restarts epoch',
      () => new CosineAnnealingWarmRestarts(sgd(), { T_0: 1 }).step(Number.NaN),
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
      'OneCycleLR: phase 0 has no steps: with total_steps=10, pct_start is too small or too large',
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
    ['sequential step', () => sequentialOf(sgd()).step(3), 'SequentialLR.step() takes no epoch, got 3'],
  ])('%s', (_, call, message) => {
    expect(call).toThrow(ValueError);
    expect(call).toThrow(new ValueError(message));
  });

  const sequentialOf = (optimizer: SGD): { step(...args: unknown[]): void } =>
    sequential([new ConstantLR(optimizer)], [], optimizer) as { step(...args: unknown[]): void };

  it('milestones out of order', () => {
    const optimizer = sgd();
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
    expect(() => chained([new ConstantLR(sgd())], { last_epoch: 1 })).toThrow(
      new ValueError("ChainedScheduler() got an unexpected keyword argument 'last_epoch'"),
    );
  });
});

it('a refused scheduler leaves the groups as they were', () => {
  const optimizer = sgd();
  const before = JSON.stringify(optimizer.param_groups.map(({ params, ...rest }) => rest));
  for (const [type, options] of [
    ['CyclicLR', { base_lr: 0.1, max_lr: 1, last_epoch: -3 }],
    ['CyclicLR', { base_lr: 0.1, max_lr: 1, base_momentum: [1] }],
    ['OneCycleLR', { max_lr: 1, total_steps: 9, verbose: 3 }],
    ['OneCycleLR', { max_lr: 1, total_steps: 9, max_momentum: [1] }],
  ] as const) {
    expect(() => make(type, options, optimizer)).toThrow(ValueError);
  }
  expect(JSON.stringify(optimizer.param_groups.map(({ params, ...rest }) => rest))).toBe(before);
});

it('a rate that is no number is refused, and no group gets one', () => {
  const optimizer = sgd();
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

describe('warnings', () => {
  const CAUSES: Record<string, () => unknown> = {
    'scheduler first': () => make('StepLR', { step_size: 1 }).step(),
    'optimizer stepped before there was a scheduler': () => {
      const optimizer = sgd();
      optimizer.step();
      make('StepLR', { step_size: 1 }, optimizer).step();
    },
    'second scheduler': () => {
      const optimizer = sgd();
      make('StepLR', { step_size: 1 }, optimizer);
      optimizer.step();
      make('StepLR', { step_size: 1 }, optimizer).step();
    },
    'step overridden': () => {
      const optimizer = sgd();
      const scheduler = make('StepLR', { step_size: 1 }, optimizer);
      optimizer.step = (): null => null;
      optimizer.step();
      scheduler.step();
    },
    'get_lr outside of step': () => make('StepLR', { step_size: 1 }).get_lr(),
    'restarts first': () => make('CosineAnnealingWarmRestarts', { T_0: 1 }).step(),
  };
  it('has a cause for each', () => {
    expect(Object.keys(CAUSES)).toEqual(Object.keys(torch.warnings));
  });
  it.each(Object.entries(torch.warnings))('%s', (name, texts) => {
    CAUSES[name]();
    expect(warn.mock.calls.flat()).toEqual(texts.map((text) => `UserWarning: ${text}`));
  });
  it('every get_lr warns outside of step', () => {
    const needed = {
      step_size: 1,
      gamma: 1,
      milestones: [],
      T_max: 1,
      T_0: 1,
      base_lr: 1,
      max_lr: 1,
      total_steps: 2,
      lr_lambda: Math.abs,
    };
    const keys = {
      StepLR: ['step_size'],
      MultiStepLR: ['milestones'],
      ConstantLR: [],
      LinearLR: [],
      ExponentialLR: ['gamma'],
      PolynomialLR: [],
      CosineAnnealingLR: ['T_max'],
      CosineAnnealingWarmRestarts: ['T_0'],
      LambdaLR: ['lr_lambda'],
      MultiplicativeLR: ['lr_lambda'],
      CyclicLR: ['base_lr', 'max_lr'],
      OneCycleLR: ['max_lr', 'total_steps'],
    } as const;
    for (const [type, own] of Object.entries(keys)) {
      const scheduler = make(type as keyof typeof keys, Object.fromEntries(own.map((key) => [key, needed[key]])));
      warn.mockClear();
      scheduler.get_lr();
      expect(warn.mock.calls.flat(), type).toEqual(
        torch.warnings['get_lr outside of step'].map((text) => `UserWarning: ${text}`),
      );
    }
  });
  it('ReduceLROnPlateau warns of an epoch, once', () => {
    const scheduler = new ReduceLROnPlateau(sgd());
    scheduler.step(1, 5);
    scheduler.step(tensor(1), 6);
    expect([warn.mock.calls.length, scheduler.last_epoch]).toEqual([1, 6]);
    expect(warn.mock.calls[0][0]).toMatch(
      /^UserWarning: The epoch parameter in `scheduler.step\(\)` was not necessary/,
    );
  });
});

describe('verbose prints as PyTorch 1 did', () => {
  let log: ReturnType<typeof vi.spyOn>;
  beforeEach(() => {
    log = vi.spyOn(console, 'log').mockImplementation(() => {});
  });
  afterEach(() => {
    log.mockRestore();
  });
  it.each<[string, () => unknown, (number | undefined)[]]>([
    ['linear', () => make('LinearLR', { verbose: true }), [undefined, 3, 2.5]],
    ['restarts', () => make('CosineAnnealingWarmRestarts', { T_0: 4, verbose: true }), [undefined, 2.5]],
    [
      'plateau',
      () => make('ReduceLROnPlateau', { verbose: true, patience: 0, min_lr: [0.05, 0], factor: 0.5 }),
      [1, 1, 1],
    ],
  ])('%s', (name, build, steps) => {
    const scheduler = build() as { step(argument?: number): void };
    for (const argument of steps) scheduler.step(argument);
    expect(log.mock.calls.flat()).toEqual(verbose[name]);
  });
  it('SequentialLR, of which PyTorch printed nothing', () => {
    const optimizer = sgd();
    const scheduler = new SequentialLR(optimizer, {
      schedulers: [new ConstantLR(optimizer)],
      milestones: [],
      verbose: true,
    });
    scheduler.step();
    expect(log.mock.calls.flat()).toEqual([
      'Adjusting learning rate of group 0 to 3.3333e-02.',
      'Adjusting learning rate of group 1 to 3.3333e-02.',
    ]);
  });
});
