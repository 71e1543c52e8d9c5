/** inference_mode, detect_anomaly, saved tensor hooks and checkpoint. */
import { describe, expect, it } from 'vitest';
import { codeFolders } from '../../src/autograd/anomaly.js';
import * as torch from '../../src/index.js';
import { CheckpointError, checkpoint, checkpoint_sequential, withinModule } from '../../src/internal.js';

const { autograd } = torch;
const { graph } = autograd;
type Tensor = torch.Tensor;
const leaf = (data: number[]): Tensor => torch.tensor(data, { dtype: 'float64', requires_grad: true });

describe('inference_mode', () => {
  it('makes inference tensors, views included; views of normal tensors stay normal', () => {
    const x = leaf([1, 2, 3]);
    const [made, view, shown, asked] = torch.inference_mode(() => {
      const i = torch.ones(3, { dtype: 'float64' });
      i.add_(1);
      const r = torch.ones(2, { requires_grad: true });
      expect([torch.is_grad_enabled(), torch.is_inference_mode_enabled(), r.requires_grad]).toEqual([
        false,
        true,
        true,
      ]);
      expect([x.mul(2).requires_grad, torch.enable_grad(() => x.mul(2)).requires_grad]).toEqual([false, false]);
      torch.inference_mode(false, () => {
        expect([x.mul(2).requires_grad, torch.ones(1).is_inference()]).toEqual([true, false]);
      });
      return [i, i.narrow(0, 0, 2), x.narrow(0, 0, 2), x.mul(2)];
    });
    expect([made, view, shown, asked].map((t) => t.is_inference())).toEqual([true, true, false, true]);
    expect([made.clone(), made.detach(), made.view(3)].map((t) => t.is_inference())).toEqual([false, true, true]);
    expect(torch.is_inference(made)).toBe(true);
    expect([torch.is_grad_enabled(), torch.is_inference_mode_enabled()]).toEqual([true, false]);
    expect(x.add(made).requires_grad).toBe(true);
    expect(() => x.mul(made)).toThrow(
      'Inference tensors cannot be saved for backward. To work around you can make a clone to get a normal tensor and use it in autograd.',
    );
    expect(() => made.add_(1)).toThrow('Inplace update to inference tensor outside InferenceMode is not allowed.');
    expect(() => torch.no_grad(() => made.uniform_())).toThrow(torch.AutogradError);
    expect(() => made._version).toThrow('Inference tensors do not track version counter.');
    expect(() => made.requires_grad_()).toThrow(
      'Setting requires_grad=True on inference tensor outside InferenceMode is not allowed.',
    );
    expect(() => shown.add_(1)).toThrow(
      'A view was created in inference mode and is being modified inplace in normal mode.',
    );
  });

  it('lasts until the block ends, also after an exception', () => {
    {
      using _ = torch.inference_mode();
      expect(torch.ones(1).is_inference()).toBe(true);
    }
    expect(torch.ones(1).is_inference()).toBe(false);
    expect(() =>
      torch.inference_mode(() => {
        throw new Error('mine');
      }),
    ).toThrow('mine');
    expect(torch.is_inference_mode_enabled()).toBe(false);
    expect(() => torch.inference_mode(async () => 1)).toThrow('inference_mode(): the function returned a Promise');
    expect(() => torch.inference_mode(1 as unknown as boolean)).toThrow('mode must be a boolean, got 1');
  });
});

