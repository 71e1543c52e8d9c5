/** An Embedding's sparse gradients and SparseAdam together, as PyTorch trains them. */
import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import * as torch from '../src/index.js';

interface Golden {
  readonly start: number[];
  readonly batches: number[][][];
  readonly lr: number;
  readonly losses: number[];
  readonly weight: number[];
}

const golden = (
  JSON.parse(readFileSync(new URL('../../optim/test/fixtures/sparse-adam.json', import.meta.url), 'utf8')) as {
    embedding: Golden;
  }
).embedding;

it('rows of an Embedding through its sparse gradients', () => {
  const layer = new torch.nn.Embedding(7, 3, { padding_idx: 2, sparse: true });
  torch.no_grad(() => layer.weight.copy_(torch.tensor(golden.start).reshape([7, 3])));
  const optimizer = new torch.optim.SparseAdam(layer.parameters(), { lr: golden.lr });
  golden.losses.forEach((expected, step) => {
    optimizer.zero_grad();
    const batch = torch.tensor(golden.batches[step % golden.batches.length], { dtype: 'int64' });
    const loss = layer(batch).pow(2).sum();
    loss.backward();
    expect(layer.weight.grad?.is_sparse).toBe(true);
    optimizer.step();
    expect(Math.abs(Number(loss.item()) - expected), `loss of step ${step}`).toBeLessThanOrEqual(
      1e-5 * expected + 1e-6,
    );
  });
  (layer.weight.flatten().tolist() as number[]).forEach((value, i) => {
    const expected = golden.weight[i];
    expect(Math.abs(value - expected), `element ${i}`).toBeLessThanOrEqual(1e-5 * Math.abs(expected) + 1e-6);
  });
});
