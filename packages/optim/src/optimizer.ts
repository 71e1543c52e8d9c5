import { enable_grad, no_grad, Tensor, tensor, ValueError } from '@torchlet/tensor';
import { checkBoolean, checkOptions, isOptions, type Shape } from '@torchlet/tensor/internal';
import {
  type OptimizerHook,
  OptimizerHooks,
  type RemovableHandle,
  type StateDictHook,
  type StepArguments,
  type StepPostHook,
  type StepPreHook,
} from './hooks.js';
import { typename } from './options.js';
import {
  checkBeside,
  type ParamGroup,
  type ParamGroupInput,
  type ParamsInput,
  readGroup,
  readGroups,
} from './param-groups.js';
import { optimizerRepr, printsAsString } from './repr.js';
import {
  checkStateDict,
  type OptimizerStateDict,
  packStateDict,
  type StateEntry,
  unpackGroups,
  unpackState,
} from './state-dict.js';

/** What every group has. */
export interface GroupOptions {
  lr: number;
}

/** A closure that computes the loss again and returns it. */
export type Closure<T> = () => T;

/** Every `update` that reads the gradient and keeps nothing of it, be it a view, as far as is known here. */
const readingUpdates = new WeakSet<object>();

/** Declares so of an `update`: then a gradient that nobody else has seen gives its memory to the next one. */
export function keepsNoGradient(update: (...args: never[]) => void): void {
  readingUpdates.add(update);
}

/** Options that PyTorch added over the years, with what a file that lacks them means. */
const LATER_OPTIONS = { maximize: false, foreach: null, capturable: false, differentiable: false, fused: null };

/**
 * The base of all optimizers: groups of parameters with options, state for each parameter, and the loop over them. An
 * optimizer adds `checkOptions`, `init_state` and `update`. `O` are a group's options, `S` is a parameter's state, null
 * where an option makes it unnecessary. https://pytorch.org/docs/stable/optim.html#torch.optim.Optimizer
 */
export class Optimizer<O extends GroupOptions = GroupOptions, S = unknown> {
  /** The groups: live objects, in which a changed `lr` counts from the next step on. */
  param_groups: ParamGroup<O>[] = [];
  /** What the optimizer remembers of each parameter; empty until the parameter's first step. */
  state: Map<Tensor, NonNullable<S>> = new Map();
  /** What a group without its own options gets. */
  readonly defaults: O;
  /** The update in mathematical notation, with g the gradient and θ the parameter. */
  readonly formula: string = '';
  /** @internal Steps taken through {@link Optimizer.step}, by which schedulers tell who steps first. */
  stepsTaken = 0;

  private readonly hooks: OptimizerHooks<Optimizer> = new OptimizerHooks<Optimizer>(this);

  /**
   * @param params tensors, `[name, tensor]` pairs or groups `{ params, lr, … }`, in any iterable
   * @throws ValueError in PyTorch's words for parameters or options that cannot be.
   */
  constructor(params: ParamsInput<O>, defaults: O) {
    if (!isOptions(defaults))
      throw new ValueError(`Optimizer(): defaults must be an object, got ${typename(defaults)}`);
    this.defaults = defaults;
    this.checkOptions(defaults);
    for (const group of readGroups(params)) this.add_param_group(group as ParamGroupInput<O>);
  }

  /** Refuses options that are out of their domain, in a group or as defaults. */
  protected checkOptions(_options: O): void {}

  /** A parameter's state before its first step. */
  protected init_state(_param: Tensor, _group: ParamGroup<O>): S {
    return {} as S;
  }

  /** Changes one parameter in place, and its state. Runs without recording. */
  protected update(_param: Tensor, _grad: Tensor, _state: S, _group: ParamGroup<O>): void {
    throw new ValueError(`${this.constructor.name} has no update(): an optimizer overrides update, perform or step`);
  }

  /**
   * Changes one parameter whose gradient is sparse, and its state.
   * @throws ValueError in PyTorch's words, unless the optimizer overrides it.
   */
  protected updateSparse(_param: Tensor, _grad: Tensor, _group: ParamGroup<O>): void {
    throw new ValueError(`${this.constructor.name} does not support sparse gradients`);
  }

