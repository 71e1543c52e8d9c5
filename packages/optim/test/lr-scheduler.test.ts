/** Schedulers: recursive and closed form against PyTorch and each other, resuming, state, printing. */
import { ones, type Tensor, zeros } from '@torchlet/tensor';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { lr_scheduler, SGD } from '../src/index.js';
import { expectClose, fixture } from './helpers.js';

const { StepLR } = lr_scheduler;

interface Schedule {
  readonly lrs: number[];
  readonly options: { step_size: number; gamma?: number };
  readonly recursive: number[][];
  readonly closed: number[][];
  readonly half: number;
  readonly resumed: number[][];
  readonly state: Record<string, unknown>;
}
const cases = fixture<{ StepLR: Schedule[] }>('schedulers').StepLR.map((c) => [JSON.stringify(c.options), c] as const);

const leaf = (): Tensor => zeros(1, { requires_grad: true });
const twoGroups = (lrs: readonly number[]): SGD => new SGD(lrs.map((lr) => ({ params: leaf(), lr })));
const lrsOf = (optimizer: SGD): number[] => optimizer.param_groups.map(({ lr }) => lr);

/** The learning rates after each of `epochs` steps. */
function run(optimizer: SGD, scheduler: lr_scheduler.LRScheduler, epochs: number): number[][] {
  return Array.from({ length: epochs }, () => {
    optimizer.step();
    scheduler.step();
    expect(scheduler.get_last_lr()).toEqual(lrsOf(optimizer));
    return lrsOf(optimizer);
  });
}

let warn: ReturnType<typeof vi.spyOn>;
beforeEach(() => {
  warn = vi.spyOn(console, 'warn').mockImplementation(() => {});
});
afterEach(() => {
  warn.mockRestore();
});

describe.each(cases)('StepLR %s', (_, { lrs, options, recursive, closed, half, resumed, state }) => {
  const epochs = recursive.length - 1;

  it('step by step', () => {
    const optimizer = twoGroups(lrs);
    const scheduler = new StepLR(optimizer, options);
    expect(lrsOf(optimizer)).toEqual(recursive[0]);
    expect(run(optimizer, scheduler, epochs)).toEqual(recursive.slice(1));
    expect(warn).not.toHaveBeenCalled();
    // which PyTorch 2 has no more
    const { verbose, ...known } = state as Record<string, unknown>;
    expect(scheduler.state_dict()).toMatchObject(known);
    expect(verbose).toBe(false);
  });

  it('by the closed form, which agrees with the recursive one', () => {
    const optimizer = twoGroups(lrs);
    const scheduler = new StepLR(optimizer, options);
    optimizer.step();
    for (let epoch = 0; epoch <= epochs; epoch++) {
      scheduler.step(epoch);
      expectClose(lrsOf(optimizer), closed[epoch], 'float64', `epoch ${epoch}`);
      expectClose(lrsOf(optimizer), recursive[epoch], 'float64', `epoch ${epoch}`);
    }
    expect(warn).toHaveBeenCalledTimes(1);
    expect(warn.mock.calls[0][0]).toMatch(
      /^UserWarning: The epoch parameter in `scheduler.step\(\)` was not necessary/,
    );
  });

  it('resumed with last_epoch', () => {
    const optimizer = twoGroups(lrs);
    optimizer.param_groups.forEach((group, i) => {
      group.lr = recursive[half][i];
      group.initial_lr = lrs[i];
    });
    const scheduler = new StepLR(optimizer, { ...options, last_epoch: half });
    expect(scheduler.base_lrs).toEqual(lrs);
    expect([lrsOf(optimizer), ...run(optimizer, scheduler, resumed.length - 1)]).toEqual(resumed);
  });

  it('resumed from state dicts of optimizer and scheduler', () => {
    const one = twoGroups(lrs);
    const first = new StepLR(one, options);
    run(one, first, half);
    const two = twoGroups([5, 5]);
    const second = new StepLR(two, { step_size: 99 });
    two.load_state_dict(one.state_dict());
    second.load_state_dict(JSON.parse(JSON.stringify(first.state_dict())));
    expect(second.get_last_lr()).toEqual(recursive[half]);
    expect(run(two, second, epochs - half)).toEqual(recursive.slice(half + 1));
  });
});

it('the state dict is PyTorch’s, without the optimizer', () => {
  const scheduler = new StepLR(twoGroups([1, 2]), { step_size: 3 });
  expect(scheduler.state_dict()).toEqual({
    step_size: 3,
    gamma: 0.1,
    base_lrs: [1, 2],
    last_epoch: 0,
    _step_count: 1,
    _is_initial: false,
    _get_lr_called_within_step: false,
    _last_lr: [1, 2],
  });
  expect(scheduler.optimizer).toBeInstanceOf(SGD);
});

