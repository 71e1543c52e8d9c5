/** backward and grad: accumulation, memories, freed graphs, higher orders, captures. */
import { describe, expect, it } from 'vitest';
import * as torch from '../../src/index.js';

const leaf = (data: number | number[] | number[][]): torch.Tensor => torch.tensor(data, { requires_grad: true });
const list = (t: torch.Tensor | null): unknown => t?.tolist() ?? null;

const FREED =
  'Trying to backward through the graph a second time (or directly access saved tensors after they have already been ' +
  'freed). Saved intermediate values of the graph are freed when you call .backward() or autograd.grad(). Specify ' +
  'retain_graph=True if you need to backward through the graph a second time or if you need to access saved tensors ' +
  'after calling backward.';

describe('accumulation into .grad', () => {
  it('adds up over backward passes, and over uses of one leaf', () => {
    const x = leaf([1, 2]);
    x.mul(3).sum().backward();
    x.mul(x).add(x).sum().backward();
    expect(list(x.grad)).toEqual([6, 8]);
  });

  it('x.grad, y.grad and the given gradient are three memories', () => {
    const [x, y] = [leaf([1, 2]), leaf([3, 4])];
    const g = torch.tensor([10, 20]);
    x.add(y).backward(g);
    const [gx, gy] = [x.grad as torch.Tensor, y.grad as torch.Tensor];
    gx.add_(1);
    expect([list(gx), list(gy), list(g)]).toEqual([
      [11, 21],
      [10, 20],
      [10, 20],
    ]);
    gy.zero_();
    expect([list(gx), list(gy), list(g)]).toEqual([
      [11, 21],
      [0, 0],
      [10, 20],
    ]);
    g.fill_(-1);
    expect([list(gx), list(gy), list(g)]).toEqual([
      [11, 21],
      [0, 0],
      [-1, -1],
    ]);
  });

  it.each<[string, (x: torch.Tensor) => torch.Tensor, (g: torch.Tensor) => torch.Tensor]>([
    ['the leaf itself', (x) => x, (g) => g],
    ['a view', (x) => x.view(4), (g) => g.view(4)],
    ['a transpose', (x) => x.t(), (g) => g.t()],
    ['clone', (x) => x.clone(), (g) => g.clone()],
    ['add 0', (x) => x.add(0), (g) => g.clone()],
  ])('.grad never shares memory with what the user holds: %s', (_, forward, match) => {
    const x = leaf([
      [1, 2],
      [3, 4],
    ]);
    const g = match(
      torch.tensor([
        [5, 6],
        [7, 8],
      ]),
    );
    const before = list(g);
    forward(x).backward(g);
    expect(list(x.grad)).toEqual([
      [5, 6],
      [7, 8],
    ]);
    (x.grad as torch.Tensor).mul_(0);
    expect(list(g)).toEqual(before);
    forward(x).backward(g);
    g.fill_(9);
    expect(list(x.grad)).toEqual([
      [5, 6],
      [7, 8],
    ]);
  });

  it('accumulates in place into the .grad that is there', () => {
    const x = leaf([1, 2]);
    x.sum().backward();
    const first = x.grad as torch.Tensor;
    x.sum().backward();
    expect(x.grad === first).toBe(true);
    expect(list(first)).toEqual([2, 2]);
  });

  it('a gradient that a hook or a retained tensor holds is not changed by later accumulation', () => {
    const x = leaf([1, 2]);
    const y = x.mul(2);
    y.retain_grad();
    const z = y.add(y);
    z.retain_grad();
    z.sum().backward();
    (x.grad as torch.Tensor).add_(100);
    expect([list(y.grad), list(z.grad)]).toEqual([
      [2, 2],
      [1, 1],
    ]);
  });

  it('gradients go to leaves only, null elsewhere', () => {
    const x = leaf([1, 2]);
    const y = x.mul(2);
    const constant = torch.tensor([1, 1]);
    y.mul(constant).sum().backward();
    expect([y.grad, constant.grad]).toEqual([null, null]);
  });
});

