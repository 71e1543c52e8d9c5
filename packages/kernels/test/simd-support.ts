/** Loops compiled to WebAssembly and what JavaScript makes of the same definitions. */
import type { LoopDefinition } from '../src/index.js';
import { vectorLoop } from '../src/index.js';
import { wasmKernels } from '../src/wasm/instance.js';
import { residentCopy } from './support.js';

/** Whether loops can be compiled here; a reason to skip where not. */
export const hasVectors: boolean = wasmKernels() !== null;

/** One loop over arrays `x`, `y`, … that are read, and those that are written. */
export interface Spec {
  readonly reads: readonly string[];
  readonly writes?: readonly string[];
  readonly scalars?: readonly string[];
  readonly constants?: Readonly<Record<string, number | boolean>>;
  readonly body: string;
  readonly result?: LoopDefinition['result'];
}

export function definitionOf({
  reads,
  writes = ['out'],
  scalars = [],
  constants = {},
  body,
  result,
}: Spec): LoopDefinition {
  const names = [...new Set([...reads, ...writes])];
  const arrays = names.map((name) => ({ name, read: reads.includes(name), write: writes.includes(name) }));
  return { arrays, scalars, constants, body, ...(result === undefined ? {} : { result }) };
}

/** Values for a definition's arrays, by name. */
export type Arrays = Readonly<Record<string, readonly number[]>>;

/**
 * Runs a loop over n elements.
 * @returns what it wrote, by name, and its result
 */
export function run(
  spec: Spec,
  n: number,
  arrays: Arrays,
  scalars: readonly number[] = [],
): { readonly written: Record<string, number[]>; readonly result: number } {
  const definition = definitionOf(spec);
  const loop = vectorLoop(definition);
  if (loop === null) throw new Error(`no vector form: ${spec.body}`);
  const places = definition.arrays.map(({ name }) =>
    residentCopy(arrays[name] ?? new Array<number>(n).fill(Number.NaN)),
  );
  const result = loop(
    n,
    places,
    places.map(() => 0),
    scalars,
  );
  const written: Record<string, number[]> = {};
  definition.arrays.forEach(({ name, write }, i) => {
    if (write) written[name] = [...places[i].subarray(0, n)];
  });
  return { written, result };
}

/** `out` for each x of a list. */
export const mapOf = (
  body: string,
  x: readonly number[],
  rest: Partial<Spec> = {},
  scalars: readonly number[] = [],
): number[] => run({ reads: ['x'], body, ...rest }, x.length, { x }, scalars).written.out;
