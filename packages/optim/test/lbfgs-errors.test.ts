/** What LBFGS refuses, with the message. */
import { type Tensor, tensor, zeros } from '@torchlet/tensor';
import { describe, expect, it } from 'vitest';
import { Adam, LBFGS, type LBFGSOptions, type OptimizerStateDict } from '../src/index.js';
import { expectError } from './expect-error.js';
import { closureOf, leaf } from './lbfgs-problems.js';

describe('refused', () => {
  const make = (options: unknown): LBFGS => Reflect.construct(LBFGS, [[leaf(1)], options]);
  it.each<[string, unknown, string]>([
    ['lr', { lr: -1 }, 'Invalid learning rate: -1'],
    ['NaN lr', { lr: Number.NaN }, 'Invalid learning rate: NaN'],
    [
      'lr as a tensor',
      { lr: tensor(1) },
      "LBFGS(): lr as a Tensor is not supported: give a number, and change the group's lr between steps",
    ],
    ['max_iter', { max_iter: -1 }, 'Invalid max_iter value: -1'],
    ['half an iteration', { max_iter: 1.5, max_eval: 1 }, 'Invalid max_iter value: 1.5'],
    ['max_eval', { max_eval: -2 }, 'Invalid max_eval value: -2'],
    ['tolerance_grad', { tolerance_grad: Number.NaN }, 'Invalid tolerance_grad value: NaN'],
    ['tolerance_change', { tolerance_change: '1' }, "Invalid tolerance_change value: '1'"],
    ['history_size', { history_size: 0 }, 'Invalid history_size value: 0'],
    ['line_search_fn', { line_search_fn: 'armijo' }, "only 'strong_wolfe' is supported"],
    ['foreach', { foreach: true }, "LBFGS() got an unexpected keyword argument 'foreach'"],
    ['weight_decay', { weight_decay: 0 }, "LBFGS() got an unexpected keyword argument 'weight_decay'"],
  ])('%s', (_, options, message) => {
    expectError(() => make(options), message);
  });

  it('several groups, at once or later', () => {
    const message = "LBFGS doesn't support per-parameter options (parameter groups)";
    expectError(() => new LBFGS([{ params: leaf(1) }, { params: leaf(2) }]), message);
    const optimizer = new LBFGS([{ params: leaf(1), max_iter: 7 }], { lr: 2 });
    expectError(() => optimizer.add_param_group({ params: leaf(2) }), message);
    expect(optimizer.param_groups.map(({ lr, max_iter, max_eval }) => [lr, max_iter, max_eval])).toEqual([[2, 7, 25]]);
    expectError(() => new LBFGS([]), 'optimizer got an empty parameter list');
  });

  it('a line search that was set later', () => {
    const optimizer = new LBFGS([leaf(1)]);
    optimizer.param_groups[0].line_search_fn = 'armijo' as never;
    expectError(() => optimizer.step(() => 1), "only 'strong_wolfe' is supported");
  });

  it('parameters without a single element', () => {
    expect(() => new LBFGS([leaf(), leaf()]).step(() => 1)).toThrow(
      "max(): Expected reduction dim to be specified for input.numel() == 0. Specify the reduction dim with the 'dim' argument.",
    );
    const w = leaf(1);
    const optimizer = new LBFGS([leaf(), w], { max_iter: 1 });
    optimizer.step(closureOf(optimizer, () => w.pow(4).sum()));
    expect(w.item()).toBeLessThan(1);
  });
});

describe('loading', () => {
  const trained = (options: Partial<LBFGSOptions> = {}): LBFGS => {
    const w = leaf(3, -4);
    const optimizer = new LBFGS([w], { max_iter: 5, line_search_fn: 'strong_wolfe', ...options });
    optimizer.step(closureOf(optimizer, () => w.pow(4).sum()));
    return optimizer;
  };
  type Change = (saved: OptimizerStateDict) => void;
  const none = 'loaded state dict is not one of LBFGS: parameter 0 has no ';
  const history = `${none}history of vectors of shape [2]: 'old_dirs', 'old_stps' and 'ro'`;
  const changes: [string, Change, string][] = [
    ['no count', (s) => delete s.state[0].n_iter, `${none}number 'n_iter'`],
    ['a count that is none', (s) => (s.state[0].func_evals = tensor([1, 2])), `${none}number 'func_evals'`],
    ['no step size', (s) => delete s.state[0].t, `${none}number 't'`],
    ['no loss', (s) => (s.state[0].prev_loss = null), `${none}number 'prev_loss'`],
    ['no direction', (s) => delete s.state[0].d, `${none}Tensor 'd' of shape [2]`],
    [
      'a gradient of other parameters',
      (s) => (s.state[0].prev_flat_grad = zeros(3)),
      `${none}Tensor 'prev_flat_grad' of shape [2]`,
    ],
    ['a scale of many elements', (s) => (s.state[0].H_diag = zeros(2)), `${none}0-dim Tensor 'H_diag'`],
    ['no history', (s) => delete s.state[0].old_stps, history],
    ['a shorter history', (s) => (s.state[0].ro as Tensor[]).pop(), history],
    ['a history of other parameters', (s) => (s.state[0].old_dirs as Tensor[]).splice(0, 1, zeros(4)), history],
    ['an option', (s) => (s.param_groups[0].history_size = -1), 'Invalid history_size value: -1'],
  ];
  it.each(changes)('refuses %s, and nothing changes', (_, change, message) => {
    const optimizer = trained();
    const saved = trained({ lr: 0.5 }).state_dict();
    change(saved);
    const [groups, state, text] = [optimizer.param_groups, optimizer.state, String(optimizer)];
    expectError(() => optimizer.load_state_dict(saved), message);
    expect([optimizer.param_groups === groups, optimizer.state === state, String(optimizer)]).toEqual([
      true,
      true,
      text,
    ]);
  });

  it('refuses the state of another optimizer, and another takes none of its', () => {
    const adam = new Adam([leaf(1, 2)]);
    expectError(
      () => trained().load_state_dict(adam.state_dict()),
      "loaded state dict is not one of LBFGS: parameter group 0 lacks 'max_iter', 'max_eval', 'tolerance_grad', " +
        "'tolerance_change', 'history_size', 'line_search_fn'",
    );
    expectError(
      () => adam.load_state_dict(trained().state_dict()),
      /^loaded state dict is not one of Adam: parameter group 0 lacks 'betas', 'eps'/,
    );
  });

  it('takes the state of a step that had nothing to do, or no iteration', () => {
    for (const options of [{ tolerance_grad: 1e9 }, { max_iter: 0 }]) {
      const saved = trained(options).state_dict();
      expect(saved.state[0]).toEqual({ func_evals: 1, n_iter: 0 });
      const w = leaf(1, 2);
      const optimizer = new LBFGS([w]);
      optimizer.load_state_dict(saved);
      expect(optimizer.state.get(w)).toEqual({ func_evals: 1, n_iter: 0 });
    }
  });
});
