/** Loops over float32 arrays in WebAssembly memory, compiled from scalar definitions while the program runs. */
import {
  branchIf,
  type Code,
  F64,
  f32Load,
  f32Store,
  f64Const,
  I32,
  i32Const,
  localGet,
  localSet,
  moduleOf,
} from './binary.js';
import { op } from './instructions.js';
import { type Environment, Lowering, type Value } from './lower.js';
import { type ArrayUse, compilePass, Locals } from './pass.js';
import type { Reduction } from './reduction.js';
import { namesIn, namesOf, parseExpression, parseStatements, Unsupported } from './syntax.js';

/** A loop as data. */
export interface LoopDefinition {
  /** Statements for one element. */
  readonly body: string;
  /** What the loop returns. */
  readonly result?: Reduction;
  readonly arrays: readonly ArrayUse[];
  /** Numbers that are the same for all elements, given at each call. */
  readonly scalars: readonly string[];
  /** Names whose values are compiled in. */
  readonly constants: Readonly<Record<string, number | boolean>>;
}

/** (n, address of each array, scalars); returns the definition's result, 0 where there is none. */
export type RawLoop = (n: number, ...rest: number[]) => number;

function orNull(compile: () => Uint8Array): Uint8Array | null {
  try {
    return compile();
  } catch (error) {
    if (error instanceof Unsupported) return null;
    throw error;
  }
}

/** The WebAssembly module of a loop, or null where the definition has no vector form. */
export function compileLoop(definition: LoopDefinition): Uint8Array | null {
  return orNull(() => {
    const { arrays, scalars, constants, body, result } = definition;
    const results = result === undefined ? [] : [result];
    const locals = new Locals(1 + arrays.length + scalars.length);
    const env = new Map<string, Value>();
    for (const [name, value] of Object.entries(constants)) env.set(name, { kind: 'constant', value });
    scalars.forEach((name, i) => {
      env.set(name, { kind: 'scalar', code: localGet(1 + arrays.length + i) });
    });
    const starts = arrays.map((_, i) => localGet(1 + i));
    const compiled = compilePass(locals, { body, results }, arrays, env, starts, localGet(0));
    return moduleOf({
      params: [I32, ...arrays.map((): typeof I32 => I32), ...scalars.map((): typeof F64 => F64)],
      results: [F64],
      locals: locals.types,
      code: [...compiled.code, ...(compiled.results[0] ?? f64Const(0))],
    });
  });
}

/** A walk over a row's elements. */
export interface RowPass {
  /** Statements for one element. */
  readonly body: string;
  /** What the walk finds out, by the names under which it is known afterwards. */
  readonly results?: Readonly<Record<string, Reduction>>;
  /** Statements about the row, behind the pass: `mean = total / n`. */
  readonly after?: string;
}

/**
 * The same passes over each row of matrices, such as softmax: what one pass finds out about a row, the next one uses. `n` is
 * the number of columns.
 */
export interface RowsDefinition {
  readonly arrays: readonly ArrayUse[];
  /** One number for each row, read before the passes. */
  readonly rowInputs: readonly string[];
  /** One number for each row, stored behind the passes. */
  readonly rowOutputs: readonly string[];
  readonly scalars: readonly string[];
  readonly constants: Readonly<Record<string, number | boolean>>;
  readonly passes: readonly RowPass[];
}

/** Rows of which each has one element more than the one above it, up to a number that is given at each call. */
export interface GrowingRowsDefinition extends RowsDefinition {
  /** Statements for the elements behind a row's last one, up to that number. */
  readonly beyond: string;
}

class RowsCompiler {
  private readonly locals: Locals;
  /** Operands are the arrays, the row inputs and the row outputs. */
  private readonly operands: number;
  private readonly params: number;
  /** The local that says how many elements a row has. */
  private readonly count: number;

  constructor(private readonly d: RowsDefinition & Partial<GrowingRowsDefinition>) {
    this.operands = d.arrays.length + d.rowInputs.length + d.rowOutputs.length;
    this.params = 2 + 2 * this.operands + d.scalars.length + (d.beyond === undefined ? 0 : 1);
    this.locals = new Locals(this.params);
    this.count = d.beyond === undefined ? 1 : this.locals.add(I32);
  }

  /** The last parameter of rows that grow: how long they become. */
  private get most(): Code {
    return localGet(this.params - 1);
  }

  private address(operand: number): number {
    return 2 + operand;
  }

  private step(operand: number): number {
    return 2 + this.operands + operand;
  }

