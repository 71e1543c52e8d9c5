/** The suite that every backend passes, on WebGL 2 in a browser. */
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { ConformanceReport } from './browser/conformance.js';
import { findBrowser, TestPage } from './browser/page.js';

const program = findBrowser('The conformance suite on webgl2');

describe.skipIf(program === null)('the gpu backend in a browser', () => {
  it('passes every case on webgl2', { timeout: 900_000 }, async () => {
    const page = await TestPage.open(program as string, {
      worker: join(import.meta.dirname, 'browser/conformance.ts'),
      device: join(import.meta.dirname, '../src/backend/gpu/worker/browser-entry.ts'),
    });
    try {
      const { backend, passed, failures } = (await page.report('webgl2')) as ConformanceReport;
      expect(failures).toEqual([]);
      expect(backend).toBe('webgl2');
      expect(passed).toBeGreaterThan(600);
    } finally {
      await page.close();
    }
  });
});
