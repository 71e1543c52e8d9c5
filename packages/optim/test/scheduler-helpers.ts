/** What the tests of schedulers share: optimizers, schedulers as a caller without types builds them, runs. */
import { type Tensor, zeros } from '@torchlet/tensor';
import { afterEach, beforeEach, expect, type Mock, vi } from 'vitest';
import { lr_scheduler, type Optimizer, SGD } from '../src/index.js';

export const leaf = (): Tensor => zeros(1, { requires_grad: true });
/** A group for each of the rates. */
export const sgd = (...lrs: number[]): SGD => new SGD(lrs.map((lr) => ({ params: leaf(), lr })));
export const twoGroups = (): SGD => new SGD([{ params: leaf() }, { params: leaf() }], { lr: 0.1 });
export const rates = ({ param_groups }: Optimizer): number[] => param_groups.map(({ lr }) => lr);

export type Type = Exclude<keyof typeof lr_scheduler, 'ChainedScheduler'>;
/** A scheduler as a caller without types may build it. */
export const make = (type: Type, options?: unknown, optimizer: unknown = twoGroups()) =>
  Reflect.construct(lr_scheduler[type], options === undefined ? [optimizer] : [optimizer, options]);
export const chained = (schedulers: unknown, options?: unknown): unknown =>
  Reflect.construct(lr_scheduler.ChainedScheduler, [schedulers, options]);
export const cyclic = (options: object): unknown => make('CyclicLR', { base_lr: 0.1, max_lr: 1, ...options });
export const oneCycle = (options: object): unknown => make('OneCycleLR', { max_lr: 1, total_steps: 9, ...options });
export const sequential = (schedulers: unknown, milestones: unknown, optimizer: unknown = twoGroups()): unknown =>
  make('SequentialLR', { schedulers, milestones }, optimizer);

/** The rates at the start and after each of `epochs` steps. */
export function run(optimizer: Optimizer, scheduler: lr_scheduler.LRScheduler, epochs: number): number[][] {
  const out = [rates(optimizer)];
  for (let epoch = 0; epoch < epochs; epoch++) {
    scheduler.step();
    out.push(rates(optimizer));
  }
  return out;
}

/** Within `tolerance` of the largest. */
export function expectNear(actual: readonly number[], expected: readonly number[], tolerance: number = 1e-9): void {
  expect(actual.length).toBe(expected.length);
  const scale = Math.max(...expected.map(Math.abs));
  actual.forEach((value, i) => {
    expect(Math.abs(value - expected[i])).toBeLessThanOrEqual(tolerance * scale);
  });
}

/** Silences a function of the console in every test of the file. */
export function silence(name: 'warn' | 'log'): Mock {
  const silent: Mock = vi.fn();
  beforeEach(() => {
    silent.mockClear();
    vi.spyOn(console, name).mockImplementation(silent);
  });
  afterEach(() => {
    vi.restoreAllMocks();
  });
  return silent;
}
