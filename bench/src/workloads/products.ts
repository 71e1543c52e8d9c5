/** Matrix products and convolutions. */
import * as torch from 'torchlet';
import type { Step, Workloads } from './step.js';

const F = torch.nn.functional;

/** The product of two n × n matrices. */
export const matmul = (n: number) => (): Step => {
  const a = torch.randn(n, n);
  const b = torch.randn(n, n);
  return () => {
    a.matmul(b);
  };
};

/** Forward and backward of 64 products of 64×64 matrices. */
const bmm = (): Step => {
  const [a, b] = [0, 1].map(() => torch.randn(64, 64, 64, { requires_grad: true }));
  const g = torch.randn(64, 64, 64);
  return () => {
    torch.bmm(a, b).backward(g);
    a.grad = null;
    b.grad = null;
  };
};

/** Forward and backward of a convolution with 64 channels of 56×56, batch 8, with bias. */
const conv = (size: number, groups: number) => (): Step => {
  const x = torch.randn(8, 64, 56, 56, { requires_grad: true });
  const layer = new torch.nn.Conv2d(64, 64, size, { padding: (size - 1) / 2, groups });
  const g = torch.randn(8, 64, 56, 56);
  return () => {
    F.conv2d(x, layer.weight, layer.bias, { padding: (size - 1) / 2, groups }).backward(g);
    x.grad = null;
    layer.zero_grad();
  };
};

export const PRODUCTS: Workloads = {
  ...Object.fromEntries([64, 128, 256, 512, 1024].map((n) => [`matmul ${n}`, matmul(n)])),
  'bmm of 64 × 64×64, forward + backward': bmm,
  'conv 64→64 3×3 on 56×56, batch 8, forward + backward': conv(3, 1),
  'conv depthwise 64 3×3 on 56×56, batch 8, forward + backward': conv(3, 64),
  'conv 64→64 1×1 on 56×56, batch 8, forward + backward': conv(1, 1),
};
