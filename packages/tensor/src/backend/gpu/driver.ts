/**
 * What runs gpu.js: a stream of commands, carried out in the order given. Only `download` and `synchronize` wait; a driver may
 * do everything else later and elsewhere. Arrays on the device never change: a kernel makes a new one, under a number that the
 * caller chose, so that no call needs an answer.
 */
import type { DeviceError } from '../../errors.js';
import type { GpuMode } from './config.js';

/** Names an array on the device. Numbers are not used again. */
export type ArrayId = number;

/** How many outputs a thread computes. */
export type Lanes = 1 | 4;

/** A kernel before it is compiled. Everything but the elements, the scalars and how many outputs there are is in the text. */
export interface KernelSource {
  /** For error messages. */
  readonly op: string;
  /** Names of flat float32 arrays. */
  readonly parameters: readonly string[];
  /** Names of numbers that change from call to call, behind the arrays; 32-bit floats on a GPU. */
  readonly scalars?: readonly string[];
  /** Functions that the body may call, each a source text of the form `function name(a, b) { … }` over floats. */
  readonly functions?: readonly string[];
  /**
   * JavaScript as gpu.js takes it; `this.thread.x` is the thread, which is the flat output index of a single output. Sizes are
   * marked (`kernels/sizes.ts`), and become numbers or arguments.
   */
  readonly body: string;
  /**
   * Outputs of a thread: its body returns an array of so many, which lie one behind the other in the output. Where they do not
   * divide `outputs`, what the last thread returns too much is dropped. One when it is left out: the body returns a number.
   */
  readonly lanes?: Lanes;
  /** Elements of the output, at least one. */
  readonly outputs: number;
}

/** What the device holds as of the last wait, unused buffers included. */
export interface DriverMemory {
  /** Bytes of all buffers for arrays, those included that wait to be used again. */
  readonly reserved: number;
  /** Buffers made since the start. */
  readonly buffers: number;
}

/** Errors of the device itself are thrown by the next call that waits, at the latest: a DeviceError that names the op. */
export interface Driver {
  readonly mode: GpuMode;
  /** The adapter's name, or what stands in for one. */
  readonly name: string;
  /** The most outputs of a thread that a kernel may have here. */
  readonly lanes: Lanes;
  /** The most bytes that an array may have, where that is known; else Infinity. */
  readonly maxBytes: number;
  /** Why the device has stopped for good; null while it works. Another driver is started then. */
  readonly ended: DeviceError | null;
  /** Puts an array on the device. The elements may not change afterwards. */
  upload(id: ArrayId, data: Float32Array): void;
  /** Runs a kernel; the result is the array `out`. */
  run(kernel: KernelSource, arrays: readonly ArrayId[], scalars: readonly number[], out: ArrayId): void;
  /** The elements of an array, which may be the device's own and are not to be written. Waits. */
  download(id: ArrayId): Float32Array;
  /** Nobody will name this array again. */
  free(id: ArrayId): void;
  /** Waits until everything given so far is done. */
  synchronize(): void;
  memory(): DriverMemory;
  /** Kernels compiled since the start, those on their way to the device included. */
  readonly compiled: number;
  /** Gives the memory of unused buffers back. Waits. */
  emptyCache(): void;
  /** Ends the device, with what it is doing. Nobody may use the driver afterwards. */
  close(): void;
}
