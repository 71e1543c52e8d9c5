/** Which backend serves which device. */
import { DeviceError } from '../errors.js';
import type { Device } from '../storage.js';
import type { Backend } from './backend.js';
import { cpuBackend } from './cpu/cpu-backend.js';
import { gpuBackend } from './gpu/gpu-backend.js';

/** Looks a backend up; the gpu's is made when a tensor is first put there. */
export function backendOf(device: Device): Backend {
  return device === 'cpu' ? cpuBackend : gpuBackend();
}

/**
 * Checks a device named by a user: `'cpu'`, `'gpu'` or `'gpu:0'`.
 * @throws DeviceError for anything else, in PyTorch's words.
 */
export function checkDevice(op: string, device: unknown): Device {
  if (device === 'cpu') return 'cpu';
  if (device === 'gpu' || device === 'gpu:0') return 'gpu';
  throw new DeviceError(`${op}(): Expected one of cpu, gpu device type, got ${JSON.stringify(device)}`);
}
