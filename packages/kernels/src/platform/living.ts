/**
 * Which objects are alive, asked in the middle of synchronous code, after a collection that takes a tenth of a millisecond.
 *
 * A WeakRef and a FinalizationRegistry keep their targets through the collections of young objects, and through all others
 * until the end of the job. A WeakMap does neither, and `util.inspect` shows what is left in it.
 */
import { inspect } from 'node:util';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import type { Living, Witness } from './platform.js';

type Collector = (options?: { readonly type: 'minor' }) => void;

let gc: Collector | null = null;

function collector(): Collector {
  if (gc === null) {
    setFlagsFromString('--expose-gc');
    gc = runInNewContext('gc') as Collector;
  }
  return gc;
}

let current = 0;

/** What a witness does when it is printed. */
function answer(this: Witness): string {
  this.seen = current;
  return '';
}

const EVERYTHING = { showHidden: true, depth: 0, maxArrayLength: Number.POSITIVE_INFINITY } as const;

class InspectedMap implements Living {
  private readonly map = new WeakMap<object, Witness>();

  add(target: object, witness: Witness): void {
    (witness as { [inspect.custom]?: typeof answer })[inspect.custom] = answer;
    this.map.set(target, witness);
  }

  call(roll: number): void {
    current = roll;
    inspect(this.map, EVERYTHING);
  }

  collectYoung(): void {
    collector()({ type: 'minor' });
  }

  collectAll(): void {
    collector()();
  }
}

/** An environment that imitates Node might print less, and what is alive would be taken for dead. */
function works(): boolean {
  const living = new InspectedMap();
  const held = [{}, new Float32Array(1), Object.freeze([])];
  const witnesses = held.map((target) => {
    const witness = { seen: 0 };
    living.add(target, witness);
    return witness;
  });
  living.collectYoung();
  living.call(1);
  const young = witnesses.every(({ seen }) => seen === 1);
  living.collectAll();
  living.call(2);
  return young && held.length === 3 && witnesses.every(({ seen }) => seen === 2);
}

let trusted: boolean | null = null;

/** Null where nothing can tell. */
export function openLiving(): Living | null {
  trusted ??= works();
  return trusted ? new InspectedMap() : null;
}
