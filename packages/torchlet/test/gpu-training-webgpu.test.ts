/** Training on a WebGPU device. */
import { describe } from 'vitest';
import { adapterFound } from '../../tensor/test/webgpu.js';
import { describeTraining } from './gpu-training.js';

const found = adapterFound('Training on WebGPU');

describe.skipIf(!found)('on WebGPU', () => describeTraining(['SGD', 'Adam']));
