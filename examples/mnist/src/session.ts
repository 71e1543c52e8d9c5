import { get_num_threads, manual_seed, optim, utils } from 'torchlet';
import type { Data } from './data.js';
import { LeNet } from './model.js';
import type { Options } from './options.js';
import { showProgress } from './progress.js';
import type { RunFolder } from './run-folder.js';
import { type AfterStep, evaluate, type Score, train } from './train.js';

const { DataLoader } = utils.data;

const MOMENTUM = 0.9;

/** The learning rate falls in this many stages, each this much below the one before: the last images count less. */
const STAGES = 4;
const DECAY = 0.4;

/** Images at once where nothing is kept for a backward pass. */
const TEST_BATCH = 500;

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

/** Whether a run goes on, and what ended it if not. */
export type Status = 'running' | 'finished' | 'stopped' | 'failed';

/** A network in training, and what is written down about it. */
export class Session {
  private readonly net: LeNet;
  private readonly optimizer: optim.SGD;
  private readonly scheduler: optim.lr_scheduler.StepLR;
  private readonly epochs: EpochMetrics[] = [];
  private readonly started = new Date();
  private steps = 0;

  constructor(
    private readonly options: Options,
    private readonly data: Data,
    private readonly folder: RunFolder,
  ) {
    manual_seed(options.seed);
    this.net = new LeNet();
    this.optimizer = new optim.SGD(this.net.parameters(), { lr: options.lr, momentum: MOMENTUM });
    const total = options.epochs * Math.ceil(data.train.length / options.batchSize);
    const step_size = Math.ceil(total / STAGES);
    this.scheduler = new optim.lr_scheduler.StepLR(this.optimizer, { step_size, gamma: DECAY });
    this.saveMetrics('running');
  }

  /** On the test images, after the last epoch. */
  get accuracy(): number {
    return this.epochs.at(-1)?.test_accuracy ?? 0;
  }

  /** Trains on every image once, then tests. @returns null if that was stopped before its end */
  async epoch(epoch: number, isStopped: () => boolean): Promise<EpochMetrics | null> {
    const { net, data, options } = this;
    const before = this.steps;
    const trained = await timed(`epoch ${epoch}/${options.epochs}`, isStopped, data.train.length, (after) => {
      const batches = new DataLoader(data.train, { batch_size: options.batchSize, shuffle: true });
      return train(net, batches, this.optimizer, (score) => {
        this.steps = before + score.steps;
        this.scheduler.step();
        return after(score);
      });
    });
    if (isStopped()) return null;
    const tested = await timed('test', isStopped, data.test.length, (after) =>
      evaluate(net, new DataLoader(data.test, { batch_size: TEST_BATCH }), after),
    );
    if (isStopped()) return null;
    const metrics = {
      epoch,
      train_loss: trained.loss,
      train_accuracy: trained.accuracy,
      test_loss: tested.loss,
      test_accuracy: tested.accuracy,
      train_seconds: trained.seconds,
      test_seconds: tested.seconds,
    };
    this.epochs.push(metrics);
    return metrics;
  }

  /** Both files, each as a whole or not at all. @throws when one cannot be written */
  save(status: Status): void {
    this.folder.saveCheckpoint({
      model: this.net.state_dict(),
      optimizer: this.optimizer.state_dict(),
      scheduler: this.scheduler.state_dict(),
      epoch: this.epochs.length,
      step: this.steps,
      seed: this.options.seed,
      args: this.args(),
    });
    this.saveMetrics(status);
  }

  /** Under the names that a Python program would give them. */
  private args(): Record<string, string | number | null> {
    const { batchSize, ...rest } = this.options;
    return { ...rest, batch_size: batchSize, momentum: MOMENTUM };
  }

  saveMetrics(status: Status): void {
    const { train, test, name } = this.data;
    this.folder.saveMetrics({
      status,
      started: this.started.toISOString(),
      seconds: (Date.now() - this.started.getTime()) / 1000,
      args: this.args(),
      data: { name, train_images: train.length, test_images: test.length },
      steps: this.steps,
      epochs: this.epochs,
      versions: { node: process.versions.node, platform: `${process.platform} ${process.arch}` },
      threads: get_num_threads(),
    });
  }
}

/** Does something with a number of images, shows how far it has come, and says how long it took. */
async function timed(
  label: string,
  isStopped: () => boolean,
  images: number,
  work: (after: AfterStep) => Promise<Score>,
): Promise<Score & { seconds: number }> {
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
