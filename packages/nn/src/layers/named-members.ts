/** What ModuleDict and ParameterDict share. */
import { ValueError } from '@torchlet/tensor';
import { isOptions } from '@torchlet/tensor/internal';
import { Module } from '../module.js';
import { typename } from '../typename.js';

/** Members by name: an object, a Map, pairs, or another container. An object has names that are integers first. */
export type NamedMembersInput<T> =
  | Readonly<Record<string, T>>
  | ReadonlyMap<string, T>
  | Iterable<readonly [string, T]>
  | NamedMembers<T>;

/** An ordered dictionary whose members are the module's own fields, `dict['name']`. */
export abstract class NamedMembers<T> extends Module<never, unknown> {
  /** The member of a name; `get` knows its type. */
  [name: string]: unknown;

  /** Puts a member under a name; one that is there already keeps its place in the order. */
  abstract set(key: string, value: T): this;

  protected abstract members(): ReadonlyMap<string, T>;

  /** How many members there are. */
  override get length(): number {
    return this.members().size;
  }

  /** Whether there is a member of this name, Python's `key in dict`. */
  has(key: string): boolean {
    return this.members().has(key);
  }

  /** Another name of {@link has}. */
  contains(key: string): boolean {
    return this.has(key);
  }

  /** The names, as iterating over the container does. */
  keys(): IterableIterator<string> {
    return this.members().keys() as IterableIterator<string>;
  }

  values(): IterableIterator<T> {
    return this.members().values() as IterableIterator<T>;
  }

  /** Pairs of name and member. */
  items(): IterableIterator<[string, T]> {
    return this.members().entries() as IterableIterator<[string, T]>;
  }

  [Symbol.iterator](): IterableIterator<string> {
    return this.keys();
  }

  /** Takes a member out and returns it. @throws ValueError when there is none of this name. */
  pop(key: string): T {
    const value = this.member(key);
    Reflect.deleteProperty(this, key);
    return value;
  }

  /** Takes all members out. */
  clear(): void {
    for (const key of [...this.keys()]) Reflect.deleteProperty(this, key);
  }

  /** Puts members in, those with a name that is taken in place of the others. @throws ValueError for other things. */
  update(members: NamedMembersInput<T>): void {
    for (const [key, value] of this.readMembers(members)) this.set(key, value);
  }

  /** @throws ValueError when there is none of this name. */
  protected member(key: string): T {
    const members = this.members();
    if (!members.has(key)) throw new ValueError(`${this._get_name()} has no key '${String(key)}'`);
    return members.get(key) as T;
  }

  /** What an object's members are sorted by, if at all: PyTorch sorts those of a ParameterDict only. */
  protected ofObject(object: Readonly<Record<string, T>>): [string, T][] {
    return Object.entries(object);
  }

  private readMembers(members: NamedMembersInput<T>): Iterable<readonly [string, T]> {
    if (members instanceof NamedMembers) return [...members.items()];
    if (members instanceof Map) return [...(members as ReadonlyMap<string, T>)];
    if (isOptions(members)) return this.ofObject(members as Readonly<Record<string, T>>);
    const fn = `${this._get_name()}.update`;
    if (!isIterable(members)) {
      throw new ValueError(`${fn} should be called with an iterable of key/value pairs, but got ${typename(members)}`);
    }
    return [...members].map((pair: unknown, i) => {
      const what = `${this._get_name()} update sequence element #${i}`;
      if (!isIterable(pair)) throw new ValueError(`${what} should be Iterable; is ${typename(pair)}`);
      const parts = [...pair];
      if (parts.length !== 2) throw new ValueError(`${what} has length ${parts.length}; 2 is required`);
      return parts as [string, T];
    });
  }
}

export const isIterable = (x: unknown): x is Iterable<unknown> =>
  typeof (x as Iterable<unknown> | null | undefined)?.[Symbol.iterator] === 'function';
