/**
 * Loops over the scalar definitions of `backend/elementwise.ts`, compiled once for each (kernel, element types, access
 * pattern): V8 then sees one array type per loop, which is worth a factor of five over a loop that calls a function.
 */
import type { DType, TypedArray } from '../../dtype.js';
import { ValueError } from '../../errors.js';
import { isContiguous, numelOf, sameShape } from '../../shape.js';
import type { View } from '../backend.js';
import { ELEMENTWISE, type ElementwiseName } from '../elementwise.js';
import { functionsIn } from '../elementwise-functions.js';
import { withoutTransposed } from './transposed.js';
import { LEAST_VECTOR, runVector, runVectorRows } from './vector.js';

const VARIABLES = ['x', 'y', 'z'] as const;
const DTYPE_CODE: Readonly<Record<DType, number>> = { float32: 0, float64: 1, int64: 2, int32: 3, uint8: 4, bool: 5 };

/** (n, out, outOffset, array or number, offset, … three times); returns false when an int64 overflowed. */
type FlatLoop = (n: number, o: TypedArray, oo: number, ...operands: (TypedArray | number)[]) => boolean;
/** (shape, out, offset, strides, array or number, offset, strides, … three times) */
type StridedLoop = (
  shape: readonly number[],
  o: TypedArray,
  oo: number,
  os: readonly number[],
  ...operands: (TypedArray | number | readonly number[])[]
) => boolean;

const flatLoops = new Map<ElementwiseName, { readonly float32: FlatLoop[]; readonly others: FlatLoop[] }>();
const stridedLoops = new Map<string, StridedLoop>();

/** The expression as it must be stored in an element of `out`. */
function stored(name: ElementwiseName, out: DType): string {
  const e = ELEMENTWISE[name];
  if (name === 'mul' && out === 'int32') return 'Math.imul(x, y)';
  if (out === 'bool') return `(${e}) !== 0 ? 1 : 0`;
  // + 0 turns −0, which integers do not have, into 0
  if (out === 'int64') return `Math.trunc(${e}) + 0`;
  return e;
}

/** int64 lives in float64 elements: a result that is no safe integer must not pass as one. */
const check = (out: DType): string =>
  out === 'int64' ? 'if (!(v <= 9007199254740991 && v >= -9007199254740991)) return false;' : '';

function compileFlat(name: ElementwiseName, out: DType, isArray: readonly boolean[]): FlatLoop {
  const params = isArray.map((_, i) => `a${i}, p${i}`).join(', ');
  const loads = isArray.map((array, i) => `const ${VARIABLES[i]} = ${array ? `a${i}[p${i} + i]` : `a${i}`};`).join(' ');
  return new Function(
    ...`n, o, oo, ${params}`.split(', '),
    `${functionsIn(ELEMENTWISE[name])} for (let i = 0; i < n; i++) { ${loads} const v = ${stored(name, out)}; ${check(out)} o[oo + i] = v; } return true;`,
  ) as FlatLoop;
}

function compileStrided(name: ElementwiseName, out: DType, rank: number, isArray: readonly boolean[]): StridedLoop {
  const arrays = isArray.flatMap((array, i) => (array ? [i] : []));
  const params = isArray.map((_, i) => `a${i}, p${i}, s${i}`).join(', ');
  const pointers = ['o', ...arrays.map(String)];
  const start = (key: string): string => (key === 'o' ? 'oo' : `p${key}`);
  const strides = (key: string): string => (key === 'o' ? 'os' : `s${key}`);
  let body = isArray
    .map((array, i) => `const ${VARIABLES[i]} = ${array ? `a${i}[q${i}_${rank}]` : `a${i}`};`)
    .join(' ');
  body += ` const v = ${stored(name, out)}; ${check(out)} o[qo_${rank}] = v;`;
  for (let d = rank - 1; d >= 0; d--) {
    const open = `let ${pointers.map((k) => `q${k}_${d + 1} = ${d === 0 ? start(k) : `q${k}_${d}`}`).join(', ')}`;
    const step = pointers.map((k) => `q${k}_${d + 1} += t${k}_${d}`).join(', ');
    body = `${open}; for (let i${d} = 0; i${d} < n${d}; i${d}++, ${step}) { ${body} }`;
  }
  const consts = Array.from({ length: rank }, (_, d) =>
    [`const n${d} = shape[${d}];`, ...pointers.map((k) => `const t${k}_${d} = ${strides(k)}[${d}];`)].join(' '),
  ).join(' ');
  const functions = functionsIn(ELEMENTWISE[name]);
  return new Function(
    ...`shape, o, oo, os, ${params}`.split(', '),
    `${functions} ${consts} ${body} return true;`,
  ) as StridedLoop;
}

