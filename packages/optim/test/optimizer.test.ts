/** The base's contracts: groups, gradients, closures, hooks, printing. */
import { inspect } from 'node:util';
import { AutogradError, is_grad_enabled, ones, ShapeError, type Tensor, tensor, zeros } from '@torchlet/tensor';
import { describe, expect, it, vi } from 'vitest';
import { Adam, lr_scheduler, Optimizer, type ParamGroup, SGD, type StepArguments } from '../src/index.js';

const leaf = (...values: number[]): Tensor => tensor(values, { requires_grad: true });

/** One step down the sum of squares. */
function descend(optimizer: Optimizer, ...params: Tensor[]): void {
  optimizer.zero_grad();
  for (const p of params) p.mul(p).sum().backward();
  optimizer.step();
}

describe('gradients', () => {
  it('zero_grad makes them null', () => {
    const w = leaf(1, 2);
    const optimizer = new SGD([w]);
    for (const clear of [
      () => optimizer.zero_grad(),
      () => optimizer.zero_grad({ set_to_none: true }),
      () => optimizer.zero_grad(true),
    ]) {
      w.mul(w).sum().backward();
      clear();
      expect(w.grad).toBe(null);
    }
  });

  it('zero_grad with set_to_none false zeroes them in place and cuts their graph', () => {
    const w = leaf(1, 2);
    const optimizer = new SGD([w]);
    for (const clear of [() => optimizer.zero_grad({ set_to_none: false }), () => optimizer.zero_grad(false)]) {
      w.grad = null;
      w.mul(w).sum().backward(null, { create_graph: true });
      const grad = w.grad as unknown as Tensor;
      expect(grad.grad_fn).not.toBe(null);
      clear();
      expect(w.grad).toBe(grad);
      expect([grad.tolist(), grad.grad_fn, grad.requires_grad]).toEqual([[0, 0], null, false]);
    }
    const fresh = leaf(1);
    new SGD([fresh]).zero_grad({ set_to_none: false });
    expect(fresh.grad).toBe(null);
  });

  it('a parameter without one is left alone and has no state', () => {
    const [w, b] = [leaf(1), leaf(2)];
    const optimizer = new Adam([w, b], { weight_decay: 0.5 });
    w.mul(w).sum().backward();
    optimizer.step();
    expect(b.tolist()).toEqual([2]);
    expect([optimizer.state.has(w), optimizer.state.has(b)]).toEqual([true, false]);
  });

  it('a gradient set by hand, also one that is a broadcast view', () => {
    const w = leaf(1, 2, 3);
    w.grad = tensor([1]).expand([3]);
    new SGD([w], { lr: 0.5 }).step();
    expect(w.tolist()).toEqual([0.5, 1.5, 2.5]);
    new Adam([w], { lr: 0.5, eps: 0 }).step();
    expect(w.tolist()).toEqual([0, 1, 2]);
  });

  it('NaN and infinite ones pass through, as in PyTorch', () => {
    const w = leaf(1, 1, 1);
    w.grad = tensor([Number.NaN, Number.POSITIVE_INFINITY, 1]);
    new SGD([w], { lr: 0.5, momentum: 0.9 }).step();
    expect(w.tolist()).toEqual([Number.NaN, Number.NEGATIVE_INFINITY, 0.5]);
  });

  it('no weight decay leaves an infinite parameter infinite', () => {
    const w = leaf(Number.POSITIVE_INFINITY);
    w.grad = tensor([1]);
    new SGD([w]).step();
    expect(w.tolist()).toEqual([Number.POSITIVE_INFINITY]);
  });

  it('one that no longer fits its parameter is an error, and so is a parameter that shows elements twice', () => {
    const w = leaf(1, 2);
    w.grad = ones(2);
    w.data = zeros(3);
    expect(() => new SGD([w]).step()).toThrow(ShapeError);
    expect(() => new SGD([w]).step()).toThrow('sgd_(): The size of grad [2] must match the size of param [3]');
    const wide = zeros(1).expand([2]).requires_grad_();
    wide.grad = ones(2);
    expect(() => new SGD([wide]).step()).toThrow(
      'sgd_(): unsupported operation: more than one element of the written-to',
    );
  });

  it('empty and 0-dim parameters', () => {
    const params = [zeros([0, 3], { requires_grad: true }), tensor(2, { requires_grad: true })];
    const optimizer = new Adam(params, { lr: 0.5, eps: 0 });
    for (const p of params) p.sum().backward();
    optimizer.step();
    expect(params.map((p) => p.tolist())).toEqual([[], 1.5]);
  });
});

