/** What an optimizer may be given to optimize, and what becomes of it: groups of tensors with options of their own. */
import { Tensor, ValueError } from '@torchlet/tensor';
import { isOptions } from '@torchlet/tensor/internal';
import { copyValue, define, typename } from './options.js';

/** A parameter: alone, or with its name as `net.named_parameters()` gives it. */
export type ParamInput = Tensor | readonly [name: string, param: Tensor];

/** A group as the user gives it. Options that it lacks are the optimizer's. Other keys are kept, as in PyTorch. */
export type ParamGroupInput<O extends object> = Partial<O> & {
  readonly params: Tensor | Iterable<ParamInput>;
  /** The learning rate from which a scheduler resumes. */
  readonly initial_lr?: number;
};

/** Tensors, named tensors or groups; any iterable, such as `net.parameters()`. */
export type ParamsInput<O extends object> = Iterable<ParamInput | ParamGroupInput<O>>;

/** A group as `optimizer.param_groups` holds it: a live object, in which a changed option counts from the next step. */
export type ParamGroup<O extends object> = O & {
  params: Tensor[];
  /** Where the parameters were given with names. */
  param_names?: string[];
  /** Set by a scheduler. */
  initial_lr?: number;
};

const isIterable = (x: unknown): x is Iterable<unknown> =>
  x !== null && x !== undefined && typeof (x as Partial<Iterable<unknown>>)[Symbol.iterator] === 'function';

/**
 * The groups in what a user gave to a constructor.
 * @throws ValueError in PyTorch's words for a bare tensor, for what is no iterable, and for nothing at all.
 */
export function readGroups(params: unknown): unknown[] {
  if (params instanceof Tensor || !isIterable(params)) {
    throw new ValueError(
      `params argument given to the optimizer should be an iterable of Tensors or dicts, but got ${typename(params)}`,
    );
  }
  const list = Array.from(params);
  if (list.length === 0) throw new ValueError('optimizer got an empty parameter list');
  return isOptions(list[0]) ? list : [{ params: list }];
}

/**
 * A group of its own from a user's: the tensors as a list, missing options filled in.
 * @throws ValueError in PyTorch's words for what cannot be optimized.
 */
export function readGroup<O extends object>(input: unknown, defaults: O): ParamGroup<O> {
  if (!isOptions(input)) throw new ValueError(`param_group must be a dict, but got ${typename(input)}`);
  if (!Object.hasOwn(input, 'params')) {
    throw new ValueError(`param_group must have a key 'params', but got ${Object.keys(input).join(', ') || 'no keys'}`);
  }
  const { params, param_names } = readParams(input.params);
  const group = { params } as ParamGroup<O>;
  for (const key of Object.keys(input)) {
    if (key !== 'params' && input[key] !== undefined) define(group, key, copyValue(input[key]));
  }
  if (param_names !== null) group.param_names = param_names;
  for (const key of Object.keys(defaults)) {
    if (!Object.hasOwn(group, key)) define(group, key, copyValue(defaults[key as keyof O]));
  }
  return group;
}

function readParams(input: unknown): { params: Tensor[]; param_names: string[] | null } {
  if (!(input instanceof Tensor) && !isIterable(input)) {
    throw new ValueError(`params of a group should be a Tensor or an iterable of Tensors, but got ${typename(input)}`);
  }
  const list = input instanceof Tensor ? [input] : Array.from(input);
  const names: string[] = [];
  const params = list.map((item) => {
    if (!isNamed(item)) return checkParam(item);
    names.push(item[0]);
    return checkParam(item[1]);
  });
  if (names.length !== 0 && names.length !== params.length) {
    throw new ValueError('all optimizer params should be with/without names. Some param names are missing');
  }
  return { params, param_names: names.length === 0 ? null : names };
}

const isNamed = (x: unknown): x is [string, unknown] => Array.isArray(x) && x.length === 2 && typeof x[0] === 'string';

function checkParam(x: unknown): Tensor {
  if (!(x instanceof Tensor)) {
    throw new ValueError(`optimizer can only optimize Tensors, but one of the params is ${typename(x)}`);
  }
  if (!x.is_leaf && !x.retains_grad) throw new ValueError("can't optimize a non-leaf Tensor");
  return x;
}

/**
 * Whether `group` may stand beside the others.
 * @throws ValueError when a parameter is in two groups, or only some groups have names. Warns of a duplicate within one.
 */
export function checkBeside<O extends object>(group: ParamGroup<O>, others: readonly ParamGroup<O>[]): void {
  const named = group.param_names !== undefined;
  if (others.some((other) => (other.param_names !== undefined) !== named)) {
    throw new ValueError(
      'all optimizer param groups should be with/without names. cannot add param group ' +
        `${named ? 'with names' : 'without names'} to the optimizer`,
    );
  }
  const params = new Set(group.params);
  if (others.some((other) => other.params.some((param) => params.has(param)))) {
    throw new ValueError('some parameters appear in more than one parameter group');
  }
  if (params.size !== group.params.length) {
    console.warn(
      'UserWarning: optimizer contains a parameter group with duplicate parameters; in future, this will cause an ' +
        'error; see github.com/pytorch/pytorch/issues/40967 for more information',
    );
  }
}
