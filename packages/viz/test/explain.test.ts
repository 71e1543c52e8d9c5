import { AutogradError, autograd, ones, type Tensor, tensor, ValueError } from '@torchlet/tensor';
import { type ExplainOptions, explain } from '@torchlet/viz';
import { describe, expect, it } from 'vitest';
import { noted, threePaths } from './networks.js';

describe('explain', () => {
  it('walks the backward pass in its order, with formulas, gradients, names, modules and lines', () => {
    const text = explain(noted().loss);
    const heads = text.split('\n').filter((line) => /^ +\d+ {2}/.test(line));
    expect(heads.map((line) => /\d+ {2}(\w+)/.exec(line)?.[1])).toEqual([
      'MseLossBackward0',
      'AddmmBackward0',
      'ReluBackward0',
      'AddmmBackward0',
    ]);
    expect(heads[1]).toMatch(/in Net\.fc2 \(Linear\) {2}at .*networks\.ts:\d+:\d+$/);
    expect(text).toContain('4 operations, 4 leaves');
    expect(text).toMatch(/dW = gᵀ · x\n +→ lands on fc1\.weight {2}\[3, 2\]/);
    expect(text).not.toContain('Source lines');
  });

  it('says what the leaves get, as backward gives it', () => {
    const { x, y } = threePaths();
    const text = explain(y, { params: { x } });
    y.backward();
    const grad = (x.grad as Tensor).tolist() as number[];
    expect(text).toContain(`x  [3]  [${grad.map((g) => Number(g.toPrecision(4))).join(', ')}]`);
    expect(text).toContain('make the graph inside detect_anomaly');
  });

  it('leaves graph, gradients and modes as they were', () => {
    const x = tensor([1, 2, 3], { requires_grad: true });
    const h = x.mul(x);
    h.retain_grad();
    const y = h.sum();
    x.grad = tensor([7, 7, 7]);
    const before = x.grad;
    explain(y);
    explain(y, { leaf: x });
    expect(x.grad).toBe(before);
    expect(before.tolist()).toEqual([7, 7, 7]);
    expect(h.grad).toBeNull();
    y.backward();
    expect(x.grad?.tolist()).toEqual([9, 11, 13]);
    expect(h.grad?.tolist()).toEqual([1, 1, 1]);
    expect(explain(threePaths().y)).toContain('unknown');
  });

  it('runs hooks, as backward does, but not those that wait for .grad', () => {
    const x = tensor([1, 2], { requires_grad: true });
    const h = x.mul(3);
    h.register_hook((g) => g.mul(10));
    const waited: Tensor[] = [];
    x.register_post_accumulate_grad_hook((p) => {
      waited.push(p);
    });
    expect(explain(h.sum(), { params: { x } })).toContain('x  [2]  [30, 30]');
    expect(waited).toEqual([]);
  });

  it('lists every path to a leaf, and the parts add up', () => {
    const { x, y } = threePaths();
    const text = explain(y, { leaf: x, params: { x } });
    expect(text).toContain('3 paths from SumBackward0 to x.');
    expect(text.match(/contributes \[3\] {2}\[1, 2, 3\]/g)).toHaveLength(2);
    expect(text).toContain('SumBackward0 → AddBackward0 → ExpBackward0 → x');
    const shares = [...text.matchAll(/([\d.]+) % of the sum/g)].map((match) => Number(match[1]));
    expect(shares).toHaveLength(3);
    expect(shares.reduce((a, b) => a + b)).toBeCloseTo(100, 1);
    expect(text).toContain('Together  [3]  [4.718, 11.39, 26.09]');
  });

  it('counts the paths that it does not list', () => {
    const x = tensor(1, { requires_grad: true });
    let y: Tensor = x;
    for (let i = 0; i < 40; i++) y = y.add(y);
    const text = explain(y, { leaf: x });
    expect(text).toContain(`${2 ** 40} paths`);
    expect(text).toContain('The first 100 are listed');
  });

  it('summarises what is large, and counts NaN and Inf', () => {
    const x = ones([20], { requires_grad: true });
    expect(explain(x.mul(2).sum())).toContain('norm 8.944, min 2, max 2');
    const z = ones([20], { requires_grad: true });
    expect(explain(z.sub(1).log().sum())).toContain('20 Inf');
  });

  it('knows lists, several outputs, slices that were written to and functions of the user', () => {
    const [a, b] = [ones([2], { requires_grad: true }), ones([3], { requires_grad: true })];
    class Twice extends autograd.Function {
      static forward(_: autograd.FunctionCtx, x: Tensor): Tensor {
        return x.mul(2);
      }
      static backward(_: autograd.FunctionCtx, grad: Tensor): Tensor {
        return grad.mul(2);
      }
    }
    const joined = a.mul(1).sum().mul(0).add(Twice.apply(b));
    const base = b.mul(1);
    base.narrow(0, 0, 2).mul_(a);
    const [values] = base.max(0) as unknown as [Tensor];
    const text = explain(joined.sum().add(values), { params: { a, b } });
    expect(text).toContain('what Twice.backward returns');
    expect(text).toContain('CopySlices');
    expect(text).toContain('MaxBackward0');
    expect(text).toMatch(/lands on a /);
  });

  it('refuses what it cannot explain', () => {
    const { x, y } = threePaths();
    expect(() => explain(ones([1]))).toThrow(AutogradError);
    expect(() => explain(ones([1]))).toThrow(
      'explain(): there is no graph to show: element 0 of tensors does not require grad and does not have a grad_fn',
    );
    expect(() => explain(3 as unknown as Tensor)).toThrow("explain(): argument 'loss' must be a Tensor, not number");
    expect(() => explain(y, { leafs: x } as ExplainOptions)).toThrow(
      "explain() got an unexpected keyword argument 'leafs'",
    );
    expect(() => explain(y, { leaf: 'x' as unknown as Tensor })).toThrow(
      "explain(): argument 'leaf' must be a Tensor, not string",
    );
    expect(() => explain(y, { leaf: ones([1]) })).toThrow('One of the differentiated Tensors does not require grad');
    expect(() => explain(y, { leaf: ones([1], { requires_grad: true }) })).toThrow('no path leads from the loss');
    expect(() => explain(x.mul(2))).toThrow('grad can be implicitly created only for scalar outputs');
    expect(() => explain(x.mul(2), { leaf: x })).toThrow('grad can be implicitly created only for scalar outputs');
    const params = 'explain(): params must be a module, an object of tensors or pairs of name and tensor, got';
    expect(() => explain(y, { params: 3 as never })).toThrow(`${params} number`);
    expect(() => explain(y, { params: x as never })).toThrow(`${params} a Tensor`);
    expect(() => explain(y, { params: { x: 1 } as never })).toThrow(`${params} 'x': number among them`);
    expect(() => explain(y, { params: [x] as never })).toThrow(ValueError);
  });

  it('says in PyTorch’s words that a graph was freed', () => {
    const { x, y } = threePaths();
    y.backward();
    expect(() => explain(y)).toThrow('Trying to backward through the graph a second time');
    expect(() => explain(y, { leaf: x })).toThrow('Trying to backward through the graph a second time');
    expect(explain(threePaths().y, { params: [['x', x]] })).toContain('1 leaf');
  });
});
