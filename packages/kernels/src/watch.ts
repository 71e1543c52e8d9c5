/** Objects that are watched until nobody can reach them, so that what they stood for can be given back. */
import { platform } from '#platform';
import type { Living } from './platform/platform.js';

/**
 * How hard to look: `young` finds what died soon after it was made, in a fraction of a millisecond; `all` finds everything,
 * in some milliseconds; `known` finds what the engine has collected by itself.
 */
export type Effort = 'known' | 'young' | 'all';

/** Tokens of targets; a token must not refer to its target. */
export interface Watch<Token extends object> {
  add(target: object, token: Token): void;
  /** Whoever gives back what the target stands for by himself is not to be told of it. */
  delete(token: Token): void;
  /** The tokens whose targets nobody can reach any more; they are watched no longer. */
  takeDead(effort: Effort): Token[];
}

interface Mark {
  round: number;
}

class LivingWatch<Token extends object> implements Watch<Token> {
  private readonly marks = new Map<Token, Mark>();
  private round = 0;

  constructor(private readonly living: Living) {}

  add(target: object, token: Token): void {
    const mark: Mark = { round: this.round };
    this.marks.set(token, mark);
    this.living.add(target, () => {
      mark.round = this.round;
    });
  }

  delete(token: Token): void {
    this.marks.delete(token);
  }

  takeDead(effort: Effort): Token[] {
    if (effort === 'young') this.living.collectYoung();
    else if (effort === 'all') this.living.collectAll();
    const round = ++this.round;
    this.living.visit();
    const dead: Token[] = [];
    for (const [token, mark] of this.marks) if (mark.round !== round) dead.push(token);
    for (const token of dead) this.marks.delete(token);
    return dead;
  }
}

/** Knows what the engine has cleared by itself, between turns of the event loop. */
class WeakRefWatch<Token extends object> implements Watch<Token> {
  private readonly refs = new Map<Token, WeakRef<object>>();

  add(target: object, token: Token): void {
    this.refs.set(token, new WeakRef(target));
  }

  delete(token: Token): void {
    this.refs.delete(token);
  }

  takeDead(): Token[] {
    const dead: Token[] = [];
    for (const [token, ref] of this.refs) if (ref.deref() === undefined) dead.push(token);
    for (const token of dead) this.refs.delete(token);
    return dead;
  }
}

/** An empty watch; where the platform cannot tell what is alive, one that hears of it later. */
export function openWatch<Token extends object>(): Watch<Token> {
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
