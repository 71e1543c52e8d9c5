/** Files made to hurt: each ends in a SerializationError, soon and without much memory. */
import { zipSync } from 'fflate';
import { describe, expect, it } from 'vitest';
import { load } from '../src/serialization/load.js';
import { serialize } from '../src/serialization/save.js';
import { writeZip } from '../src/serialization/zip-writer.js';
import { latin1, serializationError } from './serialization-helpers.js';

/** Seconds and bytes that no hostile file may take. */
const LONGEST = 30;
const MOST = 1.5e9;

function archive(pickle: Uint8Array, more: Record<string, Uint8Array> = {}): Uint8Array {
  const entries = { 'a/data.pkl': pickle, 'a/version': latin1('3'), ...more };
  const inputs = Object.entries(entries).map(([name, bytes]) => ({ name, size: bytes.length, chunks: () => [bytes] }));
  return new Uint8Array(Buffer.concat([...writeZip(inputs)]));
}

/** The message of a file that is refused in bounded time and memory. */
function refused(bytes: Uint8Array): string {
  const before = process.memoryUsage();
  const start = performance.now();
  const { message } = serializationError(() => load(bytes));
  expect((performance.now() - start) / 1000).toBeLessThan(LONGEST);
  const after = process.memoryUsage();
  expect(after.heapUsed + after.arrayBuffers - before.heapUsed - before.arrayBuffers).toBeLessThan(MOST);
  return message;
}

const filled = (text: string, length: number, end: string): Uint8Array => {
  const bytes = Buffer.alloc(length + end.length, text, 'latin1');
  bytes.write(end, length, 'latin1');
  return new Uint8Array(bytes);
};

describe('pickles', () => {
  const SIZE = 1.5e7;
  it.each<[string, Uint8Array, RegExp]>([
    ['nested lists', filled(']', 5000, `${'a'.repeat(4999)}.`), /nested deeper than 1000 levels/],
    ['nested tuples', filled('\x85', 5000, '.').with(0, 0x4e), /nested deeper than 1000 levels/],
    ['more lists than a checkpoint has', filled(']0', SIZE, '.'), /more than 2097152 objects/],
    ['more places in the memo than it has objects', filled('N\x940', SIZE, '.'), /more than 4194304 items/],
    ['a stack that only grows', filled('N', SIZE, '.'), /more than 4194304 values wait/],
    ['one value again and again', filled('2', SIZE, '.').with(0, 0x4e), /more than 4194304 values wait/],
    ['nothing but marks', filled('(', SIZE, '.'), /more than 4194304 marks/],
    ['a dict that only grows', latin1(`}${dictItems(2_100_000)}.`), /more than 4194304 items/],
    ['a string said to be huge', latin1('X\xff\xff\xff\xff'), /the pickle is cut off: 4294967295 bytes/],
    ['bytes said to be huge', latin1('\x8e\xff\xff\xff\xff\xff\xff\xff\x7f'), /the pickle is cut off/],
    ['an integer said to be huge', latin1('\x8b\xff\xff\xff\x7f'), /an integer of 2147483647 bytes/],
    ['a frame said to be huge', latin1('\x95\xff\xff\xff\xff\xff\xff\xff\x7f'), /a frame of/],
  ])('%s', { timeout: 60_000 }, (_, pickle, message) => {
    expect(refused(archive(pickle))).toMatch(message);
  });

  /** `[key, None]` pairs of distinct integers, one by one. */
  function dictItems(count: number): string {
    const bytes = Buffer.alloc(7 * count);
    for (let i = 0; i < count; i++) {
      bytes[7 * i] = 0x4a; // BININT
      bytes.writeInt32LE(i, 7 * i + 1);
      bytes.write('Ns', 7 * i + 5);
    }
    return bytes.toString('latin1');
  }

  it('a key of tuples that would be exponential', () => {
    const doubling = `(K\x01K\x02t${'2\x86'.repeat(40)}`;
    expect(refused(archive(latin1(`}${doubling}Ns.`)))).toMatch(/a tuple that is a key has too many items/);
  });

  it('memo cycles', () => {
    const contains = /contains itself; weights_only: false reads it/;
    for (const pickle of [
      ']q\0h\0a.', // a list of itself
      '}q\0U\x01kh\0s.', // a dict of itself
      ']q\0h\0\x85a.', // a list of a tuple of the list
      ']q\0}U\x01k](h\0esa.', // through a dict and another list
    ]) {
      expect(refused(archive(latin1(pickle)))).toMatch(contains);
    }
    // the same object twice is no cycle
    expect(load(archive(latin1(']q\0]q\x01ah\x01a.')))).toEqual([[], []]);
  });

  it('of a trusted file, cycles of containers are values, cycles through keys are not', () => {
    const trusted = { weights_only: false };
    const cyclic = load<unknown[]>(archive(latin1(']q\0h\0a}q\x01U\x01kh\x01sa.')), trusted);
    expect(cyclic[0]).toBe(cyclic);
    const dict = cyclic[1] as Record<string, unknown>;
    expect(dict.k).toBe(dict);
    expect(load(serialize(cyclic), trusted)).toHaveLength(2);
    expect(refused(archive(latin1(']q\0(h\0t}h\0Ns.')))).toMatch(/a list cannot be a key/);
    expect(refused(archive(latin1('h\0.')))).toMatch(/recalls memo 0, which was never stored/);
  });

  it('lists that double are one list each, not two to the hundred', () => {
    const value = load<unknown[]>(archive(latin1(`]${'q\0](h\0h\0e'.repeat(100)}.`)));
    expect(value[0]).toBe(value[1]);
  });

  it('a tensor over more than its storage', () => {
    const id = '(U\x07storagectorch\nFloatStorage\nU\x010U\x03cpuK\x01tQ';
    const tensor = (args: string): Uint8Array =>
      archive(latin1(`ctorch._utils\n_rebuild_tensor_v2\n(${id}${args}\x89Nt R.`.replace(' ', '')), {
        'a/data/0': latin1('1234'),
      });
    const big = '\x8a\x06\x00\0\x00\0\x00\x01';
    for (const args of [
      `${big}K\x01\x85K\x01\x85`,
      `K\x00${big}\x85K\x01\x85`,
      `K\x00${big}${big}\x86K\x00K\x00\x86`,
      `K\x00K\x02\x85${big}\x85`,
    ]) {
      expect(refused(tensor(args))).toMatch(/does not fit into its storage of 1 elements/);
    }
  });
});

