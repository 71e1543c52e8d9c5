import { SerializationError } from '../errors.js';

/** What a pickle can hold. Containers are classes of their own, so that a list is never taken for a tuple. */
export type PickleValue =
  | null
  | boolean
  | number
  | bigint
  | string
  | Uint8Array
  | PyList
  | PyTuple
  | PyDict
  | PySet
  | PyGlobal
  | PyObject;

export class PyList {
  readonly items: PickleValue[] = [];
}

export class PyTuple {
  constructor(readonly items: readonly PickleValue[]) {}
}

/** A dict, in insertion order. Keys are equal as in Python: `1`, `1.0` and `True` are one key, equal tuples are one. */
export class PyDict {
  readonly #entries = new Map<unknown, [PickleValue, PickleValue]>();
  /** What Python keeps in the object's `__dict__`: a state dict's `_metadata`. */
  attributes: PyDict | null = null;

  /** @param ordered whether it is a `collections.OrderedDict`. */
  constructor(readonly ordered: boolean = false) {}

  get size(): number {
    return this.#entries.size;
  }

  set(key: PickleValue, value: PickleValue): void {
    const canonical = canonicalKey(key);
    const entry = this.#entries.get(canonical);
    if (entry) entry[1] = value;
    else this.#entries.set(canonical, [key, value]);
  }

  get(key: PickleValue): PickleValue | undefined {
    return this.#entries.get(canonicalKey(key))?.[1];
  }

  entries(): IterableIterator<[PickleValue, PickleValue]> {
    return this.#entries.values();
  }
}

export class PySet {
  readonly #dict = new PyDict();

  add(item: PickleValue): void {
    this.#dict.set(item, null);
  }

  *items(): Generator<PickleValue> {
    for (const [key] of this.#dict.entries()) yield key;
  }
}

/** A name that a pickle may mention: a type, or a constructor of ours to be called. Nothing else can be reached. */
export class PyGlobal {
  constructor(
    /** `module.name`, as Python spells it. */
    readonly path: string,
    readonly call: ((args: readonly PickleValue[]) => PickleValue) | null = null,
  ) {}
}

/** A value that a constructor has made, such as a tensor. */
export class PyObject {
  constructor(
    readonly value: unknown,
    /** Takes the state that a BUILD opcode brings, for types that old files made in two steps. */
    readonly setState: ((state: PickleValue) => void) | null = null,
  ) {}
}

/** Elements of a tuple used as a key, nested ones included: shared tuples could make it exponential. */
const MAX_KEY_ITEMS = 100;

function canonicalKey(key: PickleValue): unknown {
  if (key instanceof PyTuple) {
    const parts: string[] = [];
    describeTuple(key, parts);
    return `t${parts.join(',')}`;
  }
  if (typeof key === 'string') return `s${key}`;
  if (typeof key === 'boolean') return Number(key);
  if (key === null || typeof key === 'number' || typeof key === 'bigint') return key;
  throw new SerializationError(`a ${describeKind(key)} cannot be a key of a dict or an item of a set`);
}

function describeTuple(tuple: PyTuple, parts: string[]): void {
  parts.push('(');
  for (const item of tuple.items) {
    if (parts.length > MAX_KEY_ITEMS) throw new SerializationError('a tuple that is a key has too many items');
    if (item instanceof PyTuple) {
      describeTuple(item, parts);
    } else {
      const part = canonicalKey(item);
      parts.push(typeof part === 'string' ? JSON.stringify(part) : `${typeof part} ${part}`);
    }
  }
  parts.push(')');
}

/** Appends to what must be a list. */
export function extendList(list: PickleValue, items: readonly PickleValue[]): PyList {
  if (!(list instanceof PyList)) throw new SerializationError(`cannot append to a ${describeKind(list)}`);
  for (const item of items) list.items.push(item);
  return list;
}

/** Sets `[key, value, key, value, …]` in what must be a dict. */
export function setItems(dict: PickleValue, items: readonly PickleValue[]): PyDict {
  if (!(dict instanceof PyDict)) throw new SerializationError(`cannot set items of a ${describeKind(dict)}`);
  if (items.length % 2 !== 0) throw new SerializationError('a dict in the pickle has a key without a value');
  for (let i = 0; i < items.length; i += 2) dict.set(items[i], items[i + 1]);
  return dict;
}

/** Adds to what must be a set. */
export function addItems(set: PickleValue, items: readonly PickleValue[]): PySet {
  if (!(set instanceof PySet)) throw new SerializationError(`cannot add items to a ${describeKind(set)}`);
  for (const item of items) set.add(item);
  return set;
}

/** The Python name of a value's type, for messages. */
export function describeKind(value: PickleValue): string {
  if (value === null) return 'None';
  if (value instanceof PyList) return 'list';
  if (value instanceof PyTuple) return 'tuple';
  if (value instanceof PyDict) return value.ordered ? 'OrderedDict' : 'dict';
  if (value instanceof PySet) return 'set';
  if (value instanceof PyGlobal) return `global ${value.path}`;
  if (value instanceof PyObject) return 'object';
  if (value instanceof Uint8Array) return 'bytes';
  return { boolean: 'bool', number: 'number', bigint: 'int', string: 'str' }[
    typeof value as 'boolean' | 'number' | 'bigint' | 'string'
  ];
}
