/** Leaves, modes, versions, detach and data, names of functions. */
import { describe, expect, it } from 'vitest';
import * as torch from '../../src/index.js';

const leaf = (data: number | number[] | number[][]): torch.Tensor => torch.tensor(data, { requires_grad: true });

describe('in-place operations', () => {
  const SPOILT =
    /modified by an inplace operation: \[torch.FloatTensor \[2\]\], which is output 0 of (\w+), is at version 1; expected version 0 instead/;

  it('a saved result that was changed is an error', () => {
    const y = leaf([1, 2]).exp();
    y.add_(1);
    expect(() => y.sum().backward()).toThrow(torch.AutogradError);
    expect(() => y.sum().backward()).toThrow(SPOILT);
    expect(() => y.sum().backward()).toThrow('output 0 of ExpBackward0');
  });

  it('a saved input that was changed is an error', () => {
    const [x, y] = [leaf([1, 2]).add(0), leaf([3, 4])];
    const z = x.mul(y);
    x.zero_();
    expect(() => z.sum().backward()).toThrow(SPOILT);
  });

  it('a change through a view, or through detach(), counts', () => {
    const make = (): [torch.Tensor, torch.Tensor] => {
      const y = leaf([1, 2]).exp();
      return [y, y.sum()];
    };
    const [a, loss] = make();
    a.narrow(0, 0, 1).zero_();
    expect(() => loss.backward()).toThrow(SPOILT);
    const [b, other] = make();
    b.detach().zero_();
    expect(() => other.backward()).toThrow(SPOILT);
  });

  it('a change through .data does not: its counter is its own', () => {
    const x = leaf([1, 2]);
    const y = x.mul(x);
    x.data.fill_(5);
    expect(x._version).toBe(0);
    y.sum().backward();
    expect(x.grad?.tolist()).toEqual([10, 10]);
  });

  it('what is copied into integers leads to no gradient', () => {
    const [x, whole] = [leaf([1.5, -2.5]), torch.zeros(2, { dtype: 'int64' })];
    const row = whole.narrow(0, 0, 1);
    whole.copy_(x);
    row.copy_(x.narrow(0, 1, 1));
    expect(whole.tolist()).toEqual([-2, -2]);
    for (const t of [whole, row, whole.select(0, 1)]) {
      expect([t.requires_grad, t.is_leaf, t.grad_fn]).toEqual([false, true, null]);
    }
  });

  it('what nobody needs may change', () => {
    const x = leaf([1, 2]);
    const y = x.add(1);
    y.mul_(3);
    y.add_(1);
    y.sum().backward();
    expect(x.grad?.tolist()).toEqual([3, 3]);
  });

  it('x.mul_(y) keeps what its own derivative needs', () => {
    const [a, y] = [leaf([1, 2]), leaf([3, 4])];
    const x = a.mul(1);
    x.mul_(y);
    x.sum().backward();
    expect([a.grad?.tolist(), y.grad?.tolist()]).toEqual([
      [3, 4],
      [1, 2],
    ]);
  });

  it('leaves and views of leaves are refused, unless no graph is recorded', () => {
    const x = leaf([1, 2]);
    expect(() => x.add_(1)).toThrow(torch.AutogradError);
    expect(() => x.add_(1)).toThrow('a leaf Variable that requires grad is being used in an in-place operation.');
    expect(() => x.view(2).add_(1)).toThrow(
      'a view of a leaf Variable that requires grad is being used in an in-place operation.',
    );
    torch.no_grad(() => x.add_(1));
    torch.no_grad(() => x.view(2).mul_(2));
    expect(x.tolist()).toEqual([4, 6]);
    expect(x.is_leaf && x.requires_grad).toBe(true);
    expect(x._version).toBe(2);
  });

  it('a view made without a graph may not be changed with one', () => {
    const y = leaf([1, 2]).mul(2);
    const v = torch.no_grad(() => y.view(2));
    const message = 'A view was created in no_grad mode and is being modified inplace with grad mode enabled.';
    expect(() => v.mul_(2)).toThrow(message);
    const x = leaf([1, 2]);
    expect(() => torch.no_grad(() => x.view(2)).zero_()).toThrow(message);
    expect(x.tolist()).toEqual([1, 2]);
    torch.no_grad(() => v.mul_(2));
    expect(y.tolist()).toEqual([4, 8]);
  });

  it('a constant becomes part of the graph', () => {
    const [x, c] = [leaf([1, 2]), torch.zeros(2)];
    c.add_(x);
    expect([c.requires_grad, c.is_leaf, c.grad_fn?.name()]).toEqual([true, false, 'AddBackward0']);
    c.mul(c).sum().backward();
    expect(x.grad?.tolist()).toEqual([2, 4]);
  });

  it('results that do not fit are errors, and leave self alone', () => {
    const x = torch.tensor([1, 2]);
    expect(() => x.add_(torch.ones(2, 2))).toThrow(torch.ShapeError);
    expect(() => x.add_(torch.ones(2, 2))).toThrow("output with shape [2] doesn't match the broadcast shape [2, 2]");
    const i = torch.tensor([1, 2], { dtype: 'int64' });
    expect(() => i.mul_(1.5)).toThrow("result type Float can't be cast to the desired output type Long");
    expect([x.tolist(), i.tolist(), x._version, i._version]).toEqual([[1, 2], [1, 2], 0, 0]);
    expect(() => torch.tensor([1]).expand(3).add_(1)).toThrow(
      'unsupported operation: more than one element of the written-to tensor refers to a single memory location.',
    );
  });
});

