/** Where extrema are. */
import type { TypedArray } from '../../dtype.js';
import type { View } from '../backend.js';
import { type Block, withBlock } from './block.js';

/** Positions of the first extremum along `dim`; a NaN is the extremum. */
export function argReduce(name: 'max' | 'min', x: View, dim: number, out: View): void {
  withBlock(x, x.shape.length === 0 ? [] : [dim], (block) => find(name, block, out));
}

function find(name: 'max' | 'min', { array, offset, outer, reduced, inner }: Block, out: View): void {
  const result = out.storage.buffer as TypedArray;
  const sign = name === 'max' ? 1 : -1;
  for (let i = 0; i < outer; i++) {
    for (let j = 0; j < inner; j++) {
      let p = offset + i * reduced * inner + j;
      let best = sign * array[p];
      let at = 0;
      for (let r = 1; r < reduced && best === best; r++) {
        p += inner;
        const v = sign * array[p];
        if (v > best || v !== v) {
          best = v;
          at = r;
        }
      }
      result[out.offset + i * inner + j] = at;
    }
  }
}
