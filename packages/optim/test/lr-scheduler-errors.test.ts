/** Each refusal of the schedulers with PyTorch's message, from the fixture. */
import { ValueError } from '@torchlet/tensor';
import { describe, expect, it } from 'vitest';
import { lr_scheduler, Optimizer } from '../src/index.js';
import { fixture } from './helpers.js';
import { chained, cyclic, leaf, make, oneCycle, sequential, silence, twoGroups } from './scheduler-helpers.js';

const { ConstantLR, CosineAnnealingWarmRestarts, CyclicLR, OneCycleLR, ReduceLROnPlateau, StepLR } = lr_scheduler;
const torch = fixture<{ errors: Record<string, string>; warnings: Record<string, string[]> }>('lr-scheduler-texts');
silence('warn');

/** An optimizer without momentum. */
class Plain extends Optimizer {
  constructor() {
    super([leaf()], { lr: 0.1 });
  }
}

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
  'restarts epoch': () => new CosineAnnealingWarmRestarts(twoGroups(), { T_0: 1 }).step(-1),
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
    const scheduler = new OneCycleLR(twoGroups(), { max_lr: 0.1, total_steps: 3 });
    for (let i = 0; i < 4; i++) scheduler.step();
  },
  'sequential none': () => sequential([], []),
  'sequential no scheduler': () => sequential([3], []),
  'sequential other optimizer': () => sequential([new ConstantLR(twoGroups())], []),
  'sequential plateau': () => sequential([new ReduceLROnPlateau(twoGroups())], []),
  'sequential milestones': () => {
    const optimizer = twoGroups();
    return sequential([new ConstantLR(optimizer)], [3], optimizer);
  },
  'chained none': () => chained([]),
  'chained no scheduler': () => chained([new ConstantLR(twoGroups()), 3]),
  'chained plateau': () => chained([new ReduceLROnPlateau(twoGroups())]),
  'chained other optimizer': () => chained([new ConstantLR(twoGroups()), new StepLR(twoGroups(), { step_size: 1 })]),
  'chained optimizer given': () => chained([new ConstantLR(twoGroups())], { optimizer: twoGroups() }),
  'plateau factor': () => make('ReduceLROnPlateau', { factor: 1 }),
  'plateau mode': () => make('ReduceLROnPlateau', { mode: 'avg' }),
  'plateau threshold_mode': () => make('ReduceLROnPlateau', { threshold_mode: 'none' }),
  'plateau min_lr': () => make('ReduceLROnPlateau', { min_lr: [1] }),
  'plateau group added': () => {
    const optimizer = twoGroups();
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
    const optimizer = twoGroups();
    const scheduler = new ConstantLR(optimizer);
    expect(() => sequential([scheduler], [])).toThrow(`has ${optimizer}, which is different from SGD.`);
  });
});
