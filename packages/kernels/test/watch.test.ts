/** Who is still alive, asked within one turn of the event loop. */
import { setTimeout as wait } from 'node:timers/promises';
import { inspect } from 'node:util';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { platform } from '#platform';
import { openLiving } from '../src/platform/living.js';
import { afterCollections, openWatch, type Watch, type Witness } from '../src/watch.js';

interface Token extends Witness {
  readonly name: string;
}

const token = (name: string): Token => ({ name, seen: 0 });

const names = (tokens: readonly Token[]): string[] => tokens.map(({ name }) => name).sort();

afterEach(() => {
  vi.restoreAllMocks();
});

/** Watches `count` objects of several kinds and returns them. */
function watched(watch: Watch<Token>, prefix: string, count: number): object[] {
  return Array.from({ length: count }, (_, i) => {
    const target = i % 2 === 0 ? new Float32Array(3) : { i };
    watch.add(target, token(`${prefix}${i}`));
    return target;
  });
}

function dropped(watch: Watch<Token>, prefix: string, count: number): void {
  watched(watch, prefix, count);
}

describe('a watch', () => {
  it('names what died young after a small collection, once, and nothing that is held', () => {
    const watch = openWatch<Token>();
    const held = watched(watch, 'held', 20);
    dropped(watch, 'dropped', 30);
    const dead = watch.takeDead('young');
    expect(names(dead).filter((name) => name.startsWith('held'))).toEqual([]);
    expect(dead.length).toBeGreaterThanOrEqual(29); // the last one may still lie in a register
    watch.takeDead('all');
    expect(watch.takeDead('all')).toEqual([]);
    expect(held).toHaveLength(20);
  });

  it('names everything that is dead after a full collection', () => {
    const watch = openWatch<Token>();
    let held: object[] | null = watched(watch, 'held', 20);
    for (let i = 0; i < 4; i++) expect(watch.takeDead('young')).toEqual([]);
    expect(held).toHaveLength(20);
    held = null;
    // grown old: a small collection leaves them
    expect(watch.takeDead('young')).toEqual([]);
    expect(watch.takeDead('all')).toHaveLength(20);
  });

  it('without a collection knows what was collected before', () => {
    const watch = openWatch<Token>();
    dropped(watch, 'dropped', 10);
    expect(watch.takeDead('known')).toEqual([]);
    platform.collectGarbage?.();
    expect(watch.takeDead('known').length).toBeGreaterThanOrEqual(9);
  });

  it('says nothing of what was deleted or taken, whether it is alive or dead', () => {
    const watch = openWatch<Token>();
    const given = token('given back');
    (() => watch.add({}, given))();
    watch.delete(given);
    const [deleted, taken, other] = [{}, {}, token('deleted')];
    watch.add(deleted, other);
    watch.add(taken, token('taken'));
    expect(watch.take(taken)?.name).toBe('taken');
    for (const target of [taken, {}]) expect(watch.take(target)).toBeUndefined();
    watch.delete(other);
    watch.delete(other);
    expect(watch.take(deleted)).toBeUndefined();
    for (const effort of ['known', 'young', 'all'] as const) expect(watch.takeDead(effort)).toEqual([]);
    expect([deleted, taken]).toHaveLength(2);
    dropped(watch, 'dropped', 4);
    expect(names(watch.takeDead('all'))).not.toContain('given back');
  });

  it('never names a living object, whatever comes and goes in a synchronous loop, and forgets the dead', () => {
    const watch = openWatch<Token>();
    const held = new Map<string, object>();
    const dead: string[] = [];
    let peak = 0;
    let made = 0;
    for (let step = 0; step < 300; step++) {
      for (let i = 0; i < 20; i++) {
        const name = `${made++}`;
        const target = { step, junk: new Array(i) };
        watch.add(target, token(name));
        if (i === 0) held.set(name, target);
      }
      if (step % 3 === 0) held.delete(`${(step / 3) * 20}`);
      for (const { name } of watch.takeDead(step % 50 === 49 ? 'all' : 'young')) {
        expect(held.has(name)).toBe(false);
        dead.push(name);
      }
      peak = Math.max(peak, made - dead.length - held.size);
    }
    expect(new Set(dead).size).toBe(dead.length);
    expect(peak).toBeLessThan(200);
  });
});

