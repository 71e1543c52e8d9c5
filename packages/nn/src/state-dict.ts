/** Writing a module's state into a flat dictionary, and reading it back. */
import { no_grad, Tensor, ValueError } from '@torchlet/tensor';
import { isOptions, metadataOf, orderedDict, sameShape } from '@torchlet/tensor/internal';
import { printsAsString } from './inspect.js';
import type { AnyModule } from './module.js';
import { Parameter } from './parameter.js';
import { typename } from './typename.js';

/**
 * Tensors by their path in the module, such as `'conv1.weight'`. A JavaScript object moves keys that are integers ('0') to
 * the front; only parameters of a module's own that are so named (not those of its children) are concerned.
 */
export type StateDict = Record<string, Tensor>;

/** What `load_state_dict` takes: also what `load` reads, whose values may be anything. */
export type StateDictInput = Readonly<Record<string, unknown>> | ReadonlyMap<string, unknown>;

type Versions = Record<string, { version: number }>;

/** Adds a module's tensors, and those of its children, under `prefix`. */
export function saveState(module: AnyModule, destination: StateDict, prefix: string, keepVars: boolean): void {
  const versions: Versions = { ...(metadataOf(destination) as Versions | null) };
  collect(module, destination, prefix, keepVars, versions);
  orderedDict(destination, versions);
}

function collect(module: AnyModule, to: StateDict, prefix: string, keepVars: boolean, versions: Versions): void {
  versions[prefix.slice(0, -1)] = { version: module._version };
  for (const [name, value] of ownState(module)) {
    if (value !== null) to[prefix + name] = keepVars ? value : value.detach();
  }
  for (const [name, child] of module._modules) {
    if (child !== null) collect(child, to, `${prefix}${name}.`, keepVars, versions);
  }
}

/** Parameters, then the buffers that are saved; null where one is registered but absent. */
function ownState(module: AnyModule): Map<string, Tensor | null> {
  const state = new Map<string, Tensor | null>(module._parameters);
  for (const [name, buffer] of module._buffers) {
    if (module._persistent_buffer(name)) state.set(name, buffer);
  }
  return state;
}

/** The keys that did not match. Prints as `<All keys matched successfully>` if all of them did. */
export class IncompatibleKeys {
  constructor(
    readonly missing_keys: readonly string[],
    readonly unexpected_keys: readonly string[],
  ) {}

  toString(): string {
    if (this.missing_keys.length + this.unexpected_keys.length === 0) return '<All keys matched successfully>';
    const list = (keys: readonly string[]): string => `[${keys.map((key) => `'${key}'`).join(', ')}]`;
    return `_IncompatibleKeys(missing_keys=${list(this.missing_keys)}, unexpected_keys=${list(this.unexpected_keys)})`;
  }
}

printsAsString(IncompatibleKeys);

/** What loading has found so far. Nothing is written before everything has been looked at. */
interface Loading {
  readonly state: ReadonlyMap<string, unknown>;
  readonly assign: boolean;
  readonly missing: string[];
  readonly unexpected: string[];
  readonly errors: string[];
  readonly writes: (() => void)[];
}

/**
 * Copies a state dict into a module. Unlike PyTorch, which copies what fits before it complains, a failing call changes
 * nothing.
 * @throws ValueError listing everything that does not fit, in PyTorch's words.
 */
export function loadState(module: AnyModule, given: unknown, strict: boolean, assign: boolean): IncompatibleKeys {
  const state = toMap(given);
  const loading: Loading = { state, assign, missing: [], unexpected: [], errors: [], writes: [] };
  check(module, '', [...state.keys()], loading);
  const { missing, unexpected, errors } = loading;
  if (strict) {
    const quoted = (keys: string[]): string => keys.map((key) => `"${key}"`).join(', ');
    if (unexpected.length > 0) errors.unshift(`Unexpected key(s) in state_dict: ${quoted(unexpected)}. `);
    if (missing.length > 0) errors.unshift(`Missing key(s) in state_dict: ${quoted(missing)}. `);
  }
  if (errors.length > 0) {
    throw new ValueError(`Error(s) in loading state_dict for ${module._get_name()}:\n\t${errors.join('\n\t')}`);
  }
  no_grad(() => {
    for (const write of loading.writes) write();
  });
  return new IncompatibleKeys(missing, unexpected);
}

function toMap(given: unknown): ReadonlyMap<string, unknown> {
  if (given instanceof Map) return given as ReadonlyMap<string, unknown>;
  if (!isOptions(given)) throw new ValueError(`Expected state_dict to be dict-like, got ${typename(given)}.`);
  return new Map(Object.entries(given));
}

/** `keys`: those of the state dict that begin with `prefix`. */
function check(module: AnyModule, prefix: string, keys: readonly string[], loading: Loading): void {
  const own = ownState(module);
  for (const [name, target] of own) {
    if (target === null) continue;
    const key = prefix + name;
    if (loading.state.has(key)) checkTensor(module, name, target, key, loading);
    else loading.missing.push(key);
  }
  const children = module._modules;
  for (const key of keys) {
    const path = key.slice(prefix.length).split('.');
    const known = path.length > 1 ? children.has(path[0]) : own.get(path[0]) !== undefined && own.get(path[0]) !== null;
    if (!known) loading.unexpected.push(key);
  }
  for (const [name, child] of children) {
    const inner = `${prefix}${name}.`;
    if (child !== null)
      check(
        child,
        inner,
        keys.filter((key) => key.startsWith(inner)),
        loading,
      );
  }
}

const size = (t: Tensor): string => `torch.Size([${t.shape.join(', ')}])`;

function checkTensor(module: AnyModule, name: string, target: Tensor, key: string, loading: Loading): void {
  const value = loading.state.get(key);
  if (!(value instanceof Tensor)) {
    loading.errors.push(
      `While copying the parameter named "${key}", expected torch.Tensor or Tensor-like object from checkpoint but ` +
        `received ${typename(value)}`,
    );
    return;
  }
  // PyTorch before 0.4 knew no 0-dim tensors
  const source = target.ndim === 0 && value.ndim === 1 && value.shape[0] === 1 ? value.select(0, 0) : value;
  if (!sameShape(source.shape, target.shape)) {
    loading.errors.push(
      `size mismatch for ${key}: copying a param with shape ${size(source)} from checkpoint, the shape in current model ` +
        `is ${size(target)}.`,
    );
    return;
  }
  loading.writes.push(loading.assign ? () => assignTensor(module, name, target, source) : () => target.copy_(source));
}

/** The checkpoint's own tensor takes the place of the module's. */
function assignTensor(module: AnyModule, name: string, target: Tensor, source: Tensor): void {
  let value = source;
  if (target instanceof Parameter) {
    value = source instanceof Parameter ? source : new Parameter(source, target.requires_grad);
    value.requires_grad = target.requires_grad;
  }
  Reflect.set(module, name, value);
}
