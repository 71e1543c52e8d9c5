/** Training in which a shape changes in each step: the numbers of the cpu, and hardly anything is compiled. */
import { describe, expect, it } from 'vitest';
import * as torch from '../src/index.js';

const { nn, optim } = torch;
const F = nn.functional;

type Net = torch.nn.Module<[torch.Tensor], torch.Tensor>;

/** Attention among the words of a sentence. */
class Sentences extends nn.Module {
  words = new nn.Embedding(30, 16);
  norm = new nn.LayerNorm(16);
  query = new nn.Linear(16, 16);
  key = new nn.Linear(16, 16);
  value = new nn.Linear(16, 16);
  out = new nn.Linear(16, 5);

  override forward(x: torch.Tensor): torch.Tensor {
    const h = this.norm(this.words(x));
    const [q, k, v] = [this.query(h), this.key(h), this.value(h)];
    const weights = q.matmul(k.transpose(-2, -1)).div(4).softmax(-1);
    return this.out(weights.matmul(v).mean(1));
  }
}

const perceptron = (): Net =>
  new nn.Sequential(
    new nn.Linear(20, 32),
    new nn.ReLU(),
    new nn.LayerNorm(32),
    new nn.Linear(32, 24),
    new nn.GELU(),
    new nn.Linear(24, 5),
  );

const convolutions = (): Net =>
  new nn.Sequential(
    new nn.Conv2d(1, 4, 3, { padding: 1 }),
    new nn.ReLU(),
    new nn.MaxPool2d(2),
    new nn.Conv2d(4, 6, 3),
    new nn.BatchNorm2d(6),
    new nn.ReLU(),
    new nn.AvgPool2d(2),
    new nn.Flatten(),
    new nn.Linear(24, 5),
  );

interface Case {
  readonly make: () => Net;
  readonly input: (size: number) => torch.Tensor;
  readonly labels: (size: number) => number;
  readonly sizes: readonly number[];
}

/** Fifty sizes, each once. */
const FIFTY = Array.from({ length: 50 }, (_, i) => 3 + ((i * 17) % 50));

const CASES: Readonly<Record<string, Case>> = {
  'batches of 50 sizes': {
    make: perceptron,
    input: (size) => torch.randn(size, 20),
    labels: (size) => size,
    sizes: FIFTY,
  },
  'sentences of 50 lengths': {
    make: () => new Sentences(),
    input: (size) => torch.randint(0, 30, [4, size]),
    labels: () => 4,
    sizes: FIFTY,
  },
  'images in batches of 20 sizes': {
    make: convolutions,
    input: (size) => torch.randn(size, 1, 12, 12),
    labels: (size) => size,
    sizes: FIFTY.map((size) => Math.ceil(size / 2)).slice(0, 20),
  },
};

interface Training {
  readonly losses: readonly number[];
  /** In each step. */
  readonly compiled: readonly number[];
}

function train(device: 'cpu' | 'gpu', { make, input, labels, sizes }: Case): Training {
  torch.manual_seed(0);
  const net = make();
  const batches = sizes.map((size) => [input(size), torch.randint(0, 5, [labels(size)])]);
  net.to(device);
  const optimizer = new optim.Adam(net.parameters(), { lr: 2e-3 });
  const [losses, compiled]: [number[], number[]] = [[], []];
  for (const batch of batches) {
    const [x, y] = batch.map((t) => t.to(device));
    torch.gpu.reset_stats();
    optimizer.zero_grad();
    const loss = F.cross_entropy(net(x), y);
    loss.backward();
    optimizer.step();
    losses.push(Number(loss.item()));
    compiled.push(torch.gpu.stats().compiled);
  }
  return { losses, compiled };
}

const sum = (list: readonly number[]): number => list.reduce((a, b) => a + b, 0);

/** The tests, on the gpu that the environment names. */
export function describeShapes(): void {
  describe('training in which a shape changes in each step', { timeout: 120_000 }, () => {
    it.each(Object.keys(CASES))('%s: the losses of the cpu, and no kernels after the first sizes', (name) => {
      const [cpu, gpu] = (['cpu', 'gpu'] as const).map((device) => train(device, CASES[name]));
      gpu.losses.forEach((loss, step) => {
        expect(Math.abs(loss - cpu.losses[step]), `step ${step}`).toBeLessThan(1e-4);
      });
      expect(gpu.compiled[0]).toBeGreaterThan(15);
      // a size that equals another one by chance, or is the first to be a multiple of four, makes kernels of its own
      expect(sum(gpu.compiled.slice(16)), String(gpu.compiled)).toBeLessThan(5);
      expect(sum(gpu.compiled)).toBeLessThan(100);
    });
  });
}
