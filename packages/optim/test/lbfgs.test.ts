/** LBFGS against PyTorch's trajectories, and what only it has: closures, one group, its state. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { load, no_grad, ones, ShapeError, save, sparse_coo_tensor, Tensor, tensor, zeros } from '@torchlet/tensor';
import { afterAll, describe, expect, it } from 'vitest';
import { LBFGS, type OptimizerStateDict } from '../src/index.js';
import { expectError } from './expect-error.js';
import { expectClose } from './helpers.js';
import { closureOf, golden, type LBFGSCase, LOSSES, leaf, parametersOf } from './lbfgs-problems.js';

const folder = mkdtempSync(join(tmpdir(), 'torchlet-lbfgs-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** Tensors as numbers. PyTorch keeps a step size of one element where a number is here. */
function plain(value: unknown): unknown {
  if (value instanceof Tensor) return value.tolist();
  return Array.isArray(value) ? value.map(plain) : value;
}

const named = (name: string): LBFGSCase => golden.cases.find((c) => c.name === name) ?? expect.fail(name);

describe('trajectories', () => {
  it.each(golden.cases.map((spec) => [spec.name, spec] as const))('%s', (_, spec) => {
    const params = parametersOf(spec.problem);
    let optimizer = new LBFGS(params, spec.options);
    const closure = closureOf(optimizer, () => LOSSES[spec.problem](params));
    for (let step = 1; step <= spec.losses.length; step++) {
      if (step === spec.set?.[0]) Object.assign(optimizer.param_groups[0], spec.set[1]);
      if (step === spec.reload) {
        const file = join(folder, 'reload.pt');
        save(optimizer.state_dict(), file);
        optimizer = new LBFGS(params);
        optimizer.load_state_dict(load(file));
      }
      const loss = optimizer.step(closure);
      expectClose(loss.item(), spec.losses[step - 1], 'float64', `loss of step ${step}`);
      expect(closure.calls, `calls by step ${step}`).toBe(spec.calls[step - 1]);
      const at = spec.recorded.indexOf(step);
      params.forEach((param, i) => {
        if (at >= 0) expectClose(param.tolist(), spec.params[at][i], 'float64', `parameter ${i} after step ${step}`);
      });
    }
    const { state, param_groups } = optimizer.state_dict();
    expect(Object.keys(state)).toEqual(['0']);
    for (const [key, expected] of Object.entries(spec.state)) {
      if (typeof expected === 'number') expectClose(plain(state[0][key]), expected, 'float64', key);
      else expectVectors(plain(state[0][key]), expected, key);
    }
    const order = Object.keys(spec.state);
    expect(Object.keys(state[0]).filter((key) => order.includes(key))).toEqual(order);
    expect(param_groups).toEqual([spec.param_group]);
    expect(String(optimizer)).toBe(spec.repr);
  });

  function expectVectors(actual: unknown, expected: unknown, what: string): void {
    const flat = (x: unknown): (number | null)[] => [x].flat(3) as (number | null)[];
    expect(flat(actual).map((x) => x === null)).toEqual(flat(expected).map((x) => x === null));
    const numbers = (x: unknown): number[] => flat(x).filter((v) => v !== null);
    expectClose(numbers(actual), numbers(expected), 'float64', what);
  }

  it.each(golden.checkpoints.map((c) => [c.case, c] as const))(
    "%s goes on from PyTorch's file",
    (name, { step, file }) => {
      const spec = named(name);
      const params = parametersOf(spec.problem);
      const saved = load<{ params: Tensor[]; optimizer: OptimizerStateDict }>(Buffer.from(file, 'base64'));
      no_grad(() => {
        params.forEach((param, i) => {
          param.copy_(saved.params[i]);
        });
      });
      const optimizer = new LBFGS(params);
      optimizer.load_state_dict(saved.optimizer);
      const closure = closureOf(optimizer, () => LOSSES[spec.problem](params));
      for (let k = step; k < spec.losses.length; k++) {
        expectClose(optimizer.step(closure).item(), spec.losses[k], 'float64', `loss of step ${k + 1}`);
      }
    },
  );
});

it('the trajectories show every part of the state', () => {
  const shown = new Set(golden.cases.flatMap(({ state }) => Object.keys(state)));
  expect([...shown].sort()).toEqual(
    [
      'H_diag',
      'al',
      'd',
      'func_evals',
      'n_iter',
      'old_dirs',
      'old_stps',
      'prev_flat_grad',
      'prev_loss',
      'ro',
      't',
    ].sort(),
  );
});

