/** Laws of the whole: what a user holds does not change by itself, and no option is ignored. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import * as torch from '../src/index.js';

interface Snapshot {
  readonly held: torch.Tensor;
  readonly shape: readonly number[];
  readonly dtype: string;
  readonly values: readonly number[];
}

const take = (held: torch.Tensor): Snapshot => ({
  held,
  shape: [...held.shape],
  dtype: held.dtype,
  values: Array.from(held.detach().toArray(), Number),
});

/** Everything a program has ever given out. */
class Holdings {
  private snapshots: Snapshot[] = [];

  get tensors(): torch.Tensor[] {
    return this.snapshots.map(({ held }) => held);
  }

  hold(...tensors: (torch.Tensor | null | undefined)[]): void {
    for (const t of tensors) {
      if (t instanceof torch.Tensor && !this.snapshots.some(({ held }) => held === t)) this.snapshots.push(take(t));
    }
  }

  /** All tensors that show none of the memory that may have been written are what they were. */
  check(written: readonly torch.Tensor[], what: string): void {
    const storages = new Set(written.map((t) => t.storage));
    this.snapshots = this.snapshots.map((before) => {
      const now = take(before.held);
      expect([now.shape, now.dtype], what).toEqual([before.shape, before.dtype]);
      if (!storages.has(before.held.storage)) expect(now.values, what).toEqual(before.values);
      return now;
    });
  }
}

type Op = (x: torch.Tensor, y: torch.Tensor) => unknown;
const F = torch.nn.functional;

/** Ops that write nowhere, some of which give views. */
const PURE: Record<string, Op> = {
  add: (x, y) => x.add(y),
  sub: (x, y) => x.sub(y, { alpha: 2 }),
  mul: (x, y) => x.mul(y),
  div: (x, y) => x.div(y),
  matmul: (x, y) => x.matmul(y),
  maximum: (x, y) => torch.maximum(x, y),
  where: (x, y) => torch.where(x.gt(y), x, y),
  cat: (x, y) => torch.cat([x, y]),
  linear: (x, y) => F.linear(x, y),
  mse_loss: (x, y) => F.mse_loss(x, y),
  scatter_add: (x, y) => x.scatter_add(0, torch.zeros([2, 2], { dtype: 'int64' }), y),
  relu: (x) => x.relu(),
  tanh: (x) => x.tanh(),
  exp: (x) => x.exp(),
  neg: (x) => x.neg(),
  softmax: (x) => x.softmax(1),
  sum: (x) => x.sum(),
  max: (x) => x.max(1),
  sort: (x) => x.sort(),
  cumsum: (x) => x.cumsum(0),
  dropout: (x) => F.dropout(x, 0.5, true),
  layer_norm: (x) => F.layer_norm(x, [2]),
  clone: (x) => x.clone(),
  detach: (x) => x.detach(),
  transpose: (x) => x.transpose(0, 1),
  narrow: (x) => x.narrow(0, 0, 2),
  expand: (x) => x.expand(2, 2),
  reshape: (x) => x.reshape(2, 2),
  contiguous: (x) => x.contiguous(),
  to: (x) => x.to('float64').to('float32'),
};

/** Ops that write into their first argument, and nowhere else. */
const WRITING: Record<string, Op> = {
  add_: (x, y) => x.add_(y),
  mul_: (x, y) => x.mul_(y),
  copy_: (x, y) => x.copy_(y),
  relu_: (x) => x.relu_(),
  tanh_: (x) => x.tanh_(),
  zero_: (x) => x.zero_(),
  fill_: (x) => x.fill_(0.5),
  masked_fill_: (x, y) => x.masked_fill_(y.gt(0), 1),
};

type Make = (params: torch.Tensor[]) => torch.optim.Optimizer;

const OPTIMIZERS: Record<string, Make> = {
  SGD: (p) => new torch.optim.SGD(p, { lr: 0.1 }),
  'SGD, weight decay and maximize': (p) => new torch.optim.SGD(p, { lr: 0.1, weight_decay: 0.1, maximize: true }),
  'SGD, momentum': (p) => new torch.optim.SGD(p, { lr: 0.1, momentum: 0.9, dampening: 0.1 }),
  'SGD, Nesterov': (p) => new torch.optim.SGD(p, { lr: 0.1, momentum: 0.9, nesterov: true, weight_decay: 0.1 }),
  Adam: (p) => new torch.optim.Adam(p, { lr: 0.1 }),
  'Adam, amsgrad': (p) => new torch.optim.Adam(p, { lr: 0.1, amsgrad: true, weight_decay: 0.1, maximize: true }),
};

