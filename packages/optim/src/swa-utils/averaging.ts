/** How an average takes in one model more. */
import { no_grad, type Tensor, ValueError } from '@torchlet/tensor';
import { bindArguments, checkNumber } from '@torchlet/tensor/internal';

/**
 * The new average of one parameter, from the average so far, the model's parameter, and how many models were averaged:
 * int64 and 0-dim as an AveragedModel gives it, or a number.
 */
export type AvgFn = (averaged: Tensor, current: Tensor, num_averaged: Tensor | number) => Tensor;

/** The same for parameters of one dtype and device together, writing into the averages. */
export type MultiAvgFn = (averaged: Tensor[], current: Tensor[], num_averaged: Tensor | number) => void;

export interface DecayOptions {
  /** What remains of the average when a model is taken in, 0 to 1. */
  readonly decay?: number;
}

/**
 * Exponential moving average, θ̄ ← dθ̄ + (1 − d)θ with decay d.
 * @throws ValueError for a decay outside of [0, 1].
 */
export function get_ema_avg_fn(decay?: number | DecayOptions): AvgFn {
  const d = readDecay('get_ema_avg_fn', decay);
  return (averaged, current) => no_grad(() => averaged.mul(d).add(current.mul(1 - d)));
}

/** Equally weighted average, θ̄ ← θ̄ + (θ − θ̄) / (n + 1). */
export function get_swa_avg_fn(): AvgFn {
  // biome-ignore lint/complexity/noArguments: a parameter would let it be called with options
  bindArguments('get_swa_avg_fn', [], [...arguments]);
  return (averaged, current, n) => no_grad(() => averaged.add(current.sub(averaged).div(plusOne(n))));
}

/** {@link get_ema_avg_fn} in place, for many parameters: one pass over each. */
export function get_ema_multi_avg_fn(decay?: number | DecayOptions): MultiAvgFn {
  const d = readDecay('get_ema_multi_avg_fn', decay);
  return (averaged, current) =>
    no_grad(() => {
      averaged.forEach((mean, i) => {
        if (averaged[0].is_floating_point()) mean.lerp_(current[i], 1 - d);
        else mean.copy_(mean.mul(d).add(current[i].mul(1 - d)));
      });
    });
}

/** {@link get_swa_avg_fn} in place, for many parameters. As in PyTorch, not for parameters of integers. */
export function get_swa_multi_avg_fn(): MultiAvgFn {
  // biome-ignore lint/complexity/noArguments: a parameter would let it be called with options
  bindArguments('get_swa_multi_avg_fn', [], [...arguments]);
  return (averaged, current, n) =>
    no_grad(() => {
      const count = plusOne(n);
      // of a tensor this is a float32, as in PyTorch, also where it weighs float64
      const weight = typeof count === 'number' ? 1 / count : count.reciprocal().item();
      averaged.forEach((mean, i) => {
        if (averaged[0].is_floating_point()) mean.lerp_(current[i], weight);
        else if (typeof count === 'number') mean.add_(current[i].sub(mean), { alpha: weight });
        else mean.addcdiv_(current[i].sub(mean), count);
      });
    });
}

const plusOne = (n: Tensor | number): Tensor | number => (typeof n === 'number' ? n + 1 : n.add(1));

function readDecay(fn: string, given: number | DecayOptions | undefined): number {
  const decay = checkNumber(fn, 'decay', bindArguments(fn, ['decay'], [given])[0] ?? 0.999);
  if (decay >= 0 && decay <= 1) return decay;
  throw new ValueError(`Invalid decay value ${decay} provided. Please provide a value in [0,1] range.`);
}
