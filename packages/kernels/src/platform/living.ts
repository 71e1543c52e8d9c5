/**
 * Which objects are alive, asked in the middle of synchronous code, after a collection that takes a tenth of a millisecond.
 *
 * A WeakRef and a FinalizationRegistry keep their targets through the collections of young objects, and through all others
 * until the end of the job. A WeakMap does neither, and `util.inspect` shows what is left in it.
 */
import { inspect } from 'node:util';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import type { Living } from './platform.js';

type Collector = (options?: { readonly type: 'minor' }) => void;

let collector: Collector | null = null;

function collect(): Collector {
  if (collector === null) {
    setFlagsFromString('--expose-gc');
    collector = runInNewContext('gc') as Collector;
  }
  return collector;
}

/** Printed, it calls. */
class Visited {
  constructor(readonly visit: () => void) {}
  [inspect.custom](): string {
    this.visit();
    return '';
  }
}

const EVERYTHING = { showHidden: true, depth: 0, maxArrayLength: Number.POSITIVE_INFINITY } as const;

class InspectedMap implements Living {
  private readonly map = new WeakMap<object, Visited>();

  add(target: object, visit: () => void): void {
    this.map.set(target, new Visited(visit));
  }

  visit(): void {
    inspect(this.map, EVERYTHING);
  }

  collectYoung(): void {
    collect()({ type: 'minor' });
  }

  collectAll(): void {
    collect()();
  }
}

/** An environment that imitates Node might print less, and what is alive would be taken for dead. */
function works(): boolean {
  const living = new InspectedMap();
  const held = [{}, new Float32Array(1), Object.freeze([])];
  const seen = held.map(() => 0);
  held.forEach((target, i) => {
    living.add(target, () => seen[i]++);
  });
  living.collectYoung();
  living.visit();
  living.collectAll();
  living.visit();
  return held.length === 3 && seen.every((times) => times === 2);
}

let trusted: boolean | null = null;

/** Null where nothing can tell. */
export function openLiving(): Living | null {
  trusted ??= works();
  return trusted ? new InspectedMap() : null;
}
