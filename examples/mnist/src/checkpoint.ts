import { existsSync, readdirSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { load, type optim, type Tensor } from 'torchlet';
import { RunError } from './errors.js';
import { OPTIMIZERS, type OptimizerName } from './optimizers.js';
import type { Options, Settings } from './options.js';
import { CHECKPOINT } from './run-folder.js';
import type { ConfusionMatrix, Sums } from './train.js';

/** An epoch in metrics.json. Losses are mean cross entropies, accuracies fractions. */
export interface EpochMetrics {
  epoch: number;
  train_loss: number;
  train_accuracy: number;
  test_loss: number;
  test_accuracy: number;
  train_seconds: number;
  test_seconds: number;
}

/** The epoch that the run is in. */
export interface CurrentEpoch extends Sums {
  /** Spent on training so far. */
  seconds: number;
}

/** All of a run: with this it goes on as if it had never stopped. Under the names that a Python program would use. */
export interface Checkpoint {
  model: Record<string, Tensor>;
  optimizer: optim.OptimizerStateDict;
  scheduler: Record<string, unknown>;
  /** Whole epochs and steps that are done. */
  epoch: number;
  step: number;
  seed: number;
  args: Record<string, string | number | boolean | null>;
  data: DataSize;
  /** State of the default generator. */
  rng_state: Tensor;
  /** State of the generator of the order of the images, as it was when the current epoch began. */
  order_state: Tensor;
  current_epoch: CurrentEpoch;
  epochs: EpochMetrics[];
  /** Of each step's batch, float64. */
  train_losses: Tensor;
  train_accuracies: Tensor;
  /** After the last whole epoch. */
  confusion_matrix: ConfusionMatrix | null;
  started: string;
  /** Spent on the run so far. */
  seconds: number;
}

/** What a run was trained on must have this size still. */
export interface DataSize {
  train_images: number;
  test_images: number;
}

const KEYS = (
  'model optimizer scheduler epoch step seed args data rng_state order_state current_epoch epochs ' +
  'train_losses train_accuracies confusion_matrix started seconds'
).split(' ');

/** The checkpoint that `--resume` means. @throws {RunError} if there is none */
export function findCheckpoint({ resume, out }: Options, runs = 'runs'): string {
  if (typeof resume === 'string') {
    return statSync(resume, { throwIfNoEntry: false })?.isDirectory() ? join(resume, CHECKPOINT) : resume;
  }
  return out === null ? latestIn(runs) : join(out, CHECKPOINT);
}

/** Of the run that was written to last. */
function latestIn(parent: string): string {
  const folders = existsSync(parent) ? readdirSync(parent) : [];
  const files = folders.map((name) => join(parent, name, CHECKPOINT)).filter((file) => existsSync(file));
  const time = (file: string): number => statSync(file).mtimeMs;
  const [latest] = files.sort((a, b) => time(b) - time(a));
  if (latest === undefined) throw new RunError(`there is no run to go on with: no ${join(parent, '*', CHECKPOINT)}`);
  return latest;
}

/** @throws {SerializationError | RunError} for a file that cannot be read, or is no checkpoint of this program */
export function readCheckpoint(file: string): Checkpoint {
  const saved: unknown = load(file);
  const missing = typeof saved === 'object' && saved !== null ? KEYS.filter((key) => !Object.hasOwn(saved, key)) : KEYS;
  if (missing.length > 0) throw new RunError(`${file} is no run to go on with: it lacks ${missing.join(', ')}`);
  return saved as Checkpoint;
}

/**
 * The settings of a run that goes on: the checkpoint's, with more epochs if more are wanted.
 * @throws {RunError} for options that say otherwise, and for a run that is finished
 */
export function resumedSettings(file: string, { args, epoch }: Checkpoint, given: Partial<Settings>): Settings {
  const saved = settingsOf(file, args);
  const problems = OPTIONS.filter(([key]) => given[key] !== undefined && !fits(key, given, saved)).map(
    ([key, flag]) =>
      `${flag} ${given[key]} contradicts ${file}, which has ${saved[key] ?? 'none'}` +
      `${key === 'epochs' ? ': it can only be raised' : ''}`,
  );
  if (problems.length > 0) throw new RunError(problems.join('; '));
  const settings = { ...saved, epochs: given.epochs ?? saved.epochs };
  if (epoch >= settings.epochs) {
    throw new RunError(`${file}: all ${epoch} epochs are done, nothing to go on with; --epochs ${epoch + 1} adds one`);
  }
  return settings;
}

const OPTIONS = [
  ['data', '--data'],
  ['epochs', '--epochs'],
  ['batchSize', '--batch-size'],
  ['optimizer', '--optimizer'],
  ['lr', '--lr'],
  ['seed', '--seed'],
] as const;

function fits(key: keyof Settings, given: Partial<Settings>, saved: Settings): boolean {
  if (key === 'epochs') return (given.epochs ?? 0) >= saved.epochs;
  if (key === 'data' && given.data && saved.data) return resolve(given.data) === resolve(saved.data);
  return given[key] === saved[key];
}

function settingsOf(file: string, args: Checkpoint['args']): Settings {
  const { data, epochs, batch_size, optimizer, lr, seed } = args;
  const isValid =
    (data === null || typeof data === 'string') &&
    [epochs, batch_size, lr, seed].every((value) => typeof value === 'number') &&
    OPTIMIZERS.includes(optimizer as OptimizerName);
  if (!isValid) throw new RunError(`${file} is no run to go on with: its args are ${JSON.stringify(args)}`);
  return { data, epochs, batchSize: batch_size, optimizer, lr, seed } as Settings;
}

/** @throws {RunError} if the images are not those that the run was trained on, as far as their numbers tell */
export function checkDataSize(file: string, saved: DataSize, now: DataSize): void {
  if (saved.train_images === now.train_images && saved.test_images === now.test_images) return;
  const show = (size: DataSize): string => `${size.train_images} images to train on, ${size.test_images} to test`;
  throw new RunError(`the data is not that of ${file}: there are ${show(now)}, it had ${show(saved)}`);
}
