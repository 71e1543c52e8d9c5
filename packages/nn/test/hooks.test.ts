/** Hooks around a module's call and its backward, as PyTorch orders them. */
import { autograd, type Tensor, tensor, zeros } from '@torchlet/tensor';
import { describe, expect, it } from 'vitest';
import * as nn from '../src/index.js';

class Scale extends nn.Module {
  constructor(private readonly factor: number) {
    super();
  }

  override forward(x: Tensor): Tensor {
    return x.mul(this.factor);
  }
}

class Pair extends nn.Module<[Tensor, Tensor], [Tensor, Tensor]> {
  override forward(a: Tensor, b: Tensor): [Tensor, Tensor] {
    return [a.mul(b), b.mul(3)];
  }
}

const leaf = (data: number[]): Tensor => tensor(data, { requires_grad: true });

describe('forward hooks', () => {
  it('see arguments and result, may replace them, and run in PyTorch’s order', () => {
    const net = new Scale(2);
    const log: string[] = [];
    net.register_forward_pre_hook((_m, [x]) => {
      log.push(`pre ${x.item()}`);
      return x.add(1);
    });
    net.register_forward_pre_hook(
      () => {
        log.push('first');
      },
      { prepend: true },
    );
    net.register_forward_hook((m, [x], out) => {
      log.push(`hook ${m === net} ${x.item()} ${out.item()}`);
      return out.mul(10);
    });
    const handle = net.register_forward_hook((_m, _args, out) => {
      log.push(`last ${out.item()}`);
    });
    expect(net(tensor(3)).item()).toBe(80);
    expect(log).toEqual(['first', 'pre 3', 'hook true 4 8', 'last 80']);
    handle.remove();
    net(tensor(3));
    expect(log.filter((l) => l.startsWith('last')).length).toBe(1);
  });

  it('always_call runs after an exception too', () => {
    class Fails extends nn.Module {
      override forward(): Tensor {
        throw new Error('mine');
      }
    }
    const net = new Fails();
    const log: unknown[] = [];
    net.register_forward_hook(() => {
      log.push('never');
    });
    net.register_forward_hook(
      (_m, _args, out) => {
        log.push(out);
        throw new Error('lost');
      },
      { always_call: true },
    );
    expect(() => net(zeros(1))).toThrow('mine');
    expect(log).toEqual([null]);
  });

  it('global hooks run first', () => {
    const log: string[] = [];
    const net = new Scale(2);
    net.register_forward_hook(() => {
      log.push('own');
    });
    const handles = [
      nn.modules.module.register_module_forward_hook(() => {
        log.push('global');
      }),
      nn.modules.module.register_module_forward_pre_hook(() => {
        log.push('pre');
      }),
      nn.modules.module.register_module_full_backward_hook(() => {
        log.push('backward');
      }),
      nn.modules.module.register_module_full_backward_pre_hook(() => {
        log.push('before backward');
      }),
    ];
    net(leaf([1]))
      .sum()
      .backward();
    for (const h of handles) h.remove();
    net(leaf([1]))
      .sum()
      .backward();
    expect(log).toEqual(['pre', 'global', 'own', 'before backward', 'backward', 'own']);
  });

  it('refuses with_kwargs and unknown options', () => {
    const net = new Scale(1);
    expect(() => net.register_forward_hook(() => {}, { with_kwargs: true as false })).toThrow(
      'register_forward_hook(): with_kwargs=True is not supported: there are no keyword arguments',
    );
    expect(() => net.register_forward_pre_hook(() => {}, { always_call: true } as object)).toThrow(
      "register_forward_pre_hook() got an unexpected keyword argument 'always_call'",
    );
  });
});

