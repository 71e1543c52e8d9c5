/** Training on the gpu device beside the same training on the cpu, and what it moves between the two. */
import { describe, expect, it } from 'vitest';
import * as torch from '../src/index.js';

const { nn, optim } = torch;
const F = nn.functional;

/** Two convolutions, two linear layers, images of 12 × 12. */
class SmallLeNet extends nn.Module {
  conv1 = new nn.Conv2d(1, 4, 3, { padding: 1 });
  conv2 = new nn.Conv2d(4, 8, 3, { padding: 1 });
  fc1 = new nn.Linear(8 * 3 * 3, 16);
  fc2 = new nn.Linear(16, 10);

  override forward(x: torch.Tensor): torch.Tensor {
    const a = F.max_pool2d(F.relu(this.conv1(x)), 2);
    const b = F.max_pool2d(F.relu(this.conv2(a)), 2);
    return this.fc2(F.relu(this.fc1(b.flatten(1))));
  }
}

interface Optimizer {
  zero_grad(): void;
  step(): unknown;
}
type Parameters = Iterable<torch.Tensor>;

const OPTIMIZERS: Readonly<Record<string, (parameters: Parameters) => Optimizer>> = {
  SGD: (p) => new optim.SGD(p, { lr: 0.05 }),
  'SGD with momentum, Nesterov and decay': (p) =>
    new optim.SGD(p, { lr: 0.05, momentum: 0.9, nesterov: true, weight_decay: 1e-3 }),
  Adam: (p) => new optim.Adam(p, { lr: 2e-3 }),
  'Adam with amsgrad and decay': (p) => new optim.Adam(p, { lr: 2e-3, amsgrad: true, weight_decay: 1e-3 }),
  AdamW: (p) => new optim.AdamW(p, { lr: 2e-3 }),
  RMSprop: (p) => new optim.RMSprop(p, { lr: 1e-3, momentum: 0.5, centered: true }),
  Adagrad: (p) => new optim.Adagrad(p, { lr: 1e-2 }),
  Adadelta: (p) => new optim.Adadelta(p, { lr: 1 }),
  Adamax: (p) => new optim.Adamax(p, { lr: 2e-3 }),
  NAdam: (p) => new optim.NAdam(p, { lr: 2e-3 }),
  RAdam: (p) => new optim.RAdam(p, { lr: 2e-3 }),
  ASGD: (p) => new optim.ASGD(p, { lr: 1e-2 }),
  Rprop: (p) => new optim.Rprop(p, { lr: 1e-4 }),
};

interface Training {
  readonly losses: readonly number[];
  /** What each step moved. */
  readonly moved: readonly torch.gpu.GpuStats[];
}

type Net = torch.nn.Module<[torch.Tensor], torch.Tensor>;

/** Trains on one batch a step. Weights, images and labels are drawn on the cpu, so that both devices get the same. */
function train(
  device: 'cpu' | 'gpu',
  make: () => Net,
  inputs: () => torch.Tensor,
  optimizerOf: (parameters: Parameters) => Optimizer,
  steps: number,
): Training {
  torch.manual_seed(0);
  const net = make();
  const batches = Array.from({ length: 4 }, () => [inputs(), torch.randint(0, 10, [8])]);
  net.to(device);
  const optimizer = optimizerOf(net.parameters());
  const [losses, moved]: [number[], torch.gpu.GpuStats[]] = [[], []];
  for (let step = 0; step < steps; step++) {
    torch.gpu.reset_stats();
    // a batch comes from the host in each step
    const [images, labels] = batches[step % batches.length].map((t) => t.clone().to(device));
    const loss = F.cross_entropy(net(images), labels);
    optimizer.zero_grad();
    loss.backward();
    optimizer.step();
    losses.push(Number(loss.item()));
    moved.push(torch.gpu.stats());
  }
  return { losses, moved };
}

const images = (): torch.Tensor => torch.randn(8, 1, 12, 12);
const rows = (): torch.Tensor => torch.randn(8, 20);

