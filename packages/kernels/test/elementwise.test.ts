import { describe, expect, it } from 'vitest';
import { type FloatArray, relu, reluBackward } from '../src/index.js';
import { floatTypes, numbers } from './support.js';

const special = [Number.NaN, 0, -1e-40, Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY, -3, 2];

for (const [type, make] of floatTypes) {
  // below and above the size at which WebAssembly takes over, and across its pieces
  describe.each([1, 7, 255, 257, 1003, 40001])(`relu ${type} of %i elements`, (n) => {
    const x = make([...numbers(n + 2, 1)]);
    special.forEach((value, i) => {
      if (i < n) x[2 + n - 1 - i] = value;
    });

    it('keeps what is positive or NaN and nothing else', () => {
      const out = make(new Array(n + 2).fill(5));
      relu<FloatArray>(x, 2, out, 1, n);
      const want = [...x.subarray(2)].map((value) => (value < 0 ? 0 : value));
      expect([...out]).toEqual([5, ...want, 5]);
    });

    it('works in place', () => {
      const copy = make(x);
      relu<FloatArray>(copy, 2, copy, 2, n);
      expect([...copy]).toEqual([...x].map((value, i) => (i >= 2 && value < 0 ? 0 : value)));
    });

    it('passes the gradient on where the output is positive or NaN', () => {
      const grad = make(numbers(n + 1, 2));
      grad[1] = Number.NaN;
      const want = [...grad.subarray(1)].map((value, i) => (x[2 + i] <= 0 ? 0 : value));
      const out = make(new Array(n + 1).fill(5));
      reluBackward<FloatArray>(grad, 1, x, 2, out, 0, n);
      expect([...out]).toEqual([...want, 5]);
      reluBackward<FloatArray>(grad, 1, x, 2, grad, 1, n);
      expect([...grad.subarray(1)]).toEqual(want);
    });
  });
}

describe('relu arguments', () => {
  it('names what does not fit', () => {
    const x = new Float32Array(4);
    expect(() => relu(x, 1, x, 0, 4)).toThrow("relu: argument 'x' needs 4 elements from offset 1, but the array has 4");
    expect(() => relu(x, 0, x, 1, 4)).toThrow("relu: argument 'out' needs 4 elements");
    expect(() => reluBackward(x, 0, x, 2, x, 0, 3)).toThrow("reluBackward: argument 'y' needs 3 elements");
    expect(() => reluBackward(x, 2, x, 0, x, 0, 3)).toThrow("reluBackward: argument 'grad' needs 3 elements");
  });
});
