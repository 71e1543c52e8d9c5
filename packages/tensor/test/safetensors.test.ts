import * as fs from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { randn, safetensors, slice, type Tensor, type TensorIndex, tensor } from '../src/index.js';
import { elementOf, serializationError } from './serialization-helpers.js';

interface Described {
  dtype: string;
  shape: number[];
  data: (number | boolean | string)[];
}
interface Judged {
  file: string;
  library: string | Record<string, Described>;
}
interface Fixture {
  tensors: Record<string, Described>;
  slices: Record<string, Described>;
  keys: string[];
  offset_keys: string[];
  metadata: Record<string, string>;
  damaged: Record<string, Judged>;
  good: Record<string, Judged>;
}

const at = (name: string): string => fileURLToPath(new URL(`./fixtures/safetensors/${name}`, import.meta.url));
const bytesOf = (name: string): Uint8Array => new Uint8Array(fs.readFileSync(at(name)));
const library = JSON.parse(fs.readFileSync(at('safetensors.json'), 'utf8')) as Fixture;
const folder = fs.mkdtempSync(join(tmpdir(), 'torchlet-safetensors-'));
afterAll(() => fs.rmSync(folder, { recursive: true, force: true }));
const path = (name: string): string => join(folder, name);

/** What the file says, exactly: nothing is computed. */
function expectDescribed(t: Tensor, { dtype, shape, data }: Described): void {
  const widened = dtype === 'float16' || dtype === 'bfloat16' ? 'float32' : dtype;
  expect([t.dtype, t.shape, t.device]).toEqual([widened, shape, 'cpu']);
  expect([...t.toArray()]).toStrictEqual(data.map(elementOf));
}

function expectTensors(tensors: Record<string, Tensor>, expected: Record<string, Described>): void {
  expect(Object.keys(tensors).sort()).toEqual(Object.keys(expected).sort());
  for (const [name, t] of Object.entries(tensors)) {
    expectDescribed(t, Object.getOwnPropertyDescriptor(expected, name)?.value as Described);
  }
}

describe("the library's files", () => {
  it('load_file and load', () => {
    expectTensors(safetensors.load_file(at('tensors.safetensors')), library.tensors);
    expectTensors(safetensors.load(bytesOf('tensors.safetensors')), library.tensors);
    expectTensors(safetensors.load_file(at('tensors.safetensors'), { device: 'cpu' }), library.tensors);
    expect(Object.getPrototypeOf(safetensors.load_file(at('tensors.safetensors')))).toBe(Object.prototype);
  });

  it('safe_open: names, metadata, one tensor, all of them', () => {
    using file = safetensors.safe_open(at('tensors.safetensors'), 'pt', 'cpu');
    expect(file.keys()).toEqual(library.keys);
    expect(file.offset_keys()).toEqual(library.offset_keys);
    expect(file.metadata()).toEqual(library.metadata);
    for (const key of library.keys) {
      expectDescribed(file.get_tensor(key), Object.getOwnPropertyDescriptor(library.tensors, key)?.value as Described);
    }
    expectTensors(file.get_tensors(), library.tensors);
  });

  it.each(Object.entries(library.slices))('get_slice [%s]', (text, expected) => {
    const parts = text.split(', ').map((part): TensorIndex => {
      if (part === '...') return part;
      if (part === 'None') return null;
      const bounds = part.split(':').map((x) => (x === '' ? null : Number(x)));
      return bounds.length === 1 ? (bounds[0] as number) : slice(bounds[0], bounds[1], bounds[2] ?? null);
    });
    using file = safetensors.safe_open(at('tensors.safetensors'), { framework: 'pt', device: 'cpu' });
    const part = file.get_slice('10');
    expect([part.get_shape(), part.get_dtype()]).toEqual([[2, 3, 4], 'F32']);
    expectDescribed(part.index(...parts), expected);
  });

  it('save writes the same bytes', () => {
    const tensors = safetensors.load(bytesOf('ours.safetensors'));
    expect(safetensors.save(tensors)).toEqual(bytesOf('ours.safetensors'));
    expect(safetensors.save(new Map(Object.entries(tensors).reverse()))).toEqual(bytesOf('ours.safetensors'));
    safetensors.save_file(tensors, path('x'));
    expect(new Uint8Array(fs.readFileSync(path('x')))).toEqual(bytesOf('ours.safetensors'));
    expect(fs.readdirSync(folder)).toEqual(['x']);
  });

  it.each(Object.entries(library.good))('what it reads: %s', (_, { file, library: tensors }) => {
    expectTensors(safetensors.load(new Uint8Array(Buffer.from(file, 'base64'))), tensors as Record<string, Described>);
  });

  it.each(Object.entries(library.damaged))('what it refuses: %s', (name, { file, library: reason }) => {
    const bytes = new Uint8Array(Buffer.from(file, 'base64'));
    fs.writeFileSync(path('damaged'), bytes);
    const { message } = serializationError(() => safetensors.load(bytes));
    expect(message).toMatch(/^load: Error while deserializing header: .+, in the given bytes$/);
    expect(serializationError(() => safetensors.load_file(path('damaged'))).message).toBe(
      message.replace('load:', 'load_file:').replace('the given bytes', `'${path('damaged')}'`),
    );
    expect(serializationError(() => safetensors.safe_open(path('damaged'))).message).toMatch(/^safe_open: Error/);
    // JSON's errors are worded by its parser; all others are the library's.
    const said = String(reason).replace('Error while deserializing: ', '');
    if (/^invalid (JSON|UTF-8)/.test(said)) expect(message).toContain(said.slice(0, said.indexOf(' in header')));
    else if (name === 'half a byte') expect(message).toContain('does not end at a byte boundary');
    else if (name === 'one place twice') expect(message).toMatch(/invalid offset for tensor `[ab]`/);
    else expect(message).toContain(said);
  });
});

