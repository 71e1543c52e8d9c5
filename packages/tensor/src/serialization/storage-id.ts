/** Storages as pickles refer to them: by a persistent id, and in old files by a part of another one. */
import { backendOf } from '../backend/devices.js';
import { SerializationError } from '../errors.js';
import { type Device, Storage } from '../storage.js';
import { type PickleValue, PyGlobal, PyTuple } from './pickle-values.js';
import { decodeStorage, STORAGE_FORMATS, type StorageFormat, UNSUPPORTED_STORAGES } from './storage-codec.js';

/** A part of a storage that old files call a storage of its own. */
export class StorageWindow {
  constructor(
    readonly storage: Storage,
    /** The first element, counted from the storage's start. */
    readonly offset: number,
    readonly numel: number,
  ) {}
}

/** The class of storages of dtypes that came with PyTorch 2. */
export const UNTYPED_STORAGE = 'torch.storage.UntypedStorage';

export interface StorageId {
  readonly type: PyGlobal;
  readonly key: string;
  readonly location: string;
  readonly numel: number;
}

export const isNatural = (x: PickleValue | undefined): x is number =>
  typeof x === 'number' && Number.isSafeInteger(x) && x >= 0;

/** `('storage', class, key, location, numel)`; what may follow is the caller's. */
export function parseStorageId(id: PickleValue, length = 5): StorageId {
  const items = id instanceof PyTuple ? id.items : [];
  const [tag, type, key, location, numel] = items;
  if (
    tag !== 'storage' ||
    !(type instanceof PyGlobal) ||
    typeof key !== 'string' ||
    typeof location !== 'string' ||
    !isNatural(numel) ||
    items.length !== length
  ) {
    throw new SerializationError(
      `a persistent id is not ('storage', class, key, location, numel${length > 5 ? ', view' : ''})`,
    );
  }
  return { type, key, location, numel };
}

export function checkSameStorage(a: StorageId, b: StorageId): void {
  if (a.type !== b.type || a.numel !== b.numel) {
    throw new SerializationError(`storage ${a.key} is referred to with different types or sizes`);
  }
}

/** @throws SerializationError for what is no storage class, or one of a dtype that is not ours. */
export function formatOf({ path }: PyGlobal): StorageFormat {
  const name = path.slice('torch.'.length);
  const format = STORAGE_FORMATS.get(name);
  if (format !== undefined) return format;
  if (path === UNTYPED_STORAGE) {
    throw new SerializationError(`${path} (a tensor of a dtype that is not supported, or a bare storage)`);
  }
  const dtype = UNSUPPORTED_STORAGES.get(name);
  throw new SerializationError(
    dtype === undefined
      ? `${path} is not the class of a storage`
      : `dtype ${dtype} (${path}) is not supported: convert the tensor to another dtype before saving it`,
  );
}

/** A storage of the elements that these bytes hold. */
export function storageOf(device: Device, format: StorageFormat, numel: number, chunks: Iterable<Uint8Array>): Storage {
  const backend = backendOf(device);
  const array = decodeStorage(chunks, format, numel, (count, dtype) => backend.hostArray(count, dtype));
  return new Storage(device, format.dtype, numel, backend.fromHost(array, format.dtype));
}
