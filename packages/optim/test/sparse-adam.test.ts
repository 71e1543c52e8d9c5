/** SparseAdam against PyTorch's trajectories, and what it refuses. */
import {
  functional,
  no_grad,
  ones,
  ShapeError,
  sparse_coo_tensor,
  type Tensor,
  type TensorData,
  tensor,
  zeros,
} from '@torchlet/tensor';
import { describe, expect, it } from 'vitest';
import { Adam, SparseAdam, type SparseAdamOptions } from '../src/index.js';
import { expectError } from './expect-error.js';
import { expectClose, fixture } from './helpers.js';

interface ParamData {
  readonly shape: number[];
  readonly sparse_dim: number;
  readonly listed: number;
  readonly p: number[];
  readonly patterns: { readonly indices: number[][]; readonly noise: number[] }[];
}

interface Outcome {
  readonly params: number[][][];
  readonly state: Record<string, Record<string, number | number[]>>;
  readonly param_groups: unknown[];
  readonly repr: string;
}

interface Case {
  readonly name: string;
  readonly options: Partial<SparseAdamOptions>;
  readonly groups: [number[], Partial<SparseAdamOptions>][];
  readonly late?: number;
  readonly reload?: number;
  readonly set?: [number, Partial<SparseAdamOptions>];
  readonly add?: [number, number[], Partial<SparseAdamOptions>];
  readonly float32: Outcome;
  readonly float64: Outcome;
}

const golden = fixture<{
  problem: ParamData[];
  factor: number;
  steps: number;
  recorded: number[];
  cases: Case[];
  errors: Record<string, string>;
}>('sparse-adam');

type Float = 'float32' | 'float64';

const make = ({ groups, options }: Case, params: readonly Tensor[]): SparseAdam =>
  new SparseAdam(
    groups.map(([indices, own]) => ({ params: indices.map((i) => params[i]), ...own })),
    options,
  );

/** As in tools/pytorch-golden/optim_sparse_adam.py. */
function gradient(param: Tensor, data: ParamData, step: number): Tensor {
  const { indices, noise } = data.patterns[step % data.patterns.length];
  const at = indices.map((list) => tensor(list, { dtype: 'int64' }));
  const own = tensor(noise, { dtype: param.dtype }).reshape([data.listed, ...data.shape.slice(data.sparse_dim)]);
  const values = no_grad(() =>
    param
      .index(...at)
      .mul(golden.factor)
      .add(own),
  );
  const list = tensor(indices.flat(), { dtype: 'int64' }).reshape([data.sparse_dim, data.listed]);
  return sparse_coo_tensor(list, values, data.shape);
}

function run(spec: Case, dtype: Float, place: (x: Tensor) => Tensor = (x) => x): [Tensor[], SparseAdam, number[][][]] {
  const params = golden.problem.map(({ p, shape }) => place(tensor(p, { dtype }).reshape(shape)).requires_grad_());
  let optimizer = make(spec, params);
  const recorded: number[][][] = [];
  for (let step = 1; step <= golden.steps; step++) {
    if (step === spec.add?.[0]) {
      optimizer.add_param_group({ params: spec.add[1].map((i) => params[i]), ...spec.add[2] });
    }
    if (step === spec.set?.[0]) for (const group of optimizer.param_groups) Object.assign(group, spec.set[1]);
    if (step === spec.reload) {
      const saved = optimizer.state_dict();
      optimizer = make(spec, params);
      optimizer.load_state_dict(saved);
    }
    params.forEach((param, i) => {
      param.grad = i === 0 && step < (spec.late ?? 0) ? null : gradient(param, golden.problem[i], step);
    });
    optimizer.step();
    if (golden.recorded.includes(step)) recorded.push(params.map((p) => [p.tolist()].flat(3) as number[]));
  }
  return [params, optimizer, recorded];
}

describe.each<[Float]>([['float32'], ['float64']])('trajectories in %s', (dtype) => {
  it.each(golden.cases.map((spec) => [spec.name, spec] as const))('%s', (_, spec) => {
    const [, optimizer, recorded] = run(spec, dtype);
    const expected = spec[dtype];
    recorded.forEach((values, at) => {
      values.forEach((value, i) => {
        expectClose(value, expected.params[at][i], dtype, `parameter ${i} after step ${golden.recorded[at]}`);
      });
    });
    const { state, param_groups } = optimizer.state_dict();
    expect(Object.keys(state)).toEqual(Object.keys(expected.state));
    for (const [index, entry] of Object.entries(expected.state)) {
      const own = state[Number(index)];
      expect(Object.keys(own)).toEqual(Object.keys(entry));
      expect(own.step).toBe(entry.step);
      for (const key of ['exp_avg', 'exp_avg_sq']) {
        expectClose((own[key] as Tensor).tolist(), entry[key], dtype, `${key} of parameter ${index}`);
      }
    }
    expect(param_groups).toEqual(expected.param_groups);
    expect(String(optimizer)).toBe(expected.repr);
  });
});

