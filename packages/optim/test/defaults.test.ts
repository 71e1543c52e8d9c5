/** Each optimizer's defaults in the order of PyTorch 2, its state's keys, and what its options refuse. */
import { ones, type Tensor, TorchletError, tensor, ValueError, zeros } from '@torchlet/tensor';
import { describe, expect, it } from 'vitest';
import { construct, fixture } from './helpers.js';

const leaf = (): Tensor => zeros([2], { requires_grad: true });

const ADAM = ['lr=0.001', 'betas=(0.9, 0.999)', 'eps=1e-08'];
const ADAM_END = [
  'amsgrad=False',
  'maximize=False',
  'foreach=None',
  'capturable=False',
  'differentiable=False',
  'fused=None',
];

/** As Python writes them, in the order of `param_groups[0]`; then the keys of the state. */
const TABLE: Record<string, [defaults: string, state: string]> = {
  SGD: [
    'lr=0.001 momentum=0 dampening=0 weight_decay=0 nesterov=False maximize=False foreach=None differentiable=False fused=None',
    '',
  ],
  ASGD: [
    'lr=0.01 lambd=0.0001 alpha=0.75 t0=1000000.0 weight_decay=0 foreach=None maximize=False differentiable=False capturable=False',
    'step eta mu ax',
  ],
  Rprop: [
    'lr=0.01 etas=(0.5, 1.2) step_sizes=(1e-06, 50) foreach=None maximize=False differentiable=False capturable=False',
    'step prev step_size',
  ],
  Adagrad: [
    'lr=0.01 lr_decay=0 eps=1e-10 weight_decay=0 initial_accumulator_value=0 foreach=None maximize=False differentiable=False fused=None',
    'step sum',
  ],
  Adadelta: [
    'lr=1.0 rho=0.9 eps=1e-06 weight_decay=0 maximize=False capturable=False foreach=None differentiable=False',
    'step square_avg acc_delta',
  ],
  RMSprop: [
    'lr=0.01 momentum=0 alpha=0.99 eps=1e-08 centered=False weight_decay=0 capturable=False foreach=None maximize=False differentiable=False',
    'step square_avg',
  ],
  Adam: [[...ADAM, 'weight_decay=0', ...ADAM_END, 'decoupled_weight_decay=False'].join(' '), 'step exp_avg exp_avg_sq'],
  AdamW: [
    [...ADAM, 'weight_decay=0.01', ...ADAM_END, 'decoupled_weight_decay=True'].join(' '),
    'step exp_avg exp_avg_sq',
  ],
  Adamax: [
    'lr=0.002 betas=(0.9, 0.999) eps=1e-08 weight_decay=0 foreach=None maximize=False differentiable=False capturable=False',
    'step exp_avg exp_inf',
  ],
  NAdam: [
    'lr=0.002 betas=(0.9, 0.999) eps=1e-08 weight_decay=0 momentum_decay=0.004 decoupled_weight_decay=False maximize=False ' +
      'foreach=None capturable=False differentiable=False',
    'step mu_product exp_avg exp_avg_sq',
  ],
  RAdam: [
    'lr=0.001 betas=(0.9, 0.999) eps=1e-08 weight_decay=0 maximize=False foreach=None capturable=False ' +
      'decoupled_weight_decay=False differentiable=False',
    'step exp_avg exp_avg_sq',
  ],
};
const NAMES = Object.keys(TABLE);

