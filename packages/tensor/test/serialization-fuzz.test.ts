import { zipSync } from 'fflate';
import { describe, expect, it } from 'vitest';
import { SerializationError } from '../src/errors.js';
import { bytesSource } from '../src/serialization/byte-source.js';
import { load } from '../src/serialization/load.js';
import { serialize } from '../src/serialization/save.js';
import { ZipReader } from '../src/serialization/zip-reader.js';
import { writeZip } from '../src/serialization/zip-writer.js';
import { cpuTensor, fixture } from './serialization-helpers.js';

/** A generator of its own, so that a failure can be repeated: Marsaglia's xorshift32. */
function xorshift(seed: number): (below: number) => number {
  let x = seed;
  return (below) => {
    x ^= x << 13;
    x ^= x >>> 17;
    x ^= x << 5;
    return (x >>> 0) % below;
  };
}

/** Loads what may be broken. @returns whether it could be loaded; anything but a SerializationError fails. */
function survives(bytes: Uint8Array, what: string): boolean {
  try {
    // one of the files holds a value that contains itself
    load(bytes, { weights_only: false });
    return true;
  } catch (error) {
    if (error instanceof SerializationError) return false;
    throw new Error(`${what}: ${String(error)}`, { cause: error });
  }
}

const small = serialize({ w: cpuTensor(Float32Array.of(1, 2), 'float32'), l: [1, 'two', 3.5, null], n: 2 ** 40 });

describe('truncation', () => {
  it.each<[string, Uint8Array]>([
    ['ours', small],
    ["PyTorch's", fixture('bare.pt')],
  ])('at every byte of a file of %s', (_, bytes) => {
    for (let length = 0; length < bytes.length; length++) {
      expect(survives(bytes.slice(0, length), `cut at ${length}`), `cut at ${length}`).toBe(false);
    }
    expect(survives(bytes, 'whole')).toBe(true);
  });
});

describe('mutations of the format before 1.6', () => {
  const files = ['tensors-1.13', 'checkpoint-2.13', 'halves-2.13'].map((name) => fixture(`layouts/${name}-legacy.pt`));
  const old = fixture('layouts/old-legacy.pt');

  it('truncation at every byte', () => {
    for (let length = 0; length < old.length; length++) {
      expect(survives(old.slice(0, length), `cut at ${length}`), `cut at ${length}`).toBe(false);
    }
    expect(survives(old, 'whole')).toBe(true);
  });

  it('bytes changed, copied about and filled', () => {
    const random = xorshift(11);
    let loaded = 0;
    for (let i = 0; i < 4000; i++) {
      const bytes = [old, old, ...files][i % (files.length + 2)].slice();
      for (let changes = 1 + random(3); changes > 0; changes--) {
        const at = random(Math.min(bytes.length, 4000));
        const kind = random(3);
        if (kind === 0) bytes[at] = random(256);
        else if (kind === 1) bytes.copyWithin(at, random(bytes.length), random(bytes.length));
        else bytes.fill(0xff, at, at + 4);
      }
      if (survives(bytes, `mutation ${i}`)) loaded++;
    }
    expect(loaded).toBeGreaterThan(100);
    expect(loaded).toBeLessThan(3900);
  });
});

describe('mutations', () => {
  const files = ['adam.pt', 'tensors.pt', 'values.pt', 'protocol4.pt', 'halves.pt', 'checkpoint.pt'].map(fixture);

  it('bit flips of whole files', () => {
    const random = xorshift(1);
    for (let i = 0; i < 3000; i++) {
      const bytes = [small, ...files][i % (files.length + 1)].slice();
      for (let flips = 1 + random(3); flips > 0; flips--) bytes[random(bytes.length)] ^= 1 << random(8);
      survives(bytes, `mutation ${i}`);
    }
  });

  it('bit flips in the end records and the directory', () => {
    const random = xorshift(2);
    for (let i = 0; i < 3000; i++) {
      const bytes = small.slice();
      bytes[bytes.length - 1 - random(400)] ^= 1 << random(8);
      survives(bytes, `mutation ${i}`);
    }
  });

  /** The file with a mutated pickle and right checksums, so that the pickle is really read. */
  function withPickle(bytes: Uint8Array, mutate: (pickle: Uint8Array) => Uint8Array): Uint8Array {
    const zip = new ZipReader(bytesSource(bytes));
    const entries = zip.names.map((name) => {
      const data = name.endsWith('/data.pkl') ? mutate(zip.read(name)) : zip.read(name);
      return { name, size: data.length, chunks: () => [data] };
    });
    return new Uint8Array(Buffer.concat([...writeZip(entries)]));
  }

  it('of the pickle, under a right checksum', () => {
    const random = xorshift(3);
    let loaded = 0;
    for (let i = 0; i < 4000; i++) {
      const bytes = withPickle(files[i % files.length], (pickle) => {
        for (let changes = 1 + random(4); changes > 0; changes--) {
          const at = random(pickle.length);
          if (random(2) === 0) pickle[at] = random(256);
          else pickle.copyWithin(at, random(pickle.length), random(pickle.length));
        }
        return random(4) === 0 ? pickle.slice(0, random(pickle.length)) : pickle;
      });
      if (survives(bytes, `mutation ${i}`)) loaded++;
    }
    // Some change only a value; if all failed, the pickles would not have been reached.
    expect(loaded).toBeGreaterThan(100);
    expect(loaded).toBeLessThan(3900);
  });

  it('of compressed entries', () => {
    const random = xorshift(4);
    const zip = new ZipReader(bytesSource(files[2]));
    const compressed = zipSync(Object.fromEntries(zip.names.map((name) => [name, zip.read(name)])), { level: 9 });
    expect(survives(compressed, 'whole')).toBe(true);
    for (let i = 0; i < 1000; i++) {
      const bytes = compressed.slice();
      bytes[random(bytes.length)] ^= 1 << random(8);
      survives(bytes, `mutation ${i}`);
    }
  });

  it('memory stays bounded when sizes are declared huge', () => {
    const before = process.memoryUsage().arrayBuffers;
    const random = xorshift(5);
    for (let i = 0; i < 500; i++) {
      const bytes = small.slice();
      // Four bytes of 0xff anywhere: sizes, offsets, counts, lengths.
      bytes.fill(0xff, ...[random(bytes.length - 4)].flatMap((at) => [at, at + 4]));
      survives(bytes, `mutation ${i}`);
      expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(1 << 28);
    }
  });
});
