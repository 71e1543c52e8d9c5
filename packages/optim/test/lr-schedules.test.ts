/** PyTorch's table of schedules replayed: rates, momenta, parameters, closed forms, states, and resuming. */
import { ValueError } from '@torchlet/tensor';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { lr_scheduler } from '../src/index.js';
import { expectClose } from './helpers.js';
import { expectRates, type ScheduleCase, ScheduledRun, schedulerOf, table } from './schedules.js';

const { cases, half, recorded, steps } = table;
const named = cases.map((each) => [each.name, each] as const);
const having = <K extends keyof ScheduleCase>(key: K): (readonly [string, ScheduleCase])[] =>
  named.filter(([, each]) => each[key] !== undefined && each[key] !== null);

let warn: ReturnType<typeof vi.spyOn>;
beforeEach(() => {
  warn = vi.spyOn(console, 'warn').mockImplementation(() => {});
});
afterEach(() => {
  warn.mockRestore();
});

it('has at least three configurations of every scheduler', () => {
  const counts = new Map<string, number>();
  for (const { scheduler } of cases) counts.set(scheduler.type, (counts.get(scheduler.type) ?? 0) + 1);
  const names = Object.keys(lr_scheduler).filter((name) => !name.endsWith('LRScheduler'));
  expect([...counts.keys()].sort()).toEqual(names.sort());
  for (const [type, count] of counts) expect(count, type).toBeGreaterThanOrEqual(3);
  expect(steps).toBeGreaterThanOrEqual(30);
});

const FLAGS = ['_is_initial', '_get_lr_called_within_step'];

/** The state as the fixture writes it: infinities as words, without the flags of a step that is under way. */
function plain(value: unknown): unknown {
  if (typeof value === 'number') return Number.isFinite(value) ? value : value > 0 ? 'inf' : '-inf';
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).filter(([key]) => !FLAGS.includes(key));
  return Object.fromEntries(entries.map(([key, item]) => [key, plain(item)]));
}

/** The same keys, and numbers that agree as rates do. */
function expectState(actual: unknown, expected: unknown, path: string): void {
  if (typeof expected === 'number') expectRates([[actual as number]], [[expected]], path);
  else if (typeof expected === 'object' && expected !== null) {
    const keys = (x: unknown): string[] => Object.keys(x as object).sort();
    expect(keys(actual), path).toEqual(keys(expected));
    for (const [key, value] of Object.entries(expected)) {
      expectState((actual as Record<string, unknown>)[key], value, `${path}.${key}`);
    }
  } else expect(actual, path).toEqual(expected);
}

describe('step by step', () => {
  it.each(named)('%s', (_, spec) => {
    const run = new ScheduledRun(spec);
    const params: unknown[] = [];
    for (let number = 1; number <= steps; number++) {
      run.step(number);
      if (recorded.includes(number)) params.push(run.params.map((p) => p.detach().tolist()));
    }
    expectRates(run.lrs, spec.lrs, 'lr');
    expectRates(run.momenta, spec.momenta ?? run.momenta.map(() => run.momenta[0]), 'momentum');
    expectClose(params, spec.params, 'float64', 'parameters');
    expect(warn.mock.calls.flat()).toEqual(spec.warned.map((text) => `UserWarning: ${text}`));
    expectState(plain(run.scheduler.state_dict()), spec.state, 'state');
  });
});

describe('by the closed form', () => {
  it.each(having('closed'))('%s', (_, spec) => {
    const run = new ScheduledRun(spec);
    const rates = Array.from({ length: steps + 1 }, (_, epoch) => {
      run.scheduler.step(epoch);
      return run.scheduler.get_last_lr();
    });
    expectRates(rates, spec.closed!, 'closed');
    // The recursive form has rounded in every step, and magnifies that where a cosine or a polynomial is near 0.
    expectClose(rates, spec.lrs, 'float64', 'recursive');
  });
  it('is there wherever PyTorch has it', () => {
    expect(new Set(having('closed').map(([, { scheduler }]) => scheduler.type))).toEqual(
      new Set(
        cases
          .filter(({ add, scheduler }) => add === undefined && scheduler.schedulers === undefined)
          .filter((spec) => new ScheduledRun(spec).scheduler._get_closed_form_lr() !== null)
          .map(({ scheduler }) => scheduler.type),
      ),
    );
  });
});

describe('resumed with last_epoch', () => {
  it.each(having('resumed'))('%s', (_, spec) => {
    const run = new ScheduledRun(spec, spec.groups_half, { last_epoch: half });
    run.steps(half + 2, steps);
    expectRates(run.lrs, spec.resumed!.lrs, 'lr');
    expectRates(run.momenta, spec.resumed!.momenta, 'momentum');
  });
});

describe('resumed from state dicts of optimizer and scheduler', () => {
  const whole = named.filter(([, { add }]) => add === undefined);
  it.each(whole)('%s', (_, spec) => {
    const first = new ScheduledRun(spec).steps(1, half);
    const second = new ScheduledRun(spec, undefined, undefined, first.params);
    second.optimizer.load_state_dict(first.optimizer.state_dict());
    second.scheduler.load_state_dict(JSON.parse(JSON.stringify(first.scheduler.state_dict())));
    expect(second.scheduler.get_last_lr()).toEqual(first.scheduler.get_last_lr());
    second.steps(half + 1, steps);
    expectRates(second.lrs.slice(1), spec.lrs.slice(half + 1), 'lr');
    if (spec.momenta !== null) expectRates(second.momenta.slice(1), spec.momenta.slice(half + 1), 'momentum');
    expectClose(
      second.params.map((p) => p.detach().tolist()),
      spec.params.at(-1),
      'float64',
      'parameters',
    );
  });

  it.each(whole)('%s: refuses the state of another kind, and is unchanged', (_, spec) => {
    const { scheduler } = new ScheduledRun(spec).steps(1, 3);
    const before = scheduler.state_dict();
    const other = { type: 'ConstantLR', options: {} } as const;
    const another = { type: 'LinearLR', options: {} } as const;
    const { optimizer } = new ScheduledRun(cases[0]);
    const strange = schedulerOf(spec.scheduler.type === 'ConstantLR' ? another : other, optimizer);
    expect(() => scheduler.load_state_dict(strange.state_dict())).toThrow(ValueError);
    expect(scheduler.state_dict()).toEqual(before);
  });
});
