import { dirname } from 'node:path';
import { gpu } from 'torchlet';
import { checkDataSize, type EpochMetrics, findCheckpoint, readCheckpoint, resumedSettings } from './checkpoint.js';
import { formatConfusion } from './confusion.js';
import { loadData } from './data.js';
import { completed, type Options } from './options.js';
import { RunFolder } from './run-folder.js';
import { Session } from './session.js';
import { exitCodeOf, StopSignal } from './stop-signal.js';

/**
 * Trains, evaluates, and leaves a checkpoint and the metrics in the run folder.
 * @returns the program's exit code: 0, or that of the signal that stopped it
 * @throws {RunError | TorchletError} for what its user can do something about
 */
export async function run(options: Options): Promise<number> {
  const { device } = options;
  const deviceName = device === 'gpu' ? gpu.device_name() : null;
  const file = options.resume === null ? null : findCheckpoint(options);
  const checkpoint = file === null ? null : readCheckpoint(file);
  const given = options.settings;
  const settings = file && checkpoint ? resumedSettings(file, checkpoint, given) : completed(given);
  const data = loadData(settings.data);
  if (file && checkpoint) {
    checkDataSize(file, checkpoint.data, { train_images: data.train.length, test_images: data.test.length });
  }
  const folder = RunFolder.open(options.out ?? (file && dirname(file)));
  using stop = new StopSignal();
  console.log(`${data.name}: ${data.train.length} images to train on, ${data.test.length} to test`);
  if (deviceName !== null) console.log(`on the gpu: ${deviceName}`);
  const session = new Session(settings, options.out, data, folder, checkpoint, device);
  if (checkpoint) console.log(`going on after step ${checkpoint.step}, from ${file}`);
  try {
    if (await goThrough(settings.epochs, session, folder, stop)) report(session, folder);
  } catch (error) {
    session.noteFailure();
    throw error;
  }
  return stop.received === null ? 0 : exitCodeOf(stop.received);
}

/** Whatever epochs are left. @returns whether they were done, as opposed to stopped */
async function goThrough(epochs: number, session: Session, folder: RunFolder, stop: StopSignal): Promise<boolean> {
  while (session.epochsDone < epochs) {
    const epoch = session.epochsDone + 1;
    const result = await session.epoch(() => stop.received !== null);
    if (result !== null) console.log(`epoch ${epoch}/${epochs}  ${summary(result)}`);
    if (stop.received !== null) {
      await session.save('stopped');
      console.log(`stopped by ${stop.received} in epoch ${epoch}; checkpoint saved: ${folder.checkpoint}`);
      return false;
    }
    await session.save(epoch < epochs ? 'running' : 'finished');
  }
  return true;
}

function report(session: Session, folder: RunFolder): void {
  if (session.confusion !== null) console.log(formatConfusion(session.confusion));
  console.log(`curves drawn: ${folder.curves}`);
  console.log(`checkpoint saved: ${folder.checkpoint}`);
  console.log(`test accuracy ${percent(session.accuracy)}`);
}

function summary(epoch: EpochMetrics): string {
  const train = `loss ${epoch.train_loss.toFixed(4)}  accuracy ${percent(epoch.train_accuracy)}`;
  const test = `test loss ${epoch.test_loss.toFixed(4)}  test accuracy ${percent(epoch.test_accuracy)}`;
  return `${train}  ${test}  ${(epoch.train_seconds + epoch.test_seconds).toFixed(1)} s`;
}

const percent = (fraction: number): string => `${(100 * fraction).toFixed(2)} %`;
