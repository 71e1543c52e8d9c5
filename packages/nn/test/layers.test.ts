import * as nn from '@torchlet/nn';
import { arange, manual_seed, ones, randn, type Tensor, tensor, ValueError, zeros } from '@torchlet/tensor';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { expectClose, expectSame, fixture, type LayerCase, LeNet, makeLayer, type Packed, unpack } from './helpers.js';

interface LayersFixture {
  weight: Packed;
  /** Of the layers with weights, which come first and are made in order. */
  seed: number;
  values: (LayerCase & { inputs: Packed[]; results: Packed[] })[];
}

interface LeNetFixture {
  seed: number;
  state_dict: Record<string, Packed>;
  input: Packed;
  target: number[];
  output: Packed;
  loss: number;
  input_grad: Packed;
  grads: Record<string, Packed>;
}

const expected = fixture<LayersFixture>('layers');
const { errors } = fixture<{ errors: Record<string, string> }>('modules');
const lenet = fixture<LeNetFixture>('lenet');

afterEach(() => {
  vi.restoreAllMocks();
});

describe('LeNet, forward and backward, against PyTorch', () => {
  manual_seed(lenet.seed);
  const net = new LeNet(4, 8, 16);
  const input = unpack(lenet.input).requires_grad_();
  const output = net(input);
  const loss = new nn.CrossEntropyLoss()(output, tensor(lenet.target, { dtype: 'int64' }));
  loss.backward();

  it('starts with the same weights', () => {
    for (const [key, value] of Object.entries(net.state_dict()))
      expectClose(value, unpack(lenet.state_dict[key]), 1e-7);
  });

  it('computes the same output and loss', () => {
    expectClose(output, unpack(lenet.output));
    expect(Math.abs(Number(loss.item()) - lenet.loss)).toBeLessThan(1e-5 * lenet.loss);
  });

  it('has the same gradients', () => {
    for (const [name, param] of net.named_parameters()) expectClose(param.grad as Tensor, unpack(lenet.grads[name]));
    expectClose(input.grad as Tensor, unpack(lenet.input_grad));
  });
});

describe('layers hand their options on, against PyTorch', () => {
  manual_seed(expected.seed);
  const layers = expected.values.map((c) => {
    const weight = c.options.weight === 'WEIGHT' ? { weight: unpack(expected.weight) } : {};
    return makeLayer({ ...c, options: { ...c.options, ...weight } });
  });
  expected.values.forEach((c, i) => {
    it(`${c.layer}(${JSON.stringify(c.args)}, ${JSON.stringify(c.options)})`, () => {
      vi.spyOn(console, 'warn').mockImplementation(() => undefined);
      const result = layers[i](...c.inputs.map(unpack));
      const results = (Array.isArray(result) ? result : [result]) as Tensor[];
      expect(results.length).toBe(c.results.length);
      results.forEach((r, j) => {
        expectClose(r, unpack(c.results[j]));
      });
    });
  });
});

describe('ReLU and Dropout', () => {
  it('write in place when told to', () => {
    const x = tensor([-1, 2]);
    expect(new nn.ReLU({ inplace: true })(x)).toBe(x);
    expect(x.tolist()).toEqual([0, 2]);
    expect(new nn.Dropout(1, true)(x)).toBe(x);
    expect(x.tolist()).toEqual([0, 0]);
  });

  it('Dropout draws only while training', () => {
    const dropout = new nn.Dropout({ p: 0.25 });
    const x = ones(1000);
    manual_seed(3);
    const dropped = dropout(x);
    manual_seed(3);
    expect(dropped.tolist()).toEqual(nn.functional.dropout(x, 0.25).tolist());
    const kept = dropped.ne(0).sum().item();
    expect(kept).toBeGreaterThan(700);
    expect(kept).toBeLessThan(800);
    dropout.eval();
    expect(dropout(x)).toBe(x);
  });
});

describe('Sequential', () => {
  it('runs its modules one after the other', () => {
    const net = new nn.Sequential(new nn.Linear(3, 4), new nn.ReLU(), new nn.Linear(4, 2));
    const x = randn(5, 3);
    const [a, , b] = [...net] as nn.Linear[];
    expect(net(x).tolist()).toEqual(b(a(x).relu()).tolist());
    expect(new nn.Sequential()(x)).toBe(x);
  });

  it('is indexed, iterated and changed', () => {
    const [a, b, c] = [new nn.ReLU(), new nn.Tanh(), new nn.Sigmoid()];
    const net = new nn.Sequential(a, b);
    expect([net.length, net[0] === a, net.at(-1) === b]).toEqual([2, true, true]);
    expect(net.append(c)).toBe(net);
    expectSame(net, [a, b, c]);
    net.insert(1, c);
    expectSame(net, [a, c, b, c]);
    net.insert(-1, a);
    expectSame(net, [a, c, b, a, c]);
    expect(net.pop()).toBe(c);
    expect(net.pop(1)).toBe(c);
    expectSame(net, [a, b, a]);
    net.extend(new nn.Sequential(b, c));
    expectSame(net, [a, b, a, b, c]);
    net.extend(net);
    expect(net.length).toBe(10);
    net[0] = c;
    expect(net.at(0)).toBe(c);
    const many = new nn.Sequential(...Array.from({ length: 12 }, (_, i) => new nn.Linear(i + 1, i + 2)));
    expect([...many].map((m) => (m as nn.Linear).in_features)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]);
    expect(many(ones(1)).shape).toEqual([13]);
  });

  it('takes names, from an object or a Map', () => {
    const [conv, relu] = [new nn.Conv2d(1, 1, 1), new nn.ReLU()];
    const net = new nn.Sequential({ conv, relu });
    expect(net.get_submodule('conv')).toBe(conv);
    expect(Object.keys(net.state_dict())).toEqual(['conv.weight', 'conv.bias']);
    expectSame(net, [conv, relu]);
    const ordered = new nn.Sequential(
      new Map<string, nn.AnyModule>([
        ['10', conv],
        ['9', relu],
      ]),
    );
    expectSame(ordered, [conv, relu]);
    expect([...ordered.named_children()].map(([name]) => name)).toEqual(['10', '9']);
    expect(ordered.pop(0)).toBe(conv);
    expect([...ordered.named_children()].map(([name]) => name)).toEqual(['0']);
  });

  it('refuses what is no module, and positions that are not there', () => {
    const net = new nn.Sequential(new nn.ReLU());
    const fails = (fn: () => unknown, message: string) => expect(fn).toThrow(new ValueError(message));
    fails(() => new nn.Sequential(new nn.ReLU(), 3 as never), 'number is not a Module subclass');
    fails(() => new nn.Sequential({ a: ones(1) as never }), 'torch.FloatTensor is not a Module subclass');
    fails(() => net.append(null as never), 'append(): expected a Module, got null');
    fails(() => net.insert(0, 'relu' as never), 'insert(): expected a Module, got string');
    fails(() => net.insert(3, new nn.ReLU()), 'Index out of range: 3');
    fails(() => net.at(1), 'index 1 is out of range');
    fails(() => net.pop(-2), 'index -2 is out of range');
    fails(() => net.extend(3 as never), 'Sequential.extend should be called with an iterable, but got number');
    expect(net.length).toBe(1);
  });
});

