/** Every configuration of the fixtures, step for step as PyTorch took it. */
import type { Tensor } from '@torchlet/tensor';
import { describe, expect, it } from 'vitest';
import { caseNamed, expectClose, FAMILIES, Problem } from './helpers.js';
import { expectState, train } from './replay.js';

const precisions = ['float32', 'float64'] as const;

describe.each(FAMILIES)('%s', (_, { cases, problem, recorded, steps }) => {
  const runs = cases.flatMap((spec) => precisions.map((dtype) => [spec.name, dtype, spec, spec[dtype]] as const));
  it.each(runs.filter(([, , , expected]) => expected !== undefined))('%s in %s', (_, dtype, spec, expected) => {
    if (expected === undefined) return expect.fail();
    const trained = new Problem(dtype, undefined, problem);
    const at = (step: number): void => {
      const index = recorded.indexOf(step);
      if (index < 0) return;
      trained.values().forEach((value, i) => {
        expectClose(value, expected.params[index][i], dtype, `parameter ${i} after step ${step}`);
      });
    };
    expectState(train(spec, trained, at, steps), spec, expected, dtype);
  });

  const dtypeOf = (spec: (typeof cases)[number]): 'float32' | 'float64' => (spec.float32 ? 'float32' : 'float64');
  it.each(cases.map((spec) => [spec.name, spec] as const))('%s prints as in PyTorch', (_, spec) => {
    const dtype = dtypeOf(spec);
    const lines = String(train(spec, new Problem(dtype, undefined, problem))).split('\n');
    // options that PyTorch has got since
    const added = ['fused', 'differentiable', 'capturable', 'decoupled_weight_decay', 'maximize'];
    // CyclicLR's
    added.push('max_lr', 'base_momentum', 'max_momentum');
    const known = (line: string): boolean => !added.some((key) => line.trimStart().startsWith(`${key}:`));
    expect(lines.filter(known)).toEqual(spec[dtype]?.repr?.split('\n').filter(known));
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
  it.each([
    'sgd nesterov weight decay',
    'adam amsgrad',
    'adam reload',
    'asgd averaged',
    'nadam',
    'rmsprop centered',
    'rprop',
  ])('%s', (name) => {
    const spec = caseNamed(name);
    const problem = new Problem('float64', (x) => place(x).detach());
    expect(problem.params[0].is_contiguous()).toBe(false);
    train(spec, problem);
    const last = spec.float64?.params.at(-1) ?? [];
    problem.values().forEach((value, i) => {
      expectClose(value, last[i], 'float64', `parameter ${i}`);
    });
  });
});