  /** The tensors that a parameter's state has under these options, and their shapes. */
  protected stateShapes(_param: Tensor, _group: ParamGroup<O>): Readonly<Record<string, Shape>> {
    return {};
  }

  /** Defaults that are floats in Python although they look like integers, and print as such. */
  protected floatDefaults(): Readonly<Record<string, number>> {
    return {};
  }

  /** Options that files of older versions lack, and what they mean by it. */
  protected laterOptions(): Readonly<Record<string, unknown>> {
    return LATER_OPTIONS;
  }

  /** Brings loaded state of older versions into today's form. */
  protected renewState(entry: StateEntry): StateEntry {
    return entry;
  }

  /**
   * Updates every parameter that has a gradient. A closure is called first, with gradients recorded.
   * https://pytorch.org/docs/stable/generated/torch.optim.Optimizer.step.html
   * @returns the closure's result, null without one
   */
  step(): null;
  step<T>(closure: Closure<T>): T;
  step<T>(closure?: Closure<T> | null): T | null;
  step<T>(closure?: Closure<T> | null): T | null {
    const args: StepArguments = this.hooks.beforeStep(closure === undefined ? [] : [closure]);
    const loss = no_grad(() => this.perform((args[0] ?? null) as Closure<T> | null));
    this.stepsTaken++;
    this.hooks.afterStep(args);
    return loss;
  }

  /** The step itself, run without recording. Optimizers that look at all parameters at once override it. */
  protected perform<T>(closure: Closure<T> | null): T | null {
    const loss = closure === null ? null : enable_grad(closure);
    const keepsNothing = readingUpdates.has(this.update);
    for (const group of this.param_groups) {
      for (const param of group.params) {
        const grad = keepsNothing ? param.gradientToRead : param.grad;
        if (grad === null) continue;
        if (grad.is_sparse) this.updateSparse(param, grad, group);
        else this.update(param, grad, this.stateOf(param, group), group);
      }
    }
    return loss;
  }

  /** The parameter's state, made on first use. */
  protected stateOf(param: Tensor, group: ParamGroup<O>): S {
    const known = this.state.get(param);
    if (known !== undefined) return known;
    const state = this.init_state(param, group);
    if (state !== null && state !== undefined) this.state.set(param, state);
    return state;
  }

  /**
   * Forgets the gradients: they become null, or zero with `{ set_to_none: false }`.
   * https://pytorch.org/docs/stable/generated/torch.optim.Optimizer.zero_grad.html
   */
  zero_grad(options: boolean | { readonly set_to_none?: boolean } = {}): void {
    const set_to_none = typeof options === 'boolean' ? options : readZeroGrad(options);
    for (const group of this.param_groups) {
      for (const param of group.params) {
        if (param.gradientToRead === null) continue;
        if (set_to_none) param.grad = null;
        else if (param.grad !== null) {
          // the graph of a gradient that was itself recorded ends here
          if (param.grad.grad_fn !== null) param.grad.detach_();
          else param.grad.requires_grad_(false);
          param.grad.zero_();
        }
      }
    }
  }

  /**
   * Adds parameters with options of their own, such as the layers that a fine-tuning unfreezes.
   * https://pytorch.org/docs/stable/generated/torch.optim.Optimizer.add_param_group.html
   * @throws ValueError in PyTorch's words; the optimizer is unchanged then.
   */
  add_param_group(param_group: ParamGroupInput<O>): void {
    const group = readGroup(param_group, this.defaults);
    this.checkOptions(group);
    checkBeside(group, this.param_groups);
    this.param_groups.push(group);
  }

  /**
   * Groups and state in PyTorch's structure, to be saved and loaded. The tensors are the optimizer's own.
   * https://pytorch.org/docs/stable/generated/torch.optim.Optimizer.state_dict.html
   */
  state_dict(): OptimizerStateDict {
    this.hooks.notify(this.hooks.savePre);
    return this.hooks.filter(this.hooks.savePost, packStateDict(this.param_groups, this.state));
  }

