/** In the page's worker: the same work on the gpu and on the cpu of one browser, and what came out. */
import { answer } from '../../../tensor/test/browser/answer.js';
import * as torch from '../../src/index.js';

const { nn } = torch;
const F = nn.functional;

export interface Report {
  readonly backend: string;
  readonly device: string;
  /** By name, the largest difference to the cpu. */
  readonly differences: Record<string, number>;
  /** Losses of the same steps. */
  readonly losses: { readonly cpu: readonly number[]; readonly gpu: readonly number[] };
  readonly kernels: number;
  /** What is said before `gpu.init()`. */
  readonly early: string;
}

const samples: Record<string, (place: (t: torch.Tensor) => torch.Tensor) => torch.Tensor> = {
  matmul: (place) => place(torch.randn(17, 33)).matmul(place(torch.randn(33, 9))),
  'batched matmul': (place) => place(torch.randn(3, 5, 7)).matmul(place(torch.randn(3, 7, 4))),
  transposed: (place) =>
    place(torch.randn(33, 17))
      .t()
      .matmul(place(torch.randn(33, 9))),
  conv2d: (place) => F.conv2d(place(torch.randn(2, 3, 9, 8)), place(torch.randn(4, 3, 3, 3)), null, 2, 1),
  'grouped conv2d': (place) =>
    F.conv2d(place(torch.randn(2, 4, 6, 6)), place(torch.randn(4, 2, 3, 3)), null, { groups: 2 }),
  relu: (place) => place(torch.randn(100)).relu(),
  arithmetic: (place) =>
    place(torch.randn(4, 5))
      .mul(place(torch.randn(5)))
      .add(1)
      .div(3),
  sum: (place) => place(torch.randn(20, 30)).sum(1),
  softmax: (place) => place(torch.randn(6, 10)).softmax(1),
  'max pooling': (place) => F.max_pool2d(place(torch.randn(2, 3, 8, 8)), 2),
};

class Net extends nn.Module {
  conv1 = new nn.Conv2d(1, 4, 3, { padding: 1 });
  conv2 = new nn.Conv2d(4, 8, 3, { padding: 1 });
  fc1 = new nn.Linear(8 * 3 * 3, 16);
  fc2 = new nn.Linear(16, 10);
  override forward(x: torch.Tensor): torch.Tensor {
    let y = F.max_pool2d(this.conv1(x).relu(), 2);
    y = F.max_pool2d(this.conv2(y).relu(), 2);
    return this.fc2(this.fc1(y.flatten(1)).relu());
  }
}

function train(device: torch.Device): number[] {
  torch.manual_seed(1);
  const net = new Net();
  const images = torch.randn(8, 1, 12, 12).to(device);
  const labels = torch.randint(0, 10, [8]).to(device);
  net.to(device);
  const optimizer = new torch.optim.SGD(net.parameters(), { lr: 0.1, momentum: 0.9 });
  return Array.from({ length: 4 }, () => {
    optimizer.zero_grad();
    const loss = F.cross_entropy(net(images), labels);
    loss.backward();
    optimizer.step();
    return loss.item();
  });
}

function difference(sample: (typeof samples)[string]): number {
  const on = (device: torch.Device): torch.Tensor => {
    torch.manual_seed(0);
    return sample((t) => t.to(device)).to('cpu');
  };
  return on('gpu').sub(on('cpu')).abs().max().item();
}

function errorOf(run: () => void): string {
  try {
    run();
    return '';
  } catch (error) {
    return String(error);
  }
}

answer(async ({ backend, worker }): Promise<Report> => {
  const early = errorOf(() => torch.ones(1).to('gpu'));
  await torch.gpu.init({ backend, worker });
  const differences = Object.fromEntries(Object.entries(samples).map(([name, run]) => [name, difference(run)]));
  const losses = { gpu: train('gpu'), cpu: train('cpu') };
  const { kernels } = torch.gpu.stats();
  return { backend: torch.gpu.backend(), device: torch.gpu.device_name(), differences, losses, kernels, early };
});
