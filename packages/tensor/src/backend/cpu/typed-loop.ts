/** Loops that meet arrays of any type. */
import { DTYPES, type DType } from '../../dtype.js';

/**
 * A loop, as source text, compiled once for each combination of element types: V8 then sees one type of array in it, which is worth a
 * factor of five.
 * @param body the same for all types, or what it is for these
 */
export function typedLoop<F>(
  parameters: string,
  body: string | ((...dtypes: DType[]) => string),
): (...dtypes: DType[]) => F {
  const compiled: (F | undefined)[] = [];
  return (...dtypes) => {
    let code = 0;
    for (let i = 0; i < dtypes.length; i++) code = code * DTYPES.length + ORDINAL[dtypes[i]];
    return (compiled[code] ??= compile(parameters, typeof body === 'string' ? body : body(...dtypes), dtypes) as F);
  };
}

const ORDINAL = Object.fromEntries(DTYPES.map((dtype, i) => [dtype, i])) as Readonly<Record<DType, number>>;

/** The types are part of the text, because functions of one text share what V8 has seen in them. */
const compile = (parameters: string, body: string, dtypes: readonly DType[]): unknown =>
  new Function(parameters, `'use strict'; /* ${dtypes.join()} */ ${body}`);
