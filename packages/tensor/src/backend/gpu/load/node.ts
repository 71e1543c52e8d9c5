import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { MessageChannel, receiveMessageOnPort, Worker } from 'node:worker_threads';
import { DeviceError } from '../../../errors.js';
import type { Batch } from '../drivers/webgpu/commands.js';
import { Control } from '../drivers/webgpu/control.js';
import type { Connection, Reply, ScriptAddress, Transport } from '../drivers/webgpu/transport.js';
import type { NodeWorkerData } from '../worker/node.js';

const require = createRequire(import.meta.url);

/** Modes with a GPU, the best one first. */
export const GPU_MODES = ['webgpu', 'headlessgl'] as const;

/** What helps where a mode does not start. */
export const ADVICE: Readonly<Record<string, string>> = {
  webgpu: 'For webgpu, install the npm package webgpu 0.6 or later and the driver of a GPU.',
  headlessgl: 'For headlessgl, install the npm package gl.',
  emulation: 'TORCHLET_GPU=cpu runs the same kernels without a GPU, slowly.',
};

/** gpu.js itself, loaded on the first call: it takes tens of milliseconds that a program without a gpu should not pay. */
export function requireGpuJs(): unknown {
  return require('gpu.js');
}

/** An environment variable; undefined where it is not set or empty. */
export function environment(name: string): string | undefined {
  return process.env[name] || undefined;
}

/** Nothing needs to be loaded before it is used. */
export async function prepare(_mode: string | null, _worker: ScriptAddress | undefined): Promise<void> {}

/** Calls back when the process ends by itself, by `process.exit` or by an error that nobody caught. */
export function onExit(callback: () => void): void {
  process.on('exit', callback);
}

/** Built JavaScript, also when this file runs as TypeScript: Node 20 loads no TypeScript in workers. */
const ENTRY = new URL('../../../../dist/backend/gpu/worker/node-entry.js', import.meta.url);

/**
 * Starts a thread with a WebGPU device; the first reply tells whether it has one.
 * @param before what became of the device before this one
 * @throws DeviceError when the npm package `webgpu` is not installed, or this package is not built.
 */
export function startWorker(before: string | null, entry: URL = ENTRY): Connection {
  try {
    require.resolve('webgpu');
  } catch {
    throw new DeviceError('the npm package webgpu is not installed');
  }
  // a thread without its script dies without a word to a parent that waits
  if (!existsSync(entry)) throw new DeviceError(`the script of the device's thread is not there: ${entry.href}`);
  const control = new Control();
  return { transport: new NodeTransport(control, before, entry), control };
}

class NodeTransport implements Transport {
  private known: string | null = null;
  private readonly worker: Worker;
  private readonly channel = new MessageChannel();

  constructor(control: Control, before: string | null, entry: URL) {
    const data: NodeWorkerData = { memory: control.memory, port: this.channel.port2, before };
    // without this process's own flags: a loader of TypeScript among them would look for sources
    this.worker = new Worker(entry, { workerData: data, transferList: [this.channel.port2], execArgv: [] });
    this.worker.unref();
    this.worker.on('error', (error) => {
      this.known ??= `its thread failed: ${error.message}`;
      control.setEnded();
    });
    this.worker.on('exit', (code) => {
      this.known ??= `its thread ended with code ${code}`;
      control.setEnded();
    });
  }

  send(batch: Batch): void {
    this.channel.port1.postMessage(batch, [
      batch.words.buffer,
      ...batch.data.map(({ buffer }) => buffer),
    ] as ArrayBuffer[]);
  }

  expect(): void {
    // replies bring their own memory
  }

  receive(): Reply | undefined {
    return receiveMessageOnPort(this.channel.port1)?.message;
  }

  kill(): void {
    void this.worker.terminate();
  }

  cause(): string | null {
    if (this.known !== null) return this.known;
    for (let reply = this.receive(); reply !== undefined; reply = this.receive()) {
      if (reply.kind === 'failed') this.known = `its thread failed: ${reply.failure.message}`;
    }
    return this.known;
  }
}
