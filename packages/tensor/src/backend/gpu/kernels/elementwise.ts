/** `out[i] = f(x[i], y[i], z[i])` from the one scalar definition, over operands with any strides. */
import { type DType, isFloating } from '../../../dtype.js';
import { numelOf } from '../../../shape.js';
import { ELEMENTWISE, type ElementwiseName } from '../../elementwise.js';
import type { KernelSource, Lanes } from '../driver.js';
import { eachNumbered, lanesForElements, returnNumbered } from './lanes.js';
import { Translator } from './language.js';
import { Memo } from './memo.js';
import { type Place, startOf, walk } from './walk.js';

const VARIABLES = ['x', 'y', 'z'] as const;

/** A kernel together with the scalars that it is to be called with. */
export interface Prepared {
  readonly kernel: KernelSource;
  readonly scalars: readonly number[];
}

/** The kernel and the special numbers among its scalars, for all numbers and offsets. */
interface Written {
  readonly kernel: KernelSource;
  readonly special: readonly number[];
}

/** The same function, where compilers for GPUs see another in the usual definition: `max(x, 0)`, which loses a NaN. */
const ON_A_GPU: Partial<Record<ElementwiseName, string>> = { relu: 'x >= 0 || x !== x ? x : 0' };

const written = new Memo<Written>();

/**
 * @param operands in the definition's order: where an array's elements lie, or a number
 * @param most how many outputs a thread may have on the device
 */
export function elementwiseKernel(
  name: ElementwiseName,
  out: DType,
  shape: readonly number[],
  operands: readonly (Place | number)[],
  from: DType = out,
  most: Lanes = 1,
): Prepared {
  const places = operands.filter((x) => typeof x === 'object');
  const offsets = places.flatMap(({ offset }) => startOf(offset).values);
  const form = operands.map((x) =>
    typeof x === 'number' ? 'number' : `${x.strides.join()} ${startOf(x.offset).term}`,
  );
  const lanes = lanesForElements(numelOf(shape), most);
  const { kernel, special } = written.get(`${name} ${out} ${from} ${lanes} ${shape.join()} ${form.join('; ')}`, () =>
    write(name, out, shape, operands, from, lanes),
  );
  return { kernel, scalars: [...operands.filter((x) => typeof x === 'number'), ...offsets, ...special] };
}

function write(
  name: ElementwiseName,
  out: DType,
  shape: readonly number[],
  operands: readonly (Place | number)[],
  from: DType,
  most: Lanes,
): Written {
  const arrays = VARIABLES.filter((_, i) => typeof operands[i] === 'object');
  const numbers = VARIABLES.filter((_, i) => typeof operands[i] === 'number');
  const { code, at, scalars, lanes } = walk(
    shape,
    operands.filter((x) => typeof x === 'object'),
    most,
  );
  const translator = new Translator();
  const result = translator.statements(stored(name, out, from));
  const element = (lane: number): string =>
    [...arrays.map((variable, i) => `const ${variable} = ${variable}Array[${at(i, lane)}];`), result].join('\n');
  const kernel = translator.complete({
    op: name,
    parameters: arrays.map((variable) => `${variable}Array`),
    scalars: [...numbers, ...scalars],
    outputs: numelOf(shape),
    lanes,
    body: `${code}
${eachNumbered(lanes, element)}
${returnNumbered(lanes, 'result')}`,
  });
  return { kernel, special: translator.scalars };
}

/** Statements that declare `result` as an element of `out` holds it; `from` is the operand's type where it is converted. */
function stored(name: ElementwiseName, out: DType, from: DType): string {
  const e = ON_A_GPU[name] ?? ELEMENTWISE[name];
  if (out === 'bool') return `let result = (${e}) !== 0 ? 1 : 0;`;
  if (name !== 'copy' || out === from || isFloating(out) || from === 'bool') return `let result = ${e};`;
  const whole = `let whole = Math.trunc(x);`;
  if (out === 'int64') return `${whole} let result = whole;`;
  if (out === 'uint8') return `${whole} let result = whole - 256 * Math.floor(whole / 256);`;
  // a float beyond 2^31 is a multiple of 128, so that all this is exact
  return `${whole} let result = whole;
  if (Math.abs(whole) >= 2147483648) result = whole - 4294967296 * Math.floor(whole / 4294967296);
  if (result >= 2147483648) result = result - 4294967296;`;
}
