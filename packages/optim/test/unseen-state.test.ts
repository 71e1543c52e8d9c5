/** State that gives memory back: at once where nobody has seen it, never where somebody has. */
import { inspect } from 'node:util';
import { manual_seed, no_grad, randn, type Tensor, zeros } from '@torchlet/tensor';
import { cpuMemory } from '@torchlet/tensor/internal';
import { describe, expect, it } from 'vitest';
import { LBFGS, type LBFGSOptions, type LBFGSState } from '../src/index.js';
import { UnseenState } from '../src/unseen-state.js';

const N = 1000;

/** Bytes that the call takes. */
function taken(call: () => void): number {
  const before = cpuMemory().held;
  call();
  return cpuMemory().held - before;
}

interface Entry {
  x: Tensor;
  list: Tensor[];
  n: number;
}

describe('an entry', () => {
  const make = (): UnseenState<Entry> => {
    const state = new UnseenState<Entry>({ x: zeros(N), list: [zeros(N), zeros(N)], n: 3 });
    const { x, list } = state.entry;
    for (const made of [x, list, ...list]) state.keep(made);
    return state;
  };

  it('gives back what nobody has seen, once', () => {
    const state = make();
    const { x, list } = state.entry;
    const bytes = -taken(() => state.forget([x, ...list, undefined]));
    expect(bytes).toBe(3 * 4 * N);
    expect(taken(() => state.forget([x, ...list]))).toBe(0);
  });

  it('leaves what it has not made', () => {
    const state = make();
    expect(taken(() => state.forget([randn(N)]))).toBe(4 * N);
  });

  it.each<[string, (shown: Entry) => unknown]>([
    ['a property', (shown) => [shown.x, shown.list]],
    ['all values', (shown) => Object.values(shown)],
    ['a copy', (shown) => ({ ...shown })],
    ['descriptors', (shown) => Object.getOwnPropertyDescriptors(shown)],
  ])('leaves what somebody has seen through %s', (_, look) => {
    const state = make();
    const { x, list } = state.entry;
    look(state.shown);
    expect(taken(() => state.forget([x, ...list]))).toBe(0);
  });

  it('that somebody looked at goes on with a list of its own', () => {
    const state = make();
    const { list } = state.entry;
    expect(state.own(list)).toBe(list);
    const seen = state.shown.list;
    const next = state.own(seen);
    expect([seen === list, next === list]).toEqual([true, false]);
    expect([next.length, next[0] === list[0], next[1] === list[1]]).toEqual([2, true, true]);
    next.push(state.keep(zeros(N)));
    expect(seen.length).toBe(2);
    expect(taken(() => state.forget(next))).toBe(-4 * N);
    expect(state.own(next)).toBe(next);
  });

  it('looks as the object does, and can be written to', () => {
    const state = make();
    expect(Object.keys(state.shown)).toEqual(['x', 'list', 'n']);
    expect(inspect({ shown: state.shown.n, ...{ entry: new UnseenState({ n: 3 }).shown } })).toBe(
      '{ shown: 3, entry: { n: 3 } }',
    );
    state.shown.n = 4;
    delete (state.shown as Partial<Entry>).x;
    expect([Object.keys(state.entry), state.entry.n]).toEqual([['list', 'n'], 4]);
  });

  it('that somebody else has made is copied, and all of it has been seen', () => {
    const made = { x: zeros(N) };
    const state = UnseenState.of(made);
    expect([UnseenState.of(state.shown) === state, state.entry === made, state.entry.x === made.x]).toEqual([
      true,
      false,
      true,
    ]);
    expect(taken(() => state.forget([state.entry.x]))).toBe(0);
  });
});

