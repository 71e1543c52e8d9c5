/** Passes over rows: {@link RowsKernel}s compiled to loops, and to WebAssembly SIMD for float32. */
import { type Rows, type VectorRows, vectorRows } from '@torchlet/kernels';
import type { TypedArray } from '../../dtype.js';
import type { View } from '../backend.js';
import { functionsIn } from '../elementwise-functions.js';
import type { RowsKernel, RowsPass } from '../rows-kernel.js';
import { arrayOf, startOf } from './elementwise.js';

type Loop = (
  rows: number,
  columns: number,
  arrays: readonly TypedArray[],
  offsets: readonly number[],
  steps: readonly number[],
  values: readonly number[],
) => void;

const loops = new WeakMap<RowsKernel, Loop>();
const vectors = new WeakMap<RowsKernel, VectorRows | null>();

/** Fewer elements are not worth the call. */
const LEAST_VECTOR = 256;

const assigned = ({ body }: RowsPass, name: string): boolean =>
  new RegExp(`(?<![\\w$.])${name}\\s*[-+*/]?=(?!=)`).test(body);

function compilePass(kernel: RowsKernel, pass: RowsPass): string {
  const { results = {}, body, after = '' } = pass;
  const matrices = [...kernel.reads, ...kernel.writes];
  const loads = matrices.map((m, i) => `let ${m} = $a[${i}][$p${i} + $j];`).join(' ');
  const stores = kernel.writes
    .filter((m) => assigned(pass, m))
    .map((m) => `$a[${matrices.indexOf(m)}][$p${matrices.indexOf(m)} + $j] = ${m};`)
    .join(' ');
  const found = Object.entries(results);
  const start = found.map(([name, { reduce }]) => `${name} = ${reduce === 'sum' ? '0' : '-Infinity'};`).join(' ');
  const update = found
    .map(([name, { reduce, of }]) =>
      reduce === 'sum' ? `${name} += ${of};` : `{ const $v = ${of}; if ($v > ${name} || $v !== $v) ${name} = $v; }`,
    )
    .join(' ');
  return `${start} for (let $j = 0; $j < n; $j++) { ${loads} ${body} ${update} ${stores} } ${after}`;
}

/** Names that the passes define for the row, to be declared. */
function rowNames({ passes, rowWrites }: RowsKernel): string[] {
  const names = new Set<string>(rowWrites);
  for (const { results = {}, after = '' } of passes) {
    for (const name of Object.keys(results)) names.add(name);
    for (const match of after.matchAll(/([A-Za-z_$][\w$]*)\s*=(?!=)/g)) names.add(match[1]);
  }
  return [...names];
}

/** A definition has all names but `n` and those that begin with `$`. */
function compile(kernel: RowsKernel): Loop {
  const matrices = [...kernel.reads, ...kernel.writes];
  const numbers = [...kernel.rowReads, ...kernel.rowWrites];
  const at = (i: number): string => `$a[${matrices.length + i}][$o[${matrices.length + i}] + $r]`;
  const source = JSON.stringify(kernel.passes);
  return new Function(
    '$rows',
    'n',
    '$a',
    '$o',
    '$steps',
    '$values',
    `'use strict'; ${functionsIn(source)}
    ${kernel.values.map((name, i) => `const ${name} = $values[${i}];`).join(' ')}
    for (let $r = 0; $r < $rows; $r++) {
      ${matrices.map((_, i) => `const $p${i} = $o[${i}] + $r * $steps[${i}];`).join(' ')}
      ${kernel.rowReads.map((name, i) => `const ${name} = ${at(i)};`).join(' ')}
      let ${rowNames(kernel).join(', ') || '$unused'};
      ${kernel.passes.map((pass) => compilePass(kernel, pass)).join('\n')}
      ${kernel.rowWrites.map((name) => `${at(numbers.indexOf(name))} = ${name};`).join(' ')}
    }`,
  ) as Loop;
}

function loopFor(kernel: RowsKernel): Loop {
  let loop = loops.get(kernel);
  if (loop === undefined) loops.set(kernel, (loop = compile(kernel)));
  return loop;
}

function vectorFor(kernel: RowsKernel): VectorRows | null {
  let loop = vectors.get(kernel);
  if (loop === undefined) {
    loop = vectorRows({
      arrays: [
        ...kernel.reads.map((name) => ({ name, read: true, write: false })),
        ...kernel.writes.map((name) => ({ name, read: true, write: true })),
      ],
      rowInputs: kernel.rowReads,
      rowOutputs: kernel.rowWrites,
      scalars: kernel.values,
      constants: {},
      passes: kernel.passes,
    });
    vectors.set(kernel, loop);
  }
  return loop;
}

/** A view of contiguous rows, or of one row that all others share. */
const rowsOf = (view: View, columns: number, shared: boolean): Rows => ({
  array: arrayOf(view) as Float32Array,
  offset: startOf(view),
  step: shared ? 0 : columns,
});

export function rows(
  kernel: RowsKernel,
  count: number,
  columns: number,
  reads: readonly View[],
  writes: readonly View[],
  rowReads: readonly View[],
  rowWrites: readonly View[],
  values: readonly number[],
): void {
  if (count === 0 || columns === 0) return;
  const matrices = [...reads, ...writes].map((m) => rowsOf(m, columns, m.shape.length < 2 && count > 1));
  const numbers = [...rowReads, ...rowWrites].map((m) => rowsOf(m, 1, false));
  const vector = count * columns < LEAST_VECTOR || reads[0].dtype !== 'float32' ? null : vectorFor(kernel);
  if (vector?.(count, columns, matrices, numbers, values)) return;
  const places = [...matrices, ...numbers];
  loopFor(kernel)(
    count,
    columns,
    places.map(({ array }) => array),
    places.map(({ offset }) => offset),
    places.map(({ step }) => step),
    values,
  );
}

/**
 * Runs a kernel of one matrix on the fast path alone.
 * @param out the matrix that it writes, or one number for each row where it writes none
 * @returns false where the fast path does not apply
 */
export function reduceRows(
  kernel: RowsKernel,
  count: number,
  columns: number,
  x: { readonly array: Float32Array; readonly offset: number },
  out: View,
): boolean {
  if (count === 0 || columns === 0) return false;
  const target = kernel.writes.length > 0;
  const result = rowsOf(out, target ? columns : 1, false);
  const from = { array: x.array, offset: x.offset, step: columns };
  return vectorFor(kernel)?.(count, columns, target ? [from, result] : [from], target ? [] : [result], []) ?? false;
}
