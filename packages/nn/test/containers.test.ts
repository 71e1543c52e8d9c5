import * as nn from '@torchlet/nn';
import { ones, type Tensor, TorchletError, ValueError, zeros } from '@torchlet/tensor';
import { describe, expect, it } from 'vitest';
import { expectSame, fixture } from './helpers.js';

interface ContainersFixture {
  state_dict: string[];
  named_modules: string[];
  repr: string;
  empty: string[];
  one: string[];
  module_dict: string[][];
  parameter_dict: string[][];
  errors: Record<string, string>;
}

const expected = fixture<ContainersFixture>('containers');

class Net extends nn.Module {
  layers = new nn.ModuleDict([
    ['conv', new nn.Conv2d(1, 2, 3)],
    ['10', new nn.Linear(2, 2, { bias: false })],
    ['2', new nn.ReLU()],
  ]);
  list = new nn.ParameterList([new nn.Parameter(zeros(2, 3)), ones(4)]);
  dict = new nn.ParameterDict([
    ['w', zeros(3, 1)],
    ['10', zeros([])],
    ['2', zeros(0)],
  ]);
  own = new nn.Parameter(zeros(1));
}

describe('containers, against PyTorch', () => {
  it('have the keys of PyTorch, in its order', () => {
    const net = new Net();
    expect(Object.keys(net.state_dict())).toEqual(expected.state_dict);
    expect([...net.named_modules()].map(([name]) => name)).toEqual(expected.named_modules);
    expect(net.load_state_dict(new Net().state_dict()).missing_keys).toEqual([]);
  });

  it('print as in PyTorch', () => {
    expect(String(new Net())).toBe(expected.repr);
    const empty = [new nn.ModuleDict(), new nn.ParameterList(), new nn.ParameterDict()];
    expect(empty.map(String)).toEqual(expected.empty);
    const one = [
      new nn.ParameterList([zeros(2, 3)]),
      new nn.ParameterList([zeros(2, { dtype: 'float64' })]),
      new nn.ParameterDict({ a: zeros([2, 3], { dtype: 'float64' }) }),
    ];
    expect(one.map(String)).toEqual(expected.one);
  });

  it('are copied by deepcopy', () => {
    const net = new Net();
    const copy = nn.deepcopy(net);
    expect(String(copy)).toBe(expected.repr);
    expect(copy.list[0] !== net.list[0] && copy.dict.get('w') !== net.dict.get('w')).toBe(true);
    copy.list.append(zeros(1));
    expect([copy.list.length, net.list.length]).toEqual([3, 2]);
  });
});

describe('ModuleDict', () => {
  it('changes as in PyTorch', () => {
    const d = new nn.ModuleDict<Record<string, nn.AnyModule>>({ b: new nn.ReLU(), a: new nn.Tanh() });
    const steps = [[...d]];
    d.set('c', new nn.Identity()).set('b', new nn.Sigmoid());
    steps.push([String(d)]);
    d.update({ z: new nn.ReLU(), a: new nn.ReLU() });
    steps.push([String(d)]);
    const popped = d.pop('b');
    steps.push([String(popped), ...d]);
    d.set('b', popped);
    steps.push([...d]);
    d.update(
      new Map([
        ['y', new nn.Tanh()],
        ['c', new nn.Tanh()],
      ]),
    );
    steps.push([String(d)]);
    d.clear();
    steps.push([String(d)]);
    expect(steps).toEqual(expected.module_dict);
  });

  it('gives its modules by name, as fields too, and typed', () => {
    const [conv, act] = [new nn.Conv2d(1, 1, 1), new nn.ReLU()];
    const d = new nn.ModuleDict({ conv, act });
    const x: Tensor = d.get('conv')(ones(1, 1, 2, 2));
    expect(x.shape).toEqual([1, 1, 2, 2]);
    expectSame([d.get('conv'), d.conv, d.get('act')], [conv, conv, act]);
    expect([d.length, d.has('conv'), d.contains('conv'), d.has('pool'), d.contains('keys')]).toEqual([
      2,
      true,
      true,
      false,
      false,
    ]);
    expectSame(d.values(), [conv, act]);
    expect([...d.items()].map(([name]) => name)).toEqual([...d.keys()]);
    d.pool = act;
    expect([...d]).toEqual(['conv', 'act', 'pool']);
    expect([...new nn.ModuleDict(d)]).toEqual([...d]);
    expect(new nn.ModuleDict(null).length).toBe(0);
  });

  it('reports what it cannot hold', () => {
    const d = new nn.ModuleDict();
    const relu = new nn.ReLU();
    const { errors } = expected;
    const cases: [() => unknown, string][] = [
      [() => d.update(3 as never), errors.module_update.replace('int', 'number')],
      [() => d.update([3] as never), errors.module_update_element.replace('isint', 'is number')],
      [() => d.update([['a']] as never), errors.module_update_length],
      [() => d.set('keys', relu), errors.module_exists],
      [() => d.set('a.b', relu), errors.module_dot],
      [() => d.set('', relu), errors.module_empty],
      [() => d.set('a', 3 as never), 'number is not a Module subclass'],
      [() => d.set('a', null as never), 'null is not a Module subclass'],
      [() => d.get('a'), "ModuleDict has no key 'a'"],
      [() => d.get('keys'), "ModuleDict has no key 'keys'"],
      [() => d.pop('a'), "ModuleDict has no key 'a'"],
    ];
    for (const [run, message] of cases) expect(run).toThrow(new ValueError(message));
    expect(d.length).toBe(0);
  });
});

