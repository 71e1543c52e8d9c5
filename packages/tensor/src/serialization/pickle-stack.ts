import { SerializationError } from '../errors.js';
import { type PickleValue, PyTuple } from './pickle-values.js';

/** Lists, tuples, dicts, sets, byte strings and constructed objects in one pickle. */
const MAX_OBJECTS = 1 << 21;
/** Keys and values of dicts, items of sets, and places in the memo. */
const MAX_ITEMS = 1 << 22;
/** Values that wait for their container, and marks. */
const MAX_STACK = 1 << 22;

/** The stack of the machine that reads pickles, of which the top part, above the last mark, is in use. */
export abstract class PickleStack {
  #objects = 0;
  #items = 0;
  readonly #stack: PickleValue[] = [];
  /** Stack heights at which a MARK was set. */
  readonly #marks: number[] = [];

  protected abstract fail(what: string): never;

  protected push(value: PickleValue): true {
    if (this.#stack.length >= MAX_STACK) {
      throw new SerializationError(`more than ${MAX_STACK} values wait on the pickle's stack`);
    }
    this.#stack.push(value);
    return true;
  }

  protected pushObject(value: PickleValue): true {
    if (++this.#objects > MAX_OBJECTS) throw new SerializationError(`the pickle has more than ${MAX_OBJECTS} objects`);
    return this.push(value);
  }

  /** Of what takes more memory than its opcodes there is only so much. */
  protected countItems(count: number): void {
    this.#items += count;
    if (this.#items > MAX_ITEMS) {
      throw new SerializationError(`the pickle has more than ${MAX_ITEMS} items of dicts and places in the memo`);
    }
  }

  protected top(): PickleValue {
    const floor = this.#marks.at(-1) ?? 0;
    if (this.#stack.length <= floor) this.fail("nothing on the pickle's stack");
    return this.#stack[this.#stack.length - 1];
  }

  protected pop(): PickleValue {
    const value = this.top();
    this.#stack.pop();
    return value;
  }

  protected mark(): true {
    if (this.#marks.length >= MAX_STACK) throw new SerializationError(`the pickle has more than ${MAX_STACK} marks`);
    this.#marks.push(this.#stack.length);
    return true;
  }

  /** Drops what is on top: a value, or a mark with nothing above it. */
  protected discard(): true {
    if (this.#stack.length === this.#marks.at(-1)) this.#marks.pop();
    else this.pop();
    return true;
  }

  protected popToMark(): PickleValue[] {
    const height = this.#marks.pop();
    if (height === undefined) return this.fail("no mark on the pickle's stack");
    return this.#stack.splice(height);
  }

  /** Items of a dict or a set, which take more memory than those of a list. */
  protected popItems(): PickleValue[] {
    const items = this.popToMark();
    this.countItems(items.length);
    return items;
  }

  protected popTuple(length: number): PyTuple {
    const items: PickleValue[] = [];
    for (let i = 0; i < length; i++) items.push(this.pop());
    return new PyTuple(items.reverse());
  }
}
