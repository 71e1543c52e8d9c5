/** Every op sample on a WebGPU device. */
import { describe } from 'vitest';
import { adapterFound, beyondWgsl } from '../webgpu.js';
import { loadAllCases } from './fixtures.js';
import { describeOnGpu } from './runner.js';

describe.skipIf(!adapterFound('The op samples on WebGPU'))('on WebGPU', { timeout: 60_000 }, () => {
  describeOnGpu(loadAllCases(), beyondWgsl);
});
