/** Tensors in WebAssembly memory, which is a SharedArrayBuffer: written from there, and read into it. */
import * as fs from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { allocateArray32, isResident } from '@torchlet/kernels';
import { afterAll, expect, it } from 'vitest';
import { crc32 as plainCrc32 } from '../src/platform/browser.js';
import { crc32 } from '../src/platform/node.js';
import { load } from '../src/serialization/load.js';
import { save, serialize } from '../src/serialization/save.js';
import { Storage } from '../src/storage.js';
import { Tensor } from '../src/tensor.js';
import '../src/index.js';

const folder = fs.mkdtempSync(join(tmpdir(), 'torchlet-resident-'));
afterAll(() => fs.rmSync(folder, { recursive: true }));

const N = 300_000;
const over = (array: Float32Array | Int32Array, dtype: 'float32' | 'int32'): Tensor =>
  new Tensor(new Storage('cpu', dtype, array.length, array), [2, array.length / 2], [1, 2], 0);

it.each(['float32', 'int32'] as const)('%s', (dtype) => {
  const type = dtype === 'float32' ? Float32Array : Int32Array;
  const there = allocateArray32<Float32Array | Int32Array>(type, N, false);
  const data = Array.from({ length: N }, (_, i) => i - N / 2);
  there.set(data);
  // Where there is no WebAssembly memory both are on the heap, and this proves less.
  if (isResident(there)) expect(there.buffer).toBeInstanceOf(SharedArrayBuffer);
  const heap = over(type.from(data), dtype);
  const bytes = serialize(over(there, dtype));
  expect(Buffer.compare(bytes, serialize(heap))).toBe(0);
  const path = join(folder, `${dtype}.pt`);
  save(over(there, dtype), path);
  expect(Buffer.compare(fs.readFileSync(path), bytes)).toBe(0);
  for (const back of [load<Tensor>(path), load<Tensor>(bytes)]) {
    expect(back.strides).toEqual([1, 2]);
    const array = back.storage.buffer as Float32Array;
    expect(isResident(array)).toBe(isResident(there));
    expect(Buffer.compare(bytesOf(array), bytesOf(there))).toBe(0);
  }
});

function bytesOf(array: Float32Array | Int32Array): Buffer {
  return Buffer.from(array.buffer as ArrayBuffer, array.byteOffset, array.byteLength);
}

it('a file in shared memory', () => {
  const bytes = serialize({
    a: [1, 'é'],
    t: over(
      Float32Array.from({ length: 400 }, (_, i) => i),
      'float32',
    ),
  });
  const shared = new Uint8Array(new SharedArrayBuffer(bytes.length));
  shared.set(bytes);
  const back = load<{ a: unknown[]; t: Tensor }>(shared);
  expect(back.a).toEqual([1, 'é']);
  expect(back.t.sum().item()).toBe(79_800);
  expect(crc32(shared)).toBe(plainCrc32(bytes));
});
