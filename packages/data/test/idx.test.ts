import { DataError } from '@torchlet/tensor';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseIdx } from '../src/index.js';
import { idxBytes } from './helpers.js';

const parse = (...bytes: number[]): unknown => parseIdx(Uint8Array.from(bytes), 'digits.idx');

const shapes = fc.array(fc.integer({ min: 0, max: 5 }), { minLength: 1, maxLength: 4 });
const files = shapes.chain((shape) => {
  const length = shape.reduce((a, b) => a * b, 1);
  return fc.record({ shape: fc.constant(shape), data: fc.uint8Array({ minLength: length, maxLength: length }) });
});

/** Writes one big-endian element. */
type Put = (view: DataView, at: number, value: number) => void;

describe('parseIdx', () => {
  it('reads back every array of bytes', () => {
    fc.assert(
      fc.property(files, ({ shape, data }) => {
        expect(parseIdx(idxBytes(shape, data), 'x')).toEqual({ shape, data });
      }),
    );
  });

  it('reads a file that starts in the middle of its buffer', () => {
    const whole = new Uint8Array(50);
    whole.set(idxBytes([2, 3], [1, 2, 3, 4, 5, 6]), 7);
    const { shape, data } = parseIdx(whole.subarray(7, 7 + 12 + 6), 'x');
    expect(shape).toEqual([2, 3]);
    expect([...data]).toEqual([1, 2, 3, 4, 5, 6]);
    whole.fill(0);
    expect([...data]).toEqual([1, 2, 3, 4, 5, 6]);
  });

  it.each<[string, number, number, readonly number[], Put]>([
    ['Int8Array', 0x09, 1, [-128, 0, 127], (v, at, x) => v.setInt8(at, x)],
    ['Int16Array', 0x0b, 2, [-32768, 258, 32767], (v, at, x) => v.setInt16(at, x)],
    ['Int32Array', 0x0c, 4, [-(2 ** 31), 16909060, 2 ** 31 - 1], (v, at, x) => v.setInt32(at, x)],
    ['Float32Array', 0x0d, 4, [-1.5, 0.25, 2 ** 100], (v, at, x) => v.setFloat32(at, x)],
    ['Float64Array', 0x0e, 8, [-1.1, 0.3, 1e300], (v, at, x) => v.setFloat64(at, x)],
  ])('reads big-endian elements of %s', (name, code, size, values, put) => {
    const bytes = new Uint8Array(8 + size * values.length);
    bytes.set([0, 0, code, 1, 0, 0, 0, values.length]);
    values.forEach((value, i) => {
      put(new DataView(bytes.buffer), 8 + i * size, value);
    });
    const { shape, data } = parseIdx(bytes, 'x');
    expect(shape).toEqual([values.length]);
    expect(data.constructor.name).toBe(name);
    expect([...data]).toEqual(values);
  });

  it('refuses every truncation and every trailing byte, naming the file', () => {
    fc.assert(
      fc.property(files, fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }), ({ shape, data }, part) => {
        const bytes = idxBytes(shape, data);
        const cut = bytes.subarray(0, Math.floor(bytes.length * part));
        expect(() => parseIdx(cut, 'cut.idx')).toThrow(DataError);
        expect(() => parseIdx(cut, 'cut.idx')).toThrow(/^cut\.idx: truncated: /);
        expect(() => parseIdx(Uint8Array.from([...bytes, 0]), 'long.idx')).toThrow(/^long\.idx: 1 bytes too long: /);
      }),
    );
  });

  it('never fails otherwise than with a DataError', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 40 }), fc.boolean(), (bytes, header) => {
        if (header) bytes.set([0, 0, 8].slice(0, bytes.length));
        try {
          const { shape, data } = parseIdx(bytes, 'x');
          expect(data.length).toBe(shape.reduce((a, b) => a * b, 1));
        } catch (error) {
          expect(error).toBeInstanceOf(DataError);
        }
      }),
    );
  });

  it('says what came and what was expected', () => {
    expect(() => parse()).toThrow('digits.idx: truncated: expected a header of at least 4 bytes, but it has 0');
    expect(() => parse(0x1f, 0x8b, 8, 0)).toThrow(
      'digits.idx: no IDX file: expected it to start with 00 00, but got 1f 8b',
    );
    expect(() => parse(0, 0, 0x0a, 1)).toThrow(
      'digits.idx: unknown IDX type code 0a: expected one of 08 (uint8), 09 (int8), 0b (int16), 0c (int32), ' +
        '0d (float32), 0e (float64)',
    );
    expect(() => parse(0, 0, 8, 0)).toThrow('digits.idx: an IDX array needs at least 1 dimension, but got 0');
    expect(() => parse(0, 0, 8, 3, 0, 0, 0, 1)).toThrow(
      'digits.idx: truncated: expected a header of 16 bytes for 3 dimensions, but it has 8',
    );
    expect(() => parse(0, 0, 8, 1, 0, 0, 0, 3, 1, 2)).toThrow(
      'digits.idx: truncated: its header promises uint8 of shape [3], 11 bytes in all, but it has 10',
    );
    expect(() => parse(0, 0, 0x0b, 1, 0, 0, 0, 1, 1, 2, 3)).toThrow(
      'digits.idx: 1 bytes too long: its header promises int16 of shape [1], 10 bytes in all, but it has 11',
    );
    expect(() => parse(0, 0, 8, 2, 255, 255, 255, 255, 255, 255, 255, 255)).toThrow(
      /promises uint8 of shape \[4294967295, 4294967295\]/,
    );
  });
});
