/** In which form kernels are compiled: sizes in the text, or as arguments. */
import * as fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { requireGpuJs } from '#gpu-js';
import type { KernelSource } from '../src/backend/gpu/driver.js';
import { openGpuJs } from '../src/backend/gpu/drivers/gpu-js.js';
import { expectShapes, KernelForms, limitShapes } from '../src/backend/gpu/drivers/kernel-forms.js';
import { LocalDriver } from '../src/backend/gpu/drivers/local.js';
import { divide, integer, loop, weighted } from '../src/backend/gpu/kernels/indexing.js';
import { withOutputs } from '../src/backend/gpu/kernels/memo.js';
import { reduceKernel } from '../src/backend/gpu/kernels/reduce.js';
import { literal, literalSizes, namedSizes, written } from '../src/backend/gpu/kernels/sizes.js';

beforeEach(() => limitShapes('auto', { first: 2, uses: 3, most: 4 }));
afterEach(() => limitShapes('auto'));

describe('marks', () => {
  it('become names, one for each value and purpose, or numbers', () => {
    const body = `${written('rows', 5)} ${written('columns', 5)} ${written('rows', 5)} ${written('rows', 6)}`;
    expect(namedSizes(body)).toEqual({ text: 'size0 size1 size0 size2', values: [5, 5, 6] });
    expect(literalSizes(body)).toBe('5 5 5 6');
  });

  it('a purpose may be any text, other marks in it too', () => {
    const purpose = fc.oneof(fc.string(), fc.constant(written('a', 3)));
    fc.assert(
      fc.property(fc.array(fc.tuple(purpose, fc.integer()), { maxLength: 5 }), (list) => {
        const body = list.map(([what, value]) => written(what, value)).join(' + ');
        expect(literalSizes(body)).toBe(list.map(([, value]) => value).join(' + '));
        const { text, values } = namedSizes(body);
        expect(text.replace(/size(\d+)/g, (_, i) => String(values[i]))).toBe(literalSizes(body));
      }),
    );
  });

  it('stand in sums, divisions and loops; zeros, ones and literals are text', () => {
    const sum = weighted(['i', 12], ['j', 1], ['k', 0], ['l', literal(3)], ['m', literal(1)]);
    expect(namedSizes(sum)).toEqual({ text: 'i * size0 + j + l * 3 + m', values: [12] });
    expect(namedSizes(divide('q', 'r', 'x', 7)).values).toEqual([7]);
    expect(namedSizes(divide('q', 'r', 'x', literal(7))).values).toEqual([]);
    expect(namedSizes(loop('i', 9, ''))).toEqual({ text: 'for (let i = 0; i < size0; i++) {\n\n}', values: [9] });
  });
});

/** Sums of rows. */
const rowSums = (rows: number, columns: number): KernelSource => ({
  op: 'sum',
  parameters: ['x'],
  outputs: rows,
  body: `let s = 0;\n${loop('k', columns, `s = s + x[${weighted(['this.thread.x', columns], ['k', 1])}];`)}\nreturn s;`,
});

describe('what is written once', () => {
  const sum = (size: number, offset = 0) =>
    reduceKernel('sum', {
      kept: { sizes: [3], strides: [size] },
      reduced: { sizes: [size], strides: [1] },
      offset,
      cut: null,
    });

  it('is the same object for the same arguments, and another for others', () => {
    expect(sum(4)).toBe(sum(4));
    expect(sum(5)).not.toBe(sum(4));
    expect(sum(4, 2).scalars).toEqual([2]);
    expect(sum(4, 3).scalars).toEqual([3]);
  });

  it('has one kernel for each number of outputs', () => {
    const { kernel } = sum(4);
    expect(withOutputs(kernel, 3)).toBe(kernel);
    expect(withOutputs(kernel, 2)).toEqual({ ...kernel, outputs: 2 });
    expect(withOutputs(kernel, 2)).toBe(withOutputs(kernel, 2));
    expect(withOutputs(kernel, 1).outputs).toBe(1);
  });
});

