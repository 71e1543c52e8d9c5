/** The law that an unknown option is an error and never ignored, wherever options are taken. */
import { describe, expect, it } from 'vitest';
import { type Case, callCase, loadAllCases, makeArgs } from '../../tensor/test/ops/fixtures.js';
import * as torch from '../src/index.js';

const { nn, optim } = torch;
const data = torch.utils.data;
const unknown = { no_such_option: 1 };
const MESSAGE = "got an unexpected keyword argument 'no_such_option'";
type Fn = (...args: unknown[]) => unknown;

/** Functions that take sizes, dimensions, indices or tensors one by one. */
const VARIADIC = new Set([
  ...['atleast_1d', 'atleast_2d', 'atleast_3d', 'broadcast_tensors', 'einsum', 'expand', 'flip', 'index', 'meshgrid'],
  ...['new_ones', 'new_zeros', 'ones', 'permute', 'repeat', 'reshape', 'sum_to_size', 'tile', 'view', 'zeros'],
]);

/** The method or function of a name, called whatever its type says. */
const call = (owner: object, name: string, ...args: unknown[]): unknown =>
  (Reflect.get(owner, name) as Fn).apply(owner, [...args, unknown]);
const make = (type: unknown, ...args: unknown[]): object =>
  Reflect.construct(type as new (...args: unknown[]) => object, args);

function expectRefused(run: () => unknown): void {
  expect(run).toThrow(torch.ValueError);
  expect(run).toThrow(MESSAGE);
}

/** Whether a call goes on as if the option were not there. */
function ignores(run: () => unknown): boolean {
  try {
    run();
    return true;
  } catch (error) {
    expect(error).toBeInstanceOf(torch.TorchletError);
    return false;
  }
}

describe('ops', () => {
  const byName = new Map<string, Case>();
  for (const c of loadAllCases().filter((x) => x.error === undefined))
    for (const name of c.fn) if (!byName.has(name)) byName.set(name, c);
  const withUnknown = (c: Case, name: string): unknown => {
    const { args } = makeArgs(c);
    const options = c.k === undefined ? {} : (args.pop() as object);
    return callCase(c, name, [...args, { ...options, ...unknown }]);
  };

  it('all refuse unknown options', () => {
    expect(byName.size).toBeGreaterThan(550);
    const found = [...byName].filter(([name, c]) => ignores(() => withUnknown(c, name))).map(([name]) => name);
    expect(found).toEqual([]);
  });

  it('all refuse a surplus argument, but for those that take any number', () => {
    const variadic = (name: string): boolean => VARIADIC.has(name.slice(name.indexOf('.') + 1));
    const surplus = (c: Case, name: string): unknown => {
      const { args } = makeArgs(c);
      if (c.k !== undefined) args.pop();
      while (args.length < 12) args.push(undefined);
      return callCase(c, name, [...args, 7]);
    };
    const found = [...byName].filter(([name, c]) => !variadic(name) && ignores(() => surplus(c, name)));
    expect(found.map(([name]) => name)).toEqual([]);
  });

  it('that take none say so', () => {
    const x = torch.ones(2);
    for (const name of ['exp', 'exp_', 'abs', 'clone', 'atan2', 'neg_'])
      expectRefused(() => call(x, name, ...(name === 'atan2' ? [x] : [])));
    expect(() => call(x, 'exp')).toThrow(`exp() ${MESSAGE}`);
    expect(() => call(x, 'exp_')).toThrow(`exp_() ${MESSAGE}`);
    // Python's f(**{}) is f()
    expect((Reflect.get(torch, 'exp') as Fn)(x, {})).toBeInstanceOf(torch.Tensor);
  });
});

