import { type Device, type DType, no_grad, type Tensor, TorchletError, ValueError } from '@torchlet/tensor';
import { bindArguments, checkBoolean } from '@torchlet/tensor/internal';
import { type ConvertOptions, convertParameter, readConversion } from './conversion.js';
import { HookedModule } from './hooked-module.js';
import { printsAsString } from './inspect.js';
import type {
  LoadStateDictOptions,
  NamedMembersOptions,
  NamedModulesOptions,
  StateDictOptions,
} from './module-options.js';
import type { Parameter } from './parameter.js';
import { Registry } from './registry.js';
import { layOut } from './repr.js';
import { type IncompatibleKeys, loadState, type StateDict, type StateDictInput, saveState } from './state-dict.js';
import * as traverse from './traverse.js';

/** A module whatever its arguments and result. */
export type AnyModule = Module<never, unknown>;

/**
 * The base of all networks and layers. Fields that hold a {@link Parameter} or a Module are found by themselves, in the
 * order of their definition (`#private` ones are not, nor is what is in arrays); calling the module runs `forward`:
 *
 *     class Net extends nn.Module {
 *       fc = new nn.Linear(784, 10);
 *       override forward(x: Tensor): Tensor {
 *         return this.fc(x.flatten(1));
 *       }
 *     }
 *     const y = new Net()(x);
 *
 * `Args` and `Out` are what `forward` takes and gives. https://pytorch.org/docs/stable/generated/torch.nn.Module.html
 */
export class Module<Args extends unknown[] = [Tensor], Out = Tensor> extends HookedModule<Args, Out> {
  readonly #registry = new Registry<AnyModule>(this, isModule);
  #training = true;

  /** @throws ValueError for any argument: a class without a constructor of its own hands on here what it was given. */
  constructor() {
    super();
    // biome-ignore lint/complexity/noArguments: a parameter would let every class without a constructor take arguments
    bindArguments(new.target.name, [], [...arguments]);
  }

  /** Whether layers such as Dropout behave as in training; see {@link train}. */
  get training(): boolean {
    return this.#training;
  }

  set training(mode: boolean) {
    this.#training = mode;
  }

  /** Computes the result; each module defines it. @throws TorchletError when it does not. */
  override forward(..._args: Args): Out {
    throw new TorchletError(`Module [${this._get_name()}] is missing the required "forward" function`);
  }

  /** @internal The parameters of this module alone, null where one is registered but absent. */
  get _parameters(): ReadonlyMap<string, Parameter | null> {
    return this.#registry.parameters();
  }

  /** @internal */
  get _buffers(): ReadonlyMap<string, Tensor | null> {
    return this.#registry.buffers();
  }

  /** @internal */
  get _modules(): ReadonlyMap<string, AnyModule | null> {
    return this.#registry.modules();
  }

  /** @internal Whether a buffer is saved. */
  _persistent_buffer(name: string): boolean {
    return this.#registry.isPersistent(name);
  }

  /** @internal The version of the layout of this module's state, kept in state dicts. */
  get _version(): number {
    return 1;
  }

  /**
   * A tensor that is part of the module's state but is not learned, such as a running mean, as field `name`. `persistent`
   * (true unless given): whether it is in the state dict.
   * https://pytorch.org/docs/stable/generated/torch.nn.Module.html#torch.nn.Module.register_buffer
   * @throws ValueError for a name that is taken, empty, or has a point.
   */
  register_buffer(name: string, tensor: Tensor | null, persistent?: boolean | { readonly persistent?: boolean }): void {
    const [persist] = bindArguments('register_buffer', ['persistent'], [persistent]);
    this.#registry.registerBuffer(name, tensor, checkBoolean('register_buffer', 'persistent', persist ?? true));
  }

  /** The same as assigning to field `name`; null keeps a place for a parameter that is absent. */
  register_parameter(name: string, param: Parameter | null): void {
    this.#registry.registerParameter(name, param);
  }

  /** The same as assigning to field `name`, also for names that are numbers: their order is that of the calls. */
  add_module(name: string, module: AnyModule | null): void {
    this.#registry.registerModule(name, module);
  }

  /** Another name of {@link add_module}. */
  register_module(name: string, module: AnyModule | null): void {
    this.add_module(name, module);
  }

  /** The parameters of this module and, unless `recurse` is false, of its children; each once. */
  parameters(recurse?: boolean | { readonly recurse?: boolean }): IterableIterator<Parameter> {
    const [deep] = bindArguments('parameters', ['recurse'], [recurse]);
    return traverse.values(traverse.members(this, parametersOf, '', (deep ?? true) as boolean, true));
  }

