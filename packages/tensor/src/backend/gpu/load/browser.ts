import { DeviceError } from '../../../errors.js';

/** @throws DeviceError always: in a browser gpu.js has to be loaded before anything can wait for it. */
export function requireGpuJs(): unknown {
  throw new DeviceError('the gpu device is not available in a browser yet; keep the tensors on the cpu');
}

export function environment(_name: string): string | undefined {
  return undefined;
}
