import { defineConfig } from 'vitest/config';
import { SlowFirst } from './tools/slow-first.js';

// Workspace packages resolve to their TypeScript sources, so a test never runs a stale build.
const conditions = ['@torchlet/source', 'node', 'import', 'module', 'default'];

export default defineConfig({
  resolve: { conditions },
  ssr: { resolve: { conditions, externalConditions: conditions } },
  test: {
    // The tests' gpu, except where a test says otherwise: gpu.js's own emulation, which runs everywhere.
    env: { TORCHLET_GPU: 'cpu' },
    sequence: { sequencer: SlowFirst },
    // the caller does little while they work: on two processors, one worker would take nearly twice as long
    maxWorkers: '100%',
    // a property with hundreds of cases takes a second, and ten times that on processors that others use, too
    testTimeout: 30_000,
    // what is generated is no staler than the sources
    globalSetup: ['packages/kernels/build.mjs'],
    include: ['packages/*/test/**/*.test.ts', 'examples/*/test/**/*.test.ts', 'tools/*/test/**/*.test.ts'],
    typecheck: {
      enabled: true,
      include: ['packages/*/test/**/*.test-d.ts'],
      tsconfig: './tsconfig.json',
      // Errors elsewhere are the type check's own part of `npm test`; here only the type tests count.
      ignoreSourceErrors: true,
    },
  },
});