describe('a step', () => {
  it('without gradients does nothing, not even with a closure', () => {
    const w = leaf(1);
    const optimizer = new Adam([w]);
    expect(optimizer.step()).toBe(null);
    expect(optimizer.step(() => 7)).toBe(7);
    expect([w.tolist(), w._version, optimizer.state.size]).toEqual([[1], 0, 0]);
  });

  it('calls a closure first, recording, and returns its result', () => {
    const w = leaf(2);
    const optimizer = new SGD([w], { lr: 0.25 });
    const modes: boolean[] = [];
    const loss: Tensor = optimizer.step(() => {
      modes.push(is_grad_enabled());
      optimizer.zero_grad();
      const l = w.mul(w).sum();
      l.backward();
      return l;
    });
    expect([loss.item(), w.tolist(), modes, is_grad_enabled()]).toEqual([4, [1], [true], true]);
    expect(() =>
      optimizer.step(() => {
        throw new Error('no loss today');
      }),
    ).toThrow('no loss today');
    expect(is_grad_enabled()).toBe(true);
  });

  it('changes the parameter in place, unrecorded, and counts as a change', () => {
    const w = leaf(1, 2);
    const { storage } = w;
    const optimizer = new SGD([w], { lr: 0.5 });
    const loss = w.mul(w).sum();
    loss.backward(null, { retain_graph: true });
    optimizer.step();
    expect([w.storage === storage, w.is_leaf, w.grad_fn, w._version]).toEqual([true, true, null, 1]);
    expect(() => loss.backward()).toThrow(AutogradError);
    expect(() => loss.backward()).toThrow('modified by an inplace operation');
  });

  it('works on a parameter that is a window on a larger tensor, and leaves the rest alone', () => {
    const whole = zeros([4, 4]);
    const w = whole.narrow(1, 1, 2).detach().requires_grad_();
    w.grad = ones([4, 2]);
    new SGD([w], { lr: 1, momentum: 0.5 }).step();
    expect(whole.sum(0).tolist()).toEqual([0, -4, -4, 0]);
  });

  it('keeps its state across steps in the same tensors', () => {
    const w = leaf(1);
    const optimizer = new Adam([w]);
    descend(optimizer, w);
    const state = optimizer.state.get(w);
    const before = { ...state };
    descend(optimizer, w);
    expect(optimizer.state.get(w)).toBe(state);
    expect(Object.values({ ...state }).every((t, i) => t === Object.values(before)[i])).toBe(true);
    expect(state?.step.item()).toBe(2);
  });

  it('state of float64 parameters is float64, the step count float32', () => {
    const w = tensor([1], { dtype: 'float64', requires_grad: true });
    const optimizer = new Adam([w], { amsgrad: true });
    descend(optimizer, w);
    const { step, ...rest } = optimizer.state.get(w) ?? {};
    expect(step?.dtype).toBe('float32');
    expect(Object.values(rest).map(({ dtype }) => dtype)).toEqual(['float64', 'float64', 'float64']);
  });
});

it.each([
  ['SGD', (w: Tensor) => new SGD([w], { lr: 0.25, momentum: 0.5, weight_decay: 0.1 })],
  ['Adam', (w: Tensor) => new Adam([w], { lr: 0.25, amsgrad: true })],
] as const)('%s on the gpu device: state lives there, the step count on the cpu', (_, make) => {
  const [here, there] = (['cpu', 'gpu'] as const).map((device) => tensor([1, -2, 3], { device, requires_grad: true }));
  const [a, b] = [make(here), make(there)];
  for (let i = 0; i < 3; i++) {
    descend(a, here);
    descend(b, there);
  }
  expect(there.device).toBe('gpu');
  expect(there.tolist()).toEqual(here.tolist());
  for (const optimizer of [b, make(there)]) {
    optimizer.load_state_dict(a.state_dict());
    for (const [key, value] of Object.entries(optimizer.state_dict().state[0])) {
      expect((value as Tensor).device, key).toBe(key === 'step' ? 'cpu' : 'gpu');
    }
  }
});