const matrix = fc.array(fc.integer({ min: -8, max: 8 }), { minLength: 4, maxLength: 4 });
const tensorOf = (list: readonly number[]): torch.Tensor =>
  torch
    .tensor(list.map((n) => n / 4))
    .view(2, 2)
    .clone();
const isMatrix = (t: torch.Tensor): boolean => t.shape.join() === '2,2' && t.dtype === 'float32';
const flat = (y: unknown): torch.Tensor[] => (Array.isArray(y) ? y : [y]) as torch.Tensor[];

/** One step of a program: what to do, and to which of the tensors that are held. */
const step = fc.record({ op: fc.nat(1000), x: fc.nat(1000), y: fc.nat(1000) });

describe('a tensor that the user holds is unchanged unless it is aliased', () => {
  it('by any op, in place or not, whatever else shows the same memory', () => {
    const ops = [...Object.entries(PURE), ...Object.entries(WRITING)];
    const used = new Set<string>();
    const property = fc.property(
      fc.array(matrix, { minLength: 2, maxLength: 4 }),
      fc.array(step, { maxLength: 12 }),
      run,
    );
    function run(inputs: number[][], steps: { op: number; x: number; y: number }[]): void {
      const held = new Holdings();
      held.hold(...inputs.map(tensorOf));
      for (const { op, x, y } of steps) {
        const pool = held.tensors.filter(isMatrix);
        const [name, fn] = ops[op % ops.length];
        const [a, b] = [pool[x % pool.length], pool[y % pool.length]];
        let result: unknown = [];
        try {
          result = fn(a, b);
        } catch (error) {
          // an element that is shown twice cannot be written to; nothing may have changed then either
          expect(error).toBeInstanceOf(torch.ShapeError);
          held.check([], `${name}, refused`);
          continue;
        }
        used.add(name);
        held.check(name in WRITING ? [a] : [], name);
        held.hold(...flat(result));
      }
    }
    fc.assert(property, { numRuns: 200 });
    expect([...used].sort()).toEqual(ops.map(([name]) => name).sort());
  });

  it.each(Object.entries(OPTIMIZERS))('by a backward pass or a step of %s', (_, make) => {
    const program = fc.array(fc.tuple(fc.constantFrom('backward', 'step', 'zero_grad', 'hold'), step), {
      minLength: 2,
      maxLength: 12,
    });
    let steps = 0;
    const property = fc.property(matrix, matrix, matrix, program, (w, b, input, actions) => {
      const params = [w, b].map((list) => tensorOf(list).requires_grad_());
      const x = tensorOf(input);
      const optimizer = make(params);
      const held = new Holdings();
      held.hold(x, ...params, ...params.map((p) => p.clone()), ...params.map((p) => p.detach().mul(2)));
      const state = (): torch.Tensor[] =>
        [...optimizer.state.values()].flatMap((s) =>
          Object.values(s ?? {}).filter((v): v is torch.Tensor => v instanceof torch.Tensor),
        );
      for (const [action, { op }] of actions) {
        const grads = params.flatMap((p) => (p.grad === null ? [] : [p.grad]));
        if (action === 'backward') {
          const hidden = x.matmul(params[0]).tanh();
          const loss = (op % 2 === 0 ? hidden.mul(params[1]) : hidden).square().sum();
          held.hold(hidden, loss, loss.detach());
          loss.backward();
          // a gradient that is there already is added to in place, as in PyTorch
          held.check(grads, 'backward');
        } else if (action === 'step') {
          const states = state();
          optimizer.step();
          steps++;
          held.check([...params, ...states, ...state()], 'step');
        } else if (action === 'zero_grad') {
          optimizer.zero_grad(op % 2 === 0);
          held.check(op % 2 === 0 ? [] : grads, 'zero_grad');
        }
        held.hold(...params.flatMap((p) => [p.grad, p.grad?.clone()]), ...params.map((p) => p.clone()), ...state());
        // neither gradients nor parameters may have become an optimizer's own memory
        const own = new Set(state().map((t) => t.storage));
        for (const p of params) expect(own.has(p.storage) || (p.grad !== null && own.has(p.grad.storage))).toBe(false);
      }
    });
    fc.assert(property, { numRuns: 40 });
    expect(steps).toBeGreaterThan(20);
  });
});
