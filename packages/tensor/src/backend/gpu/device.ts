/** The one gpu device of the process: its driver, started on first use. */
import { DeviceError } from '../../errors.js';
import { requestedMode } from './config.js';
import type { Driver } from './driver.js';
import { openGpuJs } from './drivers/gpu-js.js';
import { LocalDriver } from './drivers/local.js';

let driver: Driver | null = null;

/**
 * The device, started on first use; the environment counts at that moment.
 * @throws DeviceError when `TORCHLET_GPU` says `off` or names no mode, or gpu.js does not start.
 */
export function gpuDriver(): Driver {
  if (driver === null) {
    const mode = requestedMode();
    if (mode === null) throw new DeviceError('the gpu device is not available: TORCHLET_GPU=off switches it off');
    driver = new LocalDriver(openGpuJs(mode), mode);
  }
  return driver;
}

/** The device if it has been started. */
export const startedDriver = (): Driver | null => driver;
