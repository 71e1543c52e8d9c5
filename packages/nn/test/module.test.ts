import * as nn from '@torchlet/nn';
import { DeviceError, ones, type Tensor, tensor, ValueError, zeros } from '@torchlet/tensor';
import { describe, expect, it } from 'vitest';
import { expectSame, fixture } from './helpers.js';

interface ModulesFixture {
  tree: Record<string, string[]> & { repr: string; keys_matched: string };
  errors: Record<string, string>;
}

const { tree: expected, errors } = fixture<ModulesFixture>('modules');

class Block extends nn.Module {
  fc: nn.Linear;
  declare mean: Tensor;
  declare scratch: Tensor;
  declare absent: nn.Parameter | null;
  scale: nn.Parameter;

  constructor(width: number) {
    super();
    this.fc = new nn.Linear(width, width);
    this.register_buffer('mean', zeros(width));
    this.register_buffer('scratch', ones(1), { persistent: false });
    this.register_parameter('absent', null);
    this.scale = new nn.Parameter(ones([]));
  }
}

/** Shared modules and parameters, children without a value, names that are numbers; as in the fixture. */
class Tree extends nn.Module {
  first: Block;
  again: Block;
  tied: nn.Linear;
  nothing = null;
  own: nn.Parameter;
  declare mean: Tensor;

  constructor() {
    super();
    this.first = new Block(2);
    this.add_module('10', new nn.Linear(2, 3));
    this.register_module('2', new nn.Sequential(new nn.Linear(2, 2), new nn.ReLU(), new nn.Sequential()));
    this.again = this.first;
    this.tied = new nn.Linear(2, 2);
    this.tied.weight = this.first.fc.weight;
    this.add_module('none', null);
    this.register_buffer('mean', this.first.mean);
    this.own = new nn.Parameter(zeros(1, 2));
  }
}

const names = (pairs: Iterable<readonly [string, unknown]>): string[] => [...pairs].map(([name]) => name);

describe('what a module has', () => {
  const tree = new Tree();

  it('is listed under the names and in the order of PyTorch', () => {
    expect(names(tree.named_parameters())).toEqual(expected.named_parameters);
    expect(names(tree.named_parameters('a.b'))).toEqual(expected.named_parameters_prefix);
    expect(names(tree.named_parameters({ prefix: 'a.b' }))).toEqual(expected.named_parameters_prefix);
    expect(names(tree.named_parameters({ recurse: false }))).toEqual(expected.named_parameters_own);
    expect(names(tree.named_buffers())).toEqual(expected.named_buffers);
    expect(names(tree.named_children())).toEqual(expected.named_children);
    expect(names(tree.named_modules())).toEqual(expected.named_modules);
    expect(names(tree.named_modules({ prefix: 'p', remove_duplicate: false }))).toEqual(expected.named_modules_all);
    expect(Object.keys(tree.state_dict())).toEqual(expected.state_dict);
    expect(Object.keys(tree.state_dict({ prefix: 'net.' }))).toEqual(expected.state_dict_prefix);
    expect(String(tree)).toBe(expected.repr);
  });

  it('is given without names, shared things once', () => {
    expectSame(
      tree.parameters(),
      [...tree.named_parameters()].map(([, p]) => p),
    );
    expectSame(tree.parameters(false), [tree.own]);
    expectSame(tree.buffers(), [tree.mean, tree.first.scratch]);
    expectSame(tree.buffers({ recurse: false }), [tree.mean]);
    expect([...tree.children()].length).toBe(4);
    expect([...tree.modules()][0]).toBe(tree);
    expect([...tree.modules()].length).toBe(expected.named_modules.length);
  });

  it('is given under every name without remove_duplicate', () => {
    const all = names(tree.named_parameters({ remove_duplicate: false }));
    expect(all).toEqual(expect.arrayContaining(['first.fc.weight', 'again.fc.weight', 'tied.weight']));
    expect(names(tree.named_buffers('', true, false))).toContain('again.mean');
  });

  it('leaves out the modules in memo, and adds to it', () => {
    const memo = new Set<nn.AnyModule>([tree.first]);
    expect(names(tree.named_modules(memo))).not.toContain('first.fc');
    expect(memo.has(tree.tied)).toBe(true);
  });

  it('is found by its path', () => {
    expect(tree.get_submodule('')).toBe(tree);
    expect(tree.get_submodule('again.fc')).toBe(tree.first.fc);
    expect(tree.get_submodule('2.1')).toBeInstanceOf(nn.ReLU);
    expect(tree.get_parameter('first.fc.weight')).toBe(tree.tied.weight);
    expect(tree.get_parameter('own')).toBe(tree.own);
    expect(tree.get_buffer('first.mean')).toBe(tree.mean);
  });

  it('is not found under a wrong path, in the words of PyTorch', () => {
    class Bare extends nn.Module {
      fc = new nn.Linear(1, 1);
      x = 3;
      override _get_name(): string {
        return 'Module';
      }
    }
    const net = new Bare();
    const fails = (fn: () => unknown, message: string) => expect(fn).toThrow(new ValueError(message));
    fails(() => net.get_submodule('y'), errors.submodule);
    fails(() => net.get_submodule('x'), errors.submodule_not);
    fails(() => net.get_parameter('fc.w'), errors.parameter);
    fails(() => net.get_parameter('fc.in_features'), errors.parameter_not);
    fails(() => net.get_buffer('fc.weight'), errors.buffer);
  });
});

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

