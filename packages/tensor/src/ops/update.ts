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
  const writesOf = reader<Tensor | null>(kernel.writes);
  const readsOf = reader<Tensor | null>(kernel.reads);
  const valuesOf = reader<number | boolean>(kernel.values);
  return (tensors, values) => {
    const writes = writesOf(tensors);
    const reads = readsOf(tensors);
    const param = writes[0] as Tensor;
    checkOperands(name, param, kernel.writes[0], kernel.writes, writes);
    checkOperands(name, param, kernel.writes[0], kernel.reads, reads);
    for (const t of writes) {
      if (t === null) continue;
      checkInplace(t, requiresGrad(t));
      checkWritable(name, t);
    }
    if (anomalyMode.enabled) observing.observer?.updating(kernel, tensors, values);
    backendOf(param.storage.device).update(kernel, writes, reads, valuesOf(values));
    for (const t of writes) if (t !== null) t.versionCounter.version++;
  };
}

/** Lists what an object has under some names. Compiled, because a loop over the names takes longer than a short update. */
function reader<T>(names: readonly string[]): (from: Readonly<Record<string, T>>) => T[] {
  return new Function('from', `return [${names.map((name) => `from.${name}`).join(', ')}];`) as ReturnType<
    typeof reader<T>
  >;
}

function checkOperands(
  op: string,
  param: Tensor,
  paramKey: string,
  keys: readonly string[],
  tensors: readonly (Tensor | null)[],
): void {
  for (let i = 0; i < tensors.length; i++) {
    const t = tensors[i];
    if (t === null) continue;
    if (!sameShape(t.shape, param.shape)) {
      throw new ShapeError(
        `${op}(): The size of ${keys[i]} ${showShape(t.shape)} must match the size of ${paramKey} ${showShape(param.shape)}`,
      );
    }
    if (!isFloating(t.dtype)) {
      throw new DTypeError(`${op}(): expected ${keys[i]} to be a floating point Tensor, got ${cName(t.dtype)}`);
    }
    if (t.storage.device !== param.storage.device) checkSameDevice(op, param, t);
  }
}
