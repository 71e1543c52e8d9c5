/**
 * Pooling and its gradients, one output element a thread, on contiguous arrays `x [N, C, H, W]` and `out [N, C, OH, OW]`.
 * Gradients are gathered: an image element looks for the windows that saw it.
 */
import type { AvgPool2dParams, Pool2dParams } from '../../backend.js';
import type { KernelSource, Lanes } from '../driver.js';
import { divide, integer, loop, shifted, unravel, weighted } from './indexing.js';
import { each, type Laid, laidRow, returnSums, zeroSums } from './lanes.js';
import { once } from './memo.js';
import { literal, written } from './sizes.js';
import { inside, type Moving, seenTaps, seesLanes, type Visit, visitTaps } from './taps.js';

export interface PoolShape<P extends Pool2dParams = Pool2dParams> {
  readonly x: readonly number[];
  readonly out: readonly number[];
  readonly params: P;
}

/** A kernel together with the scalars that it is to be called with. */
interface Prepared {
  readonly kernel: KernelSource;
  readonly scalars: readonly number[];
}

const countOf = (sizes: readonly number[]): number => sizes.reduce((a, b) => a * b, 1);

/** Visits the image positions that an output's window covers, as `iy` and `ix`. */
function overWindow({ x, params }: PoolShape, visit: string): string {
  const { kernel_size, stride, padding, dilation } = params;
  const place = (axis: 0 | 1, o: string, k: string): string =>
    shifted(weighted([o, literal(stride[axis])], [k, literal(dilation[axis])]), -padding[axis]);
  const inside = (axis: 0 | 1, name: string, from: string, body: string): string =>
    `${integer(name, from)}\nif (${name} >= 0) { if (${name} < ${written(`${name} <`, x[2 + axis])}) {\n${body}\n} }`;
  const row = loop('kx', literal(kernel_size[1]), inside(1, 'ix', place(1, 'ox', 'kx'), visit));
  return loop('ky', literal(kernel_size[0]), inside(0, 'iy', place(0, 'oy', 'ky'), row));
}

/** Runs `body` where an output position `o` exists whose window covers image position `i` at its position `k`. */
function seenAlong({ out, params }: PoolShape, axis: 0 | 1, o: string, i: string, k: string, body: string): string {
  const { kernel_size, stride, padding, dilation } = params;
  const distance = `(${shifted(i, padding[axis])} - ${weighted([k, literal(dilation[axis])])})`;
  const within = `if (${o} < ${written(`${o} <`, out[2 + axis])}) {\n${body}\n}`;
  const found =
    stride[axis] === 1
      ? `${integer(o, distance)}\n${within}`
      : `${divide(o, `${o}Rest`, distance, literal(stride[axis]))}\nif (${o}Rest === 0) {\n${within}\n}`;
  return loop(k, literal(kernel_size[axis]), `if (${distance} >= 0) {\n${found}\n}`);
}

/** Visits the rows and the columns of outputs whose windows cover an image position, as `oy` and `ox`. */
const seenRows = (s: PoolShape, body: string): string => seenAlong(s, 0, 'oy', 'iy', 'ky', body);
const seenColumns = (s: PoolShape, ix: string, body: string): string => seenAlong(s, 1, 'ox', ix, 'kx', body);

const at = (plane: string, [, , height, width]: readonly number[], y: string, x: string): string =>
  weighted([plane, height * width], [y, width], [x, 1]);

const planesOf = ([n, c, height, width]: readonly number[]): number[] => [n * c, height, width];

/** The maximum of each window, or its position within the plane; the first of equal ones, and a NaN is the greatest. */
export const maxPool2dKernel: (s: PoolShape, what: 'value' | 'index') => Prepared = once((s, what) => {
  const value = `v = x[${at('p', s.x, 'iy', 'ix')}];
if (!(v === v) || v > best || place < 0) { best = v; place = ${weighted(['iy', s.x[3]], ['ix', 1])}; }`;
  return {
    kernel: {
      op: 'maxPool2d',
      parameters: ['x'],
      scalars: ['infinity'],
      outputs: countOf(s.out),
      body: `${unravel(['p', 'oy', 'ox'], planesOf(s.out))}
let best = -infinity;
let place = 0.5;
place = -1;
let v = 0.5;
${overWindow(s, value)}
return ${what === 'value' ? 'best' : 'place'};`,
    },
    scalars: [Infinity],
  };
});

/** Whether {@link maxPool2dBackwardKernel} can compute so many neighbours in a thread. */
export const backwardTakes = (s: PoolShape, lanes: Lanes): boolean => seesLanes(columnsOf(s), lanes);

