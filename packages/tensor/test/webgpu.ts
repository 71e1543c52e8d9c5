/** A WebGPU adapter for tests: that of the machine, or SwiftShader's, which Debian's package chromium brings. */
import { existsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import type { TestContext } from 'vitest';
import * as gpu from '../src/gpu.js';

const SWIFTSHADER = '/usr/lib/chromium/vk_swiftshader_icd.json';

/** What an adapter needs in the environment of this process and of those that it starts. */
export function lendAdapter(): void {
  process.env.TORCHLET_GPU = 'webgpu';
  if (process.env.VK_ICD_FILENAMES === undefined && existsSync(SWIFTSHADER)) process.env.VK_ICD_FILENAMES = SWIFTSHADER;
  process.env.XDG_RUNTIME_DIR ??= tmpdir();
}

/** Whether there is an adapter. Where there is none, the reason is printed with the name of what is not tested. */
export function adapterFound(what: string): boolean {
  lendAdapter();
  if (gpu.is_available()) return true;
  try {
    gpu.backend();
  } catch (error) {
    console.warn(
      `${what} is not tested: ${(error as Error).message} For tests, Debian's packages chromium and libvulkan1 bring one.`,
    );
  }
  return false;
}

/**
 * Runs a test of more than WGSL promises: see docs/gpu-numerics.md. SwiftShader keeps it; where another adapter does not, the
 * test is skipped and says what came.
 */
export function beyondWgsl(context: TestContext, run: () => void): void {
  try {
    run();
  } catch (error) {
    const name = gpu.device_name();
    if (/swiftshader/i.test(name)) throw error;
    context.skip(`WGSL does not promise this, and ${name} does not give it: ${(error as Error).message}`);
  }
}

/** Cases with operands or results that WGSL says nothing about. */
const BEYOND_WGSL = /special values|extreme|NaN|infinit/;

/** Runs a case of the conformance suite, as {@link beyondWgsl} does where its name says so. */
export function runCase(context: TestContext, name: string, run: () => void): void {
  if (BEYOND_WGSL.test(name)) beyondWgsl(context, run);
  else run();
}
