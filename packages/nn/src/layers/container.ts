import { type Tensor, ValueError } from '@torchlet/tensor';
import { isOptions } from '@torchlet/tensor/internal';
import { type AnyModule, Module } from '../module.js';
import { indent, show } from '../repr.js';
import { typename } from '../typename.js';

/** Modules by name. An object moves names that are integers to the front; a Map keeps its order. */
export type NamedModules = Readonly<Record<string, AnyModule>> | ReadonlyMap<string, AnyModule>;

/** What the containers share: their modules are numbered fields, `list[0]`. */
abstract class NumberedModules<Args extends unknown[], Out> extends Module<Args, Out> {
  /** The module number `index`; see {@link at} for negative ones. */
  [index: number]: AnyModule;

  /** How many modules there are. */
  override get length(): number {
    return this._modules.size;
  }

  *[Symbol.iterator](): IterableIterator<AnyModule> {
    yield* this._modules.values() as IterableIterator<AnyModule>;
  }

  /** The module at a position, from the end if negative. @throws ValueError when there is none. */
  at(index: number): AnyModule {
    return this._modules.get(this.#nameAt(index)) as AnyModule;
  }

  #nameAt(index: number): string {
    const names = [...this._modules.keys()];
    if (!Number.isInteger(index) || index < -names.length || index >= names.length) {
      throw new ValueError(`index ${show(index)} is out of range`);
    }
    return names[index < 0 ? index + names.length : index];
  }

  /** Adds a module at the end. */
  append(module: AnyModule): this {
    this.add_module(String(this.length), checkModule('append', module));
    return this;
  }

  /** Adds modules at the end. @throws ValueError for what is not iterable. */
  extend(modules: Iterable<AnyModule>): this {
    if (typeof (modules as Iterable<AnyModule> | null)?.[Symbol.iterator] !== 'function') {
      throw new ValueError(
        `${this._get_name()}.extend should be called with an iterable, but got ${typename(modules)}`,
      );
    }
    for (const module of [...modules]) this.append(module);
    return this;
  }

  /** Puts a module before the one at `index`; those after it move up by one. */
  insert(index: number, module: AnyModule): this {
    const n = this.length;
    if (!Number.isInteger(index) || index < -n || index > n) throw new ValueError(`Index out of range: ${show(index)}`);
    checkModule('insert', module);
    this.#renumber((list) => list.splice(index, 0, module));
    return this;
  }

  /** Takes the module at `index` out and returns it. */
  pop(index: number = -1): AnyModule {
    const module = this.at(index);
    this.#renumber((list) => list.splice(index, 1));
    return module;
  }

  #renumber(change: (list: AnyModule[]) => void): void {
    const list = [...this];
    const names = [...this._modules.keys()];
    change(list);
    for (const name of names) Reflect.deleteProperty(this, name);
    for (const module of list) this.append(module);
  }
}

/** A list has no holes, unlike a module's fields, which may be null. */
function checkModule(fn: string, module: AnyModule): AnyModule {
  if (module instanceof Module) return module;
  throw new ValueError(`${fn}(): expected a Module, got ${typename(module)}`);
}

/**
 * Modules one after the other, each given the result of the one before: `new nn.Sequential(a, b)`, or with names
 * `new nn.Sequential({ conv: a, relu: b })`. `In` and `Out` are the first one's input and the last one's result.
 * https://pytorch.org/docs/stable/generated/torch.nn.Sequential.html
 */
export class Sequential<In = Tensor, Out = Tensor> extends NumberedModules<[input: In], Out> {
  constructor(...modules: AnyModule[] | [NamedModules]) {
    super();
    const [first] = modules;
    if (modules.length === 1 && (first instanceof Map || isOptions(first))) {
      const named = first instanceof Map ? (first as ReadonlyMap<string, AnyModule>) : Object.entries(first);
      for (const [name, module] of named) this.add_module(name, module);
    } else {
      modules.forEach((module, i) => {
        this.add_module(String(i), module as AnyModule);
      });
    }
  }

  override forward(input: In): Out {
    let x: unknown = input;
    for (const module of this) x = (module as Module<[unknown], unknown>)(x);
    return x as Out;
  }
}

/**
 * A list of modules that are all part of the module it is a field of. It has no forward of its own.
 * https://pytorch.org/docs/stable/generated/torch.nn.ModuleList.html
 */
export class ModuleList extends NumberedModules<never, unknown> {
  constructor(modules?: Iterable<AnyModule> | null) {
    super();
    if (modules !== undefined && modules !== null) this.extend(modules);
  }

  /** Equal neighbours are printed once, with their number. */
  override toString(): string {
    const blocks: { from: number; to: number; text: string }[] = [];
    [...this].forEach((module, i) => {
      const text = module.toString();
      const last = blocks.at(-1);
      if (last?.text === text) last.to = i;
      else blocks.push({ from: i, to: i, text });
    });
    if (blocks.length === 0) return `${this._get_name()}()`;
    const lines = blocks.map(({ from, to, text }) =>
      indent(from === to ? `(${from}): ${text}` : `(${from}-${to}): ${to - from + 1} x ${text}`),
    );
    return `${this._get_name()}(\n  ${lines.join('\n  ')}\n)`;
  }
}