describe('zip files', () => {
  const good = { 'a/data.pkl': latin1('N.'), 'a/version': latin1('3') };

  it('many small bombs are one large one', () => {
    const bomb = new Uint8Array(1 << 23);
    const entries = Object.fromEntries(Array.from({ length: 8 }, (_, i) => [`a/data/${i}`, bomb]));
    expect(refused(zipSync({ ...good, ...entries }, { level: 9 }))).toMatch(
      /the zip file declares 67108867 bytes out of 6\d{4} compressed ones/,
    );
  });

  it.each(['../a', '/etc/passwd', 'a/../../b', 'C:\\x', '\\\\host\\x', 'a/\0'])('a path that leaves: %j', (name) => {
    expect(refused(zipSync({ ...good, [name]: latin1('x') }))).toMatch(/unsafe name/);
  });

  it('two entries that are one place', () => {
    const bytes = archive(latin1('N.'), { 'a/data/0': latin1('1234'), 'a/data/1': latin1('1234') });
    const view = new DataView(bytes.buffer);
    const lines: number[] = [];
    for (let i = 0; i + 4 < bytes.length; i++) if (view.getUint32(i, true) === 0x02014b50) lines.push(i);
    // The last entry is said to lie where the one before it lies.
    view.setUint32(lines[3] + 42, view.getUint32(lines[2] + 42, true), true);
    expect(refused(bytes)).toMatch(/header and the directory differ|overlap/);
  });

  it('sizes said to be huge', () => {
    const bytes = archive(latin1('N.'));
    const view = new DataView(bytes.buffer);
    for (let i = 0; i + 4 < bytes.length; i++) {
      if (view.getUint32(i, true) !== 0x02014b50) continue;
      view.setUint32(i + 20, 0xfffffff0, true);
      view.setUint32(i + 24, 0xfffffff0, true);
    }
    expect(refused(bytes)).toMatch(/reaches into the directory/);
  });
});
