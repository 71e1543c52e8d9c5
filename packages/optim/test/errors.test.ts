/** Each refusal with its message: PyTorch's own from the fixture, then those of what only torchlet refuses. */
import { ones, type Tensor, TorchletError, tensor, ValueError, zeros } from '@torchlet/tensor';
import { describe, expect, it, vi } from 'vitest';
import { Adam, lr_scheduler, Optimizer, SGD } from '../src/index.js';
import { fixture } from './helpers.js';

const torch = fixture<{ errors: Record<string, string>; warnings: Record<string, string[]> }>('errors');
const changed = 'resuming without initial_lr';
const messages = { ...torch.errors, [changed]: fixture<{ errors: Record<string, string> }>('recent').errors[changed] };
const leaf = (...shape: number[]): Tensor => zeros(shape.length === 0 ? [2] : shape, { requires_grad: true });

/** Optimizers as a caller without types may build them. */
const sgd = (params: unknown, options?: unknown): SGD =>
  Reflect.construct(SGD, options === undefined ? [params] : [params, options]);
const adam = (params: unknown, options?: unknown): Adam => Reflect.construct(Adam, [params, options]);
const stepLR = (optimizer: unknown, options?: unknown): lr_scheduler.StepLR =>
  Reflect.construct(lr_scheduler.StepLR, [optimizer, options]);

function expectError(call: () => unknown, message: string | RegExp): void {
  let thrown: unknown = null;
  try {
    call();
  } catch (error) {
    thrown = error;
  }
  expect(thrown).toBeInstanceOf(TorchletError);
  expect(thrown).toBeInstanceOf(ValueError);
  if (typeof message === 'string') expect((thrown as Error).message).toBe(message);
  else expect((thrown as Error).message).toMatch(message);
}

class NotOne {}

const CALLS: Record<string, () => unknown> = {
  'no parameters': () => sgd([]),
  'a bare tensor': () => sgd(leaf()),
  'a bare double tensor': () => sgd(zeros([2], { dtype: 'float64' })),
  'non-leaf': () => sgd([leaf().mul(2)]),
  'shared between groups': () => {
    const [w, v] = [leaf(), leaf()];
    return sgd([{ params: [w, v] }, { params: v }]);
  },
  'added twice': () => {
    const w = leaf();
    sgd([w]).add_param_group({ params: [w] });
  },
  'sgd lr': () => sgd([leaf()], { lr: -1 }),
  'sgd momentum': () => sgd([leaf()], { momentum: -0.5 }),
  'sgd weight_decay': () => sgd([leaf()], { weight_decay: -0.25 }),
  'sgd nesterov without momentum': () => sgd([leaf()], { nesterov: true }),
  'sgd nesterov with dampening': () => sgd([leaf()], { momentum: 0.9, dampening: 0.1, nesterov: true }),
  'adam lr': () => adam([leaf()], { lr: -0.5 }),
  'adam eps': () => adam([leaf()], { eps: -1 }),
  'adam beta1': () => adam([leaf()], { betas: [1, 0.9] }),
  'adam beta2': () => adam([leaf()], { betas: [0.9, -0.1] }),
  'adam weight_decay': () => adam([leaf()], { weight_decay: -1 }),
  'load with too few groups': () => {
    const [w, v] = [leaf(), leaf()];
    sgd([w, v]).load_state_dict(sgd([{ params: w }, { params: v }]).state_dict());
  },
  'load with another group size': () => {
    const [w, v] = [leaf(), leaf()];
    sgd([w, v]).load_state_dict(sgd([w]).state_dict());
  },
  'scheduler without optimizer': () => stepLR(new NotOne(), { step_size: 1 }),
  'resuming without initial_lr': () => stepLR(sgd([leaf()]), { step_size: 1, last_epoch: 2 }),
};

describe("PyTorch's messages", () => {
  it('has a call for each', () => {
    expect(Object.keys(CALLS)).toEqual(Object.keys(messages));
  });
  it.each(Object.entries(messages))('%s', (name, message) => {
    expectError(CALLS[name], message);
  });
});

