/** Functions that run around `step`, `state_dict` and `load_state_dict` of an optimizer of type `T`. */
import { ValueError } from '@torchlet/tensor';
import { typename } from './options.js';
import type { OptimizerStateDict } from './state-dict.js';

/** What registering a hook returns. https://pytorch.org/docs/stable/generated/torch.utils.hooks.RemovableHandle.html */
export interface RemovableHandle {
  remove(): void;
}

/** The arguments of `step`, as its hooks see them: the closure, where there is one. */
export type StepArguments = readonly [closure?: (() => unknown) | null];
/** There are none beyond the closure; hooks receive `{}` as in PyTorch. */
export type StepKeywords = Readonly<Record<string, never>>;

/** May return other arguments: `[args, kwargs]`. */
export type StepPreHook<T> =
  | ((optimizer: T, args: StepArguments, kwargs: StepKeywords) => readonly [StepArguments, StepKeywords] | null)
  | ((optimizer: T, args: StepArguments, kwargs: StepKeywords) => void);
export type StepPostHook<T> = (optimizer: T, args: StepArguments, kwargs: StepKeywords) => void;
export type OptimizerHook<T> = (optimizer: T) => void;
/** May return another state dict. */
export type StateDictHook<T> =
  | ((optimizer: T, state_dict: OptimizerStateDict) => OptimizerStateDict | null)
  | ((optimizer: T, state_dict: OptimizerStateDict) => void);

/** Hooks of one kind, in the order in which they run. */
class HookList<H> {
  private hooks: readonly { readonly hook: H }[] = [];

  add(hook: H, prepend: boolean = false): RemovableHandle {
    if (typeof hook !== 'function') throw new ValueError(`expected a function as hook, got ${typename(hook)}`);
    const entry = { hook };
    this.hooks = prepend ? [entry, ...this.hooks] : [...this.hooks, entry];
    return {
      remove: () => {
        this.hooks = this.hooks.filter((other) => other !== entry);
      },
    };
  }

  /** The hooks of this moment: one that is added or removed meanwhile counts from the next time on. */
  *[Symbol.iterator](): Generator<H, void, unknown> {
    for (const { hook } of this.hooks) yield hook;
  }
}

/** Hooks around the steps of all optimizers. */
const globalStepPre: HookList<StepPreHook<object>> = new HookList();
const globalStepPost: HookList<StepPostHook<object>> = new HookList();

/**
 * Runs before each step of every optimizer, ahead of its own hooks.
 * https://pytorch.org/docs/stable/generated/torch.optim.optimizer.register_optimizer_step_pre_hook.html
 */
export const register_optimizer_step_pre_hook = (hook: StepPreHook<object>): RemovableHandle => globalStepPre.add(hook);

/** Runs after each step of every optimizer, behind its own hooks. */
export const register_optimizer_step_post_hook = (hook: StepPostHook<object>): RemovableHandle =>
  globalStepPost.add(hook);

/** All hooks of one optimizer, and how each kind is run. */
export class OptimizerHooks<T extends object> {
  readonly stepPre: HookList<StepPreHook<T>> = new HookList();
  readonly stepPost: HookList<StepPostHook<T>> = new HookList();
  readonly savePre: HookList<OptimizerHook<T>> = new HookList();
  readonly savePost: HookList<StateDictHook<T>> = new HookList();
  readonly loadPre: HookList<StateDictHook<T>> = new HookList();
  readonly loadPost: HookList<OptimizerHook<T>> = new HookList();

  constructor(private readonly optimizer: T) {}

  /** Returns the arguments with which the step is to run. */
  beforeStep(args: StepArguments): StepArguments {
    let current = args;
    for (const hook of [...globalStepPre, ...this.stepPre]) {
      const result: unknown = hook(this.optimizer, current, {}) ?? null;
      if (result === null) continue;
      if (!Array.isArray(result) || result.length !== 2 || !Array.isArray(result[0])) {
        const name = this.optimizer.constructor.name;
        throw new ValueError(
          `${name}.step must return null or a tuple of (new_args, new_kwargs), but got ${typename(result)}.`,
        );
      }
      current = result[0] as unknown[] as [closure?: (() => unknown) | null];
    }
    return current;
  }

  afterStep(args: StepArguments): void {
    for (const hook of [...this.stepPost, ...globalStepPost]) hook(this.optimizer, args, {});
  }

  /** Runs hooks that are told of the optimizer alone. */
  notify(hooks: Iterable<OptimizerHook<T>>): void {
    for (const hook of hooks) hook(this.optimizer);
  }

  /** Returns the state dict, or what a hook put in its place. */
  filter(hooks: Iterable<StateDictHook<T>>, state_dict: OptimizerStateDict): OptimizerStateDict {
    let current = state_dict;
    for (const hook of hooks) current = hook(this.optimizer, current) ?? current;
    return current;
  }
}
