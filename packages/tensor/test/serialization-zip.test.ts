import { deflateSync, zipSync } from 'fflate';
import { describe, expect, it } from 'vitest';
import { crc32 as platformCrc32 } from '../src/platform/node.js';
import { bytesSource } from '../src/serialization/byte-source.js';
import { crc32 } from '../src/serialization/crc32.js';
import { ZipReader } from '../src/serialization/zip-reader.js';
import { writeZip, type ZipInput } from '../src/serialization/zip-writer.js';
import { fixture, latin1, serializationError } from './serialization-helpers.js';

const entry = (name: string, ...chunks: Uint8Array[]): ZipInput => ({
  name,
  size: chunks.reduce((sum, chunk) => sum + chunk.length, 0),
  chunks: () => chunks,
});

function concat(chunks: Iterable<Uint8Array>): Uint8Array {
  return Uint8Array.from([...chunks].flatMap((chunk) => [...chunk]));
}

const open = (bytes: Uint8Array): ZipReader => new ZipReader(bytesSource(bytes));
const view = (bytes: Uint8Array): DataView => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);

/** A small zip with two entries, and where its records are. */
function sample(zip64From?: number): { bytes: Uint8Array; central: number; end: number } {
  const bytes = concat(writeZip([entry('a/x', latin1('hello')), entry('a/y', latin1('world!'))], zip64From));
  const end = bytes.length - 22;
  const central = Number(view(bytes).getBigUint64(end - 76 + 48, true));
  return { bytes, central, end };
}

/** The message of opening the sample (and reading all of it) after `damage`. */
function messageAfter(damage: (bytes: Uint8Array, at: { central: number; end: number }) => unknown): string {
  const { bytes, central, end } = sample();
  const damaged = damage(bytes, { central, end });
  return serializationError(() => {
    const zip = open(damaged instanceof Uint8Array ? damaged : bytes);
    for (const name of zip.names) zip.read(name);
  }).message;
}

describe('crc32', () => {
  it.each([
    ['', 0],
    ['a', 0xe8b7be43],
    ['123456789', 0xcbf43926],
    ['The quick brown fox jumps over the lazy dog', 0x414fa339],
  ])('of %j', (text, expected) => {
    expect(crc32(latin1(text))).toBe(expected);
    expect(platformCrc32(latin1(text))).toBe(expected);
  });

  it('in pieces of any length', () => {
    const bytes = Uint8Array.from({ length: 100 }, (_, i) => (i * 37) & 255);
    for (let cut = 0; cut <= 100; cut++) {
      expect(crc32(bytes.subarray(cut), crc32(bytes.subarray(0, cut)))).toBe(platformCrc32(bytes));
    }
  });
});

describe('writing', () => {
  it.each([undefined, 0])(
    'aligns the data of every entry to 64 bytes, as PyTorch does (zip64 from %s)',
    (zip64From) => {
      const sizes = [1, 20, 64, 0, 63, 65];
      const bytes = concat(
        writeZip(
          sizes.map((n, i) => entry(`r/${'n'.repeat(i * 9)}`, new Uint8Array(n).fill(i + 1))),
          zip64From,
        ),
      );
      let at = 0;
      for (const [i, size] of sizes.entries()) {
        const data = at + 30 + view(bytes).getUint16(at + 26, true) + view(bytes).getUint16(at + 28, true);
        expect(data % 64).toBe(0);
        expect(bytes.subarray(data, data + size)).toEqual(new Uint8Array(size).fill(i + 1));
        at = data + size + (zip64From === 0 ? 24 : 16);
      }
    },
  );

  it('has the layout of a file by torch.save, byte for byte up to the pickle', () => {
    const theirs = fixture('bare.pt');
    const zip = open(theirs);
    const same = concat(writeZip(zip.names.map((name) => entry(name, zip.read(name)))));
    // Only the made-by version in the zip64 record differs (0x031e there).
    const made = theirs.length - 98 + 12;
    theirs.set(same.subarray(made, made + 2), made);
    expect(same).toEqual(theirs);
  });

  it('refuses an entry whose chunks are not as long as declared', () => {
    const wrong = { name: 'w', size: 3, chunks: () => [latin1('ab')] };
    expect(() => concat(writeZip([wrong]))).toThrow(new RangeError('zip entry w: 2 bytes given, 3 declared'));
  });
});

