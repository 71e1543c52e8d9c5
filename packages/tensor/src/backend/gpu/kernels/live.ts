/** Which statements a result depends on: a kernel has one result, and each array that it does not name is one less to bind. */
import { namesIn, namesOf, type Statement } from '@torchlet/kernels';

export interface Live {
  readonly statements: readonly Statement[];
  /** Names that have to have values before. */
  readonly needed: ReadonlySet<string>;
}

/** The part of straight-line code, with ifs, behind which the `wanted` names have the same values as behind all of it. */
export function live(statements: readonly Statement[], wanted: Iterable<string>): Live {
  const needed = new Set(wanted);
  const kept: Statement[] = [];
  for (const s of statements.slice().reverse()) {
    if (s.kind === 'set') {
      if (!needed.delete(s.name)) continue;
      for (const name of namesOf(s.value)) needed.add(name);
    } else {
      const { used, set } = namesIn([s]);
      if (![...set].some((name) => needed.has(name))) continue;
      // what one branch sets may keep its value in the other: it stays needed
      for (const name of used) needed.add(name);
    }
    kept.unshift(s);
  }
  return { statements: kept, needed };
}

/** Names that the statements set without declaring them. */
export function undeclared(statements: readonly Statement[]): string[] {
  const declared = new Set(statements.flatMap((s) => (s.kind === 'set' && s.declares ? [s.name] : [])));
  return [...namesIn(statements).set].filter((name) => !declared.has(name));
}
