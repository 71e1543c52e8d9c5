import { nn, no_grad, type optim, type Tensor } from 'torchlet';
import { RunError } from './errors.js';

const F = nn.functional;

/** Batches of images and their labels; `for await` over a DataLoader also lets signals and timers be heard. */
export type Batches = AsyncIterable<[images: Tensor, labels: Tensor]>;

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

/** Is told the score so far after each step; if it returns true, that step is the last one. */
export type AfterStep = (score: Score) => boolean;

/**
 * One epoch. The score is of each batch before its step, so it lags behind what the network can do at the end.
 * @throws {RunError} when the loss is no longer a number, before that changes the network
 */
export async function train(
  net: nn.Module,
  batches: Batches,
  optimizer: optim.Optimizer,
  after: AfterStep,
): Promise<Score> {
  net.train();
  const tally = new Tally();
  for await (const [images, labels] of batches) {
    optimizer.zero_grad();
    const scores = net(images);
    const loss = F.cross_entropy(scores, labels);
    if (!Number.isFinite(loss.item())) {
      throw new RunError(
        `the loss is ${loss.item()} at step ${tally.steps + 1}: training diverged, try a smaller --lr`,
      );
    }
    loss.backward();
    optimizer.step();
    if (tally.add(loss, scores, labels, after)) break;
  }
  return tally.score();
}

/** The score on held-out images; nothing is learned. */
export async function evaluate(net: nn.Module, batches: Batches, after: AfterStep): Promise<Score> {
  net.eval();
  const tally = new Tally();
  for await (const [images, labels] of batches) {
    const scores = no_grad(() => net(images));
    if (tally.add(F.cross_entropy(scores, labels), scores, labels, after)) break;
  }
  return tally.score();
}

/** Sums up the batches of an epoch. */
class Tally {
  steps = 0;
  private images = 0;
  private correct = 0;
  private loss = 0;

  /** @returns whether this step was the last one */
  add(loss: Tensor, scores: Tensor, labels: Tensor, after: AfterStep): boolean {
    const images = labels.size(0);
    this.steps += 1;
    this.images += images;
    this.loss += loss.item() * images;
    this.correct += scores.argmax(1).eq(labels).sum().item();
    return after(this.score());
  }

  score(): Score {
    const { steps, images } = this;
    return { loss: this.loss / images, accuracy: this.correct / images, images, steps };
  }
}