const columnsOf = ({ params }: PoolShape): Moving => ({
  width: params.kernel_size[1],
  stride: params.stride[1],
  padding: params.padding[1],
  dilation: params.dilation[1],
});

/** dx[i] = Σ grad[o] over the windows whose maximum stood at i; a thread computes `lanes` neighbours of a row. */
export const maxPool2dBackwardKernel: (s: PoolShape, lanes: Lanes) => Laid = once((s, lanes) => {
  const [n, c, height, width] = s.x;
  const row = laidRow(width, lanes);
  const element = (array: string, column: string): string => `${array}[${at('p', s.out, 'oy', column)}]`;
  const visit: Visit = {
    // no element stands between two others
    read: (name, column, condition) => `const ${name}Place = ${inside(condition, element('indices', column), '0.5')};
const ${name} = ${inside(condition, element('grad', column), '0')};`,
    readTap: () => '',
    add: (lane, name) => `if (${name}Place === own${lane}) { sum${lane} = sum${lane} + ${name}; }`,
  };
  const own = (lane: number): string => `let own${lane} = 0.5;
own${lane} = ${weighted(['iy', width], ['part', literal(lanes)])} + ${lane};`;
  const columns = backwardTakes(s, lanes)
    ? visitTaps(seenTaps(columnsOf(s), width, s.out[3], lanes), visit, lanes)
    : seenColumns(s, 'part', `${visit.read('e', 'ox', null)}\n${visit.add(0, 'e', '', null)}`);
  return {
    strides: [c * height * row, height * row, row, 1],
    kernel: {
      op: 'maxPool2dBackward',
      parameters: ['grad', 'indices'],
      outputs: n * c * height * row,
      lanes,
      body: `${unravel(['p', 'iy', 'part'], [n * c, height, row / lanes])}
${each(lanes, own)}
${zeroSums(lanes)}
${seenRows(s, columns)}
${returnSums(lanes)}`,
    },
  };
});

/** Source that declares `count`, by which a window's sum is divided: its elements in the image, or with padding around it. */
function divisor({ x, params }: PoolShape<AvgPool2dParams>): string {
  const { kernel_size, stride, padding, count_include_pad, divisor_override } = params;
  if (divisor_override !== null) return `let count = 0.5;\ncount = ${divisor_override};`;
  const margin = (axis: 0 | 1): number => (count_include_pad ? padding[axis] : 0);
  const extent = (axis: 0 | 1, o: string): string => {
    const size = x[2 + axis];
    const first = shifted(weighted([o, literal(stride[axis])]), -padding[axis]);
    const end = (extra: number): string => written(`end${axis}`, size + extra);
    // where the window begins and ends, cut to the image or the padded image; counted from the padding's first element
    return `let e${axis} = 0.5;
e${axis} = ${first} + ${kernel_size[axis]};
if (e${axis} > ${end(padding[axis])}) { e${axis} = ${end(padding[axis])}; }
let f${axis} = 0.5;
f${axis} = ${first};
if (f${axis} < ${-margin(axis)}) { f${axis} = ${-margin(axis)}; }
if (e${axis} > ${end(margin(axis))}) { e${axis} = ${end(margin(axis))}; }`;
  };
  return `${extent(0, 'oy')}\n${extent(1, 'ox')}\nlet count = 0.5;\ncount = (e0 - f0) * (e1 - f1);`;
}

/** The mean of each window. */
export const avgPool2dKernel: (s: PoolShape<AvgPool2dParams>) => Prepared = once((s) => {
  return {
    kernel: {
      op: 'avgPool2d',
      parameters: ['x'],
      outputs: countOf(s.out),
      body: `${unravel(['p', 'oy', 'ox'], planesOf(s.out))}
let sum = 0;
${overWindow(s, `sum = sum + x[${at('p', s.x, 'iy', 'ix')}];`)}
${divisor(s)}
return sum / count;`,
    },
    scalars: [],
  };
});

/** dx[i] = Σ grad[o] / count[o] over the windows that saw i */
export const avgPool2dBackwardKernel: (s: PoolShape<AvgPool2dParams>) => Prepared = once((s) => {
  const visit = `${divisor(s)}\nsum = sum + grad[${at('p', s.out, 'oy', 'ox')}] / count;`;
  return {
    kernel: {
      op: 'avgPool2dBackward',
      parameters: ['grad'],
      outputs: countOf(s.x),
      body: `${unravel(['p', 'iy', 'ix'], planesOf(s.x))}
let sum = 0;
${seenRows(s, seenColumns(s, 'ix', visit))}
return sum;`,
    },
    scalars: [],
  };
});
