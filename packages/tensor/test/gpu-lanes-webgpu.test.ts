/** Kernels whose threads compute four outputs each, on a WebGPU device. */
import { describe } from 'vitest';
import { testLanes } from './gpu-lanes.js';
import { adapterFound, runCase } from './webgpu.js';

describe.skipIf(!adapterFound('Four outputs a thread on WebGPU'))('on WebGPU', { timeout: 60_000 }, () =>
  testLanes(undefined, runCase),
);
