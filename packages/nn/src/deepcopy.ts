import { AutogradError, no_grad, Tensor } from '@torchlet/tensor';
import { isOptions } from '@torchlet/tensor/internal';
import { type AnyModule, Module } from './module.js';
import { Parameter } from './parameter.js';

/**
 * Python's `copy.deepcopy` for modules, parameters, tensors, and arrays, Maps, Sets and plain objects of them: what is found
 * twice is one copy. Functions are not copied, nor are a module's hooks and a user's `#private` fields.
 * https://docs.python.org/3/library/copy.html
 * @throws AutogradError for a tensor that is the result of a recorded operation.
 */
export function deepcopy<T>(value: T): T {
  return copyOf(value, new Map()) as T;
}

type Memo = Map<unknown, unknown>;

function copyOf(value: unknown, memo: Memo): unknown {
  if (memo.has(value)) return memo.get(value);
  if (value instanceof Module) return copyModule(value as AnyModule, memo);
  if (value instanceof Tensor) return remember(value, copyTensor(value, memo), memo);
  if (Array.isArray(value)) return fill(value, [] as unknown[], memo, (list, x) => list.push(x), value);
  if (value instanceof Set) return fill(value, new Set(), memo, (set, x) => set.add(x), value);
  if (value instanceof Map) {
    const copy = remember(value, new Map(), memo);
    for (const [k, v] of value) copy.set(copyOf(k, memo), copyOf(v, memo));
    return copy;
  }
  if (!isOptions(value)) return value;
  const copy = remember(value, Object.create(Object.getPrototypeOf(value) as object) as Record<string, unknown>, memo);
  for (const [k, v] of Object.entries(value)) copy[k] = copyOf(v, memo);
  return copy;
}

function remember<T>(value: unknown, copy: T, memo: Memo): T {
  memo.set(value, copy);
  return copy;
}

function fill<C>(value: unknown, copy: C, memo: Memo, add: (copy: C, x: unknown) => void, parts: Iterable<unknown>): C {
  remember(value, copy, memo);
  for (const x of parts) add(copy, copyOf(x, memo));
  return copy;
}

function copyTensor(value: Tensor, memo: Memo): Tensor {
  if (!value.is_leaf) {
    throw new AutogradError(
      'Only Tensors created explicitly by the user (graph leaves) support the deepcopy protocol at the moment',
    );
  }
  const elements = no_grad(() => value.detach().clone());
  const copy =
    value instanceof Parameter
      ? new Parameter(elements, value.requires_grad)
      : elements.requires_grad_(value.requires_grad);
  if (value.grad !== null) copy.grad = copyOf(value.grad, memo) as Tensor;
  return copy;
}

/** A module of the same class, made without its constructor, with copies of its fields. */
function copyModule(module: AnyModule, memo: Memo): AnyModule {
  const copy = remember(module, Reflect.construct(Module, [], module.constructor) as AnyModule, memo);
  // the registries' order, not that of an object's keys, which has names that are numbers first
  for (const [name, value] of module._parameters)
    copy.register_parameter(name, copyOf(value, memo) as Parameter | null);
  for (const [name, value] of module._buffers)
    copy.register_buffer(name, copyOf(value, memo) as Tensor | null, module._persistent_buffer(name));
  for (const [name, value] of module._modules) copy.add_module(name, copyOf(value, memo) as AnyModule | null);
  for (const [name, value] of Object.entries(module))
    if (!Object.hasOwn(copy, name)) Reflect.set(copy, name, copyOf(value, memo));
  copy.training = module.training;
  return copy;
}
