/** When garbage is looked for. */
import { afterEach, describe, expect, it, vi } from 'vitest';
import { GarbageLimit, type GarbageLimitOptions } from '../src/garbage-limit.js';

const OPTIONS: GarbageLimitOptions = { least: 100, most: 400, time: 0.1, part: 0.5, memory: 0 };

let now = 0;
vi.spyOn(performance, 'now').mockImplementation(() => now);
afterEach(() => {
  now = 0;
});

/** The least number of bytes at which a limit is reached. */
function limitOf(garbage: GarbageLimit): number {
  let held = 0;
  while (!garbage.isReached(held)) held++;
  return held - 1;
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

  it('says when a good moment is worth a look', () => {
    const garbage = new GarbageLimit(OPTIONS);
    expect([60, 61].map((held) => garbage.isNear(held))).toEqual([false, true]);
    look(garbage, 1000);
    expect([900, 901].map((held) => garbage.isNear(held))).toEqual([false, true]);
  });
});
