/** Optimizers give a gradient's memory back with `zero_grad`, unless somebody may hold it. */
import { randn, type Tensor } from '@torchlet/tensor';
import { cpuMemory } from '@torchlet/tensor/internal';
import { describe, expect, it } from 'vitest';
import * as optim from '../src/index.js';

const BYTES = 4 * 1024;

const backward = (p: Tensor): void => p.mul(p).sum().backward();
const param = (): Tensor => randn(32, 32, { requires_grad: true });

/** How many bytes `zero_grad` brings back after a step. */
function comesBack(p: Tensor, optimizer: optim.Optimizer): number {
  backward(p);
  optimizer.step();
  const before = cpuMemory().held;
  optimizer.zero_grad();
  return before - cpuMemory().held;
}

type SGDGroup = optim.SGD['param_groups'][number];
type AnyOptimizer = new (params: Tensor[]) => optim.Optimizer;
const READERS: Readonly<Record<string, AnyOptimizer>> = {
  SGD: optim.SGD,
  Adam: optim.Adam,
  AdamW: optim.AdamW,
  Adadelta: optim.Adadelta,
  Adagrad: optim.Adagrad,
  Adamax: optim.Adamax,
  ASGD: optim.ASGD,
  NAdam: optim.NAdam,
  RAdam: optim.RAdam,
  RMSprop: optim.RMSprop,
  Rprop: optim.Rprop,
};

describe('zero_grad', () => {
  it.each(Object.entries(READERS))('of %s brings the memory of gradients back', (_, Class) => {
    const p = param();
    const optimizer = new Class([p]);
    comesBack(p, optimizer);
    expect(comesBack(p, optimizer)).toBe(BYTES);
  });

  it('brings nothing back of a gradient that the program has read', () => {
    const p = param();
    const optimizer = new optim.SGD([p]);
    backward(p);
    const { grad } = p;
    const numbers = grad?.tolist();
    optimizer.step();
    optimizer.zero_grad();
    expect(comesBack(p, optimizer)).toBe(BYTES);
    expect(grad?.tolist()).toEqual(numbers);
  });

  it('brings nothing back of a gradient that another optimizer may keep', () => {
    const kept: { readonly grad: Tensor; readonly numbers: unknown }[] = [];
    class Keeper extends optim.SGD {
      protected override update(p: Tensor, grad: Tensor, state: null, group: SGDGroup): void {
        kept.push({ grad, numbers: grad.tolist() });
        super.update(p, grad, state, group);
      }
    }
    const p = param();
    const optimizer = new Keeper([p]);
    for (let i = 0; i < 3; i++) expect(comesBack(p, optimizer)).toBe(0);
    for (const { grad, numbers } of kept) expect(grad.tolist()).toEqual(numbers);
    expect(kept).toHaveLength(3);
  });

  it('brings nothing back of a gradient that a hook of the step has read', () => {
    const p = param();
    const optimizer = new optim.Adam([p]);
    const seen: (Tensor | null)[] = [];
    optimizer.register_step_pre_hook(() => {
      seen.push(p.grad);
    });
    expect(comesBack(p, optimizer)).toBe(0);
    expect(seen).toHaveLength(1);
  });
});
