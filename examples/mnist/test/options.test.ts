import { describe, expect, it } from 'vitest';
import { defaultRate, OPTIMIZERS } from '../src/optimizers.js';
import { completed, type Options, parseOptions, type Settings } from '../src/options.js';

const nothing: Options = { settings: {}, resume: null, out: null, device: 'cpu' };
const defaults: Settings = { data: null, epochs: 3, batchSize: 64, optimizer: 'SGD', lr: 0.05, seed: 0 };

function parse(...args: string[]): { result: Options | { exitCode: number }; out: string; err: string } {
  const printed = { out: '', err: '' };
  const result = parseOptions(args, {
    out: (text) => {
      printed.out += text;
    },
    err: (text) => {
      printed.err += text;
    },
  });
  return { result, ...printed };
}

describe('the command line', () => {
  it.each<[string[], Partial<Settings>]>([
    [[], {}],
    [['--data', 'some/folder'], { data: 'some/folder' }],
    [['--epochs', '7'], { epochs: 7 }],
    [['--batch-size', '128'], { batchSize: 128 }],
    [['--optimizer', 'Adam'], { optimizer: 'Adam' }],
    [['--optimizer', 'sgd'], { optimizer: 'SGD' }],
    [['--lr', '0.1'], { lr: 0.1 }],
    [['--lr=.5e-2'], { lr: 0.005 }],
    [['--lr', '1'], { lr: 1 }],
    [['--seed', '0'], { seed: 0 }],
    [['--seed', '9007199254740991'], { seed: 9007199254740991 }],
    [['--', '--seed', '2'], { seed: 2 }],
    [['--epochs', '2', '--seed', '5'], { epochs: 2, seed: 5 }],
  ])('%j', (args, settings) => {
    expect(parse(...args)).toEqual({ result: { ...nothing, settings }, out: '', err: '' });
    expect(completed(settings)).toMatchObject(settings);
  });

  it.each<[string[], Partial<Options>]>([
    [['--out', 'a b'], { out: 'a b' }],
    [['--device', 'gpu'], { device: 'gpu' }],
    [['--resume'], { resume: true }],
    [['--resume', '--out', 'here'], { resume: true, out: 'here' }],
    [['--resume', 'runs/1'], { resume: 'runs/1' }],
    [['--resume', 'x.pt', '--epochs', '9'], { resume: 'x.pt', settings: { epochs: 9 } }],
  ])('%j', (args, expected) => {
    expect(parse(...args)).toEqual({ result: { ...nothing, ...expected }, out: '', err: '' });
  });

  it('gives a new run what it was not given, a learning rate by its optimizer', () => {
    expect(completed({})).toEqual(defaults);
    expect(completed({ optimizer: 'Adam' })).toEqual({ ...defaults, optimizer: 'Adam', lr: 0.003 });
    expect(completed({ optimizer: 'Adam', lr: 1 })).toEqual({ ...defaults, optimizer: 'Adam', lr: 1 });
  });

  it.each([
    [['--epochs', '0'], "option '--epochs <n>' argument '0' is invalid. Expected at least 1."],
    [['--epochs', '-1'], "option '--epochs <n>' argument '-1' is invalid. Expected a whole number up to"],
    [['--epochs', '1.5'], "argument '1.5' is invalid. Expected a whole number up to 9007199254740991."],
    [['--epochs', 'many'], "argument 'many' is invalid. Expected a whole number"],
    [['--epochs', '1e3'], "argument '1e3' is invalid. Expected a whole number"],
    [['--epochs='], "argument '' is invalid. Expected a whole number"],
    [['--epochs'], "option '--epochs <n>' argument missing"],
    [['--batch-size', '0'], "option '--batch-size <n>' argument '0' is invalid. Expected at least 1."],
    [['--lr', '0'], "option '--lr <rate>' argument '0' is invalid. Expected a number greater than 0."],
    [['--lr', '-0.1'], "argument '-0.1' is invalid. Expected a number greater than 0."],
    [['--lr', 'NaN'], "argument 'NaN' is invalid. Expected a number greater than 0."],
    [['--lr', 'Infinity'], "argument 'Infinity' is invalid. Expected a number greater than 0."],
    [['--lr', '1e999'], "argument '1e999' is invalid. Expected a number greater than 0."],
    [['--lr', '1e-999'], "argument '1e-999' is invalid. Expected a number greater than 0."],
    [['--lr', '0x10'], "argument '0x10' is invalid. Expected a number greater than 0."],
    [['--seed', '-1'], "option '--seed <n>' argument '-1' is invalid. Expected a whole number"],
    [['--seed', '9007199254740993'], "argument '9007199254740993' is invalid. Expected a whole number"],
    [['--data='], "option '--data <folder>' argument '' is invalid. It is empty, expected a path."],
    [['--out='], "option '--out <folder>' argument '' is invalid. It is empty, expected a path."],
    [['--resume='], "option '--resume [checkpoint]' argument '' is invalid. It is empty, expected a path."],
    [
      ['--optimizer', 'Sophia'],
      `option '--optimizer <name>' argument 'Sophia' is invalid. Expected one of ${OPTIMIZERS.join(', ')}.`,
    ],
    [['--device', 'tpu'], "option '--device <name>' argument 'tpu' is invalid. Allowed choices are cpu, gpu."],
    [['--bath-size', '3'], "unknown option '--bath-size'\n(Did you mean --batch-size?)"],
    [['--', '--', '--epochs'], 'too many arguments. Expected 0 arguments but got 1'],
    [['somewhere'], 'too many arguments. Expected 0 arguments but got 1'],
  ])('%j is an error', (args, message) => {
    const { result, out, err } = parse(...args);
    expect(result).toEqual({ exitCode: 2 });
    expect(err).toContain(`error: `);
    expect(err).toContain(message);
    expect(err).toContain('(--help shows every option)');
    expect(out).toBe('');
  });

  it('--help names every option and its default', () => {
    const { result, out: lines, err } = parse('--help');
    const out = lines.replace(/\s+/g, ' ');
    expect(result).toEqual({ exitCode: 0 });
    for (const name of ['data', 'epochs', 'batch-size', 'optimizer', 'lr', 'seed', 'out', 'resume', 'help']) {
      expect(out).toContain(`--${name} `);
    }
    expect(out).toContain('Ctrl-C');
    for (const value of [defaults.epochs, defaults.batchSize, defaults.optimizer, defaults.seed]) {
      expect(out).toContain(`(default: ${value})`);
    }
    expect(out).toContain('(default: 0.05 for SGD, ');
    for (const name of OPTIMIZERS) expect(out).toContain(`${defaultRate(name)} for ${name}`);
    expect(err).toBe('');
  });
});
