/** A leaf's gradient gives its memory back when it is replaced, unless somebody may have seen it. */
import { residentUsage } from '@torchlet/kernels';
import { describe, expect, it } from 'vitest';
import * as torch from '../../src/index.js';
import { Holder, leaf, pressure } from './holding.js';

const BYTES = 4 * 512;
const backward = (x: torch.Tensor): void => x.mul(x).sum().backward();

/** How many bytes come back when the gradient is replaced. */
function comesBack(x: torch.Tensor, value: torch.Tensor | null = null): number {
  const before = residentUsage().held;
  x.grad = value;
  return before - residentUsage().held;
}

describe('an unseen gradient', () => {
  it('gives its memory back when it is forgotten', () => {
    const x = leaf(1, 16, 32);
    backward(x);
    expect(comesBack(x)).toBe(BYTES);
    expect(comesBack(x)).toBe(0);
  });

  it('gives its memory back when another one takes its place, which the user keeps', () => {
    const [x, holder] = [leaf(2, 16, 32), new Holder()];
    const own = holder.hold('the user’s', torch.randn(16, 32));
    backward(x);
    expect(comesBack(x, own)).toBe(BYTES);
    expect(comesBack(x)).toBe(0);
    pressure();
    holder.check();
  });

  it('gives its memory back after gradients were added to it', () => {
    const x = leaf(3, 16, 32);
    backward(x);
    backward(x);
    expect(comesBack(x)).toBe(BYTES);
  });

  it('is right again after that', () => {
    const x = leaf(4, 16, 32);
    for (let i = 0; i < 4; i++) {
      x.grad = null;
      pressure();
      backward(x);
    }
    expect(x.grad?.tolist()).toEqual(x.detach().mul(2).tolist());
  });

  it('may belong to a pass whose graph is kept, or to one of several leaves', () => {
    const [x, y] = [leaf(5, 16, 32), leaf(6, 16, 32)];
    const z = x.add(y).sum();
    z.backward({ retain_graph: true });
    expect(comesBack(x)).toBe(BYTES);
    expect(y.grad?.tolist()).toEqual(torch.ones(16, 32).tolist());
    z.backward();
    expect(y.grad?.tolist()).toEqual(torch.ones(16, 32).mul(2).tolist());
    expect(comesBack(y)).toBe(0);
  });
});

/** Every way to come to a gradient. */
const WAYS: Readonly<Record<string, (x: torch.Tensor) => torch.Tensor | null>> = {
  'read before': (x) => {
    backward(x);
    return x.grad;
  },
  'read, then added to': (x) => {
    backward(x);
    const { grad } = x;
    backward(x);
    return grad;
  },
  'of which a view is held': (x) => {
    backward(x);
    return (x.grad as torch.Tensor).t();
  },
  'seen by a hook of the leaf': (x) => {
    let seen: torch.Tensor | null = null;
    x.register_hook((grad) => {
      seen = grad;
    });
    backward(x);
    return seen;
  },
  'seen after it was accumulated': (x) => {
    let seen: torch.Tensor | null = null;
    x.register_post_accumulate_grad_hook((param) => {
      seen = param.grad;
    });
    backward(x);
    return seen;
  },
  'given by the user': (x) => {
    const grad = torch.randn(16, 32);
    x.add(0).backward(grad);
    return grad;
  },
  'set by the user': (x) => {
    x.grad = torch.randn(16, 32);
    return x.grad;
  },
  'recorded for a second derivative': (x) => {
    x.mul(x).mul(x).sum().backward({ create_graph: true });
    return x.grad;
  },
  'in the graph of another one': (x) => {
    backward(x);
    x.mul(x).mul(x).sum().backward({ create_graph: true });
    return x.grad;
  },
  'that another leaf shares': (x) => {
    const y = leaf(8, 16, 32);
    backward(x);
    y.grad = x.grad;
    return y.grad;
  },
};

describe('a gradient that somebody holds stays what it was:', () => {
  it.each(Object.entries(WAYS))('%s', (_, see) => {
    const [x, holder] = [leaf(7, 16, 32), new Holder()];
    expect(holder.hold('the gradient', see(x))).not.toBeNull();
    for (let i = 0; i < 3; i++) {
      x.grad = null;
      backward(x);
      pressure();
    }
    expect(holder.count).toBe(1);
    holder.check();
  });
});