/** The loop for these element types and for which operands are numbers. */
function flatLoop(name: ElementwiseName, inputs: readonly (View | number)[], out: View): FlatLoop {
  let loops = flatLoops.get(name);
  if (loops === undefined) flatLoops.set(name, (loops = { float32: [], others: [] }));
  const mask = float32Mask(inputs, out);
  const table = mask < 0 ? loops.others : loops.float32;
  const key = mask < 0 ? codeOf(inputs, out) : mask;
  return (table[key] ??= compileFlat(name, out.dtype, inputs.map(isView)));
}

const isView = (x: View | number): x is View => typeof x !== 'number';

/** A bit for each operand that is a view, and one above for how many there are; −1 where one is not float32. */
function float32Mask(inputs: readonly (View | number)[], out: View): number {
  if (out.dtype !== 'float32') return -1;
  let mask = 1;
  for (let i = 0; i < inputs.length; i++) {
    const x = inputs[i];
    if (typeof x === 'number') mask <<= 1;
    else if (x.dtype === 'float32') mask = (mask << 1) | 1;
    else return -1;
  }
  return mask;
}

function codeOf(inputs: readonly (View | number)[], out: View): number {
  let code = DTYPE_CODE[out.dtype];
  for (const x of inputs) code = code * 7 + (typeof x === 'number' ? 6 : DTYPE_CODE[x.dtype]);
  return code;
}

// Small tensors share memory: their elements begin somewhere in it, until somebody asks for their buffer. So both are to be
// read at the same time.
export const arrayOf = (x: View): TypedArray => x.storage.memory as TypedArray;
export const startOf = (x: View): number => x.storage.start + x.offset;

/** `out = f(inputs)`, elementwise; views broadcast to `out`. */
export function elementwise(name: ElementwiseName, inputs: readonly (View | number)[], out: View): void {
  const n = sizeOfAlike(inputs, out);
  const ok = n > 0 ? runInOrder(name, n, inputs, out) : runAny(name, inputs, out);
  if (!ok)
    throw new ValueError(`${name}(): the result is beyond ±(2^53 − 1), the int64 values that torchlet holds exactly`);
}

/** A float32 view, or two. What {@link float32Mask} gives for them. */
const [ONE_VIEW, TWO_VIEWS] = [0b11, 0b111];

/**
 * The same for few float32 elements that lie in one order everywhere, without a list of operands; false where it is not so, or
 * where the loop has still to be made.
 */
export function elementwiseFew(name: ElementwiseName, x: View, y: View | null, out: View): boolean {
  const n = sizeOfFew(out);
  if (n === 0 || !follows(x, out)) return false;
  const loop = flatLoops.get(name)?.float32[y === null ? ONE_VIEW : TWO_VIEWS];
  if (loop === undefined) return false;
  if (y === null) loop(n, arrayOf(out), startOf(out), arrayOf(x), startOf(x));
  else if (follows(y, out)) loop(n, arrayOf(out), startOf(out), arrayOf(x), startOf(x), arrayOf(y), startOf(y));
  else return false;
  return true;
}

/** The number of elements of a contiguous float32 view; 0 where it is none, or where a vector loop pays. */
function sizeOfFew({ dtype, shape, strides }: View): number {
  if (dtype !== 'float32') return 0;
  let n = 1;
  for (let d = shape.length - 1; d >= 0; d--) {
    if (strides[d] !== n) return 0;
    n *= shape[d];
  }
  return n < LEAST_VECTOR ? n : 0;
}

const follows = (x: View, out: View): boolean =>
  x.dtype === 'float32' && sameShape(x.shape, out.shape) && sameShape(x.strides, out.strides);

/** The number of elements where all views are contiguous and alike, as nearly always; 0 where not, or where there are none. */
function sizeOfAlike(inputs: readonly (View | number)[], { shape, strides }: View): number {
  let n = 1;
  for (let d = shape.length - 1; d >= 0; d--) {
    if (strides[d] !== n) return 0;
    n *= shape[d];
  }
  for (let i = 0; i < inputs.length; i++) {
    const x = inputs[i];
    if (typeof x !== 'number' && !(sameShape(x.shape, shape) && sameShape(x.strides, strides))) return 0;
  }
  return n;
}

function runAny(name: ElementwiseName, inputs: readonly (View | number)[], out: View): boolean {
  const n = numelOf(out.shape);
  if (n === 0) return true;
  const operands = n === 1 ? inputs : withoutSingles(inputs, out);
  const inOrder = n === 1 || (isContiguous(out.shape, out.strides) && allFollow(operands, out));
  return inOrder ? runInOrder(name, n, operands, out) : runStrided(name, operands, out);
}

