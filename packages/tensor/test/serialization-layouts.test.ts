/** What several versions of PyTorch wrote, in the zip format and in the one before it. */
import * as fs from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { ByteSource } from '../src/serialization/byte-source.js';
import { isIntegerKeyed } from '../src/serialization/integer-keys.js';
import { load } from '../src/serialization/load.js';
import { readPt } from '../src/serialization/pt.js';
import { serialize } from '../src/serialization/save.js';
import type { Storage } from '../src/storage.js';
import type { Tensor } from '../src/tensor.js';
import {
  type Description,
  type Descriptions,
  fixture,
  latin1,
  Matcher,
  serializationError,
} from './serialization-helpers.js';

const layout = (name: string): Uint8Array => fixture(`layouts/${name}`);
const described = (version: string): [string, Description][] =>
  Object.entries((JSON.parse(new TextDecoder().decode(layout(`descriptions-${version}.json`))) as Descriptions).files);
const files = [...described('1.13'), ...described('2.13')].filter(([name]) => name !== 'old-legacy.pt');
const legacy = layout('tensors-2.13-legacy.pt');

describe('files of PyTorch 1.13 and 2.13', () => {
  it('are six of each', () => {
    expect(files.map(([name]) => name).sort()).toEqual(
      ['1.13', '2.13']
        .flatMap((v) => ['tensors', 'halves', 'checkpoint'].flatMap((n) => [`${n}-${v}-zip.pt`, `${n}-${v}-legacy.pt`]))
        .sort(),
    );
  });

  it.each(files)('%s loads as described, before and after a save', (name, description) => {
    const value = load(layout(name));
    new Matcher().match(value, description);
    new Matcher().match(load(serialize(value)), description);
  });

  it.each(['1.13-zip', '1.13-legacy', '2.13-zip', '2.13-legacy'])('an optimizer of %s has integer keys', (which) => {
    const { optimizer, rng_state } = load<{ optimizer: { state: object }; rng_state: Tensor }>(
      layout(`checkpoint-${which}.pt`),
    );
    expect(isIntegerKeyed(optimizer.state)).toBe(true);
    expect([rng_state.dtype, rng_state.shape]).toEqual(['uint8', [5056]]);
  });

  it('tensors of dtypes that came later are errors', () => {
    for (const dtype of ['uint16', 'float8_e4m3fn']) {
      expect(serializationError(() => load(layout(`bad-${dtype}.pt`))).message).toBe(
        'load: torch.storage.UntypedStorage (a tensor of a dtype that is not supported, or a bare storage), ' +
          'in the given bytes',
      );
    }
  });
});