describe('stricter than the library, as the format asks', () => {
  const file = (header: string, data = ''): Uint8Array => {
    const head = Buffer.alloc(8);
    head.writeBigUInt64LE(BigInt(Buffer.byteLength(header)));
    return new Uint8Array(Buffer.concat([head, Buffer.from(header + data)]));
  };
  const message = (bytes: Uint8Array): string => serializationError(() => safetensors.load(bytes)).message;
  const info = '{"dtype":"F32","shape":[1],"data_offsets":[0,4]}';

  it('the header starts with {', () => {
    expect(message(file(' {}'))).toContain('invalid JSON in header: it must start with `{`');
  });

  it('no key twice', () => {
    expect(message(file(`{"a":${info},"a":${info}}`, '1234'))).toContain('duplicate key "a" at character 58');
    expect(message(file('{"__metadata__":{"k":"1","k":"2"}}'))).toContain('duplicate key "k"');
  });

  it('what is wrong is named', () => {
    expect(message(file('{"a":1}'))).toContain('tensor `a` must be an object');
    expect(message(file('{"a":{}}'))).toContain('tensor `a`: missing field `dtype`');
    expect(message(file('{"a":{"dtype":"F31"}}'))).toContain(
      'tensor `a`: unknown dtype `F31`, expected one of BOOL, F4,',
    );
    expect(message(file('{"a":{"dtype":1.5}}'))).toContain('unknown dtype 1.5,');
    expect(message(file('{"a":{"dtype":[]}}'))).toContain('unknown dtype that is an object or array,');
    expect(message(file('{"a":{"dtype":true}}'))).toContain('unknown dtype true,');
    expect(message(file(`{"a":${info.replace('[1]', '[-0]')}}`))).toContain('shape must be an array of non-negative');
    expect(message(file(`{"a":${info.replace('0,4', '0')}}`))).toContain('data_offsets must have 2 elements');
    expect(message(file('{"__metadata__":{"k":1}}'))).toContain('must map strings to strings, `k` does not');
    expect(message(file('{"__metadata__":[]}'))).toContain('__metadata__ must be an object');
  });

  it('bounded: depth, and values', () => {
    const deep = (n: number): string => `{"a":${'['.repeat(n)}${']'.repeat(n)}}`;
    expect(message(file(deep(200)))).toContain('nested deeper than 128 levels');
    expect(message(file(`{"a":[${'0,'.repeat(5e6)}0]}`))).toContain('more than 4194304 values');
  });

  it('a dtype that is not ours is an error where it is read', () => {
    const text = 'tensor `a`: dtype I8 is not supported: convert it before saving';
    expect(serializationError(() => safetensors.load_file(at('int8.safetensors'))).message).toContain(text);
    using opened = safetensors.safe_open(at('int8.safetensors'));
    expect(opened.get_tensor('b').tolist()).toEqual([1]);
    expect(serializationError(() => opened.get_tensor('a')).message).toContain(text);
    expect(serializationError(() => opened.get_slice('a').index(0)).message).toContain(text);
  });
});

