/** Compiled loops against the same random definitions in JavaScript, where every step on elements is rounded to float32. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { hasVectors, run } from './simd-support.js';

/** What the compiler knows of a value: a number when compiling; one for all elements, in float64; one for each element. */
type Rate = 'constant' | 'scalar' | 'vector';

/** A number or a truth value, in the language and in the JavaScript that it means. */
interface Term {
  readonly rate: Rate;
  readonly source: string;
  readonly js: string;
}

const CONSTANTS = [0, 1, 2, 0.5, 0.1, 1e-3, 3e10, 1e-42];
const SCALARS = ['s', 't'];
const VALUES = [0, -0, 1, -1, 2.5, -3, 0.1, 1e-3, 7e9, 1e-41, 3e38, -3e38, Infinity, -Infinity, Number.NaN];

const rounded = (x: Term): string => (x.rate === 'vector' ? x.js : `f(${x.js})`);
const rateOf = (...terms: readonly Term[]): Rate =>
  terms.some((t) => t.rate === 'vector') ? 'vector' : terms.some((t) => t.rate === 'scalar') ? 'scalar' : 'constant';

function arithmetic(op: string, x: Term, y: Term): Term {
  const rate = rateOf(x, y);
  const js = rate === 'vector' ? `f(${rounded(x)} ${op} ${rounded(y)})` : `(${x.js} ${op} ${y.js})`;
  return { rate, source: `(${x.source} ${op} ${y.source})`, js };
}

function comparison(op: string, x: Term, y: Term): Term {
  const rate = rateOf(x, y);
  const js = rate === 'vector' ? `(${rounded(x)} ${op} ${rounded(y)})` : `(${x.js} ${op} ${y.js})`;
  return { rate, source: `(${x.source} ${op} ${y.source})`, js };
}

/** `Math.sqrt` and `Math.abs` of a scalar stay in float64; all other functions are of elements. */
function call(name: string, x: Term): Term {
  const exact = x.rate === 'scalar' && (name === 'Math.sqrt' || name === 'Math.abs');
  const js = exact ? `${name}(${x.js})` : `f(${name}(${rounded(x)}))`;
  return { rate: exact ? 'scalar' : 'vector', source: `${name}(${x.source})`, js };
}

function extreme(name: string, x: Term, y: Term): Term {
  const rate = rateOf(x, y);
  const js = rate === 'vector' ? `${name}(${rounded(x)}, ${rounded(y)})` : `${name}(${x.js}, ${y.js})`;
  return { rate: rate === 'constant' ? 'scalar' : rate, source: `${name}(${x.source}, ${y.source})`, js };
}

/** The branch of a constant keeps its rate; other numbers meet as elements unless all is the same for every element. */
function choice(test: Term, yes: Term, no: Term, element: (x: Term) => string = rounded): Term {
  const source = `(${test.source} ? ${yes.source} : ${no.source})`;
  if (test.rate === 'constant') {
    const taken = new Function('f', `return ${test.js}`)(Math.fround) === true ? yes : no;
    return { rate: taken.rate, source, js: taken.js };
  }
  const rate = rateOf(test, yes, no) === 'vector' ? 'vector' : 'scalar';
  const [a, b] = rate === 'vector' ? [element(yes), element(no)] : [yes.js, no.js];
  return { rate, source, js: `(${test.js} ? ${a} : ${b})` };
}

function logic(op: string, x: Term, y: Term): Term {
  return { rate: rateOf(x, y), source: `(${x.source} ${op} ${y.source})`, js: `(${x.js} ${op} ${y.js})` };
}

const depth = { maxDepth: 4, depthSize: 'small' } as const;

