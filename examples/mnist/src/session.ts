import {
  type Device,
  default_generator,
  Generator,
  get_num_threads,
  gpu,
  manual_seed,
  optim,
  type Tensor,
  tensor,
  utils,
} from 'torchlet';
import type { Checkpoint, CurrentEpoch, DataSize, EpochMetrics } from './checkpoint.js';
import { drawCurves } from './curves.js';
import type { Data } from './data.js';
import { LeNet } from './model.js';
import { fixedOptions, makeOptimizer } from './optimizers.js';
import type { Settings } from './options.js';
import { showProgress } from './progress.js';
import type { RunFolder } from './run-folder.js';
import { type AfterStep, type ConfusionMatrix, evaluate, noSums, onDevice, type Score, train } from './train.js';

const { DataLoader } = utils.data;

/** The learning rate falls in this many stages, each this much below the one before: the last images count less. */
const STAGES = 4;
const DECAY = 0.4;

/** Steps between checkpoints: as many are lost, and done again, where the process is killed. */
const SAVE_EVERY = 100;

/** Images at once where nothing is kept for a backward pass. */
const TEST_BATCH = 500;

/** Whether a run goes on, and what ended it if not. */
export type Status = 'running' | 'finished' | 'stopped' | 'failed';

/** A network in training, and what is written down about it. */
export class Session {
  private readonly net: LeNet;
  private readonly optimizer: optim.Optimizer;
  private readonly scheduler: optim.lr_scheduler.StepLR;
  /** Draws the order of the images, and nothing else: so an epoch can begin again in the same order. */
  private readonly order: Generator;
  /** The state of `order` when the current epoch began. */
  private orderState: Tensor;
  private current: CurrentEpoch = { ...noSums(), seconds: 0 };
  private readonly epochs: EpochMetrics[] = [];
  private readonly losses: number[] = [];
  private readonly accuracies: number[] = [];
  private started = new Date().toISOString();
  private secondsBefore = 0;
  private readonly begin = performance.now();
  private steps = 0;
  /** What was taken for what on the test images, after the last whole epoch. */
  confusion: ConfusionMatrix | null = null;

  /** @param checkpoint of a run that stopped and is to go on; null for a new one */
  constructor(
    private readonly settings: Settings,
    private readonly out: string | null,
    private readonly data: Data,
    private readonly folder: RunFolder,
    checkpoint: Checkpoint | null = null,
    private readonly device: Device = 'cpu',
  ) {
    manual_seed(settings.seed);
    this.order = new Generator().manual_seed(settings.seed);
    this.net = new LeNet().to(device);
    this.optimizer = makeOptimizer(settings.optimizer, this.net.parameters(), settings.lr);
    const step_size = Math.ceil((settings.epochs * this.stepsPerEpoch) / STAGES);
    this.scheduler = new optim.lr_scheduler.StepLR(this.optimizer, { step_size, gamma: DECAY });
    if (checkpoint !== null) this.restore(checkpoint, step_size);
    this.orderState = this.order.get_state();
    this.saveMetrics('running');
  }

  private restore(saved: Checkpoint, step_size: number): void {
    this.net.load_state_dict(saved.model);
    this.optimizer.load_state_dict(saved.optimizer);
    this.scheduler.load_state_dict(saved.scheduler);
    if (this.settings.epochs !== saved.args.epochs) this.stretchSchedule(step_size);
    default_generator.set_state(saved.rng_state);
    this.order.set_state(saved.order_state);
    this.current = { ...saved.current_epoch };
    this.epochs.push(...saved.epochs);
    this.losses.push(...numbers(saved.train_losses));
    this.accuracies.push(...numbers(saved.train_accuracies));
    this.confusion = saved.confusion_matrix;
    this.started = saved.started;
    this.secondsBefore = saved.seconds;
    this.steps = saved.step;
  }

  /** With more epochs than it began with, a run has from now on the learning rates of one of its new length. */
  private stretchSchedule(step_size: number): void {
    const { scheduler, optimizer, settings } = this;
    scheduler.load_state_dict({ ...scheduler.state_dict(), step_size });
    optimizer.param_groups[0].lr = settings.lr * DECAY ** Math.floor(scheduler.last_epoch / step_size);
  }

  private get stepsPerEpoch(): number {
    return Math.ceil(this.data.train.length / this.settings.batchSize);
  }

  /** Whole epochs that are done. */
  get epochsDone(): number {
    return this.epochs.length;
  }

  /** Mean loss of each step's batch. */
  get trainLosses(): readonly number[] {
    return this.losses;
  }

  /** On the test images, after the last epoch. */
  get accuracy(): number {
    return this.epochs.at(-1)?.test_accuracy ?? 0;
  }

