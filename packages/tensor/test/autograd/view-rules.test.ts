/** What may be done to views, against tools/pytorch-golden/autograd_views.py, where the same programs stand. */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import * as torch from '../../src/index.js';

type Plain = number | string | boolean | null;
type Entry = Plain | { error: string } | { shape: number[]; values: number[] };

const fixture = JSON.parse(readFileSync(new URL('../fixtures/autograd-views.json', import.meta.url), 'utf8')) as {
  programs: Record<string, Entry[]>;
};

function leaf(shape: readonly number[] = [2, 3]): torch.Tensor {
  const n = shape.reduce((a, b) => a * b, 1);
  return torch.arange(n, { dtype: 'float64' }).div(4).sub(0.5).reshape(shape).clone().requires_grad_();
}

const pack = (x: torch.Tensor | null): Entry =>
  x === null ? null : { shape: x.shape.slice(), values: x.detach().reshape(-1).tolist() as number[] };
const gradient = (y: torch.Tensor, x: torch.Tensor): Entry =>
  pack(torch.autograd.grad(y, x, { retain_graph: true })[0]);

function attempt(f: () => torch.Tensor): Entry {
  try {
    return pack(f());
  } catch (error) {
    return { error: (error as Error).message };
  }
}

function parts(make: (y: torch.Tensor) => torch.Tensor[]): Entry[] {
  const x = leaf();
  const y = x.mul(2);
  const part = make(y)[0];
  const out: Entry[] = [
    part.grad_fn?.name() ?? null,
    attempt(() => part.mul_(3)),
    attempt(() => part.view(-1).mul_(3)),
    gradient(part.mul(part).sum(), x),
  ];
  y.mul_(2);
  out.push(
    attempt(() => part.sum()),
    part.requires_grad,
  );
  torch.no_grad(() => out.push(pack(make(y)[0].zero_())));
  return out;
}

const PROGRAMS: Readonly<Record<string, () => Entry[]>> = {
  unbind: () => parts((y) => y.unbind(0)),
  split: () => parts((y) => y.split(1)),
  'split with sizes': () => parts((y) => y.split([1, 1])),
  chunk: () => parts((y) => y.chunk(2, 1)),

  'a view without a graph'() {
    const x = leaf();
    const [view, row] = torch.no_grad(() => [x.view(-1), x.mul(1).select(0, 0)]);
    const out: Entry[] = [
      view.requires_grad,
      view.is_leaf,
      view.grad_fn === null,
      view.select(0, 0).toString(),
      row.requires_grad,
    ];
    const seen: torch.Tensor[] = [];
    view.register_hook((g) => {
      seen.push(g);
    });
    const y = view.mul(2);
    out.push(y.requires_grad, gradient(y.mul(x.view(-1)).sum(), x), seen.length);
    torch.no_grad(() => x.mul_(2));
    return [...out, attempt(() => view.sum())];
  },

  'a leaf that is a view'() {
    const x = torch.zeros(6, { dtype: 'float64' }).view(2, 3).requires_grad_();
    const buffer = torch.zeros(6, { dtype: 'float64' });
    const row = torch.no_grad(() => buffer.narrow(0, 0, 2));
    return [attempt(() => x.add_(1)), attempt(() => x.view(-1).add_(1)), attempt(() => row.add_(leaf([2])))];
  },

  'a result is no view'() {
    const x = leaf();
    return [x.max(1)[0], x.matmul(x.t()), x.mean(0)].flatMap((y) => {
      const z = y.reshape(-1);
      z.sigmoid_();
      return [y._base === null, gradient(z.sum(), x)];
    });
  },

  'a leaf that wants no gradient any more'() {
    const [x, y] = [leaf(), leaf()];
    const z = x.mul(y).sum();
    x.requires_grad_(false);
    z.backward();
    return [x.grad === null, pack(y.grad)];
  },

  expanded() {
    const x = leaf([3]);
    const b = torch.zeros(3, { dtype: 'float64' });
    const windows = x.unfold(0, 2, 1).as_strided([2, 2], [1, 1], 0);
    return [
      gradient(x.expand(2, 3).as_strided([3], [1]).sum(), x),
      gradient(windows.narrow(0, 0, 1).mul(2).sum(), x),
      pack(b.expand(2, 3).fill_(2)),
      pack(b),
      pack(b.expand(2, 3).zero_()),
      attempt(() => b.expand(2, 3).add_(1)),
    ];
  },

  turned() {
    const x = leaf();
    const row = x.mul(2).select(0, 0);
    torch.no_grad(() => row.unsqueeze_(0));
    const y = x.mul(2);
    y.retain_grad();
    y.unsqueeze_(0);
    y.mul(y).sum().backward();
    return [gradient(row.mul(row).sum(), x), pack((y.grad as torch.Tensor).reshape(-1)), pack(x.grad)];
  },
};

/** Our messages begin with the operation's name, and go on where PyTorch's end. */
function expectLike(actual: Entry, expected: Entry): void {
  if (typeof expected === 'object' && expected !== null && 'error' in expected) {
    expect(actual).toHaveProperty('error', expect.stringContaining(expected.error));
  } else if (typeof expected === 'object' && expected !== null) {
    expect(actual).toHaveProperty('shape', expected.shape);
    const { values } = actual as { values: number[] };
    values.forEach((v, i) => {
      expect(v).toBeCloseTo(expected.values[i], 12);
    });
  } else expect(actual).toBe(expected);
}

describe('views, as PyTorch has them', () => {
  it.each(Object.keys(fixture.programs))('%s', (name) => {
    const actual = PROGRAMS[name]();
    const expected = fixture.programs[name];
    expect(actual.length).toBe(expected.length);
    actual.forEach((entry, i) => {
      expectLike(entry, expected[i]);
    });
  });

  it('a view whose node is lost prints so', () => {
    const y = leaf().mul(2);
    const [first] = y.unbind(0);
    y.mul_(2);
    expect(first.toString()).toBe('tensor([-2., -1.,  0.], dtype=torch.float64, grad_fn=<Invalid>)');
  });
});
