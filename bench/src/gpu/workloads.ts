/** What is timed on the gpu and on the cpu; `pytorch/gpu.py` does the same with CUDA, under the same names. */
import * as torch from 'torchlet';
import type { Step } from '../workloads/step.js';
import { lenet, mlp } from '../workloads/training.js';

const { optim } = torch;
const F = torch.nn.functional;

export interface GpuWork {
  readonly name: string;
  /** Work of one family grows with `scale`, so that the time of the next can be told from the last. */
  readonly family: string;
  readonly scale: number;
  /** A repetition; on the gpu it is over when the device is done with it. */
  make(device: torch.Device): Step;
}

function matmul(n: number): GpuWork {
  const make = (device: torch.Device): Step => {
    const [a, b] = [torch.randn(n, n).to(device), torch.randn(n, n).to(device)];
    return () => void a.matmul(b);
  };
  return { name: `matmul ${n}`, family: 'matmul', scale: n ** 3, make };
}

function conv(batch: number): GpuWork {
  const make = (device: torch.Device): Step => {
    const layer = new torch.nn.Conv2d(64, 64, 3, { padding: 1 }).to(device);
    const x = torch.randn(batch, 64, 56, 56).to(device).requires_grad_();
    const g = torch.randn(batch, 64, 56, 56).to(device);
    return () => {
      layer(x).backward(g);
      x.grad = null;
      layer.zero_grad();
    };
  };
  return {
    name: `conv 64→64 3×3 on 56×56, batch ${batch}, forward + backward`,
    family: 'conv',
    scale: batch,
    make,
  };
}

function training(
  net: torch.nn.Module,
  optimizer: torch.optim.Optimizer,
  inputs: torch.Tensor,
  device: torch.Device,
): Step {
  const images = inputs.to(device);
  const labels = torch.randint(0, 10, [inputs.size(0)]).to(device);
  return () => {
    optimizer.zero_grad();
    F.cross_entropy(net(images), labels).backward();
    optimizer.step();
  };
}

function lenetStep(batch: number): GpuWork {
  const make = (device: torch.Device): Step => {
    const net = lenet().to(device);
    const optimizer = new optim.SGD(net.parameters(), { lr: 1e-6, momentum: 0.9 });
    return training(net, optimizer, torch.randn(batch, 1, 28, 28), device);
  };
  return { name: `LeNet step, batch ${batch}, SGD momentum`, family: 'LeNet', scale: batch, make };
}

function mlpStep(batch: number): GpuWork {
  const make = (device: torch.Device): Step => {
    const net = mlp().to(device);
    return training(net, new optim.Adam(net.parameters(), { lr: 1e-3 }), torch.randn(batch, 784), device);
  };
  return { name: `MLP 784-256-128-10 step, batch ${batch}, Adam`, family: 'MLP', scale: batch, make };
}

export const GPU_WORK: readonly GpuWork[] = [
  ...[256, 512, 1024, 2048, 4096].map(matmul),
  ...[1, 8].map(conv),
  ...[64, 1024].map(lenetStep),
  ...[64, 1024].map(mlpStep),
];
