/** Counters of what the gpu device does, so that a transfer never passes unseen. */
import { debugRequested } from './config.js';

export interface GpuStats {
  /** Arrays moved from the host to the device. */
  uploads: number;
  /** Kernel results moved from the device to the host. */
  readbacks: number;
  /** Kernels run on the device. */
  kernels: number;
  /** Kernels compiled for that, because they had not run before, or not with these sizes. */
  compiled: number;
  /** Operations that ran on the cpu instead, by name: those without a gpu kernel, and the packing of strided operands. */
  transfers_by_op: Record<string, number>;
}

const counts = { uploads: 0, readbacks: 0, kernels: 0, compiled: 0 };
const transfers = new Map<string, number>();

/** A copy of the counters. */
export function gpuStats(): GpuStats {
  return { ...counts, transfers_by_op: Object.fromEntries(transfers) };
}

export function resetGpuStats(): void {
  counts.uploads = counts.readbacks = counts.kernels = counts.compiled = 0;
  transfers.clear();
}

export function countUpload(): void {
  counts.uploads++;
}

export function countReadback(): void {
  counts.readbacks++;
}

/** @param compiled kernels compiled for it */
export function countKernel(compiled: number): void {
  counts.kernels++;
  counts.compiled += compiled;
}

/** `operands` is asked for only when transfers are printed. */
export function countTransfer(op: string, operands: () => string): void {
  transfers.set(op, (transfers.get(op) ?? 0) + 1);
  if (debugRequested()) console.error(`torchlet gpu: ${op} runs on the cpu (${operands()})`);
}
