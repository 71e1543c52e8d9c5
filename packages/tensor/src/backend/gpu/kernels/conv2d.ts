/**
 * Convolution and the gradient of its input, on contiguous arrays `x [N, C, H, W]`, `weight [O, C / groups, kH, kW]`,
 * `out [N, O, OH, OW]`. A thread computes `lanes` neighbours of a row.
 */
import type { Conv2dParams } from '../../backend.js';
import type { Lanes } from '../driver.js';
import { divide, integer, loop, shifted, unravel, weighted } from './indexing.js';
import { type Laid, laidRow, returnSums, zeroSums } from './lanes.js';
import { literal, written } from './sizes.js';
import { type Moving, products, seenTaps, seesLanes, type Taps, type Visit, visitTaps, when } from './taps.js';

export interface ConvShape {
  readonly x: readonly number[];
  readonly weight: readonly number[];
  readonly out: readonly number[];
  readonly params: Conv2dParams;
}

/** Position in a contiguous array of four dimensions. */
export const at = (sizes: readonly number[], n: string, c: string, h: string, w: string): string =>
  weighted([n, sizes[1] * sizes[2] * sizes[3]], [c, sizes[2] * sizes[3]], [h, sizes[3]], [w, 1]);

/** The image row (axis 0) or column (1) that output position `o` sees through kernel position `k`. */
export const inputPlace = ({ params }: ConvShape, axis: 0 | 1, o: string, k: string): string =>
  shifted(weighted([o, literal(params.stride[axis])], [k, literal(params.dilation[axis])]), -params.padding[axis]);

/** Where output positions see something outside of the image, the condition on the place that they do not; else null. */
export function withinImage(s: ConvShape, axis: 0 | 1, place: string): string | null {
  const { stride, padding, dilation } = s.params;
  const last = (s.out[2 + axis] - 1) * stride[axis] + (s.weight[2 + axis] - 1) * dilation[axis] - padding[axis];
  const checks = [];
  if (padding[axis] > 0) checks.push(`${place} >= 0`);
  if (last >= s.x[2 + axis]) checks.push(`${place} < ${written(`x ${axis}`, s.x[2 + axis])}`);
  return checks.length === 0 ? null : checks.join(' && ');
}

/** Rows of the last dimension, as they are written. */
function laid(sizes: readonly number[], lanes: Lanes): { readonly sizes: number[]; readonly strides: number[] } {
  const [n, c, h, w] = sizes;
  const row = laidRow(w, lanes);
  return { sizes: [n, c, h, row / lanes], strides: [c * h * row, h * row, row, 1] };
}

const count = (sizes: readonly number[]): number => sizes.reduce((a, b) => a * b, 1);

/** out[n, o, oy, ox] = bias[o] + Σ x[n, c, iy, ix] · weight[o, c, ky, kx] */
export function conv2dKernel(s: ConvShape, hasBias: boolean, lanes: Lanes): Laid {
  const { stride, padding, dilation, groups } = s.params;
  const [outChannels, perGroup, kH, kW] = s.weight;
  const { sizes, strides } = laid(s.out, lanes);
  const iy = inputPlace(s, 0, 'oy', 'ky');
  const channel = groups === 1 ? 'c' : `(${weighted(['group', perGroup], ['c', 1])})`;
  const span = lanes * stride[1];
  const taps: Taps = {
    width: kW,
    offset: (lane, tap) => lane * stride[1] + tap * dilation[1],
    step: dilation[1],
    from: 'from',
    range: [-padding[1], (sizes[3] - 1) * span - padding[1]],
    columns: s.x[3],
  };
  const visit = products(
    (column) => `x[${at(s.x, 'n', channel, iy, column)}]`,
    (tap) => `weight[${at(s.weight, 'o', 'c', 'ky', tap)}]`,
  );
  const row = when(withinImage(s, 0, iy), visitTaps(taps, visit, lanes));
  return {
    strides,
    kernel: {
      op: 'conv2d',
      parameters: hasBias ? ['x', 'weight', 'bias'] : ['x', 'weight'],
      outputs: count(sizes) * lanes,
      lanes,
      body: `${unravel(['n', 'o', 'oy', 'part'], sizes)}
${groups === 1 ? '' : divide('group', 'inGroup', 'o', outChannels / groups)}
${integer('from', shifted(weighted(['part', literal(span)]), -padding[1]))}
${zeroSums(lanes)}
${loop('c', perGroup, loop('ky', literal(kH), row))}
${returnSums(lanes, (lane) => (hasBias ? `sum${lane} + bias[o]` : `sum${lane}`))}`,
    },
  };
}

