/** Objects that are watched until nobody can reach them, so that what they stood for can be given back. */
import { platform } from '#platform';
import type { Living, Witness } from './platform/platform.js';

export type { Witness } from './platform/platform.js';

/**
 * How hard to look: `young` finds what died soon after it was made, in a fraction of a millisecond; `all` finds everything,
 * in some milliseconds; `known` finds what the engine has collected by itself.
 */
export type Effort = 'known' | 'young' | 'all';

export interface Watch<W extends Witness> {
  /** A witness stands for one target. */
  add(target: object, witness: W): void;
  /** Whoever gives back what the target stands for by himself is not to be told of it. */
  delete(witness: W): void;
  /** The witnesses whose targets nobody can reach any more; they are watched no longer. */
  takeDead(effort: Effort): W[];
}

class LivingWatch<W extends Witness> implements Watch<W> {
  private readonly witnesses = new Set<W>();
  private roll = 0;

  constructor(private readonly living: Living) {}

  add(target: object, witness: W): void {
    witness.seen = this.roll;
    this.witnesses.add(witness);
    this.living.add(target, witness);
  }

  delete(witness: W): void {
    this.witnesses.delete(witness);
  }

  takeDead(effort: Effort): W[] {
    if (effort === 'young') this.living.collectYoung();
    else if (effort === 'all') this.living.collectAll();
    const roll = ++this.roll;
    this.living.call(roll);
    const dead: W[] = [];
    for (const witness of this.witnesses) if (witness.seen !== roll) dead.push(witness);
    for (const witness of dead) this.witnesses.delete(witness);
    return dead;
  }
}

/** Knows what the engine has cleared by itself, between turns of the event loop. */
class WeakRefWatch<W extends Witness> implements Watch<W> {
  private readonly refs = new Map<W, WeakRef<object>>();

  add(target: object, witness: W): void {
    this.refs.set(witness, new WeakRef(target));
  }

  delete(witness: W): void {
    this.refs.delete(witness);
  }

  takeDead(): W[] {
    const dead: W[] = [];
    for (const [witness, ref] of this.refs) if (ref.deref() === undefined) dead.push(witness);
    for (const witness of dead) this.refs.delete(witness);
    return dead;
  }
}

/** An empty watch; where the platform cannot tell what is alive, one that hears of it later. */
export function openWatch<W extends Witness>(): Watch<W> {
  const living = platform.openLiving();
  return living === null ? new WeakRefWatch() : new LivingWatch(living);
}

const collections = new FinalizationRegistry<() => void>((listener) => {
  afterCollections(listener);
  listener();
});

/** Calls `listener` after every full collection that the engine makes by itself, when the event loop comes round. */
export function afterCollections(listener: () => void): void {
  collections.register({}, listener);
}
