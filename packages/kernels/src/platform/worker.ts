/** Worker threads in Node. */
import { Worker } from 'node:worker_threads';
import type { WorkerThread } from './platform.js';

/** See {@link StartWorker}. The program is a script with Node's `require`. */
export function startWorker(program: string, data: unknown, onEnd: () => void): WorkerThread {
  // neither the loaders nor the debugger settings of the process concern it
  const worker = new Worker(program, { eval: true, workerData: data, execArgv: [], env: {}, name: 'torchlet kernels' });
  worker.unref();
  worker.on('exit', onEnd);
  // 'exit' follows; without a listener the error would end the process
  worker.on('error', () => {});
  return {
    post: (message) => worker.postMessage(message),
    stop: () => {
      worker.off('exit', onEnd);
      void worker.terminate();
    },
  };
}
