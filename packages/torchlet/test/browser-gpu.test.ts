/** The gpu device in a real browser, bundled as a user would bundle it: WebGPU and WebGL 2, each in a Web Worker. */
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { findBrowser, TestPage } from '../../tensor/test/browser/page.js';
import type { Report } from './browser/compute.js';

const program = findBrowser('The gpu device (webgpu and webgl2)');

const scripts = {
  worker: join(import.meta.dirname, 'browser/compute.ts'),
  device: join(import.meta.dirname, '../src/gpu-worker.ts'),
};

describe.skipIf(program === null)('the gpu device in a browser', { timeout: 120_000 }, () => {
  let page: TestPage;

  beforeAll(async () => {
    page = await TestPage.open(program as string, scripts);
  }, 120_000);

  afterAll(() => page?.close());

  const reportOf = async (backend: string | null): Promise<Report> => (await page.report(backend)) as Report;

  it.each(['webgpu', 'webgl2'])('%s computes what the cpu does, and trains', async (backend) => {
    const report = await reportOf(backend);
    expect(report.backend).toBe(backend);
    expect(report.device).not.toBe('');
    for (const [name, difference] of Object.entries(report.differences)) {
      expect(difference, name).toBeLessThan(1e-4);
    }
    const { cpu, gpu } = report.losses;
    expect(cpu[3]).toBeLessThan(cpu[0]);
    gpu.forEach((loss, i) => {
      expect(Math.abs(loss - cpu[i]), `step ${i}`).toBeLessThan(1e-4);
    });
    expect(report.kernels).toBeGreaterThan(20);
    expect(report.early).toContain('call `await gpu.init()` first');
  });

  it('takes webgpu where nobody asks for another', async () => {
    expect((await reportOf(null)).backend).toBe('webgpu');
  });

  it('takes webgl2 on a page that is not isolated, and says why webgpu is not there', async () => {
    const open = await TestPage.open(program as string, scripts, false);
    try {
      expect(((await open.report(null)) as Report).backend).toBe('webgl2');
      await expect(open.report('webgpu')).rejects.toThrow(
        'webgpu was asked for, but the page is not cross-origin isolated: serve it with the headers',
      );
    } finally {
      await open.close();
    }
  });
});
