/** Muon beside the published algorithm, and what it refuses. */
import { eye, ones, sparse_coo_tensor, type Tensor, tensor, zeros } from '@torchlet/tensor';
import { describe, expect, it } from 'vitest';
import { Adam, Muon, type MuonOptions } from '../src/index.js';
import { expectError } from './expect-error.js';
import { type Plain, runBeside, type TranscriptionCase } from './transcription.js';

type Matrix = number[][];

const transpose = (a: Matrix): Matrix => a[0].map((_, j) => a.map((row) => row[j]));
const product = (a: Matrix, b: Matrix): Matrix =>
  a.map((row) => b[0].map((_, j) => row.reduce((total, x, k) => total + x * b[k][j], 0)));
const combination = (f: number, a: Matrix, g: number, b: Matrix): Matrix =>
  a.map((row, i) => row.map((x, j) => f * x + g * b[i][j]));

/** https://kellerjordan.github.io/posts/muon/, with tall matrices on their side. */
function newtonSchulz(m: Matrix, [a, b, c]: readonly number[], steps: number, eps: number): Matrix {
  if (m.length > m[0].length) return transpose(newtonSchulz(transpose(m), [a, b, c], steps, eps));
  const norm = Math.max(Math.sqrt(m.flat().reduce((total, x) => total + x * x, 0)), eps);
  let x = m.map((row) => row.map((value) => value / norm));
  for (let k = 0; k < steps; k++) {
    const gram = product(x, transpose(x));
    x = combination(a, x, 1, product(combination(b, gram, c, product(gram, gram)), x));
  }
  return x;
}

/** https://pytorch.org/docs/stable/generated/torch.optim.Muon.html, line by line, in the parameter's precision. */
function muon({ shape: [n, m], p, g, state }: Plain, o: MuonOptions): void {
  const buffer = (state.momentum_buffer ??= new Array<number>(n * m).fill(0)) as number[];
  for (let i = 0; i < p.length; i++) buffer[i] = o.momentum * buffer[i] + (1 - o.momentum) * g[i];
  const ahead = buffer.map((x, i) => (o.nesterov ? o.momentum * x + (1 - o.momentum) * g[i] : x));
  const rows = Array.from({ length: n }, (_, i) => ahead.slice(i * m, (i + 1) * m));
  const direction = newtonSchulz(rows, o.ns_coefficients, o.ns_steps, o.eps).flat();
  const lr =
    o.adjust_lr_fn === 'match_rms_adamw'
      ? o.lr * 0.2 * Math.sqrt(Math.max(n, m))
      : o.lr * Math.sqrt(Math.max(1, n / m));
  for (let i = 0; i < p.length; i++) p[i] = p[i] * (1 - o.lr * o.weight_decay) - lr * direction[i];
}

const SHAPES = [
  [4, 3],
  [3, 5],
  [4, 4],
  [1, 6],
  [7, 1],
];
const CASES: TranscriptionCase<MuonOptions>[] = [
  { name: 'defaults', options: {} },
  { name: 'lr', options: { lr: 0.05 } },
  { name: 'weight decay', options: { lr: 0.02, weight_decay: 0.5 } },
  { name: 'no weight decay', options: { lr: 0.02, weight_decay: 0 } },
  { name: 'momentum', options: { lr: 0.02, momentum: 0.5 } },
  { name: 'no momentum', options: { lr: 0.02, momentum: 0 } },
  { name: 'without nesterov', options: { lr: 0.02, nesterov: false } },
  { name: 'ns_coefficients', options: { lr: 0.02, ns_coefficients: [1.5, -0.5, 0] } },
  { name: 'ns_steps', options: { lr: 0.02, ns_steps: 2 } },
  { name: 'an odd number of steps', options: { lr: 0.02, ns_steps: 1 } },
  { name: 'no step', options: { lr: 0.02, ns_steps: 0 } },
  { name: 'eps', options: { lr: 0.02, eps: 10 } },
  { name: 'adjust_lr_fn original', options: { lr: 0.02, adjust_lr_fn: 'original' } },
  { name: 'adjust_lr_fn match_rms_adamw', options: { lr: 0.02, adjust_lr_fn: 'match_rms_adamw' } },
  {
    name: 'groups',
    options: { lr: 0.02 },
    groups: [
      [[0], {}],
      [[1, 3], { lr: 0.05, momentum: 0.8 }],
      [[2, 4], { adjust_lr_fn: 'match_rms_adamw', weight_decay: 0 }],
    ],
  },
  { name: 'late gradient', options: { lr: 0.02 }, late: 9 },
  { name: 'group added', options: { lr: 0.02 }, groups: [[[0, 1], {}]], add: [12, [2, 3], { momentum: 0.5 }] },
  { name: 'changed options', options: { lr: 0.02 }, set: [12, { lr: 0.005, momentum: 0.8 }] },
  { name: 'reload', options: { lr: 0.02 }, reload: 12 },
];

const make = (groups: never[], options: Partial<MuonOptions>): Muon => new Muon(groups, options);

describe.each<['float32' | 'float64']>([['float32'], ['float64']])('beside the algorithm in %s', (dtype) => {
  it.each(CASES.map((spec) => [spec.name, spec] as const))('%s', (_, spec) => {
    runBeside(spec, SHAPES, dtype, make, muon);
  });
});

it('parameters that lie in memory transposed', () => {
  runBeside(CASES[1], SHAPES, 'float64', make, muon, (x) => x.t().contiguous().t().detach());
});

