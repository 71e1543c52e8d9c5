/** What the schedulers warn of and print, in PyTorch's words from the fixtures. */
import { tensor } from '@torchlet/tensor';
import { describe, expect, it } from 'vitest';
import { lr_scheduler } from '../src/index.js';
import { fixture } from './helpers.js';
import { make, silence, twoGroups } from './scheduler-helpers.js';

const { ConstantLR, ReduceLROnPlateau, SequentialLR } = lr_scheduler;
const torch = fixture<{ warnings: Record<string, string[]> }>('lr-scheduler-texts');
const verbose = fixture<Record<string, string[]>>('lr-scheduler-verbose');
const warn = silence('warn');

describe('warnings', () => {
  const CAUSES: Record<string, () => unknown> = {
    'scheduler first': () => make('StepLR', { step_size: 1 }).step(),
    'optimizer stepped before there was a scheduler': () => {
      const optimizer = twoGroups();
      optimizer.step();
      make('StepLR', { step_size: 1 }, optimizer).step();
    },
    'second scheduler': () => {
      const optimizer = twoGroups();
      make('StepLR', { step_size: 1 }, optimizer);
      optimizer.step();
      make('StepLR', { step_size: 1 }, optimizer).step();
    },
    'step overridden': () => {
      const optimizer = twoGroups();
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
    const scheduler = new ReduceLROnPlateau(twoGroups());
    scheduler.step(1, 5);
    scheduler.step(tensor(1), 6);
    expect([warn.mock.calls.length, scheduler.last_epoch]).toEqual([1, 6]);
    expect(warn.mock.calls[0][0]).toMatch(
      /^UserWarning: The epoch parameter in `scheduler.step\(\)` was not necessary/,
    );
  });
});

describe('verbose prints as PyTorch 1 did', () => {
  const log = silence('log');
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
    const optimizer = twoGroups();
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