  /**
   * Takes over groups' options and state. State tensors are cast to their parameter's dtype and device, and shared with
   * the dict where nothing needs a cast, as in PyTorch.
   * https://pytorch.org/docs/stable/generated/torch.optim.Optimizer.load_state_dict.html
   * @throws ValueError when groups, options or state do not fit; the optimizer is unchanged then.
   */
  load_state_dict(state_dict: OptimizerStateDict): void {
    const copy = isOptions(state_dict) ? { ...state_dict } : state_dict;
    const loaded: OptimizerStateDict = this.hooks.filter(this.hooks.loadPre, copy);
    checkStateDict(loaded, this.param_groups);
    const name = this.constructor.name;
    const groups = unpackGroups(
      name,
      loaded.param_groups,
      this.param_groups,
      Object.keys(this.defaults),
      this.laterOptions(),
    );
    for (const group of groups) this.checkOptions(group);
    const state = new Map<Tensor, NonNullable<S>>();
    for (const { index, param, group, entry } of unpackState(loaded, groups)) {
      const renewed = this.renewState(entry);
      if (Object.keys(renewed).length === 0) continue;
      this.checkEntry(index, param, renewed, groups[group]);
      state.set(param, renewed as NonNullable<S>);
    }
    this.param_groups = groups;
    this.state = state;
    this.hooks.notify(this.hooks.loadPost);
  }

  /** Refuses an entry that lacks a tensor or has one of another shape. A number stands for a 0-dim one, as in old files. */
  protected checkEntry(index: string, param: Tensor, entry: StateEntry, group: ParamGroup<O>): void {
    for (const [key, shape] of Object.entries(this.stateShapes(param, group))) {
      if (shape.length === 0 && typeof entry[key] === 'number') entry[key] = tensor(entry[key]);
      const value = entry[key];
      if (!(value instanceof Tensor)) {
        throw new ValueError(
          `loaded state dict is not one of ${this.constructor.name}: parameter ${index} has no Tensor '${key}'`,
        );
      }
      if (String(value.shape) !== String(shape)) {
        throw new ValueError(
          `loaded state dict does not fit: '${key}' of parameter ${index} has shape [${value.shape.join(', ')}], expected ` +
            `[${shape.join(', ')}]`,
        );
      }
    }
  }

  /** Runs before each step. https://pytorch.org/docs/stable/generated/torch.optim.Optimizer.register_step_pre_hook.html */
  register_step_pre_hook(hook: StepPreHook<Optimizer>): RemovableHandle {
    return this.hooks.stepPre.add(hook);
  }

  /** Runs after each step. https://pytorch.org/docs/stable/generated/torch.optim.Optimizer.register_step_post_hook.html */
  register_step_post_hook(hook: StepPostHook<Optimizer>): RemovableHandle {
    return this.hooks.stepPost.add(hook);
  }

  /** Runs before `state_dict()`; first of all with `prepend`. */
  register_state_dict_pre_hook(hook: OptimizerHook<Optimizer>, prepend: boolean = false): RemovableHandle {
    return this.hooks.savePre.add(hook, prepend);
  }

  /** Runs on what `state_dict()` is about to return, and may replace it. */
  register_state_dict_post_hook(hook: StateDictHook<Optimizer>, prepend: boolean = false): RemovableHandle {
    return this.hooks.savePost.add(hook, prepend);
  }

  /** Runs on a shallow copy of what `load_state_dict()` was given, and may replace it. */
  register_load_state_dict_pre_hook(hook: StateDictHook<Optimizer>, prepend: boolean = false): RemovableHandle {
    return this.hooks.loadPre.add(hook, prepend);
  }

  /** Runs after `load_state_dict()`. */
  register_load_state_dict_post_hook(hook: OptimizerHook<Optimizer>, prepend: boolean = false): RemovableHandle {
    return this.hooks.loadPost.add(hook, prepend);
  }

  /** The groups and their options, as PyTorch prints them. */
  toString(): string {
    return optimizerRepr(this.constructor.name, this.param_groups, this.floatDefaults());
  }

  static {
    printsAsString(Optimizer.prototype);
  }
}

function readZeroGrad(options: { readonly set_to_none?: boolean }): boolean {
  checkOptions('zero_grad', ['set_to_none'], options);
  return checkBoolean('zero_grad', 'set_to_none', options.set_to_none ?? true);
}
