import { SerializationError } from '../errors.js';
import { SparseTensor } from '../sparse.js';
import type { Storage } from '../storage.js';
import { Tensor } from '../tensor.js';
import { MAX_DEPTH } from './from-python.js';
import { integerOfKey, isIntegerKeyed } from './integer-keys.js';
import { isOrderedDict, metadataOf } from './ordered-dicts.js';
import { isParameter } from './parameters.js';
import { Op } from './pickle-opcodes.js';
import { type PickleValue, PyDict, PyTuple } from './pickle-values.js';
import { PickleWriter } from './pickle-writer.js';
import { STORAGE_CLASSES } from './storage-codec.js';

/** A pickle, and the storages that it refers to: the n-th one belongs under the key `String(n)`. */
export interface Pickled {
  readonly pickle: Uint8Array;
  readonly storages: readonly Storage[];
}

/** As many items at once as Python's pickler writes. */
const BATCH = 1000;

/**
 * Pickles a value as PyTorch does: tensors as views of storages that are written elsewhere, objects and Maps as dicts,
 * arrays as lists. An object that occurs in several places is written once.
 * @throws SerializationError naming the place of a value that has no counterpart in Python.
 */
export function toPython(value: unknown): Pickled {
  return new Pickler().run(value);
}

class Pickler {
  readonly #out = new PickleWriter();
  readonly #memo = new Map<object, number>();
  readonly #storages = new Map<Storage, string>();
  /** Where in the value we are, for messages. */
  readonly #path: string[] = [];

  run(value: unknown): Pickled {
    this.#value(value);
    return { pickle: this.#out.finish(), storages: [...this.#storages.keys()] };
  }

  #fail(what: string): never {
    throw new SerializationError(`cannot save ${what} at obj${this.#path.join('')}`);
  }

