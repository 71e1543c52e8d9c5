/** A storage in which a window is written: the other elements stay. */
import type { KernelSource } from '../driver.js';
import { divide, integer } from './indexing.js';
import { written } from './sizes.js';
import { nested, type Place, position, startOf } from './walk.js';

export interface Window extends Place {
  readonly shape: readonly number[];
}

/** To be run on `old` and `source`, whichever are arrays. */
export interface WindowKernel {
  readonly kernel: KernelSource;
  readonly scalars: readonly number[];
}

/**
 * `out[p] = source[i]` where `window` shows its element i at p, else `old[p]`.
 * @param old a number where all of the storage holds it, null for an array
 * @param source the place of row-major or strided elements, or a number
 * @returns null where the window is not one of nested strides
 */
export function windowKernel(
  numel: number,
  window: Window,
  old: number | null,
  source: Place | number,
): WindowKernel | null {
  const levels = nested(window.shape, window.strides);
  if (levels === null) return null;
  const start = startOf(window.offset);
  const from = typeof source === 'number' ? null : startOf(source.offset, 'Source');
  const terms = typeof source === 'number' ? [] : levels.map(({ dim }, i) => [`i${i}`, source.strides[dim]] as const);
  const read = from === null ? 'source' : `source[${position(terms, from)}]`;
  let inner = `result = ${read};`;
  for (let i = levels.length - 1; i >= 0; i--) {
    const { size, stride } = levels[i];
    const last = i === levels.length - 1;
    inner = `${divide(`i${i}`, `r${i}`, i === 0 ? 'q' : `r${i - 1}`, stride)}
if (i${i} < ${written(`i${i} <`, size)}) {${last ? ` if (r${i} === 0) {` : ''}
${inner}
}${last ? ' }' : ''}`;
  }
  if (levels.length === 0) inner = `if (q === 0) { ${inner} }`;
  const body = `${[start.code, from?.code ?? '', integer('q', start.term === null ? 'this.thread.x' : `this.thread.x - ${start.term}`)].join('\n')}
let result = ${old === null ? 'old[this.thread.x]' : 'old * 1'};
if (q >= 0) {
${inner}
}
return result;`;
  const numbers: [string, number | null][] = [
    ['old', old],
    ['source', typeof source === 'number' ? source : null],
  ];
  const given = numbers.filter((entry): entry is [string, number] => entry[1] !== null);
  return {
    kernel: {
      op: 'store',
      parameters: [...(old === null ? ['old'] : []), ...(typeof source === 'number' ? [] : ['source'])],
      scalars: [...given.map(([name]) => name), ...start.scalars, ...(from?.scalars ?? [])],
      outputs: numel,
      body,
    },
    scalars: [...given.map(([, value]) => value), ...start.values, ...(from?.values ?? [])],
  };
}