describe('the graph is freed', () => {
  it('a second backward says so verbatim', () => {
    const y = leaf([1, 2]).exp().sum();
    y.backward();
    expect(() => y.backward()).toThrow(torch.AutogradError);
    expect(() => y.backward()).toThrow(FREED);
  });

  it('only where something was saved: a graph of sums can run again', () => {
    const x = leaf([1, 2]);
    const y = x.add(1).sum();
    y.backward();
    y.backward();
    expect(list(x.grad)).toEqual([2, 2]);
  });

  it('retain_graph keeps it', () => {
    const x = leaf([0, 1]);
    const y = x.mul(x).sum();
    y.backward(null, { retain_graph: true });
    y.backward();
    expect(list(x.grad)).toEqual([0, 4]);
    expect(() => y.backward()).toThrow(FREED);
  });

  it('a shared part is freed for the other root too', () => {
    const shared = leaf([1, 2]).exp();
    const [a, b] = [shared.sum(), shared.mul(2).sum()];
    a.backward();
    expect(() => b.backward()).toThrow(FREED);
  });

  it('autograd.grad frees as well', () => {
    const x = leaf([1, 2]);
    const y = x.exp().sum();
    torch.autograd.grad(y, x);
    expect(() => torch.autograd.grad(y, x)).toThrow(FREED);
  });
});

describe('errors', () => {
  it('a root must be a scalar, or have a gradient of its shape', () => {
    const x = leaf([1, 2]);
    expect(() => x.mul(2).backward()).toThrow(torch.AutogradError);
    expect(() => x.mul(2).backward()).toThrow('grad can be implicitly created only for scalar outputs');
    expect(() => x.mul(2).backward(torch.ones(3))).toThrow(torch.ShapeError);
    expect(() => x.mul(2).backward(torch.ones(3))).toThrow(
      'Mismatch in shape: grad_output[0] has a shape of [3] and output[0] has a shape of [2].',
    );
    expect(() => x.mul(2).backward([1, 2] as never)).toThrow(torch.ValueError);
  });

  it('a root must require grad', () => {
    expect(() => torch.tensor([1]).sum().backward()).toThrow(
      'element 0 of tensors does not require grad and does not have a grad_fn',
    );
    const [x, c] = [leaf([1]), torch.tensor([1])];
    expect(() => torch.autograd.backward([x.sum(), c])).toThrow(
      'element 1 of tensors does not require grad and does not have a grad_fn',
    );
    expect(() => torch.autograd.grad(x.sum(), c)).toThrow(torch.AutogradError);
    expect(() => torch.autograd.grad(x.sum(), c)).toThrow('One of the differentiated Tensors does not require grad');
  });

  it('an error in the middle of a backward leaves the graph usable', () => {
    const x = leaf([1, 2]);
    const y = x.mul(2);
    let fail = true;
    y.grad_fn?.register_prehook(() => {
      if (fail) throw new Error('stop');
    });
    const z = y.exp().sum();
    expect(() => z.backward(null, { retain_graph: true })).toThrow('stop');
    fail = false;
    z.backward();
    expect((x.grad as torch.Tensor).sub(x.detach().mul(2).exp().mul(2)).abs().max().item()).toBeLessThan(1e-5);
  });
});

describe('autograd.grad', () => {
  it('leaves .grad alone and returns one gradient per input, in order', () => {
    const [x, y] = [leaf([1, 2]), leaf([3, 4])];
    const [gy, gx] = torch.autograd.grad(x.mul(y).sum(), [y, x]);
    expect([list(gx), list(gy), x.grad, y.grad]).toEqual([[3, 4], [1, 2], null, null]);
  });

  it('unused inputs: an error, or null', () => {
    const [x, y] = [leaf([1, 2]), leaf([3, 4])];
    expect(() => torch.autograd.grad(x.sum(), [x, y])).toThrow(
      'One of the differentiated Tensors appears to not have been used in the graph. Set allow_unused=True if this is the desired behavior.',
    );
    expect(torch.autograd.grad(x.sum(), [x, y], null, { allow_unused: true })[1]).toBeNull();
  });

  it('takes intermediate tensors, views among them, and stops there', () => {
    const x = leaf([1, 2, 3]);
    const y = x.mul(2);
    const v = y.narrow(0, 1, 2);
    const z = v.mul(v).sum().add(y.sum());
    const [gy, gv] = torch.autograd.grad(z, [y, v], null, { retain_graph: true });
    expect([list(gy), list(gv)]).toEqual([
      [1, 9, 13],
      [8, 12],
    ]);
    const [gx] = torch.autograd.grad(z, x);
    expect(list(gx)).toEqual([2, 18, 26]);
  });

  it('an input may also be an output, or stand there twice', () => {
    const x = leaf([1, 2]);
    const y = x.mul(3);
    const grads = torch.autograd.grad([y, y.sum()], [y, x, x], [torch.tensor([1, 2]), torch.tensor(10)]);
    expect(grads.map(list)).toEqual([
      [11, 12],
      [33, 36],
      [33, 36],
    ]);
  });

  it('grad_outputs by position and by name', () => {
    const x = leaf([1, 2]);
    const g = torch.tensor([1, 10]);
    expect(list(torch.autograd.grad(x.mul(2), x, g)[0])).toEqual([2, 20]);
    expect(list(torch.autograd.grad([x.mul(2)], [x], [g])[0])).toEqual([2, 20]);
    expect(list(torch.autograd.grad(x.mul(2), x, { grad_outputs: g })[0])).toEqual([2, 20]);
  });

  it('returned gradients are independent of each other and of grad_outputs', () => {
    const [x, y] = [leaf([1, 2]), leaf([3, 4])];
    const g = torch.tensor([5, 6]);
    const [gx, gy] = torch.autograd.grad(x.add(y), [x, y], g) as [torch.Tensor, torch.Tensor];
    expect([list(gx), list(gy)]).toEqual([
      [5, 6],
      [5, 6],
    ]);
  });
});