describe('ParameterList', () => {
  it('is a list', () => {
    const [a, b] = [new nn.Parameter(zeros(2)), new nn.Parameter(zeros(3), false)];
    const list = new nn.ParameterList([a]).append(b).extend([ones(4), a]);
    expectSame([list[0], list[1], list.at(-1), list[3]], [a, b, a, a]);
    expect(list[2]).toBeInstanceOf(nn.Parameter);
    expect([list.length, [...list].map((p) => p.shape[0])]).toEqual([4, [2, 3, 4, 2]]);
    const t = ones(5);
    list.set(-1, t);
    expect(list[3].storage === t.storage && list[3].requires_grad).toBe(true);
    expect([...list.named_parameters()].map(([name]) => name)).toEqual(['0', '1', '2', '3']);
  });

  it('reports what it cannot do', () => {
    const list = new nn.ParameterList([zeros(1)]);
    const { errors } = expected;
    const cases: [() => unknown, Error][] = [
      [() => list.at(1), new ValueError(errors.list_index)],
      [() => list.at(0.5), new ValueError('index 0.5 is out of range')],
      [() => list.set(1, zeros(1)), new ValueError(errors.list_index)],
      [() => list.append(3 as never), new ValueError('append(): expected a Tensor, got number')],
      [() => list.set(0, null as never), new ValueError('set(): expected a Tensor, got null')],
      [
        () => list.extend(zeros(1) as never),
        new ValueError('ParameterList.extend should be called with an iterable, but got torch.FloatTensor'),
      ],
      [
        () => list.extend(3 as never),
        new ValueError('ParameterList.extend should be called with an iterable, but got number'),
      ],
      [() => Reflect.apply(list, undefined, [1]), new TorchletError(errors.list_call)],
    ];
    for (const [run, error] of cases) expect(run).toThrow(error);
    expect(list.length).toBe(1);
  });
});

describe('ParameterDict', () => {
  it('changes as in PyTorch', () => {
    const d = new nn.ParameterDict({ b: zeros(2), a: ones(1) });
    const steps = [[...d]];
    d.set('0', zeros(1, 1)).set('b', zeros(5));
    steps.push([String(d)]);
    d.setdefault('b', zeros(6));
    d.setdefault('d', zeros(7));
    steps.push([String(d)]);
    const [key, value] = d.popitem();
    steps.push([key, `[${value.shape}]`, ...d]);
    d.update(
      new nn.ParameterDict([
        ['y', zeros(1)],
        ['c', zeros(1)],
      ]),
    );
    steps.push([...d]);
    d.pop('a');
    steps.push([...d.copy()]);
    d.clear();
    steps.push([String(d)]);
    expect(steps).toEqual(expected.parameter_dict);
  });

  it('gives its parameters by name', () => {
    const w = new nn.Parameter(zeros(2));
    const d = new nn.ParameterDict({ w });
    expectSame([d.get('w'), d.w, d.get('v'), d.get('v', 'none'), ...d.values()], [w, w, null, 'none', w]);
    expect([d.length, d.has('w'), d.contains('v'), [...d.items()][0][0]]).toEqual([1, true, false, 'w']);
    expect(d.copy().get('w') === w).toBe(true);
  });

  it('reports what it cannot do', () => {
    const d = new nn.ParameterDict();
    const { errors } = expected;
    const cases: [() => unknown, Error][] = [
      [() => d.set(3 as never, zeros(1)), new ValueError(errors.dict_key.replace('int', 'number'))],
      [() => d.set('keys', zeros(1)), new ValueError(errors.dict_exists)],
      [() => d.set('a', 3 as never), new ValueError('set(): expected a Tensor, got number')],
      [() => d.update([['a']] as never), new ValueError(errors.dict_update_length)],
      [
        () => d.update(3 as never),
        new ValueError('ParameterDict.update should be called with an iterable of key/value pairs, but got number'),
      ],
      [() => d.pop('a'), new ValueError("ParameterDict has no key 'a'")],
      [() => d.popitem(), new ValueError('popitem(): dictionary is empty')],
      [() => Reflect.apply(d, undefined, [1]), new TorchletError(errors.dict_call)],
    ];
    for (const [run, error] of cases) expect(run).toThrow(error);
    expect(d.length).toBe(0);
  });
});
