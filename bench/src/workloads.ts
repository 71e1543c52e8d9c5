/** The work that is timed. `pytorch/workloads.py` does the same under the same names. */
import * as torch from 'torchlet';

const { nn, optim } = torch;
const F = nn.functional;

/** One repetition. */
export type Step = () => void;

class LeNet extends nn.Module {
  conv1 = new nn.Conv2d(1, 16, 3, { padding: 1 });
  conv2 = new nn.Conv2d(16, 32, 3, { padding: 1 });
  fc1 = new nn.Linear(1568, 128);
  fc2 = new nn.Linear(128, 10);

  override forward(x: torch.Tensor): torch.Tensor {
    const a = F.max_pool2d(F.relu(this.conv1(x)), 2);
    const b = F.max_pool2d(F.relu(this.conv2(a)), 2);
    return this.fc2(F.relu(this.fc1(b.flatten(1))));
  }
}

function lenetStep(): Step {
  const net = new LeNet();
  const optimizer = new optim.SGD(net.parameters(), { lr: 0.01, momentum: 0.9 });
  const images = torch.randn(64, 1, 28, 28);
  const labels = torch.randint(0, 10, [64]);
  return () => {
    optimizer.zero_grad();
    F.cross_entropy(net(images), labels).backward();
    optimizer.step();
  };
}

function lenetForward(): Step {
  const net = new LeNet().eval();
  const images = torch.randn(64, 1, 28, 28);
  return () => {
    torch.no_grad(() => net(images));
  };
}

function mlpStep(): Step {
  const net = new nn.Sequential(
    new nn.Linear(784, 256),
    new nn.ReLU(),
    new nn.Linear(256, 128),
    new nn.ReLU(),
    new nn.Linear(128, 10),
  );
  const optimizer = new optim.Adam(net.parameters(), { lr: 1e-3 });
  const inputs = torch.randn(64, 784);
  const labels = torch.randint(0, 10, [64]);
  return () => {
    optimizer.zero_grad();
    F.cross_entropy(net(inputs), labels).backward();
    optimizer.step();
  };
}

const matmul = (n: number) => (): Step => {
  const a = torch.randn(n, n);
  const b = torch.randn(n, n);
  return () => {
    a.matmul(b);
  };
};

function tinyChain(): Step {
  const x = torch.randn(2, 2, { requires_grad: true });
  const a = torch.randn(2, 2);
  const b = torch.randn(2, 2);
  return () => {
    let y = x;
    for (let i = 0; i < 50; i++) y = y.mul(a).add(b).tanh();
    y.sum().backward();
    x.grad = null;
  };
}

/** By name, in the order of the table. */
export const WORKLOADS: Readonly<Record<string, () => Step>> = {
  'LeNet step, batch 64, SGD momentum': lenetStep,
  'LeNet forward, batch 64': lenetForward,
  'MLP 784-256-128-10 step, batch 64, Adam': mlpStep,
  'matmul 64': matmul(64),
  'matmul 128': matmul(128),
  'matmul 256': matmul(256),
  'matmul 512': matmul(512),
  'matmul 1024': matmul(1024),
  '50 × (mul, add, tanh) on 2×2, forward + backward': tinyChain,
};