function expectSameLosses(make: () => Net, inputs: () => torch.Tensor, optimizer: string, steps: number): Training {
  const [cpu, gpu] = (['cpu', 'gpu'] as const).map((device) =>
    train(device, make, inputs, OPTIMIZERS[optimizer], steps),
  );
  gpu.losses.forEach((loss, step) => {
    expect(Math.abs(loss - cpu.losses[step]), `step ${step}: ${loss}, on the cpu ${cpu.losses[step]}`).toBeLessThan(
      1e-4,
    );
  });
  expect(cpu.losses.at(-1)).toBeLessThan(cpu.losses[0]);
  return gpu;
}

/** Nothing goes to the device but images and labels, and nothing comes back but the loss. */
function expectLeastMoved(moved: Training['moved']): void {
  for (const { uploads, readbacks, transfers_by_op } of moved.slice(1)) {
    expect({ uploads, readbacks, transfers_by_op }).toEqual({ uploads: 2, readbacks: 1, transfers_by_op: {} });
  }
}

/** Models of every kind of layer, and their inputs. */
const MODELS: Readonly<Record<string, readonly [make: () => Net, inputs: () => torch.Tensor]>> = {
  'batch norm, gelu': [
    () => new nn.Sequential(new nn.Linear(20, 32), new nn.BatchNorm1d(32), new nn.GELU(), new nn.Linear(32, 10)),
    rows,
  ],
  'convolutions with groups, batch norm, silu, average pooling': [
    () =>
      new nn.Sequential(
        new nn.Conv2d(1, 4, 3),
        new nn.BatchNorm2d(4),
        new nn.SiLU(),
        new nn.Conv2d(4, 4, 3, { groups: 2, stride: 2 }),
        new nn.AvgPool2d(2),
        new nn.Flatten(),
        new nn.Linear(16, 10),
      ),
    images,
  ],
  'layer norm, tanh, softmax': [
    () =>
      new nn.Sequential(
        new nn.Linear(20, 32),
        new nn.LayerNorm(32),
        new nn.Tanh(),
        new nn.Linear(32, 16),
        new nn.Softmax(1),
        new nn.Linear(16, 10),
      ),
    rows,
  ],
  embedding: [
    () => new nn.Sequential(new nn.Embedding(11, 6, { padding_idx: 2 }), new nn.Flatten(), new nn.Linear(30, 10)),
    () => torch.randint(0, 11, [8, 5]),
  ],
  'a transformer layer': [
    () =>
      new nn.Sequential(
        new nn.Embedding(11, 8),
        new nn.TransformerEncoderLayer(8, 2, 16, { batch_first: true, dropout: 0 }),
        new nn.Flatten(),
        new nn.Linear(40, 10),
      ),
    () => torch.randint(0, 11, [8, 5]),
  ],
};

/** The tests, on the gpu that the environment names; `optimizers` of which a LeNet is trained. */
export function describeTraining(optimizers: readonly string[] = Object.keys(OPTIMIZERS)): void {
  const timeout = 120_000;
  describe('a LeNet, trained for 20 steps', { timeout }, () => {
    it.each(optimizers)('%s: the losses of the cpu, two uploads and one readback a step', (optimizer) => {
      const { moved } = expectSameLosses(() => new SmallLeNet(), images, optimizer, 20);
      const kernels = moved[1].kernels;
      for (const { compiled: _, ...stats } of moved.slice(1)) {
        expect(stats).toEqual({ uploads: 2, readbacks: 1, kernels, transfers_by_op: {} });
      }
    });
  });

  describe('a few steps of other models', { timeout }, () => {
    it.each(Object.keys(MODELS))('%s: the losses of the cpu, two uploads and one readback a step', (name) => {
      const [make, inputs] = MODELS[name];
      const { moved } = expectSameLosses(make, inputs, 'SGD', 5);
      expectLeastMoved(moved);
    });

    it('dropout: masks are drawn where they are used', () => {
      const make = (): Net =>
        new nn.Sequential(
          new nn.Linear(20, 64),
          new nn.ReLU(),
          new nn.Dropout(0.4),
          new nn.Unflatten(1, [4, 4, 4]),
          new nn.Dropout2d(0.2),
          new nn.Flatten(),
          new nn.Linear(64, 10),
        );
      const { losses, moved } = train('gpu', make, rows, OPTIMIZERS.Adam, 30);
      expectLeastMoved(moved);
      expect(losses.at(-1)).toBeLessThan(losses[0]);
      expect(train('gpu', make, rows, OPTIMIZERS.Adam, 3).losses).toEqual(losses.slice(0, 3));
    });
  });
}
