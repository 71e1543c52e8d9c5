import { stack, Tensor, type TypedArray, tensor, ValueError } from '@torchlet/tensor';
import { isPlainObject, show } from './arguments.js';

/** Numbers without a shape: they become a tensor of their own element type. */
export type Numbers = TypedArray | BigInt64Array;

/** What {@link default_collate} makes of a batch of `T`s. */
export type Collated<T> = T extends Tensor | number | bigint | boolean | Numbers
  ? Tensor
  : T extends string
    ? string[]
    : { -readonly [K in keyof T]: Collated<T[K]> };

/**
 * Puts a batch of items into tensors with one more dimension, the batch, in front.
 *
 * Tensors and typed arrays are stacked. Numbers become int64 if all are (safe) integers and float64 otherwise,
 * booleans bool. Strings stay a list. Arrays and plain objects are collated entry by entry:
 * `[[x0, y0], [x1, y1]]` gives `[collated x, collated y]`.
 *
 * @throws {ValueError} for an empty batch, items of unequal form, and anything else
 * @see https://pytorch.org/docs/stable/data.html#torch.utils.data.default_collate
 */
export function default_collate<T>(batch: readonly T[]): Collated<T> {
  return collate(batch) as Collated<T>;
}

/**
 * Turns the typed arrays in an item into tensors and leaves everything else as it is: what a DataLoader does to each
 * item when `batch_size` is null.
 * @see https://pytorch.org/docs/stable/data.html#torch.utils.data.default_convert
 */
export function default_convert(data: unknown): unknown {
  if (isTypedArray(data)) return tensor(data);
  if (Array.isArray(data)) return data.map(default_convert);
  if (isPlainObject(data)) return mapObject(data, (key) => default_convert(data[key]));
  return data;
}

function collate(batch: readonly unknown[]): unknown {
  if (batch.length === 0) throw new ValueError('default_collate: the batch is empty');
  const [first] = batch;
  if (first instanceof Tensor) return stack(allOf(batch, isTensor, 'tensors'), 0);
  if (isTypedArray(first))
    return stack(
      allOf(batch, isTypedArray, 'typed arrays').map((array) => tensor(array)),
      0,
    );
  if (typeof first === 'number') return collateNumbers(allOf(batch, isNumber, 'numbers'));
  if (typeof first === 'bigint') return tensor(BigInt64Array.from(allOf(batch, isBigInt, 'bigints')));
  if (typeof first === 'boolean') return tensor(allOf(batch, isBoolean, 'booleans'));
  if (typeof first === 'string') return [...allOf(batch, isString, 'strings')];
  if (Array.isArray(first)) return collateArrays(allOf(batch, Array.isArray, 'lists'), first.length);
  if (isPlainObject(first)) return collateObjects(allOf(batch, isPlainObject, 'dicts'), first);
  throw new ValueError(
    `default_collate: batch must contain tensors, numpy arrays, numbers, dicts or lists; found ${show(first)}`,
  );
}

function collateNumbers(numbers: readonly number[]): Tensor {
  return tensor([...numbers], { dtype: numbers.every(Number.isSafeInteger) ? 'int64' : 'float64' });
}

function collateArrays(batch: readonly (readonly unknown[])[], size: number): unknown[] {
  if (batch.some((item) => item.length !== size)) {
    throw new ValueError('each element in list of batch should be of equal size');
  }
  return Array.from({ length: size }, (_, i) => collate(batch.map((item) => item[i])));
}

function collateObjects(batch: readonly Record<string, unknown>[], first: Record<string, unknown>): unknown {
  return mapObject(first, (key) =>
    collate(
      batch.map((item, i) => {
        if (Object.hasOwn(item, key)) return item[key];
        throw new ValueError(`default_collate: element ${i} of the batch has no key '${key}', but element 0 has`);
      }),
    ),
  );
}

/** A new object with the same keys; a key such as `__proto__` is data like any other. */
function mapObject(object: Record<string, unknown>, value: (key: string) => unknown): Record<string, unknown> {
  return Object.fromEntries(Object.keys(object).map((key) => [key, value(key)]));
}

/** @throws {ValueError} unless every item is of the first one's kind */
function allOf<T>(batch: readonly unknown[], is: (item: unknown) => item is T, kind: string): readonly T[] {
  if (batch.every(is)) return batch;
  const at = batch.findIndex((item) => !is(item));
  throw new ValueError(
    `default_collate: batch must contain items of one kind; element 0 is of the ${kind}, but element ${at} is ${show(batch[at])}`,
  );
}

const isTensor = (value: unknown): value is Tensor => value instanceof Tensor;
const isNumber = (value: unknown): value is number => typeof value === 'number';
const isBigInt = (value: unknown): value is bigint => typeof value === 'bigint';
const isBoolean = (value: unknown): value is boolean => typeof value === 'boolean';
const isString = (value: unknown): value is string => typeof value === 'string';

function isTypedArray(value: unknown): value is Numbers {
  return [Float32Array, Float64Array, Int32Array, Uint8Array, BigInt64Array].some((type) => value instanceof type);
}