  /** Trains on every image once, then tests. @returns null if that was stopped before its end */
  async epoch(isStopped: () => boolean): Promise<EpochMetrics | null> {
    const epoch = this.epochs.length + 1;
    const trained = await this.train(`epoch ${epoch}/${this.settings.epochs}`, isStopped);
    if (isStopped()) return null;
    const tested = await timed('test', isStopped, this.data.test.length, (after) => {
      const batches = new DataLoader(this.data.test, { batch_size: TEST_BATCH, generator: this.order });
      return evaluate(this.net, onDevice(this.device, batches), after);
    });
    if (isStopped()) return null;
    const metrics = {
      epoch,
      train_loss: trained.loss,
      train_accuracy: trained.accuracy,
      test_loss: tested.loss,
      test_accuracy: tested.accuracy,
      train_seconds: this.current.seconds,
      test_seconds: tested.seconds,
    };
    this.epochs.push(metrics);
    this.confusion = tested.confusion;
    this.current = { ...noSums(), seconds: 0 };
    this.orderState = this.order.get_state();
    return metrics;
  }

  /** The steps of the epoch that are still to do. */
  private async train(label: string, isStopped: () => boolean): Promise<Score> {
    const { net, optimizer, current, data, settings, order } = this;
    const trained = await timed(label, isStopped, data.train.length, (after) => {
      const options = { batch_size: settings.batchSize, shuffle: true, generator: order };
      const afterStep: AfterStep = (score, batch) => {
        this.steps += 1;
        this.losses.push(batch.loss);
        this.accuracies.push(batch.accuracy);
        this.scheduler.step();
        if (this.steps % SAVE_EVERY === 0) this.saveCheckpoint();
        return after(score, batch);
      };
      const batches = onDevice(this.device, new DataLoader(data.train, options));
      return train(net, batches, optimizer, afterStep, current);
    });
    current.seconds += trained.seconds;
    return trained;
  }

  /** What a run that is killed goes on from, as a whole or not at all. @throws when it cannot be written */
  private saveCheckpoint(): void {
    this.folder.saveCheckpoint(this.checkpoint());
  }

  /** Every file, each as a whole or not at all. @throws when one cannot be written */
  async save(status: Status): Promise<void> {
    this.saveCheckpoint();
    this.saveMetrics(status);
    const test = { loss: this.epochs.map((e) => e.test_loss), accuracy: this.epochs.map((e) => e.test_accuracy) };
    const train = { loss: this.losses, accuracy: this.accuracies };
    this.folder.saveCurves(await drawCurves({ stepsPerEpoch: this.stepsPerEpoch, train, test }));
  }

  private checkpoint(): Checkpoint {
    return {
      model: this.net.state_dict(),
      optimizer: this.optimizer.state_dict(),
      scheduler: this.scheduler.state_dict(),
      epoch: this.epochs.length,
      step: this.steps,
      seed: this.settings.seed,
      args: this.args(),
      data: this.dataSize(),
      rng_state: default_generator.get_state(),
      order_state: this.orderState,
      current_epoch: this.current,
      epochs: this.epochs,
      train_losses: tensor(Float64Array.from(this.losses)),
      train_accuracies: tensor(Float64Array.from(this.accuracies)),
      confusion_matrix: this.confusion,
      started: this.started,
      seconds: this.seconds(),
    };
  }

  /** Under the names that a Python program would give them. */
  private args(): Checkpoint['args'] {
    const { batchSize, ...rest } = this.settings;
    return { ...rest, batch_size: batchSize, out: this.out, ...fixedOptions(rest.optimizer) };
  }

  private dataSize(): DataSize {
    return { train_images: this.data.train.length, test_images: this.data.test.length };
  }

  private seconds(): number {
    return this.secondsBefore + (performance.now() - this.begin) / 1000;
  }

  /** Best effort: what went wrong first may be that nothing can be written. */
  noteFailure(): void {
    try {
      this.saveMetrics('failed');
    } catch {
      // The caller has the error that tells more.
    }
  }

  private saveMetrics(status: Status): void {
    this.folder.saveMetrics({
      status,
      started: this.started,
      seconds: this.seconds(),
      args: this.args(),
      data: { name: this.data.name, ...this.dataSize() },
      steps: this.steps,
      epochs: this.epochs,
      confusion_matrix: this.confusion,
      versions: { node: process.versions.node, platform: `${process.platform} ${process.arch}` },
      threads: get_num_threads(),
      device: this.device === 'cpu' ? 'cpu' : gpu.device_name(),
    });
  }
}

const numbers = (list: Tensor): number[] => list.tolist() as number[];

/** Does something with a number of images, shows how far it has come, and says how long it took. */
async function timed<S extends Score>(
  label: string,
  isStopped: () => boolean,
  images: number,
  work: (after: AfterStep) => Promise<S>,
): Promise<S & { seconds: number }> {
  const begin = performance.now();
  const progress = showProgress(label, images);
  try {
    const score = await work((score) => {
      progress.update(score.images, `loss ${score.loss.toFixed(4)}`);
      return isStopped();
    });
    return { ...score, seconds: (performance.now() - begin) / 1000 };
  } finally {
    progress.stop();
  }
}