describe('reading', () => {
  it('stored entries, in several chunks', () => {
    const big = Uint8Array.from({ length: 2_500_000 }, (_, i) => i % 251);
    const chunks = [...open(concatBig([entry('big', big)])).chunks('big')];
    expect(chunks.length).toBe(3);
    expect(Buffer.concat(chunks).equals(Buffer.from(big))).toBe(true);
  });

  it('64-bit sizes and offsets, wherever they stand', () => {
    const { bytes } = sample(0);
    const zip = open(bytes);
    expect(zip.names).toEqual(['a/x', 'a/y']);
    expect(zip.read('a/y')).toEqual(latin1('world!'));
    expect(view(bytes).getUint32(18, true)).toBe(0xffffffff);
  });

  it('compressed entries and files by other programs', () => {
    const text = latin1('abc'.repeat(10_000));
    const zip = open(zipSync({ 'r/a': [text, { level: 9 }], 'r/b': [text, { level: 0 }], 'r/c': new Uint8Array(0) }));
    expect(zip.names).toEqual(['r/a', 'r/b', 'r/c']);
    for (const name of ['r/a', 'r/b']) expect(zip.read(name)).toEqual(text);
    expect(zip.read('r/c')).toEqual(new Uint8Array(0));
    expect(zip.has('r/d')).toBe(false);
    expect(serializationError(() => zip.read('r/d')).message).toBe('there is no zip entry r/d');
  });

  it('a comment after the end record', () => {
    const { bytes, end } = sample();
    const commented = Uint8Array.from([...bytes, ...latin1('PK\x05\x06 a comment')]);
    view(commented).setUint16(end + 20, commented.length - bytes.length, true);
    expect(open(commented).names).toEqual(['a/x', 'a/y']);
  });
});

function concatBig(entries: ZipInput[]): Uint8Array {
  return new Uint8Array(Buffer.concat([...writeZip(entries)]));
}