describe('detect_anomaly', () => {
  const failure = (fn: () => void): Error => {
    try {
      fn();
    } catch (error) {
      return error as Error;
    }
    throw new Error('nothing was thrown');
  };

  it('names the node, the operation, the module and the line', () => {
    const root = { constructor: { name: 'Net' } };
    const inner = {};
    const error = failure(() =>
      autograd.detect_anomaly(() => {
        const x = leaf([-1]);
        const y = withinModule(
          root,
          () => 'Net',
          () =>
            withinModule(
              inner,
              (r) => (r === root ? 'Net.head (Root)' : '?'),
              () => x.sqrt(),
            ),
        );
        y.sum().backward();
      }),
    );
    expect(error).toBeInstanceOf(torch.AutogradError);
    expect(error.message).toMatch(/^Function 'SqrtBackward0' returned nan values in its 0th output\.\n/);
    expect(error.message).toMatch(/sqrt\(\) in module Net\.head \(Root\), called at \S*modes\.test\.ts:\d+:\d+\n/);
    expect(error.message).not.toContain('src/autograd');
    expect(torch.is_anomaly_enabled()).toBe(false);
  });

  it('takes built code and its sources for its own, as source maps put the sources into a stack', () => {
    expect(codeFolders('file:///dist/tensor/dist/autograd/anomaly.js', 1)).toEqual([
      '/dist/tensor/dist/',
      '/dist/tensor/src/',
    ]);
    expect(codeFolders('file:///tensor/dist/autograd/anomaly.js', 0)).toEqual([
      '/tensor/dist/autograd/',
      '/tensor/src/autograd/',
    ]);
    expect(codeFolders('file:///tensor/src/autograd/anomaly.ts', 1)).toEqual(['/tensor/src/']);
  });

  it('explains other errors of a backward too, and custom functions', () => {
    class Bad extends autograd.Function {
      static forward(_ctx: torch.autograd.FunctionCtx, x: Tensor): Tensor {
        return x.mul(1);
      }
      static backward(): Tensor {
        throw new Error('mine');
      }
    }
    const error = failure(() => autograd.detect_anomaly(() => Bad.apply(leaf([1])).backward()));
    expect(error.message).toMatch(/^mine\nForward call that caused the error: Bad\(\), called at \S*modes\.test\.ts/);
  });

  it('follows second derivatives to the first', () => {
    const error = failure(() =>
      autograd.detect_anomaly(() => {
        const x = leaf([0]);
        const [g] = autograd.grad(x.sqrt().sum(), x, { create_graph: true }); // infinite, not NaN
        (g as Tensor).mul(0).sum().backward();
      }),
    );
    expect(error.message).toMatch(/^Function '\w+Backward\d' returned nan values/);
    expect(error.message).toContain('The operation was recorded by the backward of SqrtBackward0.');
  });

  it('without check_nan, and switched on for good', () => {
    using _ = autograd.set_detect_anomaly(true, false);
    expect([torch.is_anomaly_enabled(), torch.is_anomaly_check_nan_enabled()]).toEqual([true, false]);
    const x = leaf([-1]);
    x.sqrt().sum().backward();
    expect(x.grad?.tolist()).toEqual([Number.NaN]);
    const y = torch.no_grad(() => leaf([-1]));
    const before = y.sqrt();
    expect(() => autograd.detect_anomaly(() => before.sum().backward())).toThrow(
      "Function 'SqrtBackward0' returned nan",
    );
    expect(() => autograd.detect_anomaly({ check: true } as object)).toThrow("unexpected keyword argument 'check'");
    expect(() => autograd.set_detect_anomaly(1 as unknown as boolean)).toThrow("argument 'mode' must be bool, got 1");
  });

  it('says when the forward was not watched', () => {
    const y = leaf([-1]).sqrt().sum();
    expect(() => autograd.detect_anomaly(() => y.backward())).toThrow(
      'No forward pass information available for SqrtBackward0.',
    );
  });
});

describe('saved tensor hooks', () => {
  it('keep what is saved, inputs and outputs, and double backward works', () => {
    const packed: number[][] = [];
    const fn = (t: Tensor): Tensor =>
      graph.saved_tensors_hooks(
        (s) => {
          packed.push(s.shape.slice());
          return s.mul(1);
        },
        (s) => s,
        () => t.exp().mul(t),
      );
    const x = leaf([0.5, -1]);
    expect(autograd.gradcheck(fn, [x])).toBe(true);
    expect(autograd.gradgradcheck(fn, [x])).toBe(true);
    packed.length = 0;
    fn(x);
    expect(packed).toEqual([[2], [2], [2]]); // exp's output, and both factors
  });

  it('give back something else, for in-place operations too', () => {
    const x = leaf([1, 2]);
    const b = x.mul(1);
    graph.saved_tensors_hooks(
      () => null,
      () => torch.full([2], 10, { dtype: 'float64' }),
      () => {
        b.mul_(x);
      },
    );
    b.sum().backward();
    expect(x.grad?.tolist()).toEqual([20, 20]);
  });

  it('are checked', () => {
    const x = leaf([1, 2]);
    const run = (pack: (t: Tensor) => unknown, unpack: (p: never) => Tensor) => () =>
      graph
        .saved_tensors_hooks(pack, unpack as (p: unknown) => Tensor, () => x.mul(x))
        .sum()
        .backward();
    expect(
      run(
        (t) => t.mul_(2),
        () => x,
      ),
    ).toThrow('A saved tensor pack hook is modifying its input in place.');
    expect(x.tolist()).toEqual([2, 4]);
    expect(
      run(
        (t) => t,
        () => 3 as unknown as Tensor,
      ),
    ).toThrow('Output of saved tensor unpack_hook expected to be a Tensor but got result of type number');
    expect(() => graph.saved_tensors_hooks(3 as unknown as () => null, () => x)).toThrow(
      'pack_hook must be a function',
    );
    expect(() => graph.disable_saved_tensors_hooks('not here', () => graph.save_on_cpu())).toThrow('not here');
    expect(() => graph.save_on_cpu({ pin_memory: true as false })).toThrow(
      'save_on_cpu(): pin_memory=True is not supported',
    );
    const [g] = autograd.grad(
      graph.save_on_cpu({}, () => x.mul(x).sum()),
      x,
    );
    expect(g?.tolist()).toEqual([4, 8]);
  });
});

