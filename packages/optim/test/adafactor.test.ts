/** Adafactor beside the published algorithm, and what it refuses. */
import { ones, sparse_coo_tensor, type Tensor, tensor, zeros } from '@torchlet/tensor';
import { describe, expect, it } from 'vitest';
import { Adafactor, type AdafactorOptions, SGD } from '../src/index.js';
import { expectError } from './expect-error.js';
import { type Plain, runBeside, type TranscriptionCase } from './transcription.js';

const sum = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0);
const rms = (values: readonly number[]): number => Math.sqrt(sum(values.map((x) => x * x)) / values.length);

/** https://pytorch.org/docs/stable/generated/torch.optim.Adafactor.html, line by line. */
function adafactor({ shape, p, g, state }: Plain, o: AdafactorOptions, dtype: 'float32' | 'float64'): void {
  const eps1 = o.eps[0] ?? (dtype === 'float32' ? 1.1920928955078125e-7 : 2.220446049250313e-16);
  const grad = g.map((x) => (o.maximize ? -x : x));
  const t = ((state.step as number | undefined) ?? 0) + 1;
  state.step = t;
  const beta = 1 - t ** o.beta2_decay;
  const rho = Math.min(o.lr, 1 / Math.sqrt(t));
  const alpha = Math.max(o.eps[1], rms(p)) * rho;
  for (let i = 0; i < p.length; i++) p[i] -= o.lr * o.weight_decay * p[i];
  let v: number[];
  if (shape.length > 1) {
    const [n, m] = shape.slice(-2);
    const matrices = p.length / (n * m);
    const rows = (state.row_var ??= new Array<number>(matrices * n).fill(0)) as number[];
    const columns = (state.col_var ??= new Array<number>(matrices * m).fill(0)) as number[];
    v = new Array<number>(p.length).fill(0);
    for (let k = 0; k < matrices; k++) {
      const at = (i: number, j: number): number => (k * n + i) * m + j;
      for (let i = 0; i < n; i++) {
        let mean = 0;
        for (let j = 0; j < m; j++) mean += grad[at(i, j)] ** 2 / m;
        rows[k * n + i] = beta * rows[k * n + i] + (1 - beta) * mean;
      }
      for (let j = 0; j < m; j++) {
        let mean = 0;
        for (let i = 0; i < n; i++) mean += grad[at(i, j)] ** 2 / n;
        columns[k * m + j] = beta * columns[k * m + j] + (1 - beta) * mean;
      }
      const scale = Math.max(sum(rows.slice(k * n, (k + 1) * n)) / n, eps1);
      for (let i = 0; i < n; i++)
        for (let j = 0; j < m; j++) v[at(i, j)] = (rows[k * n + i] * columns[k * m + j]) / scale;
    }
  } else {
    const variance = (state.variance ??= new Array<number>(p.length).fill(0)) as number[];
    for (let i = 0; i < p.length; i++) variance[i] = beta * variance[i] + (1 - beta) * grad[i] ** 2;
    v = variance;
  }
  const u = grad.map((x, i) => x / Math.max(Math.sqrt(v[i]), eps1));
  const clip = Math.max(1, rms(u) / o.d);
  for (let i = 0; i < p.length; i++) p[i] -= (alpha * u[i]) / clip;
}

const SHAPES = [[4, 3], [5], [], [2, 3, 4], [1, 6]];
const CASES: TranscriptionCase<AdafactorOptions>[] = [
  { name: 'defaults', options: {} },
  { name: 'lr', options: { lr: 0.3 } },
  { name: 'lr above the relative step', options: { lr: 2 } },
  { name: 'beta2_decay', options: { lr: 0.1, beta2_decay: -0.3 } },
  { name: 'no decay of the average', options: { lr: 0.1, beta2_decay: 0 } },
  { name: 'eps1', options: { lr: 0.1, eps: [0.7, 1e-3] } },
  { name: 'large eps1', options: { lr: 0.1, eps: [2, 1e-3] } },
  { name: 'eps2', options: { lr: 0.1, eps: [null, 2] } },
  { name: 'd', options: { lr: 0.1, d: 1.1, beta2_decay: -0.5 } },
  { name: 'weight decay', options: { lr: 0.1, weight_decay: 0.4 } },
  { name: 'maximize', options: { lr: 0.02, maximize: true, weight_decay: 0.1 } },
  { name: 'foreach', options: { lr: 0.1, foreach: true } },
  {
    name: 'groups',
    options: { lr: 0.1 },
    groups: [
      [[0], {}],
      [[1, 3], { lr: 0.05, d: 2 }],
      [[2, 4], { eps: [1e-3, 0.1], weight_decay: 0.2 }],
    ],
  },
  { name: 'late gradient', options: { lr: 0.1 }, late: 9 },
  { name: 'group added', options: { lr: 0.1 }, groups: [[[0, 1], {}]], add: [12, [2, 3], { beta2_decay: -0.5 }] },
  { name: 'changed options', options: { lr: 0.1 }, set: [12, { lr: 0.02, weight_decay: 0.3 }] },
  { name: 'reload', options: { lr: 0.1, d: 1.5 }, reload: 12 },
];

const make = (groups: never[], options: Partial<AdafactorOptions>): Adafactor => new Adafactor(groups, options);

describe.each<['float32' | 'float64']>([['float32'], ['float64']])('beside the algorithm in %s', (dtype) => {
  it.each(CASES.map((spec) => [spec.name, spec] as const))('%s', (_, spec) => {
    runBeside(spec, SHAPES, dtype, make, adafactor);
  });
});

