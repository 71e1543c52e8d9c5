/** Arrays in WebAssembly memory: they come back when released or unreachable, and never while somebody holds them. */

import fc from 'fast-check';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { platform } from '#platform';
import type { Living, Witness } from '../src/platform/platform.js';
import { Heap } from '../src/wasm/heap.js';
import { Residents } from '../src/wasm/residents.js';
import { numbers } from './support.js';

const MEBI = 1 << 20;

const openLiving = platform.openLiving;
const openedLiving = (): Living<Witness> => openLiving<Witness>() as Living<Witness>;
const collectYoung = (): void => openedLiving().collectYoung();
const collectAll = (): void => openedLiving().collectAll();

afterEach(() => {
  vi.restoreAllMocks();
  vi.unstubAllEnvs();
});

/** Runs `then` behind every collection of the residents that are made from now on. */
function behind(then: (kind: 'young' | 'all') => void): void {
  vi.spyOn(platform, 'openLiving').mockImplementation(<W extends Witness>() => {
    const living = openLiving<W>() as Living<W>;
    const { collectYoung, collectAll } = living;
    return Object.assign(living, {
      collectYoung: () => {
        collectYoung();
        then('young');
      },
      collectAll: () => {
        collectAll();
        then('all');
      },
    });
  });
}

/** Counts collections. */
function counted(): { all: number; young: number } {
  const counter = { all: 0, young: 0 };
  behind((kind) => {
    counter[kind]++;
  });
  return counter;
}

/** Residents of a memory of their own. */
function make(bytes: number): Residents {
  return new Residents(new SharedArrayBuffer(bytes), new Heap(64, bytes));
}

const take = (residents: Residents, length: number): Float32Array => {
  const array = residents.allocate(Float32Array, length);
  if (array === null) throw new Error('no room');
  return array;
};

