import { SerializationError } from '../errors.js';
import { Tensor } from '../tensor.js';
import { integerKeyed } from './integer-keys.js';
import { orderedDict } from './ordered-dicts.js';
import { describeKind, type PickleValue, PyDict, PyList, PyObject, PySet, PyTuple } from './pickle-values.js';

/** As deep as Python's own recursion limit: a value nested deeper would break whoever walks it. */
export const MAX_DEPTH = 1000;

type Container = PyList | PyTuple | PyDict | PySet;

/**
 * Python's values as JavaScript's: lists and tuples become arrays; a dict with string keys a plain object, one with
 * integer keys a plain object branded by {@link integerKeyed}, any other a Map; a set a Set; an int beyond the safe
 * integers a bigint. What was one object in several places stays one; cycles stay cycles. Works without recursion.
 * @throws SerializationError for what nests deeper than {@link MAX_DEPTH}, and for a bare storage or type.
 */
export function fromPython(value: PickleValue): unknown {
  return new Converter().run(value);
}

class Converter {
  readonly #made = new Map<Container, object>();
  /** Containers that are made but not yet filled, with their depth. */
  readonly #pending: { from: Container; to: object; depth: number }[] = [];

  run(value: PickleValue): unknown {
    const result = this.#convert(value, 0);
    // Breadth first, so that the depth is that of the shortest way. The list grows while it is walked.
    for (const { from, to, depth } of this.#pending) this.#fill(from, to, depth + 1);
    return result;
  }

  #convert(value: PickleValue, depth: number): unknown {
    if (isContainer(value)) return this.#container(value, depth);
    if (value instanceof PyObject && value.value instanceof Tensor) return value.value;
    if (typeof value !== 'object' || value === null || value instanceof Uint8Array) return value;
    throw new SerializationError(`the file holds a ${describeKind(value)}, which is not supported as a value`);
  }

  #container(value: Container, depth: number): object {
    const made = this.#made.get(value);
    if (made !== undefined) return made;
    if (depth > MAX_DEPTH) throw new SerializationError(`values are nested deeper than ${MAX_DEPTH} levels`);
    const shell = makeShell(value);
    this.#made.set(value, shell);
    this.#pending.push({ from: value, to: shell, depth });
    return shell;
  }

  #fill(from: Container, to: object, depth: number): void {
    if (to instanceof Map) {
      for (const [key, item] of (from as PyDict).entries()) to.set(this.#key(key), this.#convert(item, depth));
    } else if (to instanceof Set) {
      for (const item of (from as PySet).items()) to.add(this.#key(item));
    } else if (Array.isArray(to)) {
      for (const item of (from as PyList | PyTuple).items) to.push(this.#convert(item, depth));
    } else {
      for (const [key, item] of (from as PyDict).entries()) setOwn(to, String(key), this.#convert(item, depth));
    }
    if (from instanceof PyDict && from.ordered) orderedDict(to, this.#metadata(from, depth));
  }

  /** Keys are atoms or small tuples of them: `PyDict` has seen to it. */
  #key(key: PickleValue): unknown {
    return key instanceof PyTuple ? key.items.map((item) => this.#key(item)) : key;
  }

  #metadata(dict: PyDict, depth: number): object | null {
    const metadata = dict.attributes?.get('_metadata');
    return isContainer(metadata) ? this.#container(metadata, depth) : null;
  }
}

function isContainer(value: PickleValue | undefined): value is Container {
  return value instanceof PyList || value instanceof PyTuple || value instanceof PyDict || value instanceof PySet;
}

/** The empty object, array, Map or Set that the container will become. */
function makeShell(value: Container): object {
  if (value instanceof PySet) return new Set();
  if (!(value instanceof PyDict)) return [];
  let strings = 0;
  let integers = 0;
  for (const [key] of value.entries()) {
    if (typeof key === 'string') strings++;
    else if (Number.isSafeInteger(key)) integers++;
  }
  if (strings === value.size) return {};
  return integers === value.size ? integerKeyed({}) : new Map();
}

/** Plain data whatever the key: assigning to `__proto__` would change the prototype instead. */
export function setOwn(object: object, key: string, value: unknown): void {
  Object.defineProperty(object, key, { value, writable: true, enumerable: true, configurable: true });
}
