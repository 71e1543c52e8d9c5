/** Functions that bind their arguments: by position, or by name in one trailing options object. */
import { isOptions } from './arguments.js';
import { ValueError } from './errors.js';

type Fn = (...args: never[]) => unknown;

/** A parameter's type without the options object that may stand in its place (one whose keys are all optional). */
type Value<T> = [Plain<T>] extends [undefined] ? unknown : Plain<T>;
type Plain<T> = T extends unknown ? (Record<never, never> extends T ? never : T) : never;
/** An argument by position, or by its name in an object that may hold more. */
export type Named<Name extends string, T, More = unknown> = T | (More & { readonly [K in Name]?: T });

/** A function whose arguments behind the first may all come by name: for several that must be there. */
export type ByName<F extends Fn, Names> = F & ((input: Parameters<F>[0], named: Names) => ReturnType<F>);

export type Values<A extends readonly unknown[]> = { [K in keyof A]: Value<A[K]> };

/** `F` as its implementation sees it: every argument in its place. */
export type Bound<F extends Fn> = (...args: Values<Parameters<F>>) => ReturnType<F>;

/**
 * What a function takes, written as Python would: `add(input, other, *, alpha?)`.
 * `?`: may be left out. `a|b`: two names for one place, where PyTorch has two overloads. `...a`: any number of arguments by
 * position, or one array by name. What follows `*` comes by name only; its place is behind the others.
 */
export class Signature {
  readonly name: string;
  private readonly parameters: readonly string[];
  /** How many arguments must be there, and how many may be given by position. */
  private readonly least: number;
  private readonly most: number;
  private readonly places: ReadonlyMap<string, number>;

  constructor(declaration: string) {
    const [, name, list] = /^(\w+)\((.*)\)$/.exec(declaration) as RegExpExecArray;
    const all = list === '' ? [] : list.split(', ');
    const star = all.indexOf('*');
    const positional = star < 0 ? all : all.slice(0, star);
    const optional = positional.findIndex((p) => /^\.\.\.|[?]$/.test(p));
    this.name = name;
    this.parameters = all.filter((p) => p !== '*').map((p) => p.replace(/^\.\.\.|[?]$/g, ''));
    this.least = optional < 0 ? positional.length : optional;
    this.most = positional.at(-1)?.startsWith('...') === true ? Number.POSITIVE_INFINITY : positional.length;
    this.places = new Map(this.parameters.flatMap((p, i) => p.split('|').map((key) => [key, i])));
  }

  /** Whether so many arguments may be given by position. */
  takes(count: number): boolean {
    return count >= this.least && count <= this.most;
  }

  /** Whether the arguments already stand in their places. `positional`: the last one is known to be no options object. */
  fits(args: readonly unknown[], positional: boolean = false): boolean {
    const n = args.length;
    return this.takes(n) && (positional || !isOptions(args[n - 1]));
  }

  /** The arguments in their places. @throws ValueError in Python's words. */
  bind(args: readonly unknown[]): unknown[] {
    let count = countOf(args, args.length);
    const options = count > 0 ? args[count - 1] : undefined;
    const named = isOptions(options);
    if (named) count = countOf(args, count - 1);
    if (count > this.most) {
      throw new ValueError(`${this.name}() takes ${this.most} positional arguments but ${count} were given`);
    }
    const bound = args.slice(0, count);
    if (named) for (const key of Object.keys(options)) this.place(bound, key, options[key]);
    for (let i = 0; i < this.least; i++) if (bound[i] === undefined) this.complain(bound);
    return bound;
  }

  private place(bound: unknown[], key: string, value: unknown): void {
    const i = this.places.get(key);
    if (i === undefined) throw new ValueError(`${this.name}() got an unexpected keyword argument '${key}'`);
    if (bound[i] !== undefined) throw new ValueError(`${this.name}() got multiple values for argument '${key}'`);
    while (bound.length < i) bound.push(undefined);
    bound[i] = value;
  }

  private complain(bound: readonly unknown[]): never {
    const missing = this.parameters.slice(0, this.least).filter((_, i) => bound[i] === undefined);
    throw new ValueError(`${this.name}() missing ${inWords(missing)}`);
  }
}

/** How many of the first `count` were given: what is undefined at the end was not. */
function countOf(args: readonly unknown[], count: number): number {
  let n = count;
  while (n > 0 && args[n - 1] === undefined) n--;
  return n;
}

/** As Python counts them off: `2 required positional arguments: 'a' and 'b'`. */
function inWords(missing: readonly string[]): string {
  const names = missing.map((p) => `'${p.split('|')[0]}'`);
  const last = names.at(-1) as string;
  const list = names.length < 3 ? names.join(' and ') : `${names.slice(0, -1).join(', ')}, and ${last}`;
  return `${names.length} required positional argument${names.length > 1 ? 's' : ''}: ${list}`;
}

/**
 * A function whose arguments are bound before it sees them:
 *
 *     export const transpose: (input: Tensor, dim0: number | Options, dim1?: number | Options) => Tensor =
 *       signature('transpose(input, dim0, dim1)', (input, dim0, dim1) => …);
 *
 * @throws ValueError in Python's words for what is unknown, surplus, missing or given twice.
 */
export function signature<F extends Fn>(declaration: string, implementation: Bound<F>): F {
  const takes = new Signature(declaration);
  const run = implementation as (...args: unknown[]) => unknown;
  return ((...args: unknown[]) => {
    if (!takes.fits(args)) return run(...takes.bind(args));
    // spelled out, because a list that only its elements are read of is never made
    if (args.length === 1) return run(args[0]);
    if (args.length === 2) return run(args[0], args[1]);
    if (args.length === 3) return run(args[0], args[1], args[2]);
    return run(...args);
  }) as Fn as F;
}
