/**
 * Two nodes that run together give the gradients that they give one after the other, and run together only where nobody can tell.
 * PyTorch has no such rules, so its numbers are those of the two nodes.
 */
import { afterEach, beforeEach, describe, expect, it, type MockInstance, vi } from 'vitest';
import { cpuBackend } from '../../src/backend/cpu/cpu-backend.js';
import * as torch from '../../src/index.js';

const F = torch.functional;
type Tensor = torch.Tensor;

/** Elements that the backward kernel of relu has seen in each of its calls. */
let seen: number[] = [];
let spy: MockInstance;
beforeEach(() => {
  seen = [];
  const { elementwise } = cpuBackend;
  spy = vi.spyOn(cpuBackend, 'elementwise').mockImplementation((op, inputs, out, ...rest) => {
    if (op === 'relu_backward') seen.push(out.shape.reduce((a, b) => a * b, 1));
    elementwise(op, inputs, out, ...rest);
  });
});
afterEach(() => spy.mockRestore());

const POOLED = 2 * 3 * 8 * 8;
const WHOLE = 4 * POOLED;

function image(): Tensor {
  torch.manual_seed(3);
  return torch.randn(2, 3, 16, 16).requires_grad_();
}

const weights = torch.arange(POOLED).div(100).sub(1).reshape(2, 3, 8, 8);

/** The gradient of `image`, worked out one node at a time, by hooks that see everything. */
function expected(pool: (x: Tensor) => Tensor = (x) => F.max_pool2d(x, 2)): number[] {
  const x = image();
  const y = x.relu();
  y.register_hook(() => undefined);
  pool(y).mul(weights).sum().backward();
  seen = [];
  return [...(x.grad as Tensor).toArray()];
}

const gradient = (x: Tensor): number[] => [...(x.grad as Tensor).toArray()];

describe('max_pool2d after relu', () => {
  it('is one with it on the way back', () => {
    const want = expected();
    const x = image();
    F.max_pool2d(x.relu(), 2).mul(weights).sum().backward();
    expect(seen).toEqual([POOLED]);
    expect(gradient(x)).toEqual(want);
    expect(want.filter((g) => g !== 0).length).toBeGreaterThan(POOLED / 2);
  });

  it.each([
    ['windows that overlap', (x: Tensor) => F.max_pool2d(x, 3, 2, 1)],
    ['ties', (x: Tensor) => F.max_pool2d(x.mul(2).round().div(2).relu(), 2)],
    ['NaN', (x: Tensor) => F.max_pool2d(x.where(x.lt(1), torch.tensor(Number.NaN)).relu(), 2)],
    ['relu in place', (x: Tensor) => F.max_pool2d(x.mul(1).relu_(), 2)],
  ])('also with %s', (_, pool) => {
    const want = expected(pool);
    const x = image();
    pool(x.relu()).mul(weights).sum().backward();
    expect(seen).toContain(POOLED);
    expect(gradient(x)).toEqual(want);
  });

  it('is two nodes where something else uses the result of relu', () => {
    const x = image();
    const y = x.relu();
    F.max_pool2d(y, 2).mul(weights).sum().add(y.sum()).backward();
    expect(seen).toEqual([WHOLE]);
    const want = expected();
    const positive = [...x.detach().toArray()].map((v) => Number(v > 0));
    expect(gradient(x)).toEqual(want.map((g, i) => Math.fround(g + 1) * positive[i]));
  });

  it('is two nodes where somebody sees the gradient in between', () => {
    const watchers: ((y: Tensor, loss: Tensor) => unknown)[] = [
      (y) => y.retain_grad(),
      (y) => y.register_hook(() => undefined),
      (y) => (y.grad_fn as torch.autograd.Node).register_hook(() => undefined),
    ];
    const want = expected();
    for (const watch of watchers) {
      const x = image();
      const y = x.relu();
      const loss = F.max_pool2d(y, 2).mul(weights).sum();
      watch(y, loss);
      loss.backward();
      expect(gradient(x)).toEqual(want);
    }
    expect(seen).toEqual([WHOLE, WHOLE, WHOLE]);
  });

  it('gives the gradient in between to whoever asks for it', () => {
    const x = image();
    const y = x.relu();
    const loss = F.max_pool2d(y, 2).mul(weights).sum();
    const [dy] = torch.autograd.grad(loss, [y], { retain_graph: true }) as [Tensor];
    expect(seen).toEqual([]);
    const both = torch.autograd.grad(loss, [x, y], { retain_graph: true }) as [Tensor, Tensor];
    expect(seen).toEqual([WHOLE]);
    expect(both[1].toArray()).toEqual(dy.toArray());
    const [dx] = torch.autograd.grad(loss, [x]) as [Tensor];
    expect(seen).toEqual([WHOLE, POOLED]);
    expect([...dx.toArray()]).toEqual(expected());
  });

  it('runs again where the graph is retained, and not where it was freed', () => {
    const x = image();
    const loss = F.max_pool2d(x.relu(), 2).mul(weights).sum();
    loss.backward({ retain_graph: true });
    loss.backward();
    expect(seen).toEqual([POOLED, POOLED]);
    expect(gradient(x)).toEqual(expected().map((g) => 2 * g));
    expect(() => loss.backward()).toThrow('Trying to backward through the graph a second time');
  });

  it('is two nodes where the gradient is to be differentiated, where hooks keep what is saved, and in anomaly mode', () => {
    const want = expected();
    const x = image();
    const pooled = F.max_pool2d(x.relu(), 2).mul(weights).sum();
    const [dx] = torch.autograd.grad(pooled, [x], { create_graph: true }) as [Tensor];
    expect([...dx.toArray()]).toEqual(want);
    const y = image();
    const loss = torch.autograd.graph.saved_tensors_hooks(
      (t) => t,
      (t) => t,
      () => F.max_pool2d(y.relu(), 2).mul(weights).sum(),
    );
    loss.backward();
    const z = image();
    torch.autograd.detect_anomaly(() => F.max_pool2d(z.relu(), 2).mul(weights).sum().backward());
    expect(seen).toEqual([WHOLE, WHOLE, WHOLE]);
    expect([gradient(y), gradient(z)]).toEqual([want, want]);
  });

  it('is two nodes after the pooled values were changed in place', () => {
    const want = expected();
    const x = image();
    F.max_pool2d(x.relu(), 2).add_(1).mul(weights).sum().backward();
    expect(seen).toEqual([WHOLE]);
    expect(gradient(x)).toEqual(want);
  });

  it('is refused, as ever, after the result of relu was changed in place', () => {
    const y = image().relu();
    const loss = F.max_pool2d(y, 2).mul(weights).sum();
    y.add_(1);
    expect(() => loss.backward()).toThrow(/modified by an inplace operation.*ReluBackward0, is at version 1/);
  });
});
