/** A page in a real browser whose Web Workers run bundled scripts; served on this machine, to this machine alone. */
import { existsSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { build } from 'esbuild';
import { type Browser, chromium, type Page } from 'playwright-core';

const PLACES = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];

/** The browser's program. Where there is none, the reason is printed with the name of what is not tested. */
export function findBrowser(what: string): string | null {
  const own = process.env.TORCHLET_BROWSER;
  const found = own === undefined ? PLACES.find(existsSync) : existsSync(own) ? own : undefined;
  if (found !== undefined) return found;
  console.warn(
    `${what} is not tested in a browser: there is none at ${own ?? PLACES.join(', ')}. ` +
      "Install Debian's package chromium, or name another Chromium in TORCHLET_BROWSER.",
  );
  return null;
}

/** Each script in one file, by its address. */
async function bundle(scripts: Readonly<Record<string, string>>): Promise<Map<string, string>> {
  const { outputFiles } = await build({
    entryPoints: { ...scripts },
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

function serve(scripts: Map<string, string>, headers: Readonly<Record<string, string>>): Promise<Server> {
  const server = createServer((request, response) => {
    const script = scripts.get(request.url ?? '');
    response.writeHead(200, { ...headers, 'Content-Type': script === undefined ? 'text/html' : 'text/javascript' });
    response.end(script ?? '<!doctype html><title>torchlet</title>');
  });
  return new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(server)));
}

/** What the worker's script answers. */
interface Answer {
  readonly report?: unknown;
  readonly error?: string;
}

/** The parts of a browser that run in the page. */
interface PageScope {
  readonly location: { readonly origin: string };
  readonly Worker: new (
    url: string,
    options: { readonly type: 'module' },
  ) => {
    onmessage: (event: { readonly data: Answer }) => void;
    onerror: (event: { readonly message: string }) => void;
    postMessage(message: object): void;
    terminate(): void;
  };
}

export class TestPage {
  private constructor(
    private readonly browser: Browser,
    private readonly server: Server,
    private readonly page: Page,
  ) {}

  /** @param scripts files by name: `worker`, which is started, and `device`, which it may start */
  static async open(
    program: string,
    scripts: Readonly<Record<'worker' | 'device', string>>,
    isolated = true,
  ): Promise<TestPage> {
    const server = await serve(await bundle(scripts), isolated ? HEADERS : {});
    const browser = await chromium.launch({
      executablePath: program,
      args: [
        '--headless',
        '--no-sandbox',
        '--disable-quic',
        '--no-first-run',
        '--disable-background-networking',
        '--disable-component-update',
        '--disable-sync',
        '--enable-unsafe-webgpu',
        '--use-webgpu-adapter=swiftshader',
      ],
    });
    const page = await browser.newPage();
    await page.goto(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
    return new TestPage(browser, server, page);
  }

  /** Starts the worker, tells it the backend and where the device's script lies, and waits for its report. */
  async report(backend: string | null): Promise<unknown> {
    const { report, error } = await this.page.evaluate(async (name): Promise<Answer> => {
      const { Worker, location } = globalThis as unknown as PageScope;
      const worker = new Worker('/worker.js', { type: 'module' });
      worker.postMessage({ ...(name === null ? {} : { backend: name }), worker: `${location.origin}/device.js` });
      const answer = await new Promise<Answer>((resolve) => {
        worker.onmessage = ({ data }) => resolve(data);
        worker.onerror = ({ message }) => resolve({ error: message });
      });
      worker.terminate();
      return answer;
    }, backend);
    if (error !== undefined) throw new Error(error);
    return report;
  }

  async close(): Promise<void> {
    await this.browser.close();
    this.server.close();
  }
}
