/** Checks of the options that schedulers take. */
import { ValueError } from '@torchlet/tensor';
import { checkBoolean } from '@torchlet/tensor/internal';
import type { Optimizer } from '../optimizer.js';
import { checkRange, show, withDefaults } from '../options.js';

/** Options of every scheduler. */
export interface LRSchedulerOptions {
  /** The epoch to resume after; −1 starts afresh. */
  last_epoch?: number;
  /** Prints every change of the learning rate. PyTorch dropped it. */
  verbose?: boolean;
}

/** One value for all groups, or one for each. */
export type PerGroup<T> = T | readonly T[];

/** Defaults of {@link LRSchedulerOptions}. */
export const COMMON: Required<LRSchedulerOptions> = { last_epoch: -1, verbose: false };

/**
 * The options of a scheduler, the optional ones filled in.
 * @throws ValueError for an unknown key, and for required options that are missing.
 */
export function readOptions<O extends object, K extends keyof O & string = never>(
  name: string,
  options: O | undefined,
  defaults: Required<Omit<O, K>>,
  required: readonly K[] = [],
): Required<O> {
  const empty = Object.fromEntries(required.map((key) => [key, undefined]));
  const read = withDefaults<Required<O>>(name, { ...empty, ...defaults } as Required<O>, options as Required<O>);
  const missing = required.filter((key) => read[key] === undefined).map((key) => `'${key}'`);
  if (missing.length === 0) return read;
  throw new ValueError(
    `${name}() missing ${missing.length} required argument${missing.length > 1 ? 's' : ''}: ${missing.join(' and ')}`,
  );
}

/** @throws ValueError for what is no epoch to resume after, or no boolean. */
export function checkCommon(name: string, { last_epoch, verbose }: Required<LRSchedulerOptions>): void {
  if (!Number.isSafeInteger(last_epoch) || last_epoch < -1) {
    throw new ValueError(`${name}(): last_epoch must be an integer of at least -1, got ${String(last_epoch)}`);
  }
  checkBoolean(name, 'verbose', verbose);
}

/** @throws ValueError unless each of the values, under the name of its option, is a number. */
export function checkNumbers(values: Readonly<Record<string, unknown>>): void {
  for (const [key, value] of Object.entries(values)) checkRange(`${key} value`, value, Number.NEGATIVE_INFINITY);
}

/** @throws ValueError unless the value is an integer of at least 0 or 1. */
export function checkInteger(name: string, option: string, value: unknown, least: 0 | 1): void {
  if (Number.isSafeInteger(value) && (value as number) >= least) return;
  const kind = least === 1 ? 'positive' : 'non-negative';
  throw new ValueError(`${name}(): ${option} must be a ${kind} integer, got ${show(value)}`);
}

/** @throws ValueError in PyTorch's words unless it is an integer of at least 1. */
export function checkCount(option: string, value: unknown): void {
  if (Number.isSafeInteger(value) && (value as number) >= 1) return;
  throw new ValueError(`Expected positive integer ${option}, but got ${show(value)}`);
}

/**
 * One number for each group.
 * @throws ValueError in PyTorch's words for a list of another length.
 */
export function perGroup(option: string, optimizer: Optimizer, value: PerGroup<number>): number[] {
  const groups = optimizer.param_groups.length;
  const values = Array.isArray(value) ? [...(value as readonly number[])] : Array<number>(groups).fill(value as number);
  if (values.length !== groups) {
    throw new ValueError(
      `${option} must have the same length as optimizer.param_groups. ${option} has ${values.length} values, ` +
        `param_groups has ${groups}.`,
    );
  }
  for (const each of values) checkNumbers({ [option]: each });
  return values;
}
