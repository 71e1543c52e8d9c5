import * as nn from '@torchlet/nn';
import { AutogradError, no_grad, ones, type Tensor, zeros } from '@torchlet/tensor';
import { describe, expect, it } from 'vitest';
import { deepcopy } from '../src/deepcopy.js';

class Net extends nn.Module {
  fc = new nn.Linear(2, 2);
  again = this.fc;
  rnn = new nn.GRU(2, 2);
  scale = new nn.Parameter(ones(1), false);
  sizes = [1, { two: 2 }];
  seen = new Set(['a']);
  table = new Map([['weight', this.fc.weight]]);
  act = (x: Tensor): Tensor => x.relu();

  constructor() {
    super();
    this.register_buffer('mean', zeros(2));
    this.register_buffer('scratch', zeros(2), false);
    this.register_parameter('absent', null);
    this.add_module('10', new nn.ReLU());
    this.add_module('2', new nn.Sequential(new nn.Linear(2, 1)));
  }

  override forward(x: Tensor): Tensor {
    return this.act(this.fc(x)).add(this.rnn(x)[0]);
  }
}

describe('deepcopy', () => {
  it('copies a module and all that it holds', () => {
    const net = new Net();
    net.fc.eval();
    const x = ones(3, 2);
    net(x).sum().backward();
    const copy = deepcopy(net);
    expect(copy).toBeInstanceOf(Net);
    expect(String(copy)).toBe(String(net));
    expect(Object.keys(copy.state_dict())).toEqual(Object.keys(net.state_dict()));
    expect(copy(x).tolist()).toEqual(net(x).tolist());
    expect([copy.training, copy.fc.training, copy.scale.requires_grad]).toEqual([true, false, false]);
    expect(copy.again === copy.fc && copy.fc !== net.fc).toBe(true);
    expect(copy.table.get('weight') === copy.fc.weight).toBe(true);
    expect([copy.sizes, [...copy.seen], copy.act]).toEqual([[1, { two: 2 }], ['a'], net.act]);
    expect(copy.sizes).not.toBe(net.sizes);
    expect(copy.fc.weight.grad?.tolist()).toEqual(net.fc.weight.grad?.tolist());
    no_grad(() => copy.fc.weight.fill_(7));
    expect(net.fc.weight.tolist()).not.toEqual(copy.fc.weight.tolist());
  });

  it('refuses tensors that were computed', () => {
    const net = new nn.Identity();
    Reflect.set(net, 'last', ones(1, { requires_grad: true }).mul(2));
    expect(() => deepcopy(net)).toThrow(
      new AutogradError(
        'Only Tensors created explicitly by the user (graph leaves) support the deepcopy protocol at the moment',
      ),
    );
  });
});
