import { AutogradError, Tensor, ValueError } from '@torchlet/tensor';
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

  registerParameter(name: string, value: Parameter | null): void {
    this.checkName('parameter', name, this.parameterNames);
    if (value !== null && !(value instanceof Parameter)) {
      throw new ValueError(
        `cannot assign '${typename(value)}' object to parameter '${name}' (torch.nn.Parameter or None required)`,
      );
    }
    if (value?.is_leaf === false) {
      throw new AutogradError(
        `Cannot assign non-leaf Tensor to parameter '${name}'. Model parameters must be created explicitly. To express ` +
          `'${name}' as a function of another Tensor, compute the value in the forward() method.`,
      );
    }
    this.define(name, value);
    this.parameterNames.add(name);
  }

  registerBuffer(name: string, value: Tensor | null, persistent: boolean): void {
    this.checkName('buffer', name, this.bufferNames);
    if (value !== null && !(value instanceof Tensor)) {
      throw new ValueError(
        `cannot assign '${typename(value)}' object to buffer '${name}' (torch Tensor or None required)`,
      );
    }
    this.define(name, value);
    this.bufferNames.set(name, persistent);
  }

  registerModule(name: string, value: M | null): void {
    if (value !== null && !this.isModule(value)) throw new ValueError(`${typename(value)} is not a Module subclass`);
    this.checkName('module', name, this.moduleNames);
    this.define(name, value);
    this.moduleNames.add(name);
  }

  /** A name is free if it is registered for the same kind, or no field has a value under it. */
  private checkName(kind: string, name: string, own: { has(name: string): boolean }): void {
    if (typeof name !== 'string') throw new ValueError(`${kind} name should be a string. Got ${typename(name)}`);
    if (name.includes('.')) {
      throw new ValueError(`${kind} name can't contain "."${kind === 'module' ? `, got: ${name}` : ''}`);
    }
    if (name === '') throw new ValueError(`${kind} name can't be empty string ""`);
    // also takes up the fields defined before this one, which come before it
    this.update();
    if (own.has(name) || !(name in this.owner)) return;
    // a field that is declared without a value is there all the same
    if (Object.hasOwn(this.owner, name) && (this.owner as Fields)[name] === undefined) return;
    throw new ValueError(`attribute '${name}' already exists`);
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
