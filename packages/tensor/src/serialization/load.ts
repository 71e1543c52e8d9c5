import { checkBoolean, checkOptions } from '../arguments.js';
import { ValueError } from '../errors.js';
import { bytesSource } from './byte-source.js';
import { named, readFile } from './files.js';
import { checkMapLocation, type MapLocation } from './map-location.js';
import { readPt } from './pt.js';

export interface LoadOptions {
  /**
   * The device for all storages, devices by the locations in the file, or a function of storage and location; by default
   * where they were saved from.
   */
  map_location?: MapLocation;
  /**
   * True by default: a value that contains itself is refused, since whoever walks it would not come to an end. Nothing in a
   * file is ever executed, and the same closed list of types is read either way.
   */
  weights_only?: boolean;
}

/**
 * Reads a file that {@link save} or `torch.save` has written: the zip format of PyTorch 1.6 and later, or the one before.
 *
 * A dict with string keys is a plain object (JavaScript moves keys such as `'10'` to the front, in numeric order), one
 * with integer keys a plain object that is saved with integer keys again, any other a Map; a tuple is an array; an int
 * beyond ±(2^53 − 1) a bigint. float16 and bfloat16 tensors are widened to float32. Tensors that shared a storage
 * share it again. Nothing in the file is executed: only tensors, containers and plain values are known.
 * https://pytorch.org/docs/stable/generated/torch.load.html
 *
 * The type of the value is whatever the place it is put in asks for (`net.load_state_dict(load('net.pt'))`), or the type
 * argument; it is not checked, just as in Python.
 * @param f the file's path, or its bytes
 * @throws SerializationError naming the file, for one that is missing, damaged, or holds what is not supported.
 */
export function load<T = unknown>(f: string | Uint8Array, options?: LoadOptions): T;
export function load<T = unknown>(
  f: string | Uint8Array,
  map_location: MapLocation | undefined,
  options?: LoadOptions,
): T;
export function load<T>(f: string | Uint8Array, second?: MapLocation | LoadOptions, third?: LoadOptions): T {
  const [mapLocation, weightsOnly] = bindLoad(second, third);
  if (typeof f === 'string') return readFile('load', f, (file) => readPt(file, mapLocation, weightsOnly)) as T;
  if (f instanceof Uint8Array)
    return named('load', 'the given bytes', () => readPt(bytesSource(f), mapLocation, weightsOnly)) as T;
  throw new ValueError(`load(): f must be a path or a Uint8Array, but got a ${typeof f}`);
}

function bindLoad(
  second: MapLocation | LoadOptions | undefined,
  third: LoadOptions | undefined,
): [mapLocation: MapLocation, weightsOnly: boolean] {
  const onlyOptions = third === undefined && typeof second === 'object' && second !== null;
  const options: LoadOptions = (onlyOptions ? (second as LoadOptions) : third) ?? {};
  checkOptions('load', ['map_location', 'weights_only'], options);
  const { map_location, weights_only } = options;
  if (weights_only !== undefined) checkBoolean('load', 'weights_only', weights_only);
  if (!onlyOptions && second !== undefined && map_location !== undefined) {
    throw new ValueError("load() got multiple values for argument 'map_location'");
  }
  return [checkMapLocation(onlyOptions ? map_location : (second ?? map_location)), weights_only ?? true];
}