describe('modes, devices and gradients', () => {
  it('train and eval reach every module', () => {
    const net = new nn.Sequential(new nn.Dropout(), new nn.Sequential(new nn.Dropout()));
    const modes = () => [...net.modules()].map((m) => m.training);
    expect(modes()).toEqual([true, true, true, true]);
    expect(net.eval()).toBe(net);
    expect(modes()).toEqual([false, false, false, false]);
    expect(net.train()).toBe(net);
    expect(modes()).toEqual([true, true, true, true]);
    net.train(false);
    expect(modes()).toEqual([false, false, false, false]);
    expect(() => net.train('yes' as never)).toThrow(new ValueError(errors.train));
  });

  it('apply visits children first and returns the module', () => {
    const seen: string[] = [];
    const net = new nn.Sequential(new nn.Sequential(new nn.ReLU()), new nn.Tanh());
    expect(net.apply((m) => seen.push(m._get_name()))).toBe(net);
    expect(seen).toEqual(['ReLU', 'Sequential', 'Tanh', 'Sequential']);
    const fc = new nn.Linear(2, 1);
    fc.apply((m) => {
      if (m instanceof nn.Linear) nn.init.ones_(m.weight);
    });
    expect(fc.weight.tolist()).toEqual([[1, 1]]);
  });

  it('to() casts what is floating-point and keeps parameters, their gradients and what is tied', () => {
    const net = new Tree();
    net.register_buffer('count', tensor([3], { dtype: 'int64' }));
    const before = [...net.parameters()];
    net.first.fc(ones(1, 2)).sum().backward();
    const { weight } = net.tied;
    const grad = weight.grad as Tensor;
    expect(net.double()).toBe(net);
    expectSame(net.parameters(), before);
    expect(before.every((p) => p.dtype === 'float64' && p.requires_grad && p.is_leaf)).toBe(true);
    expect(net.first.fc.weight).toBe(weight);
    expect(weight.grad).toBe(grad);
    expect([grad.dtype, grad.tolist()]).toEqual([
      'float64',
      [
        [1, 1],
        [1, 1],
      ],
    ]);
    expect([net.mean.dtype, net.get_buffer('count').dtype]).toEqual(['float64', 'int64']);
    const y = net.first.fc(ones(1, 2, { dtype: 'float64' }));
    y.sum().backward();
    expect(weight.grad?.tolist()).toEqual([
      [2, 2],
      [2, 2],
    ]);
    expect(net.float().tied.weight.dtype).toBe('float32');
    expect(weight.grad?.dtype).toBe('float32');
  });

  it('to() takes a dtype, a device, a tensor or options', () => {
    const fc = new nn.Linear(1, 1);
    const { weight } = fc;
    const dtypeAfter = (change: () => unknown) => {
      change();
      expect(fc.weight).toBe(weight);
      return fc.weight.dtype;
    };
    expect(dtypeAfter(() => fc.to('float64'))).toBe('float64');
    expect(dtypeAfter(() => fc.to('cpu', 'float32'))).toBe('float32');
    expect(dtypeAfter(() => fc.to({ device: 'cpu', dtype: 'float64', non_blocking: true }))).toBe('float64');
    expect(dtypeAfter(() => fc.to(ones(1)))).toBe('float32');
    expect(dtypeAfter(() => fc.to('cpu', { dtype: 'float64' }))).toBe('float64');
    expect(dtypeAfter(() => fc.cpu())).toBe('float64');
    expect(dtypeAfter(() => fc.requires_grad_(false).type('int64'))).toBe('int64');
    expect(() => fc.to('int64')).toThrow(errors.to_integer);
    expect(() => fc.to('float16' as never)).toThrow(DeviceError);
    expect(() => fc.to({ dtype: 'float16' as never })).toThrow(new ValueError('to(): unknown dtype float16'));
    expect(() => fc.to(3 as never)).toThrow('to(): expected a dtype, a device or a Tensor, got 3');
    expect(() => fc.to({ type: 'float32' } as never)).toThrow("to() got an unexpected keyword argument 'type'");
  });

  it('to() leaves the memory alone when nothing changes', () => {
    const fc = new nn.Linear(2, 2);
    const { storage } = fc.weight;
    fc.float().cpu();
    expect(fc.weight.storage).toBe(storage);
  });

  it('zero_grad forgets gradients, or makes them 0', () => {
    const fc = new nn.Linear(2, 2);
    fc(ones(2)).sum().backward();
    const { grad } = fc.weight;
    fc.zero_grad({ set_to_none: false });
    expect(fc.weight.grad).toBe(grad);
    expect(grad?.tolist()).toEqual([
      [0, 0],
      [0, 0],
    ]);
    fc.zero_grad();
    expect([fc.weight.grad, fc.bias?.grad]).toEqual([null, null]);
  });

  it('requires_grad_ freezes', () => {
    const net = new nn.Sequential(new nn.Linear(2, 2), new nn.Linear(2, 1));
    expect(net.requires_grad_(false)).toBe(net);
    expect(net(ones(2)).requires_grad).toBe(false);
    net.requires_grad_();
    expect(net(ones(2)).requires_grad).toBe(true);
  });
});

