/**
 * The `.safetensors` format: named tensors, a text header, nothing else. The functions of Python's `safetensors.torch`.
 * https://huggingface.co/docs/safetensors/api/torch
 */
import { isOptions } from '../arguments.js';
import { checkDevice } from '../backend/devices.js';
import { SerializationError, ValueError } from '../errors.js';
import type { TensorIndex } from '../ops/index-plan.js';
import { type Named, signature } from '../signature.js';
import type { Tensor } from '../tensor.js';
import { bytesSource } from './byte-source.js';
import { joined, named, type OpenFile, readFile, writeFile } from './files.js';
import { setOwn } from './from-python.js';
import { readHeader, type SafetensorsHeader, type TensorInfo } from './safetensors-header.js';
import { type Place, readPart, readTensor } from './safetensors-read.js';
import { compareNames, type Metadata, safetensorsChunks } from './safetensors-write.js';

export type { Metadata } from './safetensors-write.js';
/** By name: an object, such as a `state_dict()`, or a Map. */
export type Tensors = Readonly<Record<string, Tensor>> | ReadonlyMap<string, Tensor>;
/** Texts by their keys, also under the name `metadata`. */
export type MetadataArgument = Metadata | { readonly metadata?: Metadata | null } | null;

/** An object whose one value is no string is not metadata, so it is the options object. */
function metadataIn(fn: string, argument: unknown): unknown {
  const isNamed = isOptions(argument) && Object.values(argument).some((value) => typeof value !== 'string');
  if (!isNamed) return argument;
  for (const key of Object.keys(argument)) {
    if (key !== 'metadata') throw new ValueError(`${fn}() got an unexpected keyword argument '${key}'`);
  }
  return argument.metadata;
}

function checkPath(fn: string, filename: unknown): string {
  if (typeof filename === 'string') return filename;
  throw new ValueError(`${fn}(): filename must be a string, but got a ${typeof filename}`);
}

/**
 * Writes tensors to a file, which the old one, if there is one, stays in place of until it is on the disk.
 * @param tensors contiguous and dense, no two of the same memory; Parameters are written as their data
 * @param metadata texts for whoever reads the file
 * @throws ValueError naming the tensor that the format cannot hold, SerializationError naming the file that cannot be written
 */
export function save_file(tensors: Tensors, filename: string, metadata?: MetadataArgument): void {
  const path = checkPath('save_file', filename);
  writeFile('save_file', path, safetensorsChunks('save_file', tensors, metadataIn('save_file', metadata)));
}

/** The bytes that {@link save_file} writes. */
export function save(tensors: Tensors, metadata?: MetadataArgument): Uint8Array {
  return joined(safetensorsChunks('save', tensors, metadataIn('save', metadata)));
}

/**
 * All tensors of a file, by name. F16 and BF16 are widened to float32.
 * @throws SerializationError naming the file, for one that is missing, damaged or holds dtypes that are not ours
 */
export const load_file: (filename: string, device?: Named<'device', string>) => Record<string, Tensor> = signature(
  'load_file(filename, device?)',
  (filename, device) => {
    const path = checkPath('load_file', filename);
    const onto = checkDevice('load_file', device ?? 'cpu');
    return readFile('load_file', path, (source) => {
      const header = readHeader(source);
      return allTensors(header, { source, dataStart: header.dataStart, device: onto });
    });
  },
);

/** All tensors of a file's bytes, on the cpu. @throws as {@link load_file} */
export function load(data: Uint8Array): Record<string, Tensor> {
  if (!(data instanceof Uint8Array))
    throw new ValueError(`load(): data must be a Uint8Array, but got a ${typeof data}`);
  return named('load', 'the given bytes', () => {
    const source = bytesSource(data);
    const header = readHeader(source);
    return allTensors(header, { source, dataStart: header.dataStart, device: 'cpu' });
  });
}

function allTensors({ tensors }: SafetensorsHeader, place: Place): Record<string, Tensor> {
  const result: Record<string, Tensor> = {};
  for (const [name, info] of tensors) setOwn(result, name, readTensor(place, info));
  return result;
}

const FRAMEWORKS = ['pt', 'torch', 'pytorch'];

