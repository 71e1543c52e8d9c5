/** `torch.gpu`: what `torch.cuda` is to CUDA. https://pytorch.org/docs/stable/cuda.html */
import { checkOptions } from './arguments.js';
import { requestedMode } from './backend/gpu/config.js';
import { gpuDriver, startDevice, startedDriver } from './backend/gpu/device.js';
import { allocatedBytes, collectAll, peakBytes, resetPeak } from './backend/gpu/memory.js';
import { gpuGenerator } from './backend/gpu/random.js';
import { type GpuStats, gpuStats, resetGpuStats } from './backend/gpu/stats.js';
import { DeviceError } from './errors.js';
import { bytesTensor, stateBytes } from './generator.js';
import type { Tensor } from './tensor.js';

export type { GpuStats } from './backend/gpu/stats.js';
export {
  type WarmUp,
  type WarmUpNet,
  type WarmUpOptimizer,
  type WarmUpOptions,
  warm_up,
} from './gpu-warm-up.js';

export interface InitOptions {
  /** What `TORCHLET_GPU` says otherwise: `webgpu`, `headlessgl`, `webgl2` (in a browser), `webasm` or `cpu`. */
  readonly backend?: string;
  /** In a browser: the script of the device's thread, where a bundler does not find it by itself. */
  readonly worker?: string | { readonly href: string };
}

/**
 * Starts the device. Needed only in a browser, which loads nothing synchronously: call it once, before the first tensor goes
 * to the gpu. https://pytorch.org/docs/stable/generated/torch.cuda.init.html
 * @throws DeviceError when there is no gpu device.
 */
export async function init(options: InitOptions = {}): Promise<void> {
  checkOptions('init', ['backend', 'worker'], options);
  await startDevice(options.backend, options.worker);
}

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

/** 1 where there is a gpu device, else 0: `gpu` and `gpu:0` are one and the same. */
export function device_count(): number {
  return is_available() ? 1 : 0;
}

/** Always 0. @throws DeviceError when there is no gpu device. */
export function current_device(): number {
  gpuDriver();
  return 0;
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

/**
 * Bytes of the device's buffers, those included that wait to be used again, as of the last wait. 0 where no device runs.
 * https://pytorch.org/docs/stable/generated/torch.cuda.memory.memory_reserved.html
 */
export function memory_reserved(): number {
  return startedDriver()?.memory().reserved ?? 0;
}

/** What {@link memory_stats} tells: a few of PyTorch's entries, under its names. */
export interface GpuMemoryStats {
  /** {@link memory_allocated} */
  readonly 'allocated_bytes.all.current': number;
  /** {@link max_memory_allocated} */
  readonly 'allocated_bytes.all.peak': number;
  /** {@link memory_reserved} */
  readonly 'reserved_bytes.all.current': number;
  /** Buffers that the device was asked for since its start: the ones that were used again do not count. */
  readonly num_device_alloc: number;
}

/**
 * The counters of memory. What the device says is as of the last wait.
 * https://pytorch.org/docs/stable/generated/torch.cuda.memory.memory_stats.html
 */
export function memory_stats(): GpuMemoryStats {
  const { reserved, buffers } = startedDriver()?.memory() ?? { reserved: 0, buffers: 0 };
  return {
    'allocated_bytes.all.current': memory_allocated(),
    'allocated_bytes.all.peak': max_memory_allocated(),
    'reserved_bytes.all.current': reserved,
    num_device_alloc: buffers,
  };
}

/**
 * Frees the tensors that nobody can reach, and gives the memory of unused buffers back to the device. Never needed.
 * https://pytorch.org/docs/stable/generated/torch.cuda.memory.empty_cache.html
 */
export function empty_cache(): void {
  collectAll();
  const driver = startedDriver();
  if (driver !== null && driver.ended === null) driver.emptyCache();
}

/**
 * Seeds the device's own generator, as `torch.manual_seed` also does; a fraction is cut off. Its draws are other numbers
 * than the cpu's. https://pytorch.org/docs/stable/generated/torch.cuda.manual_seed.html
 */
export function manual_seed(seed: number | bigint): void {
  gpuGenerator().manual_seed(typeof seed === 'number' && Number.isFinite(seed) ? Math.trunc(seed) : seed);
}

/** As {@link manual_seed}: there is one device. */
export function manual_seed_all(seed: number | bigint): void {
  manual_seed(seed);
}

/** Seeds the device's generator with a random number. https://pytorch.org/docs/stable/generated/torch.cuda.seed.html */
export function seed(): void {
  gpuGenerator().seed();
}

/** As {@link seed}: there is one device. */
export function seed_all(): void {
  gpuGenerator().seed();
}

/** The seed of the device's generator. https://pytorch.org/docs/stable/generated/torch.cuda.initial_seed.html */
export function initial_seed(): number | bigint {
  return gpuGenerator().initial_seed();
}

/** The state of the device's generator, bytes on the cpu. https://pytorch.org/docs/stable/generated/torch.cuda.get_rng_state.html */
export function get_rng_state(): Tensor {
  return bytesTensor(gpuGenerator().bytes());
}

/**
 * Puts the device's generator into a state that {@link get_rng_state} gave.
 * https://pytorch.org/docs/stable/generated/torch.cuda.set_rng_state.html
 */
export function set_rng_state(new_state: Tensor): void {
  gpuGenerator().setBytes(stateBytes(new_state));
}

/** What was moved to and from the device, and what ran on it, since the start or {@link reset_stats}. */
export function stats(): GpuStats {
  return gpuStats();
}

export function reset_stats(): void {
  resetGpuStats();
}
