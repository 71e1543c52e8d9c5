/** Operations without a gpu kernel: their operands go to the host, the cpu backend computes, the results come back. */
import { allocateArray } from '../../dtype.js';
import { numelOf } from '../../shape.js';
import type { Backend, View } from '../backend.js';
import { cpuBackend } from '../cpu/cpu-backend.js';
import { gpuBufferOf, Handle, handleOf } from './handles.js';
import { countTransfer } from './stats.js';
import type { ThroughCpu } from './through-cpu.js';
import { describe, hostView, isWhole } from './views.js';

/** The methods of a backend that compute. */
export type Kernels = Omit<
  Backend,
  | 'device'
  | 'attention'
  | 'nllLoss'
  | 'allocate'
  | 'storage'
  | 'release'
  | 'dispose'
  | 'graphFreed'
  | 'hostArray'
  | 'fromHost'
  | 'toHost'
  | 'known'
  | 'elementwiseFew'
  | 'random'
>;

/** Which arguments of each method are written. */
const OUTPUTS: Readonly<Record<keyof Kernels, readonly number[]>> = {
  fill: [0],
  copy: [1],
  accumulate: [0],
  elementwise: [2],
  update: [1],
  rows: [4, 6],
  reduce: [3],
  argReduce: [3],
  scan: [3, 4],
  sort: [3, 4],
  softmax: [3],
  gather: [3],
  scatterAdd: [0],
  scatter: [0],
  matmul: [3],
  conv2d: [4],
  conv2dInputGrad: [3],
  conv2dWeightGrad: [3, 4],
  maxPool2d: [2, 3],
  maxPool2dBackward: [3],
  avgPool2d: [2],
  avgPool2dBackward: [2],
};

/** Methods whose result depends on what the output holds. */
const UPDATES: ReadonlySet<keyof Kernels> = new Set(['accumulate', 'scatterAdd', 'scatter', 'update'] as const);

/** A method's arguments, told apart at run time. */
type Argument = View | null | number | string | boolean | object;
type Run = (...args: Argument[]) => void;

const isView = (x: Argument): x is View => typeof x === 'object' && x !== null && 'storage' in x;

/**
 * Whether the host has to ask for elements: floats belong on the device wherever they are now; integers that have not been
 * there lie on the host, where their arithmetic is done anyway, and nothing moves.
 */
export const moves = (x: View): boolean => numelOf(x.shape) > 0 && (x.dtype === 'float32' || handleOf(x).onDevice);

/** The cpu's method on gpu views; a call that moves elements is counted, as `elementwise.relu` where the method is a family. */
export function throughCpu<K extends ThroughCpu>(method: K): Backend[K] {
  const outputs = OUTPUTS[method];
  const compute = cpuBackend[method] as Run;
  const run: Run = (...args) => {
    const views = (keep: (i: number) => boolean): View[] =>
      args
        .filter((_, i) => keep(i))
        .flat()
        .filter(isView);
    const op = typeof args[0] === 'string' ? `${method}.${args[0]}` : method;
    const read = views((i) => UPDATES.has(method) || !outputs.includes(i));
    const written = views((i) => outputs.includes(i));
    if (read.some(moves) && written.some((x) => numelOf(x.shape) > 0)) {
      countTransfer(op, () => describe(views(() => true)));
    }
    const results: { view: View; host: View }[] = [];
    const move = (argument: Argument, output: boolean): Argument => {
      if (!isView(argument)) return argument;
      if (!output) return toHost(argument);
      const host = hostOutput(argument, UPDATES.has(method));
      results.push({ view: argument, host });
      return host;
    };
    const moved = args.map((argument, i) => {
      const output = outputs.includes(i);
      return Array.isArray(argument) ? argument.map((x: Argument) => move(x, output)) : move(argument, output);
    });
    compute(...(moved as Argument[]));
    // only now: a method that throws leaves its outputs as they were
    for (const { view, host } of results) {
      gpuBufferOf(view.storage.buffer).handle = Handle.ofHost(view.dtype, host.storage.buffer as Float32Array);
    }
  };
  return run as Backend[K];
}

const toHost = (x: View): View => hostView(x, handleOf(x).toHost());

/** Host memory for a result: the old elements, except where none of them will be left. */
function hostOutput(out: View, keep: boolean): View {
  const array = isWhole(out) && !keep ? allocateArray(out.dtype, out.storage.numel) : handleOf(out).toHost().slice();
  return hostView(out, array);
}
