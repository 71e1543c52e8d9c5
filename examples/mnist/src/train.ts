import { type Device, nn, no_grad, type optim, type Tensor } from 'torchlet';
import { RunError } from './errors.js';

const F = nn.functional;

/** The ten digits. */
const CLASSES = 10;

/** Batches of images and their labels; `for await` over a DataLoader also lets signals and timers be heard. */
export type Batches = AsyncIterable<[images: Tensor, labels: Tensor]>;

/** The batches, moved to where the network is. */
export async function* onDevice(device: Device, batches: Batches): Batches {
  for await (const [images, labels] of batches) yield [images.to(device), labels.to(device)];
}

/** How a network did on all the images that it was shown. */
export interface Score {
  /** Mean cross entropy. */
  loss: number;
  /** Fraction of images whose highest score is at their label. */
  accuracy: number;
  /** Number of images. */
  images: number;
  /** Number of batches. */
  steps: number;
}

/** Is told the score so far and that of the batch after each step; if it returns true, that step is the last one. */
export type AfterStep = (score: Score, batch: Score) => boolean;

/** What a score is made of, so far. */
export interface Sums {
  steps: number;
  images: number;
  /** Images whose highest score is at their label. */
  correct: number;
  /** The cross entropies of all images together. */
  loss: number;
}

/** Before the first step. */
export const noSums = (): Sums => ({ steps: 0, images: 0, correct: 0, loss: 0 });

/**
 * One epoch. The score is of each batch before its step, so it lags behind what the network can do at the end.
 * @param sums what the epoch has come to; with those of an epoch that was stopped, its first batches are passed over
 * @throws {RunError} when the loss is no longer a number, before that changes the network
 */
export async function train(
  net: nn.Module,
  batches: Batches,
  optimizer: optim.Optimizer,
  after: AfterStep,
  sums: Sums = noSums(),
): Promise<Score> {
  net.train();
  let toSkip = sums.steps;
  for await (const [images, labels] of batches) {
    if (toSkip-- > 0) continue;
    optimizer.zero_grad();
    const scores = net(images);
    const loss = F.cross_entropy(scores, labels);
    if (!Number.isFinite(loss.item())) {
      throw new RunError(`the loss is ${loss.item()} at step ${sums.steps + 1}: training diverged, try a smaller --lr`);
    }
    loss.backward();
    optimizer.step();
    const batch = sumsOf(loss, scores.argmax(1), labels);
    add(sums, batch);
    if (after(scoreOf(sums), scoreOf(batch))) break;
  }
  return scoreOf(sums);
}

/** How often each digit (row) was taken for each (column). */
export type ConfusionMatrix = number[][];

/** The score on held-out images, and what was taken for what; nothing is learned. */
export async function evaluate(
  net: nn.Module,
  batches: Batches,
  after: AfterStep,
): Promise<Score & { confusion: ConfusionMatrix }> {
  net.eval();
  const sums = noSums();
  const confusion = Array.from({ length: CLASSES }, () => Array<number>(CLASSES).fill(0));
  for await (const [images, labels] of batches) {
    const scores = no_grad(() => net(images));
    const answers = scores.argmax(1);
    const batch = sumsOf(F.cross_entropy(scores, labels), answers, labels);
    add(sums, batch);
    const [taken, shown] = [answers.tolist() as number[], labels.tolist() as number[]];
    for (let i = 0; i < shown.length; i++) confusion[shown[i]][taken[i]] += 1;
    if (after(scoreOf(sums), scoreOf(batch))) break;
  }
  return { ...scoreOf(sums), confusion };
}

function sumsOf(loss: Tensor, answers: Tensor, labels: Tensor): Sums {
  const images = labels.size(0);
  return { steps: 1, images, correct: answers.eq(labels).sum().item(), loss: loss.item() * images };
}

function add(sums: Sums, batch: Sums): void {
  sums.steps += batch.steps;
  sums.images += batch.images;
  sums.correct += batch.correct;
  sums.loss += batch.loss;
}

const scoreOf = ({ steps, images, correct, loss }: Sums): Score => ({
  loss: loss / images,
  accuracy: correct / images,
  images,
  steps,
});
