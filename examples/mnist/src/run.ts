import { loadData } from './data.js';
import type { Options } from './options.js';
import { RunFolder } from './run-folder.js';
import { type EpochMetrics, Session } from './session.js';
import { exitCodeOf, StopSignal } from './stop-signal.js';

/**
 * Trains, evaluates, and leaves a checkpoint and the metrics in the run folder.
 * @returns the program's exit code: 0, or that of the signal that stopped it
 * @throws {RunError | TorchletError} for what its user can do something about
 */
export async function run(options: Options): Promise<number> {
  const data = loadData(options.data);
  const folder = RunFolder.open(options.out);
  console.log(`${data.name}: ${data.train.length} images to train on, ${data.test.length} to test`);
  using stop = new StopSignal();
  const session = new Session(options, data, folder);
  try {
    for (let epoch = 1; epoch <= options.epochs; epoch++) {
      const result = await session.epoch(epoch, () => stop.received !== null);
      if (result !== null) console.log(`epoch ${epoch}/${options.epochs}  ${summary(result)}`);
      if (stop.received !== null) {
        session.save('stopped');
        console.log(`stopped by ${stop.received} in epoch ${epoch}; checkpoint saved: ${folder.checkpoint}`);
        return exitCodeOf(stop.received);
      }
      session.save(epoch < options.epochs ? 'running' : 'finished');
    }
  } catch (error) {
    session.saveMetrics('failed');
    throw error;
  }
  console.log(`checkpoint saved: ${folder.checkpoint}`);
  console.log(`test accuracy ${percent(session.accuracy)}`);
  return 0;
}

function summary(epoch: EpochMetrics): string {
  const train = `loss ${epoch.train_loss.toFixed(4)}  accuracy ${percent(epoch.train_accuracy)}`;
  const test = `test loss ${epoch.test_loss.toFixed(4)}  test accuracy ${percent(epoch.test_accuracy)}`;
  return `${train}  ${test}  ${(epoch.train_seconds + epoch.test_seconds).toFixed(1)} s`;
}

const percent = (fraction: number): string => `${(100 * fraction).toFixed(2)} %`;
