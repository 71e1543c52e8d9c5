/** The gradient of a convolution's weight, on arrays as in `conv2d.ts`. */
import type { Lanes } from '../driver.js';
import { at, type ConvShape, inputPlace, withinImage } from './conv2d.js';
import { divide, integer, loop, unravel, weighted } from './indexing.js';
import { each, type Grouped, laneIndices, returnSums, rowGroups, zeroSums } from './lanes.js';
import { literal, written } from './sizes.js';
import { when } from './taps.js';

/** So many threads keep a large GPU busy. */
const BUSY = 2 ** 17;

/** A walk of one thread up to this length is not cut. */
const LONGEST_WALK = 1024;

/**
 * Into how many parts the rows of all images are cut. A weight sees every pixel of every image, and there are few weights: each
 * part is a thread's, and the parts are summed afterwards.
 */
export function weightGradParts({ out, weight }: ConvShape, lanes: Lanes): number {
  const [batch, , oH, oW] = out;
  const walk = batch * oH * oW;
  const threads = Math.ceil(weight[0] / lanes) * weight[1] * weight[2] * weight[3];
  if (walk <= LONGEST_WALK) return 1;
  const parts = Math.min(batch * oH, Math.ceil(Math.sqrt(walk)), Math.ceil(BUSY / threads));
  // as many as it takes parts of this length
  return Math.ceil((batch * oH) / Math.ceil((batch * oH) / parts));
}

/**
 * dw[part, o, c, ky, kx] = Σ grad[n, o, oy, ox] · x[n, c, iy, ix] over the rows `oy` of a part
 *
 * The lanes of a thread are neighbouring filters, which see the same pixel. Of several groups, they are to divide the filters.
 */
export function conv2dWeightGradKernel(s: ConvShape, lanes: Lanes, parts: number): Grouped {
  const [batch, , oH, oW] = s.out;
  const [outChannels, perGroup, kH, kW] = s.weight;
  const { groups } = s.params;
  const grouped = rowGroups(outChannels, perGroup * kH * kW, lanes);
  const sizes = [parts, grouped.sizes[0], perGroup, literal(kH), literal(kW)];
  const names = ['part', 'group', 'c', 'ky', 'kx'];
  const [iy, ix] = [inputPlace(s, 0, 'oy', 'ky'), inputPlace(s, 1, 'ox', 'kx')];
  const channel = groups === 1 ? 'c' : `(${weighted(['ofGroup', perGroup], ['c', 1])})`;
  const pixel = `x[${at(s.x, 'n', channel, iy, ix)}]`;
  const products = `const pixel = ${pixel};
${each(lanes, (lane) => `sum${lane} += grad[${at(s.out, 'n', `o${lane}`, 'oy', 'ox')}] * pixel;`)}`;
  // what lies outside has no products, which with an infinite gradient would be NaN
  const row = when(withinImage(s, 0, iy), loop('ox', oW, when(withinImage(s, 1, ix), products)));
  return {
    ...grouped,
    kernel: {
      op: 'conv2dWeightGrad',
      parameters: ['grad', 'x'],
      outputs: parts * grouped.sizes[0] * lanes * perGroup * kH * kW,
      lanes,
      body: `${parts === 1 ? unravel(names.slice(1), sizes.slice(1)) : unravel(names, sizes)}
${laneIndices('o', outChannels, lanes)}
${groups === 1 ? '' : divide('ofGroup', 'inGroup', 'o0', outChannels / groups)}
${zeroSums(lanes)}
${parts === 1 ? loop('n', batch, loop('oy', oH, row)) : rowsOfPart(batch * oH, parts, oH, row)}
${returnSums(lanes)}`,
    },
  };
}

/** Runs `body` for the image `n` and the row `oy` of each of a part's rows. */
function rowsOfPart(rows: number, parts: number, oH: number, body: string): string {
  const length = Math.ceil(rows / parts);
  const inside = `${divide('n', 'oy', 'place', oH)}\n${body}`;
  return loop(
    'r',
    length,
    `${integer('place', weighted(['part', length], ['r', 1]))}
${length * parts === rows ? inside : when(`place < ${written('rows', rows)}`, inside)}`,
  );
}