  private environment(code: number[]): Map<string, Value> {
    const { arrays, constants, scalars, rowInputs } = this.d;
    const env = new Map<string, Value>();
    for (const [name, value] of Object.entries(constants)) env.set(name, { kind: 'constant', value });
    scalars.forEach((name, i) => {
      env.set(name, { kind: 'scalar', code: localGet(2 + 2 * this.operands + i) });
    });
    env.set('n', { kind: 'scalar', code: [...localGet(this.count), ...op.f64ConvertI32] });
    rowInputs.forEach((name, i) => {
      const local = this.locals.add(F64);
      code.push(...localGet(this.address(arrays.length + i)), ...f32Load, ...op.f64PromoteF32, ...localSet(local));
      env.set(name, { kind: 'scalar', code: localGet(local) });
    });
    return env;
  }

  private row(): number[] {
    const code: number[] = [];
    let env: Environment = this.environment(code);
    const { arrays } = this.d;
    for (const pass of this.d.passes) {
      const used = usesOf(pass, arrays);
      const starts = used.map((use) => localGet(this.address(use.at)));
      const { body, results = {} } = pass;
      const definition = { body, results: Object.values(results) };
      const compiled = compilePass(this.locals, definition, used, env, starts, localGet(this.count));
      code.push(...compiled.code);
      const next = new Map(env);
      Object.keys(results).forEach((name, i) => {
        next.set(name, { kind: 'scalar', code: compiled.results[i] });
      });
      env = pass.after === undefined ? next : this.between(pass.after, next, code);
    }
    this.d.rowOutputs.forEach((name, i) => {
      const value = env.get(name);
      if (value?.kind !== 'scalar') throw new Unsupported(`'${name}' is no number of the row`);
      code.push(
        ...localGet(this.address(arrays.length + this.d.rowInputs.length + i)),
        ...value.code,
        ...op.f32DemoteF64,
        ...f32Store,
      );
    });
    if (this.d.beyond !== undefined) code.push(...this.behind(this.d.beyond, env));
    return code;
  }

  /** What is done with the elements behind the row's last one. */
  private behind(body: string, env: Environment): Code {
    const used = usesOf({ body }, this.d.arrays);
    const skipped = [...localGet(this.count), ...i32Const(4), ...op.i32Mul];
    const starts = used.map((use) => [...localGet(this.address(use.at)), ...skipped, ...op.i32Add]);
    const rest = [...this.most, ...localGet(this.count), ...op.i32Sub];
    return compilePass(this.locals, { body, results: [] }, used, env, starts, rest).code;
  }

  /** How many elements the row to come has: the second parameter goes on counting. */
  private grow(): Code {
    if (this.d.beyond === undefined) return [];
    const [wanted, most] = [localGet(1), this.most];
    return [...wanted, ...most, ...wanted, ...most, ...op.i32LtS, ...op.select, ...localSet(this.count)];
  }

  private between(source: string, env: Environment, code: number[]): Environment {
    const lowering = new Lowering(this.locals);
    const out: number[] = [];
    const end = lowering.statements(parseStatements(source), env, out);
    code.push(...lowering.before, ...out);
    return end;
  }

  compile(): Uint8Array {
    const row = this.row();
    const move = (local: number, by: Code): number[] => [...localGet(local), ...by, ...op.i32Add, ...localSet(local)];
    const advance = Array.from({ length: this.operands }, (_, i) =>
      move(this.address(i), localGet(this.step(i))),
    ).flat();
    advance.push(...move(0, i32Const(-1)));
    if (this.d.beyond !== undefined) advance.push(...move(1, i32Const(1)));
    const loop = [...op.loop, ...this.grow(), ...row, ...advance, ...localGet(0), ...branchIf(0), ...op.end];
    const integers = 2 + 2 * this.operands;
    const isScalar = (i: number): boolean => i >= integers && i < integers + this.d.scalars.length;
    return moduleOf({
      params: Array.from({ length: this.params }, (_, i) => (isScalar(i) ? F64 : I32)),
      results: [],
      locals: this.locals.types,
      code: [...op.block, ...localGet(0), ...op.i32Eqz, ...branchIf(0), ...loop, ...op.end],
    });
  }
}

/** The arrays that take part in a pass, and how. */
function usesOf({ body, results = {} }: RowPass, arrays: readonly ArrayUse[]): (ArrayUse & { readonly at: number })[] {
  const { used, set } = namesIn(parseStatements(body));
  const all = new Set([...used, ...Object.values(results).flatMap(({ of }) => [...namesOf(parseExpression(of))])]);
  return arrays.flatMap(({ name, write }, at) => {
    const [read, stored] = [all.has(name), write && set.has(name)];
    return read || stored ? [{ name, at, read: read && !(stored && !used.has(name)), write: stored }] : [];
  });
}

/**
 * The WebAssembly module of passes over rows, or null where the definition has no vector form. Its function takes rows, columns,
 * the addresses of arrays, row inputs and row outputs, for each of them the bytes from row to row, and the scalars; where rows grow, the
 * columns of the first row, and at the end how many there are at most.
 */
export const compileRows = (definition: RowsDefinition | GrowingRowsDefinition): Uint8Array | null =>
  orNull(() => new RowsCompiler(definition).compile());
