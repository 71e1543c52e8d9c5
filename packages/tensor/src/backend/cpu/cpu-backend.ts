import { collectEarly } from '@torchlet/kernels';
import type { TypedArray } from '../../dtype.js';
import { isContiguous, numelOf } from '../../shape.js';
import type { Backend, View } from '../backend.js';
import { argReduce } from './arg-reduce.js';
import * as attention from './attention.js';
import * as conv from './conv.js';
import { elementwise, elementwiseFew } from './elementwise.js';
import { gather, scatter, scatterAdd } from './indices.js';
import { matmul } from './matmul.js';
import { allocate, fromHost, hostArray, release, storage } from './memory.js';
import * as nllLoss from './nll-loss.js';
import { reduce } from './reduce.js';
import { rows } from './rows.js';
import { scan, sort } from './scan.js';
import { softmax } from './softmax.js';
import { copy, fill, packedCopy } from './strided.js';
import { update } from './update.js';

/** Arrays of which a part was handed out: memory lives as long as its array, which the part alone would not keep. */
const whole = new WeakMap<TypedArray, TypedArray>();

function toHost(x: View): TypedArray {
  if (!isContiguous(x.shape, x.strides)) return packedCopy(x);
  const array = x.storage.buffer as TypedArray;
  const { offset } = x;
  const n = numelOf(x.shape);
  if (offset === 0 && array.length === n) return array;
  const part = array.subarray(offset, offset + n);
  whole.set(part, array);
  return part;
}

/** The cpu device: a buffer is a typed array. */
export const cpuBackend: Backend = {
  device: 'cpu',
  allocate,
  storage,
  hostArray,
  fromHost,
  release,
  // the garbage collector's business
  dispose: () => {},
  graphFreed: collectEarly,
  toHost,
  known: toHost,
  // the caller's generators are the cpu's
  random: () => false,
  fill,
  copy,
  accumulate: (out: View, src: View): void => elementwise('add', [out, src], out),
  elementwise,
  elementwiseFew,
  update,
  rows,
  reduce,
  argReduce,
  scan,
  sort,
  softmax,
  gather,
  scatterAdd,
  scatter,
  matmul,
  attention,
  nllLoss,
  ...conv,
};
