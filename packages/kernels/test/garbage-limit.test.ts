/** When garbage is looked for. */
import { afterEach, describe, expect, it, vi } from 'vitest';
import { GarbageLimit, type GarbageLimitOptions } from '../src/garbage-limit.js';

const OPTIONS: GarbageLimitOptions = { least: 100, most: 400, time: 0.1, part: 0.5, memory: 0, little: 8192 };

let now = 0;
vi.spyOn(performance, 'now').mockImplementation(() => now);
afterEach(() => {
  now = 0;
});

/** The least number of bytes at which a limit is reached. */
function limitOf(garbage: GarbageLimit): number {
  let held = 0;
  while (!garbage.isReached(held + 1)) held++;
  return held;
}

/** A look that takes `ms`, a second after the last, and leaves `held` bytes. */
function look(garbage: GarbageLimit, held: number, ms = 1, wanted?: number): void {
  now += 1000;
  garbage.look(
    () => {
      now += ms;
    },
    () => held,
    wanted,
  );
}

describe('GarbageLimit', () => {
  it('leaves the least room at first, then in proportion to what is held, and room for what is wanted', () => {
    const garbage = new GarbageLimit(OPTIONS);
    expect(limitOf(garbage)).toBe(100);
    look(garbage, 40);
    expect(limitOf(garbage)).toBe(140);
    look(garbage, 1000);
    expect(limitOf(garbage)).toBe(1500);
    look(garbage, 40);
    expect(limitOf(garbage)).toBe(140);
    look(garbage, 40, 1, 700);
    expect(limitOf(garbage)).toBe(740);
  });

  it('leaves more room when looking takes too much of the time, up to the most', () => {
    const garbage = new GarbageLimit(OPTIONS);
    for (let i = 0; i < 50; i++) look(garbage, 0, 90);
    expect(limitOf(garbage)).toBe(100);
    for (let i = 0; i < 20 && limitOf(garbage) === 100; i++) look(garbage, 0, 300);
    for (const room of [200, 400, 400]) {
      expect(limitOf(garbage)).toBe(room);
      look(garbage, 0, 300);
    }
  });

  it('forgives slow looks among quick ones', () => {
    const garbage = new GarbageLimit(OPTIONS);
    for (let i = 0; i < 50; i++) look(garbage, 0, i % 3 === 0 ? 5 : 300);
    expect(limitOf(garbage)).toBe(100);
  });

  it('with a memory comes down slowly from a high limit', () => {
    const garbage = new GarbageLimit({ ...OPTIONS, memory: 0.9 });
    look(garbage, 1000);
    expect(limitOf(garbage)).toBe(1500);
    look(garbage, 100);
    expect(limitOf(garbage)).toBe(1350);
    look(garbage, 100);
    expect(limitOf(garbage)).toBe(1215);
    look(garbage, 1000);
    expect(limitOf(garbage)).toBe(1500);
    for (let i = 0; i < 40; i++) look(garbage, 100);
    expect(limitOf(garbage)).toBe(200);
  });

  it('is due beyond the limit when a look has its time, and far beyond it at once', () => {
    const garbage = new GarbageLimit(OPTIONS);
    expect([100, 101].map((held) => garbage.isDue(held))).toEqual([false, true]);
    look(garbage, 1000, 20);
    now += 199;
    expect([1501, 3400, 3401].map((held) => garbage.isDue(held))).toEqual([false, false, true]);
    now += 1;
    expect([1500, 1501].map((held) => garbage.isDue(held))).toEqual([false, true]);
  });

  describe('with an option for loops that drop their results', () => {
    const LOOP = { ...OPTIONS, least: 1000, most: 1000, dropping: { least: 160, results: 4, time: 0.1 } };
    /** A look that takes 5 ms, when so much is held, of which `left` are left. */
    const lookAt = (garbage: GarbageLimit, before: number, left: number, early = false): void => {
      let held = before;
      const collect = (): void => {
        now += 5;
        held = left;
      };
      now += 1000;
      if (early) expect(garbage.lookEarly(collect, () => held)).toBe(true);
      else garbage.look(collect, () => held);
    };

    it('is reached when enough has come since a look that found all of it, and looking has its time', () => {
      const garbage = new GarbageLimit(LOOP);
      now += 1000;
      expect(limitOf(garbage)).toBe(1000);
      lookAt(garbage, 1000, 62);
      now += 49;
      expect([222, 1062, 1063].map((held) => garbage.isReached(held))).toEqual([false, false, true]);
      now += 1;
      expect([221, 222].map((held) => garbage.isReached(held))).toEqual([false, true]);
      expect([222, 261, 262].map((held) => garbage.isReached(held, 50))).toEqual([false, false, true]);
    });

    it('is not where the last look left more of what had come, nor after a good moment', () => {
      const garbage = new GarbageLimit(LOOP);
      lookAt(garbage, 1000, 63);
      now += 50;
      expect(limitOf(garbage)).toBe(1063);
      // what was held before does not count
      lookAt(garbage, 863, 113);
      now += 50;
      expect(limitOf(garbage)).toBe(272);
      lookAt(garbage, 9000, 113, true);
      now += 50;
      expect(limitOf(garbage)).toBe(1113);
    });
  });

  it('uses a good moment when much has come since the last, and not at once after another look', () => {
    const garbage = new GarbageLimit(OPTIONS);
    /** Whether a good moment is used when so much is held, of which `left` are left. */
    const used = (before: number, left: number, ms = 5): boolean => {
      let held = before;
      const looked = garbage.lookEarly(
        () => {
          now += ms;
          held = left;
        },
        () => held,
      );
      expect(held).toBe(looked ? left : before);
      return looked;
    };
    now = 1000;
    expect([used(2047, 1), used(2048, 7)]).toEqual([false, true]);
    now += 1000;
    expect(used(1e6, 1e5)).toBe(true);
    expect(limitOf(garbage)).toBe(150_000);
    now += 49;
    expect(used(1e6, 1e5)).toBe(false);
    now += 1;
    expect([used(124_999, 1), used(125_000, 1e5)]).toEqual([false, true]);
    // a look in between that finds less
    look(garbage, 5e4);
    now += 1000;
    expect([used(62_499, 1), used(62_500, 1)]).toEqual([false, true]);
  });
});