describe('the format before 1.6', () => {
  it('of PyTorch 0.3: parts of storages, tensors and Parameters of that time', () => {
    const value = load<Record<string, Tensor>>(layout('old-legacy.pt'));
    const description = described('2.13').find(([name]) => name === 'old-legacy.pt')?.[1] as {
      ordered: [{ str: string }, { tensor: { shape: number[]; data: number[]; requires_grad: boolean } }][];
    };
    expect(Object.keys(value)).toEqual(description.ordered.map(([key]) => key.str));
    for (const [key, { tensor }] of description.ordered) {
      const { shape, requires_grad } = value[key.str];
      expect([shape, requires_grad, [...value[key.str].toArray()]]).toEqual([
        tensor.shape,
        tensor.requires_grad,
        tensor.data,
      ]);
    }
    // A part shares the storage that it is a part of.
    expect(value.part.storage).toBe(value.whole.storage);
    value.same_part.add_(10);
    expect(value.whole.tolist()).toEqual([
      [0, 1, 12, 13, 14],
      [15, 16, 17, 8, 9],
    ]);
  });

  it('from a file, in pieces', () => {
    const folder = fs.mkdtempSync(join(tmpdir(), 'torchlet-legacy-'));
    try {
      fs.writeFileSync(join(folder, 'x.pt'), layout('checkpoint-1.13-legacy.pt'));
      new Matcher().match(
        load(join(folder, 'x.pt')),
        files.find(([name]) => name === 'checkpoint-1.13-legacy.pt')?.[1] as Description,
      );
    } finally {
      fs.rmSync(folder, { recursive: true });
    }
  });

  it('map_location', () => {
    const cuda = legacy.slice();
    const at = Buffer.from(cuda).indexOf('X\x03\x00\x00\x00cpu');
    cuda.set(latin1('gpu'), at + 5);
    expect(serializationError(() => load(cuda)).message).toBe(
      'load: Attempting to deserialize object on gpu, a device that is not available here. ' +
        "Use map_location: 'cpu' to map the storages to the CPU, in the given bytes",
    );
    expect(load<Record<string, Tensor>>(cuda, 'cpu').selected.item()).toBe(23);
    const seen = new Set<string>();
    const keep = (storage: Storage, location: string): Storage => {
      seen.add(`${location} ${storage.device}`);
      return storage;
    };
    expect(load<Record<string, Tensor>>(cuda, { map_location: keep }).selected.item()).toBe(23);
    expect([...seen]).toEqual(['gpu cpu']);
  });

  it('errors name what is wrong', () => {
    const message = (bytes: Uint8Array): string => serializationError(() => load(bytes)).message;
    const change = (from: string, to: string): Uint8Array => {
      const bytes = legacy.slice();
      const at = Buffer.from(bytes).indexOf(from, 'latin1');
      expect(at, from).toBeGreaterThanOrEqual(0);
      bytes.set(latin1(to), at);
      return bytes;
    };
    expect(message(change('\x9c\x46\xf9', '\x9d\x46\xf9'))).toMatch(/^load: Invalid magic number; corrupt file\?/);
    expect(message(change('M\xe9\x03', 'M\xea\x03'))).toMatch(/^load: Invalid protocol version: 1002/);
    expect(message(change('X\x0d\x00\x00\x00little_endian', '(NQ.'))).toMatch(
      /^load: a persistent id outside of the value/,
    );
    const tar = new Uint8Array(1024);
    tar.set(latin1('ustar'), 257);
    expect(message(tar)).toBe(
      'load: this is a tar file, which torch.save wrote before PyTorch 0.2 and which is not supported: ' +
        'load it with PyTorch and save it again, in the given bytes',
    );
  });

  /** Header, value and keys as opcodes, and the storages. */
  const file = (value: string, keys: string, storages: string): Uint8Array =>
    latin1(`${Buffer.from(legacy.subarray(0, 15)).toString('latin1')}M\xe9\x03.}.${value}${keys}${storages}`);
  const id = (key: string, numel: string, view: string, type = 'Float'): string =>
    `(U\x07storagectorch\n${type}Storage\nU\x01${key}U\x03cpu${numel}${view}tQ`;
  const size = (n: number): string => String.fromCharCode(n, 0, 0, 0, 0, 0, 0, 0);
  const rebuild = (storage: string, n: string): string =>
    `ctorch._utils\n_rebuild_tensor\n(${storage}K\x00K${n}\x85K\x01\x85tR`;

  it('a file put together by hand', () => {
    const bytes = file(`${rebuild(id('a', 'K\x02', 'N'), '\x02')}.`, ']U\x01aa.', `${size(2)}\0\0\x80\x3f\0\0\0\x40`);
    expect(load<Tensor>(bytes).tolist()).toEqual([1, 2]);
  });

  it.each<[string, string, string, string, RegExp]>([
    ['a size that the file is too short for', id('a', '\x8a\x06\0\0\0\0\0\x01', 'N'), ']a.', '', /too short for/],
    ['no data', id('a', 'K\x01', 'N'), '].', '', /there is no data for storage a/],
    ['data of nobody', 'N', ']U\x01ba.', '', /storage key b is not in the value/],
    ['keys that are no list', 'N', 'N.', '', /keys is no list/],
    ['the same data twice', id('a', 'K\x00', 'N'), '](U\x01aU\x01ae.', size(0), /storage a is there twice/],
    ['another size', id('a', 'K\x01', 'N'), ']U\x01aa.', `${size(2)}12341234`, /should have 1 elements, has 2/],
    ['data cut off', id('a', 'K\x02', 'N'), ']U\x01aa.', `${size(2)}1234`, /storage a would lie at bytes/],
    ['a size cut off', id('a', 'K\x01', 'N'), ']U\x01aa.', '123', /the size of storage a would lie/],
    ['a view that is none', id('a', 'K\x01', 'K\x01'), '].', '', /view is not \(key, offset, numel\)/],
    ['a view that leaves', id('a', 'K\x01', 'U\x01vK\x01K\x01\x87'), '].', '', /a view of 1 elements at 1 leaves/],
    ['an id of five', id('a', 'K\x01', ''), '].', '', /not \('storage', class, key, location, numel, view\)/],
    [
      'one key, two sizes',
      `${id('a', 'K\x01', 'N')}0${id('a', 'K\x02', 'N')}`,
      '].',
      '1234'.repeat(20),
      /with different types or sizes/,
    ],
    [
      'a tensor of four arguments that has five',
      'ctorch._utils\n_rebuild_tensor\n(NNNNNtR',
      '].',
      '',
      /is called with/,
    ],
    ['a Parameter of three', 'ctorch.nn.parameter\nParameter\n(NNNt\x81', '].', '', /Parameter is called with/],
    [
      'a Parameter whose state is none',
      `ctorch.nn.parameter\nParameter\n${rebuild(id('a', 'K\x00', 'N'), '\x00')}\x85\x81Nb`,
      '].',
      '',
      /the state of a torch.nn.parameter.Parameter is a None/,
    ],
    [
      'a Parameter of integers that is learned',
      `ctorch.nn.parameter\nParameter\n${rebuild(id('a', 'K\x00', 'N', 'Long'), '\x00')}\x89\x86\x81(\x88NNtb`,
      '].',
      '',
      /only Tensors of floating point dtype can require gradients/,
    ],
  ])('%s', (_, value, keys, storages, message) => {
    expect(serializationError(() => load(file(`${value}.`, keys, storages))).message).toMatch(message);
  });

  it('large strings and pickles are read through a window', () => {
    const long = 'x'.repeat(200_000);
    const length = String.fromCharCode(...new Uint8Array(Uint32Array.of(long.length).buffer));
    const bytes = file(`(X${length}${long}X${length}${long}t.`, '].', '');
    let most = 0;
    const source: ByteSource = {
      size: bytes.length,
      read: (offset, count) => {
        most = Math.max(most, count);
        return bytes.slice(offset, offset + count);
      },
    };
    expect(readPt(source, null, true)).toEqual([long, long]);
    expect(most).toBeLessThan(bytes.length / 2 + 70_000);
    const line = file(`c${'m'.repeat(5000)}\nx\n.`, '].', '');
    expect(serializationError(() => load(line)).message).toMatch(/the pickle ends within a line that starts at byte/);
  });
});
