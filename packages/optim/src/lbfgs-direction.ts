/** The direction of L-BFGS. */
import type { Tensor } from '@torchlet/tensor';
import { combination, innerProducts } from './lbfgs-products.js';

/** The last changes of the gradient and of the parameters, from which the inverse Hessian is guessed. */
export interface LBFGSHistory {
  /** Changes of the gradient, y, oldest first. */
  readonly old_dirs: Tensor[];
  /** Changes of the parameters, s. */
  readonly old_stps: Tensor[];
  /** 1 / (y · s), 0-dim. */
  readonly ro: Tensor[];
  /** The scale of the first guess of the inverse Hessian, (y · s) / (y · y): 0-dim; 1 without history. */
  H_diag: Tensor | number;
}

/** Below this, y · s says nothing about the curvature. */
const LEAST_CURVATURE = 1e-10;

/** Takes one more change into the history, which holds `size` of them at most. */
export function remember(history: LBFGSHistory, y: Tensor, s: Tensor, size: number): void {
  const ys = y.dot(s);
  if (!(Number(ys.item()) > LEAST_CURVATURE)) return;
  const { old_dirs, old_stps, ro } = history;
  while (old_dirs.length >= size) for (const list of [old_dirs, old_stps, ro]) list.shift();
  old_dirs.push(y);
  old_stps.push(s);
  ro.push(ys.reciprocal());
  history.H_diag = ys.div(y.dot(y));
}

/**
 * −H · g, with H the inverse Hessian that the history implies, by the two loops over it that never form H.
 * Nocedal and Wright, Numerical Optimization, 2nd edition, algorithm 7.4
 *
 * Every vector in these loops is a combination of g, all y and all s. So the loops run on coefficients, for which the inner
 * products suffice, and each vector of the history is read twice in all rather than in each of its turns.
 * Chen, Wang and Zhou 2014, "Large-scale L-BFGS using MapReduce"
 * @param al receives α of each change, 0-dim
 */
export function descentDirection(grad: Tensor, history: LBFGSHistory, al: (Tensor | null)[]): Tensor {
  const { old_dirs, old_stps, ro, H_diag } = history;
  const { yy, ys, yg, sg } = innerProducts(old_dirs, old_stps, grad);
  const rho = ro.map((r) => Number(r.item()));
  const scale = typeof H_diag === 'number' ? H_diag : Number(H_diag.item());
  const alpha = new Array<number>(ro.length).fill(0);
  for (let i = ro.length - 1; i >= 0; i--) {
    // s · q with q = −g − Σ α y over the newer changes
    let sq = -sg[i];
    for (let j = i + 1; j < ro.length; j++) sq -= alpha[j] * ys[j][i];
    alpha[i] = rho[i] * sq;
    al[i] = ro[i].new_tensor(alpha[i]);
  }
  const omega: number[] = [];
  for (let i = 0; i < ro.length; i++) {
    // y · r with r = Hq + Σ ω s over the older changes
    let yr = -scale * yg[i];
    for (let j = 0; j < ro.length; j++) yr -= scale * alpha[j] * (j < i ? yy[i][j] : yy[j][i]);
    for (let j = 0; j < i; j++) yr += omega[j] * ys[i][j];
    omega.push(alpha[i] - rho[i] * yr);
  }
  return combination([grad, ...old_dirs, ...old_stps], [-scale, ...alpha.map((a) => -scale * a), ...omega]);
}
