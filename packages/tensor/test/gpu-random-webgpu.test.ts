/** The gpu's draws on a WebGPU device. */
import { describe } from 'vitest';
import { describeDraws } from './gpu-random.js';
import { adapterFound } from './webgpu.js';

const found = adapterFound('Drawing on WebGPU');

describe.skipIf(!found)('on WebGPU', { timeout: 60_000 }, () => describeDraws());