describe('detach, data and requires_grad', () => {
  it('detach() shares memory and version, data only memory', () => {
    const x = torch.tensor([1, 2]);
    const [d, raw] = [x.detach(), x.data];
    d.add_(1);
    expect([x.tolist(), x._version, d._version, raw._version]).toEqual([[2, 3], 1, 1, 0]);
    raw.add_(1);
    expect([x.tolist(), x._version, raw._version]).toEqual([[3, 4], 1, 1]);
    expect([d.requires_grad, leaf([1]).data.requires_grad, leaf([1]).detach().requires_grad]).toEqual([
      false,
      false,
      false,
    ]);
    expect(torch.detach(leaf([1])).grad_fn).toBeNull();
  });

  it('detach_() makes a leaf, and refuses views', () => {
    const y = leaf([1, 2]).mul(2);
    expect(y.detach_() === y).toBe(true);
    expect([y.requires_grad, y.is_leaf, y.grad_fn]).toEqual([false, true, null]);
    expect(() => leaf([1, 2]).mul(2).view(2).detach_()).toThrow("Can't detach views in-place. Use detach() instead.");
    expect(torch.detach_(leaf([1]).mul(1)).requires_grad).toBe(false);
  });

  it('requires_grad belongs to floating leaves', () => {
    const x = torch.tensor([1, 2]);
    expect(x.requires_grad_() === x).toBe(true);
    expect([x.requires_grad, x.requires_grad_(false).requires_grad]).toEqual([true, false]);
    expect(() => torch.tensor([1], { dtype: 'int64' }).requires_grad_()).toThrow(
      'only Tensors of floating point and complex dtype can require gradients',
    );
    expect(() => torch.zeros(1, { dtype: 'int64', requires_grad: true })).toThrow(
      'Only Tensors of floating point and complex dtype can require gradients',
    );
    const y = leaf([1]).mul(2);
    expect(y.requires_grad_().requires_grad).toBe(true);
    expect(() => y.requires_grad_(false)).toThrow(
      "you can only change requires_grad flags of leaf variables. If you want to use a computed variable in a subgraph that doesn't require differentiation use var_no_grad = var.detach().",
    );
    expect(() => {
      x.requires_grad = 1 as never;
    }).toThrow(torch.ValueError);
  });

  it('.grad can be set to what looks like the tensor', () => {
    const x = leaf([1, 2]);
    x.grad = torch.tensor([3, 4]);
    x.sum().backward();
    expect(x.grad.tolist()).toEqual([4, 5]);
    x.grad = null;
    expect(x.grad).toBeNull();
    for (const [bad, message] of [
      [torch.ones(3), 'assigned grad has data of a different size'],
      [torch.ones(2, { dtype: 'float64' }), 'assigned grad has data of a different type'],
      [torch.ones(2).gpu(), 'assigned grad has data located on a different device'],
    ] as const) {
      expect(() => {
        x.grad = bad;
      }).toThrow(message);
    }
    expect(() => {
      x.grad = [1] as never;
    }).toThrow('assigned grad expected to be a Tensor or null but got grad of type object');
  });

  it('integers, comparisons and indices never require grad', () => {
    const x = leaf([1, 2]);
    expect([x.gt(1), x.long(), x.argmax(), x.max(0)[1]].map((t) => t.requires_grad)).toEqual([
      false,
      false,
      false,
      false,
    ]);
    expect(x.max(0)[0].requires_grad).toBe(true);
  });
});

