import { describe, expect, it } from 'vitest';
import { conformanceCases } from '../src/backend/conformance.js';
import { cpuBackend } from '../src/backend/cpu/cpu-backend.js';
import { gpuBackend } from '../src/backend/gpu/gpu-backend.js';

describe.each([
  ['cpu', () => cpuBackend],
  ['gpu', gpuBackend],
] as const)('the %s backend', (device, backend) => {
  for (const { name, skip, run } of conformanceCases) {
    it(name, (context) => {
      const reason = skip?.[device];
      if (reason !== undefined) context.skip(reason);
      run(backend());
    });
  }
});

it('every case has a name of its own', () => {
  const names = conformanceCases.map(({ name }) => name);
  expect(new Set(names).size).toBe(names.length);
});
