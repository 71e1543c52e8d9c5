/** The device's thread in Node: gpu.js on Dawn, which is the npm package `webgpu`. */
import { createRequire } from 'node:module';
import { type MessagePort, workerData } from 'node:worker_threads';
import { DeviceError } from '../../../errors.js';
import { reason } from '../drivers/gpu-js.js';
import type { Batch } from '../drivers/webgpu/commands.js';
import { Control } from '../drivers/webgpu/control.js';
import type { WebGpu } from '../drivers/webgpu/device-api.js';
import { Server } from '../drivers/webgpu/server.js';
import type { EngineParts } from '../drivers/webgpu/start.js';
import type { Channel } from '../drivers/webgpu/transport.js';

/** What the caller's thread gives to this one. */
export interface NodeWorkerData {
  readonly memory: SharedArrayBuffer;
  readonly port: MessagePort;
  readonly before: string | null;
}

interface Dawn {
  readonly globals: object;
  create(options: readonly string[]): WebGpu;
}

/** A name that the compiler does not look up: the package's types bring a browser's into every program. */
const PACKAGE: string = 'webgpu';

async function loadDawn(): Promise<Dawn> {
  try {
    return await import(PACKAGE);
  } catch (cause) {
    throw new DeviceError(`the npm package webgpu cannot be loaded: ${reason(cause)}`, { cause });
  }
}

/** @throws DeviceError when Dawn cannot be loaded. */
async function partsOfNode(before: string | null): Promise<EngineParts> {
  const { globals, create } = await loadDawn();
  Object.assign(globalThis, globals);
  return {
    gpu: create([]),
    install: (gpu) => Object.defineProperty(globalThis, 'navigator', { value: { gpu }, configurable: true }),
    load: () => createRequire(import.meta.url)('gpu.js'),
    before,
  };
}

/** Serves the thread's parent until the process ends. `change` may put something between the engine and WebGPU. */
export function serveNode(change: (parts: EngineParts) => EngineParts = (parts) => parts): void {
  const { memory, port, before } = workerData as NodeWorkerData;
  const control = new Control(memory);
  const beating = setInterval(() => control.beat(), Control.BEAT_MS);
  const channel: Channel = {
    reply(reply) {
      if (reply.kind !== 'elements') port.postMessage(reply);
      else {
        const elements = reply.elements.slice();
        port.postMessage({ kind: 'elements', elements }, [elements.buffer]);
      }
    },
    end() {
      clearInterval(beating);
      port.close();
    },
  };
  const server = new Server(channel, control, async () => change(await partsOfNode(before)));
  port.on('message', (batch: Batch) => server.take(batch));
  process.on('uncaughtException', (error) => server.fail(error));
  // a parent that is blocked hears of the end by this alone
  process.on('exit', () => control.setEnded());
}