describe.each<[string, Partial<LBFGSOptions>]>([
  ['steps', { lr: 0.1 }],
  ['a line search', { line_search_fn: 'strong_wolfe' }],
])('LBFGS with %s', (_, options) => {
  const size = 64;
  /** Σ c w² / 2, on which it does not arrive soon; the closure makes nothing of the size of a vector. */
  function training(): { w: Tensor; optimizer: LBFGS; step: () => void; inside: { look: () => void } } {
    manual_seed(1);
    const w = randn([size, size], { requires_grad: true });
    const [c, grad] = [randn([size, size]).exp(), zeros([size, size])];
    const optimizer = new LBFGS([w], {
      max_iter: 4,
      history_size: 3,
      tolerance_change: -1,
      tolerance_grad: -1,
      ...options,
    });
    const inside = { look: () => {} };
    const closure = (): Tensor => {
      inside.look();
      w.grad = no_grad(() => grad.copy_(w).mul_(c));
      return no_grad(() => grad.view(-1).dot(w.view(-1)).div(2));
    };
    return { w, optimizer, step: () => void optimizer.step(closure), inside };
  }

  const tensorsOf = (value: unknown): Tensor[] =>
    Array.isArray(value)
      ? value.flatMap(tensorsOf)
      : typeof value === 'object' && value !== null
        ? [value as Tensor]
        : [];

  /** Looks at everything that the state has; `check` says whether all of it is still what it was. */
  class Witness {
    private readonly held: { tensor: Tensor; copy: number[] }[] = [];
    private readonly lists: { list: unknown[]; copy: unknown[] }[] = [];

    look(entry: Partial<LBFGSState> | undefined): void {
      for (const value of Object.values(entry ?? {})) {
        for (const tensor of tensorsOf(value))
          this.held.push({ tensor, copy: tensor.reshape(-1).tolist() as number[] });
        if (Array.isArray(value)) this.lists.push({ list: value, copy: value.slice() });
      }
    }

    /** @returns how many tensors were looked at */
    check(): number {
      for (const { tensor, copy } of this.held) expect(tensor.reshape(-1).tolist()).toEqual(copy);
      return this.held.length;
    }

    checkLists(): void {
      for (const { list } of this.lists) for (const x of tensorsOf(list)) expect(x.sum().item()).not.toBeNaN();
    }
  }

  it('never changes a tensor that somebody holds', () => {
    const { w, optimizer, step, inside } = training();
    const witness = new Witness();
    step();
    for (let i = 0; i < 4; i++) {
      step();
      if (i % 2 === 0) witness.look(optimizer.state_dict().state[0]);
      let calls = 0;
      inside.look = () => {
        if (++calls === 3) witness.look(optimizer.state.get(w));
      };
    }
    inside.look = () => {};
    for (let i = 0; i < 4; i++) step();
    expect(witness.check()).toBeGreaterThan(40);
    witness.checkLists();
  });

  it('takes no memory of the size of a vector, until somebody looks', () => {
    const { optimizer, step } = training();
    const vector = 4 * size * size;
    const steps = (): void => {
      for (let i = 0; i < 6; i++) step();
    };
    steps();
    expect(taken(steps)).toBeLessThan(vector);
    const held = optimizer.state_dict().state[0].old_dirs as Tensor[];
    expect(held.length).toBe(3);
    // what has been seen stays, what comes after it does not
    expect(taken(steps)).toBe(3 * vector);
    expect(taken(steps)).toBeLessThan(vector);
  });

  it('goes on where the closure threw', () => {
    const { w, optimizer, step, inside } = training();
    step();
    step();
    for (const at of [1, 2, 3]) {
      let calls = 0;
      inside.look = () => {
        if (++calls === at) throw new Error('out of data');
      };
      expect(step).toThrow('out of data');
      inside.look = () => {};
      expect(tensorsOf(Object.values(optimizer.state.get(w) ?? {})).every((x) => x.isfinite().all().item())).toBe(true);
      step();
    }
    const before = w.norm().item();
    for (let i = 0; i < 5; i++) step();
    expect(w.norm().item()).toBeLessThan(before / 2);
  });

  it('takes an entry that somebody has put there', () => {
    const { w, optimizer, step } = training();
    step();
    const entry = { ...optimizer.state.get(w) } as LBFGSState;
    optimizer.state.set(w, entry);
    const witness = new Witness();
    witness.look(entry);
    for (let i = 0; i < 3; i++) step();
    expect(witness.check()).toBeGreaterThan(6);
    expect(optimizer.state.get(w)?.n_iter).toBeGreaterThan(entry.n_iter + 3);
  });
});
