import * as nn from '@torchlet/nn';
import { ones, type Tensor, ValueError, zeros } from '@torchlet/tensor';
import { describe, expect, it } from 'vitest';
import { expectSame } from './helpers.js';
import { Block, errors, names } from './trees.js';

describe('registration', () => {
  it('follows the fields: assigned, replaced, deleted', () => {
    class Net extends nn.Module {
      a: nn.Module | undefined = new nn.Linear(1, 1);
      b: nn.Module | null = new nn.ReLU();
    }
    const net = new Net();
    expect(names(net.named_children())).toEqual(['a', 'b']);
    const replaced = new nn.Linear(2, 2);
    net.a = replaced;
    expectSame(net.parameters(), [replaced.weight, replaced.bias]);
    net.b = null;
    expect(names(net.named_children())).toEqual(['a']);
    net.b = new nn.Tanh();
    expect(names(net.named_children())).toEqual(['a', 'b']);
    delete net.a;
    expect(names(net.named_children())).toEqual(['b']);
    net.a = replaced;
    expect(names(net.named_children())).toEqual(['b', 'a']);
    net.a = undefined;
    expect(names(net.named_modules())).toEqual(['', 'b']);
  });

  it('keeps the order of the calls, also for names that are numbers', () => {
    const net = new nn.Module();
    for (const name of ['10', 'b', '2', 'a', '0']) net.add_module(name, new nn.Identity());
    expect(names(net.named_children())).toEqual(['10', 'b', '2', 'a', '0']);
    const other = new nn.Module();
    for (const name of ['7', 'z', '3']) other.register_parameter(name, new nn.Parameter(ones(1)));
    expect(names(other.named_parameters())).toEqual(['7', 'z', '3']);
  });

  it('finds neither lists, nor private fields, nor plain tensors', () => {
    class Net extends nn.Module {
      list = [new nn.ReLU()];
      plain = ones(1);
      #hidden = new nn.Linear(1, 1);
      override forward(x: Tensor): Tensor {
        return this.#hidden(x);
      }
    }
    expect([...new Net().children()]).toEqual([]);
    expect(new Net().state_dict()).toEqual({});
  });

  it('takes a Parameter in the place of a buffer, and a tensor as a new buffer', () => {
    const net = new Block(2);
    const changed = ones(2);
    net.mean = changed;
    expect([...net.buffers()][0]).toBe(changed);
    net.mean = new nn.Parameter(ones(2));
    expect(names(net.named_buffers())).toEqual(['scratch']);
    expect(names(net.named_parameters())).toEqual(['scale', 'mean', 'fc.weight', 'fc.bias']);
  });

  it('keeps the place of what is absent', () => {
    const net = new Block(2);
    net.absent = new nn.Parameter(ones(3));
    expect(names(net.named_parameters({ recurse: false }))).toEqual(['absent', 'scale']);
    const fc = new nn.Linear(2, 2, { bias: false });
    expect(fc.bias).toBeNull();
    expect(Object.keys(fc.state_dict())).toEqual(['weight']);
    fc.bias = new nn.Parameter(ones(2));
    expect(Object.keys(fc.state_dict())).toEqual(['weight', 'bias']);
    fc.bias = null;
    expect(fc(ones(2)).shape).toEqual([2]);
    expect(Object.keys(fc.state_dict())).toEqual(['weight']);
  });

  it('refuses bad names and values, in the words of PyTorch', () => {
    const m = new Block(2);
    const fails = (fn: () => unknown, message: string) => expect(fn).toThrow(new ValueError(message));
    fails(() => m.register_buffer('a.b', null), errors.buffer_dot);
    fails(() => m.register_buffer('', null), errors.buffer_empty);
    fails(() => m.register_buffer('fc', null), errors.buffer_exists);
    fails(() => m.register_buffer('forward', null), "attribute 'forward' already exists");
    fails(() => m.register_buffer('__proto__', ones(1)), "attribute '__proto__' already exists");
    fails(() => m.register_buffer(3 as never, null), 'buffer name should be a string. Got number');
    fails(
      () => m.register_buffer('x', 3 as never),
      "cannot assign 'number' object to buffer 'x' (torch Tensor or None required)",
    );
    fails(() => m.register_parameter('a.b', null), errors.parameter_dot);
    fails(() => m.register_parameter('', null), errors.parameter_empty);
    fails(() => m.register_parameter('training', null), errors.parameter_exists);
    fails(() => m.register_parameter(null as never, null), 'parameter name should be a string. Got null');
    fails(() => m.register_parameter('p', zeros(1) as never), errors.parameter_tensor);
    fails(() => m.add_module('a.b', null), errors.module_dot);
    fails(() => m.add_module('', null), errors.module_empty);
    fails(() => m.add_module('scale', null), errors.module_exists);
    fails(() => m.add_module('x', 'relu' as never), 'string is not a Module subclass');
    fails(() => m.add_module('x', ones(1) as never), 'torch.FloatTensor is not a Module subclass');
    expect(names(m.named_children())).toEqual(['fc']);
  });

  it('refuses a parameter that was computed', () => {
    const p = new nn.Parameter(ones(1), false);
    p.mul_(ones(1, { requires_grad: true }));
    expect(() => new nn.Module().register_parameter('p', p)).toThrow("Cannot assign non-leaf Tensor to parameter 'p'.");
  });

  it('finds what was assigned over a parameter, a module or a buffer by mistake', () => {
    const fails = (net: nn.Module, message: string) =>
      expect(() => [...net.parameters()]).toThrow(new ValueError(message));
    const fc = new nn.Linear(2, 2);
    fc.state_dict();
    fc.weight = zeros(2, 2) as nn.Parameter;
    fails(fc, errors.assign_parameter);
    const block = new Block(2);
    block.state_dict();
    Object.assign(block, { fc: zeros(2, 2) });
    fails(block, errors.assign_module);
    const other = new Block(2);
    Object.assign(other, { mean: 3 });
    fails(other, "cannot assign 'number' as buffer 'mean' (torch.Tensor or None expected)");
  });
});
