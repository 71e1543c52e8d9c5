/** Walks over a tree of modules. */
import { ValueError } from '@torchlet/tensor';
import type { AnyModule } from './module.js';

/** Which of a module's own members to list, by name; null for one that is registered but absent. */
export type MembersOf<T> = (module: AnyModule) => ReadonlyMap<string, T | null>;

const join = (prefix: string, name: string): string => (prefix === '' ? name : `${prefix}.${name}`);

/** The second of each pair. */
export function* values<T>(pairs: Iterable<readonly [string, T]>): IterableIterator<T> {
  for (const [, value] of pairs) yield value;
}

/** Pairs of name and child; a child with two names is given under the first. */
export function* children(of: AnyModule): IterableIterator<[string, AnyModule]> {
  const seen = new Set<AnyModule>();
  for (const [name, child] of of._modules) {
    if (child === null || seen.has(child)) continue;
    seen.add(child);
    yield [name, child];
  }
}

/** Pairs of path and module, parents before children; those in `seen` are left out. */
export function* modules(
  root: AnyModule,
  seen: Set<AnyModule>,
  prefix: string,
  once: boolean,
): IterableIterator<[string, AnyModule]> {
  if (seen.has(root)) return;
  if (once) seen.add(root);
  yield [prefix, root];
  for (const [name, child] of root._modules) {
    if (child !== null) yield* modules(child, seen, join(prefix, name), once);
  }
}

/** Pairs of path and member, module by module. */
export function* members<T extends object>(
  root: AnyModule,
  of: MembersOf<T>,
  prefix: string,
  recurse: boolean,
  once: boolean,
): IterableIterator<[string, T]> {
  const seen = new Set<T>();
  const within: Iterable<[string, AnyModule]> = recurse ? modules(root, new Set(), prefix, once) : [[prefix, root]];
  for (const [path, module] of within) {
    for (const [name, value] of of(module)) {
      if (value === null || seen.has(value)) continue;
      if (once) seen.add(value);
      yield [join(path, name), value];
    }
  }
}

/** The module at a path. @throws ValueError in PyTorch's words. */
export function submodule(root: AnyModule, target: string): AnyModule {
  if (target === '') return root;
  let module = root;
  for (const name of target.split('.')) {
    const child = module._modules.get(name);
    if (child === undefined || child === null) {
      if (!(name in module)) throw new ValueError(`${module._get_name()} has no attribute \`${name}\``);
      throw new ValueError(`\`${name}\` is not an nn.Module`);
    }
    module = child;
  }
  return module;
}

/** The module that has the field at a path, and the field's name. @throws ValueError when there is no such field. */
export function owner(root: AnyModule, target: string): [AnyModule, string] {
  const at = target.lastIndexOf('.');
  const module = submodule(root, target.slice(0, Math.max(at, 0)));
  const name = target.slice(at + 1);
  if (!(name in module)) throw new ValueError(`${module._get_name()} has no attribute \`${name}\``);
  return [module, name];
}
