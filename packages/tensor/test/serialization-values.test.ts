import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { backendOf } from '../src/backend/devices.js';
import { integerKeyed, isIntegerKeyed } from '../src/serialization/integer-keys.js';
import { load } from '../src/serialization/load.js';
import { isOrderedDict, metadataOf, orderedDict } from '../src/serialization/ordered-dicts.js';
import { serialize } from '../src/serialization/save.js';
import { decodeStorage, STORAGE_FORMATS, type StorageFormat } from '../src/serialization/storage-codec.js';
import { Storage } from '../src/storage.js';
import { Tensor } from '../src/tensor.js';
import { cpuTensor, sameElements, serializationError } from './serialization-helpers.js';

const roundTrip = (value: unknown): unknown => load(serialize(value));

describe('values', () => {
  it.each<[string, unknown]>([
    ['null', null],
    ['booleans', [true, false]],
    ['integers of every width', [0, 1, -1, 255, 256, 65535, 65536, 2 ** 31 - 1, 2 ** 31, -(2 ** 31), -(2 ** 31) - 1]],
    ['the last safe integers', [Number.MAX_SAFE_INTEGER, Number.MIN_SAFE_INTEGER]],
    ['floats', [0.1, -0, 1e300, 2 ** 53, Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 5e-324]],
    ['bigints', [2n ** 53n, -(2n ** 53n), 2n ** 63n, -(2n ** 63n), 2n ** 64n - 1n, 2n ** 2000n, -(2n ** 2039n)]],
    ['strings', ['', 'é', '🙂', '\0', '\ufeff', '\ud800', 'a\udc00b', '\udc00\ud800', 'x'.repeat(5000)]],
    ['bytes', [new Uint8Array(0), Uint8Array.of(0, 128, 255)]],
    ['empty containers', [[], {}, new Set()]],
    ['nested', { a: [{ b: [[]] }], c: { d: { e: null } } }],
    [
      'a Map with keys of several types',
      new Map<unknown, unknown>([
        [1, 'a'],
        ['1', 'b'],
        [null, 'c'],
        [0.5, 'd'],
      ]),
    ],
    [
      'a Map with arrays as keys',
      new Map([
        [[1, ['x']], 1],
        [[1, []], 2],
      ]),
    ],
    ['a Set', new Set([1, 'one', null, 2n ** 60n])],
    ['more than one batch', Array.from({ length: 3001 }, (_, i) => ({ [`k${i}`]: `v${i}` }))],
    ['an object with many keys', Object.fromEntries(Array.from({ length: 3001 }, (_, i) => [`k${i}`, i]))],
  ])('%s', (_, value) => {
    expect(roundTrip(value)).toStrictEqual(value);
  });

  it('a small bigint comes back as the number it equals', () => {
    expect(roundTrip([0n, 5n, -128n, 255n])).toStrictEqual([0, 5, -128, 255]);
  });

  it('__proto__ is a key like any other', () => {
    const value = JSON.parse('{"__proto__": {"polluted": true}}') as object;
    const back = roundTrip(value) as Record<string, unknown>;
    expect(Object.getPrototypeOf(back)).toBe(Object.prototype);
    expect(back.polluted).toBeUndefined();
    expect(JSON.stringify(back)).toBe('{"__proto__":{"polluted":true}}');
  });

  it('objects without a prototype are plain', () => {
    expect(roundTrip(Object.assign(Object.create(null), { a: 1 }))).toEqual({ a: 1 });
  });

  it('only a branded object has integer keys', () => {
    const plain = roundTrip({ 0: 'a', 1: 'b' }) as object;
    expect(isIntegerKeyed(plain)).toBe(false);
    const branded = roundTrip(integerKeyed({ 0: 'a', '-3': 'b' })) as object;
    expect(branded).toEqual({ 0: 'a', '-3': 'b' });
    expect(isIntegerKeyed(branded)).toBe(true);
    // Keys that are no integers stay strings, so the dict is mixed.
    const mixed = roundTrip(integerKeyed({ 0: 'a', '01': 'b', '9007199254740993': 'c' }));
    expect(mixed).toStrictEqual(
      new Map<unknown, unknown>(
        [
          [0, 'a'],
          ['9007199254740993', 'c'],
          ['01', 'b'],
        ].sort() as never,
      ),
    );
  });

  it('a Map of integers comes back as a branded object, a Map of strings as a plain one', () => {
    const back = roundTrip(new Map([[3, 'x']])) as object;
    expect(back).toEqual({ 3: 'x' });
    expect(isIntegerKeyed(back)).toBe(true);
    expect(roundTrip(new Map([['k', 1]]))).toStrictEqual({ k: 1 });
  });

  it('an OrderedDict keeps its mark and its metadata', () => {
    const back = roundTrip([orderedDict({ a: 1 }), orderedDict({ b: 2 }, { '': { version: 2 } }), {}]) as object[];
    expect(back).toEqual([{ a: 1 }, { b: 2 }, {}]);
    expect(back.map(isOrderedDict)).toEqual([true, true, false]);
    expect(back.map(metadataOf)).toEqual([null, { '': { version: 2 } }, null]);
  });

  it('an object in several places stays one object, cycles stay cycles', () => {
    const shared = { x: [1] };
    const value: Record<string, unknown> = { first: shared, again: [shared, shared.x] };
    value.self = value;
    const back = load(serialize(value), { weights_only: false }) as {
      first: { x: unknown };
      again: unknown[];
      self: unknown;
    };
    expect(back.again[0]).toBe(back.first);
    expect(back.again[1]).toBe(back.first.x);
    expect(back.self).toBe(back);
  });

  it('any nesting of values', () => {
    const atom = fc.oneof(
      fc.constant(null),
      fc.boolean(),
      fc.double(),
      fc.integer(),
      fc.maxSafeInteger(),
      fc.bigInt({ min: 2n ** 53n, max: 2n ** 100n }),
      fc.string({ unit: 'binary' }),
      fc.uint8Array(),
    );
    const { value } = fc.letrec<{ value: unknown }>((tie) => ({
      value: fc.oneof(
        { maxDepth: 4 },
        atom,
        fc.array(tie('value')),
        fc.dictionary(fc.string(), tie('value'), { noNullPrototype: true }),
      ),
    }));
    fc.assert(
      fc.property(value, (v) => {
        const bytes = serialize(v);
        const back = load(bytes);
        expect(back).toStrictEqual(v);
        expect(serialize(back)).toEqual(bytes);
      }),
      { numRuns: 300, seed: 1 },
    );
  });
});

