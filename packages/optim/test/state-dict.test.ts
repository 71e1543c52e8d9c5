/** state_dict and load_state_dict: structure, casts, files shared with PyTorch, round trips of any state. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isIntegerKeyed, load, no_grad, ones, randn, save, type Tensor, tensor, zeros } from '@torchlet/tensor';
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { Adam, type Optimizer, type OptimizerStateDict, SGD } from '../src/index.js';
import { caseNamed, construct, expectClose, fixture, optimizerOf, Problem } from './helpers.js';
import { SCALARS } from './replay.js';

const folder = mkdtempSync(join(tmpdir(), 'torchlet-optim-'));
afterAll(() => rmSync(folder, { recursive: true }));

const leaf = (...values: number[]): Tensor => tensor(values, { requires_grad: true });

function train(optimizer: Optimizer, steps: number): void {
  for (let i = 0; i < steps; i++) {
    for (const { params } of optimizer.param_groups) for (const p of params) p.grad = no_grad(() => p.mul(p).add(i));
    optimizer.step();
  }
}

describe('state_dict', () => {
  it('counts parameters over the groups, and its tensors are the optimizer’s', () => {
    const [a, b, c] = [leaf(1), leaf(2), leaf(3)];
    const optimizer = new SGD([{ params: [a, b] }, { params: c, lr: 1 }], { lr: 0.5, momentum: 0.5 });
    a.grad = ones(1);
    c.grad = ones(1);
    optimizer.step();
    const { state, param_groups } = optimizer.state_dict();
    expect(param_groups.map(({ params }) => params)).toEqual([[0, 1], [2]]);
    expect(Object.keys(param_groups[0])).toEqual([
      'lr',
      'momentum',
      'dampening',
      'weight_decay',
      'nesterov',
      'maximize',
      'foreach',
      'differentiable',
      'fused',
      'params',
    ]);
    expect(Object.keys(state)).toEqual(['0', '2']);
    expect(isIntegerKeyed(state)).toBe(true);
    expect(state[2].momentum_buffer).toBe(optimizer.state.get(c)?.momentum_buffer);
    param_groups[0].lr = 9;
    expect(optimizer.param_groups[0].lr).toBe(0.5);
  });
});

describe('load_state_dict', () => {
  it('takes over options and state, but no parameters; tensors that fit are shared', () => {
    const [one, two] = [new Adam([leaf(1, 2)], { lr: 0.5, amsgrad: true }), new Adam([leaf(3, 4)])];
    train(one, 3);
    const saved = one.state_dict();
    const group = two.param_groups[0];
    two.load_state_dict(saved);
    expect(two.param_groups[0] === group).toBe(false);
    expect(two.param_groups[0].params[0] === group.params[0]).toBe(true);
    expect([two.param_groups[0].lr, two.param_groups[0].amsgrad]).toEqual([0.5, true]);
    const state = two.state.get(group.params[0]);
    expect(state?.exp_avg === saved.state[0].exp_avg).toBe(true);
    two.param_groups[0].betas[0] = 0;
    expect(one.param_groups[0].betas[0]).toBe(0.9);
  });

  it('casts state to the dtype of the parameter, except the step count', () => {
    const one = new Adam([leaf(1, 2)]);
    train(one, 2);
    const w = zeros([2], { dtype: 'float64', requires_grad: true });
    const two = new Adam([w]);
    two.load_state_dict(one.state_dict());
    const { step, exp_avg } = two.state.get(w) ?? {};
    expect([step?.dtype, exp_avg?.dtype]).toEqual(['float32', 'float64']);
    expect(exp_avg?.tolist()).toEqual((one.state_dict().state[0].exp_avg as Tensor).tolist());
    train(two, 1);
    expect(step?.item()).toBe(3);
  });

  it('reads what older versions wrote: fewer options, a number of steps, a null buffer', () => {
    const one = new Adam([leaf(1)], { lr: 0.5 });
    train(one, 2);
    const saved = one.state_dict();
    for (const key of ['maximize', 'foreach', 'capturable', 'differentiable', 'fused', 'decoupled_weight_decay']) {
      delete saved.param_groups[0][key];
    }
    saved.state[0] = { ...saved.state[0], step: 2 };
    const w = leaf(1);
    const two = new Adam([w], { maximize: true });
    two.load_state_dict(saved);
    expect(two.state_dict().param_groups).toEqual(one.state_dict().param_groups);
    expect(two.state.get(w)?.step).toMatchObject({ dtype: 'float32', shape: [] });
    const sgd = new SGD([w], { momentum: 0.5 });
    sgd.load_state_dict({ ...sgd.state_dict(), state: { 0: { momentum_buffer: null } } });
    w.grad = ones(1);
    sgd.step();
    expect(sgd.state.get(w)?.momentum_buffer?.tolist()).toEqual([1]);
  });

  it('keeps the names of parameters, and goes by position alone', () => {
    const named = new SGD([['w', leaf(1)]]);
    named.load_state_dict(new SGD([leaf(2)], { lr: 3 }).state_dict());
    expect(named.param_groups[0]).toMatchObject({ lr: 3, param_names: ['w'] });
    const other = new SGD([['other', leaf(1)]]);
    other.load_state_dict(named.state_dict());
    expect(other.param_groups[0].param_names).toEqual(['w']);
  });

  it('a key named __proto__ is data', () => {
    const optimizer = new SGD([leaf(1)]);
    const saved = optimizer.state_dict();
    Object.defineProperty(saved.param_groups[0], '__proto__', { value: { lr: 9 }, enumerable: true });
    optimizer.load_state_dict(saved);
    expect(Object.getPrototypeOf(optimizer.param_groups[0])).toBe(Object.prototype);
    expect(Object.keys(optimizer.param_groups[0])).toContain('__proto__');
  });
});

describe('files', () => {
  it.each([
    'sgd',
    'sgd momentum',
    'adam groups',
    'adadelta groups',
    'adagrad groups',
    'adamax',
    'adamw weight decay',
    'asgd averaged',
    'nadam',
    'radam',
    'rmsprop centered momentum',
    'rprop',
  ])('%s goes on from a file of its own', (name) => {
    const spec = caseNamed(name);
    const [whole, halves] = [new Problem('float32'), new Problem('float32')];
    const one = optimizerOf(spec, whole.params);
    let two = optimizerOf(spec, halves.params);
    for (let step = 1; step <= 20; step++) {
      if (step === 10) {
        const file = join(folder, 'optimizer.pt');
        save(two.state_dict(), file);
        two = optimizerOf(spec, halves.params);
        const loaded = load<OptimizerStateDict>(file);
        // an empty dict has no keys to tell by
        expect(isIntegerKeyed(loaded.state)).toBe(Object.keys(loaded.state).length > 0);
        two.load_state_dict(loaded);
      }
      for (const [problem, optimizer] of [
        [whole, one],
        [halves, two],
      ] as const) {
        problem.setGrads(step);
        optimizer.step();
      }
    }
    expect(halves.values()).toEqual(whole.values());
  });

  interface Checkpoint {
    readonly params: Tensor[];
    readonly optimizer: OptimizerStateDict;
  }
  const { cases } = fixture<{ cases: { case: string; file: string; params: number[][] }[] }>('checkpoint');
  it.each(cases.map((c) => [c.case, c] as const))("%s goes on from PyTorch's file", (name, { file, params }) => {
    const spec = caseNamed(name);
    const problem = new Problem('float32');
    const checkpoint = load<Checkpoint>(Buffer.from(file, 'base64'));
    no_grad(() => {
      problem.params.forEach((p, i) => {
        p.copy_(checkpoint.params[i]);
      });
    });
    const optimizer = optimizerOf({ ...spec, options: {}, groups: spec.groups.map(([p]) => [p, {}]) }, problem.params);
    optimizer.load_state_dict(checkpoint.optimizer);
    for (let step = 9; step <= 16; step++) {
      problem.setGrads(step);
      optimizer.step();
    }
    problem.values().forEach((value, i) => {
      expectClose(value, params[i], 'float32', `parameter ${i}`);
    });
  });
});

describe('any state', () => {
  const shape = fc.array(fc.integer({ min: 0, max: 4 }), { maxLength: 3 });
  const group = fc.record({
    shapes: fc.array(shape, { maxLength: 3 }),
    lr: fc.double({ min: 0, max: 2, noNaN: true }),
    momentum: fc.constantFrom(0, 0.5, 0.9),
    amsgrad: fc.boolean(),
    betas: fc.tuple(fc.constantFrom(0, 0.5, 0.9), fc.constantFrom(0.5, 0.999)),
  });
  /** Options that a group has of its own beside its lr. */
  const OWN: Record<string, ('momentum' | 'amsgrad' | 'betas')[]> = {
    SGD: ['momentum'],
    ASGD: [],
    Rprop: [],
    Adagrad: [],
    Adadelta: [],
    RMSprop: ['momentum'],
    Adam: ['amsgrad', 'betas'],
    AdamW: ['amsgrad', 'betas'],
    Adamax: ['betas'],
    NAdam: ['betas'],
    RAdam: ['betas'],
  };
  const setup = fc.record({
    groups: fc.array(group, { minLength: 1, maxLength: 3 }),
    steps: fc.integer({ min: 0, max: 4 }),
    name: fc.constantFrom(...Object.keys(OWN)),
    dtype: fc.constantFrom('float32', 'float64'),
  });

  it('comes back through a state dict and through a file, and trains on alike', () => {
    fc.assert(
      fc.property(setup, ({ groups, steps, name, dtype }) => {
        const starts = groups.map(({ shapes }) => shapes.map((s) => randn(s, { dtype })));
        const make = (): Optimizer => {
          const inputs = groups.map(({ lr, shapes: _, ...options }, i) => ({
            params: starts[i].map((x) => x.clone().requires_grad_()),
            lr,
            ...Object.fromEntries(OWN[name].map((key) => [key, options[key]])),
          }));
          return construct(name, inputs);
        };
        const values = (o: Optimizer): unknown => o.param_groups.map(({ params }) => params.map((p) => p.tolist()));
        const copyParams = (from: Optimizer, to: Optimizer): void =>
          no_grad(() => {
            to.param_groups.forEach(({ params }, i) => {
              params.forEach((p, j) => {
                p.copy_(from.param_groups[i].params[j]);
              });
            });
          });
        const original = make();
        train(original, steps);
        const [copy, fromFile] = [make(), make()];
        const file = join(folder, 'any.pt');
        save(original.state_dict(), file);
        fromFile.load_state_dict(load(file));
        expect(plain(fromFile.state_dict())).toEqual(plain(original.state_dict()));
        copy.load_state_dict(original.state_dict());
        expect(plain(copy.state_dict())).toEqual(plain(original.state_dict()));
        copyParams(original, fromFile);
        copyParams(original, copy);
        train(fromFile, 2);
        // shares its tensors with the original, which rests
        train(copy, 2);
        expect(values(fromFile)).toEqual(values(copy));
      }),
      { numRuns: 120 },
    );
  });
});

/** Tensors as their dtype and elements. Loading casts all 0-dim ones but the step count to the parameter's dtype. */
const plain = (saved: OptimizerStateDict): unknown => ({
  param_groups: saved.param_groups,
  state: Object.entries(saved.state).map(([index, entry]) => [
    index,
    Object.entries(entry).map(([key, value]) => {
      const { dtype } = value as Tensor;
      return [key, SCALARS.includes(key) ? null : dtype, (value as Tensor).tolist()];
    }),
  ]),
});
