/** The device's thread in a browser: gpu.js on the browser's own WebGPU, in a worker of the worker that computes. */
import type { Batch } from '../drivers/webgpu/commands.js';
import { Control } from '../drivers/webgpu/control.js';
import type { WebGpu } from '../drivers/webgpu/device-api.js';
import { ReplyArea } from '../drivers/webgpu/reply-area.js';
import { Server } from '../drivers/webgpu/server.js';
import type { EngineParts } from '../drivers/webgpu/start.js';

interface Message {
  readonly area: SharedArrayBuffer;
  /** Only in the first message. */
  readonly memory?: SharedArrayBuffer;
  /** In all the others. */
  readonly batch?: Batch;
}

interface WorkerScope {
  readonly navigator: { readonly gpu: WebGpu };
  onmessage: ((event: { readonly data: Message }) => void) | null;
  onerror: ((event: unknown) => void) | null;
  onunhandledrejection: ((event: { readonly reason: unknown }) => void) | null;
  postMessage(message: string): void;
  close(): void;
}

async function partsOfBrowser(scope: WorkerScope): Promise<EngineParts> {
  // @ts-expect-error the file has no types, and the package's own are partly wrong
  const module = await import('gpu.js/dist/gpu-browser.min.js');
  return {
    gpu: scope.navigator.gpu,
    install: (gpu) => Object.defineProperty(scope.navigator, 'gpu', { value: gpu, configurable: true }),
    load: () => module.default ?? module,
    before: null,
  };
}

/** Serves the worker that started this one. */
export function serveBrowser(): void {
  const scope = globalThis as unknown as WorkerScope;
  scope.onmessage = ({ data: { memory, area: first } }) => {
    const control = new Control(memory);
    let area = new ReplyArea(first);
    const beating = setInterval(() => control.beat(), Control.BEAT_MS);
    const server = new Server(
      {
        reply: (reply) => area.write(reply),
        end() {
          clearInterval(beating);
          scope.close();
        },
      },
      control,
      () => partsOfBrowser(scope),
    );
    scope.onmessage = ({ data }) => {
      server.take(data.batch as Batch, () => {
        area = new ReplyArea(data.area);
      });
    };
    scope.onerror = (event) => server.fail(event);
    scope.onunhandledrejection = ({ reason }) => server.fail(reason);
    void server.ready.then(() => scope.postMessage('ready'));
  };
}