describe('a step', () => {
  it('needs a closure', () => {
    const optimizer = new LBFGS([leaf(1)]);
    for (const step of [() => optimizer.step(), () => optimizer.step(null), () => optimizer.step(3 as never)]) {
      expectError(step, "LBFGS.step() missing 1 required positional argument: 'closure'");
    }
    expect(optimizer.state.size).toBe(0);
  });

  it('returns what the closure first returned, also a number', () => {
    const w = leaf(3);
    const optimizer = new LBFGS([w], { lr: 0.5 });
    const losses: Tensor[] = [];
    const returned: Tensor = optimizer.step(() => {
      optimizer.zero_grad();
      const loss = w.pow(2).sum();
      loss.backward();
      losses.push(loss);
      return loss;
    });
    expect(returned).toBe(losses[0]);
    expect(losses.length).toBeGreaterThan(2);
    const number: number = optimizer.step(() => {
      w.grad = no_grad(() => w.mul(2));
      return Number(w.item()) ** 2;
    });
    expect(number).toBe(Number(losses.at(-1)?.item()));
  });

  it.each<[string, unknown, string]>([
    ['null', null, 'null'],
    ['nothing', undefined, 'undefined'],
    ['text', 'low', "'low'"],
  ])('refuses %s as the loss', (_, result, got) => {
    expectError(
      () => new LBFGS([leaf(1)]).step(() => result),
      `LBFGS.step(): expected the closure to return the loss, a Tensor or a number, but got ${got}`,
    );
  });

  it('does nothing where the gradient is small enough', () => {
    const w = leaf(1);
    const optimizer = new LBFGS([w], { tolerance_grad: 2 });
    const closure = closureOf(optimizer, () => w.pow(2).sum());
    optimizer.step(closure);
    expect([w.tolist(), closure.calls, optimizer.state.get(w)]).toEqual([[1], 1, { func_evals: 1, n_iter: 0 }]);
  });

  it('takes no gradient for zero, and a sparse one for what it stands for', () => {
    const [w, v, b] = [leaf(1, 2, 3), leaf(1, 2, 3), leaf(5)];
    const step = (param: Tensor, grad: Tensor): void => {
      new LBFGS([b, param], { max_iter: 1 }).step(() => {
        param.grad = grad;
        return 1;
      });
    };
    step(w, tensor([0, 0, 7], { dtype: 'float64' }));
    step(v, sparse_coo_tensor(tensor([[2, 2]], { dtype: 'int64' }), tensor([3, 4], { dtype: 'float64' }), [3]));
    expect(w.tolist()).toEqual([1, 2, 3 - (1 / 7) * 7]);
    expect(v.tolist()).toEqual(w.tolist());
    expect(b.tolist()).toEqual([5]);
  });

  it('leaves NaN where a gradient is NaN, as PyTorch does', () => {
    const w = leaf(1, 2);
    new LBFGS([w], { max_iter: 3 }).step(() => {
      w.grad = tensor([Number.NaN, 1], { dtype: 'float64' });
      return 1;
    });
    expect(w.tolist()).toEqual([Number.NaN, expect.any(Number)]);
  });

  it('refuses a gradient that no longer fits', () => {
    const w = leaf(1, 2);
    w.grad = ones([2], { dtype: 'float64' });
    w.data = zeros([3], { dtype: 'float64' });
    const step = (): unknown => new LBFGS([w]).step(() => 1);
    expect(step).toThrow(ShapeError);
    expect(step).toThrow('LBFGS.step(): The size of grad [2] must match the size of param [3]');
  });

  it('works on parameters with gaps in memory', () => {
    const whole = tensor([1, 9, 2, 9], { dtype: 'float64' });
    const w = whole.view(2, 2).select(1, 0).detach().requires_grad_();
    const packed = leaf(1, 2);
    for (const param of [w, packed]) {
      const optimizer = new LBFGS([param], { line_search_fn: 'strong_wolfe' });
      optimizer.step(closureOf(optimizer, () => param.sub(4).pow(4).sum()));
    }
    expect(w.tolist()).toEqual(packed.tolist());
    expect(whole.tolist()).toEqual([packed.select(0, 0).item(), 9, packed.select(0, 1).item(), 9]);
  });

  const wolfe = { line_search_fn: 'strong_wolfe' } as const;
  it.each([
    ['', {}],
    [' with line search', wolfe],
  ] as const)('takes parameters of any shape and layout as the parts of one vector%s', (_, options) => {
    const starts = [[3], [-2, 1, 4], [1, 5, -3, 2, 0.5, 7], [2, -1, 4, 6], [], [8, 9]];
    /** Σ c (p − t)⁴; the last part has no gradient. */
    const loss = (parts: readonly Tensor[]): Tensor => {
      const terms = parts.slice(0, -1).map((p, i) => {
        const [c, t] = [starts[i].map((_x, k) => 1 + ((i + k) % 4)), starts[i].map((x, k) => (x * (k + 2)) % 3)];
        return p
          .reshape(-1)
          .sub(leaf(...t).detach())
          .pow(4)
          .mul(leaf(...c).detach())
          .sum();
      });
      return terms.reduce((x, y) => x.add(y));
    };
    const double = { dtype: 'float64' } as const;
    const layouts = [
      zeros([], double),
      zeros([3], double),
      zeros([3, 2], double).t(),
      zeros([2, 2, 2], double).select(2, 1),
      zeros([0, 3], double),
      zeros([2], double),
    ];
    const params = layouts.map((to, i) => to.copy_(tensor(starts[i], double).view(to.shape)).detach().requires_grad_());
    const flat = leaf(...starts.flat());
    const [a, b] = [params, [flat]].map((list) => new LBFGS(list, { max_iter: 7, lr: 0.3, ...options }));
    const sizes = starts.map((list) => list.length);
    const first = a.step(closureOf(a, () => loss(params)));
    expect(b.step(closureOf(b, () => loss(flat.split(sizes)))).item()).toBe(first.item());
    expect(params.flatMap((param) => param.reshape(-1).tolist())).toEqual(flat.tolist());
    expect(params.map((param) => param.stride())).toEqual(layouts.map((layout) => layout.stride()));
    expect(params[5].tolist()).toEqual([8, 9]);
    params.slice(0, 4).forEach((param, i) => {
      expect(param.reshape(-1).tolist()).not.toEqual(starts[i]);
    });
  });

  it.each([
    ['one for each iteration', { max_iter: 3, max_eval: 9 }, 3],
    // each of which goes there, back, and at last to where it leads
    ['three for an iteration with line search', { ...wolfe, max_iter: 1 }, 3],
  ])('counts as a change of every parameter: %s', (_, options, count) => {
    const params = [leaf(1, 2), leaf(3), leaf(5)];
    const [w, v] = params;
    const optimizer = new LBFGS(params, { lr: 0.1, ...options });
    const recorded = w.pow(2).sum();
    optimizer.step(closureOf(optimizer, () => w.pow(2).sum().add(v.pow(2).sum())));
    expect(params.map((param) => param._version)).toEqual([count, count, count]);
    expect(() => recorded.backward()).toThrow('has been modified by an inplace operation');
  });

  it('moves parameters of two dtypes, with state in the wider one', () => {
    const [w, v] = [tensor([3, -2], { requires_grad: true }), leaf(4)];
    const optimizer = new LBFGS([w, v], wolfe);
    optimizer.step(closureOf(optimizer, () => w.sub(1).pow(2).sum().add(v.pow(2).sum())));
    expectClose(w.tolist(), [1, 1], 'float32', 'float32 parameter');
    expect(Math.abs(v.item())).toBeLessThan(1e-6);
    expect([w.dtype, optimizer.state.get(w)?.d?.dtype]).toEqual(['float32', 'float64']);
  });

  it('runs in float32 with float32 state', () => {
    const w = tensor([3, -2], { requires_grad: true });
    const optimizer = new LBFGS([w], { line_search_fn: 'strong_wolfe' });
    optimizer.step(
      closureOf(optimizer, () =>
        w
          .sub(1)
          .pow(2)
          .mul(tensor([1, 5]))
          .sum(),
      ),
    );
    expectClose(w.tolist(), [1, 1], 'float32', 'parameter');
    const { d, ro } = optimizer.state.get(w) ?? {};
    expect([d?.dtype, ro?.[0].dtype, ro?.[0].shape]).toEqual(['float32', 'float32', []]);
  });
});