/**
 * Whether it shows one element, here or everywhere, as the gradient of a sum does. One that is everywhere in memory that is written
 * changes on the way, which is how gradients of a view that repeats an element add up.
 */
function isSingle(x: View | number, { storage }: View): x is View {
  if (typeof x === 'number') return false;
  for (let i = 0; i < x.shape.length; i++) {
    if (x.shape[i] !== 1 && (x.strides[i] !== 0 || x.storage === storage)) return false;
  }
  return true;
}

/** A view of one element is its number, unless there is nothing else to loop over. */
function withoutSingles(inputs: readonly (View | number)[], out: View): readonly (View | number)[] {
  let others: (View | number)[] | null = null;
  for (let i = 0; i < inputs.length; i++) {
    const x = inputs[i];
    if (isSingle(x, out)) (others ??= inputs.slice())[i] = arrayOf(x)[startOf(x)];
  }
  return others ?? inputs;
}

/** Whether every operand lies in memory as the contiguous `out` does. */
function allFollow(inputs: readonly (View | number)[], out: View): boolean {
  for (let i = 0; i < inputs.length; i++) {
    const x = inputs[i];
    if (typeof x === 'number') continue;
    if (!sameShape(x.shape, out.shape) || !isContiguous(x.shape, x.strides)) return false;
  }
  return true;
}

/** All operands lie in one order. */
function runInOrder(name: ElementwiseName, n: number, inputs: readonly (View | number)[], out: View): boolean {
  if (n >= LEAST_VECTOR && runVector(name, n, inputs, out)) return true;
  const loop = flatLoop(name, inputs, out);
  const o = arrayOf(out);
  const at = startOf(out);
  // spelled out, because spreading a list takes longer than a short loop
  const [x, y, z] = inputs;
  if (inputs.length === 1) return loop(n, o, at, dataOf(x), placeOf(x));
  if (inputs.length === 2) return loop(n, o, at, dataOf(x), placeOf(x), dataOf(y), placeOf(y));
  return loop(n, o, at, dataOf(x), placeOf(x), dataOf(y), placeOf(y), dataOf(z), placeOf(z));
}

const dataOf = (x: View | number): TypedArray | number => (typeof x === 'number' ? x : arrayOf(x));
const placeOf = (x: View | number): number => (typeof x === 'number' ? 0 : startOf(x));

function runStrided(name: ElementwiseName, inputs: readonly (View | number)[], out: View): boolean {
  const views = [out, ...inputs.filter((input) => typeof input !== 'number')];
  const { shape, strides } = collapse(
    out.shape,
    views.map((v) => alignStrides(v, out.shape)),
  );
  if (runVectorRows(name, shape, strides, inputs, out)) return true;
  if (withoutTransposed(shape, strides, inputs, out, (operands, to) => runAny(name, operands, to))) return true;
  const code = inputs.map((input) => (typeof input === 'number' ? 's' : input.dtype)).join();
  const key = `${name} ${out.dtype} ${shape.length} ${code}`;
  let loop = stridedLoops.get(key);
  if (loop === undefined) {
    loop = compileStrided(
      name,
      out.dtype,
      shape.length,
      inputs.map((input) => typeof input !== 'number'),
    );
    stridedLoops.set(key, loop);
  }
  let next = 1;
  const operands = inputs.flatMap((input) =>
    typeof input === 'number' ? [input, 0, []] : [arrayOf(input), startOf(input), strides[next++]],
  );
  return loop(shape, arrayOf(out), startOf(out), strides[0], ...operands);
}

/** Strides of a view broadcast to `shape`. */
export function alignStrides(view: View, shape: readonly number[]): number[] {
  const lead = shape.length - view.shape.length;
  return shape.map((size, i) =>
    i < lead || (view.shape[i - lead] !== size && view.shape[i - lead] === 1) ? 0 : view.strides[i - lead],
  );
}

/** Drops dimensions of size 1 and joins neighbours that every operand walks with one stride. */
export function collapse(
  shape: readonly number[],
  strides: readonly (readonly number[])[],
): { shape: number[]; strides: number[][] } {
  const outShape: number[] = [];
  const out: number[][] = strides.map(() => []);
  for (let d = 0; d < shape.length; d++) {
    if (shape[d] === 1) continue;
    const last = outShape.length - 1;
    if (last >= 0 && strides.every((s, k) => out[k][last] === s[d] * shape[d])) {
      outShape[last] *= shape[d];
      for (let k = 0; k < strides.length; k++) out[k][last] = strides[k][d];
    } else {
      outShape.push(shape[d]);
      for (let k = 0; k < strides.length; k++) out[k].push(strides[k][d]);
    }
  }
  return { shape: outShape, strides: out };
}
