/** What hooks of modules see never changes afterwards, though a backward pass gives back what only the engine saw. */
import { full, manual_seed, randn, type Tensor } from '@torchlet/tensor';
import { describe, expect, it } from 'vitest';
import * as nn from '../src/index.js';

/** Writes into the blocks that were given back. */
const pressure = (): void => {
  for (const n of [256, 288, 320, 512, 640, 1024, 1600, 2048, 4096]) {
    Array.from({ length: 48 }, () => full([n], Number.NaN));
  }
};

describe('gradients that hooks of modules see', () => {
  it('stay as they were', () => {
    manual_seed(1);
    const net = new nn.Sequential(
      new nn.Conv2d(2, 8, 3, { padding: 1 }),
      new nn.BatchNorm2d(8),
      new nn.ReLU(),
      new nn.MaxPool2d(2),
      new nn.Flatten(),
      new nn.Linear(128, 20),
      new nn.LayerNorm(20),
      new nn.GELU(),
    );
    const held: { readonly t: Tensor; readonly before: number[] }[] = [];
    const hold = (tensors: readonly (Tensor | null)[]): void => {
      for (const t of tensors) if (t !== null) held.push({ t, before: Array.from(t.toArray()) });
    };
    for (const module of net.children()) {
      module.register_full_backward_pre_hook((_, grads) => {
        hold(grads);
      });
      module.register_full_backward_hook((_, inputs, outputs) => {
        hold([...inputs, ...outputs]);
      });
    }
    for (let step = 0; step < 4; step++) {
      const x = randn(16, 2, 8, 8).requires_grad_();
      net.zero_grad();
      const y = net(x) as Tensor;
      y.mul(y).sum().backward();
      hold([x.grad, y, ...[...net.parameters()].map((p) => p.grad)]);
      pressure();
    }
    expect(held.length).toBeGreaterThan(100);
    for (const { t, before } of held) expect(Array.from(t.toArray())).toEqual(before);
  });
});
