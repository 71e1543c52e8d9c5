/** The direction of L-BFGS against its two loops written out on vectors. */
import { manual_seed, randn, type Tensor } from '@torchlet/tensor';
import { describe, expect, it } from 'vitest';
import { descentDirection, type LBFGSHistory, remember } from '../src/lbfgs-direction.js';
import { HistoryProducts } from '../src/lbfgs-products.js';
import { type Change, changeAlong } from '../src/lbfgs-vectors.js';

/** −H · g as Nocedal and Wright write it. */
function twoLoops(grad: Tensor, { old_dirs, old_stps, ro, H_diag }: LBFGSHistory): { d: Tensor; alpha: number[] } {
  const alpha: number[] = [];
  let q = grad.neg();
  for (let i = ro.length - 1; i >= 0; i--) {
    alpha[i] = old_stps[i].dot(q).item() * ro[i].item();
    q = q.sub(old_dirs[i].mul(alpha[i]));
  }
  let d = q.mul(H_diag);
  for (let i = 0; i < ro.length; i++) {
    const beta = old_dirs[i].dot(d).item() * ro[i].item();
    d = d.add(old_stps[i].mul(alpha[i] - beta));
  }
  return { d, alpha };
}

const distance = (x: Tensor, y: Tensor): number => x.sub(y).norm().item() / y.norm().item();

/** A change of the parameters and the gradient's, of a quadratic whose curvatures lie between 1 and 2. */
function change(n: number, curvature: Tensor): Change {
  const d = randn(n, { dtype: curvature.dtype });
  const past = randn(n, { dtype: curvature.dtype });
  return changeAlong(past.add(d.mul(curvature)), past, d, 0.5);
}

// less than a row, rows and a rest, rows alone; as many vectors as one walk takes, more, and fewer.
// A machine that is busy with other things takes its time.
describe.each([
  ['float64', 7, 3],
  ['float64', 300, 6],
  ['float32', 300_001, 5],
  ['float32', 2 ** 17 + 2 ** 13, 2],
] as const)('%s, %i elements, %i changes', { timeout: 60_000 }, (dtype, n, size) => {
  const close = dtype === 'float64' ? 1e-12 : 2e-6;
  const start = (): { history: LBFGSHistory; curvature: Tensor; products: HistoryProducts } => {
    manual_seed(n);
    return {
      history: { old_dirs: [], old_stps: [], ro: [], H_diag: 1 },
      curvature: randn(n, { dtype }).sigmoid().add(1),
      products: new HistoryProducts(),
    };
  };

  function expectDirection(history: LBFGSHistory, products: HistoryProducts): void {
    const grad = randn(n, { dtype });
    const al: (Tensor | null)[] = [];
    const got = descentDirection(grad, history, al, products);
    const { d, alpha } = twoLoops(grad, history);
    expect(distance(got, d)).toBeLessThan(close);
    expect(al.length).toBe(alpha.length);
    al.forEach((a, i) => {
      expect(Math.abs((a as Tensor).item() - alpha[i])).toBeLessThan(close * (1 + Math.max(...alpha.map(Math.abs))));
    });
    expect(grad.dot(got).item()).toBeLessThan(0);
  }

  it('is that of the two loops while the history grows, and when it forgets', () => {
    const { history, curvature, products } = start();
    expectDirection(history, products);
    for (let k = 0; k < 2 * size; k++) {
      const changed = change(n, curvature);
      remember(history, changed, size);
      expect(history.ro.length).toBe(Math.min(k + 1, size));
      if (k % 2 === 0) expectDirection(history, products);
    }
  });

  it('sees what was written into the history, and what was exchanged', () => {
    const { history, curvature, products } = start();
    for (let k = 0; k < size; k++) remember(history, change(n, curvature), size);
    expectDirection(history, products);
    const renew = (i: number): void => {
      history.ro[i].copy_(history.old_dirs[i].dot(history.old_stps[i]).reciprocal());
    };
    history.old_stps[1].mul_(2);
    renew(1);
    expectDirection(history, products);
    const { y, s } = change(n, curvature);
    [history.old_dirs[0], history.old_stps[0]] = [y, s];
    renew(0);
    expectDirection(history, products);
  });
});
