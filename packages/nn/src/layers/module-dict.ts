import { ValueError } from '@torchlet/tensor';
import { type AnyModule, Module } from '../module.js';
import { typename } from '../typename.js';
import { NamedMembers, type NamedMembersInput } from './named-members.js';

/**
 * An ordered dictionary of modules that are all part of the module it is a field of. It has no forward of its own.
 * `new nn.ModuleDict({ conv, pool })`, where `dict.get('conv')` has the type of `conv` and `dict['conv']` is the same
 * object. A name that is a member of Module, such as `forward` or `keys`, is refused.
 * https://pytorch.org/docs/stable/generated/torch.nn.ModuleDict.html
 * @throws ValueError for a name that is taken, empty or has a point, and for what is no module.
 */
export class ModuleDict<
  Named extends Readonly<Record<string, AnyModule>> = Record<string, AnyModule>,
> extends NamedMembers<AnyModule> {
  constructor(modules?: Named | NamedMembersInput<AnyModule> | null) {
    super();
    if (modules !== undefined && modules !== null) this.update(modules);
  }

  /** The module of a name, Python's `dict[key]`. @throws ValueError when there is none. */
  get<Key extends keyof Named & string>(key: Key): Named[Key];
  get(key: string): AnyModule;
  get(key: string): AnyModule {
    return this.member(key);
  }

  /** Puts a module under a name, Python's `dict[key] = module`. */
  override set(key: string, module: AnyModule): this {
    if (!(module instanceof Module)) throw new ValueError(`${typename(module)} is not a Module subclass`);
    this.add_module(key, module);
    return this;
  }

  protected override members(): ReadonlyMap<string, AnyModule> {
    return this._modules as ReadonlyMap<string, AnyModule>;
  }
}
