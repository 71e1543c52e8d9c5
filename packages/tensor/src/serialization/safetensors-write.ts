/** Tensors into a `.safetensors` file. */
import { isOptions, kindOf } from '../arguments.js';
import { backendOf } from '../backend/devices.js';
import { itemsize } from '../dtype.js';
import { ValueError } from '../errors.js';
import { numelOf, storageEnd } from '../shape.js';
import { SparseTensor } from '../sparse.js';
import type { Storage } from '../storage.js';
import { Tensor } from '../tensor.js';
import { METADATA, SAVED_DTYPES, writeHeader } from './safetensors-header.js';
import { encodeStorage } from './storage-codec.js';
import { hasLoneSurrogate } from './utf8.js';

export type Metadata = Readonly<Record<string, string>>;
type Named = readonly [name: string, tensor: Tensor];

/**
 * The file of these tensors, in chunks; everything that can be wrong is found before the first one. Sorted as the
 * format's own library sorts: by dtype, then by name. A chunk is only valid until the next one is asked for.
 */
export function safetensorsChunks(fn: string, tensors: unknown, metadata: unknown): Iterable<Uint8Array> {
  const entries = checkTensors(fn, tensors);
  const checked = checkMetadata(fn, metadata);
  const dtypes = Object.keys(SAVED_DTYPES);
  const sorted = [...entries].sort(
    ([a, x], [b, y]) => dtypes.indexOf(x.dtype) - dtypes.indexOf(y.dtype) || compareNames(a, b),
  );
  const header = writeHeader(
    checked,
    sorted.map(([name, { dtype, shape }]) => ({
      name,
      dtype: SAVED_DTYPES[dtype],
      shape,
      bytes: numelOf(shape) * itemsize(dtype),
    })),
  );
  return chunksOf(header, sorted);
}

function* chunksOf(header: Uint8Array, tensors: readonly Named[]): Generator<Uint8Array> {
  yield header;
  for (const [, tensor] of tensors) yield* encodeStorage(backendOf(tensor.device).toHost(tensor), tensor.dtype);
}

/** By code points, as UTF-8 is sorted; UTF-16 would put some above others. */
export function compareNames(a: string, b: string): number {
  const [x, y] = [[...a], [...b]];
  for (let i = 0; i < Math.min(x.length, y.length); i++) {
    if (x[i] !== y[i]) return (x[i].codePointAt(0) as number) - (y[i].codePointAt(0) as number);
  }
  return x.length - y.length;
}

function checkTensors(fn: string, tensors: unknown): Named[] {
  const isMap = tensors instanceof Map;
  if (!isMap && !isOptions(tensors)) {
    throw new ValueError(`${fn}(): Expected a dict of [str, torch.Tensor] but received ${kindOf(tensors)}`);
  }
  const entries: [unknown, unknown][] = isMap ? [...tensors] : Object.entries(tensors);
  const named = entries.map(([name, tensor]) => checkTensor(fn, name, tensor));
  checkDense(fn, named);
  checkSharing(fn, named);
  for (const [name, tensor] of named) {
    if (tensor.is_contiguous()) continue;
    throw new ValueError(
      `${fn}(): You are trying to save a non contiguous tensor: \`${name}\` which is not allowed. It either means you ` +
        "are trying to save tensors which are reference of each other in which case it's recommended to save only the " +
        'full tensors, and reslice at load time, or simply call `.contiguous()` on your tensor to pack it before saving.',
    );
  }
  return named;
}

function checkTensor(fn: string, name: unknown, tensor: unknown): Named {
  if (typeof name !== 'string')
    throw new ValueError(`${fn}(): a tensor's name must be a string, but got ${kindOf(name)}`);
  if (name === METADATA || hasLoneSurrogate(name)) {
    throw new ValueError(`${fn}(): ${JSON.stringify(name)} cannot be a tensor's name`);
  }
  if (tensor instanceof Tensor) return [name, tensor];
  throw new ValueError(`${fn}(): Key \`${name}\` is invalid, expected torch.Tensor but received ${kindOf(tensor)}`);
}

function checkDense(fn: string, named: readonly Named[]): void {
  const sparse = named.filter(([, tensor]) => tensor instanceof SparseTensor).map(([name]) => `'${name}'`);
  if (sparse.length === 0) return;
  throw new ValueError(
    `${fn}(): You are trying to save a sparse tensors: \`[${sparse.join(', ')}]\` which this library does not support. ` +
      'You can make it a dense tensor before saving with `.to_dense()` but be aware this might make a much larger file ' +
      'than needed.',
  );
}

/** The format cannot say that two tensors are one memory. Parts of one storage that do not meet are apart. */
function checkSharing(fn: string, named: readonly Named[]): void {
  const byStorage = new Map<Storage, { name: string; start: number; end: number }[]>();
  for (const [name, { storage, shape, strides, offset }] of named) {
    const area = { name, start: offset, end: Math.max(offset, storageEnd(shape, strides, offset)) };
    byStorage.set(storage, [...(byStorage.get(storage) ?? []), area]);
  }
  const failing = [...byStorage.values()].flatMap(overlaps);
  if (failing.length === 0) return;
  const groups = failing.map((names) => `{${names.map((name) => `'${name}'`).join(', ')}}`);
  throw new ValueError(
    `${fn}(): Some tensors share memory, this will lead to duplicate memory on disk and potential differences when ` +
      `loading them again: [${groups.join(', ')}].`,
  );
}

/** Groups of two and more whose areas, sorted, each meet the one before. */
function overlaps(areas: readonly { name: string; start: number; end: number }[]): string[][] {
  const sorted = [...areas].sort((a, b) => a.start - b.start || a.end - b.end);
  const groups: string[][] = [];
  let end = Number.NEGATIVE_INFINITY;
  for (const area of sorted) {
    if (area.start < end) groups[groups.length - 1].push(area.name);
    else groups.push([area.name]);
    end = Math.max(end, area.end);
  }
  return groups.filter((group) => group.length > 1);
}

function checkMetadata(fn: string, metadata: unknown): Metadata | null {
  if (metadata === undefined || metadata === null) return null;
  const isText = (x: unknown): boolean => typeof x === 'string' && !hasLoneSurrogate(x);
  if (!isOptions(metadata) || !Object.entries(metadata).flat().every(isText)) {
    throw new ValueError(`${fn}(): argument 'metadata' must be an object of strings or null`);
  }
  return metadata as Metadata;
}
