import { type Tensor, tensor } from '@torchlet/tensor';
import { describe, expect, it, vi } from 'vitest';
import { Adam, type Optimizer, SGD } from '../src/index.js';

const leaf = (...values: number[]): Tensor => tensor(values, { requires_grad: true });

/** One step down the sum of squares. */
function descend(optimizer: Optimizer, ...params: Tensor[]): void {
  optimizer.zero_grad();
  for (const p of params) p.mul(p).sum().backward();
  optimizer.step();
}

describe('groups', () => {
  it('come from tensors, generators, one tensor, named tensors and objects', () => {
    const [w, b] = [leaf(1), leaf(2)];
    function* parameters(): Generator<Tensor> {
      yield w;
      yield b;
    }
    function* named(): Generator<[string, Tensor]> {
      yield ['w', w];
      yield ['b', b];
    }
    const inputs = [[w, b], new Set([w, b]), parameters(), [{ params: parameters() }], named()];
    for (const input of inputs) {
      const { params } = new SGD(input as Iterable<Tensor>).param_groups[0];
      expect([params.length, params[0] === w, params[1] === b]).toEqual([2, true, true]);
    }
    const groups = new SGD([{ params: w }, { params: b, lr: 1 }]).param_groups;
    expect(groups.map(({ params }) => [params.length, params[0] === w, params[0] === b])).toEqual([
      [1, true, false],
      [1, false, true],
    ]);
    expect('param_names' in groups[0]).toBe(false);
    expect(new SGD(named()).param_groups[0].param_names).toEqual(['w', 'b']);
    expect(new Adam([{ params: named(), lr: 1 }]).param_groups[0].param_names).toEqual(['w', 'b']);
    expect(new Adam([{ params: [] }]).step()).toBe(null);
  });

  it('have the options that they are given, the others by default, and keep keys of their own', () => {
    const [w, b, c] = [leaf(1), leaf(2), leaf(3)];
    const head = { params: b, lr: 1, name: 'head' };
    const optimizer = new SGD([{ params: w }, head], { lr: 0.5, momentum: 0.9 });
    optimizer.add_param_group({ params: [c], momentum: 0.1 });
    const defaults = {
      lr: 0.5,
      momentum: 0.9,
      dampening: 0,
      weight_decay: 0,
      nesterov: false,
      maximize: false,
      foreach: null,
      differentiable: false,
      fused: null,
    };
    expect(optimizer.defaults).toEqual(defaults);
    const options = optimizer.param_groups.map(({ params, ...rest }) => ({
      ...rest,
      params: params.map((p) => p.item()),
    }));
    expect(options).toEqual([
      { ...defaults, params: [1] },
      { ...defaults, params: [2], lr: 1, name: 'head' },
      { ...defaults, params: [3], momentum: 0.1 },
    ]);
    expect(Object.keys(head)).toEqual(['params', 'lr', 'name']);
  });

  it("have PyTorch's defaults", () => {
    expect(new Adam([leaf(1)]).defaults).toEqual({
      lr: 1e-3,
      betas: [0.9, 0.999],
      eps: 1e-8,
      weight_decay: 0,
      amsgrad: false,
      maximize: false,
      foreach: null,
      capturable: false,
      differentiable: false,
      fused: null,
      decoupled_weight_decay: false,
    });
    expect(new SGD([leaf(1)]).defaults.lr).toBe(1e-3);
  });

  it('do not share the defaults', () => {
    const [one, two] = [new Adam([{ params: leaf(1) }, { params: leaf(2) }]), new Adam([leaf(1)])];
    one.param_groups[0].betas[0] = 0.5;
    expect([one.param_groups[1].betas, one.defaults.betas, two.param_groups[0].betas]).toEqual([
      [0.9, 0.999],
      [0.9, 0.999],
      [0.9, 0.999],
    ]);
  });

  it('are live: a changed lr counts at the next step', () => {
    const w = leaf(1);
    const optimizer = new SGD([w], { lr: 0 });
    descend(optimizer, w);
    expect(w.tolist()).toEqual([1]);
    optimizer.param_groups[0].lr = 0.25;
    descend(optimizer, w);
    expect(w.tolist()).toEqual([0.5]);
  });

  it('may turn momentum and amsgrad on and off between steps', () => {
    const w = leaf(1);
    const optimizer = new SGD([w], { lr: 0.25 });
    descend(optimizer, w);
    expect(optimizer.state.size).toBe(0);
    optimizer.param_groups[0].momentum = 0.5;
    descend(optimizer, w); // w = .5, b = 1
    expect(w.tolist()).toEqual([0.25]);
    descend(optimizer, w); // b = .5 + .5
    expect(w.tolist()).toEqual([0]);
    optimizer.param_groups[0].momentum = 0;
    descend(optimizer, w);
    expect(w.tolist()).toEqual([0]);
    const adam = new Adam([w]);
    descend(adam, w);
    adam.param_groups[0].amsgrad = true;
    descend(adam, w);
    expect(adam.state.get(w)?.max_exp_avg_sq?.tolist()).toEqual([0]);
  });

  it('may list a parameter twice, which is stepped twice, with a warning', () => {
    const warn = vi.spyOn(console, 'warn').mockImplementation(() => {});
    try {
      const w = leaf(1);
      const optimizer = new SGD([w, w], { lr: 0.25 });
      expect(warn).toHaveBeenCalledTimes(1);
      descend(optimizer, w);
      expect(w.tolist()).toEqual([0]);
      expect(optimizer.state_dict().param_groups[0].params).toEqual([0, 0]);
    } finally {
      warn.mockRestore();
    }
  });

  it('may hold a non-leaf that retains its gradient', () => {
    const w = leaf(1, 2).mul(2);
    w.retain_grad();
    const optimizer = new SGD([w], { lr: 0.5 });
    w.sum().backward();
    optimizer.step();
    expect(w.tolist()).toEqual([1.5, 3.5]);
  });
});
