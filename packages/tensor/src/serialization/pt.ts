import { backendOf } from '../backend/devices.js';
import { itemsize } from '../dtype.js';
import { SerializationError } from '../errors.js';
import type { Storage } from '../storage.js';
import type { ByteSource } from './byte-source.js';
import { refuseCycles } from './cycles.js';
import { fromPython } from './from-python.js';
import { isLegacy, readLegacy } from './legacy.js';
import { type MapLocation, placeOf, relocate } from './map-location.js';
import { MAX_PICKLE_BYTES, readPickle } from './pickle-reader.js';
import { type PickleValue, PyObject } from './pickle-values.js';
import { encodeStorage } from './storage-codec.js';
import { checkSameStorage, formatOf, parseStorageId, type StorageId, storageOf } from './storage-id.js';
import { toPython } from './to-python.js';
import { TORCH_GLOBALS } from './torch-globals.js';
import { ZipReader } from './zip-reader.js';
import { writeZip, type ZipInput } from './zip-writer.js';

/** The folder inside of the zip file. PyTorch takes any; a fixed one makes the bytes independent of the file's name. */
const ROOT = 'archive';
/** Format versions of PyTorch's container that are known; 3 is what PyTorch writes. */
const WRITTEN_VERSION = 3;
const MAX_VERSION = 10;

// Writing ------------------------------------------------------------------------------------------------------------

/**
 * The file of a value, in chunks; everything that can be wrong with the value is found before the first one.
 * A chunk is only valid until the next one is asked for.
 */
export function writePt(value: unknown): Iterable<Uint8Array> {
  const { pickle, storages } = toPython(value);
  const small = (name: string, bytes: Uint8Array): ZipInput => ({
    name: `${ROOT}/${name}`,
    size: bytes.length,
    chunks: () => [bytes],
  });
  const text = new TextEncoder();
  return writeZip([
    small('data.pkl', pickle),
    small('byteorder', text.encode('little')),
    ...storages.map(storageEntry),
    small('version', text.encode(`${WRITTEN_VERSION}\n`)),
  ]);
}

function storageEntry(storage: Storage, key: number): ZipInput {
  const { dtype, numel } = storage;
  const whole = { storage, dtype, shape: [numel], strides: [1], offset: 0 };
  return {
    name: `${ROOT}/data/${key}`,
    size: numel * itemsize(dtype),
    chunks: () => encodeStorage(backendOf(storage.device).toHost(whole), dtype),
  };
}

// Reading ------------------------------------------------------------------------------------------------------------

/**
 * The value that a file holds; with `weightsOnly` it must not contain itself.
 * @throws SerializationError for a file that is damaged, in another format, or holds what is not supported.
 */
export function readPt(source: ByteSource, mapLocation: MapLocation, weightsOnly: boolean): unknown {
  const value = readValue(source, mapLocation);
  if (weightsOnly) refuseCycles(value);
  return fromPython(value);
}

function readValue(source: ByteSource, mapLocation: MapLocation): PickleValue {
  if (isLegacy(source)) return readLegacy(source, mapLocation);
  const zip = new ZipReader(source);
  const root = findRoot(zip);
  checkRecords(zip, root);
  const storages = new StorageLoader(zip, root, mapLocation);
  return readPickle(zip.read(`${root}/data.pkl`), {
    globals: TORCH_GLOBALS,
    persistentLoad: (id) => storages.load(id),
  });
}

function findRoot(zip: ZipReader): string {
  const roots = zip.names.flatMap((name) => /^([^/]+)\/data\.pkl$/.exec(name)?.[1] ?? []);
  if (roots.length !== 1) {
    throw new SerializationError(`the zip file has ${roots.length} entries */data.pkl: it is not from torch.save`);
  }
  return roots[0];
}

function checkRecords(zip: ZipReader, root: string): void {
  if (zip.has(`${root}/constants.pkl`)) {
    throw new SerializationError('this is a TorchScript archive (torch.jit.save): only torch.save files can be loaded');
  }
  const order = readRecord(zip, `${root}/byteorder`) ?? 'little';
  if (order !== 'little') throw new SerializationError(`unsupported byte order ${JSON.stringify(order)}`);
  const version = readRecord(zip, `${root}/version`) ?? readRecord(zip, `${root}/.data/version`) ?? 'none';
  if (!/^\d+\n?$/.test(version) || Number(version) < 1 || Number(version) > MAX_VERSION) {
    throw new SerializationError(`unsupported format version ${JSON.stringify(version)}, expected 1 to ${MAX_VERSION}`);
  }
  const size = zip.size(`${root}/data.pkl`);
  if (size > MAX_PICKLE_BYTES)
    throw new SerializationError(`data.pkl has ${size} bytes, more than ${MAX_PICKLE_BYTES}`);
}

/** A record of a few characters, or null if there is none. */
function readRecord(zip: ZipReader, name: string): string | null {
  if (!zip.has(name)) return null;
  if (zip.size(name) > 100) throw new SerializationError(`zip entry ${name} has ${zip.size(name)} bytes`);
  return String.fromCharCode(...zip.read(name));
}

/** Reads each storage of a file once, so that tensors which shared it share it again. */
class StorageLoader {
  readonly #loaded = new Map<string, { id: StorageId; storage: PyObject }>();

  constructor(
    readonly zip: ZipReader,
    readonly root: string,
    readonly mapLocation: MapLocation,
  ) {}

  load(persistentId: PickleValue): PyObject {
    const id = parseStorageId(persistentId);
    const loaded = this.#loaded.get(id.key);
    if (loaded === undefined) {
      const storage = new PyObject(relocate(this.#read(id), id.location, this.mapLocation));
      this.#loaded.set(id.key, { id, storage });
      return storage;
    }
    checkSameStorage(loaded.id, id);
    return loaded.storage;
  }

  #read({ type, key, location, numel }: StorageId): Storage {
    const device = placeOf(location, this.mapLocation);
    const format = formatOf(type);
    const name = `${this.root}/data/${key}`;
    if (!this.zip.has(name)) throw new SerializationError(`there is no data for storage ${key}`);
    const size = this.zip.size(name);
    if (size !== numel * format.itemsize) {
      throw new SerializationError(
        `storage ${key} should have ${numel} elements of ${format.itemsize} bytes, has ${size} bytes`,
      );
    }
    return storageOf(device, format, numel, this.zip.chunks(name));
  }
}
