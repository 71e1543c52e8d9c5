/** The optimizers with a way of their own: defaults in the order of PyTorch 2, printing, formula. */
import { type Tensor, zeros } from '@torchlet/tensor';
import { describe, expect, it } from 'vitest';
import { Adafactor, LBFGS, Muon, SparseAdam } from '../src/index.js';

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

describe.each(TABLE)('%s', (name, Optimizer, defaults) => {
  it("has PyTorch's defaults, in its order, and prints them", () => {
    const optimizer = new Optimizer(params());
    const pairs = defaults.match(/\w+=(\([^)]*\)|\S+)/g) ?? [];
    const keys = pairs.map((pair) => pair.split('=')[0]);
    expect(Object.keys(optimizer.defaults)).toEqual(keys);
    expect(Object.keys(optimizer.state_dict().param_groups[0])).toEqual([...keys, 'params']);
    const lines = pairs.map((pair) => `    ${pair.replace('=', ': ')}`).sort();
    expect(String(optimizer)).toBe([`${name} (`, 'Parameter Group 0', ...lines, ')'].join('\n'));
  });

  it('has its formula', () => {
    expect(new Optimizer(params()).formula).toMatch(/^g ← ∇f\(θ\)/);
  });

  it('takes named parameters and groups', () => {
    const [[w], group] = [params(), { params: params() }];
    const named = new Optimizer([['w', w]]).param_groups[0];
    expect([named.params[0] === w, named.param_names]).toEqual([true, ['w']]);
    expect(new Optimizer([group]).param_groups[0].params[0] === group.params[0]).toBe(true);
  });
});
