import * as fs from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { randn, SerializationError, safetensors, sparse_coo_tensor, tensor, ValueError } from '../src/index.js';
import { parseJson } from '../src/serialization/json.js';
import { serializationError } from './serialization-helpers.js';

const at = (name: string): string => fileURLToPath(new URL(`./fixtures/safetensors/${name}`, import.meta.url));
const bytesOf = (name: string): Uint8Array => new Uint8Array(fs.readFileSync(at(name)));
const folder = fs.mkdtempSync(join(tmpdir(), 'torchlet-safetensors-'));
afterAll(() => fs.rmSync(folder, { recursive: true, force: true }));
const path = (name: string): string => join(folder, name);

describe('save_file', () => {
  it('metadata, by position and by name', () => {
    const tensors = { a: tensor([1, 2]) };
    for (const metadata of [{ format: 'pt', __proto__x: 'y' }, { metadata: { format: 'pt', __proto__x: 'y' } }]) {
      safetensors.save_file(tensors, path('m'), metadata);
      using file = safetensors.safe_open(path('m'));
      expect(file.metadata()).toEqual({ format: 'pt', __proto__x: 'y' });
    }
    for (const metadata of [undefined, null, { metadata: null }]) {
      safetensors.save_file(tensors, path('m'), metadata);
      using file = safetensors.safe_open(path('m'));
      expect(file.metadata()).toBeNull();
    }
  });

  it('starts the tensors at a multiple of 8', () => {
    for (const name of ['a', 'ab', 'abc', 'é']) {
      const bytes = safetensors.save({ [name]: tensor([1]) });
      expect(Number(new DataView(bytes.buffer).getBigUint64(0, true)) % 8).toBe(0);
      expect(safetensors.load(bytes)[name].tolist()).toEqual([1]);
    }
  });

  it('parts of one storage that do not meet are two tensors', () => {
    const x = randn(2, 3);
    expect(safetensors.load(safetensors.save({ a: x.index(0), b: x.index(1) })).b.tolist()).toEqual(
      x.index(1).tolist(),
    );
  });

  const x = randn(2, 3);
  it.each<[string, () => unknown, string]>([
    [
      'one tensor twice',
      () => safetensors.save({ b: x, a: x }),
      "save(): Some tensors share memory, this will lead to duplicate memory on disk and potential differences when loading them again: [{'b', 'a'}].",
    ],
    ['a part', () => safetensors.save({ a: x, b: x.index(0) }), "[{'b', 'a'}]"],
    [
      'not contiguous',
      () => safetensors.save({ a: x.t() }),
      'save(): You are trying to save a non contiguous tensor: `a` which is not allowed.',
    ],
    [
      'an array',
      () => safetensors.save([x] as never),
      'save(): Expected a dict of [str, torch.Tensor] but received an array',
    ],
    [
      'a number',
      () => safetensors.save_file({ a: 1 } as never, path('no')),
      'save_file(): Key `a` is invalid, expected torch.Tensor but received a number',
    ],
    [
      'a sparse tensor',
      () => safetensors.save({ a: sparse_coo_tensor(tensor([[0], [1]], { dtype: 'int64' }), tensor([3]), [2, 2]) }),
      "save(): You are trying to save a sparse tensors: `['a']` which this library does not support. You can make it a dense tensor before saving with `.to_dense()`",
    ],
    [
      'a name that is a number',
      () => safetensors.save(new Map([[1, x]]) as never),
      "save(): a tensor's name must be a string, but got a number",
    ],
    [
      "the metadata's name",
      () => safetensors.save({ __metadata__: x }),
      'save(): "__metadata__" cannot be a tensor\'s name',
    ],
    ['half a surrogate', () => safetensors.save({ '\ud800': x }), 'save(): "\\ud800" cannot be a tensor\'s name'],
    [
      'metadata of numbers',
      () => safetensors.save({ a: x }, { metadata: { a: 1 } } as never),
      "save(): argument 'metadata' must be an object of strings or null",
    ],
    [
      'metadata that is a number',
      () => safetensors.save({ a: x }, 5 as never),
      "save(): argument 'metadata' must be an object of strings or null",
    ],
    [
      'an unknown option',
      () => safetensors.save_file({ a: x }, path('no'), { meta: {} } as never),
      "save_file() got an unexpected keyword argument 'meta'",
    ],
    [
      'no path',
      () => safetensors.save_file({ a: x }, 5 as never),
      'save_file(): filename must be a string, but got a number',
    ],
    [
      'no path to read',
      () => safetensors.load_file(5 as never),
      'load_file(): filename must be a string, but got a number',
    ],
    ['no bytes', () => safetensors.load('x' as never), 'load(): data must be a Uint8Array, but got a string'],
    [
      'another framework',
      () => safetensors.safe_open(at('ours.safetensors'), 'np'),
      'safe_open(): framework np is invalid',
    ],
    [
      'an unknown option to open',
      () => safetensors.safe_open('x', { mode: 1 } as never),
      "safe_open() got an unexpected keyword argument 'mode'",
    ],
  ])('refuses %s', (_, run, message) => {
    expect(run).toThrow(ValueError);
    expect(run).toThrow(message);
    expect(fs.existsSync(path('no'))).toBe(false);
  });

  it('devices and files that are not there', () => {
    expect(() => safetensors.load_file(at('ours.safetensors'), 'tpu')).toThrow(
      'load_file(): Expected one of cpu, gpu device type, got "tpu"',
    );
    expect(() => safetensors.safe_open(at('ours.safetensors'), 'pt', 'tpu')).toThrow(
      'safe_open(): Expected one of cpu, gpu',
    );
    expect(serializationError(() => safetensors.load_file(path('missing'))).message).toBe(
      `load_file: cannot read '${path('missing')}': No such file or directory`,
    );
    expect(serializationError(() => safetensors.save_file({}, path('missing/x'))).message).toContain(
      'Parent directory',
    );
  });

  it('onto the gpu', () => {
    safetensors.save_file({ a: tensor([1, 2]) }, path('gpu'));
    const { a } = safetensors.load_file(path('gpu'), 'gpu');
    expect([a.device, a.to('cpu').tolist()]).toEqual(['gpu', [1, 2]]);
    expect(safetensors.load(safetensors.save({ a })).a.tolist()).toEqual([1, 2]);
  });
});

