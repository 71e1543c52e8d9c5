/** Optimizer state to and from PyTorch's structure: state by parameter index, groups with indices for parameters. */
import { Tensor, ValueError } from '@torchlet/tensor';
import { integerKeyed, isOptions } from '@torchlet/tensor/internal';
import { copyValue, define, typename } from './options.js';
import type { ParamGroup } from './param-groups.js';

/** One parameter's state: tensors, numbers, null, and lists of them, under PyTorch's names. */
export type StateEntry = Record<string, unknown>;

/** What `state_dict()` returns. https://pytorch.org/docs/stable/generated/torch.optim.Optimizer.state_dict.html */
export interface OptimizerStateDict {
  /** By the parameter's index; the keys are integers in Python and in a saved file. Tensors are the optimizer's own. */
  state: Record<number, StateEntry>;
  /** The options of each group, and its parameters' indices, counted over all groups. */
  param_groups: (Record<string, unknown> & { params: number[] })[];
}

/** The structure for groups and their state. */
export function packStateDict(
  groups: readonly ParamGroup<object>[],
  state: ReadonlyMap<Tensor, unknown>,
): OptimizerStateDict {
  const indices = new Map<Tensor, number>();
  let next = 0;
  const param_groups = groups.map(({ params, ...options }) => {
    params.forEach((param, i) => {
      if (!indices.has(param)) indices.set(param, next + i);
    });
    next += params.length;
    return { ...options, params: params.map((param) => indices.get(param) as number) };
  });
  const byIndex: Record<number, StateEntry> = {};
  for (const [param, entry] of state) {
    const index = indices.get(param);
    if (index !== undefined) byIndex[index] = entry as StateEntry;
  }
  return { state: integerKeyed(byIndex), param_groups };
}

/** @throws ValueError unless the value has the structure, in PyTorch's words where the groups do not match. */
export function checkStateDict(
  value: unknown,
  groups: readonly ParamGroup<object>[],
): asserts value is OptimizerStateDict {
  if (!isOptions(value)) {
    throw new ValueError(`load_state_dict(): expected state_dict to be dict-like, got ${typename(value)}`);
  }
  if (!isOptions(value.state) || !Object.values(value.state).every(isOptions)) {
    throw new ValueError("load_state_dict(): expected 'state' to be a dict of dicts, one for each parameter");
  }
  const saved = value.param_groups;
  if (!Array.isArray(saved) || !saved.every((group) => isOptions(group) && Array.isArray(group.params))) {
    throw new ValueError("load_state_dict(): expected 'param_groups' to be a list of dicts with 'params'");
  }
  if (saved.length !== groups.length) {
    throw new ValueError('loaded state dict has a different number of parameter groups');
  }
  if (saved.some((group: { params: unknown[] }, i) => group.params.length !== groups[i].params.length)) {
    throw new ValueError(
      "loaded state dict contains a parameter group that doesn't match the size of optimizer's group",
    );
  }
}

/** Options that some optimizers of torch.optim have and others lack, so that a group shows whose it is. */
const TELLING: ReadonlySet<string> = new Set(
  (
    'alpha amsgrad beta2_decay betas centered dampening decoupled_weight_decay etas history_size initial_accumulator_value ' +
    'lambd lr_decay max_iter momentum momentum_decay nesterov ns_steps rho step_sizes t0 weight_decay'
  ).split(' '),
);

/** @throws ValueError when an option is missing or is another optimizer's. */
function checkSameOptimizer(
  name: string,
  index: number,
  loaded: object,
  own: object,
  required: readonly string[],
  options: readonly string[],
): void {
  const foreign = (what: string, keys: readonly string[]): ValueError =>
    new ValueError(
      `loaded state dict is not one of ${name}: parameter group ${index} ${what} ${keys.map((key) => `'${key}'`).join(', ')}`,
    );
  const missing = required.filter((key) => !Object.hasOwn(loaded, key));
  if (missing.length > 0) throw foreign('lacks', missing);
  const others = Object.keys(loaded).filter(
    (key) => TELLING.has(key) && !options.includes(key) && !Object.hasOwn(own, key),
  );
  if (others.length > 0) throw foreign("has another optimizer's", others);
}

/**
 * The saved options for the parameters that the optimizer has.
 * @param later values of options that files of older PyTorch versions lack
 * @throws ValueError when an option is missing, as in the state of another optimizer.
 */
export function unpackGroups<O extends object>(
  name: string,
  saved: OptimizerStateDict['param_groups'],
  groups: readonly ParamGroup<O>[],
  options: readonly string[],
  later: Readonly<Record<string, unknown>>,
): ParamGroup<O>[] {
  return groups.map((group, i) => {
    const loaded = copyValue(saved[i]) as Record<string, unknown>;
    define(loaded, 'params', group.params.slice());
    if (group.param_names !== undefined) loaded.param_names ??= group.param_names.slice();
    const required = options.filter((key) => !Object.hasOwn(later, key));
    checkSameOptimizer(name, i, loaded, group, required, options);
    for (const key of options) if (!Object.hasOwn(loaded, key)) loaded[key] = later[key];
    return loaded as ParamGroup<O>;
  });
}

/** Each parameter of the groups with its saved state, cast to the parameter's dtype and device. */
export function* unpackState(
  state_dict: OptimizerStateDict,
  groups: readonly ParamGroup<object>[],
): IterableIterator<{
  readonly index: string;
  readonly param: Tensor;
  readonly group: number;
  readonly entry: StateEntry;
}> {
  const owners = new Map<string, { readonly param: Tensor; readonly group: number }>();
  state_dict.param_groups.forEach((saved, group) => {
    saved.params.forEach((index, i) => {
      owners.set(String(index), { param: groups[group].params[i], group });
    });
  });
  for (const [index, saved] of Object.entries(state_dict.state)) {
    const owner = owners.get(index);
    if (owner === undefined)
      throw new ValueError(`loaded state dict has state for parameter ${index}, which no group lists`);
    yield { index, ...owner, entry: castTo(owner.param, saved, '') as StateEntry };
  }
}

/** Floating-point parameters give their state their dtype; a step count keeps its own, which counts exactly. */
function castTo(param: Tensor, value: unknown, key: string): unknown {
  if (value instanceof Tensor) {
    if (key === 'step') return value;
    return param.is_floating_point() ? value.to({ dtype: param.dtype, device: param.device }) : value.to(param.device);
  }
  if (Array.isArray(value)) return value.map((item) => castTo(param, item, key));
  if (!isOptions(value)) return value;
  const copy: StateEntry = {};
  for (const [name, item] of Object.entries(value)) define(copy, name, castTo(param, item, name));
  return copy;
}
