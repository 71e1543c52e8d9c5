/** What the environment asks of the gpu device. */
import { environment } from '#gpu-js';
import { DeviceError } from '../../errors.js';

/** The modes of gpu.js that the device can run in. `cpu` is gpu.js's emulation: the same kernels without a GPU. */
export type GpuMode = 'cpu';

const CHOICES = ['cpu', 'off'] as const;

/**
 * The mode that `TORCHLET_GPU` names, or null when it says `off`; `cpu` where it is not set.
 * @throws DeviceError for any other value.
 */
export function requestedMode(): GpuMode | null {
  const value = environment('TORCHLET_GPU');
  if (value === undefined || value === 'cpu') return 'cpu';
  if (value === 'off') return null;
  throw new DeviceError(`TORCHLET_GPU=${value} is not supported, expected one of: ${CHOICES.join(', ')}`);
}

/** Whether each transfer is to be printed: `TORCHLET_GPU_DEBUG=1`. */
export const debugRequested = (): boolean => environment('TORCHLET_GPU_DEBUG') === '1';
