import { Tensor, ValueError } from '@torchlet/tensor';
import { Parameter } from './parameter.js';
import { typename } from './typename.js';

type Fields = Record<string, unknown>;

/**
 * Which fields of a module are its parameters, buffers and child modules, in PyTorch's order: that of their definition,
 * whatever the names ('10' before '2' if it came first). The values stay in the fields; assigning to one or deleting it
 * needs no notice, because the fields are read again whenever somebody asks.
 */
export class Registry<M> {
  private readonly parameterNames = new Set<string>();
  private readonly bufferNames = new Map<string, boolean>();
  private readonly moduleNames = new Set<string>();

  constructor(
    private readonly owner: object,
    private readonly isModule: (x: unknown) => x is M,
  ) {}

  /** @throws ValueError in PyTorch's words when a field now holds what cannot take the place of what was registered. */
  parameters(): Map<string, Parameter | null> {
    this.update();
    return this.valuesOf<Parameter>(this.parameterNames);
  }

  buffers(): Map<string, Tensor | null> {
    this.update();
    return this.valuesOf<Tensor>(this.bufferNames.keys());
  }

  modules(): Map<string, M | null> {
    this.update();
    return this.valuesOf<M>(this.moduleNames);
  }

  /** Whether a buffer belongs into the state dict. */
  isPersistent(name: string): boolean {
    return this.bufferNames.get(name) ?? true;
  }

  setParameter(name: string, value: Parameter | null): void {
    this.update();
    this.define(name, value);
    this.parameterNames.add(name);
  }

  setBuffer(name: string, value: Tensor | null, persistent: boolean): void {
    this.update();
    this.define(name, value);
    this.bufferNames.set(name, persistent);
  }

  setModule(name: string, value: M | null): void {
    this.update();
    this.define(name, value);
    this.moduleNames.add(name);
  }

  /** Whether a name is free for `register_buffer` and its like. */
  isFree(name: string, kind: 'parameter' | 'buffer' | 'module'): boolean {
    this.update();
    const own = { parameter: this.parameterNames, buffer: this.bufferNames, module: this.moduleNames }[kind];
    if (own.has(name) || !(name in this.owner)) return true;
    // a field that is declared without a value is defined all the same
    return Object.hasOwn(this.owner, name) && (this.owner as Fields)[name] === undefined;
  }

  private define(name: string, value: unknown): void {
    Object.defineProperty(this.owner, name, { value, writable: true, enumerable: true, configurable: true });
  }

  private valuesOf<T>(names: Iterable<string>): Map<string, T | null> {
    const fields = this.owner as Fields;
    const values = new Map<string, T | null>();
    for (const name of names) values.set(name, fields[name] as T | null);
    return values;
  }

  /** Forgets fields that are gone, takes up new ones. */
  private update(): void {
    const fields = this.owner as Fields;
    const keys = Object.keys(fields);
    this.forgetMissing(fields);
    for (const key of keys) {
      const value = fields[key];
      if (value instanceof Parameter) {
        this.bufferNames.delete(key);
        this.moduleNames.delete(key);
        this.parameterNames.add(key);
      } else if (this.parameterNames.has(key)) {
        if (value !== null) throw misplaced(value, 'parameter', key, 'torch.nn.Parameter');
      } else if (this.isModule(value)) {
        this.bufferNames.delete(key);
        this.moduleNames.add(key);
      } else if (this.moduleNames.has(key)) {
        if (value !== null) throw misplaced(value, 'child module', key, 'torch.nn.Module');
      } else if (this.bufferNames.has(key) && value !== null && !(value instanceof Tensor)) {
        throw misplaced(value, 'buffer', key, 'torch.Tensor');
      }
    }
  }

  private forgetMissing(fields: Fields): void {
    for (const names of [this.parameterNames, this.bufferNames, this.moduleNames]) {
      for (const name of names.keys()) if (fields[name] === undefined) names.delete(name);
    }
  }
}

function misplaced(value: unknown, kind: string, name: string, wanted: string): ValueError {
  return new ValueError(`cannot assign '${typename(value)}' as ${kind} '${name}' (${wanted} or None expected)`);
}
