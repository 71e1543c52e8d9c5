import { SerializationError } from '../errors.js';
import { type ByteSource, bytesSource } from './byte-source.js';
import { PickleInput } from './pickle-input.js';
import { Op } from './pickle-opcodes.js';
import { PickleStack } from './pickle-stack.js';
import {
  addItems,
  describeKind,
  extendList,
  type PickleValue,
  PyDict,
  PyGlobal,
  PyList,
  PyObject,
  PySet,
  PyTuple,
  setItems,
} from './pickle-values.js';

/** All that the outside world is for a pickle. */
export interface PickleContext {
  /** The closed list of globals, by `module.name`, and what each of them stands for. */
  readonly globals: ReadonlyMap<string, PickleValue>;
  /** What a persistent id stands for. */
  readonly persistentLoad: (id: PickleValue) => PickleValue;
}

/** A pickle of this many bytes is no checkpoint's: it describes tensors, their data lies elsewhere. */
export const MAX_PICKLE_BYTES: number = 1 << 26;

/**
 * Unpickles by a closed stack machine: it builds plain values, looks names up in the given list, and can do nothing
 * else. Time and memory are proportional to the pickle's length.
 * @throws SerializationError for a damaged pickle, an opcode that torch files do not use, or a global that is not
 * listed, which it names.
 */
export function readPickle(bytes: Uint8Array, context: PickleContext): PickleValue {
  if (bytes.length > MAX_PICKLE_BYTES) {
    throw new SerializationError(
      `the pickle has ${bytes.length} bytes, more than the ${MAX_PICKLE_BYTES} that are read`,
    );
  }
  return readPickleAt(bytesSource(bytes), 0, context).value;
}

/**
 * The same for a pickle that starts at byte `start` and is followed by something else.
 * @returns also where it ends
 */
export function readPickleAt(
  source: ByteSource,
  start: number,
  context: PickleContext,
): { readonly value: PickleValue; readonly end: number } {
  const input = new PickleInput(source, start, MAX_PICKLE_BYTES);
  const value = new Machine(input, context).run();
  return { value, end: input.at };
}

class Machine extends PickleStack {
  readonly #memo = new Map<number, PickleValue>();

  constructor(
    readonly input: PickleInput,
    readonly context: PickleContext,
  ) {
    super();
  }

  /** @throws SerializationError that says where in the pickle it was found */
  protected override fail(what: string): never {
    throw new SerializationError(`${what} before byte ${this.input.at}`);
  }

  run(): PickleValue {
    for (;;) {
      const start = this.input.at;
      const op = this.input.u8();
      if (op === Op.STOP) return this.pop();
      if (!(this.#scalar(op) || this.#container(op) || this.#memoize(op) || this.#construct(op) || this.#frame(op))) {
        const hex = `0x${op.toString(16).padStart(2, '0')}`;
        throw new SerializationError(`unsupported pickle opcode ${hex} at byte ${start}`);
      }
    }
  }

  // Opcodes, by what they make ---------------------------------------------------------------------------------------

  #scalar(op: number): boolean {
    switch (op) {
      case Op.NONE:
        return this.push(null);
      case Op.NEWTRUE:
        return this.push(true);
      case Op.NEWFALSE:
        return this.push(false);
      case Op.BININT:
        return this.push(this.input.i32());
      case Op.BININT1:
        return this.push(this.input.u8());
      case Op.BININT2:
        return this.push(this.input.u16());
      case Op.LONG1:
        return this.push(this.input.int(this.input.u8()));
      case Op.LONG4:
        return this.push(this.input.int(this.input.u32()));
      case Op.BINFLOAT:
        return this.push(this.input.f64());
      case Op.BINUNICODE:
      case Op.BINSTRING:
        return this.push(this.input.text(this.input.u32()));
      case Op.SHORT_BINUNICODE:
      case Op.SHORT_BINSTRING:
        return this.push(this.input.text(this.input.u8()));
      case Op.BINUNICODE8:
        return this.push(this.input.text(this.input.u64()));
      case Op.BINBYTES:
        return this.pushObject(this.input.bytes(this.input.u32()).slice());
      case Op.SHORT_BINBYTES:
        return this.pushObject(this.input.bytes(this.input.u8()).slice());
      case Op.BINBYTES8:
        return this.pushObject(this.input.bytes(this.input.u64()).slice());
      default:
        return false;
    }
  }

