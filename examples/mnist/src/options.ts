import { Command, CommanderError, InvalidArgumentError, Option } from 'commander';
import type { Device } from 'torchlet';
import { defaultRate, OPTIMIZERS, type OptimizerName } from './optimizers.js';

/** What makes a run the run that it is: a checkpoint has it, and nobody may change it under way. */
export interface Settings {
  /** Folder of the MNIST files; null for generated digits. */
  data: string | null;
  epochs: number;
  batchSize: number;
  optimizer: OptimizerName;
  lr: number;
  /** Of the initial weights and of the order of the images. */
  seed: number;
}

/** What the command line asks for. */
export interface Options {
  /** Those that were given. */
  settings: Partial<Settings>;
  /** A checkpoint or its folder, to go on from; true for the one that is likely meant; null for a new run. */
  resume: string | true | null;
  /** The run folder; null for a new one in runs/, or the one that is resumed. */
  out: string | null;
  /** What computes; a run may go on on another. */
  device: Device;
}

const DEFAULTS = { data: null, epochs: 3, batchSize: 64, optimizer: 'SGD', seed: 0 } as const;

/** The settings of a new run. */
export function completed(given: Partial<Settings>): Settings {
  const { optimizer = DEFAULTS.optimizer } = given;
  return { ...DEFAULTS, lr: defaultRate(optimizer), ...given };
}

/** Where commander's own words go. */
export interface Output {
  out(text: string): void;
  err(text: string): void;
}

const standard: Output = {
  out: (text) => process.stdout.write(text),
  err: (text) => process.stderr.write(text),
};

/**
 * The options, or the exit code for arguments that leave nothing to run: 0 after `--help`, 2 after arguments that are
 * wrong. What there is to say has been said then.
 * @param args what follows the program's name on the command line
 */
export function parseOptions(args: readonly string[], output: Output = standard): Options | { exitCode: number } {
  const program = command(output);
  // npm takes the -- of `npm start -- --epochs 3` away, pnpm hands it on.
  const own = args[0] === '--' ? args.slice(1) : args;
  try {
    program.parse(own, { from: 'user' });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    return { exitCode: error.exitCode === 0 ? 0 : 2 };
  }
  const { resume = null, out = null, device, ...settings } = program.opts<Settings & Options>();
  return { settings, resume, out, device };
}

function command(output: Output): Command {
  return new Command('npm start --')
    .description('Trains a LeNet on images of handwritten digits and evaluates it on others.')
    .usage('[options]')
    .option('--data <folder>', 'the MNIST files, plain or .gz (default: digits that are drawn here)', path)
    .option('--epochs <n>', `how often every image is shown (default: ${DEFAULTS.epochs})`, positiveInteger)
    .option('--batch-size <n>', `images per step (default: ${DEFAULTS.batchSize})`, positiveInteger)
    .option('--optimizer <name>', `one of ${OPTIMIZERS.join(', ')} (default: ${DEFAULTS.optimizer})`, optimizerName)
    .option('--lr <rate>', `learning rate (default: ${rates()})`, positiveNumber)
    .option('--seed <n>', `of the weights and of the order of the images (default: ${DEFAULTS.seed})`, naturalNumber)
    .addOption(new Option('--device <name>', 'what computes').choices(['cpu', 'gpu']).default('cpu'))
    .option('--out <folder>', 'where checkpoint, metrics and curves go (default: a new folder in runs/)', path)
    .option(
      '--resume [checkpoint]',
      'go on with a stopped run, exactly; only --epochs may be raised (default: that in --out, or the latest in runs/)',
      path,
    )
    .helpOption('--help', 'show this')
    .addHelpText('after', '\nCtrl-C saves the checkpoint and exits; a second Ctrl-C exits at once.')
    .configureOutput({ writeOut: output.out, writeErr: output.err })
    .showHelpAfterError('(--help shows every option)')
    .exitOverride();
}

/** Of each optimizer: `0.05 for SGD, 0.3 for ASGD, …`. */
const rates = (): string => OPTIMIZERS.map((name) => `${defaultRate(name)} for ${name}`).join(', ');

function optimizerName(text: string): OptimizerName {
  const name = OPTIMIZERS.find((name) => name.toLowerCase() === text.toLowerCase());
  if (name === undefined) throw new InvalidArgumentError(`Expected one of ${OPTIMIZERS.join(', ')}.`);
  return name;
}

function path(text: string): string {
  if (text === '') throw new InvalidArgumentError('It is empty, expected a path.');
  return text;
}

function positiveInteger(text: string): number {
  const value = naturalNumber(text);
  if (value === 0) throw new InvalidArgumentError('Expected at least 1.');
  return value;
}

function naturalNumber(text: string): number {
  const value = /^\d+$/.test(text) ? Number(text) : Number.NaN;
  if (!Number.isSafeInteger(value)) {
    throw new InvalidArgumentError(`Expected a whole number up to ${Number.MAX_SAFE_INTEGER}.`);
  }
  return value;
}

function positiveNumber(text: string): number {
  // Number('') is 0 and Number('0x10') is 16: only decimal numbers are meant.
  const value = /^[+]?(\d+[.]?\d*|[.]\d+)(e[+-]?\d+)?$/i.test(text) ? Number(text) : Number.NaN;
  if (!(value > 0 && value < Infinity)) throw new InvalidArgumentError('Expected a number greater than 0.');
  return value;
}