describe('full backward hooks', () => {
  it('see the gradients of inputs and outputs and may replace both', () => {
    const net = new Scale(2);
    const log: unknown[] = [];
    net.register_full_backward_pre_hook((_m, [g]) => [(g as Tensor).mul(5)]);
    net.register_full_backward_hook((m, gi, go) => {
      log.push(
        m === net,
        gi.map((g) => g?.tolist()),
        go.map((g) => g?.tolist()),
      );
      return [(gi[0] as Tensor).add(1)];
    });
    const x = leaf([1, 2]);
    net(x).sum().backward();
    expect(log).toEqual([true, [[10, 10]], [[5, 5]]]);
    expect(x.grad?.tolist()).toEqual([11, 11]);
  });

  it('have a place for each argument and each output', () => {
    const net = new Pair();
    const log: unknown[] = [];
    net.register_full_backward_hook((_m, gi, go) => {
      log.push(
        gi.map((g) => g?.tolist() ?? null),
        go.map((g) => g?.tolist() ?? null),
      );
    });
    const [a, b] = [leaf([1]), tensor([4])];
    net(a, b)[0].sum().backward();
    expect(log[0]).toEqual([[4], null]);
    expect((log[1] as unknown[])[0]).toEqual([1]);
    expect(a.grad?.tolist()).toEqual([4]);
  });

  it('only look where no input wants a gradient', () => {
    const net = new nn.Linear(2, 1);
    const log: unknown[] = [];
    const handle = net.register_full_backward_hook((_m, gi, go) => {
      log.push(
        gi,
        go.map((g) => g?.tolist()),
      );
    });
    net(zeros(1, 2)).sum().backward();
    expect(log).toEqual([[null], [[[1]]]]);
    expect(net.bias?.grad?.tolist()).toEqual([1]);
    handle.remove();
    net.register_full_backward_hook(() => [zeros(1, 2)]);
    expect(() => net(zeros(1, 2)).sum().backward()).toThrow(
      'Backward hook for Modules where no input requires gradient should always return None',
    );
  });

  it('keep no memory that the engine changes', () => {
    const net = new Scale(1);
    const kept: Tensor[] = [];
    net.register_full_backward_hook((_m, gi, go) => {
      kept.push(gi[0] as Tensor, go[0] as Tensor);
    });
    const x = leaf([1, 2]);
    net(x).add(x.mul(3)).sum().backward();
    x.mul(2).sum().backward();
    expect(kept.map((t) => t.tolist())).toEqual([
      [1, 1],
      [1, 1],
    ]);
    expect(x.grad?.tolist()).toEqual([6, 6]);
  });

  it('check what comes back', () => {
    const net = new Scale(2);
    const handle = net.register_full_backward_pre_hook((_m, go) => [...go, ...go]);
    expect(() =>
      net(leaf([1]))
        .sum()
        .backward(),
    ).toThrow('Backward pre hook returned an invalid number of grad_output, got 2, but expected 1');
    handle.remove();
    net.register_full_backward_hook((_m, gi) => [...gi, ...gi]);
    expect(() =>
      net(leaf([1]))
        .sum()
        .backward(),
    ).toThrow('Backward hook returned an invalid number of grad_input, got 2, but expected 1');
    class Odd extends nn.Module<[Tensor], { y: Tensor }> {
      override forward(x: Tensor): { y: Tensor } {
        return { y: x };
      }
    }
    const odd = new Odd();
    odd.register_full_backward_hook(() => {});
    expect(() => odd(leaf([1]))).toThrow(
      'For backward hooks to be called, module output should be a Tensor or an array of Tensors',
    );
    class Lost extends nn.Module {
      kept: Tensor | null = null;
      override forward(x: Tensor): Tensor {
        this.kept = x;
        return x.mul(2);
      }
    }
    const lost = new Lost();
    lost.register_full_backward_hook(() => {});
    lost(leaf([1]));
    expect(() => lost.kept?.sum().backward()).toThrow(
      'Module backward hook for grad_input is called before the grad_output one.',
    );
  });
});

describe('detect_anomaly', () => {
  it('names the path of the module', () => {
    class Root extends nn.Module {
      override forward(x: Tensor): Tensor {
        return x.sqrt();
      }
    }
    class Net extends nn.Module {
      features = new nn.Sequential(new Scale(-1), new Root());
      override forward(x: Tensor): Tensor {
        return this.features(x) as Tensor;
      }
    }
    const net = new Net();
    expect(() =>
      autograd.detect_anomaly(() =>
        net(leaf([1]))
          .sum()
          .backward(),
      ),
    ).toThrow(
      /^Function 'SqrtBackward0' returned nan values in its 0th output\.\n.*sqrt\(\) in module Net\.features\.1 \(Root\), called at \S*hooks\.test\.ts:\d+/,
    );
  });
});
