/** How scalar definitions are written for gpu.js. */
import { parseStatements } from '@torchlet/kernels';
import { describe, expect, it } from 'vitest';
import { elementwiseKernel } from '../src/backend/gpu/kernels/elementwise.js';
import { Translator } from '../src/backend/gpu/kernels/language.js';
import { live, undeclared } from '../src/backend/gpu/kernels/live.js';
import { Memo } from '../src/backend/gpu/kernels/memo.js';
import { updateKernel } from '../src/backend/gpu/kernels/update.js';
import { nested } from '../src/backend/gpu/kernels/walk.js';

const written = (source: string, constants = {}): string => new Translator(constants).expression(source);

describe('expressions', () => {
  it.each([
    ['x * y + 1', '((x * y) + 1)'],
    ['-x', '(-x)'],
    ['x > 0 ? 1 : -1', '((x > 0) ? 1 : (-1))'],
    ['Math.abs(x)', 'Math.abs(x)'],
    ['Math.tanh(x)', 'tanhOf(x)'],
    // an inequality that a NaN satisfies
    ['x !== y', '(!(x === y))'],
    ['x % y', 'fmodOf(x, y, infinity, nan)'],
    ['x === Infinity', '(x === infinity)'],
    ['2 * 3 + x', '(6 + x)'],
  ])('%s', (source, want) => {
    expect(written(source)).toBe(want);
  });

  it('what is known when compiling is computed', () => {
    expect(written('on ? x * s : y', { on: true, s: 2 })).toBe('(x * 2)');
    expect(written('on && x > 0 ? x : y', { on: true })).toBe('((x > 0) ? x : y)');
    expect(written('on && x > 0 ? x : y', { on: false })).toBe('y');
  });

  it('functions and numbers that are called for are handed to the kernel, each once', () => {
    const translator = new Translator();
    translator.expression('Math.log(x) + Math.log(y) + erf(x)');
    const kernel = translator.complete({ op: 'test', parameters: [], scalars: ['s'], outputs: 1, body: '' });
    expect(kernel.scalars).toEqual(['s', 'infinity', 'nan']);
    expect(translator.scalars).toEqual([Infinity, Number.NaN]);
    expect(kernel.functions).toHaveLength(2);
  });

  it('a function that GPUs do not have is an error', () => {
    expect(() => written('Math.clz32(x)')).toThrow('gpu kernels have no function Math.clz32');
    expect(() => written('toString(x)')).toThrow('gpu kernels have no function toString');
  });
});

describe('what a result depends on', () => {
  const CODE = 'let g = a + b; c = c * 2; if (c > 0) { d = g; } else c = 1; e = d;';

  it.each([
    ['g', 1, ['a', 'b']],
    // an if is kept whole, with all that it uses
    ['c', 3, ['a', 'b', 'c']],
    ['e', 4, ['a', 'b', 'c', 'd']],
    ['f', 0, ['f']],
  ])('%s', (name, count, needed) => {
    const part = live(parseStatements(CODE), [name]);
    expect([...part.needed].sort()).toEqual(needed);
    expect(part.statements).toHaveLength(count);
  });

  it('names that are set without being declared', () => {
    expect(undeclared(parseStatements('let a = 1; b = a; if (a > 0) c = 2;')).sort()).toEqual(['b', 'c']);
  });

  it('an update takes the tensors that its result needs, and no others', () => {
    const update = {
      name: 'momentum',
      writes: ['p', 'm'],
      reads: ['g'],
      values: ['lr', 'mu', 'decay'],
      each: 'let d = g; if (decay !== 0) d += decay * p; m = mu * m + d; p -= lr * m;',
    };
    const of = (result: string, decay: number) => {
      const { kernel, arrays, scalars } = updateKernel(update, result, 4, [true, true, true], [0.1, 0.9, decay]);
      return [kernel.parameters, kernel.scalars, arrays, scalars];
    };
    expect(of('m', 0)).toEqual([['mArray', 'gArray'], ['mu'], [1, 2], [0.9]]);
    expect(of('p', 0)).toEqual([
      ['pArray', 'mArray', 'gArray'],
      ['lr', 'mu'],
      [0, 1, 2],
      [0.1, 0.9],
    ]);
    expect(of('m', 0.5)).toEqual([
      ['pArray', 'mArray', 'gArray'],
      ['mu', 'decay'],
      [0, 1, 2],
      [0.9, 0.5],
    ]);
  });
});

it.each([
  [[2, 3], [3, 1], true],
  [[2, 3], [1, 2], true],
  [[2, 3], [10, 2], true],
  [[1, 3], [0, 1], true],
  [[2, 3], [0, 1], false],
  [[5, 3], [1, 1], false],
  [[2, 3], [2, 1], false],
])('windows of shape %j with strides %j nest: %s', (shape, strides, want) => {
  expect(nested(shape, strides) !== null).toBe(want);
});

describe('a text that is put together once', () => {
  it('is the same kernel for other numbers and other slices', () => {
    const kernel = (number: number, offset: number, strides = [2]) =>
      elementwiseKernel('add', 'float32', [3], [{ strides, offset }, number]);
    const [first, second] = [kernel(1, 4), kernel(2.5, 6)];
    expect(second.kernel).toBe(first.kernel);
    expect([first.scalars, second.scalars]).toEqual([
      [1, 4],
      [2.5, 6],
    ]);
    // no offset, one that no 32-bit float holds, another stride
    for (const other of [kernel(1, 0), kernel(1, 2 ** 24 + 2), kernel(1, 4, [3])]) {
      expect(other.kernel).not.toBe(first.kernel);
    }
    expect(kernel(1, 2 ** 24 + 2).scalars).toEqual([1]);
  });

  it('is forgotten when there are too many', () => {
    const memo = new Memo<object>(2);
    const [a] = ['a', 'b'].map((key) => memo.get(key, () => ({})));
    expect(memo.get('a', () => ({}))).toBe(a);
    memo.get('c', () => ({}));
    expect(memo.get('a', () => ({}))).not.toBe(a);
  });
});