describe('Residents', () => {
  it('gives arrays of either type over its memory, and counts their bytes', () => {
    const residents = make(MEBI);
    const floats = take(residents, 300);
    const ints = residents.allocate(Int32Array, 1000);
    expect(floats).toBeInstanceOf(Float32Array);
    expect(ints).toBeInstanceOf(Int32Array);
    expect([floats.length, ints?.length]).toEqual([300, 1000]);
    expect(floats.buffer).toBe(ints?.buffer);
    expect(residents.usage).toEqual({ held: 5200, peak: 5200 });
    residents.release(floats);
    expect(residents.usage).toEqual({ held: 4000, peak: 5200 });
  });

  it('gives the block of a released array to the next', () => {
    const residents = make(MEBI);
    const a = take(residents, 300);
    const { byteOffset } = a;
    expect(take(residents, 300).byteOffset).not.toBe(byteOffset);
    residents.release(a);
    expect(take(residents, 300).byteOffset).toBe(byteOffset);
  });

  it('takes back the very array that it gave, once', () => {
    const residents = make(MEBI);
    const a = take(residents, 300);
    residents.release(a.subarray(0, 300));
    residents.release(a.subarray(10));
    residents.release(new Float32Array(300));
    expect(residents.usage.held).toBe(1200);
    residents.release(a);
    residents.release(a);
    expect(residents.usage.held).toBe(0);
    const [b, c] = [take(residents, 300), take(residents, 300)];
    expect(b.byteOffset).not.toBe(c.byteOffset);
    // its block has another owner now
    residents.release(a);
    expect(residents.usage.held).toBe(2400);
  });

  it('gives nothing where there is no room, and what unreachable arrays leave', () => {
    const residents = make(MEBI);
    const held: Float32Array[] = [];
    for (let array = residents.allocate(Float32Array, 10_000); array !== null; ) {
      held.push(array);
      array = residents.allocate(Float32Array, 10_000);
    }
    expect(held.length).toBeGreaterThan(20);
    expect(residents.usage.held).toBe(40_000 * held.length);
    const places = held.map((array) => array.byteOffset);
    held.splice(3, 5);
    expect(places).toContain(residents.allocate(Float32Array, 10_000)?.byteOffset);
    expect(held).toHaveLength(places.length - 5);
  });

  it('looks for garbage by itself, within one turn of the event loop', () => {
    const counter = counted();
    const residents = make(1024 * MEBI);
    for (let i = 0; i < 2000; i++) take(residents, MEBI / 4);
    // two thousand mebibytes, of which the small collections find nearly everything
    expect(counter.young).toBeGreaterThan(15);
    expect(counter.all).toBeLessThan(counter.young / 4);
    expect(residents.usage.peak).toBeLessThan(200 * MEBI);
  });

  it('uses a good moment where enough has come since the last one', () => {
    const counter = counted();
    const residents = make(1024 * MEBI);
    const drop = (mebibytes: number): void => {
      for (let i = 0; i < mebibytes; i++) take(residents, MEBI / 4);
    };
    drop(7);
    residents.collectEarly();
    expect(counter.young).toBe(0);
    drop(8);
    residents.collectEarly();
    expect(counter).toEqual({ young: 1, all: 0 });
    // what a call has just returned may still be in a register
    expect(residents.usage.held).toBeLessThanOrEqual(2 * MEBI);
  });

  it('in small steps uses the last good moment before the limit', () => {
    const counter = counted();
    const residents = make(1024 * MEBI);
    let now = 0;
    vi.spyOn(performance, 'now').mockImplementation(() => now++);
    let late = 0;
    let most = 0;
    for (let step = 0; step < 48; step++) {
      const before = counter.young;
      for (let i = 0; i < 4; i++) take(residents, MEBI / 4);
      late += counter.young - before;
      now += 1000;
      most = Math.max(most, residents.usage.held / MEBI);
      residents.collectEarly();
    }
    // every 24 mebibytes or a little more, and never while one of the arrays was taken
    expect(late).toBe(0);
    expect(counter.all).toBe(0);
    expect(counter.young).toBeGreaterThanOrEqual(6);
    expect(counter.young).toBeLessThanOrEqual(8);
    expect(most).toBeLessThanOrEqual(28);
  });

  it('looks sooner in a loop that drops all it takes, so that it goes through little memory', () => {
    const counter = counted();
    const residents = make(1024 * MEBI);
    let now = 0;
    vi.spyOn(performance, 'now').mockImplementation(() => now++);
    /** The most mebibytes that are held while so many are taken, of which one part is kept. */
    const most = (count: number, kept: (i: number) => boolean): number => {
      const list: Float32Array[] = [];
      let held = 0;
      for (let i = 0; i < 4 * count; i++) {
        now += 10;
        const array = take(residents, MEBI / 16);
        if (kept(i)) list.push(array);
        held = Math.max(held, residents.usage.held / MEBI);
      }
      return held - list.length / 4;
    };
    // the first look is at the usual limit
    expect(most(30, () => false)).toBeGreaterThan(20);
    expect(most(80, () => false)).toBeLessThan(6);
    expect(counter.young).toBeGreaterThanOrEqual(10);
    const looks = counter.young;
    expect(most(80, (i) => i % 8 === 0)).toBeGreaterThan(14);
    expect(counter.young - looks).toBeLessThanOrEqual(6);
  });

  it('uses no good moment where nothing tells what is alive', () => {
    vi.spyOn(platform, 'openLiving').mockReturnValue(null);
    vi.spyOn(platform, 'collectGarbage', 'get').mockReturnValue(null);
    const residents = make(64 * MEBI);
    for (let i = 0; i < 20; i++) take(residents, MEBI / 4);
    residents.collectEarly();
    expect(residents.usage.held).toBe(20 * MEBI);
  });

  it('looks at everything when what was dropped was no longer young', () => {
    const counter = counted();
    const residents = make(1024 * MEBI);
    // each array lives through several collections
    const window: Float32Array[] = [];
    for (let i = 0; i < 2000; i++) {
      window.push(take(residents, MEBI / 4));
      if (window.length > 60) window.shift();
    }
    expect(counter.all).toBeGreaterThan(0);
    expect(residents.usage.peak).toBeLessThan(600 * MEBI);
  });

  it('finds what WeakRefs lost, where nothing else tells what is alive', () => {
    vi.spyOn(platform, 'openLiving').mockReturnValue(null);
    const residents = make(1024 * MEBI);
    for (let i = 0; i < 2000; i++) take(residents, MEBI / 4);
    // one gibibyte would not have held them all
    expect(residents.usage.peak).toBeLessThan(900 * MEBI);
  });

  it.each([
    { kind: 'young', least: 8, most: 20 }, // every 24 mebibytes at first, then 48, then 96
    { kind: 'all', least: 3, most: 5 }, // 96, 192, 384
  ])('gives more garbage room when collections ($kind) take too much of the time', ({ kind, least, most }) => {
    if (kind === 'all') vi.spyOn(platform, 'openLiving').mockReturnValue(null);
    let now = 0;
    vi.spyOn(performance, 'now').mockImplementation(() => now);
    let count = 0;
    const slow = (): void => {
      count++;
      now += 10;
    };
    if (kind === 'young') behind((what) => what === 'young' && slow());
    else {
      const collect = platform.collectGarbage as () => void;
      vi.spyOn(platform, 'collectGarbage', 'get').mockReturnValue(() => {
        slow();
        collect();
      });
    }
    const residents = make(1024 * MEBI);
    for (let i = 0; i < 1000; i++) take(residents, MEBI / 4);
    expect(count).toBeGreaterThanOrEqual(least);
    expect(count).toBeLessThanOrEqual(most);
  });

  it('without a collector, keeps to its limit and takes back what the engine found', async () => {
    vi.spyOn(platform, 'openLiving').mockReturnValue(null);
    const collector = vi.spyOn(platform, 'collectGarbage', 'get').mockReturnValue(null);
    const residents = make(256 * MEBI);
    const held: (Float32Array | null)[] = [];
    for (let i = 0; i < 130; i++) held.push(residents.allocate(Float32Array, MEBI / 4));
    expect(held.filter((array) => array !== null)).toHaveLength(96);
    expect(residents.allocate(Float32Array, MEBI / 4)).toBeNull();
    expect(residents.allocate(Float32Array, 256)).toBeNull();
    held.splice(10, 20);
    expect(residents.allocate(Float32Array, MEBI / 4)).toBeNull();
    collector.mockRestore();
    platform.collectGarbage?.();
    expect(residents.allocate(Float32Array, MEBI / 4)).not.toBeNull();
    expect(residents.usage.held).toBe(77 * MEBI);
    expect(held.length).toBe(110);
  });

  it('changes no array that is held, whatever comes and goes', () => {
    const counter = counted();
    const residents = make(900 * MEBI);
    const held: { readonly array: Float32Array; readonly mark: number }[] = [];
    const draws = numbers(30_000, 7);
    let next = 0;
    const draw = (below: number): number => Math.floor(((draws[next++ % draws.length] + 1) / 2) * below);
    for (let mark = 1; counter.all < 2 || counter.young < 12; mark++) {
      const array = take(residents, 256 + draw(draw(4) === 0 ? 400_000 : 5000));
      array.fill(mark);
      const fate = draw(8);
      // kept, given back, or dropped
      if (fate < 2) held.push({ array, mark });
      else if (fate === 2) residents.release(array);
      if (held.length > 300) held.splice(draw(300), 1);
    }
    expect(held.length).toBeGreaterThan(250);
    for (const { array, mark } of held) expect(array.every((value) => value === mark)).toBe(true);
    const ranges = held.map(({ array }) => [array.byteOffset, array.byteOffset + array.byteLength]);
    ranges.sort(([a], [b]) => a - b);
    for (let i = 1; i < ranges.length; i++) expect(ranges[i][0]).toBeGreaterThanOrEqual(ranges[i - 1][1]);
  });

  it('never gives one place twice, in any order of steps', () => {
    const step = fc.record({
      what: fc.constantFrom('take', 'take', 'take', 'release', 'drop', 'collect'),
      n: fc.nat(5000),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 80 }), (steps) => {
        const residents = make(MEBI);
        const held: Float32Array[] = [];
        steps.forEach(({ what, n }, i) => {
          if (what === 'take') {
            const array = residents.allocate(Float32Array, n + 1);
            if (array !== null) held.push(array.fill(i));
            for (const other of held) if (other !== array) expect(other.includes(i)).toBe(false);
          } else if (what === 'release' && held.length > 0) residents.release(held.splice(n % held.length, 1)[0]);
          else if (what === 'drop' && held.length > 0) held.splice(n % held.length, 1);
          else if (what === 'collect') (n % 20 === 0 ? collectAll : collectYoung)();
        });
        expect(residents.usage.held).toBeGreaterThanOrEqual(4 * held.reduce((sum, a) => sum + a.length, 0));
      }),
      { numRuns: 60 },
    );
  });
});
