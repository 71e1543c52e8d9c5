import { Tensor, TorchletError, ValueError } from '@torchlet/tensor';
import { cName } from '@torchlet/tensor/internal';
import { Module } from '../module.js';
import { Parameter } from '../parameter.js';
import { show } from '../repr.js';
import { typename } from '../typename.js';
import { isIterable, NamedMembers, type NamedMembersInput } from './named-members.js';

/** Other tensors become Parameters of the same memory. */
function asParameter(fn: string, value: unknown): Parameter {
  if (value instanceof Parameter) return value;
  if (value instanceof Tensor) return new Parameter(value);
  throw new ValueError(`${fn}(): expected a Tensor, got ${typename(value)}`);
}

function describe(name: string, type: string, param: Parameter): string {
  const device = param.device === 'cpu' ? '' : ' (GPU 0)';
  return `  (${name}): Parameter containing: [${type} of size ${param.shape.join('x')}${device}]`;
}

/**
 * A list of parameters that are all part of the module it is a field of; `list[0]` and `list.at(0)` are the first one.
 * Tensors become Parameters; other objects, which PyTorch keeps, are refused.
 * https://pytorch.org/docs/stable/generated/torch.nn.ParameterList.html
 */
export class ParameterList extends Module<never, unknown> {
  /** The parameter number `index`; see {@link at} for negative ones. */
  [index: number]: Parameter;

  constructor(values?: Iterable<Tensor> | null) {
    super();
    if (values !== undefined && values !== null) this.extend(values);
  }

  /** How many parameters there are. */
  override get length(): number {
    return this._parameters.size;
  }

  *[Symbol.iterator](): IterableIterator<Parameter> {
    yield* this._parameters.values() as IterableIterator<Parameter>;
  }

  /** The parameter at a position, from the end if negative. @throws ValueError when there is none. */
  at(index: number): Parameter {
    return this[this.position(index)];
  }

  /** Puts a parameter at a position that has one, Python's `list[index] = value`. */
  set(index: number, value: Tensor): this {
    this.register_parameter(String(this.position(index)), asParameter('set', value));
    return this;
  }

  private position(index: number): number {
    const n = this.length;
    if (!Number.isInteger(index) || index < -n || index >= n) {
      throw new ValueError(`index ${show(index)} is out of range`);
    }
    return index < 0 ? index + n : index;
  }

  /** Adds a parameter at the end. */
  append(value: Tensor): this {
    this.register_parameter(String(this.length), asParameter('append', value));
    return this;
  }

  /** Adds parameters at the end. @throws ValueError for what is not iterable, and for a tensor, which is. */
  extend(values: Iterable<Tensor>): this {
    if (!isIterable(values) || values instanceof Tensor) {
      throw new ValueError(`${this._get_name()}.extend should be called with an iterable, but got ${typename(values)}`);
    }
    for (const value of [...values]) this.append(value);
    return this;
  }

  override forward(): never {
    throw new TorchletError('ParameterList should not be called.');
  }

  override extra_repr(): string {
    return [...this].map((param, i) => describe(String(i), `torch.${param.dtype}`, param)).join('\n');
  }
}

/**
 * An ordered dictionary of parameters that are all part of the module it is a field of; `dict['w']` is `dict.get('w')`.
 * Those of a plain object are sorted by name; a Map and pairs keep their order. Tensors become Parameters; other
 * objects, which PyTorch keeps, are refused. https://pytorch.org/docs/stable/generated/torch.nn.ParameterDict.html
 */
export class ParameterDict extends NamedMembers<Tensor> {
  constructor(parameters?: NamedMembersInput<Tensor> | null) {
    super();
    if (parameters !== undefined && parameters !== null) this.update(parameters);
  }

  /** The parameter of a name, or `otherwise` when there is none. */
  get(key: string): Parameter | null;
  get<T>(key: string, otherwise: T): Parameter | T;
  get(key: string, otherwise: unknown = null): unknown {
    return this.has(key) ? this.member(key) : otherwise;
  }

  /** Puts a parameter under a name, Python's `dict[key] = value`. */
  override set(key: string, value: Tensor): this {
    if (typeof key !== 'string') {
      throw new ValueError(
        'Index given to ParameterDict cannot be used as a key as it is not a string (type is ' +
          `'${typename(key)}'). Open an issue on github if you need non-string keys.`,
      );
    }
    this.register_parameter(key, asParameter('set', value));
    return this;
  }

  /** The parameter of a name; when there is none, `value` is put there. */
  setdefault(key: string, value: Tensor): Parameter {
    if (!this.has(key)) this.set(key, value);
    return this.member(key);
  }

  override values(): IterableIterator<Parameter> {
    return super.values() as IterableIterator<Parameter>;
  }

  override items(): IterableIterator<[string, Parameter]> {
    return super.items() as IterableIterator<[string, Parameter]>;
  }

  override pop(key: string): Parameter {
    return super.pop(key) as Parameter;
  }

  /** Takes the last member out. @throws ValueError when there is none. */
  popitem(): [string, Parameter] {
    const key = [...this.keys()].at(-1);
    if (key === undefined) throw new ValueError('popitem(): dictionary is empty');
    return [key, this.pop(key)];
  }

  /** A new dictionary of the same parameters. */
  copy(): ParameterDict {
    return new ParameterDict(this);
  }

  protected override members(): ReadonlyMap<string, Parameter> {
    return this._parameters as ReadonlyMap<string, Parameter>;
  }

  protected override member(key: string): Parameter {
    return super.member(key) as Parameter;
  }

  protected override ofObject(object: Readonly<Record<string, Tensor>>): [string, Tensor][] {
    return Object.entries(object).sort(([a], [b]) => (a < b ? -1 : 1));
  }

  override forward(): never {
    throw new TorchletError('ParameterDict should not be called.');
  }

  override extra_repr(): string {
    return [...this.items()].map(([k, param]) => describe(k, `torch.${cName(param.dtype)}Tensor`, param)).join('\n');
  }
}
