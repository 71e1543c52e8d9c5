import { enable_grad, ShapeError, Tensor, ValueError } from '@torchlet/tensor';
import { partOf, sameShape, vectorOf } from '@torchlet/tensor/internal';
import { descentDirection, type LBFGSHistory, remember } from './lbfgs-direction.js';
import { HistoryProducts } from './lbfgs-products.js';
import { changeAlong, largest, slopeAlong } from './lbfgs-vectors.js';
import { type Closure, Optimizer } from './optimizer.js';
import { checkCount, checkLearningRate, checkRange, show, typename, withDefaults } from './options.js';
import type { ParamGroup, ParamGroupInput, ParamsInput } from './param-groups.js';
import type { StateEntry } from './state-dict.js';
import { type LinePoint, strongWolfe } from './strong-wolfe.js';
import { UnseenState } from './unseen-state.js';

export interface LBFGSOptions {
  /** Step size γ; with a line search, the one that is tried first. */
  lr: number;
  /** Most iterations in one step. */
  max_iter: number;
  /** Most evaluations of the closure in one step, give or take one; null: 5/4 of `max_iter`. A line search ends with them. */
  max_eval: number | null;
  /** A step ends when no element of the gradient is larger. */
  tolerance_grad: number;
  /** A step ends when neither the loss nor any parameter changes by more. */
  tolerance_change: number;
  /** How many of the last changes the inverse Hessian is guessed from. */
  history_size: number;
  line_search_fn: 'strong_wolfe' | null;
}

/** Kept under the first parameter; vectors hold all parameters' elements, one after the other. */
export interface LBFGSState extends Partial<LBFGSHistory> {
  /** Evaluations of the closure. */
  func_evals: number;
  /** Iterations. */
  n_iter: number;
  /** α of the two loops, 0-dim; null where there was none yet. */
  al?: (Tensor | null)[];
  /** The last direction. */
  d?: Tensor;
  /** The last step size. */
  t?: number;
  prev_flat_grad?: Tensor;
  prev_loss?: number;
}

const DEFAULTS: LBFGSOptions = {
  lr: 1,
  max_iter: 20,
  max_eval: null,
  tolerance_grad: 1e-7,
  tolerance_change: 1e-9,
  history_size: 100,
  line_search_fn: null,
};

/**
 * L-BFGS, which guesses the inverse Hessian H from the last changes of gradient and parameters. A step is many iterations,
 * each of which calls the closure. All parameters form one group on one device.
 *
 * https://pytorch.org/docs/stable/generated/torch.optim.LBFGS.html; Liu and Nocedal 1989, "On the limited memory BFGS
 * method for large scale optimization", https://doi.org/10.1007/BF01589116; the line search: {@link strongWolfe}
 */
export class LBFGS extends Optimizer<LBFGSOptions, LBFGSState> {
  override readonly formula: string = [
    'g ← ∇f(θ)',
    'y ← g − g₋₁, s ← θ − θ₋₁, of the last history_size steps with y · s > 0',
    'd ← −Hg, with H the inverse Hessian that all y and s imply',
    't ← γ, at first min(1, 1 / |g|₁)γ, or by line search',
    'θ ← θ + td',
  ].join('\n');

  private readonly products: HistoryProducts = new HistoryProducts();

  /** @throws ValueError in PyTorch's words. */
  constructor(params: ParamsInput<LBFGSOptions>, options?: Partial<LBFGSOptions>) {
    super(params, withMaxEval(withDefaults('LBFGS', DEFAULTS, options)));
  }

  protected override checkOptions(options: LBFGSOptions): void {
    checkLearningRate('LBFGS', options.lr);
    checkCount('max_iter value', options.max_iter);
    if (options.max_eval !== null) checkCount('max_eval value', options.max_eval);
    // PyTorch's users switch a tolerance off by a negative one
    checkRange('tolerance_grad value', options.tolerance_grad, Number.NEGATIVE_INFINITY);
    checkRange('tolerance_change value', options.tolerance_change, Number.NEGATIVE_INFINITY);
    checkCount('history_size value', options.history_size, 1);
    if (options.line_search_fn !== null && options.line_search_fn !== 'strong_wolfe') {
      throw new ValueError("only 'strong_wolfe' is supported");
    }
  }

