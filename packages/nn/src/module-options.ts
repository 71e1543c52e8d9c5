/** The options of Module's methods. */
import type { AnyModule } from './module.js';
import type { StateDict } from './state-dict.js';

export interface NamedMembersOptions {
  /** Stands before every name. */
  readonly prefix?: string;
  /** Whether the children's are given too; true unless given. */
  readonly recurse?: boolean;
  /** Whether what has several names is given once, under its first one; true unless given. */
  readonly remove_duplicate?: boolean;
}

export interface NamedModulesOptions {
  /** Modules to leave out; those given are added. */
  readonly memo?: Set<AnyModule> | null;
  readonly prefix?: string;
  readonly remove_duplicate?: boolean;
}

export interface StateDictOptions {
  /** An object to add to. */
  readonly destination?: StateDict | null;
  readonly prefix?: string;
  /** Gives the parameters themselves instead of detached tensors over the same memory. */
  readonly keep_vars?: boolean;
}

export interface LoadStateDictOptions {
  /** Whether every key must match; true unless given. */
  readonly strict?: boolean;
  /** Takes the given tensors themselves instead of copying their elements. */
  readonly assign?: boolean;
}
