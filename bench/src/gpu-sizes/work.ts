/** What is timed: single operations, and training in which a shape changes in each step. */
import * as torch from 'torchlet';
import type { Step } from '../workloads/step.js';

const { nn, optim } = torch;
const F = nn.functional;

const randn = (...sizes: number[]): torch.Tensor => torch.randn(...sizes).to('gpu');

/** Makes the operations; each is timed until the device has finished. */
export function operations(): Readonly<Record<string, Step>> {
  const [square, row, column] = [randn(512, 512), randn(512), randn(512, 1)];
  const index = torch.randint(0, 512, [512]).to('gpu');
  const [left, right, batch] = [randn(64, 256), randn(256, 512), randn(8, 64, 64)];
  const [images, kernels] = [randn(16, 8, 28, 28), randn(16, 8, 3, 3)];
  return {
    'relu, 512×512': () => void torch.relu(square),
    'add of a row, 512×512': () => void square.add(row),
    'add of a column, 512×512': () => void square.add(column),
    'copy of the transpose, 512×512': () => void square.t().contiguous(),
    'copy of a slice, 511×511': () => void square.narrow(0, 1, 511).narrow(1, 1, 511).contiguous(),
    'sum over rows, 512×512': () => void square.sum(0),
    'sum over columns, 512×512': () => void square.sum(1),
    'softmax, 512×512': () => void square.softmax(1),
    'layer norm, 512×512': () => void F.layer_norm(square, [512]),
    'rows by index, 512×512': () => void square.index_select(0, index),
    'matmul 64×256×512': () => void left.matmul(right),
    'matmul 8×64×64×64': () => void batch.matmul(batch),
    'conv2d 16×8×28×28, 3×3': () => void F.conv2d(images, kernels),
    'max pool 16×8×28×28, 2×2': () => void F.max_pool2d(images, 2),
  };
}

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

const perceptron = () =>
  new nn.Sequential(
    new nn.Linear(20, 32),
    new nn.ReLU(),
    new nn.LayerNorm(32),
    new nn.Linear(32, 24),
    new nn.GELU(),
    new nn.Linear(24, 5),
  );

type Net = torch.nn.Module<[torch.Tensor], torch.Tensor>;

/** A training; each call is a step on inputs of one more size, of fifty that take turns. */
function training(net: Net, input: (size: number) => torch.Tensor, labels: (size: number) => number): Step {
  net.to('gpu');
  const optimizer = new optim.Adam(net.parameters(), { lr: 1e-3 });
  let steps = 0;
  return () => {
    const size = 3 + ((17 * steps++) % 50);
    const [x, y] = [input(size).to('gpu'), torch.randint(0, 5, [labels(size)]).to('gpu')];
    optimizer.zero_grad();
    const loss = F.cross_entropy(net(x), y);
    loss.backward();
    optimizer.step();
    loss.item();
  };
}

export const TRAININGS: Readonly<Record<string, () => Step>> = {
  'perceptron, batches of 3 … 52': () =>
    training(
      perceptron(),
      (size) => torch.randn(size, 20),
      (size) => size,
    ),
  'attention, 4 sentences of 3 … 52 words': () =>
    training(
      new Sentences(),
      (size) => torch.randint(0, 30, [4, size]),
      () => 4,
    ),
};