const movingOf = ({ weight, params }: ConvShape): Moving => ({
  width: weight[3],
  stride: params.stride[1],
  padding: params.padding[1],
  dilation: params.dilation[1],
});

/** Whether {@link conv2dInputGradKernel} can compute so many neighbours in a thread. */
export const inputGradTakes = (s: ConvShape, lanes: Lanes): boolean => seesLanes(movingOf(s), lanes);

/** dx[n, c, iy, ix] = Σ grad[n, o, oy, ox] · weight[o, c, ky, kx], over the outputs that saw the pixel */
export function conv2dInputGradKernel(s: ConvShape, lanes: Lanes): Laid {
  const [outChannels, perGroup, kH] = s.weight;
  const { groups } = s.params;
  const outPerGroup = outChannels / groups;
  const { sizes, strides } = laid(s.x, lanes);
  const filter = groups === 1 ? 'f' : `(${weighted(['group', outPerGroup], ['f', 1])})`;
  const visit = products(
    (column) => `grad[${at(s.out, 'n', filter, 'oy', column)}]`,
    (tap) => `weight[${at(s.weight, filter, groups === 1 ? 'c' : 'inGroup', 'ky', tap)}]`,
  );
  const row = inputGradTakes(s, lanes)
    ? visitTaps(seenTaps(movingOf(s), s.x[3], s.out[3], lanes), visit, lanes)
    : addSeen(s, visit);
  return {
    strides,
    kernel: {
      op: 'conv2dInputGrad',
      parameters: ['grad', 'weight'],
      outputs: count(sizes) * lanes,
      lanes,
      body: `${unravel(['n', 'c', 'iy', 'part'], sizes)}
${groups === 1 ? '' : divide('group', 'inGroup', 'c', perGroup)}
${zeroSums(lanes)}
${loop('f', outPerGroup, loop('ky', literal(kH), outputPlace(s, 0, 'oy', 'iy', 'ky', row)))}
${returnSums(lanes)}`,
    },
  };
}

/** The same for one pixel and any stride. */
const addSeen = (s: ConvShape, { read, readTap, add }: Visit): string =>
  loop(
    'kx',
    literal(s.weight[3]),
    outputPlace(
      s,
      1,
      'ox',
      'part',
      'kx',
      [read('e', 'ox', null), readTap('w', 'kx'), add(0, 'e', 'w', null)].join('\n'),
    ),
  );

/** Runs `body` where an output position `o` exists that sees image position `i` through kernel position `k`. */
function outputPlace(s: ConvShape, axis: 0 | 1, o: string, i: string, k: string, body: string): string {
  const { padding, dilation, stride } = s.params;
  const distance = `(${shifted(i, padding[axis])} - ${weighted([k, literal(dilation[axis])])})`;
  const inside = `if (${o} < ${written(`${o} <`, s.out[2 + axis])}) {\n${body}\n}`;
  const place =
    stride[axis] === 1
      ? `${integer(o, distance)}\n${inside}`
      : `${divide(o, `${o}Rest`, distance, literal(stride[axis]))}\nif (${o}Rest === 0) {\n${inside}\n}`;
  return `if (${distance} >= 0) {\n${place}\n}`;
}
