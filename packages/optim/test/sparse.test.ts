/** Steps with sparse gradients, as PyTorch takes them, and its refusals. */
import { sparse_coo_tensor, type Tensor, tensor, ValueError, zeros } from '@torchlet/tensor';
import { describe, expect, it } from 'vitest';
import { Adagrad, SGD } from '../src/index.js';
import { construct, expectClose, fixture, type Precision } from './helpers.js';

interface Run {
  readonly params: number[][];
  readonly state: Record<string, number | number[]>;
}

interface SparseCase extends Record<Precision, Run> {
  readonly optimizer: string;
  readonly options: Record<string, unknown>;
  readonly start: number[][];
  readonly gradients: [rows: number[], values: number[][]][];
}

const { cases } = fixture<{ cases: SparseCase[] }>('sparse');
const { sparse: refused } = fixture<{ sparse: [string, object, string][] }>('refused');

function sparse(rows: number[], values: number[][], like: Tensor): Tensor {
  const { dtype, shape } = like;
  const elements = tensor(values, { dtype }).reshape([rows.length, ...shape.slice(1)]);
  return sparse_coo_tensor(tensor(rows, { dtype: 'int64' }).reshape([1, rows.length]), elements, [...shape]);
}

describe.each(['float32', 'float64'] as const)('sparse gradients in %s', (dtype) => {
  it.each(cases.map((spec) => [spec.optimizer, spec.options, spec] as const))('%s %o', (_, __, spec) => {
    const w = tensor(spec.start, { dtype, requires_grad: true });
    const optimizer = construct(spec.optimizer, [w], spec.options);
    spec.gradients.forEach(([rows, values], step) => {
      w.grad = sparse(rows, values, w);
      optimizer.step();
      expectClose(w.tolist(), spec[dtype].params[step], dtype, `parameter after step ${step + 1}`);
    });
    const state = optimizer.state_dict().state[0] ?? {};
    expect(Object.keys(state)).toEqual(Object.keys(spec[dtype].state));
    for (const [key, value] of Object.entries(state)) {
      expectClose((value as Tensor).to_dense().tolist(), spec[dtype].state[key], dtype, key);
    }
  });
});

it.each(refused)('%s with %o refuses one in PyTorch’s words, and is unchanged', (name, options, message) => {
  const w = zeros([3, 2], { requires_grad: true });
  const optimizer = construct(name, [w], options);
  const states = optimizer.state.size;
  w.grad = sparse([1], [[1, 2]], w);
  expect(() => optimizer.step()).toThrow(ValueError);
  expect(() => optimizer.step()).toThrow(message);
  expect([w._version, optimizer.state.size]).toEqual([0, states]);
});

it('AdamW refuses one as Adam does', () => {
  const w = zeros([3, 2], { requires_grad: true });
  w.grad = sparse([1], [[1, 2]], w);
  expect(() => construct('AdamW', [w]).step()).toThrow(
    'Adam does not support sparse gradients, please consider SparseAdam instead',
  );
});

it('leaves the elements that are not listed alone', () => {
  const w = tensor([[1], [Number.NaN], [3]], { requires_grad: true });
  for (const optimizer of [new SGD([w], { lr: 0.5 }), new Adagrad([w], { lr: 0.5, eps: 0 })]) {
    w.grad = sparse([0, 2], [[1], [2]], w);
    optimizer.step();
  }
  expect(w.tolist()).toEqual([[0], [Number.NaN], [1.5]]);
});

it('takes a gradient of nothing, and sparse and dense ones in turn', () => {
  const w = tensor([[1], [2], [3]], { requires_grad: true });
  const adagrad = new Adagrad([w], { lr: 0.5, eps: 0 });
  w.grad = sparse([], [], w);
  adagrad.step();
  expect(w.tolist()).toEqual([[1], [2], [3]]);
  w.grad = tensor([[3], [0.5], [4]]);
  adagrad.step();
  expect(w.tolist()).toEqual([[0.5], [1.5], [2.5]]);
  w.grad = sparse([0], [[4]], w);
  adagrad.step();
  expectClose(w.tolist(), [0.5 - 0.5 * (4 / 5), 1.5, 2.5], 'float32', 'parameter');
  w.data.zero_();
  const sgd = new SGD([w], { lr: 1, momentum: 0.5 });
  w.grad = tensor([[1], [2], [4]]);
  sgd.step();
  w.grad = sparse([1], [[1]], w);
  sgd.step();
  expect(w.tolist()).toEqual([[-1.5], [-4], [-6]]);
});

it('a sparse momentum buffer goes through a state dict', () => {
  const train = (optimizer: SGD, w: Tensor): void => {
    w.grad = sparse([2, 0], [[1], [2]], w);
    optimizer.step();
  };
  const w = zeros([3, 1], { requires_grad: true });
  const one = new SGD([w], { lr: 0.5, momentum: 0.5 });
  train(one, w);
  const v = zeros([3, 1], { dtype: 'float64', requires_grad: true });
  const two = new SGD([v], { lr: 0.5, momentum: 0.5 });
  two.load_state_dict(one.state_dict());
  expect(two.state.get(v)?.momentum_buffer?.dtype).toBe('float64');
  train(two, v);
  expect(v.tolist()).toEqual([[-1.5], [0], [-0.75]]);
});
