/** The gradients of a convolution's weight and bias, on arrays as in `conv2d.ts`. */
import type { KernelSource, Lanes } from '../driver.js';
import { at, type ConvShape, inputPlace, withinImage } from './conv2d.js';
import { divide, loop, unravel, weighted } from './indexing.js';
import { each, type Laid, laidRow, laneIndices, returnSums, zeroSums } from './lanes.js';
import { literal } from './sizes.js';
import { when } from './taps.js';

/**
 * dw[o, c, ky, kx] = Σ grad[n, o, oy, ox] · x[n, c, iy, ix]
 *
 * The lanes of a thread are neighbouring filters, which see the same pixel: they are written transposed, as `[C, kH, kW, O]`.
 * Of several groups, they are to divide the filters.
 */
export function conv2dWeightGradKernel(s: ConvShape, lanes: Lanes): Laid {
  const [batch, , oH, oW] = s.out;
  const [outChannels, perGroup, kH, kW] = s.weight;
  const { groups } = s.params;
  const row = laidRow(outChannels, lanes);
  const wide = lanes > 1;
  const sizes = [row / lanes, perGroup, literal(kH), literal(kW)];
  const names = ['group', 'c', 'ky', 'kx'];
  const [iy, ix] = [inputPlace(s, 0, 'oy', 'ky'), inputPlace(s, 1, 'ox', 'kx')];
  const channel = groups === 1 ? 'c' : `(${weighted(['ofGroup', perGroup], ['c', 1])})`;
  const pixel = `x[${at(s.x, 'n', channel, iy, ix)}]`;
  const check = withinImage(s, 1, ix);
  const products = `const pixel = ${check === null ? pixel : `(${check}) ? ${pixel} : 0`};
${each(lanes, (lane) => `sum${lane} += grad[${at(s.out, 'n', `o${lane}`, 'oy', 'ox')}] * pixel;`)}`;
  return {
    strides: wide ? [1, kH * kW * row, kW * row, row] : [perGroup * kH * kW, kH * kW, kW, 1],
    kernel: {
      op: 'conv2dWeightGrad',
      parameters: ['grad', 'x'],
      outputs: row * perGroup * kH * kW,
      lanes,
      body: `${wide ? unravel([...names.slice(1), names[0]], [...sizes.slice(1), sizes[0]]) : unravel(names, sizes)}
${laneIndices('o', outChannels, lanes)}
${groups === 1 ? '' : divide('ofGroup', 'inGroup', 'o0', outChannels / groups)}
${zeroSums(lanes)}
${loop('n', batch, loop('oy', oH, when(withinImage(s, 0, iy), loop('ox', oW, products))))}
${returnSums(lanes)}`,
    },
  };
}

/** db[o] = Σ grad[n, o, oy, ox] */
export function conv2dBiasGradKernel(s: ConvShape): KernelSource {
  const [batch, channels, oH, oW] = s.out;
  const plane = oH * oW;
  const element = weighted(['n', channels * plane], ['this.thread.x', plane], ['p', 1]);
  return {
    op: 'conv2dWeightGrad',
    parameters: ['grad'],
    outputs: channels,
    body: `let sum = 0;
${loop('n', batch, loop('p', plane, `sum += grad[${element}];`))}
return sum;`,
  };
}
