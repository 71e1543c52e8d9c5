/** Whole training steps, and one evaluation. */
import * as torch from 'torchlet';
import type { Step, Workloads } from './step.js';

const { nn, optim } = torch;
const F = nn.functional;

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

/** A LeNet for 28 × 28 images. */
export const lenet = (): torch.nn.Module => new LeNet();

/** So little that no batch is learned by heart: then gradients are denormal numbers, with which processors are slow. */
const LR = 1e-6;

/** A training step on `batch` images. */
export const lenetStep = (batch: number) => (): Step => {
  const net = new LeNet();
  const optimizer = new optim.SGD(net.parameters(), { lr: LR, momentum: 0.9 });
  const images = torch.randn(batch, 1, 28, 28);
  const labels = torch.randint(0, 10, [batch]);
  return () => {
    optimizer.zero_grad();
    F.cross_entropy(net(images), labels).backward();
    optimizer.step();
  };
};

function lenetForward(): Step {
  const net = new LeNet().eval();
  const images = torch.randn(64, 1, 28, 28);
  return () => {
    torch.no_grad(() => net(images));
  };
}

/** A multilayer perceptron 784-256-128-10. */
export const mlp = (): torch.nn.Module =>
  new nn.Sequential(
    new nn.Linear(784, 256),
    new nn.ReLU(),
    new nn.Linear(256, 128),
    new nn.ReLU(),
    new nn.Linear(128, 10),
  );

function mlpStep(): Step {
  const net = mlp();
  const optimizer = new optim.Adam(net.parameters(), { lr: 1e-3 });
  const inputs = torch.randn(64, 784);
  const labels = torch.randint(0, 10, [64]);
  return () => {
    optimizer.zero_grad();
    F.cross_entropy(net(inputs), labels).backward();
    optimizer.step();
  };
}

/** One block of a small transformer: attention over 64 letters and two layers for each, width 128, 4 heads. */
class Block extends nn.Module {
  ln1 = new nn.LayerNorm(128);
  qkv = new nn.Linear(128, 384);
  proj = new nn.Linear(128, 128);
  ln2 = new nn.LayerNorm(128);
  mlp = new nn.Sequential(new nn.Linear(128, 512), new nn.GELU(), new nn.Linear(512, 128));

  override forward(x: torch.Tensor): torch.Tensor {
    const [B, T, C] = x.shape;
    const [q, k, v] = this.qkv(this.ln1(x))
      .split(C, 2)
      .map((part) => part.view(B, T, 4, C / 4).transpose(1, 2));
    const y = F.scaled_dot_product_attention(q, k, v, { is_causal: true });
    const z = x.add(this.proj(y.transpose(1, 2).reshape(B, T, C)));
    return z.add(this.mlp(this.ln2(z)));
  }
}

function blockStep(): Step {
  const net = new Block();
  const optimizer = new optim.AdamW(net.parameters(), { lr: 1e-3 });
  const x = torch.randn(16, 64, 128);
  const target = torch.randn(16, 64, 128);
  return () => {
    optimizer.zero_grad();
    F.mse_loss(net(x), target).backward();
    optimizer.step();
  };
}

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

export const TRAINING: Workloads = {
  'LeNet step, batch 64, SGD momentum': lenetStep(64),
  'LeNet forward, batch 64': lenetForward,
  'MLP 784-256-128-10 step, batch 64, Adam': mlpStep,
  'transformer block step, batch 16, 64 letters, width 128, AdamW': blockStep,
  '50 × (mul, add, tanh) on 2×2, forward + backward': tinyChain,
};
