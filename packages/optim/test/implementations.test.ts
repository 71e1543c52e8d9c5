/** Options that choose among PyTorch's implementations: those that are accepted change no bit of the result. */
import { describe, expect, it } from 'vitest';
import { type Configuration, optimizerOf, Problem } from './helpers.js';
import { train } from './replay.js';

const CHOICES = [
  { foreach: true },
  { foreach: false },
  { fused: false },
  { capturable: false },
  { differentiable: false },
];
const all: Configuration['groups'] = [[[0, 1, 2, 3], {}]];

// SparseAdam, Muon and LBFGS have none of them
const NAMES = [
  'ASGD',
  'Adadelta',
  'Adafactor',
  'Adagrad',
  'Adam',
  'AdamW',
  'Adamax',
  'NAdam',
  'RAdam',
  'RMSprop',
  'Rprop',
  'SGD',
] as const;

const configuration = (name: (typeof NAMES)[number], options: object): Configuration => ({
  name,
  optimizer: name,
  options: { lr: 0.05, ...options },
  groups: all,
});

function trained(name: (typeof NAMES)[number], options: object): number[][] {
  const problem = new Problem('float32');
  train(configuration(name, options), problem, undefined, 10);
  return problem.values();
}

describe.each(NAMES)('%s', (name) => {
  const { defaults } = optimizerOf(configuration(name, {}), new Problem('float32').params);
  const known = CHOICES.filter((choice) => Object.keys(choice).every((key) => key in defaults));

  it('has at least one of them', () => {
    expect(known).toContainEqual({ foreach: true });
  });

  it.each(known)('%o', (choice) => {
    const expected = trained(name, {});
    expect(expected).not.toEqual(new Problem('float32').values());
    expect(trained(name, choice)).toEqual(expected);
  });
});
