/** autograd.Function: both styles, everything that ctx takes, PyTorch's errors, and that no memory is lent to the engine. */
import { describe, expect, expectTypeOf, it } from 'vitest';
import * as torch from '../../src/index.js';

const { autograd } = torch;
type Tensor = torch.Tensor;
type Ctx<A extends object = object> = torch.autograd.FunctionCtx<A>;

const f64 = { dtype: 'float64' } as const;
const leaf = (data: number[] | number[][]): Tensor => torch.tensor(data, { ...f64, requires_grad: true });

class Exp extends autograd.Function {
  static forward(ctx: Ctx, x: Tensor): Tensor {
    const y = x.exp();
    ctx.save_for_backward(y);
    return y;
  }

  static backward(ctx: Ctx, g: Tensor): Tensor {
    return g.mul(ctx.saved_tensors[0]);
  }
}

class Scale extends autograd.Function {
  static forward(x: Tensor, factor: number): Tensor {
    return x.mul(factor);
  }

  static setup_context(ctx: Ctx<{ factor: number }>, [, factor]: [Tensor, number], _output: Tensor): void {
    ctx.factor = factor;
  }

  static backward(ctx: Ctx<{ factor: number }>, g: Tensor): (Tensor | null)[] {
    return [g.mul(ctx.factor), null];
  }
}

/** A function of one or two arguments whose backward is given. */
function withBackward(backward: (ctx: Ctx, ...grads: Tensor[]) => unknown): {
  apply(...args: unknown[]): Tensor;
} {
  class F extends autograd.Function {
    static forward(_ctx: Ctx, x: Tensor, _other?: unknown): Tensor {
      return x.mul(2);
    }
    static backward = backward;
  }
  return F as unknown as { apply(...args: unknown[]): Tensor };
}