describe('checkpoint', () => {
  it.each([false, true])('gives the same gradients and random numbers (use_reentrant %s)', (use_reentrant) => {
    let calls = 0;
    const block = (t: Tensor, factor: number): Tensor => {
      calls++;
      return torch.dropout(t.mul(factor).tanh().exp(), 0.5, true);
    };
    const run = (through: (t: Tensor) => Tensor): [number[], number[]] => {
      torch.manual_seed(3);
      const x = leaf([0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8]);
      through(x.mul(1)).mul(2).sum().backward();
      return [Array.from((x.grad as Tensor).toArray()), Array.from(torch.rand(2).toArray())];
    };
    const plain = run((t) => block(t, 3));
    calls = 0;
    expect(run((t) => checkpoint(block, t, 3, { use_reentrant }))).toEqual(plain);
    expect(calls).toBe(2);
  });

  it('works nested, in double backward, and twice over one graph', () => {
    const f = (t: Tensor): Tensor => t.exp().mul(t).tanh();
    const nested = (t: Tensor): Tensor => checkpoint((u: Tensor) => checkpoint(f, u.mul(2)).mul(u), t);
    const x = leaf([0.3, -0.6]);
    expect(autograd.gradcheck(nested, [x])).toBe(true);
    expect(autograd.gradgradcheck(nested, [x])).toBe(true);
    const y = checkpoint(f, x).sum();
    const [a] = autograd.grad(y, x, { retain_graph: true });
    const [b] = autograd.grad(y, x);
    expect(b?.tolist()).toEqual(a?.tolist());
    expect(() => autograd.grad(y, x)).toThrow('Trying to backward through the graph a second time');
  });

  it('runs a chain in segments', () => {
    const steps = [1, 2, 3, 4, 5].map(
      (k) =>
        (t: Tensor): Tensor =>
          t.mul(k).tanh(),
    );
    const x = leaf([0.3, -0.6]);
    const [plain] = autograd.grad(steps.reduce((t, f) => f(t), x).sum(), x);
    const [parts] = autograd.grad(checkpoint_sequential(steps, 2, x).sum(), x);
    expect(parts?.tolist()).toEqual(plain?.tolist());
    const [chain] = autograd.grad(
      checkpoint_sequential({ children: () => steps }, 5, x, { use_reentrant: true }).sum(),
      x,
      { allow_unused: true },
    );
    expect(chain).not.toBe(undefined);
    expect(() => checkpoint_sequential(steps, 6, x)).toThrow('segments must be an integer from 1 to 5, got 6');
  });

  it('notices a function that does something else the second time, and arguments that changed', () => {
    let n = 0;
    const x = leaf([1, 2]);
    const more = (t: Tensor): Tensor => (n++ === 0 ? t.exp() : t.exp().mul(t));
    expect(() => checkpoint(more, x).sum().backward()).toThrow(
      'A different number of tensors was saved during the original forward and recomputation.',
    );
    n = 0;
    const other = (t: Tensor): Tensor => (n++ === 0 ? t.exp() : torch.cat([t, t]).exp().narrow(0, 0, 2));
    expect(() => checkpoint(other, x).sum().backward()).toThrow(CheckpointError);
    n = 0;
    expect(() => checkpoint(other, x, { determinism_check: 'none' }).sum().backward()).toThrow();
    const a = x.mul(1);
    const y = checkpoint((t: Tensor) => t.exp(), a).sum();
    a.add_(1);
    expect(() => y.backward()).toThrow('has been modified by an inplace operation');
  });

  it('refuses what it does not do', () => {
    const x = leaf([1]);
    const f = (t: Tensor): Tensor => t.exp();
    expect(() => checkpoint(f, x, { context_fn: f } as object)).toThrow('checkpoint(): context_fn is not supported');
    expect(() => checkpoint(f, x, { reentrant: true } as object)).toThrow(
      "checkpoint() got an unexpected keyword argument 'reentrant'",
    );
    expect(() => checkpoint(f, x, { determinism_check: 'some' as 'none' })).toThrow(
      "should be one of ['default', 'none'], but got some",
    );
    expect(() => checkpoint(3 as unknown as typeof f, x)).toThrow('checkpoint(): expected a function, got number');
    const constant = checkpoint((_t: Tensor) => torch.ones(1, { dtype: 'float64' }), x, { use_reentrant: true });
    expect(() => constant.backward()).toThrow(
      'none of output has requires_grad=True, this checkpoint() is not necessary',
    );
  });
});
