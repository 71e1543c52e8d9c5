/** What a recent PyTorch says of defaults, state dicts, files and bad gradients. */

import { load, ones, sparse_coo_tensor, Tensor, tensor } from '@torchlet/tensor';
import { isIntegerKeyed } from '@torchlet/tensor/internal';
import { describe, expect, it } from 'vitest';
import type { Optimizer } from '../src/index.js';
import * as optim from '../src/index.js';
import { expectError } from './expect-error.js';
import { fixture } from './helpers.js';
import { silence } from './scheduler-helpers.js';

/** A dict, in order. */
type Pairs = [key: string, value: unknown][];
interface Plain {
  readonly dtype: string;
  readonly shape: number[];
  readonly data: (number | string)[];
}

const torch = fixture<{
  defaults: { name: string; defaults: Pairs; repr: string; state: Pairs }[];
  schedules: [name: string, options: object | null, state: Pairs][];
  nonfinite: { name: string; options: object; shape: number[]; bad: string; param: Plain; state: [string, Plain][] }[];
  overrides: [options: object, param: number[]][];
  files: { optimizers: [name: string, file: string, before: Plain, after: Plain][]; schedulers: [string, string][] };
}>('recent');
silence('warn');

const { lr_scheduler, swa_utils } = optim;
type OptimizerClass = new (params: unknown, options?: object) => Optimizer;
const optimizers = optim as unknown as Readonly<Record<string, OptimizerClass>>;
type SchedulerClass = new (optimizer: Optimizer, options: object) => optim.lr_scheduler.LRScheduler;
const schedulers = { ...lr_scheduler, SWALR: swa_utils.SWALR } as unknown as Readonly<Record<string, SchedulerClass>>;

const flat = (x: Tensor): number[] => x.detach().reshape(-1).tolist() as number[];
const numbers = (data: readonly (number | string)[]): number[] =>
  data.map((x) => (typeof x === 'number' ? x : x === 'nan' ? Number.NaN : x === 'inf' ? Infinity : -Infinity));

function expectNear(
  actual: readonly number[],
  expected: readonly (number | string)[],
  rtol: number,
  what: string,
): void {
  expect(actual.length, what).toBe(expected.length);
  numbers(expected).forEach((value, i) => {
    const near =
      Object.is(actual[i], value) || actual[i] === value || Math.abs(actual[i] - value) <= rtol * Math.abs(value);
    expect(near, `${what}[${i}]: expected ${value}, got ${actual[i]}`).toBe(true);
  });
}

/** A step with gradients of `size`. */
function takeStep(optimizer: Optimizer, w: Tensor, size: number): void {
  const grad = ones(2, 2).mul(size);
  w.grad = optimizer instanceof optim.SparseAdam ? sparse_coo_tensor(tensor([[0, 1]]).long(), grad, [2, 2]) : grad;
  optimizer.step(() => w.detach().sum().item());
}

describe('defaults', () => {
  it.each(torch.defaults.map((each) => [each.name, each] as const))('%s', (name, expected) => {
    const w = ones(2, 2, { requires_grad: true });
    const optimizer = new optimizers[name]([w]);
    expect(Object.entries(optimizer.defaults)).toEqual(expected.defaults);
    expect(String(optimizer)).toBe(expected.repr);
    takeStep(optimizer, w, 1);
    const kinds: Readonly<Record<string, string>> = { number: 'int', object: 'list' };
    const state = Object.entries(optimizer.state_dict().state[0] ?? {}).map(([key, value]) => [
      key,
      value instanceof Tensor ? [value.dtype, value.shape] : kinds[typeof value],
    ]);
    // a number of Python may be either, and LBFGS's are here
    const known = expected.state.map(([key, kind]) => [key, kind === 'float' ? 'int' : kind]);
    if (name !== 'LBFGS') return expect(state).toEqual(known);
    expect(state.map(([key]) => key)).toEqual(known.map(([key]) => key));
  });
});

/** Functions as null, and infinities as words. */
function plain(value: unknown): unknown {
  if (typeof value === 'number') return Number.isFinite(value) ? value : value > 0 ? 'inf' : '-inf';
  if (Array.isArray(value)) return value.map(plain);
  return typeof value === 'object' && value !== null ? Object.entries(value).map(([k, v]) => [k, plain(v)]) : value;
}

/** Numbers agree to the last digits, all else exactly. */
function expectSame(actual: unknown, expected: unknown, path: string): void {
  if (typeof expected === 'number') expectNear([actual as number], [expected], 1e-12, path);
  else if (Array.isArray(expected)) {
    expect((actual as unknown[]).length, path).toBe(expected.length);
    expected.forEach((item, i) => {
      expectSame((actual as unknown[])[i], item, `${path}[${i}]`);
    });
  } else expect(actual, path).toBe(expected);
}

