import { backendOf } from '../backend/devices.js';
import { LEAST_MADE, type Storage, takeBuffer } from '../storage.js';

/** Returns memory to its device at once. Nobody but the caller may see the storage, and the caller not afterwards. */
export function giveBack(storage: Storage): void {
  if (storage.numel >= LEAST_MADE) backendOf(storage.device).release(takeBuffer(storage));
}