describe('backward({ inputs }) and retain_grad', () => {
  it('fills the named leaves only', () => {
    const [x, y] = [leaf([1, 2]), leaf([3, 4])];
    x.mul(y)
      .sum()
      .backward(null, { inputs: [x] });
    expect([list(x.grad), y.grad]).toEqual([[3, 4], null]);
    x.mul(y).sum().backward(null, { inputs: x });
    expect(list(x.grad)).toEqual([6, 8]);
    expect(() => x.sum().backward(null, { inputs: [] })).toThrow("'inputs' argument to backward() cannot be empty.");
  });

  it('fills named tensors that are no leaves', () => {
    const x = leaf([1, 2]);
    const y = x.mul(2);
    y.mul(y)
      .sum()
      .backward(null, { inputs: [y] });
    expect([list(y.grad), x.grad]).toEqual([[4, 8], null]);
  });

  it('retain_grad keeps the whole gradient of a tensor that is no leaf', () => {
    const x = leaf([1, 2]);
    const y = x.mul(2);
    expect(y.retains_grad).toBe(false);
    y.retain_grad();
    y.retain_grad();
    expect(y.retains_grad).toBe(true);
    y.mul(3).add(y).sum().backward();
    expect(list(y.grad)).toEqual([4, 4]);
    expect(() => torch.tensor([1]).retain_grad()).toThrow("can't retain_grad on Tensor that has requires_grad=False");
    x.retain_grad();
    expect(x.retains_grad).toBe(false);
  });
});

describe('create_graph', () => {
  it('gives derivatives of any order', () => {
    const x = torch.tensor(0.7, { dtype: 'float64', requires_grad: true });
    let y = x.pow(5);
    const found: number[] = [];
    for (let order = 0; order < 5; order++) {
      [y] = torch.autograd.grad(y, x, null, { create_graph: true }) as [torch.Tensor];
      found.push(Number(y.item()));
    }
    [5 * 0.7 ** 4, 20 * 0.7 ** 3, 60 * 0.7 ** 2, 120 * 0.7, 120].forEach((expected, i) => {
      expect(found[i]).toBeCloseTo(expected, 10);
    });
  });

  it('the third derivative of tanh', () => {
    const x = torch.tensor(0.3, { dtype: 'float64', requires_grad: true });
    const derive = (y: torch.Tensor): torch.Tensor =>
      torch.autograd.grad(y, x, null, { create_graph: true })[0] as torch.Tensor;
    const third = derive(derive(derive(x.tanh()))).item();
    const t = Math.tanh(0.3);
    expect(third).toBeCloseTo((1 - t * t) * (6 * t * t - 2), 12);
  });

  it('backward with create_graph leaves a differentiable .grad', () => {
    const x = leaf([1, 2]);
    x.mul(x).mul(x).sum().backward(null, { create_graph: true });
    const g = x.grad as torch.Tensor;
    expect([list(g), g.requires_grad]).toEqual([[3, 12], true]);
    const [second] = torch.autograd.grad(g.sum(), x);
    expect(list(second)).toEqual([6, 12]);
  });

  it('a gradient penalty trains through the gradient', () => {
    const w = leaf([
      [0.5, -1],
      [2, 0.25],
    ]);
    const x = torch.tensor([[1, 2]], { requires_grad: true });
    const [gx] = torch.autograd.grad(x.matmul(w).tanh().sum(), x, null, { create_graph: true }) as [torch.Tensor];
    gx.mul(gx).sum().backward();
    expect(w.grad).not.toBeNull();
    expect(
      torch.autograd.gradcheck((weight: torch.Tensor) => {
        const input = torch.tensor([[1, 2]], { dtype: 'float64', requires_grad: true });
        const [g] = torch.autograd.grad(input.matmul(weight).tanh().sum(), input, null, { create_graph: true }) as [
          torch.Tensor,
        ];
        return g.mul(g).sum();
      }, w.detach().double().requires_grad_()),
    ).toBe(true);
  });
});
