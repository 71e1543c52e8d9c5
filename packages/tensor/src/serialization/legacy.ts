/**
 * The format that `torch.save` wrote before PyTorch 1.6 (and still does if asked): five pickles one behind the other
 * (a magic number, the format's version, facts about the system, the value, the storages' keys), then the storages'
 * elements in the order of the keys, each behind their number.
 * https://github.com/pytorch/pytorch/blob/main/torch/serialization.py
 */
import { SerializationError } from '../errors.js';
import { Storage } from '../storage.js';
import { type ByteSource, readRange } from './byte-source.js';
import { type MapLocation, placeOf, relocate } from './map-location.js';
import { type PickleContext, readPickleAt } from './pickle-reader.js';
import { type PickleValue, PyList, PyObject, PyTuple } from './pickle-values.js';
import type { StorageFormat } from './storage-codec.js';
import {
  checkSameStorage,
  formatOf,
  isNatural,
  parseStorageId,
  type StorageId,
  StorageWindow,
  storageOf,
} from './storage-id.js';
import { TORCH_GLOBALS } from './torch-globals.js';
import { viewOf } from './zip-format.js';

const MAGIC = 0x1950a86a20f9469cfc6cn;
const VERSION = 1001;
/** Protocol 2, and a LONG1 of the ten bytes of the magic number. */
const START = [0x80, 2, 0x8a, 10];
/** Bytes read at once. */
const CHUNK = 1 << 20;

/** Whether this starts as the old format does. @throws SerializationError for the tar files of PyTorch before 0.2. */
export function isLegacy(source: ByteSource): boolean {
  const start = source.read(0, Math.min(START.length, source.size));
  if (source.size > 512 && String.fromCharCode(...source.read(257, 5)) === 'ustar') {
    throw new SerializationError(
      'this is a tar file, which torch.save wrote before PyTorch 0.2 and which is not supported: ' +
        'load it with PyTorch and save it again',
    );
  }
  return START.every((byte, i) => start[i] === byte);
}

/**
 * The value that a file holds.
 * @throws SerializationError for a file that is damaged or holds what is not supported.
 */
export function readLegacy(source: ByteSource, mapLocation: MapLocation): PickleValue {
  let at = 0;
  const storages = new LegacyStorages(source, mapLocation);
  const next = (persistentLoad: PickleContext['persistentLoad']): PickleValue => {
    const { value, end } = readPickleAt(source, at, { globals: TORCH_GLOBALS, persistentLoad });
    at = end;
    return value;
  };
  const nothing = (): never => {
    throw new SerializationError('a persistent id outside of the value');
  };
  if (next(nothing) !== MAGIC) throw new SerializationError('Invalid magic number; corrupt file?');
  const version = next(nothing);
  if (version !== VERSION) throw new SerializationError(`Invalid protocol version: ${String(version)}`);
  next(nothing); // the system: elements are little-endian whatever it says
  const value = next((id) => storages.refer(id));
  storages.fill(next(nothing), at);
  return value;
}

interface Referred {
  readonly id: StorageId;
  readonly format: StorageFormat;
  readonly storage: Storage;
  filled: boolean;
}

/** Stands for elements that have not been read yet. */
const UNREAD = Object.freeze({});

/** The storages of a file: first mentioned by the value, then filled. */
class LegacyStorages {
  readonly #referred = new Map<string, Referred>();
  #bytes = 0;

  constructor(
    readonly source: ByteSource,
    readonly mapLocation: MapLocation,
  ) {}

  /** `('storage', class, key, location, numel, view)` */
  refer(persistentId: PickleValue): PyObject {
    const id = parseStorageId(persistentId, 6);
    let referred = this.#referred.get(id.key);
    if (referred === undefined) {
      referred = this.#add(id);
      this.#referred.set(id.key, referred);
    }
    checkSameStorage(referred.id, id);
    return new PyObject(windowOf(referred.storage, (persistentId as PyTuple).items[5]));
  }

  #add(id: StorageId): Referred {
    const format = formatOf(id.type);
    const device = placeOf(id.location, this.mapLocation);
    this.#bytes += id.numel * format.itemsize;
    if (this.#bytes > this.source.size) {
      throw new SerializationError(
        `storage ${id.key} should have ${id.numel} elements, which the file is too short for`,
      );
    }
    const storage = relocate(new Storage(device, format.dtype, id.numel, UNREAD), id.location, this.mapLocation);
    return { id, format, storage, filled: false };
  }

  /** Reads the elements of all storages, which start at byte `at`. */
  fill(keys: PickleValue, at: number): void {
    if (!(keys instanceof PyList)) throw new SerializationError("the list of the storages' keys is no list");
    let start = at;
    for (const key of keys.items) {
      const referred = typeof key === 'string' ? this.#referred.get(key) : undefined;
      if (referred === undefined) throw new SerializationError(`storage key ${String(key)} is not in the value`);
      if (referred.filled) throw new SerializationError(`storage ${referred.id.key} is there twice`);
      start = this.#fillOne(referred, start);
    }
    for (const { id, filled } of this.#referred.values()) {
      if (!filled) throw new SerializationError(`there is no data for storage ${id.key}`);
    }
  }

  /** @returns where the elements end */
  #fillOne(referred: Referred, at: number): number {
    const { id, format, storage } = referred;
    const count = viewOf(readRange(this.source, at, 8, `the size of storage ${id.key}`)).getBigInt64(0, true);
    if (count !== BigInt(id.numel)) {
      throw new SerializationError(`storage ${id.key} should have ${id.numel} elements, has ${count}`);
    }
    const chunks = pieces(this.source, at + 8, id.numel * format.itemsize, `storage ${id.key}`);
    storage.buffer = storageOf(storage.device, format, id.numel, chunks).buffer;
    referred.filled = true;
    return at + 8 + id.numel * format.itemsize;
  }
}

/** A piece is only valid until the next one is asked for. */
function* pieces(source: ByteSource, start: number, length: number, what: string): Generator<Uint8Array> {
  if (start + length > source.size) readRange(source, start, length, what);
  const buffer = new Uint8Array(Math.min(CHUNK, length));
  for (let at = 0; at < length; at += CHUNK) {
    yield source.read(start + at, Math.min(CHUNK, length - at), buffer);
  }
}

/** The storage, or the part of it that `(key, offset, numel)` means. */
function windowOf(storage: Storage, view: PickleValue): Storage | StorageWindow {
  if (view === null) return storage;
  const [key, offset, numel] = view instanceof PyTuple ? view.items : [];
  if (typeof key !== 'string' || !isNatural(offset) || !isNatural(numel) || (view as PyTuple).items.length !== 3) {
    throw new SerializationError("a storage's view is not (key, offset, numel)");
  }
  if (offset + numel > storage.numel) {
    throw new SerializationError(`a view of ${numel} elements at ${offset} leaves its storage of ${storage.numel}`);
  }
  return new StorageWindow(storage, offset, numel);
}