describe('parameters', () => {
  const iterable = 'params argument given to the optimizer should be an iterable of Tensors or dicts, but got ';
  it.each<[string, () => unknown, string]>([
    ['undefined', () => sgd(undefined), `${iterable}undefined`],
    ['null', () => sgd(null), `${iterable}null`],
    ['a number', () => sgd(3), `${iterable}number`],
    ['a function', () => sgd(() => []), `${iterable}function`],
    ['one group without a list', () => sgd({ params: [leaf()] }), `${iterable}Object`],
    ['a number in the list', () => sgd([1]), 'optimizer can only optimize Tensors, but one of the params is number'],
    [
      'null in the list',
      () => sgd([leaf(), null]),
      'optimizer can only optimize Tensors, but one of the params is null',
    ],
    [
      'a group behind tensors',
      () => sgd([leaf(), { params: [leaf()] }]),
      'optimizer can only optimize Tensors, but one of the params is Object',
    ],
    [
      'an array that is no named parameter',
      () => sgd([[leaf(), leaf()]]),
      'optimizer can only optimize Tensors, but one of the params is Array',
    ],
    [
      'a name with no tensor',
      () => sgd([['w', 3]]),
      'optimizer can only optimize Tensors, but one of the params is number',
    ],
    [
      'a tensor behind groups',
      () => sgd([{ params: [leaf()] }, leaf()]),
      'param_group must be a dict, but got torch.FloatTensor',
    ],
    [
      'a group that is null',
      () => sgd([leaf()]).add_param_group(null as never),
      'param_group must be a dict, but got null',
    ],
    ['a group without params', () => sgd([{ lr: 1 }]), "param_group must have a key 'params', but got lr"],
    ['an empty group', () => sgd([{}]), "param_group must have a key 'params', but got no keys"],
    [
      'a group whose params are none',
      () => sgd([{ params: 3 }]),
      'params of a group should be a Tensor or an iterable of Tensors, but got number',
    ],
    [
      'some names missing',
      () => sgd([['w', leaf()], leaf()]),
      'all optimizer params should be with/without names. Some param names are missing',
    ],
    [
      'a group without names beside one with names',
      () => sgd([['w', leaf()]]).add_param_group({ params: [leaf()] }),
      'all optimizer param groups should be with/without names. cannot add param group without names to the optimizer',
    ],
    [
      'a group with names beside one without names',
      () => sgd([leaf()]).add_param_group({ params: [['w', leaf()]] }),
      'all optimizer param groups should be with/without names. cannot add param group with names to the optimizer',
    ],
  ])('%s', (_, call, message) => {
    expectError(call, message);
  });

  it('a refused group leaves the optimizer as it was', () => {
    const w = leaf();
    const optimizer = sgd([w]);
    const before = String(optimizer);
    for (const group of [
      { params: w },
      { params: [leaf(), 3] },
      { params: leaf(), lr: -1 },
      { params: leaf().mul(2) },
    ]) {
      expectError(() => optimizer.add_param_group(group as never), /./);
    }
    expect(String(optimizer)).toBe(before);
    expect(optimizer.param_groups.length).toBe(1);
  });
});

describe('options', () => {
  const asTensor = (name: string): string =>
    `${name}(): lr as a Tensor is not supported: give a number, and change the group's lr between steps`;
  it.each<[string, () => unknown, string]>([
    [
      'an unknown key',
      () => sgd([leaf()], { learning_rate: 1 }),
      "SGD() got an unexpected keyword argument 'learning_rate'",
    ],
    [
      'an option of another optimizer',
      () => sgd([leaf()], { betas: [0, 0] }),
      "SGD() got an unexpected keyword argument 'betas'",
    ],
    ['no object', () => sgd([leaf()], 0.1), 'SGD() expected an options object, got 0.1'],
    ['null', () => adam([leaf()], null), 'Adam() expected an options object, got null'],
    ['NaN lr', () => sgd([leaf()], { lr: Number.NaN }), 'Invalid learning rate: NaN'],
    ['lr as text', () => sgd([leaf()], { lr: '0.1' }), "Invalid learning rate: '0.1'"],
    ['lr null', () => adam([leaf()], { lr: null }), 'Invalid learning rate: null'],
    ['lr as a tensor', () => sgd([leaf()], { lr: tensor(0.1) }), asTensor('SGD')],
    ['lr as a tensor in Adam', () => adam([leaf()], { lr: tensor(0.1) }), asTensor('Adam')],
    ['lr of a group', () => sgd([{ params: leaf(), lr: -2 }], { lr: 1 }), 'Invalid learning rate: -2'],
    ['NaN momentum', () => sgd([leaf()], { momentum: Number.NaN }), 'Invalid momentum value: NaN'],
    ['NaN dampening', () => sgd([leaf()], { dampening: Number.NaN }), 'Invalid dampening value: NaN'],
    ['NaN weight_decay', () => adam([leaf()], { weight_decay: Number.NaN }), 'Invalid weight_decay value: NaN'],
    ['NaN eps', () => adam([leaf()], { eps: Number.NaN }), 'Invalid epsilon value: NaN'],
    ['NaN beta', () => adam([leaf()], { betas: [0.9, Number.NaN] }), 'Invalid beta parameter at index 1: NaN'],
    ['one beta', () => adam([leaf()], { betas: [0.9] }), 'Invalid beta parameter at index 1: undefined'],
    ['betas that are no list', () => adam([leaf()], { betas: 0.9 }), 'Invalid beta parameter at index 1: undefined'],
    ['nesterov', () => sgd([leaf()], { nesterov: 1 }), "SGD(): argument 'nesterov' must be bool, got 1"],
    ['maximize', () => sgd([leaf()], { maximize: 'yes' }), "SGD(): argument 'maximize' must be bool, got yes"],
    ['amsgrad', () => adam([leaf()], { amsgrad: null }), "Adam(): argument 'amsgrad' must be bool, got null"],
    ['foreach', () => adam([leaf()], { foreach: 3 }), "Adam(): argument 'foreach' must be bool, got 3"],
    [
      'fused',
      () => sgd([leaf()], { fused: true }),
      "SGD(): fused=true is not supported: PyTorch's fused kernels are not here, and an update is one pass over memory without them",
    ],
    [
      'differentiable',
      () => sgd([leaf()], { differentiable: true }),
      'SGD(): differentiable=true is not supported: a step is not recorded in the graph',
    ],
    [
      'capturable',
      () => adam([leaf()], { capturable: true }),
      'Adam(): capturable=true is not supported: there are no CUDA graphs',
    ],
    [
      'foreach and fused',
      () => adam([leaf()], { foreach: true, fused: true }),
      '`fused` and `foreach` cannot be `True` together.',
    ],
    [
      'defaults of an optimizer',
      () => new Optimizer([leaf()], 0.1 as never),
      'Optimizer(): defaults must be an object, got number',
    ],
  ])('%s', (_, call, message) => {
    expectError(call, message);
  });

  it.each([
    { foreach: true },
    { foreach: false },
    { fused: false },
    { capturable: false, differentiable: false },
    { lr: 0 },
    { lr: Number.POSITIVE_INFINITY },
    { lr: undefined },
  ])('%o is accepted', (options) => {
    expect(adam([leaf()], options)).toBeInstanceOf(Adam);
  });
});

