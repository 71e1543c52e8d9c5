/** Hooks of tensors and nodes: what they see and in which order, against PyTorch; and that they never share memory with .grad. */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import * as torch from '../../src/index.js';

type Tensor = torch.Tensor;
type Log = [string, number[]][];

const fixture = JSON.parse(readFileSync(new URL('../fixtures/autograd.json', import.meta.url), 'utf8')) as {
  leaves: { x: number[][]; y: number[] };
  hooks: Record<string, { log: Log; grads: (number[] | null)[] }>;
};

const flat = (t: Tensor): number[] => Array.from(t.toArray());
const leaf = (data: number[] | number[][]): Tensor => torch.tensor(data, { dtype: 'float64', requires_grad: true });

type Note = (key: string) => (g: Tensor) => void;
const programs: Record<string, (note: Note, log: Log, x: Tensor, y: Tensor) => void> = {
  chain(note, _log, x, y) {
    const a = x.mul(y);
    const b = a.exp();
    x.register_hook(note('x'));
    a.register_hook(doubled('a1', note));
    a.register_hook(note('a2'));
    b.register_hook(note('b'));
    b.sum().backward();
  },
  removed(note, _log, x, y) {
    const a = x.mul(y);
    const handle = a.register_hook(doubled('first', note));
    a.register_hook(note('second'));
    handle.remove();
    handle.remove();
    a.sum().backward();
  },
  leaf_replaced(note, _log, x, y) {
    x.register_hook(doubled('x', note));
    x.mul(y).sum().backward();
    x.mul(3).sum().backward();
  },
  on_view(note, _log, x, y) {
    const a = x.mul(y);
    const v = a.select(0, 0);
    v.register_hook(note('view'));
    v.mul_(2);
    v.register_hook(note('view, changed'));
    a.register_hook(note('base'));
    a.mul(a.detach()).sum().backward();
  },
  node(note, log, x, y) {
    const a = x.mul(y);
    a.grad_fn?.register_hook((gi, go) => {
      log.push(['in', flat(gi[0] as Tensor)], ['out', flat(go[0] as Tensor)]);
      return [(gi[0] as Tensor).mul(3), gi[1]];
    });
    a.register_hook(note('a'));
    a.sum().backward();
  },
  twice(note, _log, x, y) {
    const a = x.mul(y);
    a.register_hook(note('a'));
    a.mul(2).add(a.tanh()).sum().backward();
  },
};

const doubled = (key: string, note: Note) => (g: Tensor) => {
  note(key)(g);
  return g.mul(2);
};

const close = (got: readonly number[], expected: readonly number[]): boolean =>
  got.length === expected.length && got.every((a, i) => Math.abs(a - expected[i]) < 1e-9);

describe('hooks as PyTorch runs them', () => {
  it.each(Object.keys(fixture.hooks))('%s', (name) => {
    const log: Log = [];
    const leaves = [leaf(fixture.leaves.x), leaf(fixture.leaves.y)];
    const note: Note = (key) => (g) => {
      log.push([key, flat(g)]);
    };
    programs[name](note, log, leaves[0], leaves[1]);
    const expected = fixture.hooks[name];
    expect(log.map(([key]) => key)).toEqual(expected.log.map(([key]) => key));
    log.forEach(([key, values], i) => {
      expect(close(values, expected.log[i][1]), `${key}: ${values} expected ${expected.log[i][1]}`).toBe(true);
    });
    leaves.forEach((t, i) => {
      const grad = expected.grads[i];
      expect(grad === null ? t.grad === null : close(flat(t.grad as Tensor), grad)).toBe(true);
    });
  });
});