it('parameters that lie in memory with gaps', () => {
  const spec = golden.cases.find(({ name }) => name === 'groups') as Case;
  const spread = (x: Tensor): Tensor =>
    x
      .unsqueeze(-1)
      .repeat([...x.shape.map(() => 1), 2])
      .select(-1, 0)
      .detach();
  const [params, , recorded] = run(spec, 'float64', spread);
  expect(params.some((p) => p.is_contiguous())).toBe(false);
  expect(recorded).toEqual(run(spec, 'float64')[2]);
});

describe('a step', () => {
  const at = (rows: number[], values: TensorData, size: number[]): Tensor =>
    sparse_coo_tensor(tensor([rows], { dtype: 'int64' }), tensor(values), size);

  it('changes the listed rows alone, in place', () => {
    const w = ones([4, 2], { requires_grad: true });
    const { storage } = w;
    const optimizer = new SparseAdam([w], { lr: 0.5 });
    const listed = [2, 0, 2];
    for (let step = 0; step < 3; step++) {
      w.grad = at(
        listed,
        [
          [1, 2],
          [3, 4],
          [5, 6],
        ],
        [4, 2],
      );
      optimizer.step();
    }
    const { step, exp_avg, exp_avg_sq } = optimizer.state.get(w) ?? expect.fail('no state');
    expect(step).toBe(3);
    expect(w.storage).toBe(storage);
    for (const row of [1, 3]) {
      expect(w.select(0, row).tolist()).toEqual([1, 1]);
      for (const average of [exp_avg, exp_avg_sq]) expect(average.select(0, row).tolist()).toEqual([0, 0]);
    }
    for (const row of [0, 2]) expect(w.select(0, row).lt(1).all().item()).toBe(true);
  });

  it('counts a row that comes twice as their sum', () => {
    const [twice, once] = [zeros([3], { requires_grad: true }), zeros([3], { requires_grad: true })];
    twice.grad = at([1, 1], [2, 3], [3]);
    once.grad = at([1], [5], [3]);
    new SparseAdam([twice, once]).step();
    expect(twice.tolist()).toEqual(once.tolist());
    expect(once.tolist()).not.toEqual([0, 0, 0]);
  });

  it('goes on from a gradient set to zero, which lists nothing', () => {
    const [cleared, fresh] = [ones([4, 2], { requires_grad: true }), ones([4, 2], { requires_grad: true })];
    const [a, b] = [new SparseAdam([cleared]), new SparseAdam([fresh])];
    const pass = (w: Tensor): void =>
      functional
        .embedding(tensor([1, 3, 1], { dtype: 'int64' }), w, { sparse: true })
        .sum()
        .backward();
    for (let i = 0; i < 3; i++) {
      a.zero_grad({ set_to_none: false });
      expect([i, cleared.grad?._nnz()]).toEqual([i, i === 0 ? undefined : 0]);
      b.zero_grad();
      for (const w of [cleared, fresh]) pass(w);
      expect(cleared.grad?._indices().tolist()).toEqual([[1, 3, 1]]);
      a.step();
      b.step();
    }
    expect(cleared.tolist()).toEqual(fresh.tolist());
  });

  it('calls a closure first and returns its result', () => {
    const w = ones([2], { requires_grad: true });
    const optimizer = new SparseAdam([w], { lr: 1 });
    const result = optimizer.step(() => {
      w.grad = at([0], [4], [2]);
      return 'done';
    });
    expect([result, optimizer.step()]).toEqual(['done', null]);
    expect(Number(w.select(0, 0).item())).toBeLessThan(1e-6);
  });

  it('leaves NaN where a gradient is NaN, as PyTorch does', () => {
    const w = ones([3], { requires_grad: true });
    w.grad = at([1], [Number.NaN], [3]);
    new SparseAdam([w]).step();
    expect(w.tolist()).toEqual([1, Number.NaN, 1]);
  });

  it('refuses a dense gradient, and then nothing has changed', () => {
    const [w, v] = [ones([2], { requires_grad: true }), ones([2], { requires_grad: true })];
    const optimizer = new SparseAdam([w, v]);
    w.grad = at([0], [4], [2]);
    v.grad = ones([2]);
    expectError(() => optimizer.step(), golden.errors['dense gradient']);
    expect([w.tolist(), v.tolist(), optimizer.state.size]).toEqual([[1, 1], [1, 1], 0]);
  });

  it('refuses a gradient that no longer fits', () => {
    const w = ones([2], { requires_grad: true });
    w.grad = at([0], [4], [2]);
    w.data = zeros([3]);
    const step = (): unknown => new SparseAdam([w]).step();
    expect(step).toThrow(ShapeError);
    expect(step).toThrow('sparse_adam_(): The size of grad [2] must match the size of param [3]');
  });
});

