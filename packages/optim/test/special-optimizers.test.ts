/** The optimizers with a way of their own: defaults in the order of PyTorch 2, printing, formula, the gpu device. */
import { sparse_coo_tensor, Tensor, tensor, zeros } from '@torchlet/tensor';
import { describe, expect, it } from 'vitest';
import { Adafactor, LBFGS, Muon, type Optimizer, SparseAdam } from '../src/index.js';
import { expectClose } from './helpers.js';

const params = (): Tensor[] => [zeros([2, 2], { requires_grad: true })];

/** As Python writes them, in the order of `param_groups[0]`. */
const TABLE = [
  [
    'Adafactor',
    Adafactor,
    'lr=0.01 beta2_decay=-0.8 eps=(None, 0.001) d=1.0 weight_decay=0.0 foreach=None maximize=False',
  ],
  [
    'LBFGS',
    LBFGS,
    'lr=1 max_iter=20 max_eval=25 tolerance_grad=1e-07 tolerance_change=1e-09 history_size=100 line_search_fn=None',
  ],
  [
    'Muon',
    Muon,
    'lr=0.001 weight_decay=0.1 momentum=0.95 nesterov=True ns_coefficients=(3.4445, -4.775, 2.0315) eps=1e-07 ns_steps=5 ' +
      'adjust_lr_fn=None',
  ],
  ['SparseAdam', SparseAdam, 'lr=0.001 betas=(0.9, 0.999) eps=1e-08 maximize=False'],
] as const;

describe.each(TABLE)('%s', (name, Type, defaults) => {
  it("has PyTorch's defaults, in its order, and prints them", () => {
    const optimizer = new Type(params());
    const pairs = defaults.match(/\w+=(\([^)]*\)|\S+)/g) ?? [];
    const keys = pairs.map((pair) => pair.split('=')[0]);
    expect(Object.keys(optimizer.defaults)).toEqual(keys);
    expect(Object.keys(optimizer.state_dict().param_groups[0])).toEqual([...keys, 'params']);
    const lines = pairs.map((pair) => `    ${pair.replace('=', ': ')}`).sort();
    expect(String(optimizer)).toBe([`${name} (`, 'Parameter Group 0', ...lines, ')'].join('\n'));
  });

  it('has its formula', () => {
    expect(new Type(params()).formula).toMatch(/^g ← ∇f\(θ\)/);
  });

  it('takes named parameters and groups', () => {
    const [[w], group] = [params(), { params: params() }];
    const named = new Type([['w', w]]).param_groups[0];
    expect([named.params[0] === w, named.param_names]).toEqual([true, ['w']]);
    expect(new Type([group]).param_groups[0].params[0] === group.params[0]).toBe(true);
  });
});

describe('on the gpu device', () => {
  const start = [
    [1, -2, 3],
    [0.5, 4, -1],
  ];
  const on = (device: 'cpu' | 'gpu'): Tensor => tensor(start, { device, requires_grad: true });
  /** Parameter and state, whose step counts stay on the cpu. */
  function outcome(w: Tensor, optimizer: Optimizer): unknown {
    expect(w.device).toBe('gpu');
    for (const [key, value] of Object.entries(optimizer.state_dict().state[0])) {
      const tensors = [value].flat().filter((x) => x instanceof Tensor);
      expect(tensors.map(({ device }) => device)).toEqual(tensors.map(() => (key === 'step' ? 'cpu' : 'gpu')));
    }
    return w.tolist();
  }

  it.each([
    ['Adafactor', (w: Tensor) => new Adafactor([w], { lr: 0.1 })],
    ['Muon', (w: Tensor) => new Muon([w], { lr: 0.1 })],
    ['LBFGS', (w: Tensor) => new LBFGS([w], { max_iter: 3, line_search_fn: 'strong_wolfe' })],
  ] as const)('%s takes the same steps', (_, make) => {
    const [here, there] = [on('cpu'), on('gpu')];
    const [a, b] = [make(here), make(there)];
    for (let i = 0; i < 3; i++) {
      for (const [w, optimizer] of [
        [here, a],
        [there, b],
      ] as const) {
        optimizer.step(() => {
          optimizer.zero_grad();
          const loss = w.pow(4).sum();
          loss.backward();
          return loss;
        });
      }
    }
    expectClose(outcome(there, b), here.tolist(), 'float32', 'parameter');
    const again = make(on('gpu'));
    again.load_state_dict(a.state_dict());
    outcome(again.param_groups[0].params[0], again);
  });

  it('SparseAdam takes the same steps', () => {
    const [here, there] = [on('cpu'), on('gpu')];
    const [a, b] = [here, there].map((w) => new SparseAdam([w], { lr: 0.1 }));
    for (const w of [here, there]) {
      w.grad = sparse_coo_tensor(
        tensor([[1, 1]], { dtype: 'int64', device: w.device }),
        tensor(
          [
            [1, 2, 3],
            [4, 5, 6],
          ],
          { device: w.device },
        ),
        [2, 3],
      );
    }
    for (let i = 0; i < 3; i++) for (const optimizer of [a, b]) optimizer.step();
    expectClose(outcome(there, b), here.tolist(), 'float32', 'parameter');
  });
});
