/** A part of the conformance suite in gpu.js's `webasm` mode, which compiles every kernel anew for each size. */
import { expect, it } from 'vitest';
import { conformanceCases } from '../src/backend/conformance.js';
import { gpuBackend } from '../src/backend/gpu/gpu-backend.js';
import * as gpu from '../src/gpu.js';

process.env.TORCHLET_GPU = 'webasm';

const PART: readonly string[] = [
  'copy between all layouts, float32',
  'elementwise on all pairs of layouts, float32',
  'elementwise broadcasts views and numbers',
  'an update in which the parameter is its own gradient',
  'reduce sum, float32',
  'reduce max, float32',
  'softmax and log_softmax, float32',
  'gather of rows: one index for a whole row',
  'scatterAdd of rows: one index for a whole row',
  'matmul adds a bias to each row, float32',
  'matmul on batches, float32',
  'matmul with more than a thousand terms, float32',
  'conv2d stride, padding and dilation, all different, float32',
  'conv2d groups, float32',
  'max pooling, padding, float32',
  'average pooling, padding, float32',
];

it('runs in the mode that is asked for', () => {
  expect(gpu.backend()).toBe('webasm');
});

it.each(PART)('%s', { timeout: 30_000 }, (name) => {
  const found = conformanceCases.find((one) => one.name === name);
  if (found === undefined) expect.fail('there is no such case any more');
  found.run(gpuBackend());
});