describe('refused', () => {
  const leaf = (): Tensor => zeros([2], { requires_grad: true });
  const adam = (options: unknown, params: unknown = [leaf()]): SparseAdam =>
    Reflect.construct(SparseAdam, [params, options]);
  const sparse = (): Tensor => sparse_coo_tensor(zeros([1, 0], { dtype: 'int64' }), zeros([0]), [3]);

  it.each<[string, () => unknown]>([
    ['lr', () => adam({ lr: 0 })],
    ['negative lr', () => adam({ lr: -1 })],
    ['eps', () => adam({ eps: 0 })],
    ['beta1', () => adam({ betas: [1, 0.9] })],
    ['beta2', () => adam({ betas: [0.9, -0.5] })],
    ['no parameters', () => adam({}, [])],
  ])('%s, in the words of PyTorch', (name, call) => {
    expectError(call, golden.errors[name]);
  });

  it.each<[string, () => unknown, string]>([
    ['NaN lr', () => adam({ lr: Number.NaN }), 'Invalid learning rate: NaN'],
    ['NaN eps', () => adam({ eps: Number.NaN }), 'Invalid epsilon value: NaN'],
    ['NaN beta', () => adam({ betas: [Number.NaN, 0.9] }), 'Invalid beta parameter at index 0: NaN'],
    ['one beta', () => adam({ betas: [0.9] }), 'Invalid beta parameter at index 1: undefined'],
    ['maximize', () => adam({ maximize: 1 }), "SparseAdam(): argument 'maximize' must be bool, got 1"],
    ['weight_decay', () => adam({ weight_decay: 0 }), "SparseAdam() got an unexpected keyword argument 'weight_decay'"],
    ['foreach', () => adam({ foreach: false }), "SparseAdam() got an unexpected keyword argument 'foreach'"],
    [
      'lr as a tensor',
      () => adam({ lr: tensor(1) }),
      "SparseAdam(): lr as a Tensor is not supported: give a number, and change the group's lr between steps",
    ],
    [
      'a sparse parameter',
      () => adam({}, [leaf(), sparse()]),
      'Sparse params at indices [[0, 1]]: SparseAdam requires dense parameter tensors',
    ],
    [
      'sparse parameters in groups',
      () => adam({}, [{ params: [sparse()] }, { params: [leaf(), sparse()] }]),
      'Sparse params at indices [[0, 0], [1, 1]]: SparseAdam requires dense parameter tensors',
    ],
  ])('%s', (_, call, message) => {
    expectError(call, message);
  });
});

describe('loading', () => {
  const trained = (): SparseAdam => {
    const w = zeros([3], { requires_grad: true });
    w.grad = sparse_coo_tensor(tensor([[1]], { dtype: 'int64' }), tensor([2]), [3]);
    const optimizer = new SparseAdam([w]);
    optimizer.step();
    return optimizer;
  };
  const none = 'loaded state dict is not one of SparseAdam: parameter 0 has no ';
  it.each<[string, (entry: Record<string, unknown>) => unknown, string]>([
    ['no step count', (entry) => delete entry.step, `${none}number 'step'`],
    ['several step counts', (entry) => (entry.step = zeros(2)), `${none}number 'step'`],
    ['no average', (entry) => delete entry.exp_avg, `${none}Tensor 'exp_avg'`],
    [
      'an average of another shape',
      (entry) => (entry.exp_avg_sq = zeros(4)),
      "loaded state dict does not fit: 'exp_avg_sq' of parameter 0 has shape [4], expected [3]",
    ],
  ])('refuses %s, and nothing changes', (_, change, message) => {
    const [optimizer, saved] = [trained(), trained().state_dict()];
    change(saved.state[0]);
    const { state, param_groups } = optimizer;
    expectError(() => optimizer.load_state_dict(saved), message);
    expect([optimizer.state === state, optimizer.param_groups === param_groups]).toEqual([true, true]);
  });

  it('takes a step count that is a Tensor', () => {
    const [optimizer, saved] = [trained(), trained().state_dict()];
    saved.state[0].step = tensor(4);
    optimizer.load_state_dict(saved);
    expect(optimizer.state_dict().state[0].step).toBe(4);
  });

  it("refuses Adam's state, and Adam does its", () => {
    const adam = new Adam([zeros([3], { requires_grad: true })]);
    const own = trained();
    expectError(
      () => own.load_state_dict(adam.state_dict()),
      /^loaded state dict is not one of SparseAdam: parameter group 0 has another optimizer's 'weight_decay', 'amsgrad'/,
    );
    expectError(
      () => adam.load_state_dict(own.state_dict()),
      "loaded state dict is not one of Adam: parameter group 0 lacks 'weight_decay', 'amsgrad'",
    );
  });
});