describe('a step', () => {
  it('moves along a matrix with singular values near 1, whatever the size of the gradient', () => {
    for (const size of [1e-4, 1, 1e4]) {
      const w = zeros([3, 3], { dtype: 'float64', requires_grad: true });
      w.grad = eye(3, { dtype: 'float64' }).mul(size);
      new Muon([w], { lr: 1 }).step();
      for (let i = 0; i < 3; i++) {
        for (let j = 0; j < 3; j++) {
          const value = -Number(w.index(i, j).item());
          if (i !== j) expect(value).toBeCloseTo(0, 12);
          else expect(Math.abs(value - 1)).toBeLessThan(0.35);
        }
      }
    }
  });

  it('leaves a matrix without gradient to weight decay, and passes NaN on, as PyTorch does', () => {
    const w = ones([2, 2], { dtype: 'float64', requires_grad: true });
    w.grad = zeros([2, 2], { dtype: 'float64' });
    new Muon([w], { lr: 0.5, weight_decay: 0.5 }).step();
    expect(w.tolist()).toEqual([
      [0.75, 0.75],
      [0.75, 0.75],
    ]);
    w.grad = tensor(
      [
        [Number.NaN, 0],
        [0, 0],
      ],
      { dtype: 'float64' },
    );
    new Muon([w]).step();
    expect(w.isnan().all().item()).toBe(true);
  });
});

describe('refused', () => {
  const leaf = (...shape: number[]): Tensor => zeros(shape, { requires_grad: true });
  const make = (options: unknown, params: unknown = [leaf(2, 2)]): Muon => Reflect.construct(Muon, [params, options]);
  it.each<[string, unknown, string]>([
    ['lr', { lr: -1 }, 'Learning rate should be >= 0 but is: -1'],
    ['NaN lr', { lr: Number.NaN }, 'Learning rate should be >= 0 but is: NaN'],
    [
      'lr as a tensor',
      { lr: tensor(1) },
      "Muon(): lr as a Tensor is not supported: give a number, and change the group's lr between steps",
    ],
    ['momentum', { momentum: -0.5 }, 'momentum should be >= 0 but is: -0.5'],
    ['weight_decay', { weight_decay: -1 }, 'weight decay should be >= 0 but is: -1'],
    ['adjust_lr_fn', { adjust_lr_fn: 'arbitrary' }, 'Adjust learning rate function arbitrary is not supported'],
    ['nesterov', { nesterov: 1 }, "Muon(): argument 'nesterov' must be bool, got 1"],
    ['eps', { eps: Number.NaN }, 'Invalid epsilon value: NaN'],
    ['ns_steps', { ns_steps: -1 }, 'Invalid ns_steps value: -1'],
    ['half a step', { ns_steps: 2.5 }, 'Invalid ns_steps value: 2.5'],
    ['too many steps', { ns_steps: 100 }, 'Number of steps must be less than 100 for computational efficiency'],
    ['two coefficients', { ns_coefficients: [1, 2] }, 'Coefficients must be a tuple of exactly 3 values'],
    ['one coefficient', { ns_coefficients: 1 }, 'Coefficients must be a tuple of exactly 3 values'],
    ['NaN coefficient', { ns_coefficients: [1, Number.NaN, 2] }, 'Invalid ns_coefficients value: NaN'],
    ['maximize', { maximize: true }, "Muon() got an unexpected keyword argument 'maximize'"],
    ['foreach', { foreach: true }, "Muon() got an unexpected keyword argument 'foreach'"],
  ])('%s', (_, options, message) => {
    expectError(() => make(options), message);
  });

  it.each<[string, unknown[], string]>([
    ['a vector', [leaf(2, 2), leaf(3)], 'torch.Size([3])'],
    ['a scalar', [leaf()], 'torch.Size([])'],
    ['a batch of matrices', [{ params: [leaf(1, 2)] }, { params: [leaf(2, 3, 4)] }], 'torch.Size([2, 3, 4])'],
  ])('%s', (_, params, size) => {
    expectError(
      () => make({}, params),
      `Muon only supports 2D parameters whereas we found a parameter with size: ${size}`,
    );
  });

  it('gradients that are no dense matrices', () => {
    const [w, b] = [leaf(2, 2), leaf(2)];
    const optimizer = new Muon([w]);
    optimizer.add_param_group({ params: b });
    b.grad = ones([2]);
    expectError(() => optimizer.step(), 'Param gradient must be a 2D matrix');
    w.grad = sparse_coo_tensor(tensor([[1], [0]], { dtype: 'int64' }), tensor([2]), [2, 2]);
    expectError(() => optimizer.step(), 'Muon does not support sparse gradients');
  });

  it('the state of another optimizer or of other parameters', () => {
    const trained = (...shape: number[]): Muon => {
      const w = leaf(...shape);
      w.grad = ones(shape);
      const optimizer = new Muon([w]);
      optimizer.step();
      return optimizer;
    };
    const optimizer = trained(2, 2);
    const { state, param_groups } = optimizer;
    expectError(
      () => optimizer.load_state_dict(trained(2, 3).state_dict()),
      "loaded state dict does not fit: 'momentum_buffer' of parameter 0 has shape [2, 3], expected [2, 2]",
    );
    const saved = trained(2, 2).state_dict();
    saved.state[0].momentum_buffer = null;
    expectError(
      () => optimizer.load_state_dict(saved),
      "loaded state dict is not one of Muon: parameter 0 has no Tensor 'momentum_buffer'",
    );
    expectError(
      () => optimizer.load_state_dict(new Adam([leaf(2, 2)]).state_dict()),
      "loaded state dict is not one of Muon: parameter group 0 lacks 'momentum', 'nesterov', 'ns_coefficients', 'ns_steps', 'adjust_lr_fn'",
    );
    expect([optimizer.state === state, optimizer.param_groups === param_groups]).toEqual([true, true]);
  });
});
