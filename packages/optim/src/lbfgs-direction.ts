/** The direction of L-BFGS. */
import type { Tensor } from '@torchlet/tensor';

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
 * @param al receives α of each change, 0-dim
 */
export function descentDirection(grad: Tensor, history: LBFGSHistory, al: (Tensor | null)[]): Tensor {
  const { old_dirs, old_stps, ro, H_diag } = history;
  const q = grad.neg();
  for (let i = ro.length - 1; i >= 0; i--) {
    const alpha = old_stps[i].dot(q).mul(ro[i]);
    al[i] = alpha;
    q.sub_(old_dirs[i], { alpha: Number(alpha.item()) });
  }
  const direction = q.mul(H_diag);
  for (let i = 0; i < ro.length; i++) {
    const beta = old_dirs[i].dot(direction).mul(ro[i]);
    direction.add_(old_stps[i], { alpha: Number((al[i] as Tensor).sub(beta).item()) });
  }
  return direction;
}
