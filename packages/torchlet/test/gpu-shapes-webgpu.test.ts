/** Training with changing shapes on a WebGPU device. */
import { describe } from 'vitest';
import { adapterFound } from '../../tensor/test/webgpu.js';
import { describeShapes } from './gpu-shapes.js';

const found = adapterFound('Training with changing shapes on WebGPU');

describe.skipIf(!found)('on WebGPU', () => describeShapes());
