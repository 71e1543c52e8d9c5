/** The allocator of WebAssembly memory: blocks never overlap, and come back. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Heap } from '../src/wasm/heap.js';

const START = 1000;
const MEBI = 1 << 20;

describe('Heap', () => {
  it('gives aligned blocks within its bounds', () => {
    const heap = new Heap(START, MEBI);
    let end = START;
    for (const bytes of [1, 64, 65, 4, 1000, 4095, 4096, 4097, 100_000, 3]) {
      const address = heap.allocate(bytes);
      expect(address % 64).toBe(0);
      expect(address).toBeGreaterThanOrEqual(end);
      end = address + bytes;
    }
    expect(end).toBeLessThanOrEqual(MEBI);
  });

  it('gives the block that came back last first, to requests of about its size alone', () => {
    const heap = new Heap(START, 64 * MEBI);
    for (const bytes of [256, 1000, 5000, MEBI / 4]) {
      const [a, b, c] = [heap.allocate(bytes), heap.allocate(bytes), heap.allocate(bytes)];
      heap.release(a, bytes);
      heap.release(c, bytes);
      heap.release(b, bytes);
      expect([a, b, c]).not.toContain(heap.allocate(2 * bytes + 64));
      expect([a, b, c]).not.toContain(heap.allocate(bytes / 2 - 16));
      expect([heap.allocate(bytes), heap.allocate(bytes), heap.allocate(bytes)]).toEqual([b, c, a]);
      expect([a, b, c]).not.toContain(heap.allocate(bytes));
    }
  });

  it('serves sizes near each other with one block, and wastes less than a third', () => {
    const heap = new Heap(START, 1024 * MEBI);
    for (let bytes = 4096; bytes < 8 * MEBI; bytes = Math.ceil(bytes * 1.13)) {
      const address = heap.allocate(bytes);
      const next = heap.allocate(bytes);
      expect(next - address).toBeGreaterThanOrEqual(bytes);
      // and a page
      expect(next - address).toBeLessThan(bytes * 1.34 + 8192);
      heap.release(next, bytes);
      expect(heap.allocate(bytes - 4)).toBe(next);
    }
  });

  it('lets no two neighbours begin at the same place in their pages', () => {
    for (const bytes of [4096, 8192, 65_536, 784 * 4 * 64, MEBI]) {
      const heap = new Heap(START, 64 * MEBI);
      const places = Array.from({ length: 5 }, () => heap.allocate(bytes) % 4096);
      expect(new Set(places).size).toBe(5);
    }
  });

  it('gives 0 when there is no room, until a block comes back', () => {
    const heap = new Heap(START, 200_000);
    const blocks: number[] = [];
    for (let address = heap.allocate(10_000); address !== 0; address = heap.allocate(10_000)) blocks.push(address);
    expect(blocks.length).toBeGreaterThan(10);
    expect(Math.max(...blocks) + 10_000).toBeLessThanOrEqual(200_000);
    expect(heap.allocate(100_000)).toBe(0);
    expect(heap.allocate(64)).toBeGreaterThan(0);
    heap.release(blocks[3], 10_000);
    expect(heap.allocate(10_000)).toBe(blocks[3]);
    expect(heap.allocate(10_000)).toBe(0);
  });

  it('makes a large block of those that wait before it takes memory that was never used', () => {
    const heap = new Heap(START, 1024 * MEBI);
    const parts = Array.from({ length: 4 }, () => heap.allocate(MEBI));
    const behind = heap.allocate(64);
    for (const address of parts) heap.release(address, MEBI);
    const large = heap.allocate(3 * MEBI);
    expect(large).toBe(parts[0]);
    expect(heap.allocate(MEBI)).toBeLessThan(behind);
    // nothing waits any more that would be enough
    expect(heap.allocate(3 * MEBI)).toBeGreaterThan(behind);
  });

  it('joins nothing where what waits is not enough, or memory that was used before has room', () => {
    const heap = new Heap(START, 1024 * MEBI);
    const [a, b, c] = [heap.allocate(8 * MEBI), heap.allocate(MEBI), heap.allocate(MEBI)];
    heap.release(b, MEBI);
    expect(heap.allocate(2 * MEBI)).toBeGreaterThan(c);
    expect(heap.allocate(MEBI)).toBe(b);
    heap.release(a, 8 * MEBI);
    expect(heap.allocate(2 * MEBI)).toBe(a);
    heap.release(b, MEBI);
    expect(heap.allocate(4 * MEBI)).toBeGreaterThan(a);
    expect(heap.allocate(MEBI)).toBe(b);
  });

  it('never gives one place twice', () => {
    const size = fc.oneof(fc.integer({ min: 1, max: 300 }), fc.integer({ min: 1, max: 40_000 }));
    // a size to allocate, or which of the live blocks to give back
    const steps = fc.array(
      fc.oneof(
        size,
        fc.nat(1000).map((n) => -n),
      ),
      { maxLength: 120 },
    );
    fc.assert(
      fc.property(steps, (list) => {
        const heap = new Heap(START, MEBI);
        const live = new Map<number, number>();
        for (const step of list) {
          if (step <= 0) {
            const address = [...live.keys()][-step % Math.max(live.size, 1)];
            if (address === undefined) continue;
            heap.release(address, live.get(address) as number);
            live.delete(address);
            continue;
          }
          const address = heap.allocate(step);
          if (address === 0) continue;
          expect(address).toBeGreaterThanOrEqual(START);
          expect(address + step).toBeLessThanOrEqual(MEBI);
          for (const [other, bytes] of live) expect(address + step <= other || other + bytes <= address).toBe(true);
          live.set(address, step);
        }
      }),
      { numRuns: 200 },
    );
  });
});