it('a watch asks for a look when many targets came since the last', () => {
  const watch = openWatch<Token>();
  const [kept, witness] = [{}, token('kept')];
  watch.add(kept, witness);
  for (let round = 0; round < 3; round++) {
    expect(watch.isCrowded).toBe(false);
    for (let i = 0; i < 10_000; i++) {
      const target = { i };
      watch.add(target, token('passing'));
      watch.take(target);
    }
    expect(watch.isCrowded).toBe(true);
    expect(watch.takeDead('young')).toEqual([]);
  }
  expect(watch.take(kept)).toBe(witness);
});

it('a target is printed as what it is', () => {
  const target = new Float32Array([1, 2]);
  openWatch<Token>().add(target, token('printed'));
  expect(inspect(target)).toMatch(/^Float32Array\(2\) \[\s*1,\s*2/);
  expect(openWatch<Token>().takeDead('known')).toEqual([]);
});

describe('the program’s own settings', () => {
  it('of inspect change nothing', () => {
    const before = { ...inspect.defaultOptions };
    Object.assign(inspect.defaultOptions, { customInspect: false, maxArrayLength: 1, showHidden: false, depth: 5 });
    try {
      const watch = openWatch<Token>();
      const held = watched(watch, 'held', 20);
      expect(watch.takeDead('all')).toEqual([]);
      expect(held).toHaveLength(20);
    } finally {
      Object.assign(inspect.defaultOptions, before);
    }
  });

  it('nobody is taken for dead when nobody answers', async () => {
    let mute = false;
    vi.doMock('node:util', async (original) => {
      const util = await original<typeof import('node:util')>();
      const print = (value: unknown, options: object): string => (mute ? '' : util.inspect(value, options));
      return { ...util, inspect: Object.assign(print, { custom: util.inspect.custom }) };
    });
    vi.resetModules();
    const { openWatch: opened } = await import('../src/watch.js');
    vi.doUnmock('node:util');
    const watch = opened<Token>();
    const held = watched(watch, 'held', 3);
    mute = true;
    expect(watch.takeDead('all')).toEqual([]);
    mute = false;
    dropped(watch, 'dropped', 5);
    expect(names(watch.takeDead('all')).filter((name) => name.startsWith('held'))).toEqual([]);
    expect(held).toHaveLength(3);
  });
});

describe('where nothing can tell what is alive', () => {
  it('hears of it when the engine has collected, between turns of the event loop', async () => {
    vi.spyOn(platform, 'openLiving').mockReturnValue(null);
    const watch = openWatch<Token>();
    const held = watched(watch, 'held', 3);
    dropped(watch, 'dropped', 3);
    const given = token('given back');
    (() => watch.add({}, given))();
    watch.delete(given);
    expect(watch.take(held[1])?.name).toBe('held1');
    expect(watch.take(held[1])).toBeUndefined();
    await wait(0);
    expect(watch.takeDead('known')).toEqual([]);
    expect(names(watch.takeDead('all'))).toEqual(['dropped0', 'dropped1', 'dropped2']);
    expect(watch.takeDead('all')).toEqual([]);
    expect(held).toHaveLength(3);
  });

  it('an environment that prints no WeakSet is not trusted', async () => {
    expect(openLiving()).not.toBeNull();
    vi.doMock('node:util', async (original) => ({ ...(await original<object>()), inspect: silent }));
    vi.resetModules();
    const { openLiving: opened } = await import('../src/platform/living.js');
    vi.doUnmock('node:util');
    expect(opened()).toBeNull();
  });
});

const silent = Object.assign(() => '', { custom: Symbol.for('nodejs.util.inspect.custom') });

it('a listener is called after every collection of the engine', async () => {
  let calls = 0;
  afterCollections(() => {
    calls++;
  });
  for (let i = 1; i <= 3; i++) {
    for (let turn = 0; turn < 50 && calls < i; turn++) {
      await wait(2);
      platform.collectGarbage?.();
    }
    expect(calls).toBeGreaterThanOrEqual(i);
  }
});
