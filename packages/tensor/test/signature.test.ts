import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ValueError } from '../src/errors.js';
import { signature } from '../src/signature.js';

type Any = (...args: unknown[]) => unknown[];

/** A function that returns what it is given, and the name under which a test calls it. */
const echo = (declaration: string): Any => signature<Any>(declaration, (...args) => args);
const full = echo('f(a, b|c, d?, *, e?, g?)');

describe('signature', () => {
  it.each<[unknown[], unknown[]]>([
    [
      [1, 2],
      [1, 2],
    ],
    [
      [1, 2, 3],
      [1, 2, 3],
    ],
    [
      [1, { b: 2 }],
      [1, 2],
    ],
    [
      [1, { c: 2 }],
      [1, 2],
    ],
    [[{ d: 3, a: 1, c: 2 }], [1, 2, 3]],
    [
      [1, 2, { e: 5 }],
      [1, 2, undefined, 5],
    ],
    [
      [1, 2, { g: 7 }],
      [1, 2, undefined, undefined, 7],
    ],
    [
      [1, 2, undefined, undefined, { d: null }],
      [1, 2, null],
    ],
    [
      [1, 2, undefined, undefined, undefined],
      [1, 2],
    ],
    [
      [1, 2, {}],
      [1, 2],
    ],
    [
      [undefined, 2, { a: 1 }],
      [1, 2],
    ],
  ])('%j are bound as %j', (given, bound) => {
    expect(full(...given)).toEqual(bound);
  });

  it('takes any number where told so, or one array by name', () => {
    const variadic = echo('v(x, ...size)');
    expect(variadic(1)).toEqual([1]);
    expect(variadic(1, 2, 3, 4)).toEqual([1, 2, 3, 4]);
    expect(variadic(1, { size: [2, 3] })).toEqual([1, [2, 3]]);
  });

  it.each<[unknown[], string]>([
    [[1, 2, { x: 1 }], "f() got an unexpected keyword argument 'x'"],
    [[1, 2, { a: 1 }], "f() got multiple values for argument 'a'"],
    [[1, { b: 2, c: 3 }], "f() got multiple values for argument 'c'"],
    [[1, 2, 3, 4], 'f() takes 3 positional arguments but 4 were given'],
    [[1, 2, 3, 4, { e: 1 }], 'f() takes 3 positional arguments but 4 were given'],
    [[], "f() missing 2 required positional arguments: 'a' and 'b'"],
    [[{ e: 1 }], "f() missing 2 required positional arguments: 'a' and 'b'"],
    [[{ b: 1 }], "f() missing 1 required positional argument: 'a'"],
  ])('%j are refused', (given, message) => {
    expect(() => full(...given)).toThrow(new ValueError(message));
  });

  it('counts off what is missing as Python does', () => {
    expect(() => echo('f(a, b, c)')()).toThrow("f() missing 3 required positional arguments: 'a', 'b', and 'c'");
    expect(() => echo('f()')(1)).toThrow('f() takes 0 positional arguments but 1 were given');
    expect(() => echo('f(a)')(1, 2)).toThrow('f() takes 1 positional arguments but 2 were given');
  });

  it('gives the same for any split into positions and names', () => {
    const names = ['a', 'b', 'c', 'd', 'e'];
    const f = echo('f(a, b?, c?, d?, e?)');
    const values = fc.array(fc.oneof(fc.integer(), fc.constant(null), fc.string()), { minLength: 1, maxLength: 5 });
    fc.assert(
      fc.property(values, fc.nat(5), (given, cut) => {
        const named = Object.fromEntries(given.map((v, i) => [names[i], v] as const).slice(cut));
        expect(f(...given.slice(0, cut), named)).toEqual(given);
      }),
    );
  });
});