describe('Tensor.register_hook', () => {
  it('runs for the inputs of autograd.grad, and its result is what grad returns', () => {
    const x = leaf([1, 2, 3]);
    const a = x.mul(2);
    a.register_hook((g) => g.mul(10));
    x.register_hook((g) => g.add(1));
    const loss = a.mul(a).sum();
    const [ga, gx] = torch.autograd.grad(loss, [a, x]);
    expect(ga?.tolist()).toEqual([40, 80, 120]);
    expect(gx?.tolist()).toEqual([81, 161, 241]);
    expect(x.grad).toBeNull();
  });

  it('retain_grad sees what the hooks left, whenever it was asked for, and follows in-place changes', () => {
    const x = leaf([1, 2, 3]);
    const a = x.mul(1);
    a.retain_grad();
    a.register_hook((g) => g.mul(5));
    a.sum().backward();
    expect(a.grad?.tolist()).toEqual([5, 5, 5]);
    const b = x.mul(1);
    b.retain_grad();
    b.mul_(3);
    b.sum().backward();
    expect(b.grad?.tolist()).toEqual([1, 1, 1]);
    const base = x.mul(1);
    const view = base.narrow(0, 0, 2);
    base.retain_grad();
    view.retain_grad();
    view.mul_(2);
    base.mul(view.sum()).sum().backward();
    expect(base.grad).not.toBeNull();
  });

  it('stays with the old value when the tensor is changed in place', () => {
    // https://pytorch.org/docs/stable/notes/autograd.html#behavior-of-tensor-hooks-when-tensor-is-modified-in-place
    const log: unknown[] = [];
    const a = leaf([1, 2]).mul(1);
    a.register_hook((g) => {
      log.push(['before', g.tolist()]);
    });
    a.mul_(3);
    a.register_hook((g) => {
      log.push(['after', g.tolist()]);
    });
    a.sum().backward();
    expect(log).toEqual([
      ['after', [1, 1]],
      ['before', [3, 3]],
    ]);
  });

  it('is recorded with create_graph', () => {
    const x = leaf([1, 2, 3]);
    const a = x.mul(x);
    a.register_hook((g) => g.mul(x));
    const [g] = torch.autograd.grad(a.sum(), x, { create_graph: true }); // 2 x²
    const [h] = torch.autograd.grad((g as Tensor).sum(), x);
    expect(h?.tolist()).toEqual([4, 8, 12]);
  });

  it('never lets the user share memory with a gradient that the engine adds to', () => {
    const kept: Tensor[] = [];
    const x = leaf([1, 2, 3]);
    const keep = (g: Tensor): void => {
      kept.push(g);
    };
    x.register_hook(keep);
    const a = x.mul(2);
    const mine = torch.full([3], 7, { dtype: 'float64' });
    a.register_hook(keep);
    a.register_hook(() => mine);
    const all = a.add(x.mul(3)).add(x);
    all.sum().backward();
    all.mul(1);
    x.mul(4).sum().backward();
    expect(x.grad?.tolist()).toEqual([22, 22, 22]); // 2·7 + 3 + 1 + 4
    expect(mine.tolist()).toEqual([7, 7, 7]);
    expect(kept.map((g) => g.tolist())).toEqual([
      [1, 1, 1],
      [18, 18, 18],
      [4, 4, 4],
    ]);
    (x.grad as Tensor).mul_(0);
    expect(kept.map((g) => g.tolist())).toEqual([
      [1, 1, 1],
      [18, 18, 18],
      [4, 4, 4],
    ]);
    expect(mine.tolist()).toEqual([7, 7, 7]);
  });

  it('owns nothing that a hook made and a node hands on', () => {
    // add passes its gradient on as it is: what the hook returned must not become .grad
    const p = leaf([1, 2]);
    const mine = torch.full([2], 5, { dtype: 'float64' });
    let made: Tensor | null = null;
    const s = p.add(1);
    s.register_hook(() => {
      made = mine.clone();
      return made;
    });
    s.sum().backward();
    (p.grad as Tensor).mul_(0);
    expect((made as Tensor | null)?.tolist()).toEqual([5, 5]);
    const q = leaf([1, 2]);
    const r = q.add(1);
    r.grad_fn?.register_prehook(() => [mine]);
    r.grad_fn?.register_hook((gi) => [mine, ...gi.slice(1)]);
    r.sum().backward();
    (q.grad as Tensor).mul_(0);
    expect(mine.tolist()).toEqual([5, 5]);
  });

  it('checks what hooks return, in PyTorch’s words', () => {
    const run = (hook: (g: Tensor) => unknown) => () => {
      const a = leaf([1, 2, 3]).mul(2);
      a.register_hook(hook as (g: Tensor) => Tensor);
      a.sum().backward();
    };
    const named = { f: (g: Tensor): unknown => g.narrow(0, 0, 2) };
    expect(run(() => 3)).toThrow("expected Tensor, but hook returned 'number'");
    expect(run(named.f)).toThrow("hook 'f' has changed the size of value");
    expect(run(named.f)).toThrow(torch.ShapeError);
    named.f = (g) => g.float();
    expect(run(named.f)).toThrow('has changed the type of value (was torch.DoubleTensor got torch.FloatTensor)');
    const node = (hook: unknown) => () => {
      const x = leaf([1, 2, 3]);
      const a = x.mul(x);
      a.grad_fn?.register_hook(hook as () => null);
      a.sum().backward();
    };
    expect(node(() => [null])).toThrow('has returned an incorrect number of values (got 1, but expected 2)');
    expect(node(() => 3)).toThrow("expected an array, but hook returned 'number'");
    expect(() => torch.ones(2).register_hook(() => null)).toThrow(
      "cannot register a hook on a tensor that doesn't require gradient",
    );
    expect(() => leaf([1]).register_hook(3 as unknown as () => null)).toThrow(
      'expected a function as hook, got number',
    );
    const c = leaf([1, 2]).mul(torch.ones(2, { dtype: 'float64' }));
    c.grad_fn?.register_hook((gi) => [gi[0], torch.ones(2, { dtype: 'float64' })]);
    expect(() => c.sum().backward()).toThrow("can't replace a null gradient with a Tensor");
  });

  it('an exception in a hook leaves the graph usable; a backward in a hook is allowed', () => {
    const x = leaf([1, 2, 3]);
    const other = leaf([2]);
    const a = x.mul(x);
    let fail = true;
    a.register_hook((g) => {
      if (fail) throw new Error('mine');
      torch.enable_grad(() => other.mul(3).sum()).backward();
      return g;
    });
    const loss = a.exp().sum();
    expect(() => loss.backward({ retain_graph: true })).toThrow('mine');
    expect(torch.is_grad_enabled()).toBe(true);
    fail = false;
    x.grad = null;
    loss.backward();
    const expected = [1, 2, 3].map((v) => 2 * v * Math.exp(v * v));
    expect(close(flat(x.grad as unknown as Tensor), expected)).toBe(true);
    expect(other.grad?.tolist()).toEqual([3]);
  });

  it('using removes the hook at the end of the block', () => {
    const x = leaf([1]);
    let calls = 0;
    {
      using _ = x.register_hook(() => {
        calls++;
      });
      x.mul(2).backward();
    }
    x.mul(2).backward();
    expect(calls).toBe(1);
  });
});

