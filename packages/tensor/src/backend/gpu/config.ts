/** What the environment asks of the gpu device. */
import { environment } from '#gpu-js';
import { DeviceError } from '../../errors.js';

/**
 * The modes of gpu.js that the device can run in. `webasm` and `cpu` are gpu.js's emulations: the same kernels without a
 * GPU, for tests, and never chosen unless they are asked for.
 */
export type GpuMode = 'webgpu' | 'headlessgl' | 'webgl2' | 'webasm' | 'cpu';

const CHOICES = ['webgpu', 'headlessgl', 'webgl2', 'webasm', 'cpu', 'off'] as const;

/** What a program asks for; the environment counts otherwise. */
let asked: string | undefined;

export function askForMode(mode: string | undefined): void {
  asked = mode;
}

/**
 * What the program or `TORCHLET_GPU` names; null where neither does, which means the best GPU that is found.
 * @throws DeviceError for a value that is no mode.
 */
export function requestedMode(): GpuMode | 'off' | null {
  const value = asked ?? environment('TORCHLET_GPU');
  if (value === undefined) return null;
  const choice = CHOICES.find((name) => name === value);
  if (choice !== undefined) return choice;
  throw new DeviceError(`TORCHLET_GPU=${value} is not supported, expected one of: ${CHOICES.join(', ')}`);
}

const SIZES = ['auto', 'text', 'arguments'] as const;

/** Where the sizes of a kernel stand: in its text, so that each shape is compiled, or among its arguments. */
export type SizesChoice = (typeof SIZES)[number];

/** What `TORCHLET_GPU_SIZES` says; `auto` decides by how many shapes there are. @throws DeviceError for any other value. */
export function requestedSizes(): SizesChoice {
  const value = environment('TORCHLET_GPU_SIZES') ?? 'auto';
  const choice = SIZES.find((name) => name === value);
  if (choice !== undefined) return choice;
  throw new DeviceError(`TORCHLET_GPU_SIZES=${value} is not supported, expected one of: ${SIZES.join(', ')}`);
}

/** Whether each transfer is to be printed: `TORCHLET_GPU_DEBUG=1`. */
export const debugRequested = (): boolean => environment('TORCHLET_GPU_DEBUG') === '1';

/** Whether to wait after each kernel, so that an error is thrown where it was made: `TORCHLET_GPU_BLOCKING=1`. */
export const blockingRequested = (): boolean => environment('TORCHLET_GPU_BLOCKING') === '1';