describe('autograd.Function', () => {
  it('has a derivative of its own, twice differentiable, in both styles', () => {
    const x = leaf([0.5, -1, 2]);
    const y = Exp.apply(x);
    expectTypeOf(y).toEqualTypeOf<Tensor>();
    expect(y.grad_fn?.name()).toBe('ExpBackward');
    expect(String(y)).toContain('grad_fn=<ExpBackward>');
    expect(autograd.gradcheck((t: Tensor) => Exp.apply(t), [x])).toBe(true);
    expect(autograd.gradgradcheck((t: Tensor) => Exp.apply(t), [x])).toBe(true);
    expect(autograd.gradgradcheck((t: Tensor) => Scale.apply(t, 3), [x])).toBe(true);
    expect(torch.no_grad(() => Exp.apply(x)).requires_grad).toBe(false);
    expect(Exp.apply(torch.ones(2)).requires_grad).toBe(false);
  });

  it('knows which gradients are needed, takes non-tensors and gives several outputs', () => {
    const seen: unknown[] = [];
    class Both extends autograd.Function {
      static forward(ctx: Ctx, a: Tensor, name: string, b: Tensor): [Tensor, string, Tensor] {
        ctx.save_for_backward(a, b);
        seen.push(ctx.needs_input_grad);
        return [a.mul(b), name, a.add(b)];
      }
      static backward(ctx: Ctx, g: Tensor, none: null, h: Tensor): (Tensor | null)[] {
        seen.push(none, h.tolist());
        const [a, b] = ctx.saved_tensors;
        return [
          ctx.needs_input_grad[0] ? g.mul(b).add(h) : null,
          null,
          ctx.needs_input_grad[2] ? g.mul(a).add(h) : null,
        ];
      }
    }
    const a = leaf([1, 2]);
    const b = torch.tensor([3, 4], f64);
    const [p, name, s] = Both.apply(a, 'n', b);
    expect([name, p.requires_grad, s.requires_grad]).toEqual(['n', true, true]);
    p.sum().backward();
    expect(a.grad?.tolist()).toEqual([3, 4]);
    expect(seen).toEqual([[true, false, false], null, [0, 0]]);
    expect(
      autograd.gradcheck(
        (u: Tensor, v: Tensor) => {
          const [q, , r] = Both.apply(u, '', v);
          return [q, r];
        },
        [leaf([1, 2]), leaf([3, 4])],
      ),
    ).toBe(true);
  });

  it('set_materialize_grads(false) gives null for outputs that took no part', () => {
    const seen: unknown[] = [];
    class Two extends autograd.Function {
      static forward(ctx: Ctx, x: Tensor): [Tensor, Tensor] {
        ctx.set_materialize_grads(false);
        return [x.mul(1), x.mul(2)];
      }
      static backward(_ctx: Ctx, g: Tensor | null, h: Tensor | null): Tensor | null {
        seen.push(g === null, h === null);
        return g;
      }
    }
    Two.apply(leaf([1, 2]))[0]
      .sum()
      .backward();
    expect(seen).toEqual([false, true]);
  });

  it('mark_dirty: an input that is changed in place, also a view', () => {
    class Double extends autograd.Function {
      static forward(ctx: Ctx, scale: number, x: Tensor): Tensor {
        ctx.mark_dirty(x);
        return x.mul_(scale);
      }
      static backward(_ctx: Ctx, g: Tensor): (Tensor | null)[] {
        return [null, g.mul(2)];
      }
    }
    const x = leaf([1, 2, 3]);
    const b = x.mul(1);
    const out = Double.apply(2, b);
    expect(out === b).toBe(true);
    expect(b.grad_fn?.name()).toBe('DoubleBackward');
    b.mul(b.detach()).sum().backward();
    expect(x.grad?.tolist()).toEqual([4, 8, 12]);
    const y = leaf([1, 2, 3]);
    const c = y.mul(1);
    Double.apply(2, c.narrow(0, 1, 2));
    expect(c.grad_fn?.name()).toBe('torch::autograd::CopySlices');
    expect(c.tolist()).toEqual([1, 4, 6]);
    c.sum().backward();
    expect(y.grad?.tolist()).toEqual([1, 2, 2]);
    expect(() => Double.apply(2, leaf([1]))).toThrow(
      'a leaf Variable that requires grad has been used in an in-place operation.',
    );
    const z = leaf([1]);
    expect(torch.no_grad(() => Double.apply(2, z)) === z).toBe(true);
  });

  it('mark_dirty: what is dirty has to be returned, and alone if it is a view', () => {
    class Lost extends autograd.Function {
      static forward(ctx: Ctx, x: Tensor): Tensor {
        ctx.mark_dirty(x);
        return x.mul_(2).mul(1);
      }
    }
    class Pair extends autograd.Function {
      static forward(ctx: Ctx, x: Tensor): Tensor[] {
        ctx.mark_dirty(x);
        return [x.mul_(2), x.mul(1)];
      }
    }
    expect(() => Lost.apply(leaf([1]).mul(1))).toThrow(
      'Some elements marked as dirty during the forward method were not returned as output.',
    );
    expect(() => Pair.apply(leaf([1, 2]).mul(1).narrow(0, 0, 1))).toThrow(
      'If your Function modifies inplace an input that is a view of another Tensor, your Function cannot return more than one Tensor.',
    );
  });

  it('mark_non_differentiable: an output without gradient', () => {
    class Sort extends autograd.Function {
      static forward(ctx: Ctx, x: Tensor): [Tensor, Tensor] {
        const order = x.sign();
        ctx.mark_non_differentiable(order);
        return [x.mul(2), order];
      }
      static backward(_ctx: Ctx, g: Tensor, h: Tensor): Tensor {
        return g.mul(2).add(h);
      }
    }
    const x = leaf([1, -2]);
    const [a, order] = Sort.apply(x);
    expect([a.requires_grad, order.requires_grad]).toEqual([true, false]);
    a.sum().backward();
    expect(x.grad?.tolist()).toEqual([2, 2]);
  });

  it('an input that is returned is another tensor; it and other views must not be changed in place', () => {
    class Same extends autograd.Function {
      static forward(_ctx: Ctx, x: Tensor): Tensor {
        return x;
      }
      static backward(_ctx: Ctx, g: Tensor): Tensor {
        return g.mul(3);
      }
    }
    class Part extends autograd.Function {
      static forward(_ctx: Ctx, x: Tensor): Tensor {
        return x.narrow(0, 0, 1);
      }
      static backward(_ctx: Ctx, g: Tensor): Tensor {
        return torch.cat([g, g]);
      }
    }
    const x = leaf([1, 2]);
    const y = Same.apply(x);
    expect(y === x).toBe(false);
    y.sum().backward();
    expect(x.grad?.tolist()).toEqual([3, 3]);
    expect(() => y.mul_(2)).toThrow('Output 0 of SameBackward is a view and is being modified inplace.');
    expect(() => Part.apply(x).mul_(2)).toThrow(
      'This behavior is forbidden. You can fix this by cloning the output of the custom Function.',
    );
    expect(torch.no_grad(() => Same.apply(x)).requires_grad).toBe(false);
  });

  it('checks the gradients, in PyTorch’s words', () => {
    const x = leaf([1, 2, 3]);
    const run =
      (backward: (ctx: Ctx, g: Tensor) => unknown, ...args: unknown[]) =>
      () =>
        withBackward(backward)
          .apply(...args)
          .sum()
          .backward();
    expect(run((_, g) => [g, g], x)).toThrow(
      'function FBackward returned an incorrect number of gradients (expected 1, got 2)',
    );
    expect(run((_, g) => [g], x, x)).toThrow(
      'function FBackward returned an incorrect number of gradients (expected 2, got 1)',
    );
    expect(run((_, g) => [g, g], x, 3)).toThrow(
      'function FBackward returned a gradient different than None at position 2, but the corresponding forward input was not a Variable',
    );
    expect(run(() => 3, x)).toThrow('expected Tensor or null (got number)');
    expect(run((_, g) => g.narrow(0, 0, 2), x)).toThrow(
      'Function FBackward returned an invalid gradient at index 0 - got [2] but expected shape compatible with [3]',
    );
    expect(run((_, g) => [g, null, null], x)).not.toThrow();
    x.grad = null;
    run((_, g) => g.expand(2, 3).float(), x)();
    expect([x.grad as unknown as Tensor].map((g) => [g.dtype, g.tolist()])).toEqual([['float64', [2, 2, 2]]]);
    x.grad = null;
    run(() => null, x)();
    run(() => undefined, x)();
    expect(x.grad).toBeNull();
  });

  it('apply without its class, as Python would pass it, says how to pass it', () => {
    class Same extends autograd.Function {
      static forward(_ctx: Ctx, x: Tensor): Tensor {
        return x.mul(1);
      }
    }
    const apply = Same.apply as unknown as (x: Tensor) => Tensor;
    expect(() => apply(torch.ones(1))).toThrow(torch.TorchletError);
    expect(() => apply(torch.ones(1))).toThrow('apply() has lost its class: pass (x) => Exp.apply(x), not Exp.apply');
  });

  it('says what is missing, and what ctx does not take', () => {
    class Empty extends autograd.Function {}
    class Forward extends autograd.Function {
      static forward(_ctx: Ctx, x: Tensor): Tensor {
        return x.mul(1);
      }
    }
    class Each extends autograd.Function {
      static forward(_ctx: Ctx, x: Tensor): Tensor {
        return x.mul(1);
      }
      static backward(_ctx: Ctx, g: Tensor): Tensor {
        return g;
      }
      static vjp(_ctx: Ctx, g: Tensor): Tensor {
        return g;
      }
    }
    const x = leaf([1]);
    expect(() => (Empty as unknown as typeof Forward).apply(x)).toThrow(
      'You must implement the forward function for custom autograd.Function.',
    );
    expect(() => Forward.apply(x).backward()).toThrow('You must implement either the backward or vjp method');
    expect(() => Each.apply(x).backward()).toThrow(
      "Implementing both 'backward' and 'vjp' for a custom Function is not allowed.",
    );
    const bad = (use: (ctx: Ctx) => void) => () => {
      class Bad extends autograd.Function {
        static forward(ctx: Ctx, t: Tensor): Tensor {
          use(ctx);
          return t.mul(1);
        }
      }
      Bad.apply(x);
    };
    const three = 3 as unknown as Tensor;
    expect(bad((ctx) => ctx.save_for_backward(three))).toThrow(
      'save_for_backward can only save Tensors, but argument 0 is of type number',
    );
    expect(bad((ctx) => ctx.mark_dirty(three))).toThrow(
      'mark_dirty can only accept Tensors, but argument 0 is of type number',
    );
    expect(bad((ctx) => ctx.mark_non_differentiable(three))).toThrow('mark_non_differentiable can only accept Tensors');
    expect(bad((ctx) => ctx.set_materialize_grads(1 as unknown as boolean))).toThrow(
      "argument 'value' must be bool, got 1",
    );
  });

  it('saved tensors: freed with the graph, and checked for in-place changes', () => {
    class Square extends autograd.Function {
      static forward(ctx: Ctx, x: Tensor): Tensor {
        ctx.save_for_backward(x);
        return x.mul(x);
      }
      static backward(ctx: Ctx, g: Tensor): Tensor {
        return g.mul(ctx.saved_tensors[0]).mul(2);
      }
    }
    const y = Square.apply(leaf([1, 2]));
    y.sum().backward();
    expect(() => y.sum().backward()).toThrow('Trying to backward through the graph a second time');
    const a = leaf([1, 2]).mul(1);
    const b = Square.apply(a);
    a.add_(1);
    expect(() => b.sum().backward()).toThrow('has been modified by an inplace operation');
  });

  it('once_differentiable: the second derivative is an error', () => {
    class Square extends autograd.Function {
      static forward(ctx: Ctx, x: Tensor): Tensor {
        ctx.save_for_backward(x);
        return x.mul(x);
      }
      static backward = autograd.once_differentiable((ctx: Ctx, g: Tensor) => g.mul(ctx.saved_tensors[0]).mul(2));
    }
    const x = leaf([1, 2]);
    Square.apply(x).sum().backward();
    expect(x.grad?.tolist()).toEqual([2, 4]);
    const [g] = autograd.grad(Square.apply(x).mul(x).sum(), x, { create_graph: true });
    expect(() => (g as Tensor).sum().backward()).toThrow(
      'trying to differentiate twice a function that was marked with @once_differentiable',
    );
  });
});