  override add_param_group(param_group: ParamGroupInput<LBFGSOptions>): void {
    if (this.param_groups.length > 0) {
      throw new ValueError("LBFGS doesn't support per-parameter options (parameter groups)");
    }
    super.add_param_group(param_group);
  }

  protected override init_state(): LBFGSState {
    return new UnseenState<LBFGSState>({ func_evals: 0, n_iter: 0 }).shown;
  }

  /** Iterates until a tolerance or a limit is reached. @returns the loss before the first iteration */
  protected override perform<T>(closure: Closure<T> | null): T {
    if (typeof closure !== 'function') {
      throw new ValueError("LBFGS.step() missing 1 required positional argument: 'closure'");
    }
    const [group] = this.param_groups;
    this.checkOptions(group);
    const { params, lr, max_iter, tolerance_grad, tolerance_change, history_size, line_search_fn } = group;
    const max_eval = group.max_eval ?? mostEvaluations(max_iter);
    const kept = this.keptState(params[0], group);
    const state = kept.entry;
    const original = enable_grad(closure);
    let loss = lossOf(original);
    let grad = kept.keep(flatGrad(params));
    let evaluations = 1;
    state.func_evals++;
    if (largest(grad) <= tolerance_grad) {
      kept.forget([grad]);
      return original;
    }

    const history: LBFGSHistory = {
      old_dirs: state.old_dirs ?? [],
      old_stps: state.old_stps ?? [],
      ro: state.ro ?? [],
      H_diag: state.H_diag ?? 1,
    };
    let { d, t, prev_flat_grad, prev_loss } = state;
    const save = (): void => {
      if (d !== undefined) Object.assign(state, { d, t, ...history, prev_flat_grad, prev_loss });
    };
    for (let iteration = 1; iteration <= max_iter; iteration++) {
      state.n_iter++;
      // a line search may have found nothing better than where it began
      const replaced = grad === prev_flat_grad ? [d] : [d, prev_flat_grad];
      if (d === undefined || t === undefined || prev_flat_grad === undefined) {
        d = kept.keep(grad.neg());
        const length = Number(grad.abs().sum().item());
        t = (1 / length < 1 ? 1 / length : 1) * lr;
      } else {
        const change = changeAlong(grad, prev_flat_grad, d, t);
        kept.keep(change.y);
        kept.keep(change.s);
        for (const key of ['old_dirs', 'old_stps', 'ro'] as const) history[key] = kept.own(history[key]);
        replaced.push(...remember(history, change, history_size));
        state.al ??= new Array<Tensor | null>(history_size).fill(null);
        d = kept.keep(descentDirection(grad, history, state.al, this.products));
        t = lr;
      }
      prev_flat_grad = grad;
      prev_loss = loss;
      // in a first step nothing is replaced that the state has
      if (state.d !== undefined) save();
      kept.forget(replaced);
      const { slope, size } = slopeAlong(grad, d);
      if (slope > -tolerance_change) break;

      let calls = 0;
      if (line_search_fn === 'strong_wolfe') {
        const start = { t: 0, loss, grad, slope };
        const line = new Line(params, d, closure, kept);
        const found = strongWolfe((x) => line.at(x), start, t, size, max_eval - evaluations);
        ({ t, loss, grad } = found.point);
        line.forgetExcept(grad);
        calls = found.evaluations;
        moveAlong(params, d, t);
      } else {
        moveAlong(params, d, t);
        // after the last iteration nobody needs to know
        if (iteration < max_iter) {
          loss = lossOf(enable_grad(closure));
          grad = kept.keep(flatGrad(params));
          calls = 1;
        }
      }
      evaluations += calls;
      state.func_evals += calls;
      if (evaluations >= max_eval) break;
      if (largest(grad) <= tolerance_grad) break;
      if (Math.abs(t) * size <= tolerance_change) break;
      if (Math.abs(loss - prev_loss) < tolerance_change) break;
    }
    save();
    if (grad !== prev_flat_grad) kept.forget([grad]);
    return original;
  }

  /** The state of the first parameter, which stands for all. */
  private keptState(param: Tensor, group: ParamGroup<LBFGSOptions>): UnseenState<LBFGSState> {
    const shown = this.stateOf(param, group);
    const kept = UnseenState.of(shown);
    if (kept.shown !== shown) this.state.set(param, kept.shown);
    return kept;
  }

  /** Where PyTorch has a step size of one element, a number does here. */
  protected override renewState(entry: StateEntry): StateEntry {
    return new UnseenState(entry.t instanceof Tensor ? { ...entry, t: entry.t.item() } : entry).shown;
  }