describe('tensors', () => {
  const make = { float32: Float32Array, float64: Float64Array, int32: Int32Array, uint8: Uint8Array };

  it.each(Object.entries(make))('%s, bit for bit', (dtype, TypedArray) => {
    const tensor = cpuTensor(TypedArray.from([0, 1, 2, 3, 250, 77]), dtype as 'float32', [2, 3]);
    const back = roundTrip(tensor) as Tensor;
    expect(back).toBeInstanceOf(Tensor);
    expect([back.dtype, back.shape, back.tolist()]).toEqual([dtype, [2, 3], tensor.tolist()]);
  });

  it('int64 of every size, across the boundary of a chunk, and bool', () => {
    const values = [
      0,
      -1,
      2 ** 31,
      -(2 ** 31) - 1,
      2 ** 32,
      -(2 ** 32),
      Number.MAX_SAFE_INTEGER,
      Number.MIN_SAFE_INTEGER,
    ];
    const long = new Float64Array(131_080).map((_, i) => (i < values.length ? values[i] : i * 2 ** 35 - 5));
    const back = roundTrip([cpuTensor(long, 'int64'), cpuTensor(Uint8Array.of(1, 0), 'bool')]) as Tensor[];
    expect(sameElements(back[0].toArray(), long)).toBe(true);
    expect([back[1].dtype, back[1].tolist()]).toEqual(['bool', [true, false]]);
  });

  it('views share their storage, the same tensor stays the same', () => {
    const base = cpuTensor(
      Float32Array.from({ length: 12 }, (_, i) => i),
      'float32',
      [3, 4],
    );
    const transposed = new Tensor(base.storage, [4, 3], [1, 4], 0);
    const expanded = new Tensor(base.storage, [2, 2], [0, 1], 5);
    const empty = new Tensor(base.storage, [0, 7], [7, 1], 12);
    const back = roundTrip({ base, transposed, again: base, expanded, empty }) as Record<string, Tensor>;
    expect(back.again).toBe(back.base);
    expect(back.transposed.storage).toBe(back.base.storage);
    expect(back.transposed.strides).toEqual([1, 4]);
    expect(back.transposed.tolist()).toEqual(transposed.tolist());
    expect(back.expanded.tolist()).toEqual([
      [5, 6],
      [5, 6],
    ]);
    expect([back.empty.shape, back.empty.offset]).toEqual([[0, 7], 12]);
  });

  it('a storage larger than one chunk', () => {
    const data = Float32Array.from({ length: 300_001 }, (_, i) => Math.sin(i));
    expect(sameElements((roundTrip(cpuTensor(data, 'float32')) as Tensor).toArray(), data)).toBe(true);
  });

  it('a gpu tensor is written as a cpu one; map_location puts storages on the gpu, still shared', () => {
    const buffer = backendOf('gpu').fromHost(Float32Array.of(1, 2, 3, 4), 'float32');
    const gpu = new Tensor(new Storage('gpu', 'float32', 4, buffer), [2, 2], [1, 2], 0);
    const bytes = serialize([gpu, new Tensor(gpu.storage, [2], [1], 2)]);
    for (const device of ['cpu', 'gpu'] as const) {
      const back = load(bytes, device) as Tensor[];
      expect(back.map((t) => [t.device, t.tolist()])).toEqual([
        [
          device,
          [
            [1, 3],
            [2, 4],
          ],
        ],
        [device, [3, 4]],
      ]);
      expect(back[0].storage).toBe(back[1].storage);
    }
    expect((load(bytes) as Tensor[])[0].device).toBe('cpu');
  });

  it('memory that is not there is an error, not a crash', () => {
    const format = STORAGE_FORMATS.get('FloatStorage') as StorageFormat;
    expect(serializationError(() => decodeStorage([], format, 2 ** 45)).message).toBe(
      `no memory for a storage of ${2 ** 45} float32 elements`,
    );
  });

  it('the bytes depend on the content alone', () => {
    const value = (): unknown => ({ w: cpuTensor(Float32Array.of(1, 2), 'float32'), n: 1 });
    expect(serialize(value())).toEqual(serialize(value()));
  });
});