/**
 * Opens a file, of which only the header is read; each tensor is read when it is asked for. To be closed, or left to
 * `using file = safe_open(…)`.
 * @param framework what tensors are wanted: `'pt'`, since there is only one kind here
 * @throws SerializationError naming the file, for one that is missing or whose header is wrong
 */
export const safe_open: (
  filename: string,
  framework?: Named<'framework', string, { readonly device?: string }>,
  device?: Named<'device', string>,
) => SafeOpen = signature('safe_open(filename, framework?, device?)', (filename, framework, device) => {
  const path = checkPath('safe_open', filename);
  if (!FRAMEWORKS.includes((framework as string | undefined) ?? 'pt')) {
    throw new ValueError(`safe_open(): framework ${String(framework)} is invalid`);
  }
  const onto = checkDevice('safe_open', device ?? 'cpu');
  return readFile('safe_open', path, (file, keep) => {
    const header = readHeader(file);
    keep();
    return new SafeOpen(path, file, header, { source: file, dataStart: header.dataStart, device: onto });
  });
});

/** A file that is open, as {@link safe_open} returns it. */
export class SafeOpen {
  readonly #path: string;
  readonly #place: Place;
  readonly #header: SafetensorsHeader;
  #file: OpenFile | null;

  /** @internal Users call `safe_open`. */
  constructor(path: string, file: OpenFile, header: SafetensorsHeader, place: Place) {
    this.#path = path;
    this.#file = file;
    this.#header = header;
    this.#place = place;
  }

  /** Names of the tensors, sorted. */
  keys(): string[] {
    return this.offset_keys().sort(compareNames);
  }

  /** Names of the tensors in the order in which they lie in the file. */
  offset_keys(): string[] {
    return this.#read((header) => [...header.tensors.keys()]);
  }

  /** The texts that the file was saved with, or null. */
  metadata(): Record<string, string> | null {
    return this.#read(({ metadata }) => {
      if (metadata === null) return null;
      const texts: Record<string, string> = {};
      for (const [key, text] of metadata) setOwn(texts, key, text);
      return texts;
    });
  }

  /** One tensor. @throws SerializationError when there is none of that name */
  get_tensor(name: string): Tensor {
    return this.#read(() => readTensor(this.#place, this.#info(name)));
  }

  /** All tensors, by name. */
  get_tensors(): Record<string, Tensor> {
    return this.#read((header) => allTensors(header, this.#place));
  }

  /** A tensor of which only what is then selected is read: `f.get_slice('weight').index(slice(0, 10))`. */
  get_slice(name: string): SafeSlice {
    const info = this.#read(() => this.#info(name));
    return new SafeSlice(info, (parts) => this.#read(() => readPart(this.#place, info, parts)));
  }

  /** Closes the file. Tensors and slices that were read stay. */
  close(): void {
    this.#file?.close();
    this.#file = null;
  }

  [Symbol.dispose](): void {
    this.close();
  }

  #info(name: string): TensorInfo {
    const info = this.#header.tensors.get(name);
    if (info === undefined) throw new SerializationError(`File does not contain tensor ${name}`);
    return info;
  }

  #read<T>(use: (header: SafetensorsHeader) => T): T {
    return named('safe_open', `'${this.#path}'`, () => {
      if (this.#file === null) throw new SerializationError('File is closed');
      return use(this.#header);
    });
  }
}

/** A tensor in a file. */
export class SafeSlice {
  readonly #info: TensorInfo;
  readonly #read: (parts: readonly TensorIndex[]) => Tensor;

  /** @internal Users call `get_slice`. */
  constructor(info: TensorInfo, read: (parts: readonly TensorIndex[]) => Tensor) {
    this.#info = info;
    this.#read = read;
  }

  get_shape(): number[] {
    return [...this.#info.shape];
  }

  /** The format's name of the dtype in the file: `'F32'`, `'BF16'`, … */
  get_dtype(): string {
    return this.#info.dtype;
  }

  /** What Python writes `s[…]`, with the arguments of `Tensor.index`. */
  index(...parts: TensorIndex[]): Tensor {
    return this.#read(parts);
  }
}
