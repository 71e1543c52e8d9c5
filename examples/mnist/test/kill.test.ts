/** Processes that are killed without a chance to save, as by the lack of memory or of power. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { load } from 'torchlet';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { type Checkpoint, readCheckpoint } from '../src/checkpoint.js';
import { makeFolder, type Running, removeFolder, runMain, start, writeDigits } from './support.js';

/** An epoch of 150 steps: checkpoints after step 100 and at its end. */
const SETTINGS = ['--data', 'data', '--batch-size', '8', '--epochs', '1', '--seed', '7', '--optimizer', 'Adam'];

let root = '';
beforeEach(() => {
  root = makeFolder();
  writeDigits(join(root, 'data'), { train: 1200, test: 40 });
});
afterEach(() => removeFolder(root));

const file = (run: string): string => join(root, run, 'net_params.pt');

/** Kills it as soon as its checkpoint is of this step or a later one; saving never leaves half a file. */
async function killAfter(step: number, run: string, running: Running): Promise<void> {
  const ended = running.done.then(() => {
    throw new Error(`the run ended before step ${step}`);
  });
  const reached = async (): Promise<void> => {
    while (!existsSync(file(run)) || load<Checkpoint>(file(run)).step < step) await setTimeout(5);
  };
  await Promise.race([reached(), ended]);
  // somewhere among the steps after it
  await setTimeout(20);
  running.kill('SIGKILL');
  expect((await running.done.catch(() => null))?.signal).toBe('SIGKILL');
}

function outcome(run: string): unknown {
  const { model, optimizer, scheduler, step, epoch, train_losses, train_accuracies, order_state, rng_state } =
    readCheckpoint(file(run));
  const values = (x: unknown): unknown =>
    JSON.stringify(x, (_, v) => (typeof v?.tolist === 'function' ? v.tolist() : v));
  return {
    losses: train_losses.tolist(),
    accuracies: train_accuracies.tolist(),
    states: [model, optimizer, scheduler, order_state, rng_state].map(values),
    done: [epoch, step],
  };
}

it('go on from the last checkpoint, in the middle of an epoch, to the numbers of a run that was not killed, bit for bit', {
  timeout: 120_000,
}, async () => {
  const whole = runMain(root, ...SETTINGS, '--out', 'whole');
  await killAfter(100, 'killed', start(root, ...SETTINGS, '--out', 'killed'));
  expect(readCheckpoint(file('killed')).step).toBe(100);
  const { code, stdout } = await runMain(root, '--resume', 'killed');
  expect(code).toBe(0);
  expect(stdout).toContain('going on after step 100, from killed/net_params.pt');
  expect((await whole).code).toBe(0);
  expect(outcome('killed')).toEqual(outcome('whole'));
  expect((readCheckpoint(file('killed')).train_losses.tolist() as number[]).length).toBe(150);
});
