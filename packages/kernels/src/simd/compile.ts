/** Loops over float32 arrays in WebAssembly memory, compiled from scalar definitions while the program runs. */
import {
  branchIf,
  type Code,
  F64,
  f32x4Const,
  f32x4Lane,
  f64Const,
  f64x2Lane,
  I32,
  i32Const,
  load,
  loadOne,
  localGet,
  localSet,
  moduleOf,
  store,
  storeOne,
  upperHalf,
  V128,
} from './binary.js';
import { op } from './instructions.js';
import { type Environment, Lowering, type Value } from './lower.js';
import { parseExpression, parseStatements, Unsupported } from './syntax.js';

/** A loop as data. */
export interface LoopDefinition {
  /** Arrays by name; those written are stored back after each element. */
  readonly arrays: readonly { readonly name: string; readonly write: boolean; readonly read: boolean }[];
  /** Numbers that are the same for all elements, given at each call. */
  readonly scalars: readonly string[];
  /** Names whose values are compiled in. */
  readonly constants: Readonly<Record<string, number | boolean>>;
  /** Statements for one element, over all these names. */
  readonly body: string;
  /** What a call returns: the sum (in float64) or extremum of this expression over all elements. */
  readonly result?: { readonly reduce: 'sum' | 'max'; readonly of: string };
}

/** The lanes that one turn of the main loop handles are four times this; a long body is not worth repeating. */
const UNROLL = 4;
const LONG_BODY = 700;

/** (n, address of each array, scalars); returns the result, 0 where there is none. */
export type RawLoop = (n: number, ...rest: number[]) => number;

interface Turn {
  readonly code: number[];
  readonly bytes: number;
}

class LoopCompiler {
  private readonly lowering: Lowering;
  private readonly sums: number[] = [];
  private readonly total: number;
  private readonly extreme: number;
  private readonly statements: ReturnType<typeof parseStatements>;

  constructor(private readonly d: LoopDefinition) {
    this.lowering = new Lowering(1 + d.arrays.length + d.scalars.length);
    this.statements = parseStatements(d.body);
    this.total = this.lowering.local(F64);
    for (let i = 0; i < 2; i++) this.sums.push(this.lowering.local(V128));
    this.extreme = this.lowering.local(V128);
  }

  private address(i: number): number {
    return 1 + i;
  }

  /** One element per lane, `copies` times; `single` handles one element in lane 0. */
  private turn(copies: number, single: boolean): Turn {
    const code: number[] = [];
    for (let k = 0; k < copies; k++) code.push(...this.element(16 * k, single));
    return { code, bytes: single ? 4 : 16 * copies };
  }

  private element(offset: number, single: boolean): number[] {
    const { arrays, scalars, constants } = this.d;
    const out: number[] = [];
    const env = new Map<string, Value>();
    for (const [name, value] of Object.entries(constants)) env.set(name, { kind: 'constant', value });
    scalars.forEach((name, i) => {
      env.set(name, { kind: 'scalar', code: localGet(1 + arrays.length + i) });
    });
    arrays.forEach(({ name, read }, i) => {
      if (!read) return;
      const value: Value = {
        kind: 'vector',
        code: [...localGet(this.address(i)), ...(single ? loadOne(offset) : load(offset))],
      };
      env.set(name, this.lowering.keep(value, out));
    });
    const end = this.lowering.statements(this.statements, env, out);
    arrays.forEach(({ name, write }, i) => {
      if (!write) return;
      const value = end.get(name);
      if (value === undefined) throw new Unsupported(`'${name}' is never assigned`);
      out.push(
        ...localGet(this.address(i)),
        ...this.lowering.vector(value),
        ...(single ? storeOne(offset) : store(offset)),
      );
    });
    out.push(...this.reduce(end, single));
    return out;
  }