describe('hooks', () => {
  it('run around step, in order, until removed', () => {
    const w = leaf(1);
    const optimizer = new SGD([w], { lr: 0.25 });
    const calls: string[] = [];
    const pre = optimizer.register_step_pre_hook((o, args, kwargs) => {
      calls.push(`pre ${o === optimizer} ${args.length} ${JSON.stringify(kwargs)} ${w.item()}`);
    });
    optimizer.register_step_post_hook((_, args) => {
      calls.push(`post ${args.length} ${w.item()}`);
    });
    descend(optimizer, w);
    pre.remove();
    pre.remove();
    optimizer.step(() => null);
    expect(calls).toEqual(['pre true 0 {} 1', 'post 0 0.5', 'post 1 0']);
  });

  it('a pre-hook may give the step other arguments', () => {
    const optimizer = new SGD([leaf(1)]);
    optimizer.register_step_pre_hook((): [StepArguments, Record<string, never>] => [[() => 'other'], {}]);
    expect(optimizer.step(() => 'mine')).toBe('other');
  });

  it('see and replace state dicts', () => {
    const w = leaf(1);
    const optimizer = new SGD([w], { lr: 0.25 });
    const calls: string[] = [];
    optimizer.register_state_dict_pre_hook(() => calls.push('saving'));
    optimizer.register_state_dict_pre_hook(() => calls.push('first'), true);
    optimizer.register_state_dict_post_hook((_, saved) => ({ ...saved, note: 'mine' }));
    const saved = optimizer.state_dict();
    expect(saved).toHaveProperty('note', 'mine');
    optimizer.register_load_state_dict_pre_hook((_, loaded) => {
      loaded.param_groups = [{ ...loaded.param_groups[0], lr: 7 }];
    });
    optimizer.register_load_state_dict_post_hook((o) => calls.push(`loaded ${o.param_groups[0].lr}`));
    optimizer.load_state_dict(saved);
    expect(calls).toEqual(['first', 'saving', 'loaded 7']);
    expect(saved.param_groups[0].lr).toBe(0.25);
  });
});

describe("a user's optimizer", () => {
  /** θ ← θ − γ sign(g), as its author would write it with tensor operations. */
  class SignSGD extends Optimizer<{ lr: number }, null> {
    protected override init_state(): null {
      return null;
    }
    protected override update(param: Tensor, grad: Tensor, _state: null, group: ParamGroup<{ lr: number }>): void {
      param.sub_(grad.sign().mul(group.lr));
    }
  }

  it('adds update alone', () => {
    const w = leaf(1, -2);
    const optimizer = new SignSGD([w], { lr: 0.5 });
    descend(optimizer, w);
    expect(w.tolist()).toEqual([0.5, -1.5]);
    expect(String(optimizer)).toBe('SignSGD (\nParameter Group 0\n    lr: 0.5\n)');
    expect(optimizer.state_dict()).toEqual({ state: {}, param_groups: [{ lr: 0.5, params: [0] }] });
  });

  it('may replace step, and schedulers do not complain', () => {
    class Own extends Optimizer {
      override step(): null {
        return null;
      }
    }
    const warn = vi.spyOn(console, 'warn').mockImplementation(() => {});
    try {
      const scheduler = new lr_scheduler.StepLR(new Own([leaf(1)], { lr: 1 }), { step_size: 1 });
      scheduler.step();
      expect(warn).not.toHaveBeenCalled();
    } finally {
      warn.mockRestore();
    }
  });
});

it('prints its groups, keys sorted, values as in Python', () => {
  const optimizer = new Adam([{ params: [['w', leaf(1)]], lr: 1e-5, betas: [0.5, 1e-20], name: 'first' } as never]);
  const text = `Adam (
Parameter Group 0
    amsgrad: False
    betas: (0.5, 1e-20)
    capturable: False
    decoupled_weight_decay: False
    differentiable: False
    eps: 1e-08
    foreach: None
    fused: None
    lr: 1e-05
    maximize: False
    name: first
    param_names: ['w']
    weight_decay: 0
)`;
  expect(String(optimizer)).toBe(text);
  expect(inspect(optimizer)).toBe(text);
  expect(inspect({ optimizer: new SGD([leaf(1)], { lr: 0.0001, momentum: 123456.5 }) })).toContain('lr: 0.0001');
  expect(String(new SGD([leaf(1)], { lr: Number.POSITIVE_INFINITY }))).toContain('    lr: inf\n');
});

it('every optimizer has its formula', () => {
  for (const optimizer of [new SGD([leaf(1)]), new Adam([leaf(1)])]) expect(optimizer.formula).toMatch(/^g ← ∇f\(θ\)/);
});