describe.each(Object.entries(TABLE))('%s', (name, [defaults, state]) => {
  it("has PyTorch's defaults, in its order, and prints them", () => {
    const optimizer = construct(name, [leaf()]);
    const pairs = defaults.match(/\w+=(\([^)]*\)|\S+)/g) ?? [];
    const keys = pairs.map((pair) => pair.split('=')[0]);
    expect(Object.keys(optimizer.defaults)).toEqual(keys);
    expect(Object.keys(optimizer.state_dict().param_groups[0])).toEqual([...keys, 'params']);
    const lines = [...pairs]
      .sort((a, b) => (a.split('=')[0] < b.split('=')[0] ? -1 : 1))
      .map((pair) => `    ${pair.replace('=', ': ')}`);
    expect(String(optimizer)).toBe([`${name} (`, 'Parameter Group 0', ...lines, ')'].join('\n'));
  });

  it("has PyTorch's state, the 0-dim part of it float32", () => {
    const w = zeros([2], { dtype: 'float64', requires_grad: true });
    const optimizer = construct(name, [w]);
    w.grad = ones([2], { dtype: 'float64' });
    optimizer.step();
    const entry = optimizer.state_dict().state[0] ?? {};
    expect(Object.keys(entry).join(' ')).toBe(state);
    for (const [key, value] of Object.entries(entry)) {
      const { shape, dtype } = value as Tensor;
      const scalar = ['step', 'eta', 'mu', 'mu_product'].includes(key);
      expect([key, shape, dtype]).toEqual(scalar ? [key, [], 'float32'] : [key, [2], 'float64']);
    }
  });

  it('runs on the gpu device as on the cpu, before and after loading', () => {
    const run = (device: 'cpu' | 'gpu'): unknown[] => {
      const w = tensor([1, -2, 3], { device, requires_grad: true });
      let optimizer = construct(name, [w], { lr: 0.25 });
      for (let i = 1; i < 6; i++) {
        w.grad = tensor([0.5, i, -1], { device });
        optimizer.step();
        if (i === 3) {
          const saved = optimizer.state_dict();
          optimizer = construct(name, [w]);
          optimizer.load_state_dict(saved);
        }
      }
      return [w.device, w.tolist()];
    };
    expect(run('gpu')).toEqual(['gpu', run('cpu')[1]]);
  });

  it('takes empty and 0-dim parameters', () => {
    const params = [zeros([0, 3], { requires_grad: true }), tensor(2, { requires_grad: true })];
    for (const p of params) p.grad = ones([...p.shape]);
    const optimizer = construct(name, params);
    optimizer.step();
    optimizer.step();
    expect(params[0].shape).toEqual([0, 3]);
    expect(params[1].item()).toBeLessThan(2);
  });

  const { defaults: given } = construct(name, [leaf()]) as unknown as { defaults: Record<string, unknown> };
  const numbers = Object.keys(given).filter((key) => typeof given[key] === 'number');
  it.each(numbers)('refuses NaN, text and null as %s', (key) => {
    for (const value of [Number.NaN, 'a', null]) {
      expect(() => construct(name, [leaf()], { [key]: value })).toThrow(ValueError);
      expect(() => construct(name, [leaf()], { [key]: value })).toThrow(/^Invalid .*: (NaN|'a'|null)$/);
    }
  });

  const flags = Object.keys(given)
    .filter((key) => typeof given[key] === 'boolean' || given[key] === null)
    .filter((key) => name !== 'AdamW' || key !== 'decoupled_weight_decay');
  it.each(flags)('%s is true, false or an error', (key) => {
    expect(construct(name, [leaf()], { [key]: false }).defaults).toHaveProperty(key, false);
    const message = `${name}(): argument '${key}' must be bool, got yes`;
    expect(() => construct(name, [leaf()], { [key]: 'yes' })).toThrow(ValueError);
    expect(() => construct(name, [leaf()], { [key]: 'yes' })).toThrow(message);
    const lies = ['fused', 'differentiable', 'capturable'].includes(key);
    const on = (): ReturnType<typeof construct> =>
      construct(name, [leaf()], { [key]: true, ...(key === 'nesterov' ? { momentum: 0.5 } : {}) });
    if (lies) expect(on).toThrow(`${name}(): ${key}=true is not supported: `);
    else expect(on().defaults).toHaveProperty(key, true);
  });

  it('refuses unknown options, a rate that is a Tensor, and no parameters', () => {
    expect(() => construct(name, [leaf()], { learning_rate: 1 })).toThrow(
      `${name}() got an unexpected keyword argument 'learning_rate'`,
    );
    expect(() => construct(name, [leaf()], { lr: tensor(0.1) })).toThrow(`${name}(): lr as a Tensor is not supported`);
    expect(() => construct(name, [])).toThrow('optimizer got an empty parameter list');
  });

  it('has a formula', () => {
    expect(construct(name, [leaf()]).formula).toMatch(/^g ← ∇f\(θ\)/);
  });

  it('goes on after NaN as PyTorch does: only Rprop sees no sign in it', () => {
    const w = tensor([1, 1], { requires_grad: true });
    w.grad = tensor([Number.NaN, 0.5]);
    construct(name, [w]).step();
    const [a, b] = w.tolist() as number[];
    expect(a).toBe(name === 'Rprop' ? 1 : Number.NaN);
    expect(b).toBeLessThan(1);
  });

  it('refuses a gradient that no longer fits', () => {
    const w = leaf();
    w.grad = ones(2);
    w.data = zeros(3);
    expect(() => construct(name, [w]).step()).toThrow(TorchletError);
    expect(() => construct(name, [w]).step()).toThrow(
      `${name === 'AdamW' ? 'adam' : name.toLowerCase()}_(): The size of grad [2] must match the size of param [3]`,
    );
  });
});

it('Adagrad makes its state at once', () => {
  const [w, v] = [leaf(), leaf()];
  const optimizer = construct('Adagrad', [w], { initial_accumulator_value: 0.5 });
  const { step, sum } = optimizer.state_dict().state[0] as Record<string, Tensor>;
  expect([step.item(), sum.tolist()]).toEqual([0, [0.5, 0.5]]);
  optimizer.add_param_group({ params: v });
  expect(optimizer.state.size).toBe(1);
  v.grad = ones(2);
  optimizer.step();
  const added = optimizer.state_dict().state[1] as Record<string, Tensor>;
  expect([added.step.item(), added.sum.tolist()]).toEqual([1, [1.5, 1.5]]);
});

