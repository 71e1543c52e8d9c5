import { manual_seed, optim, utils } from 'torchlet';
import { describe, expect, it } from 'vitest';
import { LeNet } from '../src/model.js';
import { defaultRate, fixedOptions, makeOptimizer, OPTIMIZERS } from '../src/optimizers.js';
import { evaluate, train } from '../src/train.js';
import { digits } from './support.js';

const goOn = (): boolean => false;
const [shown, unseen] = [digits(1000, true), digits(200, false)];

/** LBFGS needs a closure, Muon takes matrices alone, SparseAdam sparse gradients alone. */
const UNFIT = ['LBFGS', 'Muon', 'SparseAdam'];

describe('the optimizers', () => {
  it('are those of torch.optim that can train the network', () => {
    const names = Object.entries(optim).flatMap(([name, value]) =>
      typeof value === 'function' && value.prototype instanceof optim.Optimizer ? [name] : [],
    );
    expect([...OPTIMIZERS].sort()).toEqual(names.filter((name) => !UNFIT.includes(name)).sort());
  });

  it.each(OPTIMIZERS)(
    '%s is set up as it says, and learns with that',
    async (name) => {
      manual_seed(1);
      const net = new LeNet();
      const optimizer = makeOptimizer(name, net.parameters(), defaultRate(name));
      expect(optimizer.constructor.name).toBe(name);
      expect(optimizer.param_groups[0]).toMatchObject({ lr: defaultRate(name), ...fixedOptions(name) });
      const { DataLoader } = utils.data;
      for (let epoch = 0; epoch < 3; epoch++) {
        await train(net, new DataLoader(shown, { batch_size: 32, shuffle: true }), optimizer, goOn);
      }
      const { accuracy } = await evaluate(net, new DataLoader(unseen, { batch_size: 200 }), goOn);
      // guessing gets 0.1; without momentum the way is longer
      expect(accuracy).toBeGreaterThan(name === 'ASGD' ? 0.4 : 0.75);
    },
    20_000,
  );
});