describe('steps', () => {
  it('an optimizer without update', () => {
    const w = leaf();
    const optimizer = new Optimizer([w], { lr: 1 });
    expect(optimizer.step()).toBe(null);
    w.grad = ones(2);
    expectError(() => optimizer.step(), 'Optimizer has no update(): an optimizer overrides update, perform or step');
  });

  it('an asynchronous closure, before anything is updated', () => {
    const w = leaf();
    w.grad = ones(2);
    const optimizer = sgd([w]);
    expectError(() => optimizer.step(async () => 1), /^enable_grad\(\): the function returned a Promise/);
    expect(w.tolist()).toEqual([0, 0]);
  });

  it('hooks that are no functions or return nonsense', () => {
    const optimizer = sgd([leaf()]);
    expectError(() => optimizer.register_step_post_hook(3 as never), 'expected a function as hook, got number');
    optimizer.register_step_pre_hook((() => 7) as never);
    expectError(
      () => optimizer.step(),
      'SGD.step must return null or a tuple of (new_args, new_kwargs), but got number.',
    );
  });

  it('zero_grad', () => {
    expectError(
      () => sgd([leaf()]).zero_grad({ to_none: true } as never),
      "zero_grad() got an unexpected keyword argument 'to_none'",
    );
    expectError(
      () => sgd([leaf()]).zero_grad({ set_to_none: 1 } as never),
      "zero_grad(): argument 'set_to_none' must be bool, got 1",
    );
    expectError(() => sgd([leaf()]).zero_grad(1 as never), 'zero_grad() expected an options object, got 1');
  });
});