  private reduce(env: Environment, single: boolean): number[] {
    const { result } = this.d;
    if (result === undefined) return [];
    const out: number[] = [];
    const value = this.lowering.keep(
      { kind: 'vector', code: this.lowering.vector(this.lowering.expression(parseExpression(result.of), env, out)) },
      out,
    );
    const lanes = this.lowering.vector(value);
    if (result.reduce === 'max') {
      // the other lanes of a single element count for nothing
      const taken: Code = single ? [...lanes, ...f32x4Lane(0), ...op.f32x4Splat] : lanes;
      return [...out, ...localGet(this.extreme), ...taken, ...op.f32x4Max, ...localSet(this.extreme)];
    }
    if (single) {
      const one = [...lanes, ...f32x4Lane(0), ...op.f64PromoteF32];
      return [...out, ...localGet(this.total), ...one, ...op.f64Add, ...localSet(this.total)];
    }
    const add = (sum: number, half: Code): number[] => [
      ...localGet(sum),
      ...half,
      ...op.promoteLow,
      ...op.f64x2Add,
      ...localSet(sum),
    ];
    return [...out, ...add(this.sums[0], lanes), ...add(this.sums[1], [...lanes, ...lanes, ...upperHalf])];
  }

  /** `while (n >= elements) { turn; n -= elements }` */
  private loop({ code, bytes }: Turn): number[] {
    const elements = bytes / 4;
    const advance = this.d.arrays.flatMap((_, i) => [
      ...localGet(this.address(i)),
      ...i32Const(bytes),
      ...op.i32Add,
      ...localSet(this.address(i)),
    ]);
    return [
      ...op.block,
      ...localGet(0),
      ...i32Const(elements),
      ...op.i32LtS,
      ...branchIf(0),
      ...op.loop,
      ...code,
      ...advance,
      ...localGet(0),
      ...i32Const(elements),
      ...op.i32Sub,
      ...localSet(0),
      ...localGet(0),
      ...i32Const(elements),
      ...op.i32GeS,
      ...branchIf(0),
      ...op.end,
      ...op.end,
    ];
  }

  private finish(): number[] {
    const { result } = this.d;
    if (result === undefined) return f64Const(0);
    if (result.reduce === 'max') {
      const lanes = [0, 1, 2, 3].map((i) => [...localGet(this.extreme), ...f32x4Lane(i), ...op.f64PromoteF32]);
      return [...lanes[0], ...lanes[1], ...op.f64Max, ...lanes[2], ...op.f64Max, ...lanes[3], ...op.f64Max];
    }
    const both = [...localGet(this.sums[0]), ...localGet(this.sums[1]), ...op.f64x2Add, ...localSet(this.sums[0])];
    const lanes = [0, 1].map((i) => [...localGet(this.sums[0]), ...f64x2Lane(i)]);
    return [...both, ...lanes[0], ...lanes[1], ...op.f64Add, ...localGet(this.total), ...op.f64Add];
  }

  compile(): Uint8Array {
    const { arrays, scalars, result } = this.d;
    const once = this.turn(1, false);
    const main = once.code.length > LONG_BODY ? null : this.turn(once.code.length > LONG_BODY / 2 ? 2 : UNROLL, false);
    const single = this.turn(1, true);
    const start = result?.reduce === 'max' ? [...f32x4Const(-Infinity), ...localSet(this.extreme)] : [];
    const loops = [...(main === null ? [] : this.loop(main)), ...this.loop(once), ...this.loop(single)];
    return moduleOf({
      params: [I32, ...arrays.map((): typeof I32 => I32), ...scalars.map((): typeof F64 => F64)],
      results: [F64],
      locals: this.lowering.locals,
      code: [...this.lowering.before, ...start, ...loops, ...this.finish()],
    });
  }
}

/** The WebAssembly module of a loop, or null where the definition has no vector form. */
export function compileLoop(definition: LoopDefinition): Uint8Array | null {
  try {
    return new LoopCompiler(definition).compile();
  } catch (error) {
    if (error instanceof Unsupported) return null;
    throw error;
  }
}
