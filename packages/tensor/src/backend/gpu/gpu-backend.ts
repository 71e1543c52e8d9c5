import { DeviceError } from '../../errors.js';
import type { Backend } from '../backend.js';

export function gpuBackend(): Backend {
  throw new DeviceError('the gpu device is not available');
}