describe('parts', () => {
  it('any index gives what it gives of the whole', () => {
    const whole = randn(7, 5, 6);
    safetensors.save_file({ whole, before: randn(3) }, path('parts'));
    using file = safetensors.safe_open(path('parts'));
    const part = file.get_slice('whole');
    const one = (size: number): fc.Arbitrary<TensorIndex> =>
      fc.oneof(
        fc.integer({ min: -size, max: size - 1 }),
        fc
          .tuple(
            fc.option(fc.integer({ min: -9, max: 9 })),
            fc.option(fc.integer({ min: -9, max: 9 })),
            fc.integer({ min: 1, max: 4 }),
          )
          .map(([start, stop, step]) => slice(start, stop, step)),
        fc.array(fc.integer({ min: -size, max: size - 1 }), { minLength: 2, maxLength: 2 }),
      );
    const parts = fc.oneof(
      fc.tuple(one(7)),
      fc.tuple(one(7), one(5)),
      fc.tuple(one(7), one(5), one(6)),
      fc.tuple(fc.constant<TensorIndex>('...'), one(6)),
      fc.tuple(one(7), fc.constant<TensorIndex>(null), fc.constant<TensorIndex>('...'), one(6)),
    );
    fc.assert(
      fc.property(parts, (index) => {
        const [read, expected] = [part.index(...index), whole.index(...index)];
        expect([read.shape, read.tolist()]).toEqual([expected.shape, expected.tolist()]);
        expect(read.is_contiguous() || read.numel() === 0).toBe(true);
      }),
      { numRuns: 200, seed: 5 },
    );
  });

  it('masks of two dimensions, and an index behind them', () => {
    const whole = randn(3, 2, 4);
    safetensors.save_file({ whole }, path('mask'));
    using file = safetensors.safe_open(path('mask'));
    const mask = tensor([
      [true, false],
      [false, true],
      [true, true],
    ]);
    for (const index of [
      [mask],
      [mask, 1],
      [mask, slice(1, 3)],
      [true],
      [slice(1, null), slice(), [0, 3]],
    ] as TensorIndex[][]) {
      expect(
        file
          .get_slice('whole')
          .index(...index)
          .tolist(),
      ).toEqual(whole.index(...index).tolist());
    }
  });

  it('reads only what is wanted, and near things together', () => {
    const wide = randn(512, 1024); // rows of 4 KiB
    safetensors.save_file({ wide }, path('wide'));
    using file = safetensors.safe_open(path('wide'));
    const column = file.get_slice('wide').index(slice(), 3);
    expect(column.tolist()).toEqual(wide.index(slice(), 3).tolist());
    expect(column.storage.numel).toBe(512);
    expect(file.get_slice('wide').index(slice(100, 102)).storage.numel).toBe(2048);
  });

  it('errors are those of index', () => {
    using file = safetensors.safe_open(at('tensors.safetensors'));
    const part = file.get_slice('10');
    expect(() => part.index(5)).toThrow('index 5 is out of bounds for dimension 0 with size 2');
    expect(() => part.index(0, 1, 2, 3)).toThrow('too many indices for tensor of dimension 3');
  });
});