describe('a file that is open', () => {
  it('is closed once', () => {
    const file = safetensors.safe_open(at('ours.safetensors'));
    const part = file.get_slice('10');
    file.close();
    file.close();
    const closed = new SerializationError(`safe_open: File is closed, in '${at('ours.safetensors')}'`);
    for (const use of [() => file.keys(), () => file.metadata(), () => file.get_tensor('10'), () => part.index(0)]) {
      expect(use).toThrow(closed);
    }
    expect(part.get_shape()).toEqual([2, 3, 4]);
  });

  it('names what is not there', () => {
    using file = safetensors.safe_open(at('ours.safetensors'));
    expect(() => file.get_tensor('zz')).toThrow(/^safe_open: File does not contain tensor zz/);
    expect(() => file.get_slice('zz')).toThrow(/^safe_open: File does not contain tensor zz/);
  });

  it('that shrinks is an error', () => {
    safetensors.save_file({ a: randn(100) }, path('shrinks'));
    using file = safetensors.safe_open(path('shrinks'));
    fs.truncateSync(path('shrinks'), 100);
    expect(serializationError(() => file.get_tensor('a')).message).toContain('became shorter');
  });
});

describe('damage', () => {
  const good = bytesOf('tensors.safetensors');
  const survives = (bytes: Uint8Array): boolean => {
    try {
      safetensors.load(bytes);
      return true;
    } catch (error) {
      expect(error).toBeInstanceOf(SerializationError);
      return false;
    }
  };

  it('truncation at every byte', () => {
    for (let length = 0; length < good.length; length++) expect(survives(good.slice(0, length))).toBe(false);
  });

  it('thousands of mutations', () => {
    let x = 17;
    const random = (below: number): number => {
      x ^= x << 13;
      x ^= x >>> 17;
      x ^= x << 5;
      return (x >>> 0) % below;
    };
    let loaded = 0;
    for (let i = 0; i < 4000; i++) {
      const bytes = good.slice();
      for (let changes = 1 + random(3); changes > 0; changes--) {
        const place = random(bytes.length);
        if (random(2) === 0) bytes[place] = random(256);
        else bytes.copyWithin(place, random(bytes.length), random(bytes.length));
      }
      if (survives(bytes)) loaded++;
    }
    expect(loaded).toBeGreaterThan(50);
    expect(loaded).toBeLessThan(3900);
  });
});

describe('JSON', () => {
  it("is JSON.parse's, but for floats and keys that are twice there", () => {
    fc.assert(
      fc.property(fc.json({ noUnicodeString: false } as object), (text) => {
        const plain = (value: unknown): unknown => {
          if (value instanceof Map) return Object.fromEntries([...value].map(([k, v]) => [k, plain(v)]));
          if (Array.isArray(value)) return value.map(plain);
          return typeof value === 'object' && value !== null ? (value as { value: number }).value : value;
        };
        const parsed = JSON.parse(text) as unknown;
        expect(JSON.stringify(plain(parseJson(text)))).toBe(JSON.stringify(parsed));
      }),
      { numRuns: 300, seed: 2 },
    );
  });

  it.each([
    '',
    '{',
    '[1,',
    '[1 2]',
    '{"a" 1}',
    '{a:1}',
    '"a',
    '"\\x"',
    '"\\ud800"',
    '"\n"',
    '01',
    '1.',
    '-',
    'nul',
    '[]]',
    '{"a":1,}',
  ])('refuses %j', (text) => {
    expect(() => parseJson(text)).toThrow(/at character \d+$/);
  });
});
