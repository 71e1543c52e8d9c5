/**
 * Convolution and its two gradients, one output element a thread, on contiguous arrays
 * `x [N, C, H, W]`, `weight [O, C / groups, kH, kW]`, `out [N, O, OH, OW]`.
 */
import type { Conv2dParams } from '../../backend.js';
import type { KernelSource } from '../driver.js';
import { divide, integer, shifted, unravel, weighted } from './indexing.js';

export interface ConvShape {
  readonly x: readonly number[];
  readonly weight: readonly number[];
  readonly out: readonly number[];
  readonly params: Conv2dParams;
}

const repeat = (name: string, count: number, body: string): string =>
  `for (let ${name} = 0; ${name} < ${count}; ${name}++) {\n${body}\n}`;

/** Position in a contiguous array of four dimensions. */
const at = (sizes: readonly number[], n: string, c: string, h: string, w: string): string =>
  weighted([n, sizes[1] * sizes[2] * sizes[3]], [c, sizes[2] * sizes[3]], [h, sizes[3]], [w, 1]);

/** The image row (axis 0) or column (1) that output position `o` sees through kernel position `k`. */
const inputPlace = ({ params }: ConvShape, axis: 0 | 1, o: string, k: string): string =>
  shifted(weighted([o, params.stride[axis]], [k, params.dilation[axis]]), -params.padding[axis]);

const within = (place: string, size: number): string => `if (${place} >= 0) { if (${place} < ${size}) {`;

/** out[n, o, oy, ox] = bias[o] + Σ x[n, c, iy, ix] · weight[o, c, ky, kx] */
export function conv2dKernel(s: ConvShape, hasBias: boolean): KernelSource {
  const [, , kH, kW] = s.weight;
  const perGroup = s.weight[1];
  const [iy, ix] = [inputPlace(s, 0, 'oy', 'ky'), inputPlace(s, 1, 'ox', 'kx')];
  const channel = s.params.groups === 1 ? 'c' : `(group * ${perGroup} + c)`;
  const product = `sum += x[${at(s.x, 'n', channel, iy, ix)}] * weight[${at(s.weight, 'o', 'c', 'ky', 'kx')}];`;
  const row = repeat('kx', kW, `${within(ix, s.x[3])} ${product} } }`);
  return {
    op: 'conv2d',
    parameters: hasBias ? ['x', 'weight', 'bias'] : ['x', 'weight'],
    outputs: count(s.out),
    body: `${unravel(['n', 'o', 'oy', 'ox'], s.out)}
${s.params.groups === 1 ? '' : divide('group', 'inGroup', 'o', s.weight[0] / s.params.groups)}
let sum = 0;
${repeat('c', perGroup, repeat('ky', kH, `${within(iy, s.x[2])}\n${row}\n} }`))}
return ${hasBias ? 'sum + bias[o]' : 'sum'};`,
  };
}

/** dx[n, c, iy, ix] = Σ grad[n, o, oy, ox] · weight[o, c, ky, kx], over the outputs that saw the pixel */
export function conv2dInputGradKernel(s: ConvShape): KernelSource {
  const [outChannels, perGroup, kH, kW] = s.weight;
  const outPerGroup = outChannels / s.params.groups;
  const single = s.params.groups === 1;
  const filter = single ? 'f' : `(group * ${outPerGroup} + f)`;
  const weightAt = at(s.weight, filter, single ? 'c' : 'inGroup', 'ky', 'kx');
  const product = `sum += grad[${at(s.out, 'n', filter, 'oy', 'ox')}] * weight[${weightAt}];`;
  const row = repeat('kx', kW, outputPlace(s, 1, 'ox', 'ix', 'kx', product));
  return {
    op: 'conv2dInputGrad',
    parameters: ['grad', 'weight'],
    outputs: count(s.x),
    body: `${unravel(['n', 'c', 'iy', 'ix'], s.x)}
${single ? '' : divide('group', 'inGroup', 'c', perGroup)}
let sum = 0;
${repeat('f', outPerGroup, repeat('ky', kH, outputPlace(s, 0, 'oy', 'iy', 'ky', row)))}
return sum;`,
  };
}

/** Runs `body` where an output position `o` exists that sees image position `i` through kernel position `k`. */
function outputPlace(s: ConvShape, axis: 0 | 1, o: string, i: string, k: string, body: string): string {
  const { padding, dilation, stride } = s.params;
  const distance = `(${shifted(i, padding[axis])} - ${weighted([k, dilation[axis]])})`;
  const inside = `if (${o} < ${s.out[2 + axis]}) {\n${body}\n}`;
  const place =
    stride[axis] === 1
      ? `${integer(o, distance)}\n${inside}`
      : `${divide(o, `${o}Rest`, distance, stride[axis])}\nif (${o}Rest === 0) {\n${inside}\n}`;
  return `if (${distance} >= 0) {\n${place}\n}`;
}

/** dw[o, c, ky, kx] = Σ grad[n, o, oy, ox] · x[n, c, iy, ix] */
export function conv2dWeightGradKernel(s: ConvShape): KernelSource {
  const [batch, , oH, oW] = s.out;
  const perGroup = s.weight[1];
  const [iy, ix] = [inputPlace(s, 0, 'oy', 'ky'), inputPlace(s, 1, 'ox', 'kx')];
  const channel = s.params.groups === 1 ? 'c' : `(group * ${perGroup} + c)`;
  const product = `sum += grad[${at(s.out, 'n', 'o', 'oy', 'ox')}] * x[${at(s.x, 'n', channel, iy, ix)}];`;
  const row = repeat('ox', oW, `${within(ix, s.x[3])} ${product} } }`);
  return {
    op: 'conv2dWeightGrad',
    parameters: ['grad', 'x'],
    outputs: count(s.weight),
    body: `${unravel(['o', 'c', 'ky', 'kx'], s.weight)}
${s.params.groups === 1 ? '' : divide('group', 'inGroup', 'o', s.weight[0] / s.params.groups)}
let sum = 0;
${repeat('n', batch, repeat('oy', oH, `${within(iy, s.x[2])}\n${row}\n} }`))}
return sum;`,
  };
}

/** db[o] = Σ grad[n, o, oy, ox] */
export function conv2dBiasGradKernel(s: ConvShape): KernelSource {
  const [batch, channels, oH, oW] = s.out;
  const plane = oH * oW;
  return {
    op: 'conv2dWeightGrad',
    parameters: ['grad'],
    outputs: channels,
    body: `let sum = 0;
${repeat('n', batch, repeat('p', plane, `sum += grad[${weighted(['n', channels * plane], ['this.thread.x', plane], ['p', 1])}];`))}
return sum;`,
  };
}

const count = (sizes: readonly number[]): number => sizes.reduce((a, b) => a * b, 1);
