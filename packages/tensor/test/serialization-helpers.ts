import { readFileSync } from 'node:fs';
import { expect } from 'vitest';
import { SerializationError } from '../src/errors.js';
import { isOrderedDict } from '../src/serialization/ordered-dicts.js';
import { Storage } from '../src/storage.js';
import { Tensor } from '../src/tensor.js';
import '../src/index.js';
import type { DType, TypedArray } from '../src/dtype.js';
import { contiguousStrides } from '../src/shape.js';

export const FIXTURES: URL = new URL('./fixtures/pt/', import.meta.url);

export const fixture = (name: string): Uint8Array => new Uint8Array(readFileSync(new URL(name, FIXTURES)));

export const latin1 = (text: string): Uint8Array => Uint8Array.from(text, (character) => character.charCodeAt(0));

export function cpuTensor(data: TypedArray, dtype: DType, shape: readonly number[] = [data.length]): Tensor {
  return new Tensor(new Storage('cpu', dtype, data.length, data), shape, contiguousStrides(shape), 0);
}

/** Compares long arrays bit for bit, far faster than `toEqual`. */
export function sameElements(a: TypedArray, b: TypedArray): boolean {
  const bytes = (x: TypedArray): Buffer => Buffer.from(x.buffer, x.byteOffset, x.byteLength);
  return a.constructor === b.constructor && bytes(a).equals(bytes(b));
}

/** The SerializationError that `run` throws; anything else fails the test. */
export function serializationError(run: () => unknown): SerializationError {
  try {
    run();
  } catch (error) {
    expect(error).toBeInstanceOf(SerializationError);
    return error as SerializationError;
  }
  throw new Error('expected a SerializationError, but nothing was thrown');
}

interface TensorDescription {
  dtype: string;
  shape: number[];
  strides: number[];
  offset: number;
  storage: number;
  storage_numel: number;
  requires_grad: boolean;
  parameter: boolean;
  data: (number | boolean | string)[];
}

/** A Python value as tools/pytorch-golden/serialization.py spells it out. */
export type Description =
  | { tensor: TensorDescription }
  | { dict: [Description, Description][] }
  | { ordered: [Description, Description][] }
  | { list: Description[] }
  | { set: number[] }
  | { bytes: number[] }
  | { str: string }
  | { int: string }
  | { float: number | string }
  | { constant: boolean | null };

export interface Descriptions {
  torch: string;
  files: Record<string, Description>;
}

/** Compares loaded values with descriptions; storages that are one in Python must be one here. */
export class Matcher {
  readonly #storages = new Map<number, Storage>();

  match(value: unknown, description: Description, path = 'obj'): void {
    if ('tensor' in description) this.#tensor(value, description.tensor, path);
    else if ('dict' in description) this.#dict(value, description.dict, path);
    else if ('ordered' in description) {
      expect(isOrderedDict(value as object), `${path} is ordered`).toBe(true);
      this.#dict(value, description.ordered, path);
    } else if ('list' in description) {
      expect(Array.isArray(value), `${path} is an array`).toBe(true);
      expect((value as unknown[]).length, `${path}.length`).toBe(description.list.length);
      description.list.forEach((item, i) => {
        this.match((value as unknown[])[i], item, `${path}[${i}]`);
      });
    } else expect(value, path).toStrictEqual(scalarOf(description));
  }

  #dict(value: unknown, entries: [Description, Description][], path: string): void {
    const found = entriesOf(value as object);
    expect(found.length, `number of keys of ${path}`).toBe(entries.length);
    for (const [key, item] of entries) {
      const index = found.findIndex(([name]) => sameKey(name, key));
      expect(index, `${path} has the key ${JSON.stringify(key)}`).toBeGreaterThanOrEqual(0);
      this.match(found[index][1], item, `${path}[${String(found[index][0])}]`);
    }
  }

  #tensor(value: unknown, expected: TensorDescription, path: string): void {
    expect(value, path).toBeInstanceOf(Tensor);
    const tensor = value as Tensor;
    const widened = expected.dtype === 'float16' || expected.dtype === 'bfloat16';
    expect(
      {
        dtype: tensor.dtype,
        shape: tensor.shape,
        strides: tensor.strides,
        offset: tensor.offset,
        storage_numel: tensor.storage.numel,
        requires_grad: tensor.requires_grad,
        device: tensor.device,
      },
      path,
    ).toEqual({
      dtype: widened ? 'float32' : expected.dtype,
      shape: expected.shape,
      strides: expected.strides,
      offset: expected.offset,
      storage_numel: expected.storage_numel,
      requires_grad: expected.requires_grad,
      device: 'cpu',
    });
    // Files keep values bit for bit, so nothing here is approximate.
    expect(Array.from(tensor.toArray()), path).toStrictEqual(expected.data.map(elementOf));
    const storage = this.#storages.get(expected.storage);
    if (storage !== undefined) expect(tensor.storage === storage, `${path} shares its storage`).toBe(true);
    else expect([...this.#storages.values()].includes(tensor.storage), `${path} has a storage of its own`).toBe(false);
    this.#storages.set(expected.storage, tensor.storage);
  }
}

function entriesOf(value: object): [unknown, unknown][] {
  return value instanceof Map ? [...value] : Object.entries(value);
}

function sameKey(key: unknown, description: Description): boolean {
  if ('list' in description) {
    return Array.isArray(key) && description.list.every((item, i) => sameKey(key[i], item));
  }
  const expected = scalarOf(description);
  return key === expected || (typeof expected === 'number' && key === String(expected));
}

const SPECIAL: Readonly<Record<string, number>> = {
  nan: Number.NaN,
  inf: Number.POSITIVE_INFINITY,
  '-inf': Number.NEGATIVE_INFINITY,
  '-0': -0,
};

export const elementOf = (x: number | boolean | string): number => (typeof x === 'string' ? SPECIAL[x] : Number(x));

function scalarOf(description: Description): unknown {
  if ('constant' in description) return description.constant;
  if ('str' in description) return description.str;
  if ('bytes' in description) return Uint8Array.from(description.bytes);
  if ('set' in description) return new Set(description.set);
  if ('float' in description) return elementOf(description.float);
  if ('int' in description) {
    const number = Number(description.int);
    return Number.isSafeInteger(number) ? number : BigInt(description.int);
  }
  throw new Error(`not a scalar: ${JSON.stringify(description)}`);
}
