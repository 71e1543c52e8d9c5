/** A configuration run as tools/pytorch-golden/optim_problem.py runs it, and its end compared with PyTorch's. */
import { Tensor } from '@torchlet/tensor';
import { expect } from 'vitest';
import { lr_scheduler, type Optimizer } from '../src/index.js';
import {
  type Configuration,
  expectClose,
  optimizerOf,
  type Precision,
  type Problem,
  type Recorded,
  STEPS,
} from './helpers.js';

/** Trains; `at` sees the parameters after each step. */
export function train(
  spec: Configuration,
  problem: Problem,
  at: (step: number, optimizer: Optimizer) => void = () => {},
  steps: number = STEPS,
): Optimizer {
  const { params } = problem;
  let optimizer = optimizerOf(spec, params);
  const scheduler = schedulerOf(spec, optimizer);
  for (let step = 1; step <= steps; step++) {
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
    if (spec.closure) optimizer.step(() => setGradients(spec, problem, step));
    else {
      setGradients(spec, problem, step);
      optimizer.step();
    }
    if (spec.schedule === undefined || step % 4 === 0) scheduler?.step();
    at(step, optimizer);
  }
  return optimizer;
}

type Constructor = new (optimizer: Optimizer, options: object) => lr_scheduler.LRScheduler;
const classes = lr_scheduler as unknown as Readonly<Record<string, Constructor>>;

function schedulerOf(spec: Configuration, optimizer: Optimizer): { step(): void } | null {
  if (spec.schedule !== undefined) return new lr_scheduler.StepLR(optimizer, spec.schedule);
  const made = (spec.schedulers ?? []).map(([name, options]) => new classes[name](optimizer, options));
  return made.length > 1 ? new lr_scheduler.ChainedScheduler(made) : (made[0] ?? null);
}

/** Returns the loss of the parameters that got one. */
function setGradients(spec: Configuration, problem: Problem, step: number): number {
  let loss = 0;
  for (let i = 0; i < problem.params.length; i++) {
    if (spec.frozen?.includes(i) || step < (spec.late?.[i] ?? 0)) continue;
    problem.setGrad(i, step);
    if (spec.closure) loss += problem.loss(i, step);
  }
  return loss;
}

/** State that stays float32 until a state dict is loaded, which casts all but the step count to the parameter's dtype. */
export const SCALARS: readonly string[] = ['eta', 'mu', 'mu_product'];

export function expectState(optimizer: Optimizer, spec: Configuration, expected: Recorded, dtype: Precision): void {
  const dtypeOf = (key: string): string =>
    key === 'step' || (SCALARS.includes(key) && spec.reload === undefined) ? 'float32' : dtype;
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
      expect(tensor.dtype, key).toBe(dtypeOf(key));
      expectClose(tensor.tolist(), value, dtype, `${key} of parameter ${index}`);
    }
  }
  expect(param_groups.length).toBe(expected.param_groups.length);
  param_groups.forEach((group, i) => {
    for (const [key, value] of Object.entries(expected.param_groups[i])) {
      if (typeof [value].flat()[0] === 'number') expectClose(group[key], value, 'float64', key);
      // false in PyTorch 1.13, null in 2.x
      else if (key !== 'fused') expect(group[key], key).toEqual(value);
    }
  });
}