it('parameters that lie in memory transposed', () => {
  runBeside(CASES[9], SHAPES, 'float64', make, adafactor, (x) => (x.ndim > 1 ? x.mT.contiguous().mT.detach() : x));
});

describe('a step', () => {
  it('keeps as much as the rows and columns of a matrix', () => {
    const params = [zeros([6, 4]), zeros([3, 2, 5]), zeros([7])].map((x) => x.requires_grad_());
    const optimizer = new Adafactor(params);
    for (const param of params) param.grad = ones(param.shape);
    optimizer.step();
    const shapes = params.map((param) =>
      Object.entries(optimizer.state.get(param) ?? {}).map(([key, value]) => [key, value.shape, value.dtype]),
    );
    expect(shapes).toEqual([
      [
        ['step', [], 'float32'],
        ['row_var', [6, 1], 'float32'],
        ['col_var', [1, 4], 'float32'],
      ],
      [
        ['step', [], 'float32'],
        ['row_var', [3, 2, 1], 'float32'],
        ['col_var', [3, 1, 5], 'float32'],
      ],
      [
        ['step', [], 'float32'],
        ['variance', [7], 'float32'],
      ],
    ]);
  });

  it('leaves an element without gradient where it is, and passes a NaN on to no other one, as PyTorch does', () => {
    const w = ones([3], { requires_grad: true });
    w.grad = tensor([0, 1, -1]);
    new Adafactor([w]).step();
    expect(w.select(0, 0).item()).toBe(1);
    const v = ones([3], { requires_grad: true });
    v.grad = tensor([0, Number.NaN, 1]);
    new Adafactor([v]).step();
    expect(v.tolist()).toEqual([1, Number.NaN, Math.fround(0.99)]);
  });

  it('takes parameters without elements', () => {
    const w = zeros([0, 3], { requires_grad: true });
    w.grad = zeros([0, 3]);
    new Adafactor([w]).step();
    expect(w.tolist()).toEqual([]);
  });
});

describe('refused', () => {
  const leaf = (): Tensor => zeros([2], { requires_grad: true });
  const make = (options: unknown): Adafactor => Reflect.construct(Adafactor, [[leaf()], options]);
  it.each<[string, unknown, string]>([
    ['lr', { lr: -1 }, 'Learning rate should be >= 0 but is: -1'],
    ['NaN lr', { lr: Number.NaN }, 'Learning rate should be >= 0 but is: NaN'],
    [
      'lr as a tensor',
      { lr: tensor(1) },
      "Adafactor(): lr as a Tensor is not supported: give a number, and change the group's lr between steps",
    ],
    ['beta2_decay', { beta2_decay: 0.8 }, 'beta2_decay should be <= 0 but is: 0.8'],
    ['NaN beta2_decay', { beta2_decay: Number.NaN }, 'beta2_decay should be <= 0 but is: NaN'],
    ['eps1', { eps: [-1, 1e-3] }, 'epsilon1 should be >= 0 but is: -1'],
    ['eps2', { eps: [null, -1e-3] }, 'epsilon2 should be >= 0 but is: -0.001'],
    ['one eps', { eps: 1e-3 }, 'epsilon2 should be >= 0 but is: undefined'],
    ['d', { d: 0.5 }, 'Clipping threshold d should be >= 1 but is: 0.5'],
    ['weight_decay', { weight_decay: -1 }, 'weight_decay should be >= 0 but is: -1'],
    ['maximize', { maximize: 1 }, "Adafactor(): argument 'maximize' must be bool, got 1"],
    ['foreach', { foreach: 'yes' }, "Adafactor(): argument 'foreach' must be bool, got yes"],
    ['fused', { fused: true }, "Adafactor() got an unexpected keyword argument 'fused'"],
  ])('%s', (_, options, message) => {
    expectError(() => make(options), message);
  });

  it('sparse gradients', () => {
    const w = leaf();
    w.grad = sparse_coo_tensor(tensor([[1]], { dtype: 'int64' }), tensor([2]), [2]);
    expectError(() => new Adafactor([w]).step(), 'Adafactor does not support sparse gradients');
  });
});

describe('loading', () => {
  const trained = (...shape: number[]): Adafactor => {
    const w = zeros(shape, { requires_grad: true });
    w.grad = ones(shape);
    const optimizer = new Adafactor([w]);
    optimizer.step();
    return optimizer;
  };
  const none = 'loaded state dict is not one of Adafactor: parameter 0 has no Tensor ';
  it.each<[string, Adafactor, string]>([
    ['state of a vector for a matrix', trained(4), `${none}'row_var'`],
    [
      'state of another matrix',
      trained(3, 4),
      "loaded state dict does not fit: 'row_var' of parameter 0 has shape [3, 1], expected [2, 1]",
    ],
    [
      'state of a wider matrix',
      trained(2, 4),
      "loaded state dict does not fit: 'col_var' of parameter 0 has shape [1, 4], expected [1, 2]",
    ],
    [
      'the state of SGD',
      new SGD([leafOf(2, 2)]) as never,
      "loaded state dict is not one of Adafactor: parameter group 0 lacks 'beta2_decay', 'eps', 'd'",
    ],
  ])('refuses %s, and nothing changes', (_, other, message) => {
    const optimizer = trained(2, 2);
    const { state, param_groups } = optimizer;
    expectError(() => optimizer.load_state_dict(other.state_dict()), message);
    expect([optimizer.state === state, optimizer.param_groups === param_groups]).toEqual([true, true]);
  });
});

function leafOf(...shape: number[]): Tensor {
  return zeros(shape, { requires_grad: true });
}
