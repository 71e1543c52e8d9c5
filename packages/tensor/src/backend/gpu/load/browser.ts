import { DeviceError } from '../../../errors.js';
import type { Batch } from '../drivers/webgpu/commands.js';
import { Control } from '../drivers/webgpu/control.js';
import { ReplyArea } from '../drivers/webgpu/reply-area.js';
import type { Connection, Reply, ScriptAddress, Transport } from '../drivers/webgpu/transport.js';

/** Modes with a GPU, the best one first. */
export const GPU_MODES = ['webgpu', 'webgl2'] as const;

/** What helps where a mode does not start. */
export const ADVICE: Readonly<Record<string, string>> = {
  emulation: "gpu.init({ backend: 'cpu' }) runs the same kernels without a GPU, slowly.",
};

const CALL_INIT = 'a browser loads it asynchronously: call `await gpu.init()` first';

/** What this file needs of a browser. */
interface BrowserWorker {
  onmessage: ((event: { readonly data: unknown }) => void) | null;
  onerror: ((event: { readonly message?: string }) => void) | null;
  postMessage(message: unknown, transfer?: readonly ArrayBufferLike[]): void;
  terminate(): void;
}

interface Browser {
  readonly document?: object;
  readonly crossOriginIsolated?: boolean;
  readonly navigator?: { readonly gpu?: object };
  readonly Worker?: new (url: URL, options: { readonly type: 'module'; readonly name: string }) => BrowserWorker;
}

const browser = globalThis as unknown as Browser;

let gpuJs: unknown = null;
/** A thread that has started, for the next driver. */
let ready: Connection | null = null;
/** Why there is none. */
let refusal: string | null = null;

/** gpu.js itself. @throws DeviceError before {@link prepare}. */
export function requireGpuJs(): unknown {
  if (gpuJs === null) throw new DeviceError(`gpu.js is not loaded; ${CALL_INIT}`);
  return gpuJs;
}

/** A browser has no environment. */
export function environment(_name: string): string | undefined {
  return undefined;
}

export function onExit(_callback: () => void): void {
  // a page ends without a word, and its threads with it
}

/** The thread that {@link prepare} has started. @throws DeviceError when there is none. */
export function startWorker(_before: string | null): Connection {
  const connection = ready;
  ready = null;
  if (connection === null) throw new DeviceError(refusal ?? `no device is started; ${CALL_INIT}`);
  return connection;
}

/**
 * Loads gpu.js and starts the device's thread, so that nothing asynchronous is left to do: a thread that blocks keeps those
 * that it has started from loading anything.
 */
export async function prepare(mode: string | null, worker: ScriptAddress | undefined): Promise<void> {
  if (mode !== 'webgpu') gpuJs ??= await loadGpuJs();
  if (mode !== null && mode !== 'webgpu') return;
  refusal = obstacle();
  if (refusal !== null) return;
  try {
    ready = await connect(addressOf(worker));
  } catch (error) {
    refusal = error instanceof Error ? error.message : String(error);
  }
}

/** What speaks against WebGPU here. */
function obstacle(): string | null {
  if (browser.navigator?.gpu === undefined) return 'this browser has no WebGPU (navigator.gpu)';
  if (browser.document !== undefined) return "a page's main thread cannot wait for WebGPU: run in a Web Worker";
  if (browser.Worker === undefined) return 'this browser starts no workers from workers';
  if (browser.crossOriginIsolated !== true) {
    return 'the page is not cross-origin isolated: serve it with the headers Cross-Origin-Opener-Policy: same-origin and Cross-Origin-Embedder-Policy: require-corp';
  }
  return null;
}

/** A script for browsers that has everything in it; it also sets a global, which is all that a module loader gets of it. */
async function loadGpuJs(): Promise<unknown> {
  // @ts-expect-error the file has no types, and the package's own are partly wrong
  const module = await import('gpu.js/dist/gpu-browser.min.js');
  return module.default ?? module;
}

function addressOf(worker: ScriptAddress | undefined): URL {
  const given = typeof worker === 'object' ? worker.href : worker;
  // written so that bundlers see it
  return given === undefined ? new URL('../worker/browser-entry.js', import.meta.url) : new URL(given, import.meta.url);
}

/** Starts the device's thread and waits, without blocking, for its first reply. */
async function connect(url: URL): Promise<Connection> {
  const Worker = browser.Worker as NonNullable<Browser['Worker']>;
  const control = new Control();
  const transport = new BrowserTransport(new Worker(url, { type: 'module', name: 'torchlet gpu' }), control);
  await transport.started;
  return { transport, control };
}

class BrowserTransport implements Transport {
  readonly started: Promise<void>;
  private area = new ReplyArea();
  private known: string | null = null;

  constructor(
    private readonly worker: BrowserWorker,
    control: Control,
  ) {
    this.started = new Promise((resolve, reject) => {
      worker.onmessage = () => resolve();
      worker.onerror = ({ message }) => {
        this.known ??= `its thread failed: ${message ?? 'the script could not be loaded'}`;
        control.setEnded();
        reject(new DeviceError(this.known));
      };
    });
    worker.postMessage({ memory: control.memory, area: this.area.memory });
  }

  send(batch: Batch): void {
    const transfer = [batch.words.buffer, ...batch.data.map(({ buffer }) => buffer)];
    this.worker.postMessage({ batch, area: this.area.memory }, transfer);
  }

  /** Memory for the reply must be there before the command: a blocked thread gets no messages. */
  expect(bytes: number): void {
    if (!this.area.holds(bytes)) this.area = new ReplyArea(bytes);
  }

  receive(): Reply | undefined {
    return this.area.read();
  }

  kill(): void {
    this.worker.terminate();
  }

  cause(): string | null {
    return this.known;
  }
}