it('RMSprop may turn momentum and centering on between steps', () => {
  const w = leaf();
  const optimizer = construct('RMSprop', [w]);
  const step = (): string[] => {
    w.grad = ones(2);
    optimizer.step();
    return Object.keys(optimizer.state_dict().state[0]);
  };
  expect(step()).toEqual(['step', 'square_avg']);
  Object.assign(optimizer.param_groups[0], { momentum: 0.5, centered: true });
  expect(step()).toEqual(['step', 'square_avg', 'momentum_buffer', 'grad_avg']);
});

describe('PyTorch’s messages', () => {
  const { options } = fixture<{ options: [string, object, string][] }>('refused');
  it.each(options)('%s %o', (name, refused, message) => {
    for (const call of [
      () => construct(name, [leaf()], refused),
      () => construct(name, [{ params: leaf(), ...refused }]),
      () => construct(name, [leaf()]).add_param_group({ params: leaf(), ...refused }),
    ]) {
      expect(call).toThrow(ValueError);
      expect(call).toThrow(message);
    }
  });

  it.each([
    ['Rprop', { etas: [0.5] }, 'Invalid eta values: 0.5, NaN'],
    ['Rprop', { etas: 0.5 }, 'Invalid eta values: NaN, NaN'],
    ['Rprop', { step_sizes: [Number.NaN, 1] }, 'Invalid step size values: NaN, 1'],
    ['AdamW', { decoupled_weight_decay: false }, "AdamW() got an unexpected keyword argument 'decoupled_weight_decay'"],
    ['RAdam', { betas: [0.5] }, 'Invalid beta parameter at index 1: undefined'],
  ] as const)('and others: %s %o', (name, refused, message) => {
    expect(() => construct(name, [leaf()], refused)).toThrow(ValueError);
    expect(() => construct(name, [leaf()], refused)).toThrow(message);
  });

  it('the memory of Adagrad cannot be shared', () => {
    const adagrad = construct('Adagrad', [leaf()]) as unknown as { share_memory(): void };
    expect(() => adagrad.share_memory()).toThrow(ValueError);
    expect(() => adagrad.share_memory()).toThrow('Adagrad.share_memory(): not supported');
  });
});

describe('the state of another optimizer is refused and changes nothing', () => {
  const trained = (name: string): ReturnType<typeof construct> => {
    const w = leaf();
    w.grad = ones(2);
    const optimizer = construct(name, [w], name === 'SGD' ? { momentum: 0.5 } : {});
    optimizer.step();
    return optimizer;
  };
  // Adam and AdamW have one state, in PyTorch too
  const same = (a: string, b: string): boolean => a.replace('AdamW', 'Adam') === b.replace('AdamW', 'Adam');
  const pairs = NAMES.flatMap((into) => NAMES.filter((from) => !same(into, from)).map((from) => [into, from] as const));
  it.each(pairs)('%s from %s', (into, from) => {
    const optimizer = trained(into);
    const { param_groups, state } = optimizer;
    const text = String(optimizer);
    const saved = trained(from).state_dict();
    expect(() => optimizer.load_state_dict(saved)).toThrow(ValueError);
    expect(() => optimizer.load_state_dict(saved)).toThrow(`loaded state dict is not one of ${into}: parameter `);
    expect([optimizer.param_groups, optimizer.state]).toEqual([param_groups, state]);
    expect(optimizer.param_groups).toBe(param_groups);
    expect(String(optimizer)).toBe(text);
  });

  it('AdamW takes Adam’s and stays decoupled', () => {
    const optimizer = trained('AdamW');
    const saved = trained('Adam').state_dict();
    optimizer.load_state_dict(saved);
    expect(optimizer.param_groups[0]).toMatchObject({ weight_decay: 0, decoupled_weight_decay: true });
    delete saved.param_groups[0].decoupled_weight_decay;
    optimizer.load_state_dict(saved);
    expect(optimizer.param_groups[0]).toMatchObject({ decoupled_weight_decay: true });
  });

  it('a group’s own key that is another optimizer’s option is its own', () => {
    const optimizer = construct('SGD', [{ params: leaf(), alpha: 3 }]);
    optimizer.load_state_dict(optimizer.state_dict());
    expect(optimizer.param_groups[0]).toMatchObject({ alpha: 3 });
    expect(() => construct('SGD', [leaf()]).load_state_dict(optimizer.state_dict())).toThrow(
      "loaded state dict is not one of SGD: parameter group 0 has another optimizer's 'alpha'",
    );
  });

  it('numbers stand for 0-dim tensors, as in old files', () => {
    const optimizer = trained('ASGD');
    const saved = optimizer.state_dict();
    saved.state[0] = { ...saved.state[0], step: 3, eta: 0.25, mu: 1 };
    optimizer.load_state_dict(saved);
    const { step, eta } = optimizer.state_dict().state[0] as Record<string, Tensor>;
    expect([step.item(), eta.item(), step.dtype, eta.shape]).toEqual([3, 0.25, 'float32', []]);
  });
});
