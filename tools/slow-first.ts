/** The order of test files: those that take minutes begin first, so that no processor waits for one of them at the end. */
import { BaseSequencer, type TestSpecification } from 'vitest/node';

const SLOW = [
  'backend-conformance-browser.test.ts',
  'backend-conformance-webgpu.test.ts',
  'ops/webgpu.test.ts',
  'gpu-shapes-webgpu.test.ts',
  'gpu-lanes-webgpu.test.ts',
  'mnist/test/main.test.ts',
  'mnist/test/gpu.test.ts',
];

/** Those of {@link SLOW} in its order, then all others. */
function rank({ moduleId }: TestSpecification): number {
  const at = SLOW.findIndex((end) => moduleId.endsWith(end));
  return at < 0 ? SLOW.length : at;
}

export class SlowFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files);
    return [...sorted].sort((a, b) => rank(a) - rank(b));
  }
}