  /** Pairs of path and parameter. */
  named_parameters(
    prefix?: string | NamedMembersOptions,
    recurse?: boolean | NamedMembersOptions,
    remove_duplicate?: boolean | NamedMembersOptions,
  ): IterableIterator<[string, Parameter]> {
    return this.#namedMembers('named_parameters', parametersOf, [prefix, recurse, remove_duplicate]);
  }

  /** The buffers of this module and, unless `recurse` is false, of its children; each once. */
  buffers(recurse?: boolean | { readonly recurse?: boolean }): IterableIterator<Tensor> {
    const [deep] = bindArguments('buffers', ['recurse'], [recurse]);
    return traverse.values(traverse.members(this, buffersOf, '', (deep ?? true) as boolean, true));
  }

  /** Pairs of path and buffer. */
  named_buffers(
    prefix?: string | NamedMembersOptions,
    recurse?: boolean | NamedMembersOptions,
    remove_duplicate?: boolean | NamedMembersOptions,
  ): IterableIterator<[string, Tensor]> {
    return this.#namedMembers('named_buffers', buffersOf, [prefix, recurse, remove_duplicate]);
  }

  #namedMembers<T extends object>(
    fn: string,
    of: traverse.MembersOf<T>,
    args: readonly unknown[],
  ): IterableIterator<[string, T]> {
    const [prefix, recurse, once] = bindArguments(fn, ['prefix', 'recurse', 'remove_duplicate'], args);
    return traverse.members(
      this,
      of,
      (prefix ?? '') as string,
      (recurse ?? true) as boolean,
      (once ?? true) as boolean,
    );
  }

  /** The modules in this one's own fields. */
  children(): IterableIterator<AnyModule> {
    return traverse.values(traverse.children(this));
  }

  /** Pairs of name and child. */
  named_children(): IterableIterator<[string, AnyModule]> {
    return traverse.children(this);
  }

  /** This module and all below it, each once. */
  modules(): IterableIterator<AnyModule> {
    return traverse.values(traverse.modules(this, new Set(), '', true));
  }

  /** Pairs of path and module, beginning with this module under the path `prefix`. */
  named_modules(
    memo?: Set<AnyModule> | null | NamedModulesOptions,
    prefix?: string | NamedModulesOptions,
    remove_duplicate?: boolean | NamedModulesOptions,
  ): IterableIterator<[string, AnyModule]> {
    const names = ['memo', 'prefix', 'remove_duplicate'];
    const [seen, start, once] = bindArguments('named_modules', names, [memo, prefix, remove_duplicate]);
    const set = (seen ?? new Set()) as Set<AnyModule>;
    return traverse.modules(this, set, (start ?? '') as string, (once ?? true) as boolean);
  }

  /** The module at a path such as `'features.0'`; this one for `''`. @throws ValueError when there is none. */
  get_submodule(target: string): AnyModule {
    return traverse.submodule(this, target);
  }

  /** The parameter at a path such as `'features.0.weight'`. @throws ValueError when there is none. */
  get_parameter(target: string): Parameter {
    const [module, name] = traverse.owner(this, target);
    const found = module._parameters.get(name) ?? null;
    if (found === null) throw new ValueError(`\`${name}\` is not an nn.Parameter`);
    return found;
  }

  /** The buffer at a path. @throws ValueError when there is none. */
  get_buffer(target: string): Tensor {
    const [module, name] = traverse.owner(this, target);
    const found = module._buffers.get(name) ?? null;
    if (found === null) throw new ValueError(`\`${name}\` is not a buffer`);
    return found;
  }

  /** Calls `fn` with every module below this one, then with this one. */
  override apply(fn: (module: AnyModule) => void): this {
    for (const child of this.children()) child.apply(fn);
    fn(this);
    return this;
  }

  /** Sets `training` of this module and all below it. */
  train(mode: boolean = true): this {
    if (typeof mode !== 'boolean') throw new ValueError('training mode is expected to be boolean');
    this.training = mode;
    for (const child of this.children()) child.train(mode);
    return this;
  }

  /** `train(false)`. */
  eval(): this {
    return this.train(false);
  }

  /** @internal Replaces the elements of all parameters, gradients and buffers; a parameter stays the same object. */
  _apply(fn: (t: Tensor) => Tensor): this {
    for (const child of this.children()) child._apply(fn);
    for (const param of this._parameters.values()) if (param !== null) convertParameter(param, fn);
    for (const [name, buffer] of this._buffers)
      if (buffer !== null)
        Reflect.set(
          this,
          name,
          no_grad(() => fn(buffer)),
        );
    return this;
  }

  /**
   * Moves or casts parameters and buffers in place: `to('float64')`, `to('gpu')`, `to(tensor)`, `to({ dtype, device })`. A
   * dtype is for the floating-point ones only.
   * https://pytorch.org/docs/stable/generated/torch.nn.Module.html#torch.nn.Module.to
   * @throws DTypeError for a dtype that is not floating-point.
   */
  to(target: DType | Device | Tensor | ConvertOptions, dtype?: DType | ConvertOptions, options?: ConvertOptions): this {
    const goal = readConversion(target, dtype, options);
    return this._apply((t) =>
      t.to({ device: goal.device ?? t.device, dtype: t.is_floating_point() ? (goal.dtype ?? t.dtype) : t.dtype }),
    );
  }

  /** Casts the floating-point parameters and buffers to float32. */
  float(): this {
    return this.to('float32');
  }

  /** Casts the floating-point parameters and buffers to float64. */
  double(): this {
    return this.to('float64');
  }

  cpu(): this {
    return this.to('cpu');
  }

  gpu(): this {
    return this.to('gpu');
  }

  /** Casts all parameters and buffers, whatever their dtype. */
  type(dst_type: DType): this {
    return this._apply((t) => t.to(dst_type));
  }

  /** Sets `requires_grad` of all parameters. */
  requires_grad_(requires_grad: boolean = true): this {
    for (const param of this.parameters()) param.requires_grad = requires_grad;
    return this;
  }

  /** Forgets the gradients of all parameters; with `set_to_none: false` they become 0. */
  zero_grad(set_to_none?: boolean | { readonly set_to_none?: boolean }): void {
    const [none] = bindArguments('zero_grad', ['set_to_none'], [set_to_none]);
    const forget = checkBoolean('zero_grad', 'set_to_none', none ?? true);
    for (const param of this.parameters()) {
      if (forget) param.grad = null;
      else if (param.grad !== null) param.grad = zeroed(param.grad);
    }
  }

  /**
   * All parameters and persistent buffers by their paths, in the order of definition. The tensors share the memory of the
   * module's. https://pytorch.org/docs/stable/generated/torch.nn.Module.html#torch.nn.Module.state_dict
   */
  state_dict(options?: StateDictOptions): StateDict {
    const names = ['destination', 'prefix', 'keep_vars'];
    const [destination, prefix, keepVars] = bindArguments('state_dict', names, [options ?? {}]);
    const result = (destination ?? {}) as StateDict;
    saveState(this, result, (prefix ?? '') as string, checkBoolean('state_dict', 'keep_vars', keepVars ?? false));
    return result;
  }

  /**
   * Copies the tensors of a state dict into the module's own. Everything is checked first: a call that throws has changed
   * nothing. https://pytorch.org/docs/stable/generated/torch.nn.Module.html#torch.nn.Module.load_state_dict
   * @throws ValueError naming all missing, unexpected and mismatched keys together.
   */
  load_state_dict(
    state_dict: StateDictInput,
    strict?: boolean | LoadStateDictOptions,
    assign?: boolean | LoadStateDictOptions,
  ): IncompatibleKeys {
    const [exact, take] = bindArguments('load_state_dict', ['strict', 'assign'], [strict, assign]);
    const isStrict = checkBoolean('load_state_dict', 'strict', exact ?? true);
    return loadState(this, state_dict, isStrict, checkBoolean('load_state_dict', 'assign', take ?? false));
  }

  /** The class's name, as it is printed. */
  _get_name(): string {
    return this.constructor.name;
  }

  /** What stands between the parentheses when this module is printed. */
  extra_repr(): string {
    return '';
  }

  /** The tree of modules, as PyTorch prints it. */
  override toString(): string {
    const children = [...this._modules].map(
      ([name, child]) => `(${name}): ${child === null ? 'None' : child.toString()}`,
    );
    return layOut(this._get_name(), this.extra_repr(), children);
  }
}

printsAsString(Module);

const isModule = (x: unknown): x is AnyModule => x instanceof Module;
const parametersOf = (module: AnyModule): ReadonlyMap<string, Parameter | null> => module._parameters;
const buffersOf = (module: AnyModule): ReadonlyMap<string, Tensor | null> => module._buffers;

/** A gradient of zeros that is part of no graph: the same object, unless it was computed with `create_graph`. */
function zeroed(grad: Tensor): Tensor {
  return no_grad(() => (grad.grad_fn === null ? grad : grad.detach()).zero_());
}
