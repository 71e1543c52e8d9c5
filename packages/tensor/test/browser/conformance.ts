/** In the page's worker: the whole conformance suite, in both forms of kernels. */
import { conformanceCases } from '../../src/backend/conformance.js';
import { gpuBackend } from '../../src/backend/gpu/gpu-backend.js';
import * as gpu from '../../src/gpu.js';
import { FORMS } from '../gpu-shapes.js';
import { answer } from './answer.js';

export interface ConformanceReport {
  readonly backend: string;
  readonly passed: number;
  /** Names and messages of the others. */
  readonly failures: string[];
}

answer(async ({ backend, worker }): Promise<ConformanceReport> => {
  await gpu.init({ backend, worker });
  const failures: string[] = [];
  const cases = conformanceCases.filter(({ skip }) => skip?.gpu === undefined);
  let passed = 0;
  for (const [form, setUp] of Object.entries(FORMS)) {
    setUp();
    for (const { name, run } of cases) {
      try {
        run(gpuBackend());
        passed++;
      } catch (error) {
        failures.push(`${name}, ${form}: ${String(error)}`);
      }
    }
  }
  return { backend: gpu.backend(), passed, failures };
});
