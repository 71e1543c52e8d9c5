/** The gpu device in a real browser, bundled as a user would bundle it: WebGPU and WebGL 2, each in a Web Worker. */
import { existsSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { build } from 'esbuild';
import { type Browser, chromium, type Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Report } from './browser/compute.js';

const PLACES = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];

function findBrowser(): string | undefined {
  const own = process.env.TORCHLET_BROWSER;
  const found = own === undefined ? PLACES.find(existsSync) : existsSync(own) ? own : undefined;
  if (found === undefined) {
    console.warn(
      `The gpu device is not tested in a browser, neither on webgpu nor on webgl2: there is none at ${own ?? PLACES.join(', ')}. ` +
        "Install Debian's package chromium, or name another Chromium in TORCHLET_BROWSER.",
    );
  }
  return found;
}

/** The page's worker and the device's, each in one file. */
async function bundle(): Promise<Map<string, string>> {
  const { outputFiles } = await build({
    entryPoints: {
      worker: join(import.meta.dirname, 'browser/worker.ts'),
      device: join(import.meta.dirname, '../src/gpu-worker.ts'),
    },
    outdir: '/',
    bundle: true,
    write: false,
    format: 'esm',
    platform: 'browser',
    conditions: ['@torchlet/source'],
    logLevel: 'error',
  });
  return new Map(outputFiles.map(({ path, text }) => [path.replaceAll('\\', '/').replace(/^.*\//, '/'), text]));
}

/** Isolated from other origins, which is what shared memory needs. */
const HEADERS = { 'Cross-Origin-Opener-Policy': 'same-origin', 'Cross-Origin-Embedder-Policy': 'require-corp' };

function serve(scripts: Map<string, string>): Promise<Server> {
  const server = createServer((request, response) => {
    const script = scripts.get(request.url ?? '');
    const type = script === undefined ? 'text/html' : 'text/javascript';
    response.writeHead(200, { ...HEADERS, 'Content-Type': type, 'Cross-Origin-Resource-Policy': 'same-origin' });
    response.end(script ?? '<!doctype html><title>torchlet</title>');
  });
  return new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(server)));
}

const program = findBrowser();

describe.skipIf(program === undefined)('the gpu device in a browser', { timeout: 120_000 }, () => {
  let browser: Browser;
  let server: Server;
  let page: Page;

  beforeAll(async () => {
    server = await serve(await bundle());
    browser = await chromium.launch({
      executablePath: program,
      args: ['--headless', '--no-sandbox', '--enable-unsafe-webgpu', '--use-webgpu-adapter=swiftshader', '--disable-sync'],
    });
    page = await browser.newPage();
    await page.goto(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
  }, 120_000);

  afterAll(async () => {
    await browser?.close();
    server?.close();
  });

  /** What a Web Worker of the page computes. */
  const reportOf = (backend?: string): Promise<Report> =>
    page.evaluate(async (name) => {
      interface Scope {
        Worker: new (url: string, options: object) => {
          onmessage: (event: { data: { report?: Report; error?: string } }) => void;
          onerror: (event: { message: string }) => void;
          postMessage(message: object): void;
        };
        location: { origin: string };
      }
      const { Worker, location } = globalThis as unknown as Scope;
      const worker = new Worker('/worker.js', { type: 'module' });
      worker.postMessage({ ...(name === null ? {} : { backend: name }), worker: `${location.origin}/device.js` });
      return new Promise<Report>((resolve, reject) => {
        worker.onmessage = ({ data }) => (data.report ? resolve(data.report) : reject(new Error(data.error)));
        worker.onerror = ({ message }) => reject(new Error(message));
      });
    }, backend ?? null);

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
    expect(report.error).toContain('call `await gpu.init()` first');
  });

  it('takes webgpu where nobody asks for another', async () => {
    expect((await reportOf()).backend).toBe('webgpu');
  });
});