describe('loading', () => {
  const structure: [string, unknown, string][] = [
    ['null', null, 'load_state_dict(): expected state_dict to be dict-like, got null'],
    [
      'no state',
      { param_groups: [] },
      "load_state_dict(): expected 'state' to be a dict of dicts, one for each parameter",
    ],
    [
      'state that is no dict of dicts',
      { state: { 0: 3 }, param_groups: [] },
      "load_state_dict(): expected 'state' to be a dict of dicts, one for each parameter",
    ],
    ['no groups', { state: {} }, "load_state_dict(): expected 'param_groups' to be a list of dicts with 'params'"],
    [
      'groups without params',
      { state: {}, param_groups: [{ lr: 1 }] },
      "load_state_dict(): expected 'param_groups' to be a list of dicts with 'params'",
    ],
  ];
  it.each(structure)('%s', (_, value, message) => {
    expectError(() => sgd([leaf()]).load_state_dict(value as never), message);
  });

  const trained = (optimizer: Optimizer): Optimizer => {
    for (const group of optimizer.param_groups) for (const p of group.params) p.grad = ones(...p.shape);
    optimizer.step();
    return optimizer;
  };
  type Change = (saved: ReturnType<Optimizer['state_dict']>) => void;
  const adamChanges: [string, Change, string][] = [
    [
      'state of a parameter that no group lists',
      (s) => (s.state[7] = s.state[0]),
      'loaded state dict has state for parameter 7, which no group lists',
    ],
    [
      'a missing tensor',
      (s) => delete s.state[0].exp_avg_sq,
      "loaded state dict is not one of Adam: parameter 0 has no Tensor 'exp_avg_sq'",
    ],
    [
      'null for a tensor',
      (s) => (s.state[0].exp_avg = null),
      "loaded state dict is not one of Adam: parameter 0 has no Tensor 'exp_avg'",
    ],
    [
      'a tensor of another shape',
      (s) => (s.state[0].exp_avg = zeros(3)),
      "loaded state dict does not fit: 'exp_avg' of parameter 0 has shape [3], expected [2]",
    ],
    [
      'several step counts',
      (s) => (s.state[0].step = zeros(2)),
      "loaded state dict does not fit: 'step' of parameter 0 has shape [2], expected []",
    ],
    [
      'a missing option',
      (s) => delete s.param_groups[0].eps,
      "loaded state dict is not one of Adam: parameter group 0 lacks 'eps'",
    ],
    ['an option out of range', (s) => (s.param_groups[0].lr = Number.NaN), 'Invalid learning rate: NaN'],
  ];
  it.each(adamChanges)('%s', (_, change, message) => {
    const optimizer = trained(adam([leaf()]));
    const saved = trained(adam([leaf()], { lr: 0.5 })).state_dict();
    change(saved);
    const [groups, state, text] = [optimizer.param_groups, optimizer.state, String(optimizer)];
    expectError(() => optimizer.load_state_dict(saved), message);
    expect(optimizer.param_groups).toBe(groups);
    expect(optimizer.state).toBe(state);
    expect(String(optimizer)).toBe(text);
  });

  it('the state of another optimizer', () => {
    const [s, a] = [trained(sgd([leaf()], { momentum: 0.9 })), trained(adam([leaf()]))];
    expectError(
      () => s.load_state_dict(a.state_dict()),
      "loaded state dict is not one of SGD: parameter group 0 lacks 'momentum', 'dampening', 'nesterov'",
    );
    expectError(
      () => a.load_state_dict(s.state_dict()),
      "loaded state dict is not one of Adam: parameter group 0 lacks 'betas', 'eps', 'amsgrad'",
    );
  });
});

describe('schedulers', () => {
  it.each<[string, unknown, string]>([
    ['no options', undefined, "StepLR() missing 1 required argument: 'step_size'"],
    ['no step_size', { gamma: 0.5 }, "StepLR() missing 1 required argument: 'step_size'"],
    ['step_size 0', { step_size: 0 }, 'StepLR(): step_size must be a positive integer, got 0'],
    ['a fractional step_size', { step_size: 1.5 }, 'StepLR(): step_size must be a positive integer, got 1.5'],
    ['NaN gamma', { step_size: 1, gamma: Number.NaN }, 'Invalid gamma value: NaN'],
    ['an unknown key', { step_size: 1, milestones: [] }, "StepLR() got an unexpected keyword argument 'milestones'"],
    ['last_epoch', { step_size: 1, last_epoch: -2 }, 'StepLR(): last_epoch must be an integer of at least -1, got -2'],
    ['verbose', { step_size: 1, verbose: 'deprecated' }, "StepLR(): argument 'verbose' must be bool, got deprecated"],
  ])('%s', (_, options, message) => {
    expectError(() => stepLR(sgd([leaf()]), options), message);
  });

  it('step(NaN), get_lr of the base, foreign state', () => {
    const scheduler = stepLR(sgd([leaf()]), { step_size: 1 });
    expectError(() => scheduler.step(Number.NaN), 'StepLR.step(): epoch must be a number, got NaN');
    expectError(
      () => new lr_scheduler.LRScheduler(sgd([leaf()])),
      'LRScheduler has no get_lr(): a scheduler overrides it',
    );
    expectError(
      () => scheduler.load_state_dict(null as never),
      'load_state_dict(): expected state_dict to be dict-like, got null',
    );
    expectError(
      () => scheduler.load_state_dict({ last_epoch: 3, base_lrs: [1] }),
      "loaded state dict is not one of StepLR: it lacks 'step_size', 'gamma'",
    );
    expect(scheduler.last_epoch).toBe(0);
  });
});

describe('warnings', () => {
  it.each<[string, () => void]>([
    [
      'duplicate',
      () => {
        const w = leaf();
        sgd([w, w]);
      },
    ],
    ['scheduler first', () => stepLR(sgd([leaf()]), { step_size: 1 }).step()],
  ])('%s, as PyTorch warns', (name, call) => {
    const warn = vi.spyOn(console, 'warn').mockImplementation(() => {});
    try {
      call();
      expect(warn.mock.calls).toEqual(torch.warnings[name].map((text) => [`UserWarning: ${text}`]));
    } finally {
      warn.mockRestore();
    }
  });
});