  protected override checkEntry(
    index: string,
    _param: Tensor,
    entry: StateEntry,
    group: ParamGroup<LBFGSOptions>,
  ): void {
    const refuse = (what: string): never => {
      throw new ValueError(`loaded state dict is not one of LBFGS: parameter ${index} has no ${what}`);
    };
    for (const key of ['func_evals', 'n_iter']) if (typeof entry[key] !== 'number') refuse(`number '${key}'`);
    // nothing else is known after a first step that had nothing to do
    if (!['d', 't', 'prev_flat_grad'].some((key) => Object.hasOwn(entry, key))) return;
    for (const key of ['t', 'prev_loss']) if (typeof entry[key] !== 'number') refuse(`number '${key}'`);
    const numel = group.params.reduce((sum, p) => sum + p.numel(), 0);
    const isVector = (x: unknown, shape: readonly number[] = [numel]): boolean =>
      x instanceof Tensor && sameShape(x.shape, shape);
    for (const key of ['d', 'prev_flat_grad']) if (!isVector(entry[key])) refuse(`Tensor '${key}' of shape [${numel}]`);
    if (typeof entry.H_diag !== 'number' && !isVector(entry.H_diag, [])) refuse("0-dim Tensor 'H_diag'");
    const lists = [entry.old_dirs, entry.old_stps, entry.ro];
    const fit = lists.every(
      (list, i) =>
        Array.isArray(list) &&
        list.length === (lists[0] as unknown[]).length &&
        list.every((x) => isVector(x, i === 2 ? [] : undefined)),
    );
    if (!fit) refuse(`history of vectors of shape [${numel}]: 'old_dirs', 'old_stps' and 'ro'`);
  }
}

const mostEvaluations = (max_iter: number): number => Math.floor((max_iter * 5) / 4);

const withMaxEval = (options: LBFGSOptions): LBFGSOptions => ({
  ...options,
  max_eval: options.max_eval ?? mostEvaluations(options.max_iter),
});

/** The closure's result as a number. */
function lossOf(result: unknown): number {
  if (result instanceof Tensor) return Number(result.item());
  if (typeof result === 'number') return result;
  const what = typeof result === 'object' ? typename(result) : show(result);
  throw new ValueError(`LBFGS.step(): expected the closure to return the loss, a Tensor or a number, but got ${what}`);
}

/** All gradients as one vector; zeros for a parameter that has none. */
const flatGrad = (params: readonly Tensor[]): Tensor => vectorOf(params.map(denseGrad));

function denseGrad(param: Tensor): Tensor {
  const grad = param.gradientToRead;
  if (grad === null) return param.new_zeros(param.shape);
  if (!sameShape(grad.shape, param.shape)) {
    throw new ShapeError(
      `LBFGS.step(): The size of grad [${grad.shape.join(', ')}] must match the size of param [${param.shape.join(', ')}]`,
    );
  }
  return grad.to_dense();
}

/** θ ← θ + td. */
function moveAlong(params: readonly Tensor[], d: Tensor, t: number): void {
  let start = 0;
  for (const param of params) {
    param.add_(partOf(d, start, param.shape), { alpha: t });
    start += param.numel();
  }
}

/** The objective along a line from the present parameters, which are the same again after each evaluation. */
class Line {
  private readonly origin: readonly Tensor[];
  private readonly grads: Tensor[] = [];

  constructor(
    private readonly params: readonly Tensor[],
    private readonly d: Tensor,
    private readonly closure: Closure<unknown>,
    private readonly kept: UnseenState<LBFGSState>,
  ) {
    this.origin = params.map((param) => kept.keep(param.clone()));
  }

  at(t: number): LinePoint<Tensor> {
    moveAlong(this.params, this.d, t);
    const loss = lossOf(enable_grad(this.closure));
    const grad = this.kept.keep(flatGrad(this.params));
    this.grads.push(grad);
    this.params.forEach((param, i) => {
      param.copy_(this.origin[i]);
    });
    return { t, loss, grad, slope: Number(grad.dot(this.d).item()) };
  }

  /** Gives back the memory of all gradients but the one of the point that was chosen. */
  forgetExcept(chosen: Tensor): void {
    this.kept.forget([...this.origin, ...this.grads.filter((grad) => grad !== chosen)]);
  }
}
