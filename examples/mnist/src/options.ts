import { Command, CommanderError, InvalidArgumentError } from 'commander';

/** What the command line asks for. */
export interface Options {
  /** Folder of the MNIST files; null for generated digits. */
  data: string | null;
  epochs: number;
  batchSize: number;
  lr: number;
  /** Of the initial weights and of the order of the images. */
  seed: number;
  /** The run folder; null for a new one in runs/. */
  out: string | null;
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
  const { data = null, out = null, ...rest } = program.opts<Options>();
  return { data, out, ...rest };
}

function command(output: Output): Command {
  return new Command('npm start --')
    .description('Trains a LeNet on images of handwritten digits and evaluates it on others.')
    .usage('[options]')
    .option('--data <folder>', 'the MNIST files, plain or .gz (default: digits that are drawn here)', path)
    .option('--epochs <n>', 'how often every image is shown', positiveInteger, 3)
    .option('--batch-size <n>', 'images per step', positiveInteger, 64)
    .option('--lr <rate>', 'learning rate of SGD', positiveNumber, 0.05)
    .option('--seed <n>', 'of the initial weights and of the order of the images', naturalNumber, 0)
    .option('--out <folder>', 'where net_params.pt and metrics.json go (default: a new folder in runs/)', path)
    .helpOption('--help', 'show this')
    .addHelpText('after', '\nCtrl-C saves the checkpoint and exits; a second Ctrl-C exits at once.')
    .configureOutput({ writeOut: output.out, writeErr: output.err })
    .showHelpAfterError('(--help shows every option)')
    .exitOverride();
}

function path(text: string): string {
  if (text === '') throw new InvalidArgumentError('It is empty, expected the path of a folder.');
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
