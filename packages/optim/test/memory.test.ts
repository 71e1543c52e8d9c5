/** Training for long takes no more memory than training for a moment. */
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { randn, type Tensor } from '@torchlet/tensor';
import { cpuMemory } from '@torchlet/tensor/internal';
import { describe, expect, it } from 'vitest';
import * as optim from '../src/index.js';

setFlagsFromString('--expose-gc');
const collect: () => void = runInNewContext('gc');

/** They hold on to a history, and to the listed rows of a moment. */
const EXCEPT = ['Optimizer', 'LBFGS', 'SparseAdam'];

/** What gives an optimizer all of its state. */
const OPTIONS: Readonly<Record<string, Record<string, unknown>[]>> = {
  Adam: [{}, { amsgrad: true }],
  RMSprop: [{}, { momentum: 0.9, centered: true }],
  SGD: [{}, { momentum: 0.9, nesterov: true }],
};

type AnyOptimizer = new (params: Tensor[], options: object) => optim.Optimizer;
const optimizers = Object.entries(optim)
  .filter(
    ([name, value]) =>
      typeof value === 'function' && value.prototype instanceof optim.Optimizer && !EXCEPT.includes(name),
  )
  .flatMap(([name, value]) =>
    (OPTIONS[name] ?? [{}]).map((options) => [name, options, value as unknown as AnyOptimizer] as const),
  );

/** The optimizer on parameters of these shapes, as far as it takes them, with gradients that stay. */
function training(make: AnyOptimizer, options: object, shapes: readonly number[][]): optim.Optimizer {
  const fitting = make === (optim.Muon as unknown) ? shapes.filter(({ length }) => length === 2) : shapes;
  const params = fitting.map((shape) => randn(shape, { requires_grad: true }));
  for (const param of params) param.grad = randn(param.shape);
  return new make(params, options);
}

function steps(optimizer: optim.Optimizer, n: number): void {
  for (let i = 0; i < n; i++) optimizer.step();
}

async function settle(): Promise<void> {
  // references that are weak count until the end of a turn
  await new Promise(setImmediate);
  collect();
}

const inUse = (): number => {
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
};

/** Bytes of the elements of all tensors that the garbage collector has not found yet. */
const elements = (): number => process.memoryUsage().arrayBuffers + cpuMemory().held;

/** Bytes that remain of 1,000 steps: the least of some attempts, as the engine's own, such as compiled code, come once. */
async function left(optimizer: optim.Optimizer): Promise<number> {
  let least = Number.POSITIVE_INFINITY;
  steps(optimizer, 100);
  for (let attempt = 0; attempt < 8 && least >= LEAK; attempt++) {
    await settle();
    const before = inUse();
    steps(optimizer, 1000);
    await settle();
    least = Math.min(least, inUse() - before);
  }
  return least;
}

/** Bytes that 12 steps take in buffers. A collection meanwhile could only hide something. */
async function taken(optimizer: optim.Optimizer): Promise<number> {
  steps(optimizer, 2);
  await settle();
  const before = elements();
  steps(optimizer, 12);
  return elements() - before;
}

const LEAK = 50_000;
const SMALL = [[6, 5], [7]];
const SIDE = 256;
const TENSOR = SIDE * SIDE * 4;

it('knows the optimizers', () => {
  expect(optimizers.map(([name]) => name)).toEqual(expect.arrayContaining(['Adafactor', 'Adam', 'Muon', 'SGD']));
});

// a machine that is busy with other things takes its time
describe.each(optimizers)('%s %o', { timeout: 60_000 }, (_, options, make) => {
  it('leaves nothing behind', async () => {
    expect(await left(training(make, options, SMALL))).toBeLessThan(LEAK);
  });

  it('takes no memory of the size of a parameter', async () => {
    expect(await taken(training(make, options, [[SIDE, SIDE]]))).toBeLessThan(TENSOR);
  });
});

describe('it would be seen', { timeout: 60_000 }, () => {
  const seen: Tensor[] = [];
  class Leaky extends optim.Optimizer {
    protected override update(_param: Tensor, grad: Tensor): void {
      seen.push(grad.sum());
    }
  }
  class Wasteful extends optim.Optimizer {
    protected override update(param: Tensor, grad: Tensor): void {
      param.sub_(grad.mul(0.5));
    }
  }

  it('if a step left something behind', async () => {
    expect(await left(training(Leaky as never, { lr: 1 }, SMALL))).toBeGreaterThan(LEAK);
  });

  it('if a step took memory', async () => {
    expect(await taken(training(Wasteful as never, { lr: 1 }, [[SIDE, SIDE]]))).toBeGreaterThan(TENSOR);
  });
});
