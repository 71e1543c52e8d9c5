/** A backward pass that a hook runs in the middle of another one, over nodes that both visit. */
import { describe, expect, it } from 'vitest';
import * as torch from '../../src/index.js';

type Tensor = torch.Tensor;

const flat = (t: Tensor): number[] => Array.from(t.toArray());

describe('a hook that runs a backward pass itself', () => {
  // w = z + y with y = 2x and z = 3y: when the hook of z runs, y has one of two gradients and x none
  const build = (): [Tensor, Tensor, Tensor] => {
    const x = torch.tensor([1, 2], { requires_grad: true });
    const y = x.mul(2);
    const z = y.mul(3);
    return [x, z, z.add(y).sum()];
  };

  it('leaves the pass that is under way over the same nodes as it was', () => {
    const [x, z, w] = build();
    const inner: number[][] = [];
    const handle = z.register_hook(() => {
      handle.remove();
      const [g] = torch.autograd.grad(w, x, { retain_graph: true });
      inner.push(flat(g as Tensor));
    });
    w.backward();
    expect(inner).toEqual([[8, 8]]);
    expect(flat(x.grad as Tensor)).toEqual([8, 8]);
  });

  it('leaves it as it was also when its own pass fails', () => {
    const [x, z, w] = build();
    let fails = true;
    z.register_hook(() => {
      if (!fails) return;
      fails = false;
      const handle = x.register_hook(() => {
        throw new Error('inner');
      });
      expect(() => w.backward({ retain_graph: true })).toThrow('inner');
      handle.remove();
    });
    w.backward();
    expect(flat(x.grad as Tensor)).toEqual([8, 8]);
  });
});
