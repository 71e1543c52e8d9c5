/** Long chains, shared graphs, backward within backward, flat memory. */
import { describe, expect, it } from 'vitest';
import * as torch from '../../src/index.js';

describe('large graphs', () => {
  it('a chain of 100,000 operations', () => {
    const x = torch.tensor([1, 2], { requires_grad: true });
    let y = x;
    for (let i = 0; i < 100_000; i++) y = y.add(1);
    y.sum().backward();
    expect(x.grad?.tolist()).toEqual([1, 1]);
    expect(y.tolist()).toEqual([100_001, 100_002]);
  });

  it('a chain of 100,000 operations, through autograd.grad to its middle', () => {
    const x = torch.tensor([1], { requires_grad: true });
    let y = x;
    let middle = x;
    for (let i = 0; i < 100_000; i++) {
      y = y.mul(1);
      if (i === 50_000) middle = y;
    }
    const [g] = torch.autograd.grad(y, middle, torch.tensor([3]));
    expect(g?.tolist()).toEqual([3]);
  });

  it('2^40 paths are visited once each node', () => {
    const x = torch.tensor(1, { dtype: 'float64', requires_grad: true });
    let y = x;
    for (let i = 0; i < 40; i++) y = y.add(y);
    y.backward();
    expect(x.grad?.item()).toBe(2 ** 40);
    const z = torch.tensor(1, { dtype: 'float64', requires_grad: true });
    let w = z;
    for (let i = 0; i < 40; i++) w = w.mul(w);
    const [g] = torch.autograd.grad(w, z, null, { create_graph: true }) as [torch.Tensor];
    const [second] = torch.autograd.grad(g, z);
    // z^(2^40) at z = 1
    expect(g.item()).toBe(2 ** 40);
    expect(Number(second?.item()) / (2 ** 40 * (2 ** 40 - 1))).toBeCloseTo(1, 12);
  });

  it('a tensor used a thousand times', () => {
    const x = torch.tensor([2], { requires_grad: true });
    const y = x.mul(3);
    torch
      .stack(Array.from({ length: 1000 }, () => y))
      .sum()
      .backward();
    expect(x.grad?.tolist()).toEqual([3000]);
  });
});

describe('backward within backward', () => {
  it('an inner run over the very nodes that are running', () => {
    const x = torch.tensor([1, 2], { requires_grad: true });
    const y = x.mul(x);
    const z = y.mul(3);
    const inner: unknown[] = [];
    let depth = 0;
    y.grad_fn?.register_prehook(() => {
      if (depth === 3) return;
      depth++;
      const [g] = torch.autograd.grad(z, x, torch.ones(2), { retain_graph: true });
      inner.push(g?.tolist());
    });
    z.sum().backward();
    expect(inner).toEqual([
      [6, 12],
      [6, 12],
      [6, 12],
    ]);
    expect(x.grad?.tolist()).toEqual([6, 12]);
  });

  it('two runs that share nodes, one inside of the other', () => {
    const x = torch.tensor([1, 2], { requires_grad: true });
    const shared = x.mul(x);
    const [a, b] = [shared.mul(2), shared.mul(5)];
    let inner: unknown = null;
    a.grad_fn?.register_prehook(() => {
      const [g] = torch.autograd.grad(b, x, torch.ones(2), { retain_graph: true });
      inner = g?.tolist();
    });
    a.add(b).sum().backward();
    expect(inner).toEqual([10, 20]);
    expect(x.grad?.tolist()).toEqual([14, 28]);
  });

  it('an inner backward fills .grad of its own leaves', () => {
    const [x, w] = [torch.tensor([1, 2], { requires_grad: true }), torch.tensor([3], { requires_grad: true })];
    const y = x.mul(2);
    y.grad_fn?.register_prehook((grads) => {
      // a backward pass records nothing unless asked to
      torch.enable_grad(() => w.mul(4).sum()).backward();
      return [(grads[0] as torch.Tensor).mul(w.grad as torch.Tensor)];
    });
    y.sum().backward();
    expect([x.grad?.tolist(), w.grad?.tolist()]).toEqual([[8, 8], [4]]);
  });
});

describe('memory', () => {
  it('10,000 small training steps keep the heap flat', async () => {
    const w = torch.full([4, 4], 0.1, { requires_grad: true });
    const x = torch.full([2, 4], 0.5);
    const steps = (n: number): void => {
      for (let i = 0; i < n; i++) {
        x.matmul(w).tanh().mul(2).sum().backward();
        torch.no_grad(() => w.sub_((w.grad as torch.Tensor).mul(1e-4)));
        w.grad = null;
      }
    };
    const used = async (): Promise<number> => {
      await new Promise((resolve) => setTimeout(resolve, 5));
      return process.memoryUsage().heapUsed + process.memoryUsage().external;
    };
    steps(1000);
    let least = Number.POSITIVE_INFINITY;
    const before = await used();
    for (let i = 0; i < 10; i++) {
      steps(1000);
      least = Math.min(least, (await used()) - before);
    }
    // a leak of one graph per step would be some 30 MB
    expect(least).toBeLessThan(10e6);
  });
});
