import { DeviceError } from '../../../errors.js';
import type { Connection } from '../drivers/webgpu/transport.js';

const NOT_YET = 'a browser has no gpu device yet; keep the tensors on the cpu';

/** Modes with a GPU, the best one first. */
export const GPU_MODES = ['webgpu'] as const;

/** @throws DeviceError always: in a browser gpu.js has to be loaded before anything can wait for it. */
export function requireGpuJs(): unknown {
  throw new DeviceError(NOT_YET);
}

export function environment(_name: string): string | undefined {
  return undefined;
}

export function onExit(_callback: () => void): void {
  // a page ends without a word
}

/** @throws DeviceError always. */
export function startWorker(_before: string | null): Connection {
  throw new DeviceError(NOT_YET);
}