describe('ModuleList', () => {
  it('is part of the module it is a field of', () => {
    class Net extends nn.Module {
      layers = new nn.ModuleList(Array.from({ length: 11 }, () => new nn.Linear(2, 2, { bias: false })));
      override forward(x: Tensor): Tensor {
        let y = x;
        for (const layer of this.layers) if (layer instanceof nn.Linear) y = layer(y);
        return y;
      }
    }
    const net = new Net();
    expect(net.layers.length).toBe(11);
    expect(Object.keys(net.state_dict())).toEqual(Array.from({ length: 11 }, (_, i) => `layers.${i}.weight`));
    expect(net(ones(1, 2)).shape).toEqual([1, 2]);
    expect(new nn.ModuleList().length).toBe(0);
  });
});

describe('arguments', () => {
  it('by position and by name', () => {
    const conv = new nn.Conv2d({ in_channels: 2, out_channels: 4, kernel_size: [3, 1], groups: 2, bias: false });
    expect([conv.weight.shape, conv.bias, conv.stride, conv.padding]).toEqual([[4, 1, 3, 1], null, [1, 1], [0, 0]]);
    expect(new nn.Linear(2, { out_features: 5, dtype: 'float64' }).weight.dtype).toBe('float64');
    expect(new nn.Linear(2, 3, true, 'cpu', 'float64').bias?.dtype).toBe('float64');
    expect(new nn.MaxPool2d(2, { stride: 1 })(zeros(1, 3, 3)).shape).toEqual([1, 2, 2]);
    expect(new nn.Flatten({ start_dim: 0 })(arange(6).view(2, 3)).shape).toEqual([6]);
  });

  it('that do not fit are refused', () => {
    const fails = (fn: () => unknown, message: string) => {
      expect(fn).toThrow(ValueError);
      expect(fn).toThrow(new ValueError(message));
    };
    fails(() => new nn.Linear(2, 3, { biass: true } as never), "Linear() got an unexpected keyword argument 'biass'");
    fails(() => new nn.Linear(2), "Linear() missing 1 required positional argument: 'out_features'");
    fails(() => new nn.Linear(2.5, 1), "Linear(): argument 'in_features' must be int, got 2.5");
    fails(() => new nn.Linear(-1, 1), "Linear(): argument 'in_features' must be at least 0, got -1");
    fails(() => new nn.Linear(1, 1, 'no' as never), "Linear(): argument 'bias' must be bool, got no");
    fails(() => new nn.Conv2d(3, 4, 1, { groups: 2 }), errors.conv_in);
    fails(() => new nn.Conv2d(4, 3, 1, { groups: 2 }), errors.conv_out);
    fails(() => new nn.Conv2d(4, 4, 1, { groups: 0 }), 'groups must be a positive integer');
    fails(() => new nn.Conv2d(4, 4, 1, { stride: 2, padding: 'same' }), errors.conv_same);
    fails(
      () => new nn.Conv2d(4, 4, 1, { padding: 'full' as 'same' }),
      "Invalid padding string 'full', should be one of {'valid', 'same'}",
    );
    fails(
      () => new nn.Conv2d(1, 1, 1, { padding_mode: 'mirror' as 'zeros' }),
      "padding_mode must be one of {'zeros', 'reflect', 'replicate', 'circular'}, but got padding_mode='mirror'",
    );
    fails(() => new nn.Conv2d(1, 1), "Conv2d() missing 1 required positional argument: 'kernel_size'");
    fails(
      () => new nn.Conv2d(1, 1, [1, 2, 3]),
      'Conv2d(): expected kernel_size to be a single integer value or a list of 2 values to match the spatial dimensions, ' +
        'but got kernel_size=[1, 2, 3]',
    );
    fails(() => new nn.MaxPool2d({}), "MaxPool2d() missing 1 required positional argument: 'kernel_size'");
    fails(() => new nn.Dropout(1.5), errors.dropout);
    fails(() => new nn.Dropout(Number.NaN), "Dropout(): argument 'p' must be a number, got NaN");
    fails(
      () => new nn.MSELoss({ reduction: 'max' as 'sum' })(ones(1), ones(1)),
      'mse_loss(): max is not a valid value for reduction',
    );
  });
});