  #value(value: unknown): void {
    if (value === null) this.#out.op(Op.NONE);
    else if (typeof value === 'boolean') this.#out.bool(value);
    else if (typeof value === 'number') this.#out.number(value);
    else if (typeof value === 'string') this.#out.string(value);
    else if (typeof value === 'object') this.#object(value);
    else if (typeof value === 'bigint') this.#bigint(value);
    else this.#fail(value === undefined ? 'undefined (use null)' : `a ${typeof value}`);
  }

  #bigint(value: bigint): void {
    if (!this.#out.bigint(value)) this.#fail('a bigint of more than 255 bytes');
  }

  #object(object: object): void {
    const index = this.#memo.get(object);
    if (index !== undefined) this.#out.recall(index);
    else if (this.#path.length > MAX_DEPTH)
      throw new SerializationError(`obj is nested deeper than ${MAX_DEPTH} levels`);
    else if (object instanceof SparseTensor) this.#fail('a sparse tensor (use to_dense())');
    else if (object instanceof Tensor) this.#tensor(object);
    else if (Array.isArray(object)) this.#list(object);
    else if (object instanceof Map) this.#dict(object, this.#mapEntries(object));
    else if (object instanceof Set) this.#set(object);
    else if (object instanceof Uint8Array) this.#bytes(object);
    else if (isPlainObject(object)) this.#dict(object, objectEntries(object));
    else this.#fail(`a ${object.constructor?.name || 'object of a class'}`);
  }

  /** Remembers the object that is on top of the stack. */
  #memoize(object: object): void {
    this.#memo.set(object, this.#out.memoize());
  }

  #at(step: string, value: unknown): void {
    this.#path.push(step);
    this.#value(value);
    this.#path.pop();
  }

  #list(list: readonly unknown[]): void {
    this.#out.op(Op.EMPTY_LIST);
    this.#memoize(list);
    for (let start = 0; start < list.length; start += BATCH) {
      this.#out.op(Op.MARK);
      const end = Math.min(start + BATCH, list.length);
      for (let i = start; i < end; i++) this.#at(`[${i}]`, list[i]);
      this.#out.op(Op.APPENDS);
    }
  }

  #dict(object: object, entries: readonly (readonly [unknown, unknown])[]): void {
    const ordered = isOrderedDict(object);
    if (ordered) this.#emptyOrderedDict();
    else this.#out.op(Op.EMPTY_DICT);
    this.#memoize(object);
    for (let start = 0; start < entries.length; start += BATCH) {
      this.#out.op(Op.MARK);
      for (const [key, value] of entries.slice(start, start + BATCH)) {
        this.#key(key);
        this.#at(`[${typeof key === 'string' ? JSON.stringify(key) : String(key)}]`, value);
      }
      this.#out.op(Op.SETITEMS);
    }
    const metadata = ordered ? metadataOf(object) : null;
    if (metadata !== null) {
      this.#dict({}, [['_metadata', metadata]]);
      this.#out.op(Op.BUILD);
    }
  }

  #emptyOrderedDict(): void {
    this.#out.global('collections', 'OrderedDict');
    this.#out.op(Op.EMPTY_TUPLE);
    this.#out.op(Op.REDUCE);
  }

  #mapEntries(map: ReadonlyMap<unknown, unknown>): (readonly [unknown, unknown])[] {
    this.#checkKeys(map.keys(), 'a Map');
    return [...map];
  }

  #set(set: ReadonlySet<unknown>): void {
    this.#checkKeys(set.keys(), 'a Set');
    this.#out.global('__builtin__', 'set');
    this.#out.op(Op.EMPTY_LIST);
    this.#out.op(Op.MARK);
    for (const item of set) this.#key(item);
    this.#out.op(Op.APPENDS);
    this.#out.op(Op.TUPLE1);
    this.#out.op(Op.REDUCE);
    this.#memoize(set);
  }

  /** What Python can hash, no two of them equal there: `1`, `1n` and `true` are. */
  #checkKeys(keys: Iterable<unknown>, what: string): void {
    const seen = new PyDict();
    let count = 0;
    for (const key of keys) {
      seen.set(this.#hashable(key, what), null);
      if (seen.size !== ++count)
        this.#fail(`${what} with the key ${String(key)}, which equals an earlier one in Python,`);
    }
  }

  #hashable(key: unknown, what: string): PickleValue {
    if (key === null || typeof key === 'string' || typeof key === 'number' || typeof key === 'boolean') return key;
    if (typeof key === 'bigint') return Number.isSafeInteger(Number(key)) ? Number(key) : key;
    if (Array.isArray(key)) return new PyTuple(key.map((item) => this.#hashable(item, what)));
    return this.#fail(`${what} with a key that is a ${typeof key === 'object' ? key.constructor?.name : typeof key}`);
  }

  /** An array that is a key is a tuple in Python. */
  #key(key: unknown): void {
    if (!Array.isArray(key)) {
      this.#value(key);
      return;
    }
    this.#out.op(Op.MARK);
    for (const item of key) this.#key(item);
    this.#out.op(Op.TUPLE);
  }

  #bytes(bytes: Uint8Array): void {
    let text = '';
    for (const byte of bytes) text += String.fromCharCode(byte);
    this.#out.global('_codecs', 'encode');
    this.#out.string(text);
    this.#out.string('latin1');
    this.#out.op(Op.TUPLE2);
    this.#out.op(Op.REDUCE);
    this.#memoize(bytes);
  }

  #tensor(tensor: Tensor): void {
    const parameter = isParameter(tensor);
    if (parameter) {
      this.#out.global('torch._utils', '_rebuild_parameter');
      this.#out.op(Op.MARK);
    }
    // The tensor that is a parameter's data does not ask for gradients, the parameter does.
    this.#plainTensor(tensor, tensor.requires_grad && !parameter);
    if (parameter) {
      this.#out.bool(tensor.requires_grad);
      this.#emptyOrderedDict();
      this.#out.op(Op.TUPLE);
      this.#out.op(Op.REDUCE);
    }
    this.#memoize(tensor);
  }

  /** `_rebuild_tensor_v2(storage, offset, size, stride, requires_grad, OrderedDict())` */
  #plainTensor({ storage, offset, shape, strides }: Tensor, requiresGrad: boolean): void {
    const out = this.#out;
    out.global('torch._utils', '_rebuild_tensor_v2');
    out.op(Op.MARK);
    this.#storage(storage);
    out.number(offset);
    this.#key(shape);
    this.#key(strides);
    out.bool(requiresGrad);
    this.#emptyOrderedDict();
    out.op(Op.TUPLE);
    out.op(Op.REDUCE);
  }

  /** The persistent id `('storage', class, key, 'cpu', numel)`. A file says cpu wherever the storage is now. */
  #storage(storage: Storage): void {
    const key = this.#storages.get(storage) ?? String(this.#storages.size);
    this.#storages.set(storage, key);
    const out = this.#out;
    out.op(Op.MARK);
    out.string('storage');
    out.global('torch', STORAGE_CLASSES[storage.dtype]);
    out.string(key);
    out.string('cpu');
    out.number(storage.numel);
    out.op(Op.TUPLE);
    out.op(Op.BINPERSID);
  }
}

/** An object literal, of this realm or another one, or an object without a prototype. */
function isPlainObject(object: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(object);
  return prototype === null || Object.getPrototypeOf(prototype) === null;
}

function objectEntries(object: object): (readonly [unknown, unknown])[] {
  const entries = Object.entries(object);
  return isIntegerKeyed(object) ? entries.map(([key, value]) => [integerOfKey(key) ?? key, value]) : entries;
}