it('reads a state dict of other versions and ignores what it does not know', () => {
  const scheduler = new StepLR(twoGroups([1, 2]), { step_size: 3 });
  const { _is_initial, _step_count, ...older } = scheduler.state_dict();
  scheduler.load_state_dict({ ...older, last_epoch: 4, verbose: true, swept: false, optimizer: null });
  expect([scheduler.last_epoch, _is_initial, _step_count, 'swept' in scheduler]).toEqual([4, false, 1, false]);
  expect(scheduler.verbose).toBe(false);
  expect(scheduler.optimizer).toBeInstanceOf(SGD);
});

it('keeps initial_lr in the groups, where a second scheduler finds it', () => {
  const optimizer = twoGroups([1, 2]);
  const first = new StepLR(optimizer, { step_size: 1, gamma: 0.5 });
  run(optimizer, first, 1);
  const second = new StepLR(optimizer, { step_size: 1, gamma: 0.5 });
  expect(optimizer.param_groups.map(({ initial_lr }) => initial_lr)).toEqual([1, 2]);
  expect([second.base_lrs, lrsOf(optimizer)]).toEqual([
    [1, 2],
    [0.5, 1],
  ]);
});

it('chained schedulers multiply', () => {
  const optimizer = twoGroups([1]);
  const [a, b] = [1, 2].map((step_size) => new StepLR(optimizer, { step_size, gamma: 0.5 }));
  for (let i = 0; i < 2; i++) {
    optimizer.step();
    a.step();
    b.step();
  }
  expect(lrsOf(optimizer)).toEqual([0.125]);
});

it('a group added later is scheduled too, step by step', () => {
  const optimizer = twoGroups([1]);
  const scheduler = new StepLR(optimizer, { step_size: 1, gamma: 0.5 });
  optimizer.add_param_group({ params: leaf(), lr: 8 });
  run(optimizer, scheduler, 1);
  expect(lrsOf(optimizer)).toEqual([0.5, 4]);
});

it('the optimizer steps by the scheduled rate', () => {
  const w = leaf();
  const optimizer = new SGD([w], { lr: 1 });
  const scheduler = new StepLR(optimizer, { step_size: 1, gamma: 0.5 });
  const path = Array.from({ length: 3 }, () => {
    w.grad = ones(1);
    optimizer.step();
    scheduler.step();
    return w.item();
  });
  expect(path).toEqual([-1, -1.5, -1.75]);
});

it('warns once when it steps before the optimizer, and not when the optimizer has stepped', () => {
  const optimizer = twoGroups([1]);
  const scheduler = new StepLR(optimizer, { step_size: 1 });
  scheduler.step();
  scheduler.step();
  expect(warn).toHaveBeenCalledTimes(1);
  new StepLR(twoGroups([1]), { step_size: 1 });
  expect(warn).toHaveBeenCalledTimes(1);
});

it('verbose prints as PyTorch did', () => {
  const log = vi.spyOn(console, 'log').mockImplementation(() => {});
  try {
    const optimizer = twoGroups([0.5, 12345.678]);
    const scheduler = new StepLR(optimizer, { step_size: 2, gamma: 1e-12, verbose: true });
    optimizer.step();
    scheduler.step(2);
    scheduler.step(2.5);
    expect(log.mock.calls.flat()).toEqual([
      'Adjusting learning rate of group 0 to 5.0000e-01.',
      'Adjusting learning rate of group 1 to 1.2346e+04.',
      'Epoch 00002: adjusting learning rate of group 0 to 5.0000e-13.',
      'Epoch 00002: adjusting learning rate of group 1 to 1.2346e-08.',
      'Epoch 2.50: adjusting learning rate of group 0 to 5.0000e-13.',
      'Epoch 2.50: adjusting learning rate of group 1 to 1.2346e-08.',
    ]);
  } finally {
    log.mockRestore();
  }
});

it('a user’s scheduler gives its fields to the constructor', () => {
  class Halving extends lr_scheduler.LRScheduler {
    declare every: number;
    constructor(optimizer: SGD, { every }: { every: number }) {
      super(optimizer, {}, { every });
    }
    override get_lr(): number[] {
      const half = this.last_epoch > 0 && this.last_epoch % this.every === 0;
      return lrsOf(this.optimizer as SGD).map((lr) => (half ? lr / 2 : lr));
    }
  }
  const optimizer = twoGroups([8]);
  const scheduler = new Halving(optimizer, { every: 2 });
  expect(run(optimizer, scheduler, 4)).toEqual([[8], [4], [4], [2]]);
  // no closed form: the jump goes on from the present rate
  scheduler.step(6);
  expect(lrsOf(optimizer)).toEqual([1]);
  expect(Object.keys(scheduler.state_dict())).toContain('every');
});
