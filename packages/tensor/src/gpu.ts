/** `torch.gpu`: what `torch.cuda` is to CUDA. https://pytorch.org/docs/stable/cuda.html */
import { requestedMode } from './backend/gpu/config.js';
import { gpuDriver } from './backend/gpu/device.js';
import { allocatedBytes, peakBytes, resetPeak } from './backend/gpu/memory.js';
import { type GpuStats, gpuStats, resetGpuStats } from './backend/gpu/stats.js';
import { DeviceError } from './errors.js';

export type { GpuStats } from './backend/gpu/stats.js';

/**
 * Whether `to('gpu')` works: false with `TORCHLET_GPU=off` and where gpu.js cannot start. It says nothing about hardware:
 * see {@link device_name}. Starts the device.
 * @throws DeviceError when `TORCHLET_GPU` is set to something unknown.
 */
export function is_available(): boolean {
  if (requestedMode() === 'off') return false;
  try {
    gpuDriver();
    return true;
  } catch (error) {
    if (error instanceof DeviceError) return false;
    throw error;
  }
}

/** What the device runs on. @throws DeviceError when there is no gpu device. */
export function device_name(): string {
  return gpuDriver().name;
}

/** The mode that gpu.js runs in. @throws DeviceError when there is no gpu device. */
export function backend(): string {
  return gpuDriver().mode;
}

/** Waits until everything given to the device is done. gpu.js's `cpu` mode has finished when a call returns. */
export function synchronize(): void {
  gpuDriver().synchronize();
}

/**
 * Bytes of all gpu tensors, those included that nobody can reach and that have not been looked for yet.
 * https://pytorch.org/docs/stable/generated/torch.cuda.memory.memory_allocated.html
 */
export function memory_allocated(): number {
  return allocatedBytes();
}

/**
 * The most that {@link memory_allocated} was, at the end of an operation, since the start or {@link reset_peak_memory_stats}.
 * https://pytorch.org/docs/stable/generated/torch.cuda.memory.max_memory_allocated.html
 */
export function max_memory_allocated(): number {
  return peakBytes();
}

/** https://pytorch.org/docs/stable/generated/torch.cuda.memory.reset_peak_memory_stats.html */
export function reset_peak_memory_stats(): void {
  resetPeak();
}

/** What was moved to and from the device, and what ran on it, since the start or {@link reset_stats}. */
export function stats(): GpuStats {
  return gpuStats();
}

export function reset_stats(): void {
  resetGpuStats();
}