describe('what cannot be saved is an error that says where', () => {
  class Thing {}
  const deep = (levels: number): unknown => (levels === 0 ? [] : [deep(levels - 1)]);
  it.each<[unknown, string]>([
    [undefined, 'save: cannot save undefined (use null) at obj'],
    [{ a: [1, undefined] }, 'save: cannot save undefined (use null) at obj["a"][1]'],
    [{ f: () => 1 }, 'save: cannot save a function at obj["f"]'],
    [Symbol('s'), 'save: cannot save a symbol at obj'],
    [new Map([[1, new Thing()]]), 'save: cannot save a Thing at obj[1]'],
    [{ d: new Date(0) }, 'save: cannot save a Date at obj["d"]'],
    [{ d: new Float32Array(1) }, 'save: cannot save a Float32Array at obj["d"]'],
    [[2n ** 2040n], 'save: cannot save a bigint of more than 255 bytes at obj[0]'],
    [new Map([[{}, 1]]), 'save: cannot save a Map with a key that is a Object at obj'],
    [new Set([undefined]), 'save: cannot save a Set with a key that is a undefined at obj'],
    [
      new Map<unknown, number>([
        [1, 1],
        [true, 2],
      ]),
      'save: cannot save a Map with the key true, which equals an earlier one in Python, at obj',
    ],
    [new Set([[1], [1]]), 'save: cannot save a Set with the key 1, which equals an earlier one in Python, at obj'],
    [deep(1001), 'save: obj is nested deeper than 1000 levels'],
  ])('%#', (value, message) => {
    expect(serializationError(() => serialize(value)).message).toBe(message);
  });

  it('as deep as allowed', () => {
    let value = roundTrip(deep(1000)) as unknown[];
    let levels = 0;
    for (; value.length > 0; levels++) value = value[0] as unknown[];
    expect(levels).toBe(1000);
  });
});