describe('damaged and hostile files', () => {
  it.each<[string, Parameters<typeof messageAfter>[0]]>([
    ['there is no zip end record (not a zip file, or truncated)', () => new Uint8Array(0)],
    ['there is no zip end record (not a zip file, or truncated)', (b) => b.subarray(0, -1)],
    ['the zip file spans several disks', (b, { end }) => view(b).setUint16(end + 4, 1, true)],
    ['the zip file spans several disks', (b, { end }) => view(b).setUint16(end + 8, 1, true)],
    ["the two zip end records differ in the directory's size", (b, { end }) => view(b).setUint32(end + 12, 7, true)],
    [
      'the zip directory does not end where the end record starts',
      (b, { end }) => {
        view(b).setUint32(end + 16, 0xffffffff, true);
        view(b).setBigUint64(end - 76 + 48, 5n, true);
      },
    ],
    ['there is no zip64 end record at byte 0', (b, { end }) => view(b).setBigUint64(end - 20 + 8, 0n, true)],
    [
      'the zip64 end record is given as 18446744073709552000',
      (b, { end }) => view(b).setBigUint64(end - 20 + 8, 2n ** 64n - 1n, true),
    ],
    [
      'the zip64 end record would lie at bytes 999999 to 1000055, but there are 346 bytes (truncated?)',
      (b, { end }) => view(b).setBigUint64(end - 20 + 8, 999_999n, true),
    ],
    [
      'the zip directory declares 65000 entries in 98 bytes',
      (b, { end }) => {
        for (const at of [8, 10]) view(b).setUint16(end + at, 65_000, true);
        view(b).setBigUint64(end - 76 + 32, 65_000n, true);
      },
    ],
    [
      'the zip directory has 98 bytes, but its entries take 49',
      (b, { end }) => {
        for (const at of [8, 10]) view(b).setUint16(end + at, 1, true);
        view(b).setBigUint64(end - 76 + 32, 1n, true);
      },
    ],
    ['line 0 of the zip directory is damaged', (b, { central }) => view(b).setUint32(central, 0, true)],
    ['line 1 of the zip directory is damaged', (b, { central }) => view(b).setUint16(central + 32, 40, true)],
    ['line 0 of the zip directory is damaged', (b, { central }) => view(b).setUint16(central + 28, 999, true)],
    ['zip entry a/x exists twice', (b, { central }) => b.set(latin1('a/x'), central + 49 + 46)],
    ['the name of zip entry 0 is not UTF-8', (b, { central }) => b.set([0xff], central + 46)],
    ['zip entry "../": unsafe name', (b, { central }) => b.set(latin1('../'), central + 46)],
    ['zip entry "/ab": unsafe name', (b, { central }) => b.set(latin1('/ab'), central + 46)],
    ['zip entry "C:b": unsafe name', (b, { central }) => b.set(latin1('C:b'), central + 46)],
    ['zip entry "a\\\\b": unsafe name', (b, { central }) => b.set(latin1('a\\b'), central + 46)],
    ['zip entry a/x is encrypted', (b, { central }) => view(b).setUint16(central + 8, 0x809, true)],
    ['zip entry a/x: unsupported compression method 12', (b, { central }) => view(b).setUint16(central + 10, 12, true)],
    [
      'zip entry a/x is stored, yet 5 bytes are declared to take 6',
      (b, { central }) => view(b).setUint32(central + 20, 6, true),
    ],
    ['zip entry a/x lacks its 64-bit sizes', (b, { central }) => view(b).setUint32(central + 24, 0xffffffff, true)],
    ['zip entry a/x: its header and the directory differ', (b) => b.set(latin1('z'), 32)],
    ['zip entry a/x: its header and the directory differ', (b) => view(b).setUint16(8, 8, true)],
    [
      'zip entry a/x reaches into the directory',
      (b, { central }) => {
        for (const at of [20, 24]) view(b).setUint32(central + at, 999, true);
      },
    ],
    [
      'zip entries a/x and a/y overlap',
      (b, { central }) => {
        for (const at of [20, 24]) view(b).setUint32(central + at, 30, true);
      },
    ],
    [
      'the header of zip entry a/x would lie at bytes 4294967000 to 4294967030, but there are 346 bytes (truncated?)',
      (b, { central }) => view(b).setUint32(central + 42, 4_294_967_000, true),
    ],
    ['zip entry a/x is damaged (its CRC-32 is wrong)', (b) => b.set([0], 64)],
    ['zip entry a/y is damaged (its CRC-32 is wrong)', (b) => b.set([0], 128)],
  ])('%s', (message, damage) => {
    expect(messageAfter(damage)).toBe(message);
  });

  it('64-bit sizes that are cut short or beyond all bounds', () => {
    const cut = sample(0);
    view(cut.bytes).setUint16(cut.central + 49 + 2, 8, true);
    expect(serializationError(() => open(cut.bytes)).message).toBe('zip entry a/x lacks its 64-bit sizes');
    const huge = sample(0);
    view(huge.bytes).setBigUint64(huge.central + 49 + 4, 2n ** 63n, true);
    expect(serializationError(() => open(huge.bytes)).message).toBe(
      'the size of zip entry a/x is given as 9223372036854776000',
    );
  });

  /** A zip with one deflated entry `d` of `data`; the directory declares `size` bytes. */
  function deflated(
    data: Uint8Array,
    size: number,
    damage?: (bytes: Uint8Array, compressed: number) => void,
  ): Uint8Array {
    const bytes = zipSync({ d: [data, { level: 9 }] });
    const central = view(bytes).getUint32(bytes.length - 6, true);
    view(bytes).setUint32(22, size, true);
    view(bytes).setUint32(central + 24, size, true);
    damage?.(bytes, view(bytes).getUint32(18, true));
    return bytes;
  }

  it('compressed data that is longer or shorter than it says, or damaged', () => {
    const data = new Uint8Array(1000);
    const message = (bytes: Uint8Array): string => serializationError(() => open(bytes).read('d')).message;
    expect(message(deflated(data, 999))).toBe('zip entry d does not unpack to the 999 bytes it declares');
    expect(message(deflated(data, 1001))).toBe('zip entry d does not unpack to the 1001 bytes it declares');
    expect(message(deflated(data, 1000, (b) => b.fill(255, 31, 31 + 5)))).toBe('zip entry d: damaged compressed data');
  });

  it('zip bombs: much declared out of little, and little declared that never ends', () => {
    const compressed = deflateSync(new Uint8Array(1 << 25), { level: 9 }).length;
    const bomb = new Uint8Array(1 << 25);
    expect(serializationError(() => open(deflated(bomb, 1 << 25)).read('d')).message).toBe(
      `the zip file declares 33554432 bytes out of ${compressed} compressed ones`,
    );
    const before = performance.now();
    expect(serializationError(() => open(deflated(bomb, 100)).read('d')).message).toBe(
      'zip entry d does not unpack to the 100 bytes it declares',
    );
    expect(performance.now() - before).toBeLessThan(5000);
  });
});
