import { shown } from '../arguments.js';
import { ValueError } from '../errors.js';

/**
 * A height and a width: one number stands for both.
 * @throws ValueError in PyTorch's words for anything but integers.
 */
export function pairOf(op: string, name: string, value: unknown): [number, number] {
  const list: unknown[] = Array.isArray(value) ? value : [value];
  if (list.some((v) => !Number.isInteger(v)) || (list.length !== 1 && list.length !== 2)) {
    throw new ValueError(
      `${op}(): expected ${name} to be a single integer value or a list of 2 values to match the spatial dimensions, but got ` +
        `${name}=${shown(value)}`,
    );
  }
  const numbers = list as number[];
  return [numbers[0], numbers[numbers.length - 1]];
}