/** Random numbers and truth values over these elements. */
function terms(names: readonly string[]): { readonly number: fc.Arbitrary<Term>; readonly truth: fc.Arbitrary<Term> } {
  const leaf = (rate: Rate, source: string): Term => ({ rate, source, js: source });
  return fc.letrec<{ number: Term; truth: Term }>((tie) => {
    const [number, truth] = [tie('number'), tie('truth')];
    const of = (ops: readonly string[]) => fc.constantFrom(...ops);
    return {
      number: fc.oneof(
        depth,
        of(names).map((name) => leaf('vector', name)),
        of(SCALARS).map((name) => leaf('scalar', name)),
        fc.constantFrom(...CONSTANTS).map((c) => leaf('constant', String(c))),
        fc.tuple(of(['+', '-', '*', '/']), number, number).map((args) => arithmetic(...args)),
        fc.tuple(of(['+', '-', '*', '/']), number, number).map((args) => arithmetic(...args)),
        number.map((x) => ({ rate: x.rate, source: `(-${x.source})`, js: `(-${x.js})` })),
        fc.tuple(of(['sqrt', 'abs', 'floor', 'ceil', 'trunc']), number).map(([name, x]) => call(`Math.${name}`, x)),
        fc.tuple(of(['Math.min', 'Math.max']), number, number).map((args) => extreme(...args)),
        fc.tuple(truth, number, number).map((args) => choice(...args)),
        fc.tuple(of(['<', '>']), number, number).map(([op, x, y]) => choice(comparison(op, x, y), y, x)),
      ),
      truth: fc.oneof(
        depth,
        fc.tuple(of(['<', '<=', '>', '>=', '===', '!==']), number, number).map((args) => comparison(...args)),
        fc.boolean().map((b) => leaf('constant', String(b))),
        truth.map((x) => ({ rate: x.rate, source: `(!${x.source})`, js: `(!${x.js})` })),
        fc.tuple(of(['&&', '||']), truth, truth).map((args) => logic(...args)),
        fc.tuple(of(['===', '!==']), truth, truth).map(([op, x, y]) => lanes(logic(op, x, y))),
        fc.tuple(truth, truth, truth).map((args) => lanes(choice(...args, (x) => x.js))),
      ),
    };
  });
}

/** What the compiler makes lanes of, though it is the same for all. */
const lanes = (x: Term): Term => (x.rate === 'scalar' ? { ...x, rate: 'vector' } : x);

const columns = fc.array(fc.tuple(fc.constantFrom(...VALUES), fc.constantFrom(...VALUES)), {
  minLength: 1,
  maxLength: 23,
});
const scalars = fc.tuple(fc.constantFrom(...VALUES), fc.constantFrom(...VALUES));

function expectSame(
  body: string,
  js: string,
  rows: readonly (readonly [number, number])[],
  [s, t]: readonly number[],
): void {
  const evaluate = new Function('f', 'x', 'y', 's', 't', `'use strict'; let out; ${js}; return out;`);
  const [x, y] = [0, 1].map((i) => rows.map((row) => Math.fround(row[i])));
  const { written } = run({ reads: ['x', 'y'], scalars: SCALARS, body }, rows.length, { x, y }, [s, t]);
  const want = x.map((_, i) => Math.fround(Number(evaluate(Math.fround, x[i], y[i], s, t))));
  expect(written.out).toEqual(want);
}

describe.skipIf(!hasVectors)('random definitions', () => {
  const { number, truth } = terms(['x', 'y']);

  it('expressions', () => {
    fc.assert(
      fc.property(number, columns, scalars, (e, rows, values) => {
        expectSame(`out = ${e.source}`, `out = ${rounded(e)}`, rows, values);
      }),
      { numRuns: 1500 },
    );
  });

  it('truth values', () => {
    fc.assert(
      fc.property(truth, columns, scalars, (e, rows, values) => {
        expectSame(`out = ${e.source} ? x : y`, `out = ${e.js} ? x : y`, rows, values);
      }),
      { numRuns: 1000 },
    );
  });

  it('statements', () => {
    const element = number.map((e) => ({ source: `(${e.source} + x - x)`, js: `f(f(${rounded(e)} + x) - x)` }));
    const later = terms(['x', 'y', 'a', 'b']).number;
    const parts = fc.tuple(element, element, element, element, element, truth, truth, later);
    fc.assert(
      fc.property(parts, columns, scalars, ([e1, e2, e3, e4, e5, t1, t2, e6], rows, values) => {
        const program = (text: 'source' | 'js'): string =>
          [
            `let a = ${e1[text]}, b = ${e2[text]};`,
            `if (${t1[text]}) { a = ${e3[text]}; if (${t2[text]}) b = ${e4[text]}; }`,
            `else { const a = ${e5[text]}; b = a; }`,
          ].join('\n');
        expectSame(`${program('source')} out = ${e6.source}`, `${program('js')} out = ${rounded(e6)}`, rows, values);
      }),
      { numRuns: 500 },
    );
  });

  it('a sum rounds an addend to float32 three times at most', () => {
    const sum = { reads: ['x'], writes: [], body: '', result: { reduce: 'sum', of: 'x' } } as const;
    const addends = fc.array(fc.float({ noNaN: true, min: Math.fround(-1e30), max: Math.fround(1e30) }), {
      maxLength: 150,
    });
    fc.assert(
      fc.property(addends, (x) => {
        const error = Math.abs(run(sum, x.length, { x }).result - x.reduce((a, b) => a + b, 0));
        expect(error).toBeLessThanOrEqual(3.001 * 2 ** -24 * x.reduce((a, b) => a + Math.abs(b), 0));
      }),
      { numRuns: 1000 },
    );
  });
});