describe('state dicts of schedulers', () => {
  const sgd = (): Optimizer => new optim.SGD([ones(2, { requires_grad: true })], { lr: 0.4, momentum: 0.9 });
  const composed: Readonly<Record<string, () => optim.lr_scheduler.LRScheduler<[]>>> = Object.fromEntries(
    (['SequentialLR', 'ChainedScheduler'] as const).map((name) => [
      name,
      () => {
        const optimizer = sgd();
        const parts = [
          new lr_scheduler.LambdaLR(optimizer, { lr_lambda: (epoch) => 0.5 ** epoch }),
          new lr_scheduler.ExponentialLR(optimizer, { gamma: 0.5 }),
        ];
        if (name === 'ChainedScheduler') return new lr_scheduler.ChainedScheduler(parts);
        return new lr_scheduler.SequentialLR(optimizer, { schedulers: parts, milestones: [2] });
      },
    ]),
  );

  it.each(torch.schedules)('%s', (name, options, state) => {
    const scheduler = options === null ? composed[name]() : new schedulers[name](sgd(), options);
    for (let step = 0; step < 3; step++) {
      if (scheduler instanceof lr_scheduler.ReduceLROnPlateau) scheduler.step(1);
      else (scheduler as optim.lr_scheduler.LRScheduler<[]>).step();
    }
    // Python's integer keys are strings here
    const expected = state.map(([key, value]) => {
      const counts = key === 'milestones' ? (value as [number, number][]).map(([k, n]) => [String(k), n]) : value;
      return [key, counts];
    });
    expectSame(plain(scheduler.state_dict()), expected, name);
  });
});

describe('gradients that are not finite', () => {
  it.each(
    torch.nonfinite.map(
      (each) => [`${each.name} ${JSON.stringify(each.options)} ${each.shape}`, each.bad, each] as const,
    ),
  )('%s %s', (_, __, { name, options, shape, bad, param, state }) => {
    const count = shape.reduce((n, size) => n * size, 1);
    const counting = Array.from({ length: count }, (_, i) => i + 1);
    const w = tensor(counting, { dtype: 'float64' }).reshape(shape).requires_grad_();
    const optimizer = new optimizers[name]([w], options);
    for (let step = 1; step <= 5; step++) {
      const grad = counting.map((x) => x / 4 - step / 8);
      if (step === 3) grad[1] = numbers([bad])[0];
      w.grad = tensor(grad, { dtype: 'float64' }).reshape(shape);
      optimizer.step();
    }
    expectNear(flat(w), param.data, 1e-10, 'parameter');
    for (const [key, value] of state) {
      expectNear(flat((optimizer.state.get(w) as Record<string, Tensor>)[key]), value.data, 1e-10, key);
    }
  });
});

describe('a group of SGD overrides one option of nesterov alone', () => {
  it.each(torch.overrides)('%o', (own, param) => {
    const w = tensor([1, -2], { dtype: 'float64' }).requires_grad_();
    const build = (): Optimizer => new optim.SGD([{ params: w, ...own }], { lr: 0.1, momentum: 0.9, nesterov: true });
    const optimizer = build();
    for (let step = 1; step <= 3; step++) {
      w.grad = tensor([0.5 * step, -0.25 * step], { dtype: 'float64' });
      optimizer.step();
    }
    expectNear(flat(w), param, 1e-10, 'parameter');
    const other = build();
    other.load_state_dict(optimizer.state_dict());
    expect(String(other)).toBe(String(optimizer));
  });

  it('as defaults they are refused', () => {
    expectError(
      () => new optim.SGD([ones(2, { requires_grad: true })], { nesterov: true }),
      'Nesterov momentum requires a momentum and zero dampening',
    );
  });
});

describe('files', () => {
  const read = <T>(base64: string): T => load(new Uint8Array(Buffer.from(base64, 'base64'))) as T;

  it.each(torch.files.optimizers)('of %s', (name, file, before, after) => {
    const w = tensor(numbers(before.data)).reshape(2, 2).requires_grad_();
    const optimizer = new optimizers[name]([w], { lr: 0.125 });
    optimizer.load_state_dict(read(file));
    takeStep(optimizer, w, 3);
    expectNear(flat(w), after.data, 1e-5, 'parameter');
  });

  it.each(torch.files.schedulers)('of %s', (name, file) => {
    const [, options, state] = torch.schedules.find(([other]) => other === name) as (typeof torch.schedules)[number];
    const optimizer = new optim.SGD([ones(2, { requires_grad: true })], { lr: 0.4, momentum: 0.9 });
    const scheduler = new schedulers[name](optimizer, options as object);
    const saved = read<Record<string, unknown>>(file);
    expect(Object.keys(saved)).toEqual(state.map(([key]) => key));
    scheduler.load_state_dict(saved);
    expect(plain(scheduler.state_dict())).toEqual(plain(saved));
    if (name === 'MultiStepLR') expect(isIntegerKeyed(saved.milestones as object)).toBe(true);
  });
});
