/** The direction of L-BFGS. */
import type { Tensor } from '@torchlet/tensor';
import type { HistoryProducts } from './lbfgs-products.js';
import { type Change, combination } from './lbfgs-vectors.js';

/** The last changes of the gradient and of the parameters, from which the inverse Hessian is guessed. */
export interface LBFGSHistory {
  /** Changes of the gradient, y, oldest first. */
  old_dirs: Tensor[];
  /** Changes of the parameters, s. */
  old_stps: Tensor[];
  /** 1 / (y · s), 0-dim. */
  ro: Tensor[];
  /** The scale of the first guess of the inverse Hessian, (y · s) / (y · y): 0-dim; 1 without history. */
  H_diag: Tensor | number;
}

/** Below this, y · s says nothing about the curvature. */
const LEAST_CURVATURE = 1e-10;

/** Takes one more change into the history, which holds `size` of them at most. @returns the vectors that are in it no more */
export function remember(history: LBFGSHistory, { y, s, ys, yy }: Change, size: number): Tensor[] {
  if (!(ys > LEAST_CURVATURE)) return [y, s];
  const { old_dirs, old_stps, ro } = history;
  const left = Math.max(old_dirs.length + 1 - size, 0);
  ro.splice(0, left);
  const gone = [...old_dirs.splice(0, left), ...old_stps.splice(0, left)];
  old_dirs.push(y);
  old_stps.push(s);
  ro.push(y.new_tensor(1 / ys));
  history.H_diag = y.new_tensor(ys / yy);
  return gone;
}

/**
 * −H · g, with H the inverse Hessian that the history implies, by the two loops over it that never form H.
 * Nocedal and Wright, Numerical Optimization, 2nd edition, algorithm 7.4
 *
 * Every vector in these loops is a combination of g, all y and all s. So the loops run on coefficients, for which the inner
 * products suffice, and each vector of the history is read twice in all rather than in each of its turns.
 * Chen, Wang and Zhou 2014, "Large-scale L-BFGS using MapReduce"
 * @param al receives α of each change, 0-dim
 * @param products what is known of this history from earlier calls
 */
export function descentDirection(
  grad: Tensor,
  history: LBFGSHistory,
  al: (Tensor | null)[],
  products: HistoryProducts,
): Tensor {
  const { old_dirs, old_stps, ro, H_diag } = history;
  const { yy, ys, yg, sg } = products.with(old_dirs, old_stps, grad);
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