  #container(op: number): boolean {
    switch (op) {
      case Op.EMPTY_LIST:
        return this.pushObject(new PyList());
      case Op.LIST:
        return this.pushObject(extendList(new PyList(), this.popToMark()));
      case Op.APPEND: {
        const item = this.pop();
        extendList(this.top(), [item]);
        return true;
      }
      case Op.APPENDS: {
        const items = this.popToMark();
        extendList(this.top(), items);
        return true;
      }
      case Op.EMPTY_TUPLE:
        return this.pushObject(new PyTuple([]));
      case Op.TUPLE:
        return this.pushObject(new PyTuple(this.popToMark()));
      case Op.TUPLE1:
      case Op.TUPLE2:
      case Op.TUPLE3:
        return this.pushObject(this.popTuple(op - Op.TUPLE1 + 1));
      case Op.EMPTY_DICT:
        return this.pushObject(new PyDict());
      case Op.DICT:
        return this.pushObject(setItems(new PyDict(), this.popItems()));
      case Op.SETITEM: {
        const value = this.pop();
        const key = this.pop();
        this.countItems(2);
        setItems(this.top(), [key, value]);
        return true;
      }
      case Op.SETITEMS: {
        const items = this.popItems();
        setItems(this.top(), items);
        return true;
      }
      case Op.EMPTY_SET:
        return this.pushObject(new PySet());
      case Op.FROZENSET:
        return this.pushObject(addItems(new PySet(), this.popItems()));
      case Op.ADDITEMS: {
        const items = this.popItems();
        addItems(this.top(), items);
        return true;
      }
      default:
        return false;
    }
  }

  #memoize(op: number): boolean {
    switch (op) {
      case Op.BINPUT:
        return this.#remember(this.input.u8());
      case Op.LONG_BINPUT:
        return this.#remember(this.input.u32());
      case Op.MEMOIZE:
        return this.#remember(this.#memo.size);
      case Op.BINGET:
        return this.push(this.#recall(this.input.u8()));
      case Op.LONG_BINGET:
        return this.push(this.#recall(this.input.u32()));
      default:
        return false;
    }
  }

  #remember(index: number): true {
    this.countItems(1);
    this.#memo.set(index, this.top());
    return true;
  }

  #recall(index: number): PickleValue {
    const value = this.#memo.get(index);
    if (value === undefined) throw new SerializationError(`the pickle recalls memo ${index}, which was never stored`);
    return value;
  }

  #construct(op: number): boolean {
    switch (op) {
      case Op.GLOBAL: {
        const module = this.input.line();
        return this.push(this.#global(module, this.input.line()));
      }
      case Op.STACK_GLOBAL: {
        const name = this.pop();
        const module = this.pop();
        if (typeof module !== 'string' || typeof name !== 'string') {
          throw new SerializationError(`a global of the pickle is named by a ${describeKind(module)}`);
        }
        return this.push(this.#global(module, name));
      }
      case Op.REDUCE:
      case Op.NEWOBJ: {
        const args = this.pop();
        return this.pushObject(this.#call(this.pop(), args));
      }
      case Op.BUILD: {
        const state = this.pop();
        this.#build(this.top(), state);
        return true;
      }
      case Op.BINPERSID:
        return this.push(this.context.persistentLoad(this.pop()));
      default:
        return false;
    }
  }

  #global(module: string, name: string): PickleValue {
    const path = `${module}.${name}`;
    const found = this.context.globals.get(path);
    if (found === undefined) {
      throw new SerializationError(`unsupported global ${path.slice(0, 200)} (nothing in a file is ever executed)`);
    }
    return found;
  }

  #call(callee: PickleValue, args: PickleValue): PickleValue {
    const call = callee instanceof PyGlobal ? callee.call : null;
    if (call === null) throw new SerializationError(`the pickle calls a ${describeKind(callee)}`);
    if (!(args instanceof PyTuple)) {
      throw new SerializationError(`the arguments of a call are a ${describeKind(args)}, not a tuple`);
    }
    return call(args.items);
  }

  /** An OrderedDict's attributes can be set, as `state_dict()._metadata` is, and the state of what has a `setState`. */
  #build(target: PickleValue, state: PickleValue): void {
    if (target instanceof PyDict && target.ordered && state instanceof PyDict) target.attributes = state;
    else if (target instanceof PyObject && target.setState !== null) target.setState(state);
    else throw new SerializationError(`cannot set the state of a ${describeKind(target)}`);
  }

  #frame(op: number): boolean {
    switch (op) {
      case Op.PROTO: {
        const version = this.input.u8();
        if (version > 5) throw new SerializationError(`unsupported pickle protocol ${version}`);
        return true;
      }
      case Op.FRAME: {
        const length = this.input.u64();
        if (length > this.input.left) {
          throw new SerializationError(`a frame of ${length} bytes, but ${this.input.left} are left in the pickle`);
        }
        return true;
      }
      case Op.MARK:
        return this.mark();
      case Op.POP:
        return this.discard();
      case Op.POP_MARK:
        this.popToMark();
        return true;
      case Op.DUP:
        return this.push(this.top());
      default:
        return false;
    }
  }
}
