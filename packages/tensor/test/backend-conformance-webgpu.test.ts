/** The suite that every backend passes, on a WebGPU device. */
import { describe, it } from 'vitest';
import { conformanceCases } from '../src/backend/conformance.js';
import { gpuBackend } from '../src/backend/gpu/gpu-backend.js';
import { adapterFound, beyondWgsl } from './webgpu.js';

/** Cases with operands or results that WGSL says nothing about. */
const BEYOND_WGSL = /special values|extreme|NaN|infinit/;

const found = adapterFound(`The conformance suite (${conformanceCases.length} cases) on WebGPU`);

describe.skipIf(!found)('the gpu backend on WebGPU', { timeout: 60_000 }, () => {
  for (const { name, skip, run } of conformanceCases) {
    it(name, (context) => {
      const reason = skip?.gpu;
      if (reason !== undefined) context.skip(reason);
      if (BEYOND_WGSL.test(name)) beyondWgsl(context, () => run(gpuBackend()));
      else run(gpuBackend());
    });
  }
});
