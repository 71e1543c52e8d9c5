import { mkdirSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { load, rand, save, type Tensor } from 'torchlet';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Checkpoint, checkDataSize, findCheckpoint, readCheckpoint, resumedSettings } from '../src/checkpoint.js';
import type { Data } from '../src/data.js';
import { RunError } from '../src/errors.js';
import { completed, type Options, type Settings } from '../src/options.js';
import { RunFolder } from '../src/run-folder.js';
import { Session } from '../src/session.js';
import { digits, makeFolder, removeFolder } from './support.js';

/** Seven steps in an epoch, the last one shorter, and one batch of tests. */
const data: Data = { name: 'a few', train: digits(100, true), test: digits(30, false) };

let root = '';
beforeEach(() => {
  root = makeFolder();
});
afterEach(() => removeFolder(root));

/**
 * Trains to the end, or until it has been asked so many times whether it is to stop: once after each batch, once after
 * training and once after testing, ten times in an epoch here.
 */
async function work(session: Session, epochs: number, questions = Infinity): Promise<void> {
  let asked = 0;
  while (session.epochsDone < epochs) {
    if ((await session.epoch(() => ++asked >= questions)) === null) return;
  }
}

/** All that a run comes to, but for the time that it took. */
async function outcome(session: Session, folder: RunFolder): Promise<unknown> {
  const next = rand(3).tolist();
  await session.save('finished');
  const { model, optimizer, epochs, train_losses, train_accuracies, confusion_matrix, step, order_state } =
    load<Checkpoint>(folder.checkpoint);
  return {
    model: Object.entries(model).map(([name, value]) => [name, value.tolist()]),
    optimizer: JSON.stringify(optimizer, (_, value: unknown) => (isTensor(value) ? value.tolist() : value)),
    epochs: epochs.map(({ train_seconds, test_seconds, ...scores }) => scores),
    train_losses: train_losses.tolist(),
    train_accuracies: train_accuracies.tolist(),
    confusion_matrix,
    step,
    order_state: order_state.tolist(),
    next,
  };
}

const isTensor = (value: unknown): value is Tensor =>
  typeof value === 'object' && value !== null && 'tolist' in value && typeof value.tolist === 'function';

async function uninterrupted(settings: Settings): Promise<unknown> {
  const folder = RunFolder.open(join(root, 'whole'));
  const session = new Session(settings, null, data, folder);
  await work(session, settings.epochs);
  return outcome(session, folder);
}

/** The same run, stopped after each of these numbers of questions and resumed. */
async function interrupted(
  settings: Settings,
  stops: readonly number[],
  change: (checkpoint: Checkpoint) => Checkpoint = (checkpoint) => checkpoint,
): Promise<unknown> {
  const folder = RunFolder.open(join(root, 'parts'));
  let session = new Session(settings, null, data, folder);
  for (const questions of stops) {
    await work(session, settings.epochs, questions);
    await session.save('stopped');
    // something else draws in between
    rand(100);
    const checkpoint = change(readCheckpoint(folder.checkpoint));
    session = new Session(resumedSettings(folder.checkpoint, checkpoint, {}), null, data, folder, checkpoint);
  }
  await work(session, settings.epochs);
  return outcome(session, folder);
}

describe('a run that was stopped', () => {
  const settings = completed({ epochs: 2, batchSize: 16, seed: 7 });

  it.each<[string, number[]]>([
    ['after its first step', [1]],
    ['in the middle of an epoch', [3]],
    ['before the last step of an epoch', [6]],
    ['after the last step of an epoch', [7]],
    ['before the test', [8]],
    ['during the test', [9]],
    ['after the test', [10]],
    ['in the second epoch', [15]],
    ['before its end', [20]],
    ['again and again', [2, 1, 3, 4, 2, 6, 3]],
  ])('%s goes on to the same numbers, bit for bit', async (_, stops) => {
    expect(await interrupted(settings, stops)).toEqual(await uninterrupted(settings));
  });

  it('goes on with Adam too', async () => {
    const adam = completed({ ...settings, optimizer: 'Adam', lr: 0.002 });
    expect(await interrupted(adam, [4, 9])).toEqual(await uninterrupted(adam));
  });

  it.each<keyof Checkpoint>(['model', 'optimizer', 'scheduler', 'order_state', 'current_epoch'])(
    'would not do so without its %s',
    async (key) => {
      const folder = RunFolder.open(join(root, 'fresh'));
      await new Session(settings, null, data, folder).save('stopped');
      const fresh = readCheckpoint(folder.checkpoint);
      // in the second epoch: the first begins with the fresh state of the order
      const parts = await interrupted(settings, [13], (checkpoint) => ({ ...checkpoint, [key]: fresh[key] }));
      expect(parts).not.toEqual(await uninterrupted(settings));
    },
  );
});

it('goes on with the random numbers that it would have drawn', async () => {
  const folder = RunFolder.open(root);
  const settings = completed({ epochs: 1 });
  const session = new Session(settings, null, data, folder);
  rand(5);
  await session.save('stopped');
  const next = rand(3).tolist();
  new Session(settings, null, data, folder, readCheckpoint(folder.checkpoint));
  expect(rand(3).tolist()).toEqual(next);
});

