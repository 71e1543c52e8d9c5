import { type AnyModule, deepcopy, Module } from '@torchlet/nn';
import { type Device, type Tensor, tensor, ValueError } from '@torchlet/tensor';
import { bindArguments, checkBoolean } from '@torchlet/tensor/internal';
import { typename } from '../options.js';
import { type AvgFn, get_swa_avg_fn, type MultiAvgFn } from './averaging.js';

export interface AveragedModelOptions {
  /** Where the average lives; the model's own device unless given. */
  readonly device?: Device | null;
  /** How a parameter's average changes; equally weighted unless given. */
  readonly avg_fn?: AvgFn | null;
  /** The same for all parameters of a dtype and device together, in place. Not both. */
  readonly multi_avg_fn?: MultiAvgFn | null;
  /** Whether buffers are averaged too; otherwise they are the model's of the last update. */
  readonly use_buffers?: boolean;
}

const NAMES = ['device', 'avg_fn', 'multi_avg_fn', 'use_buffers'];

/**
 * A copy of a model that holds the average of its weights over the training: stochastic weight averaging (SWA), or an
 * exponential moving average (EMA) with `{ multi_avg_fn: get_ema_multi_avg_fn(0.999) }`. It is called like the model.
 *
 *     const average = new AveragedModel(net);
 *     // after each step, or each epoch
 *     average.update_parameters(net);
 *
 * https://pytorch.org/docs/stable/generated/torch.optim.swa_utils.AveragedModel.html, Izmailov et al. 2018, "Averaging
 * Weights Leads to Wider Optima and Better Generalization", https://arxiv.org/abs/1803.05407
 */
export class AveragedModel<Args extends unknown[] = [Tensor], Out = Tensor> extends Module<Args, Out> {
  /** The average: a deep copy of the model, before the first update with the model's weights of that time. */
  module: Module<Args, Out>;
  /** How many models are in the average: int64, 0-dim; saved with the weights. */
  declare n_averaged: Tensor;
  avg_fn: AvgFn | null;
  multi_avg_fn: MultiAvgFn | null;
  use_buffers: boolean;

  /** @throws ValueError for what is no module, no function, or both functions at once. */
  constructor(
    model: Module<Args, Out>,
    device?: Device | null | AveragedModelOptions,
    avg_fn?: AvgFn | null | AveragedModelOptions,
    multi_avg_fn?: MultiAvgFn | null | AveragedModelOptions,
    use_buffers?: boolean | AveragedModelOptions,
  ) {
    super();
    const args = bindArguments('AveragedModel', NAMES, [device, avg_fn, multi_avg_fn, use_buffers]);
    if (!(model instanceof Module)) {
      throw new ValueError(`AveragedModel(): argument 'model' must be a Module, got ${typename(model)}`);
    }
    const place = (args[0] ?? null) as Device | null;
    const one = checkFunction<AvgFn>('avg_fn', args[1]);
    const many = checkFunction<MultiAvgFn>('multi_avg_fn', args[2]);
    if (one !== null && many !== null) throw new ValueError('Only one of avg_fn and multi_avg_fn should be provided');
    this.module = deepcopy(model);
    if (place !== null) this.module = this.module.to(place);
    this.register_buffer('n_averaged', tensor(0, { dtype: 'int64', device: place ?? undefined }));
    this.avg_fn = one;
    this.multi_avg_fn = many;
    this.use_buffers = checkBoolean('AveragedModel', 'use_buffers', args[3] ?? false);
  }

  /** The averaged model's result. */
  override forward(...args: Args): Out {
    return this.module(...args);
  }

  /** Takes the model's present weights into the average. The first call copies them. */
  update_parameters(model: AnyModule): void {
    const pairs = this.pairs(model);
    const count = Number(this.n_averaged.item());
    if (count === 0) for (const [mean, current] of pairs) mean.copy_(current);
    else if (this.multi_avg_fn !== null) this.updateGroups(pairs, this.multi_avg_fn);
    else this.updateEach(pairs, this.avg_fn ?? get_swa_avg_fn());
    if (!this.use_buffers) {
      for (const [own, current] of zip(this.module.buffers(), model.buffers())) {
        own.detach().copy_(current.detach().to(own.device));
      }
    }
    this.n_averaged.add_(1);
  }

  /** What is averaged with what, out of the graph and on the average's device. */
  private pairs(model: AnyModule): [Tensor, Tensor][] {
    const averaged = this.use_buffers ? [...this.module.parameters(), ...this.module.buffers()] : this.parameters();
    const given = this.use_buffers ? [...model.parameters(), ...model.buffers()] : model.parameters();
    return zip<Tensor>(averaged, given).map(([mean, current]) => [mean.detach(), current.detach().to(mean.device)]);
  }

  private updateEach(pairs: readonly [Tensor, Tensor][], average: AvgFn): void {
    for (const [mean, current] of pairs) mean.copy_(average(mean, current, this.n_averaged.to(mean.device)));
  }

  private updateGroups(pairs: readonly [Tensor, Tensor][], average: MultiAvgFn): void {
    const groups = new Map<string, [Tensor[], Tensor[]]>();
    for (const [mean, current] of pairs) {
      const key = `${mean.device} ${mean.dtype}`;
      const [means, currents] = groups.get(key) ?? [[], []];
      groups.set(key, [
        [...means, mean],
        [...currents, current],
      ]);
    }
    for (const [means, currents] of groups.values()) average(means, currents, this.n_averaged.to(means[0].device));
  }
}

/** Pairs as far as both go, as in Python. */
function zip<T>(one: Iterable<T>, other: Iterable<T>): [T, T][] {
  const [a, b] = [[...one], [...other]];
  return a.slice(0, b.length).map((x, i) => [x, b[i]]);
}

function checkFunction<F>(name: string, value: unknown): F | null {
  if (value === undefined || value === null) return null;
  if (typeof value === 'function') return value as F;
  throw new ValueError(`AveragedModel(): argument '${name}' must be a function, got ${typename(value)}`);
}
