/**
 * A tensor that a user holds never changes under their hands: whatever can be held on to during forward and backward passes
 * is, the memory of everything else is written over, and then nothing held has changed.
 */
import { describe, expect, it } from 'vitest';
import * as torch from '../../src/index.js';
import { checkpoint } from '../../src/internal.js';
import { Holder, leaf, network, parameters, pressure, traced, weightsFor } from './holding.js';

const F = torch.functional;

const gradsOf = (tensors: readonly torch.Tensor[]): (torch.Tensor | null)[] => tensors.map((t) => t.grad);

/** Runs a scenario a few times under pressure; everything that it held must be as it was. */
function scenario(name: string, run: (hold: Holder, round: number) => void): void {
  it(name, () => {
    const holder = new Holder();
    for (let round = 0; round < 4; round++) {
      run(holder, round);
      pressure();
      holder.check();
    }
    expect(holder.count).toBeGreaterThan(0);
  });
}

describe('a tensor that somebody holds never changes', () => {
  scenario('results, and gradients of leaves', (holder, round) => {
    const inputs = parameters(round);
    const y = network(inputs, (what, t) => holder.hold(what, t));
    y.mul(weightsFor(y)).sum().backward();
    holder.hold('grads', gradsOf(inputs));
    holder.hold('parameters', inputs);
  });

  scenario('what autograd.grad returns, of leaves and of what lies between', (holder, round) => {
    const inputs = parameters(round);
    const { y, seen } = traced(inputs);
    const wanted = [...inputs, ...seen];
    holder.hold('gradients', torch.autograd.grad(y, wanted, weightsFor(y), { retain_graph: true, allow_unused: true }));
    holder.hold('again', torch.autograd.grad(y, wanted, weightsFor(y), { allow_unused: true }));
  });

  scenario('what tensor hooks see and return', (holder, round) => {
    const inputs = parameters(round);
    const { y, seen } = traced(inputs);
    [...inputs, ...seen].forEach((t, i) => {
      t.register_hook((g) => {
        holder.hold(`seen ${i}`, g);
        // nothing, the same, or another
        return i % 3 === 0 ? undefined : i % 3 === 1 ? g : holder.hold(`returned ${i}`, g.mul(0.5));
      });
    });
    y.backward(weightsFor(y));
    holder.hold('grads', gradsOf(inputs));
  });

  scenario('what hooks of nodes see and return', (holder, round) => {
    const inputs = parameters(round);
    const { y, seen } = traced(inputs);
    seen.forEach((t, i) => {
      t.grad_fn?.register_prehook((grads) => {
        holder.hold(`before ${i}`, [...grads]);
      });
      t.grad_fn?.register_hook((results, grads) => {
        holder.hold(`after ${i}`, [...results, ...grads]);
      });
    });
    y.backward(weightsFor(y));
  });

  scenario('what a custom function sees, saves and returns', (holder, round) => {
    class Twice extends torch.autograd.Function {
      static forward(ctx: torch.autograd.FunctionCtx, x: torch.Tensor): torch.Tensor {
        ctx.save_for_backward(holder.hold('input', x));
        return holder.hold('output', x.mul(2));
      }
      static backward(ctx: torch.autograd.FunctionCtx, g: torch.Tensor): torch.Tensor {
        holder.hold('saved', ctx.saved_tensors);
        holder.hold('gradient in', g);
        return round % 2 === 0 ? g : holder.hold('gradient out', g.mul(2).contiguous());
      }
    }
    const x = leaf(round, 16, 32);
    const y = Twice.apply(Twice.apply(x.mul(3)).tanh().add(1)) as torch.Tensor;
    y.mul(y).sum().backward();
    holder.hold('grad', x.grad);
  });

  scenario('what hooks on saved tensors pack and unpack', (holder, round) => {
    const inputs = parameters(round);
    const y = torch.autograd.graph.saved_tensors_hooks(
      (t: torch.Tensor) => holder.hold('packed', t.clone()),
      (t: torch.Tensor) => holder.hold('unpacked', t.mul(1)),
      () => network(inputs),
    );
    y.backward(weightsFor(y));
    holder.hold('grads', gradsOf(inputs));
  });

  scenario('retained gradients', (holder, round) => {
    const inputs = parameters(round);
    const { y, seen } = traced(inputs);
    for (const t of seen) t.retain_grad();
    y.backward(weightsFor(y));
    holder.hold('retained', gradsOf(seen));
  });

  scenario('a recorded backward pass', (holder, round) => {
    const [x, w] = [leaf(round, 16, 32), leaf(round + 9, 32, 32)];
    const y = holder.hold('y', x.matmul(w).tanh().mul(x).sigmoid());
    const first = torch.autograd.grad(y.sum(), [x, w], null, { create_graph: true }) as torch.Tensor[];
    const [gx, gw] = holder.hold('first', first);
    const z = holder.hold('z', gx.mul(gx).sum().add(gw.pow(2).sum()));
    holder.hold('second', torch.autograd.grad(z, [x, w], null, { retain_graph: true }));
    z.backward();
    holder.hold('grads', [x.grad, w.grad]);
  });

  scenario('the gradient that the user passes in', (holder, round) => {
    const [x, y] = [leaf(round, 16, 32), leaf(round + 1, 16, 32)];
    const g = holder.hold('passed in', leaf(round + 2, 16, 32).detach());
    const sum = x.add(y);
    sum.backward(g, { retain_graph: true });
    expect([x.grad, y.grad].every((t) => t !== null && t !== g)).toBe(true);
    x.grad?.mul_(0);
    holder.check();
    expect(y.grad?.equal(g)).toBe(true);
    sum.backward(g);
    x.view(-1).backward(holder.hold('flat', g.reshape(-1)));
    holder.hold('grads', [x.grad, y.grad]);
  });

  scenario('gradients that a node passes on unchanged, to several at once', (holder, round) => {
    const [x, y, z] = [leaf(round, 16, 32), leaf(round + 1, 16, 32), leaf(round + 2, 16, 32)];
    const out = x.add(y).add(z).sub(x.neg()).reshape(-1).view(32, 16).t().transpose(0, 1).contiguous();
    out.mul(weightsFor(out)).sum().backward();
    holder.hold('grads', [x.grad, z.grad]);
    // no two share memory
    y.grad?.zero_();
    holder.check();
    expect(z.grad?.abs().sum().item()).toBeGreaterThan(0);
    expect(
      x.grad
        ?.sub(z.grad?.mul(2) as torch.Tensor)
        .abs()
        .max()
        .item(),
    ).toBe(0);
  });

  scenario('views of gradients', (holder, round) => {
    const x = leaf(round, 16, 32);
    x.register_hook((g) => {
      holder.hold('views', [g.narrow(0, 3, 5), g.t(), g.reshape(-1), g.select(1, 2), g.detach(), g.data]);
    });
    x.narrow(0, 1, 14).expand(3, 14, 32).reshape(-1).tanh().sum().backward();
    const grad = x.grad as torch.Tensor;
    holder.hold('views of grad', [grad.narrow(0, 3, 5), grad.t(), grad.view(-1), grad.as_strided([4], [3], 5)]);
    x.grad = null;
  });

  scenario('while gradients gather in a leaf', (holder, round) => {
    const x = leaf(round, 16, 32);
    const seen: torch.Tensor[] = [];
    x.register_hook((g) => void seen.push(holder.hold('one of several', g)));
    for (let i = 0; i < 3; i++)
      x.mul(i + 1)
        .tanh()
        .sum()
        .backward();
    expect(seen).toHaveLength(3);
    const sum = seen[0].add(seen[1]).add(seen[2]);
    expect(
      sum
        .sub(x.grad as torch.Tensor)
        .abs()
        .max()
        .item(),
    ).toBeLessThan(1e-6);
    holder.hold('their sum', x.grad);
  });

  scenario('when a part is computed again', (holder, round) => {
    const [x, w] = [leaf(round, 16, 32), leaf(round + 1, 32, 32)];
    const part = (t: torch.Tensor): torch.Tensor => holder.hold('inside', holder.hold('product', t.matmul(w)).tanh());
    for (const use_reentrant of [true, false]) {
      const y = checkpoint(part, x.mul(2), { use_reentrant });
      holder.hold('outside', y);
      y.mul(y).sum().backward();
      holder.hold('grads', [x.grad, w.grad]);
      x.grad = w.grad = null;
    }
  });

  scenario('around in-place operations, on views too', (holder, round) => {
    const x = leaf(round, 16, 32);
    const w = leaf(round + 1, 8, 32);
    const y = x.mul(2);
    const view = y.narrow(0, 4, 8);
    view.mul_(w);
    holder.hold('old', [x, w]);
    y.select(1, 3).add_(1);
    y.t().tanh_();
    holder.hold('changed', [y, view]);
    y.register_hook((g) => void holder.hold('seen', g));
    view.register_hook((g) => void holder.hold('seen by the view', g));
    y.mul(y).sum().backward();
    holder.hold('grads', [x.grad, w.grad]);
  });

  scenario('sparse gradients', (holder, round) => {
    const w = leaf(round, 40, 20);
    const index = torch.arange(60).remainder(37).to('int64');
    w.register_hook((g) => void holder.hold('seen', g));
    const y = F.embedding(index, w, { sparse: true });
    y.mul(y).sum().backward({ retain_graph: true });
    holder.hold('grad', w.grad);
    holder.hold('coalesced', w.grad?.coalesce());
    const [g] = torch.autograd.grad(y.sum(), [w], null);
    holder.hold('another', g);
    const dense = leaf(round, 40, 20);
    const z = F.embedding(index, dense);
    z.mul(z).sum().backward();
    expect(
      w.grad
        ?.to_dense()
        .sub(dense.grad as torch.Tensor)
        .abs()
        .max()
        .item(),
    ).toBeLessThan(1e-6);
  });

  scenario('results of which some take no part', (holder, round) => {
    const x = leaf(round, 16, 32);
    const [values, indices] = x.sort(1);
    holder.hold('sorted', [values, indices]);
    const [top] = values.mul(2).topk(20, 1);
    const parts = x.unbind(0);
    holder.hold('parts', parts);
    top.sum().add(parts[3].mul(parts[5]).sum()).backward();
    holder.hold('grad', x.grad);
  });

  scenario('with hooks that run backward passes of their own', (holder, round) => {
    const [x, w] = [leaf(round, 16, 32), leaf(round + 1, 16, 32)];
    const y = x.mul(2).tanh();
    y.register_hook((g) => {
      const z = torch.enable_grad(() => w.mul(g).tanh().mul(w).sum());
      holder.hold('inner', torch.autograd.grad(z, [w]));
      holder.hold('seen', g);
    });
    y.mul(w).sigmoid().sum().backward();
    holder.hold('grads', [x.grad, w.grad]);
  });

  scenario('after a hook has thrown', (holder, round) => {
    const [x, w] = [leaf(round, 16, 32), leaf(round + 1, 16, 32)];
    const a = holder.hold('a', x.mul(w).tanh());
    const b = holder.hold('b', a.mul(w).exp());
    const handle = a.register_hook((g) => {
      holder.hold('seen', g);
      throw new Error('not now');
    });
    expect(() => b.sum().backward({ retain_graph: true })).toThrow('not now');
    handle.remove();
    pressure();
    holder.check();
    b.sum().backward();
    const want = torch.autograd.grad(x.mul(w).tanh().mul(w).exp().sum(), [x], null, { create_graph: true });
    expect(x.grad?.equal(want[0] as torch.Tensor)).toBe(true);
  });

  scenario('hooks after a gradient has come in, of one leaf and of several', (holder, round) => {
    const [x, w] = [leaf(round, 16, 32), leaf(round + 1, 16, 32)];
    x.register_post_accumulate_grad_hook((p) => {
      holder.hold('accumulated', p.grad);
      p.grad = null;
    });
    torch.autograd.graph.register_multi_grad_hook([x, w], (grads) => {
      holder.hold('both', grads);
    });
    x.mul(w).tanh().add(x).sum().backward();
    expect(x.grad).toBeNull();
    holder.hold('grad', w.grad);
  });

  scenario('backward to chosen inputs, and anomaly detection', (holder, round) => {
    const inputs = parameters(round);
    const { y, seen } = traced(inputs);
    y.backward(weightsFor(y), { inputs: [inputs[1], seen[0], seen[4]], retain_graph: true });
    holder.hold('grads', gradsOf([inputs[1], seen[0], seen[4]]));
    // .grad grows in place, as in PyTorch
    for (const t of [...inputs, ...seen]) t.grad = null;
    torch.autograd.detect_anomaly(() => y.backward(weightsFor(y)));
    holder.hold('more', gradsOf(inputs));
  });

  it('when only views of it are held, and the collector runs', () => {
    const holder = new Holder();
    for (let i = 0; i < 30; i++) {
      const x = leaf(i, 64, 64);
      holder.hold('view', [x.detach().narrow(0, 5, 7), x.data.t(), x.detach().reshape(-1).select(0, 4000).reshape(1)]);
      const y = x.tanh();
      y.sum().backward();
      holder.hold('view of a gradient', (x.grad as torch.Tensor).select(0, 3));
      holder.hold('view of a result', y.detach().narrow(1, 3, 4));
    }
    // more than the memory that garbage may take
    for (let i = 0; i < 400; i++) torch.full([1 << 18], Number.NaN);
    pressure();
    holder.check();
  });
});
