import { ValueError } from '@torchlet/tensor';
import { checkInteger } from '@torchlet/tensor/internal';

/** @throws ValueError in Python's words when a required argument was not given. */
export function checkGiven(layer: string, name: string, value: unknown): unknown {
  if (value === undefined) throw new ValueError(`${layer}() missing 1 required positional argument: '${name}'`);
  return value;
}

/** A required size, an integer of at least 0. */
export const required = (layer: string, name: string, value: unknown): number =>
  checkInteger(layer, name, checkGiven(layer, name, value), 0);
