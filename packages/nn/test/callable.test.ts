import { inspect } from 'node:util';
import * as nn from '@torchlet/nn';
import { ones, randn, type Tensor, TorchletError, tensor } from '@torchlet/tensor';
import { describe, expect, it } from 'vitest';
import { expectSame, fixture, type LayerCase, LeNet, makeLayer } from './helpers.js';

interface ModulesFixture {
  reprs: (LayerCase & { repr: string })[];
  errors: Record<string, string>;
  parameter_repr: string;
  frozen_parameter_repr: string;
}

const expected = fixture<ModulesFixture>('modules');

class Counter extends nn.Module {
  fc = new nn.Linear(2, 3);
  override name = 'counter';
  override length = 7;
  #calls = 0;

  get calls(): number {
    return this.#calls;
  }

  override forward(x: Tensor): Tensor {
    this.#calls++;
    return this.fc(x);
  }
}

describe('a module is an object that can be called', () => {
  it('runs forward, with fields and private members', () => {
    const net = new Counter();
    const x = randn(4, 2);
    expect(net(x).tolist()).toEqual(net.forward(x).tolist());
    expect(net.calls).toBe(2);
    expect(net.name).toBe('counter');
    expect(net.length).toBe(7);
  });

  it('is an instance of its class and has the fields of its class, no others', () => {
    const net = new Counter();
    expect(net).toBeInstanceOf(Counter);
    expect(net).toBeInstanceOf(nn.Module);
    expect(net.constructor).toBe(Counter);
    expect(Object.keys(net)).toEqual(['fc', 'name', 'length']);
    expect(Reflect.ownKeys(new nn.Module())).toEqual([]);
    expect('call' in net).toBe(false);
  });

  it('keeps two instances apart', () => {
    const [a, b] = [new Counter(), new Counter()];
    a(ones(1, 2));
    expect([a.calls, b.calls]).toEqual([1, 0]);
    a.eval();
    expect([a.training, b.training]).toEqual([false, true]);
  });

  it('takes any number of arguments and gives any result', () => {
    class Pair extends nn.Module<[a: Tensor, b?: number], [Tensor, number]> {
      override forward(a: Tensor, b = 3): [Tensor, number] {
        return [a, b];
      }
    }
    const x = ones(1);
    expectSame(new Pair()(x), [x, 3]);
    expectSame(new Pair()(x, 4), [x, 4]);
  });

  it('lets a subclass override forward of a layer', () => {
    class Doubled extends nn.Linear {
      override forward(x: Tensor): Tensor {
        return super.forward(x).mul(2);
      }
    }
    const fc = new Doubled(2, 2);
    expect(fc(ones(2)).tolist()).toEqual(nn.functional.linear(ones(2), fc.weight, fc.bias).mul(2).tolist());
    expect(String(fc)).toBe('Doubled(in_features=2, out_features=2, bias=True)');
  });

  it('names the class whose forward is missing', () => {
    class Net extends nn.Module {}
    expect(() => new nn.Module()(ones(1))).toThrow(new TorchletError(expected.errors.forward));
    expect(() => new Net()(ones(1))).toThrow('Module [Net] is missing the required "forward" function');
    expect(() => new nn.ModuleList()(...([] as never))).toThrow('Module [ModuleList] is missing');
  });
});

describe('printing', () => {
  it.each(expected.reprs)('$repr', (c) => {
    expect(String(makeLayer(c))).toBe(c.repr);
  });

  it('shows the tree of modules, for console.log too', () => {
    const text = [
      'LeNet(',
      '  (conv1): Conv2d(1, 16, kernel_size=(3, 3), stride=(1, 1), padding=(1, 1))',
      '  (conv2): Conv2d(16, 32, kernel_size=(3, 3), stride=(1, 1), padding=(1, 1))',
      '  (fc1): Linear(in_features=1568, out_features=128, bias=True)',
      '  (fc2): Linear(in_features=128, out_features=10, bias=True)',
      ')',
    ].join('\n');
    expect(inspect(new LeNet(16, 28, 128))).toBe(text);
    expect(`${new LeNet(16, 28, 128)}`).toBe(text);
  });

  it('a module with text of its own and children', () => {
    class Net extends nn.Module {
      fc = new nn.Sequential(new nn.ReLU());
      override extra_repr(): string {
        return 'first line\nsecond line';
      }
    }
    expect(String(new Net())).toBe('Net(\n  first line\n  second line\n  (fc): Sequential(\n    (0): ReLU()\n  )\n)');
  });

  it('equal neighbours in a ModuleList once', () => {
    const list = new nn.ModuleList([new nn.Linear(1, 2), new nn.Linear(1, 2), new nn.ReLU(), new nn.Linear(1, 2)]);
    const linear = 'Linear(in_features=1, out_features=2, bias=True)';
    expect(String(list)).toBe(`ModuleList(\n  (0-1): 2 x ${linear}\n  (2): ReLU()\n  (3): ${linear}\n)`);
    expect(String(new nn.ModuleList([new nn.Sequential(new nn.ReLU())]))).toBe(
      'ModuleList(\n  (0): Sequential(\n    (0): ReLU()\n  )\n)',
    );
  });

  it('a Parameter', () => {
    expect(String(new nn.Parameter(tensor([1.5, -2])))).toBe(expected.parameter_repr);
    expect(inspect(new nn.Parameter(tensor([[1]]), false))).toBe(expected.frozen_parameter_repr);
  });
});