describe('the form of a kernel', () => {
  const sizes = (forms: KernelForms, ...columns: number[]) => columns.map((n) => forms.choose(rowSums(2, n)).sizes);

  it('is its own for the first shapes, and for one that keeps coming; the others share one', () => {
    const forms = new KernelForms(true);
    expect(sizes(forms, 5, 6, 7, 8, 5, 6)).toEqual([[], [], [7, 7], [8, 8], [], []]);
    expect(sizes(forms, 7, 7, 7, 7, 8)).toEqual([[7, 7], [7, 7], [], [], [8, 8]]);
    for (let i = 0; i < 9; i++) sizes(forms, 8, 9, 10);
    // four have their own: 5, 6, 7 and 8
    expect(sizes(forms, 5, 6, 7, 8, 9, 10)).toEqual([[], [], [], [], [9, 9], [10, 10]]);
  });

  it('the number of outputs makes no kernel', () => {
    const forms = new KernelForms(true);
    const keys = [1, 2, 3, 4].map((rows) => forms.choose(rowSums(rows, 5)).key);
    expect(new Set(keys).size).toBe(1);
  });

  it('shapes that are expected have their own at once', () => {
    const forms = new KernelForms(true);
    expect(expectShapes(() => sizes(forms, 5, 6, 7, 8, 9, 10)).flat()).toEqual([]);
    expect(sizes(forms, 10, 11)).toEqual([[], [11, 11]]);
    expect(() => expectShapes(() => expect.fail('inside'))).toThrow('inside');
    expect(sizes(forms, 12)).toEqual([[12, 12]]);
  });

  it('of a thousand shapes of their own those that came last are remembered', () => {
    const forms = new KernelForms(true);
    expectShapes(() => sizes(forms, ...Array.from({ length: 1025 }, (_, i) => i + 5)));
    expect(sizes(forms, 5, 6, 1029)).toEqual([[5, 5], [], []]);
  });

  it('is always its own where kernels are compiled for each size anyway', () => {
    const forms = new KernelForms(false);
    expect(sizes(forms, 5, 6, 7, 8).flat()).toEqual([]);
    const keys = [1, 2, 2].map((rows) => forms.choose(rowSums(rows, 5)).key);
    expect(new Set(keys).size).toBe(2);
  });
});

describe('a driver', () => {
  it('computes the same in both forms, on outputs of all sizes', () => {
    const driver = new LocalDriver(openGpuJs('cpu', requireGpuJs), 'cpu');
    const data = Float32Array.from({ length: 60 }, (_, i) => i * i);
    driver.upload(0, data);
    let id = 0;
    for (const columns of [3, 5, 4, 6, 3, 10, 20, 4]) {
      for (const rows of [3, 1, 2]) {
        driver.run(rowSums(rows, columns), [0], [], ++id);
        const expected = Array.from({ length: rows }, (_, i) =>
          data.subarray(i * columns, (i + 1) * columns).reduce((a, b) => a + b, 0),
        );
        expect(Array.from(driver.download(id))).toEqual(expected);
      }
    }
    // 3, 5, one that is shared, and 4 when it came for the fourth time
    expect(driver.compiled).toBe(4);
  });

  it('divides by a size as by a number', () => {
    const driver = new LocalDriver(openGpuJs('cpu', requireGpuJs), 'cpu');
    limitShapes('arguments');
    const quotient = (by: number, from: number): KernelSource => ({
      op: 'divide',
      parameters: [],
      outputs: 7,
      body: `${integer('value', `this.thread.x + ${written('from', from)}`)}\n${divide('q', 'r', 'value', by)}\nreturn q + r * 0.5;`,
    });
    let id = 0;
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 5000 }), fc.integer({ min: 0, max: 2 ** 30 }), (by, from) => {
        driver.run(quotient(by, from), [], [], ++id);
        const expected = Array.from({ length: 7 }, (_, i) => Math.floor((from + i) / by) + ((from + i) % by) * 0.5);
        expect(Array.from(driver.download(id))).toEqual(expected.map(Math.fround));
      }),
    );
    expect(driver.compiled).toBe(1);
  });
});
