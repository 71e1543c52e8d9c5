/** Matrix products and convolutions. */
import * as torch from 'torchlet';
import type { Step, Workloads } from './step.js';

const { nn } = torch;

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

/** Forward and backward of a layer; without the gradient of its input where that is an image, as in a network's first layer. */
const layer =
  (make: () => torch.nn.Module, size: readonly number[], isImage = false) =>
  (): Step => {
    const x = torch.randn(size, { requires_grad: !isImage });
    const module = make();
    const g = torch.randn(module(x).shape);
    return () => {
      module(x).backward(g);
      x.grad = null;
      module.zero_grad();
    };
  };

/** A convolution with 64 channels of 56×56, batch 8, with bias. */
const conv = (size: number, groups: number): (() => Step) =>
  layer(() => new nn.Conv2d(64, 64, size, { padding: (size - 1) / 2, groups }), [8, 64, 56, 56]);

const LAYERS: Workloads = {
  'conv 3→64 7×7 in steps of 2 on 224×224, batch 4, forward + backward without input': layer(
    () => new nn.Conv2d(3, 64, 7, { stride: 2, padding: 3 }),
    [4, 3, 224, 224],
    true,
  ),
  'conv 64→128 3×3 in steps of 2 on 56×56, batch 8, forward + backward': layer(
    () => new nn.Conv2d(64, 128, 3, { stride: 2, padding: 1 }),
    [8, 64, 56, 56],
  ),
  'conv 6→16 5×5 on 14×14, batch 64, forward + backward': layer(() => new nn.Conv2d(6, 16, 5), [64, 6, 14, 14]),
  'conv 128→128 3×3 in 32 groups on 28×28, batch 8, forward + backward': layer(
    () => new nn.Conv2d(128, 128, 3, { padding: 1, groups: 32 }),
    [8, 128, 28, 28],
  ),
  'conv1d 64→64 5 on 1024, batch 8, forward + backward': layer(
    () => new nn.Conv1d(64, 64, 5, { padding: 2 }),
    [8, 64, 1024],
  ),
  'conv_transpose2d 64→32 4×4 in steps of 2 on 28×28, batch 8, forward + backward': layer(
    () => new nn.ConvTranspose2d(64, 32, 4, { stride: 2, padding: 1 }),
    [8, 64, 28, 28],
  ),
};

export const PRODUCTS: Workloads = {
  ...Object.fromEntries([64, 128, 256, 512, 1024].map((n) => [`matmul ${n}`, matmul(n)])),
  'bmm of 64 × 64×64, forward + backward': bmm,
  'conv 64→64 3×3 on 56×56, batch 8, forward + backward': conv(3, 1),
  'conv depthwise 64 3×3 on 56×56, batch 8, forward + backward': conv(3, 64),
  'conv 64→64 1×1 on 56×56, batch 8, forward + backward': conv(1, 1),
  ...LAYERS,
};