describe('a run with more epochs than before', () => {
  it('goes on from its last weights, at the learning rate that a run of that length has there', async () => {
    const settings = completed({ epochs: 1, batchSize: 16 });
    const folder = RunFolder.open(root);
    const first = new Session(settings, null, data, folder);
    await work(first, 1);
    await first.save('finished');
    const checkpoint = readCheckpoint(folder.checkpoint);
    // 7 steps in stages of 2: the last stage
    expect(checkpoint.optimizer.param_groups[0].lr).toBeCloseTo(0.05 * 0.4 ** 3);
    const longer = resumedSettings(folder.checkpoint, checkpoint, { epochs: 4 });
    const second = new Session(longer, null, data, folder, checkpoint);
    await work(second, 4, 1);
    await second.save('stopped');
    const saved = readCheckpoint(folder.checkpoint);
    // 28 steps in stages of 7: step 8 is in the second
    expect(saved.optimizer.param_groups[0].lr).toBeCloseTo(0.05 * 0.4);
    expect([saved.step, saved.epoch, saved.args.epochs]).toEqual([8, 1, 4]);
    expect(second.trainLosses.slice(0, 7)).toEqual(first.trainLosses);
  });
});

describe('what may be resumed', () => {
  const args = { data: 'mnist', epochs: 3, batch_size: 16, optimizer: 'SGD', lr: 0.05, seed: 0 };
  const at = (epoch: number): Checkpoint => ({ args, epoch }) as unknown as Checkpoint;
  const settings = { data: 'mnist', epochs: 3, batchSize: 16, optimizer: 'SGD', lr: 0.05, seed: 0 };

  it.each<[Partial<Settings>]>([
    [{}],
    [{ data: './mnist', epochs: 3, batchSize: 16, optimizer: 'SGD', lr: 0.05, seed: 0 }],
    [{ epochs: 5 }],
  ])('is a run with %j', (given) => {
    expect(resumedSettings('x.pt', at(1), given)).toEqual({ ...settings, epochs: given.epochs ?? 3 });
  });

  it.each<[Partial<Settings>, string]>([
    [{ data: 'other' }, '--data other contradicts x.pt, which has mnist'],
    [{ epochs: 2 }, '--epochs 2 contradicts x.pt, which has 3: it can only be raised'],
    [{ batchSize: 32 }, '--batch-size 32 contradicts x.pt, which has 16'],
    [{ optimizer: 'Adam' }, '--optimizer Adam contradicts x.pt, which has SGD'],
    [{ lr: 0.1 }, '--lr 0.1 contradicts x.pt, which has 0.05'],
    [{ seed: 1, lr: 1 }, '--lr 1 contradicts x.pt, which has 0.05; --seed 1 contradicts x.pt, which has 0'],
  ])('is no run with %j', (given, message) => {
    expect(() => resumedSettings('x.pt', at(1), given)).toThrow(new RunError(message));
  });

  it('is no run on generated digits with a folder', () => {
    const generated = { ...at(1), args: { ...args, data: null } };
    expect(() => resumedSettings('x.pt', generated, { data: 'mnist' })).toThrow(
      new RunError('--data mnist contradicts x.pt, which has none'),
    );
  });

  it('is no run that is finished, unless it is to have more epochs', () => {
    expect(() => resumedSettings('x.pt', at(3), {})).toThrow(
      new RunError('x.pt: all 3 epochs are done, nothing to go on with; --epochs 4 adds one'),
    );
    expect(resumedSettings('x.pt', at(3), { epochs: 4 }).epochs).toBe(4);
  });

  it('is no run whose settings are unknown here', () => {
    const strange = { ...at(1), args: { ...args, optimizer: 'Sophia' } };
    expect(() => resumedSettings('x.pt', strange, {})).toThrow(
      /^x[.]pt is no run to go on with: its args are .*Sophia/,
    );
  });

  it('is no run on other images', () => {
    const size = { train_images: 100, test_images: 30 };
    checkDataSize('x.pt', size, { ...size });
    expect(() => checkDataSize('x.pt', size, { ...size, test_images: 20 })).toThrow(
      new RunError(
        'the data is not that of x.pt: there are 100 images to train on, 20 to test, it had 100 images to train on, ' +
          '30 to test',
      ),
    );
  });

  it('is no other file', () => {
    const file = join(root, 'other.pt');
    save({ model: {}, epoch: 1 }, file);
    expect(() => readCheckpoint(file)).toThrow(RunError);
    expect(() => readCheckpoint(file)).toThrow(
      /other[.]pt is no run to go on with: it lacks optimizer, scheduler, step, seed, args, data, rng_state/,
    );
    expect(() => readCheckpoint(join(root, 'missing.pt'))).toThrow(/missing[.]pt/);
  });
});

describe('the checkpoint that is meant', () => {
  const options = (resume: string | true, out: string | null = null): Options => ({
    settings: {},
    resume,
    out,
    device: 'cpu',
  });

  it('is the file or the one in the folder that is named, or that in --out', () => {
    expect(findCheckpoint(options(join(root, 'x.pt')))).toBe(join(root, 'x.pt'));
    expect(findCheckpoint(options(root))).toBe(join(root, 'net_params.pt'));
    expect(findCheckpoint(options(true, root))).toBe(join(root, 'net_params.pt'));
    expect(findCheckpoint(options('x.pt', root))).toBe('x.pt');
  });

  it('is otherwise the one of the run that was written to last', () => {
    expect(() => findCheckpoint(options(true), join(root, 'runs'))).toThrow(
      new RunError(`there is no run to go on with: no ${join(root, 'runs', '*', 'net_params.pt')}`),
    );
    const make = (name: string, time: number): void => {
      mkdirSync(join(root, 'runs', name), { recursive: true });
      writeFileSync(join(root, 'runs', name, 'net_params.pt'), '');
      utimesSync(join(root, 'runs', name, 'net_params.pt'), time, time);
    };
    make('b', 1000);
    make('a', 3000);
    make('c', 2000);
    mkdirSync(join(root, 'runs', 'empty'));
    expect(findCheckpoint(options(true), join(root, 'runs'))).toBe(join(root, 'runs', 'a', 'net_params.pt'));
  });
});
