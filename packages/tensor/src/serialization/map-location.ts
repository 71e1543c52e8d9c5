import { checkDevice } from '../backend/devices.js';
import { SerializationError, ValueError } from '../errors.js';
import { type Device, Storage } from '../storage.js';

/**
 * Where loaded storages go: one device for all of them; a device for each location that a file may name
 * (`{ 'cuda:0': 'cpu' }`); or a function of the storage, which is on the cpu, and the location in the file, that returns
 * the storage to be used, or null for where it was saved from. By default each goes where it was saved from.
 */
export type MapLocation =
  | string
  | Readonly<Record<string, string>>
  | ((storage: Storage, location: string) => Storage | null | undefined)
  | null;

/** @throws ValueError for what is neither a device, nor a record of devices, nor a function, nor null. */
export function checkMapLocation(value: unknown): MapLocation {
  if (value === null || value === undefined) return null;
  if (typeof value === 'string') return checkDevice('load', value);
  if (typeof value === 'function') return value as MapLocation;
  if (typeof value === 'object' && Object.values(value).every((device) => typeof device === 'string')) {
    return value as Readonly<Record<string, string>>;
  }
  throw new ValueError(
    `load(): map_location must be a device, an object of devices, a function, or null, but got a ${typeof value}`,
  );
}

/**
 * The device that a storage from this location is made on.
 * @throws SerializationError for one that is not ours and that `map_location` does not mention.
 */
export function placeOf(location: string, mapLocation: MapLocation): Device {
  if (typeof mapLocation === 'function') return 'cpu';
  if (typeof mapLocation === 'string') return checkDevice('load', mapLocation);
  if (mapLocation !== null && Object.hasOwn(mapLocation, location)) return checkDevice('load', mapLocation[location]);
  if (location === 'cpu') return 'cpu';
  throw new SerializationError(
    `Attempting to deserialize object on ${location}, a device that is not available here. ` +
      "Use map_location: 'cpu' to map the storages to the CPU",
  );
}

/**
 * The storage that a function wants in the place of one that was made by {@link placeOf}.
 * @throws SerializationError as {@link placeOf}, ValueError for a result that cannot stand in its place
 */
export function relocate(storage: Storage, location: string, mapLocation: MapLocation): Storage {
  if (typeof mapLocation !== 'function') return storage;
  const result = mapLocation(storage, location) ?? null;
  if (result === null) {
    placeOf(location, null);
    return storage;
  }
  const fits = result instanceof Storage && result.dtype === storage.dtype && result.numel === storage.numel;
  if (!fits) throw new ValueError('load(): map_location must return the storage, one of its kind and size, or null');
  return result;
}