describe('grad_fn', () => {
  it('has PyTorch’s name and neighbours', () => {
    const [x, y] = [leaf([1, 2]), leaf([3, 4])];
    const z = x.mul(2).add(y);
    expect(z.grad_fn?.name()).toBe('AddBackward0');
    expect(String(z.grad_fn)).toBe('<AddBackward0>');
    const [[mul, first], [accumulate, second]] = z.grad_fn?.next_functions ?? [];
    expect([mul?.name(), first, accumulate?.name(), second]).toEqual([
      'MulBackward0',
      0,
      'torch::autograd::AccumulateGrad',
      0,
    ]);
    expect(String(accumulate)).toBe('<AccumulateGrad>');
    expect(mul?.next_functions.map(([fn]) => fn?.name() ?? null)).toEqual(['torch::autograd::AccumulateGrad', null]);
    expect(x.grad_fn).toBeNull();
    // exponents, conditions and dimensions are not listed; a factor that is a number is
    expect(x.pow(2).sum().grad_fn?.next_functions.length).toBe(1);
    expect(torch.where(x.gt(0), x, x).grad_fn?.next_functions.length).toBe(2);
    expect(torch.cat([x, x.mul(2)]).grad_fn?.next_functions.map(([fn]) => fn?.name())).toEqual([
      'torch::autograd::AccumulateGrad',
      'MulBackward0',
    ]);
    expect(x.mul(1).grad_fn?.next_functions[0][0] === x.mul(3).grad_fn?.next_functions[0][0]).toBe(true);
  });

  it('of the second of several outputs', () => {
    const [values] = leaf([
      [1, 2],
      [3, 4],
    ])
      .unbind(0)
      .slice(1);
    expect(values.mul(1).grad_fn?.next_functions[0][0]?.name()).toBe('UnbindBackward0');
  });

  it('prints with the tensor, without C++ namespaces', () => {
    const y = leaf([1, 2]).mul(2);
    expect(String(y)).toBe('tensor([2., 4.], grad_fn=<MulBackward0>)');
    y.narrow(0, 0, 1).zero_();
    expect(String(y)).toBe('tensor([0., 4.], grad_fn=<CopySlices>)');
  });
});

describe('grad modes', () => {
  const enabled = (): boolean => torch.is_grad_enabled();

  it('no_grad, enable_grad and set_grad_enabled take functions, return their results and nest', () => {
    const x = leaf([1]);
    expect(torch.no_grad(() => x.mul(2).requires_grad)).toBe(false);
    expect(torch.no_grad(() => torch.enable_grad(() => x.mul(2).requires_grad))).toBe(true);
    expect(torch.set_grad_enabled(false, () => enabled())).toBe(false);
    expect(enabled()).toBe(true);
  });

  it('exceptions restore the mode', () => {
    expect(() =>
      torch.no_grad(() => {
        throw new Error('inside');
      }),
    ).toThrow('inside');
    expect(enabled()).toBe(true);
    expect(() => torch.no_grad(() => leaf([1]).add(torch.ones(2, 3).mm(torch.ones(2, 3))))).toThrow(torch.ShapeError);
    expect(enabled()).toBe(true);
  });

  it('using', () => {
    {
      using _outer = torch.no_grad();
      expect(enabled()).toBe(false);
      {
        using _inner = torch.enable_grad();
        expect(enabled()).toBe(true);
      }
      expect(enabled()).toBe(false);
    }
    expect(enabled()).toBe(true);
  });

  it('set_grad_enabled works as a plain call too', () => {
    const scope = torch.set_grad_enabled(false);
    expect(enabled()).toBe(false);
    torch.set_grad_enabled(true);
    expect([enabled(), scope.previous]).toEqual([true, true]);
    expect(() => torch.set_grad_enabled(1 as never)).toThrow('set_grad_enabled(): mode must be a boolean, got 1');
  });

  it('a Promise is an error, because the mode has ended before it does', () => {
    expect(() => torch.no_grad(async () => 1)).toThrow(torch.ValueError);
    expect(() => torch.no_grad(async () => 1)).toThrow(
      'no_grad(): the function returned a Promise; write `using _ = no_grad()` inside it instead',
    );
    expect(enabled()).toBe(true);
  });

  it('leaves made inside still require grad', () => {
    const w = torch.no_grad(() => torch.ones(2, { requires_grad: true }));
    expect([w.requires_grad, w.mul(2).requires_grad]).toEqual([true, true]);
  });

  it('the mode during backward is that of create_graph', () => {
    const seen: boolean[] = [];
    const y = leaf([1]).mul(2);
    y.grad_fn?.register_prehook(() => {
      seen.push(enabled());
    });
    y.sum().backward(null, { retain_graph: true });
    y.sum().backward(null, { create_graph: true });
    torch.no_grad(() => torch.autograd.backward(torch.enable_grad(() => y.sum())));
    expect(seen).toEqual([false, true, false]);
    expect(enabled()).toBe(true);
  });
});