describe('Parameter', () => {
  it('shares the memory and the version of its tensor, and is a leaf', () => {
    const t = ones(2);
    const p = new nn.Parameter(t);
    expect([p.requires_grad, p.is_leaf, t.requires_grad]).toEqual([true, true, false]);
    t.mul_(3);
    expect(p.tolist()).toEqual([3, 3]);
    expect(p._version).toBe(1);
    expect(new nn.Parameter(ones(1, { requires_grad: true }).mul(2)).is_leaf).toBe(true);
  });

  it('takes its arguments by position and by name', () => {
    expect(new nn.Parameter(ones(1), false).requires_grad).toBe(false);
    expect(new nn.Parameter(ones(1), { requires_grad: false }).requires_grad).toBe(false);
    expect(new nn.Parameter().shape).toEqual([0]);
  });

  it('refuses what is no tensor, and gradients of integers', () => {
    expect(() => new nn.Parameter([1, 2] as never)).toThrow(
      new ValueError("Parameter(): argument 'data' must be Tensor, not Array"),
    );
    expect(() => new nn.Parameter(tensor([1], { dtype: 'int64' }))).toThrow(/floating point/);
    expect(new nn.Parameter(tensor([1], { dtype: 'int64' }), false).dtype).toBe('int64');
  });

  it('gives plain tensors when computed with', () => {
    expect(new nn.Parameter(ones(1)).mul(2)).not.toBeInstanceOf(nn.Parameter);
    expect(new nn.Parameter(ones(1)).detach()).not.toBeInstanceOf(nn.Parameter);
  });
});
