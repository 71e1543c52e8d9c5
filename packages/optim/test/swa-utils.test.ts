/** Averaged models and their batch statistics, against PyTorch. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as nn from '@torchlet/nn';
import { type DType, load, manual_seed, ones, save, type Tensor, tensor, ValueError } from '@torchlet/tensor';
import fc from 'fast-check';
import { describe, expect, it, vi } from 'vitest';
import * as optim from '../src/index.js';
import * as swa from '../src/swa-utils/index.js';
import { expectClose, fixture } from './helpers.js';

type Numbers = Record<string, number[]>;
interface Average {
  readonly states: Numbers[];
  readonly out: number[];
}
type Precision = 'float32' | 'float64';
const torch = fixture<{
  averages: {
    models: Numbers[];
    x: number[];
    cases: ({ way: string; use_buffers: boolean } & Record<Precision, Average>)[];
  };
  update_bn: {
    model: 'one' | 'images';
    dtype: Precision;
    shape: number[];
    start: Numbers;
    batches: number[][];
    state: Numbers;
    training: boolean;
    momenta: (number | null)[];
  }[];
}>('swa');

const { AveragedModel, update_bn } = swa;
const PRECISIONS = ['float32', 'float64'] as const;

const net = (): nn.Sequential => new nn.Sequential(new nn.Linear(3, 4), new nn.BatchNorm1d(4), new nn.Linear(4, 2));

function loadNumbers(model: nn.Module, numbers: Numbers): void {
  const state: Record<string, Tensor> = {};
  for (const [key, own] of Object.entries(model.state_dict()))
    state[key] = tensor(numbers[key], { dtype: own.dtype }).reshape(own.shape);
  model.load_state_dict(state);
}

const numbersOf = (model: nn.Module): Numbers =>
  Object.fromEntries(
    Object.entries(model.state_dict()).map(([key, t]) => [
      key,
      (t.detach().flatten().tolist() as number[]).map(Number),
    ]),
  );

const WAYS: Record<string, swa.AveragedModelOptions> = {
  default: {},
  get_swa_avg_fn: { avg_fn: swa.get_swa_avg_fn() },
  get_ema_avg_fn: { avg_fn: swa.get_ema_avg_fn() },
  'get_ema_avg_fn 0.3': { avg_fn: swa.get_ema_avg_fn({ decay: 0.3 }) },
  get_swa_multi_avg_fn: { multi_avg_fn: swa.get_swa_multi_avg_fn() },
  get_ema_multi_avg_fn: { multi_avg_fn: swa.get_ema_multi_avg_fn() },
  'get_ema_multi_avg_fn 0.8': { multi_avg_fn: swa.get_ema_multi_avg_fn(0.8) },
  avg_fn: { avg_fn: (mean, current, n) => mean.maximum(current).div(n) },
};

it('is optim.swa_utils and a subpath of its own', () => {
  expect({ ...optim.swa_utils }).toEqual({ ...swa });
});

describe.each(torch.averages.cases)('AveragedModel by $way, buffers averaged: $use_buffers', (spec) => {
  it.each(PRECISIONS)('in %s', (dtype) => {
    const { models, x } = torch.averages;
    const model = net().to(dtype);
    const average = new AveragedModel(model, { ...WAYS[spec.way], use_buffers: spec.use_buffers });
    models.forEach((numbers, i) => {
      loadNumbers(model, numbers);
      average.update_parameters(model);
      const expected = spec[dtype].states[i];
      const found = numbersOf(average);
      expect(Object.keys(found).sort()).toEqual(Object.keys(expected).sort());
      for (const key of Object.keys(expected)) expectClose(found[key], expected[key], dtype, `${key}, update ${i + 1}`);
    });
    const out = average.eval()(tensor(x, { dtype }).reshape(2, 3));
    expectClose(out.tolist(), spec[dtype].out, dtype, 'output');
  });
});

describe('AveragedModel', () => {
  it('is a copy of the model, with module. before its names and the count among its buffers', () => {
    const model = net();
    const average = new AveragedModel(model);
    expect(Object.keys(average.state_dict())).toEqual([
      'n_averaged',
      ...Object.keys(model.state_dict()).map((key) => `module.${key}`),
    ]);
    expect([average.n_averaged.dtype, average.n_averaged.shape, average.n_averaged.item()]).toEqual(['int64', [], 0]);
    const before = numbersOf(average);
    for (const p of model.parameters()) p.data.fill_(9);
    expect(numbersOf(average)).toEqual(before);
    average.update_parameters(model);
    expect(numbersOf(average.module as nn.Module)).toEqual(numbersOf(model));
    expect(average.n_averaged.item()).toBe(1);
  });

  it('goes on from a saved state as PyTorch does', () => {
    const { models, cases } = torch.averages;
    const model = net();
    const first = new AveragedModel(model);
    for (const numbers of models.slice(0, 2)) {
      loadNumbers(model, numbers);
      first.update_parameters(model);
    }
    const folder = mkdtempSync(join(tmpdir(), 'torchlet-swa-'));
    const file = join(folder, 'averaged.pt');
    save(first.state_dict(), file);
    const second = new AveragedModel(net());
    second.load_state_dict(load<nn.StateDict>(file));
    rmSync(folder, { recursive: true });
    loadNumbers(model, models[2]);
    second.update_parameters(model);
    const expected = cases.find(({ way, use_buffers }) => way === 'default' && !use_buffers)?.float32.states[2];
    for (const [key, numbers] of Object.entries(numbersOf(second)))
      expectClose(numbers, expected?.[key], 'float32', key);
  });

  it('leaves the model alone, records nothing, and counts no closer than its arguments say', () => {
    const model = new nn.Linear(2, 1);
    const seen: unknown[] = [];
    const average = new AveragedModel(model, 'cpu', null, (means, currents, n) => {
      seen.push(
        means.map((t) => t.requires_grad),
        currents.map((t) => t.requires_grad),
        Number((n as Tensor).item()),
      );
      for (const [i, mean] of means.entries()) mean.copy_(currents[i]);
    });
    const before = numbersOf(model);
    average.update_parameters(model);
    average.update_parameters(model);
    expect(seen).toEqual([[false, false], [false, false], 1]);
    expect(numbersOf(model)).toEqual(before);
    for (const p of average.parameters()) expect([p.requires_grad, p.is_leaf]).toEqual([true, true]);
  });

  it('hands each dtype to multi_avg_fn by itself, and takes its arguments by position', () => {
    class Mixed extends nn.Module {
      a = new nn.Parameter(ones(2));
      b = new nn.Parameter(ones(1, { dtype: 'float64' }));
      c = new nn.Parameter(ones(3));
      constructor() {
        super();
        this.register_buffer('count', tensor(4, { dtype: 'int64' }));
      }
    }
    const model = new Mixed();
    const groups: [string, number][] = [];
    const average = new AveragedModel(model, null, null, (means) => groups.push([means[0].dtype, means.length]), true);
    average.update_parameters(model);
    average.update_parameters(model);
    expect(groups).toEqual([
      ['float32', 2],
      ['float64', 1],
      ['int64', 1],
    ]);
    const wide = new AveragedModel(model, null, null, swa.get_swa_multi_avg_fn(), true);
    wide.update_parameters(model);
    expect(() => wide.update_parameters(model)).toThrow('Integer division with addcdiv is no longer supported');
  });

  it('can be copied, and its copy goes on by itself', () => {
    const { models, cases } = torch.averages;
    const model = net();
    const first = new AveragedModel(model, { multi_avg_fn: swa.get_swa_multi_avg_fn() });
    loadNumbers(model, models[0]);
    first.update_parameters(model);
    const before = numbersOf(first);
    const copy = nn.deepcopy(first);
    loadNumbers(model, models[1]);
    copy.update_parameters(model);
    const expected = cases.find(({ way }) => way === 'get_swa_multi_avg_fn')?.float32.states[1];
    for (const [key, numbers] of Object.entries(numbersOf(copy))) expectClose(numbers, expected?.[key], 'float32', key);
    expect(numbersOf(first)).toEqual(before);
  });

  it('is averaged where it is told to be', () => {
    const model = net();
    const average = new AveragedModel(model, 'gpu');
    average.update_parameters(model);
    model.get_parameter('0.weight').data.add_(1);
    average.update_parameters(model);
    expect([average.n_averaged.device, ...[...average.parameters()].map((p) => p.device)]).toEqual(
      Array(7).fill('gpu'),
    );
    const mean = (average.module as nn.Sequential).get_parameter('0.weight');
    expectClose(mean.to('cpu').tolist(), model.get_parameter('0.weight').sub(0.5).tolist(), 'float32', 'weight');
  });

  it('is called as the model is', () => {
    class Two extends nn.Module<[Tensor, number], [Tensor, string]> {
      override forward(x: Tensor, by: number): [Tensor, string] {
        return [x.mul(by), 'done'];
      }
    }
    const [y, word] = new AveragedModel(new Two())(ones(2), 3);
    expect([y.tolist(), word]).toEqual([[3, 3], 'done']);
  });

  const floats = fc.array(fc.double({ min: -10, max: 10, noNaN: true }), { minLength: 1, maxLength: 12 });
  it.each([
    ['avg_fn', (): swa.AveragedModelOptions => ({})],
    ['multi_avg_fn', (): swa.AveragedModelOptions => ({ multi_avg_fn: (a, b, n) => multiSwa(a, b, Number(n)) })],
  ])('by %s, the average of models is their mean', (_, options) => {
    fc.assert(
      fc.property(floats, (values) => {
        const model = new nn.Linear(1, 1, { bias: false }).double();
        const average = new AveragedModel(model, options());
        for (const value of values) {
          model.weight.data.fill_(value);
          average.update_parameters(model);
        }
        const mean = values.reduce((sum, v) => sum + v, 0) / values.length;
        expect((average.module as nn.Linear).weight.item()).toBeCloseTo(mean, 12);
      }),
      { numRuns: 30 },
    );
  });
  const multiSwa = swa.get_swa_multi_avg_fn();

  it('refuses what cannot be', () => {
    const model = net();
    const avg_fn = swa.get_swa_avg_fn();
    const multi_avg_fn = swa.get_swa_multi_avg_fn();
    const make = (...args: unknown[]) => Reflect.construct(AveragedModel, args) as unknown;
    const refused: [() => unknown, string][] = [
      [() => make(model, { avg_fn, multi_avg_fn }), 'Only one of avg_fn and multi_avg_fn should be provided'],
      [() => make(3), "AveragedModel(): argument 'model' must be a Module, got number"],
      [() => make(model, { avg_fn: 3 }), "AveragedModel(): argument 'avg_fn' must be a function, got number"],
      [() => make(model, { use_buffers: 1 }), "AveragedModel(): argument 'use_buffers' must be bool, got 1"],
      [() => make(model, { decay: 1 }), "AveragedModel() got an unexpected keyword argument 'decay'"],
      [() => swa.get_ema_avg_fn(-0.1), 'Invalid decay value -0.1 provided. Please provide a value in [0,1] range.'],
      [() => swa.get_ema_multi_avg_fn(1.5), 'Invalid decay value 1.5 provided. Please provide a value in [0,1] range.'],
      [() => swa.get_ema_avg_fn(Number.NaN), "get_ema_avg_fn(): argument 'decay' must be a number, got NaN"],
    ];
    for (const [call, message] of refused) {
      expect(call).toThrow(ValueError);
      expect(call).toThrow(message);
    }
  });
});

describe.each(torch.update_bn)('update_bn of the model $model in $dtype', (spec) => {
  const models = {
    one: () => new nn.Sequential(new nn.Linear(3, 4), new nn.BatchNorm1d(4, { momentum: 0.3 })),
    images: () =>
      new nn.Sequential(
        new nn.Conv2d(1, 2, 2),
        new nn.BatchNorm2d(2),
        new nn.Flatten(),
        new nn.Linear(8, 3),
        new nn.BatchNorm1d(3, { momentum: null, affine: false }),
      ),
  };
  const batches = (): Tensor[] =>
    spec.batches.map((b) => tensor(b, { dtype: spec.dtype as DType }).reshape(spec.shape));

  it.each(['[input, target]', 'input'])('from batches that are %s', (kind) => {
    const model = models[spec.model]().to(spec.dtype);
    loadNumbers(model, spec.start);
    model.train(spec.training);
    update_bn(kind === 'input' ? batches() : batches().map((b) => [b, null]), model, { device: 'cpu' });
    const found = numbersOf(model);
    for (const key of Object.keys(spec.state)) expectClose(found[key], spec.state[key], spec.dtype, key);
    expect(model.training).toBe(spec.training);
    const momenta = [...model.modules()].flatMap((m) => ('momentum' in m ? [m.momentum] : []));
    expect(momenta).toEqual(spec.momenta);
  });
});

describe('update_bn', () => {
  it('runs nothing where there is nothing to update', () => {
    const forward = vi.fn();
    update_bn({ [Symbol.iterator]: forward }, new nn.Linear(2, 2));
    expect(forward).not.toHaveBeenCalled();
  });

  it('works where statistics are not tracked', () => {
    manual_seed(0);
    const model = new nn.BatchNorm1d(2, { track_running_stats: false });
    update_bn([ones(3, 2)], model);
    expect(model.running_mean).toBeNull();
  });

  it('gives momentum and mode back when a batch fails, and says what a batch must be', () => {
    const model = new nn.BatchNorm1d(2).eval();
    expect(() => update_bn([['x']], model)).toThrow(
      'update_bn(): expected batches of Tensors, or arrays that begin with one, got string',
    );
    expect([model.momentum, model.training]).toEqual([0.1, false]);
    const call = (...args: unknown[]): unknown => Reflect.apply(update_bn, null, args);
    expect(() => call([], 3)).toThrow("update_bn(): argument 'model' must be a Module, got number");
    expect(() => call([], model, { gpu: 1 })).toThrow("update_bn() got an unexpected keyword argument 'gpu'");
  });
});
