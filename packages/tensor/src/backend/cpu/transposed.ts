/** Views that lie across: neighbours along the last dimension are no neighbours in memory. */
import { copyStrided, MIN_RESIDENT } from '@torchlet/kernels';
import { isContiguous, numelOf } from '../../shape.js';
import type { View } from '../backend.js';
import { discard, temporary } from './memory.js';

/**
 * The operands of an elementwise kernel in the geometry of `out`, each that lies across copied into the order of `out` for the time of
 * `run`. Returns false, and runs nothing, where there is no such operand.
 * @param strides of `out`, which is contiguous, then of the views among the inputs
 */
export function withoutTransposed(
  shape: readonly number[],
  strides: readonly (readonly number[])[],
  inputs: readonly (View | number)[],
  out: View,
  run: (inputs: readonly (View | number)[], out: View) => boolean,
): boolean {
  if (numelOf(shape) < MIN_RESIDENT || !isContiguous(out.shape, out.strides)) return false;
  const copies: View[] = [];
  let next = 1;
  const operands = inputs.map((input) => {
    if (typeof input === 'number') return input;
    const view = { ...at(input), shape, strides: strides[next++] };
    const copy = inOrderOf(out, view);
    if (copy !== null) copies.push(copy);
    return copy ?? view;
  });
  try {
    return copies.length > 0 && run(operands, { ...at(out), shape, strides: strides[0] });
  } finally {
    copies.forEach(discard);
  }
}

const at = ({ storage, dtype, offset }: View): Pick<View, 'storage' | 'dtype' | 'offset'> => ({
  storage,
  dtype,
  offset,
});

/** A copy in the order of the contiguous `out`; null where the view does not lie across, or the kernels cannot copy it. */
function inOrderOf(out: View, view: View): View | null {
  const { shape, strides, dtype } = view;
  // what is repeated is better read where it lies
  if (dtype !== 'float32' || strides.includes(0) || view.storage === out.storage) return null;
  if (strides[strides.length - 1] === 1) return null;
  const copy = temporary(dtype, shape);
  const from = { array: floats(view), offset: view.offset, strides };
  if (copyStrided(shape, from, { array: floats(copy), offset: 0, strides: copy.strides })) return copy;
  discard(copy);
  return null;
}

const floats = (x: View): Float32Array => x.storage.buffer as Float32Array;
