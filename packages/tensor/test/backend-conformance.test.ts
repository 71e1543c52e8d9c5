import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { conformanceCases } from '../src/backend/conformance.js';
import { cpuBackend } from '../src/backend/cpu/cpu-backend.js';
import { gpuBackend } from '../src/backend/gpu/gpu-backend.js';
import * as gpu from '../src/gpu.js';
import { FORMS, usualForms } from './gpu-shapes.js';

/** Of floats and booleans only running results and sorting leave the device; of integers whatever may leave 2^24. */
const THROUGH_CPU = /int64|int32|uint8|^scan|^sort|pow_integer|safe integers/;

describe.each([
  ['the cpu backend', 'cpu', () => cpuBackend, usualForms],
  ['the gpu backend, sizes in the text', 'gpu', gpuBackend, FORMS['sizes in the text']],
  ['the gpu backend, sizes as arguments', 'gpu', gpuBackend, FORMS['sizes as arguments']],
] as const)('%s', (_, device, backend, setUp) => {
  beforeAll(setUp);
  afterAll(usualForms);

  for (const { name, skip, run } of conformanceCases) {
    it(name, (context) => {
      const reason = skip?.[device];
      if (reason !== undefined) context.skip(reason);
      gpu.reset_stats();
      run(backend());
      if (device === 'gpu' && !THROUGH_CPU.test(name)) expect(gpu.stats().transfers_by_op).toEqual({});
    });
  }
});

it('every case has a name of its own', () => {
  const names = conformanceCases.map(({ name }) => name);
  expect(new Set(names).size).toBe(names.length);
});
