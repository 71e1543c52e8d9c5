/** Reductions: one output a thread, which loops over what is reduced. */
import type { ReduceName } from '../../backend.js';
import type { KernelSource } from '../driver.js';
import { integer, loop, unravel, weighted } from './indexing.js';
import { once } from './memo.js';
import { isNumber, written } from './sizes.js';
import { position, startOf } from './walk.js';

/** Sizes, and the strides in memory, of dimensions that are kept or reduced. */
export interface Dimensions {
  readonly sizes: readonly number[];
  readonly strides: readonly number[];
}

export interface Reduction {
  readonly kept: Dimensions;
  readonly reduced: Dimensions;
  readonly offset: number;
  /**
   * Where a dimension is cut into pieces, the last kept one counts the pieces and the last reduced one the elements of a
   * piece: how many elements there are in all, if the last piece is shorter. Null otherwise.
   */
  readonly cut: number | null;
}

/** A kernel together with the scalars that it is to be called with. */
export interface ReduceKernel {
  readonly kernel: KernelSource;
  readonly scalars: readonly number[];
}

/** Source that declares the kept indices and `base`, then visits every reduced element, whose position `visit` is given. */
function overReduced(
  { kept, reduced, offset, cut }: Reduction,
  visit: (at: string) => string,
): Omit<Visits, 'body'> & { body: string } {
  const start = startOf(offset);
  const names = kept.sizes.length === 1 ? ['this.thread.x'] : kept.sizes.map((_, d) => `d${d}`);
  const steps = (list: readonly string[], { strides }: Dimensions) =>
    list.map((name, d) => [name, strides[d]] as const);
  const loops = reduced.sizes.map((_, d) => `k${d}`);
  // where nothing is kept, a literal: as the value of a variable gpu.js would make it a float
  const base = position(steps(names, kept), start);
  const literal = isNumber(base);
  const walked = position(steps(loops, reduced), startOf(0));
  // never the sum of two literals, which WebGL takes for a float
  const at = walked === '0' ? (literal ? base : 'base') : `${literal ? base : 'base'} + ${walked}`;
  const last = loops.length - 1;
  let inner = visit(at);
  if (cut !== null) {
    const place = weighted([names.at(-1) as string, reduced.sizes[last]], [`k${last}`, 1]);
    inner = `if (${place} < ${written('all', cut)}) {\n${inner}\n}`;
  }
  const before = [
    start.code,
    kept.sizes.length > 1 ? unravel(names, kept.sizes) : '',
    literal ? '' : integer('base', base),
  ];
  const body = loops.reduceRight((source, name, d) => loop(name, reduced.sizes[d], source), inner);
  return { code: before.join('\n'), body, scalars: start.scalars, values: start.values };
}

interface Visits {
  readonly code: string;
  readonly body: string;
  readonly scalars: readonly string[];
  readonly values: readonly number[];
}

const START: Readonly<Record<ReduceName, string>> = { sum: '0', prod: '1', max: '-infinity', min: 'infinity' };
const STEP: Readonly<Record<ReduceName, string>> = {
  sum: 'found = found + v;',
  prod: 'found = found * v;',
  // a NaN stays, because nothing compares greater; and no NaN equals itself, which lets one in
  max: 'if (v > found || !(v === v)) { found = v; }',
  min: 'if (v < found || !(v === v)) { found = v; }',
};

const outputsOf = ({ kept }: Reduction): number => kept.sizes.reduce((a, b) => a * b, 1);

export const reduceKernel: (name: ReduceName, reduction: Reduction) => ReduceKernel = once((name, reduction) => {
  const { code, body, scalars, values } = overReduced(reduction, (at) => `v = x[${at}];\n${STEP[name]}`);
  const infinite = name === 'max' || name === 'min';
  return {
    kernel: {
      op: name,
      parameters: ['x'],
      scalars: [...scalars, ...(infinite ? ['infinity'] : [])],
      outputs: outputsOf(reduction),
      body: `${code}\nlet found = ${START[name]};\nlet v = 0.5;\n${body}\nreturn found;`,
    },
    scalars: [...values, ...(infinite ? [Infinity] : [])],
  };
});

/** First position of the extremum along the one reduced dimension; a NaN is the extremum. */
export const argReduceKernel: (name: 'max' | 'min', reduction: Reduction) => ReduceKernel = once((name, reduction) => {
  const better = name === 'max' ? 'v > found' : 'v < found';
  const { code, body, scalars, values } = overReduced(
    reduction,
    (at) => `v = x[${at}];\nif (found === found && (k0 < 1 || ${better} || !(v === v))) { found = v; place = k0; }`,
  );
  return {
    kernel: {
      op: name === 'max' ? 'argmax' : 'argmin',
      parameters: ['x'],
      scalars,
      outputs: outputsOf(reduction),
      body: `${code}\nlet found = 0.5;\nlet place = 0.5;\nlet v = 0.5;\n${body}\nreturn place;`,
    },
    scalars: values,
  };
});
