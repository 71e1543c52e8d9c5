/** Every configuration of the fixture, step for step as PyTorch took it. */
import { Tensor } from '@torchlet/tensor';
import { describe, expect, it } from 'vitest';
import { lr_scheduler, type Optimizer } from '../src/index.js';
import { type Case, expectClose, optimizerOf, Problem, type Recorded, trajectories } from './helpers.js';

/** Runs the case as tools/pytorch-golden/optim.py does; `at` sees the parameters after each step. */
function train(spec: Case, problem: Problem, at: (step: number) => void): Optimizer {
  const { params } = problem;
  let optimizer = optimizerOf(spec, params);
  const scheduler = spec.schedule && new lr_scheduler.StepLR(optimizer, spec.schedule);
  for (let step = 1; step <= trajectories.steps; step++) {
    if (step === spec.add?.[0]) {
      optimizer.add_param_group({ params: spec.add[1].map((i) => params[i]), ...spec.add[2] });
    }
    if (step === spec.set?.[0]) for (const group of optimizer.param_groups) Object.assign(group, spec.set[1]);
    if (step === spec.reload) {
      const saved = optimizer.state_dict();
      optimizer = optimizerOf(spec, params);
      optimizer.load_state_dict(saved);
    }
    optimizer.zero_grad();
    for (let i = 0; i < params.length; i++) {
      if (!spec.frozen?.includes(i) && step >= (spec.late?.[i] ?? 0)) problem.setGrad(i, step);
    }
    optimizer.step();
    if (step % 4 === 0) scheduler?.step();
    at(step);
  }
  return optimizer;
}

function expectState(optimizer: Optimizer, expected: Recorded, dtype: 'float32' | 'float64'): void {
  const { state, param_groups } = optimizer.state_dict();
  // PyTorch 1.13 keeps a null where 2.x keeps nothing
  const entries = Object.entries(expected.state).map(
    ([index, entry]) => [index, Object.entries(entry).filter(([, value]) => value !== null)] as const,
  );
  const kept = entries.filter(([, entry]) => entry.length > 0);
  expect(Object.keys(state)).toEqual(kept.map(([index]) => index));
  for (const [index, entry] of kept) {
    const own = state[Number(index)];
    expect(Object.keys(own)).toEqual(entry.map(([key]) => key));
    for (const [key, value] of entry) {
      const tensor = own[key];
      if (!(tensor instanceof Tensor)) throw new Error(`${key} is no Tensor`);
      expect(tensor.dtype).toBe(key === 'step' ? 'float32' : dtype);
      expectClose(tensor.tolist(), value, dtype, `${key} of parameter ${index}`);
    }
  }
  expect(param_groups.length).toBe(expected.param_groups.length);
  param_groups.forEach((group, i) => {
    for (const [key, value] of Object.entries(expected.param_groups[i])) {
      if (key.endsWith('lr')) expectClose(group[key], value, 'float64', key);
      // false in PyTorch 1.13, null in 2.x
      else if (key !== 'fused') expect(group[key], key).toEqual(value);
    }
  });
}

describe.each(['float32', 'float64'] as const)('trajectories in %s', (dtype) => {
  it.each(trajectories.cases.map((spec) => [spec.name, spec] as const))('%s', (_, spec) => {
    const problem = new Problem(dtype);
    const { recorded } = trajectories;
    const optimizer = train(spec, problem, (step) => {
      const at = recorded.indexOf(step);
      if (at < 0) return;
      const values = problem.values();
      values.forEach((value, i) => {
        expectClose(value, spec[dtype].params[at][i], dtype, `parameter ${i} after step ${step}`);
      });
    });
    expectState(optimizer, spec[dtype], dtype);
  });
});

describe.each([
  ['transposed', (x: Tensor) => (x.ndim === 2 ? x.t().contiguous().t() : x)],
  [
    'with gaps',
    (x: Tensor) =>
      x
        .unsqueeze(-1)
        .expand([...x.shape, 3])
        .contiguous()
        .select(-1, 1),
  ],
] as const)('parameters that lie in memory %s', (_, place) => {
  it.each(['sgd nesterov weight decay', 'adam amsgrad', 'adam reload'])('%s', (name) => {
    const spec = trajectories.cases.find((c) => c.name === name);
    if (spec === undefined) throw new Error(`no case ${name}`);
    const problem = new Problem('float64', (x) => place(x).detach());
    expect(problem.params[0].is_contiguous()).toBe(false);
    train(spec, problem, () => {});
    const last = spec.float64.params[trajectories.recorded.length - 1];
    problem.values().forEach((value, i) => {
      expectClose(value, last[i], 'float64', `parameter ${i}`);
    });
  });
});

it.each(trajectories.cases.map((spec) => [spec.name, spec] as const))('%s prints as in PyTorch', (_, spec) => {
  const lines = String(train(spec, new Problem('float32'), () => {})).split('\n');
  // options that PyTorch has got since
  const added = ['fused', 'differentiable', 'capturable', 'decoupled_weight_decay'];
  const expected = spec.float32.repr.replace('AdamW (', 'Adam (').split('\n');
  const isAdded = (line: string): boolean => added.some((key) => line.trimStart().startsWith(`${key}:`));
  expect(lines.filter((line) => !isAdded(line))).toEqual(expected.filter((line) => !isAdded(line)));
});
