import * as nn from '@torchlet/nn';
import { DeviceError, ones, randn, type Tensor, tensor, ValueError } from '@torchlet/tensor';
import { describe, expect, it } from 'vitest';
import { expectClose, expectSame } from './helpers.js';

import { errors, expected, names, Tree } from './trees.js';

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

  it('to() moves parameters and gradients to the gpu device and back', () => {
    const net = new nn.Sequential(new nn.Conv2d(1, 2, 3), new nn.Flatten(), new nn.Linear(8, 1));
    const x = randn(2, 1, 4, 4);
    const { weight } = net[0] as nn.Conv2d;
    const here = net(x);
    const there = net.gpu()(x.to('gpu'));
    expect([there.device, weight.device]).toEqual(['gpu', 'gpu']);
    expectClose(there.cpu().detach(), here.detach());
    there.sum().backward();
    expect([weight.grad?.device, weight.is_leaf]).toEqual(['gpu', true]);
    net.to({ device: 'cpu' });
    expect([weight.device, weight.grad?.device]).toEqual(['cpu', 'cpu']);
    expect(net(x).tolist()).toEqual(here.tolist());
  });

  it('to() leaves the memory alone when nothing changes', () => {
    const fc = new nn.Linear(2, 2);
    const { storage } = fc.weight;
    const alias = fc.weight.detach();
    fc.float().cpu();
    expect(fc.weight.storage).toBe(storage);
    alias.zero_();
    expect(fc.weight._version).toBe(alias._version);
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