describe('register_post_accumulate_grad_hook', () => {
  it('runs when .grad is complete, and may take it away', () => {
    const p = leaf([1, 2]);
    const seen: unknown[] = [];
    p.register_post_accumulate_grad_hook((param) => {
      seen.push(param.grad?.tolist());
      param.grad = null;
    });
    p.mul(2).add(p).sum().backward();
    p.mul(2).sum().backward();
    expect(seen).toEqual([
      [3, 3],
      [2, 2],
    ]);
    expect(p.grad).toBeNull();
    expect(torch.autograd.grad(p.mul(2).sum(), p)[0]?.tolist()).toEqual([2, 2]);
    expect(seen.length).toBe(2);
  });

  it('is for leaves that want a gradient', () => {
    expect(() =>
      leaf([1])
        .mul(2)
        .register_post_accumulate_grad_hook(() => {}),
    ).toThrow('post accumulate grad hooks cannot be registered on non-leaf tensors');
    expect(() => torch.ones(1).register_post_accumulate_grad_hook(() => {})).toThrow(torch.AutogradError);
  });
});

describe('register_multi_grad_hook', () => {
  const { register_multi_grad_hook } = torch.autograd.graph;

  it('runs once for each backward, when all gradients that it computes are there', () => {
    const [a, b, c] = [leaf([1]), leaf([2]), leaf([3])];
    const log: unknown[] = [];
    const handle = register_multi_grad_hook([a, b, c], (grads) => {
      log.push(grads.map((g) => g?.tolist() ?? null));
    });
    a.mul(b).mul(c).backward();
    a.mul(b).backward();
    torch.autograd.grad(a.mul(c), c);
    handle.remove();
    a.mul(b).backward();
    expect(log).toEqual([
      [[6], [3], [2]],
      [[2], [1], null],
      [null, null, [1]],
    ]);
  });

  it("runs with the first gradient in mode 'any'", () => {
    const [a, b] = [leaf([1]), leaf([2])];
    let calls = 0;
    const hook = (): void => {
      calls++;
    };
    register_multi_grad_hook([a, b], hook, { mode: 'any' });
    a.mul(b).backward();
    a.mul(b).backward();
    expect(calls).toBe(2);
    expect(() => register_multi_grad_hook([a], hook, { mode: 'some' as 'any' })).toThrow(
      "Expects mode to be one of ('all', 'any') but got some",
    );
    expect(() => register_multi_grad_hook([torch.ones(1)], hook)).toThrow(
      "cannot register a hook on a tensor that doesn't require gradient",
    );
  });
});
