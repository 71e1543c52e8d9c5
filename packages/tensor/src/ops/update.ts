/** Updates of optimizers: written for one element, run as one pass over memory. */

import { anomalyMode } from '../autograd/anomaly.js';
import { checkInplace, requiresGrad } from '../autograd/history.js';
import { checkWritable } from '../autograd/inplace-checks.js';
import { observing } from '../autograd/observer.js';
import { backendOf } from '../backend/devices.js';
import type { UpdateKernel } from '../backend/update-kernel.js';
import { cName, isFloating } from '../dtype.js';
import { DTypeError, ShapeError } from '../errors.js';
import { sameShape, showShape } from '../shape.js';
import type { Tensor } from '../tensor.js';
import { checkSameDevice } from './kernel.js';

/** A definition whose names the compiler knows. See {@link UpdateKernel} for what each field means. */
export interface UpdateDefinition<W extends string, R extends string, V extends string> extends UpdateKernel {
  readonly writes: readonly W[];
  readonly reads: readonly R[];
  readonly values: readonly V[];
}

/** Changes the written tensors in place. Tensors that a variant of the update does without are null. */
export type Update<W extends string, R extends string, V extends string> = (
  tensors: Readonly<Record<W | R, Tensor | null>>,
  values: Readonly<Record<V, number | boolean>>,
) => void;

/**
 * An in-place update over equally shaped float tensors of one device, which no graph records:
 *
 *     const sgd = defineUpdate({
 *       name: 'sgd', writes: ['param'], reads: ['grad'], values: ['lr'],
 *       each: 'param -= lr * grad;',
 *     });
 *     no_grad(() => sgd({ param, grad }, { lr: 0.1 }));
 *
 * Every element is computed in double precision and rounded where it is stored; large float32 tensors throughout in float32,
 * with what is the same for all elements in double precision.
 * @throws ShapeError, DTypeError, DeviceError when the tensors do not fit; AutogradError outside of `no_grad` for a
 * parameter that requires grad, as every in-place operation.
 */
export function defineUpdate<const W extends string, const R extends string, const V extends string>(
  kernel: UpdateDefinition<W, R, V>,
): Update<W, R, V> {
  const name = `${kernel.name}_`;
  return (tensors, values) => {
    const writes = kernel.writes.map((key) => tensors[key]);
    const reads = kernel.reads.map((key) => tensors[key]);
    const param = tensors[kernel.writes[0]] as Tensor;
    for (const key of kernel.writes) checkOperand(name, param, kernel.writes[0], tensors[key], key);
    for (const key of kernel.reads) checkOperand(name, param, kernel.writes[0], tensors[key], key);
    for (const t of writes) {
      if (t === null) continue;
      checkInplace(t, requiresGrad(t));
      checkWritable(name, t);
    }
    if (anomalyMode.enabled) observing.observer?.updating(kernel, tensors, values);
    backendOf(param.device).update(
      kernel,
      writes,
      reads,
      kernel.values.map((key) => values[key]),
    );
    for (const t of writes) if (t !== null) t.versionCounter.version++;
  };
}

function checkOperand(op: string, param: Tensor, paramKey: string, t: Tensor | null, key: string): void {
  if (t === null) return;
  if (!sameShape(t.shape, param.shape)) {
    throw new ShapeError(
      `${op}(): The size of ${key} ${showShape(t.shape)} must match the size of ${paramKey} ${showShape(param.shape)}`,
    );
  }
  if (!isFloating(t.dtype)) {
    throw new DTypeError(`${op}(): expected ${key} to be a floating point Tensor, got ${cName(t.dtype)}`);
  }
  checkSameDevice(op, param, t);
}