describe('layers', () => {
  const abstract = ['Module', 'RNNBase', 'RNNCellBase'];
  // what stands there is a container's contents; Identity takes anything, as in PyTorch
  const takesAnything = ['Identity', 'ModuleDict', 'ModuleList', 'ParameterDict', 'ParameterList', 'Sequential'];
  const names = Object.entries(nn).flatMap(([name, type]) =>
    typeof type === 'function' && (type as { prototype?: unknown }).prototype instanceof nn.Module ? [name] : [],
  );
  const argumentsOf = (name: string): unknown[] => {
    if (name === 'Unflatten') return [0, [1, 1]];
    if (name === 'Transformer') return [2, 2, 1, 1, 2];
    if (name === 'TransformerEncoder') return [new nn.TransformerEncoderLayer(2, 2), 1];
    if (name === 'TransformerDecoder') return [new nn.TransformerDecoderLayer(2, 2), 1];
    const type: unknown = Reflect.get(nn, name);
    for (let n = 0; n < 5; n++) {
      try {
        make(type, ...new Array<number>(n).fill(2));
        return new Array<number>(n).fill(2);
      } catch {
        // it wants more
      }
    }
    return expect.fail(`no arguments for ${name}`);
  };

  it('all refuse unknown options and surplus arguments', () => {
    const layers = names.filter((name) => !abstract.includes(name) && !takesAnything.includes(name));
    expect(layers.length).toBeGreaterThan(80);
    const found = (...last: unknown[]): string[] =>
      layers.filter((name) => ignores(() => make(Reflect.get(nn, name), ...argumentsOf(name), ...last)));
    expect(found(unknown)).toEqual([]);
    const missing = new Array<undefined>(12).fill(undefined);
    expect(found(...missing, unknown)).toEqual([]);
    expect(found(...missing, 7)).toEqual([]);
  });

  it.each(['Linear', 'Conv2d', 'LSTM', 'ReLU', 'Sigmoid', 'Dropout', 'CrossEntropyLoss'])('%s says which', (name) => {
    expect(() => make(Reflect.get(nn, name), ...argumentsOf(name), unknown)).toThrow(`${name}() ${MESSAGE}`);
  });

  it.each<[string, unknown[]]>([
    ['to', ['float64']],
    ['state_dict', []],
    ['load_state_dict', [new nn.Linear(1, 1).state_dict()]],
    ['parameters', []],
    ['named_parameters', []],
    ['buffers', []],
    ['named_buffers', []],
    ['named_modules', []],
    ['zero_grad', []],
    ['register_buffer', ['b', null]],
    ['register_forward_hook', [() => null]],
    ['register_forward_pre_hook', [() => null]],
    ['register_full_backward_hook', [() => null]],
    ['register_full_backward_pre_hook', [() => null]],
  ])('Module.%s', (name, args) => {
    expectRefused(() => call(new nn.Linear(1, 1), name, ...args));
  });

  it.each(['uniform_', 'normal_', 'xavier_uniform_', 'xavier_normal_', 'kaiming_uniform_', 'kaiming_normal_'])(
    'init.%s',
    (name) => {
      expectRefused(() => call(nn.init, name, torch.ones(2, 2)));
    },
  );

  it('utils and summary', () => {
    expectRefused(() => call(nn.utils, 'clip_grad_norm_', [], 1));
    expectRefused(() => call(nn.utils, 'get_total_norm', []));
    expectRefused(() => call(nn, 'summary', new nn.Linear(1, 1), [1]));
  });
});

describe('optimizers and loaders', () => {
  const params = (): torch.Tensor[] => [torch.ones(1, { requires_grad: true })];
  const optimizers = Object.entries(optim).flatMap(([name, type]) =>
    typeof type === 'function' && (type as { prototype?: unknown }).prototype instanceof optim.Optimizer ? [name] : [],
  );
  it.each(optimizers)('%s', (name) => {
    expectRefused(() => make(Reflect.get(optim, name), params(), unknown));
  });

  it('zero_grad, and schedulers', () => {
    const optimizer = new optim.SGD(params());
    expectRefused(() => call(optimizer, 'zero_grad'));
    expectRefused(() => make(optim.lr_scheduler.StepLR, optimizer, { step_size: 1, ...unknown }));
  });

  it('DataLoader, samplers, data sets', () => {
    const set = new data.TensorDataset(torch.ones(4, 2));
    expectRefused(() => make(data.DataLoader, set, unknown));
    expectRefused(() => make(data.RandomSampler, set, unknown));
    expectRefused(() => call(data, 'random_split', set, [2, 2]));
    expectRefused(() => make(data.datasets.GeneratedDigits, unknown));
    expectRefused(() => make(data.datasets.MNIST, 'nowhere', unknown));
  });
});

describe('factories and autograd', () => {
  const like = torch.ones(2, 2);
  it.each<[string, unknown[]]>([
    ['tensor', [[1]]],
    ['as_tensor', [[1]]],
    ['zeros', [2]],
    ['ones', [[2]]],
    ['empty', [2]],
    ['full', [[2], 1]],
    ['arange', [3]],
    ['linspace', [0, 1, 3]],
    ['logspace', [0, 1, 3]],
    ['eye', [2]],
    ['rand', [2]],
    ['randn', [2]],
    ['randint', [0, 3, [2]]],
    ['randperm', [3]],
    ['normal', [0, 1, [2]]],
    ['zeros_like', [like]],
    ['ones_like', [like]],
    ['empty_like', [like]],
    ['full_like', [like, 1]],
    ['rand_like', [like]],
    ['randn_like', [like]],
    ['randint_like', [like, 0, 3]],
    ['tril_indices', [2, 2]],
    ['set_printoptions', []],
    ['load', ['nowhere']],
  ])('%s', (name, args) => {
    expectRefused(() => call(torch, name, ...args));
  });

  it.each(['to', 'backward', 'uniform_', 'normal_', 'random_', 'bernoulli_', 'exponential_'])('Tensor.%s', (name) => {
    expectRefused(() => call(torch.ones(1), name, ...(name === 'to' ? ['float64'] : [])));
  });

  it('grad, backward, checkpoint', () => {
    const x = torch.ones(1, { requires_grad: true });
    expectRefused(() => call(torch.autograd, 'grad', x.mul(2), x, null));
    expectRefused(() => call(torch.autograd, 'backward', [x.mul(2)], null));
    expectRefused(() => call(torch.autograd.functional, 'jacobian', (t: torch.Tensor) => t, x));
    expectRefused(() => call(torch.utils.checkpoint, 'checkpoint', (t: torch.Tensor) => t, x));
  });
});
