/** The suite that every backend passes, on a WebGPU device. */
import { afterAll, beforeAll, describe, it } from 'vitest';
import { conformanceCases } from '../src/backend/conformance.js';
import { gpuBackend } from '../src/backend/gpu/gpu-backend.js';
import { FORMS, usualForms } from './gpu-shapes.js';
import { adapterFound, runCase } from './webgpu.js';

const found = adapterFound(`The conformance suite (${conformanceCases.length} cases) on WebGPU`);

describe.skipIf(!found).each(Object.entries(FORMS))(
  'the gpu backend on WebGPU, %s',
  { timeout: 60_000 },
  (_, setUp) => {
    beforeAll(setUp);
    afterAll(usualForms);

    for (const { name, skip, run } of conformanceCases) {
      it(name, (context) => {
        const reason = skip?.gpu;
        if (reason !== undefined) context.skip(reason);
        runCase(context, name, () => run(gpuBackend()));
      });
    }
  },
);
