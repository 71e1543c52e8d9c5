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
  /** Whether a look can collect garbage; otherwise it finds what the engine has collected by itself. */
  readonly collects: boolean;
  /** Whether so many targets came since the last look that another would keep the watch fast. */
  readonly isCrowded: boolean;
  /** A witness stands for one target, which must be extensible. */
  add(target: object, witness: W): void;
  /** Whoever gives back what the target stands for by himself is not to be told of it. */
  delete(witness: W): void;
  /** The same for who has the target, whose witness it returns; undefined if it is not watched. */
  take(target: object): W | undefined;
  /** The witnesses whose targets nobody can reach any more; they are watched no longer. */
  takeDead(effort: Effort): W[];
}

/** Witnesses in any order, each of which can leave at once. */
class Roll<W extends Witness> {
  private readonly all: W[] = [];

  add(witness: W): void {
    witness.place = this.all.push(witness) - 1;
  }

  has({ place = -1 }: W): boolean {
    return place >= 0;
  }

  /** Whether it was there. */
  delete(witness: W): boolean {
    const { place = -1 } = witness;
    if (this.all[place] !== witness) return false;
    const last = this.all.pop() as W;
    if (last !== witness) {
      this.all[place] = last;
      last.place = place;
    }
    witness.place = -1;
    return true;
  }

  /** Takes out those that are dead. */
  take(isDead: (witness: W) => boolean): W[] {
    const dead = this.all.filter(isDead);
    for (const witness of dead) this.delete(witness);
    return dead;
  }
}

/** A look takes about as long as so many additions. */
const CROWD = 8192;

class LivingWatch<W extends Witness> implements Watch<W> {
  readonly collects = true;
  private readonly witnesses = new Roll<W>();
  private roll = 0;
  private added = 0;

  constructor(private readonly living: Living<W>) {}

  get isCrowded(): boolean {
    return this.added > CROWD;
  }

  add(target: object, witness: W): void {
    this.added++;
    witness.seen = this.roll;
    this.witnesses.add(witness);
    this.living.add(target, witness);
  }

  delete(witness: W): void {
    this.witnesses.delete(witness);
  }

  take(target: object): W | undefined {
    const witness = this.living.witnessOf(target);
    return witness !== undefined && this.witnesses.delete(witness) ? witness : undefined;
  }

  takeDead(effort: Effort): W[] {
    if (effort === 'young') this.living.collectYoung();
    else if (effort === 'all') this.living.collectAll();
    const roll = ++this.roll;
    const answered = this.living.call(roll, (witness) => this.witnesses.has(witness));
    this.added = 0;
    if (!answered) return [];
    return this.witnesses.take(({ seen }) => seen !== roll);
  }
}

/** Knows what the engine has cleared by itself, between turns of the event loop, or when it is told to collect everything. */
class WeakRefWatch<W extends Witness> implements Watch<W> {
  readonly collects: boolean = platform.collectGarbage !== null;
  readonly isCrowded = false;
  private readonly witnesses = new Roll<W>();
  private readonly refs = new WeakMap<W, WeakRef<object>>();
  private readonly witnessOf = new WeakMap<object, W>();

  add(target: object, witness: W): void {
    this.witnesses.add(witness);
    this.refs.set(witness, new WeakRef(target));
    this.witnessOf.set(target, witness);
  }

  delete(witness: W): void {
    this.witnesses.delete(witness);
  }

  take(target: object): W | undefined {
    const witness = this.witnessOf.get(target);
    return witness !== undefined && this.witnesses.delete(witness) ? witness : undefined;
  }

  takeDead(effort: Effort): W[] {
    if (effort === 'all') platform.collectGarbage?.();
    return this.witnesses.take((witness) => this.refs.get(witness)?.deref() === undefined);
  }
}

/** An empty watch; where the platform cannot tell what is alive, one that hears of it later. */
export function openWatch<W extends Witness>(): Watch<W> {
  const living = platform.openLiving<W>();
  return living === null ? new WeakRefWatch<W>() : new LivingWatch<W>(living);
}

const collections = new FinalizationRegistry<() => void>((listener) => {
  afterCollections(listener);
  listener();
});

/** Calls `listener` after every full collection that the engine makes by itself, when the event loop comes round. */
export function afterCollections(listener: () => void): void {
  collections.register({}, listener);
}
