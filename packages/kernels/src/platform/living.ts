/**
 * Which objects are alive, asked in the middle of synchronous code, after a collection that takes a tenth of a millisecond.
 *
 * A WeakRef and a FinalizationRegistry keep their targets through the collections of young objects, and through all others
 * until the end of the job. A WeakSet does neither, and `util.inspect` shows what is left in it.
 */
import { type InspectOptions, inspect } from 'node:util';
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

/** Nothing is left to `inspect.defaultOptions`, which a program may set. */
const EVERYTHING = {
  showHidden: true,
  customInspect: true,
  depth: 0,
  maxArrayLength: Number.POSITIVE_INFINITY,
} as const;

/** Who answered in the listing that runs; null when none does. */
let present: object[] | null = null;

/** Printed in a listing, a target answers; otherwise it is printed as ever. */
function show(this: object, _depth: number, options: InspectOptions): string {
  if (present === null) return inspect(this, { ...options, customInspect: false });
  present.push(this);
  return '';
}

/** The members that a WeakSet still has. */
function membersOf(set: WeakSet<object>): readonly object[] {
  const list: object[] = [];
  present = list;
  try {
    inspect(set, EVERYTHING);
  } finally {
    present = null;
  }
  return list;
}

/** A target with the method that prints it, and its witness under the key of each set. */
type Marked = { [inspect.custom]?: typeof show } & Record<symbol, object | undefined>;

/**
 * Targets carry their witnesses, because to print the key of a WeakMap takes longer than all else. Each roll call makes a new
 * WeakSet: one from which members were deleted becomes as slow as it is large.
 */
class InspectedSet<W extends Witness> implements Living<W> {
  private readonly key = Symbol('witness');
  private set = new WeakSet<object>();
  /** Alive as long as this is: should it ever not answer, then nobody's silence means anything. */
  private readonly sentinel = {} as Marked;

  constructor() {
    this.sentinel[inspect.custom] = show;
    this.set.add(this.sentinel);
  }

  add(target: object, witness: W): void {
    (target as Marked)[inspect.custom] = show;
    (target as Marked)[this.key] = witness;
    this.set.add(target);
  }

  witnessOf(target: object): W | undefined {
    return (target as Marked)[this.key] as W | undefined;
  }

  call(roll: number, stays: (witness: W) => boolean): boolean {
    const members = membersOf(this.set);
    if (!members.includes(this.sentinel)) return false;
    this.set = new WeakSet([this.sentinel]);
    for (const target of members) {
      const witness = this.witnessOf(target);
      if (witness === undefined) continue;
      witness.seen = roll;
      if (stays(witness)) this.set.add(target);
    }
    return true;
  }

  collectYoung(): void {
    const collect = collector();
    // so little is alive that sharing the work takes longer than doing it, and where all processors are busy much longer
    setFlagsFromString('--no-parallel-scavenge');
    collect({ type: 'minor' });
    setFlagsFromString('--parallel-scavenge');
  }

  collectAll(): void {
    collector()();
  }
}

/** An environment that imitates Node might print less, and what is alive would be taken for dead. */
function works(): boolean {
  const living = new InspectedSet();
  const held = Array.from({ length: 200 }, (_, i) => (i % 2 === 0 ? new Float32Array(1) : {}));
  const witnesses = held.map((target) => {
    const witness = { seen: 0 };
    living.add(target, witness);
    return witness;
  });
  const all = (roll: number): boolean => {
    return living.call(roll, () => true) && witnesses.every(({ seen }) => seen === roll);
  };
  living.collectYoung();
  const young = all(1);
  living.collectAll();
  return all(2) && young && held.length === 200;
}

let trusted: boolean | null = null;

/** Null where nothing can tell. */
export function openLiving<W extends Witness>(): Living<W> | null {
  trusted ??= works();
  return trusted ? new InspectedSet<W>() : null;
}
