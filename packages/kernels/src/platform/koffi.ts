/** The optional dependency koffi, through which native functions are called. */
import { createRequire } from 'node:module';
import type { NumericArray } from '../types.js';

const require = createRequire(import.meta.url);
const NAME = 'koffi';

/** A native library, as far as it is used here. */
export interface NativeLibrary {
  /** Throws where the library has no such function. */
  func(prototype: string): (...args: unknown[]) => unknown;
  unload(): void;
}

export interface Koffi {
  /** Opens a library; null: what the process itself has loaded. */
  load(path: string | null): NativeLibrary;
  /** Where an array begins in the memory of the process. */
  address(array: NumericArray): bigint;
}

/** Throws where it is not installed, or has no build for this system. */
export const loadKoffi = (): Koffi => require(NAME) as Koffi;

/** The file that another thread loads it from. */
export const koffiPath = (): string => require.resolve(NAME);
