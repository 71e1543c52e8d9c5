/** An optimizer's update: one kernel for each tensor that it writes, all over the one definition of an element. */
import { tinyOf, type UpdateKernel } from '../../update-kernel.js';
import type { KernelSource, Lanes } from '../driver.js';
import { integer } from './indexing.js';
import { eachNumbered, lanesForElements, returnNumbered } from './lanes.js';
import { type Constants, Translator } from './language.js';
import { live, undeclared } from './live.js';
import { Memo } from './memo.js';

export interface PreparedUpdate {
  readonly kernel: KernelSource;
  /** Which of the update's tensors, in the order of `writes`, then `reads`, the kernel takes. */
  readonly arrays: readonly number[];
  readonly scalars: readonly number[];
}

/** What does not depend on the step's numbers; those that it takes stand by their places among the values. */
interface Written {
  readonly kernel: KernelSource;
  readonly arrays: readonly number[];
  readonly numbers: readonly number[];
  readonly special: readonly number[];
}

const written = new WeakMap<UpdateKernel, Memo<Written>>();

/**
 * The kernel that computes the tensor `result`.
 * @param present which tensors there are; absent ones read as 0
 * @param most how many outputs a thread may have on the device
 */
export function updateKernel(
  definition: UpdateKernel,
  result: string,
  numel: number,
  present: readonly boolean[],
  values: readonly (number | boolean)[],
  most: Lanes = 1,
): PreparedUpdate {
  let memo = written.get(definition);
  if (memo === undefined) written.set(definition, (memo = new Memo<Written>()));
  const variant = values.map((value) => (typeof value === 'boolean' || value === 0 ? value : 'number'));
  const lanes = numel % most === 0 ? lanesForElements(numel, most) : 1;
  const form = `${result} ${numel} ${lanes} ${present.join()} ${variant.join()}`;
  const { kernel, arrays, numbers, special } = memo.get(form, () =>
    write(definition, result, numel, present, values, lanes),
  );
  return { kernel, arrays, scalars: [...numbers.map((i) => Number(values[i])), ...special] };
}

function write(
  definition: UpdateKernel,
  result: string,
  numel: number,
  present: readonly boolean[],
  values: readonly (number | boolean)[],
  lanes: Lanes,
): Written {
  const tensors = [...definition.writes, ...definition.reads];
  const translator = new Translator(constantsOf(definition, present, values));
  const { statements, needed } = live(translator.read(definition.each), [result]);
  const arrays = tensors.flatMap((name, i) => (needed.has(name) && present[i] ? [i] : []));
  const numbers = definition.values.flatMap((name, i) => (needed.has(name) ? [i] : []));
  const loaded = new Set(arrays.map((i) => tensors[i]));
  const update = [
    ...undeclared(statements)
      .filter((name) => !loaded.has(name))
      .map((name) => `let ${name} = 0;`),
    translator.list(statements),
  ];
  const element = (lane: number): string => {
    const at = lanes === 1 ? 'this.thread.x' : `firstOfLanes + ${lane}`;
    return [...Array.from(loaded, (name) => `let ${name} = ${name}Array[${at}];`), ...update].join('\n');
  };
  const kernel: KernelSource = {
    op: definition.name,
    parameters: arrays.map((i) => `${tensors[i]}Array`),
    scalars: numbers.map((i) => definition.values[i]),
    outputs: numel,
    lanes,
    body: `${lanes === 1 ? '' : integer('firstOfLanes', `this.thread.x * ${lanes}`)}
${eachNumbered(lanes, element)}
${returnNumbered(lanes, result)}`,
  };
  return { kernel: translator.complete(kernel), arrays, numbers, special: translator.scalars };
}

/** Zeros, booleans and absent tensors: what the definition says of them is decided when compiling. */
function constantsOf(
  { writes, reads, values: names }: UpdateKernel,
  present: readonly boolean[],
  values: readonly (number | boolean)[],
): Constants {
  const absent = [...writes, ...reads].filter((_, i) => !present[i]).map((name) => [name, 0] as const);
  const known = names.flatMap((name, i) => {
    const value = values[i];
    return typeof value === 'boolean' || value === 0 ? [[name, value] as const] : [];
  });
  return { tiny: tinyOf('float32'), ...Object.fromEntries([...absent, ...known]) };
}
