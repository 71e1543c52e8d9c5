/** autograd.Function and the engine: nobody's memory is lent, and failures do no harm. */
import { describe, expect, it } from 'vitest';
import * as torch from '../../src/index.js';

const { autograd } = torch;
type Tensor = torch.Tensor;
type Ctx = torch.autograd.FunctionCtx;

const f64 = { dtype: 'float64' } as const;
const leaf = (data: number[]): Tensor => torch.tensor(data, { ...f64, requires_grad: true });

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

describe('autograd.Function within the engine', () => {
  it('never lends the engine its memory', () => {
    const kept = torch.tensor([5, 5], f64);
    const seen: Tensor[] = [];
    const F = withBackward((_, g) => {
      seen.push(g);
      return kept;
    });
    const x = leaf([1, 2]);
    const a = F.apply(x);
    a.add(F.apply(x)).add(x.mul(10)).sum().backward();
    expect(x.grad?.tolist()).toEqual([20, 20]);
    x.mul(3).sum().backward();
    (x.grad as Tensor).add_(1);
    expect(kept.tolist()).toEqual([5, 5]);
    expect(seen.map((g) => g.tolist())).toEqual([
      [1, 1],
      [1, 1],
    ]);
    // made in backward, and kept
    const made: Tensor[] = [];
    const G = withBackward((_, g) => {
      made.push(g.mul(4), g);
      return made[0];
    });
    const y = leaf([1, 2]);
    G.apply(y.add(0)).sum().backward();
    (y.grad as Tensor).mul_(0);
    expect(made.map((g) => g.tolist())).toEqual([
      [4, 4],
      [1, 1],
    ]);
    // through an in-place change of a view
    class Inplace extends autograd.Function {
      static forward(ctx: Ctx, t: Tensor, other: Tensor): Tensor {
        ctx.mark_dirty(t);
        return t.add_(other);
      }
      static backward(_ctx: Ctx, g: Tensor): Tensor[] {
        return [g, kept];
      }
    }
    const z = leaf([1, 1]);
    const base = torch.zeros(4, f64).add(leaf([0, 0, 0, 0]));
    Inplace.apply(base.narrow(0, 0, 2), z);
    base.sum().backward();
    (z.grad as Tensor).mul_(0);
    expect(kept.tolist()).toEqual([5, 5]);
  });

  it('may run a backward of its own, and fail without harm', () => {
    let fail = false;
    const F = withBackward((_, g) => {
      if (fail) throw new Error('mine');
      return torch.enable_grad(() => {
        const t = leaf([1, 2]);
        t.mul(t).sum().backward();
        return g.mul(t.grad as Tensor);
      });
    });
    const x = leaf([1, 2]);
    const loss = F.apply(x.mul(1)).sum();
    fail = true;
    expect(() => loss.backward({ retain_graph: true })).toThrow('mine');
    fail = false;
    loss.backward();
    expect(x.grad?.tolist()).toEqual([2, 4]);
  });
});
