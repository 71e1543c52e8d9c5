import type { DType } from './dtype.js';

/** Where a tensor lives: `'cpu'`, or `'gpu'` through gpu.js. */
export type Device = 'cpu' | 'gpu';

/** What a backend keeps a storage's elements in. Only the backend that made it looks inside. */
export type DeviceBuffer = object;

/** Counts in-place changes. A storage is its own counter; `tensor.data` starts a counter of its own. */
export interface VersionCounter {
  version: number;
}

let serial = 0;

/** The serial number that the newest storage has; storages made later have greater ones. */
export const latestStorageId = (): number => serial;

/** Whether the memory made now is that of inference tensors. Written by `autograd/inference-mode.ts` alone. */
export const inferenceMode: { enabled: boolean } = { enabled: false };

/** Storages made while the engine runs a node, to find those that only this node saw. Null outside. */
export const made: { list: Storage[] | null } = { list: null };

/** A smaller storage is not worth giving back. */
export const LEAST_MADE = 256;

/** Stands where a buffer was given back. */
const GONE: DeviceBuffer = Object.freeze({});

/**
 * The elements behind one or more tensors: views share it, in-place operations change it. The buffer is opaque
 * (see `backend/backend.ts`) and may be replaced by its backend: a storage is a box, the handle in it may change.
 */
export class Storage implements VersionCounter {
  version = 0;
  /** Increases with creation: the engine tells by it which gradients an op has just made. */
  readonly id: number = ++serial;
  /** Whether this was made in `inference_mode`: its tensors, views included, may not be saved for a backward pass. */
  readonly inference: boolean = inferenceMode.enabled;

  constructor(
    readonly device: Device,
    readonly dtype: DType,
    /** Number of elements. */
    readonly numel: number,
    /** @internal Where the elements are: a buffer of this storage alone, or one in which others have their places, too. */
    public memory: DeviceBuffer,
    /** @internal The first element's place in memory that is shared; 0 where it is not. */
    public start: number = 0,
  ) {
    if (made.list !== null && numel >= LEAST_MADE) made.list.push(this);
  }

  /** A buffer of these elements alone. Of shared memory it is made for the first one who asks. */
  get buffer(): DeviceBuffer {
    if (this.start > 0) this.buffer = partOf(this.memory as Divisible, this.start, this.numel);
    return this.memory;
  }

  set buffer(value: DeviceBuffer) {
    this.memory = value;
    this.start = 0;
  }
}

/** Memory of which a part can be seen as a buffer. */
interface Divisible extends DeviceBuffer {
  subarray(begin: number, end: number): DeviceBuffer;
}

const partOf = (memory: Divisible, start: number, numel: number): DeviceBuffer => memory.subarray(start, start + numel);

/** Takes a storage's buffer away, to be given back. Nobody may use the storage afterwards. */
export function takeBuffer(storage: Storage): DeviceBuffer {
  const { buffer } = storage;
  storage.buffer = GONE;
  return buffer;
}
