/**
 * Reading and writing through index arrays. Writes are gathered: each element of the result looks through the indices that may
 * mean it, in their order, so that the same sums come out in every run.
 */
import type { KernelSource } from '../driver.js';
import { integerOf, loop, unravel, weighted } from './indexing.js';
import { written } from './sizes.js';
import { type Place, position, startOf, walk } from './walk.js';

export interface PreparedIndexing {
  readonly kernel: KernelSource;
  readonly scalars: readonly number[];
}

/** `out[i][j] = x[index[i][j]][j]` for dim 0; `x` lies at its strides, whose one along `dim` is the step of an index. */
export function gatherKernel(shape: readonly number[], dim: number, x: Place, index: Place): PreparedIndexing {
  const step = x.strides[dim] ?? 0;
  const fixed = { ...x, strides: shape.map((_, d) => (d === dim ? 0 : x.strides[d])) };
  const { code, at, scalars, values } = walk(shape, [index, fixed]);
  return {
    kernel: {
      op: 'gather',
      parameters: ['index', 'x'],
      scalars,
      outputs: shape.reduce((a, b) => a * b, 1),
      body: `${code}\n${integerOf('row', `index[${at(0)}]`)}\nreturn x[${at(1)} + ${weighted(['row', step])}];`,
    },
    scalars: values,
  };
}

export interface ScatterShape {
  /** The result's. */
  readonly shape: readonly number[];
  /** The index's, nowhere larger except along `dim`. */
  readonly indexShape: readonly number[];
  readonly dim: number;
  readonly index: Place;
  /** Null where all that is written is one number. */
  readonly source: Place | null;
  /** Null where the result has held one number. */
  readonly old: Place | null;
}

/** `out[index[i][j]][j] += source[i][j]` for dim 0, or with `add` false `=`, of which the last one counts. */
export function scatterKernel(s: ScatterShape, add: boolean): PreparedIndexing {
  const { shape, indexShape, dim, index, source, old } = s;
  const names = shape.length === 1 ? ['this.thread.x'] : shape.map((_, d) => `d${d}`);
  const starts = [index, source, old].map((place, i) => startOf(place?.offset ?? 0, i));
  const within = (place: Place): (readonly [string, number])[] =>
    names.map((name, d) => [d === dim ? 'k' : name, place.strides[d]] as const);
  const value = source === null ? 'source' : `source[${position(within(source), starts[1])}]`;
  const before =
    old === null
      ? 'old * 1'
      : `old[${position(
          names.map((name, d) => [name, old.strides[d]]),
          starts[2],
        )}]`;
  const found = add ? `result = result + ${value};` : `result = ${value};`;
  const look = loop(
    'k',
    indexShape[dim] ?? 1,
    `if (index[${position(within(index), starts[0])}] === own) { ${found} }`,
  );
  const guards = names.filter((_, d) => d !== dim && indexShape[d] < shape[d]);
  const guarded = guards.reduce(
    (inner, name) => `if (${name} < ${written(`${name} <`, indexShape[names.indexOf(name)])}) {\n${inner}\n}`,
    look,
  );
  return {
    kernel: {
      op: add ? 'scatterAdd' : 'scatter',
      parameters: [...(old === null ? [] : ['old']), 'index', ...(source === null ? [] : ['source'])],
      scalars: [
        ...(old === null ? ['old'] : []),
        ...(source === null ? ['source'] : []),
        ...starts.flatMap((start) => start.scalars),
      ],
      outputs: shape.reduce((a, b) => a * b, 1),
      body: `${shape.length > 1 ? unravel(names, shape) : ''}
${starts.map(({ code }) => code).join('\n')}
let own = 0.5;
own = ${names[dim] ?? '0'};
let result = ${before};
${guarded}
return result;`,
    },
    scalars: starts.flatMap((start) => start.values),
  };
}
