/** Loops that meet arrays of any type. */
import type { DType } from '../../dtype.js';

/**
 * A loop, as source text, compiled once for each combination of element types: V8 then sees one type of array in it, which is worth a
 * factor of five.
 */
export function typedLoop<F>(parameters: string, body: string): (...dtypes: DType[]) => F {
  const compiled = new Map<string, F>();
  return (...dtypes) => {
    const key = dtypes.join();
    let loop = compiled.get(key);
    // the types are part of the text, because functions of one text share what V8 has seen in them
    if (loop === undefined)
      compiled.set(key, (loop = new Function(parameters, `'use strict'; /* ${key} */ ${body}`) as F));
    return loop;
  };
}
