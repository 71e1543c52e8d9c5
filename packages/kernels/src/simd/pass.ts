/** One walk over the elements of arrays in WebAssembly memory: loops of several vectors, of one vector, of one element. */
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
  store,
  storeOne,
  upperHalf,
  V128,
  type ValueType,
} from './binary.js';
import { op } from './instructions.js';
import { type Environment, Lowering, type Value } from './lower.js';
import { parseExpression, parseStatements, Unsupported } from './syntax.js';

/** An array by name; one that is written is stored back after each element. */
export interface ArrayUse {
  readonly name: string;
  readonly read: boolean;
  readonly write: boolean;
}

/**
 * The sum or the extremum of an expression over all elements. Of a sum, up to eight neighbouring vectors are added pairwise in
 * float32, everything else in float64: an addend goes through three roundings to float32 at most.
 */
export interface Reduction {
  readonly reduce: 'sum' | 'max';
  readonly of: string;
}

export interface PassDefinition {
  /** Statements for one element. */
  readonly body: string;
  readonly result?: Reduction;
}

/** The vectors that one turn of the main loop handles; a long body is not worth repeating. */
const UNROLL = 4;
/** The same where a sum costs more than the body. */
const UNROLL_SUM = 8;
const LONG_BODY = 700;
const SHORT_BODY = 100;

/** The locals of a function behind its parameters. */
export class Locals {
  readonly types: ValueType[] = [];

  constructor(private readonly first: number) {}

  add(type: ValueType): number {
    return this.first + this.types.push(type) - 1;
  }
}

/** Code of a pass, and where its result is. */
export interface CompiledPass {
  readonly code: Code;
  readonly result: Value;
}

/** The sum of vectors, neighbours first. */
function pairwise(vectors: readonly Code[]): Code {
  if (vectors.length === 1) return vectors[0];
  const half = vectors.length >> 1;
  return [...pairwise(vectors.slice(0, half)), ...pairwise(vectors.slice(half)), ...op.f32x4Add];
}

class Pass {
  private readonly lowering: Lowering;
  private readonly statements: ReturnType<typeof parseStatements>;
  private readonly addresses: readonly number[];
  private readonly left: number;
  private readonly total: number;
  private readonly sums: readonly number[];
  private readonly extreme: number;
  private readonly unordered: number;

  constructor(
    private readonly locals: Locals,
    private readonly definition: PassDefinition,
    private readonly arrays: readonly ArrayUse[],
    private readonly environment: Environment,
  ) {
    this.lowering = new Lowering(locals);
    this.statements = parseStatements(definition.body);
    this.addresses = arrays.map(() => locals.add(I32));
    this.left = locals.add(I32);
    this.total = locals.add(F64);
    this.sums = [0, 1].map(() => locals.add(V128));
    this.extreme = locals.add(V128);
    this.unordered = locals.add(V128);
  }

  /** The code for the elements of one vector, or for one element in lane 0; `found` receives what is to be reduced. */
  private element(offset: number, single: boolean, found: Code[]): number[] {
    const out: number[] = [];
    const env = new Map(this.environment);
    this.lowering.forget();
    this.arrays.forEach(({ name, read }, i) => {
      if (!read) return;
      const code = [...localGet(this.addresses[i]), ...(single ? loadOne(offset) : load(offset))];
      env.set(name, this.lowering.keep({ kind: 'vector', code }, out));
    });
    const end = this.lowering.statements(this.statements, env, out);
    this.arrays.forEach(({ name, write }, i) => {
      if (!write) return;
      const value = end.get(name);
      if (value === undefined) throw new Unsupported(`'${name}' is never assigned`);
      out.push(...localGet(this.addresses[i]), ...this.lowering.vector(value));
      out.push(...(single ? storeOne(offset) : store(offset)));
    });
    const { result } = this.definition;
    if (result === undefined) return out;
    const expression = this.lowering.expression(parseExpression(result.of), end, out);
    const value: Value = { kind: 'vector', code: this.lowering.vector(expression) };
    found.push(this.lowering.vector(this.lowering.keep(value, out)));
    return out;
  }

  /** One turn of a loop: the elements of `copies` vectors, and their share of the result. */
  private turn(copies: number): number[] {
    const found: Code[] = [];
    const code = Array.from({ length: copies }, (_, k) => this.element(16 * k, false, found)).flat();
    return [...code, ...this.reduceVectors(found)];
  }

  private single(): number[] {
    const found: Code[] = [];
    const code = this.element(0, true, found);
    return [...code, ...found.flatMap((lanes) => this.reduceOne(lanes))];
  }

  private reduceVectors(found: readonly Code[]): number[] {
    const { result } = this.definition;
    if (result === undefined) return [];
    if (result.reduce === 'max') return found.flatMap((lanes) => this.widen(lanes));
    const add = (sum: number, half: Code): number[] => [
      ...localGet(sum),
      ...half,
      ...op.promoteLow,
      ...op.f64x2Add,
      ...localSet(sum),
    ];
    const together: Code = pairwise(found);
    const kept = this.locals.add(V128);
    const [low, high] = this.sums;
    const upper = [...localGet(kept), ...localGet(kept), ...upperHalf];
    return [...together, ...localSet(kept), ...add(low, localGet(kept)), ...add(high, upper)];
  }

  private reduceOne(lanes: Code): number[] {
    // the other lanes count for nothing
    if (this.definition.result?.reduce === 'max') return this.widen([...lanes, ...f32x4Lane(0), ...op.f32x4Splat]);
    const one = [...lanes, ...f32x4Lane(0), ...op.f64PromoteF32];
    return [...localGet(this.total), ...one, ...op.f64Add, ...localSet(this.total)];
  }

  /** The greater of each lane; that there was a NaN is remembered apart, which is cheaper than maxima that keep it. */
  private widen(lanes: Code): number[] {
    return [
      ...localGet(this.extreme),
      ...lanes,
      ...op.f32x4Pmax,
      ...localSet(this.extreme),
      ...localGet(this.unordered),
      ...lanes,
      ...lanes,
      ...op.f32x4Ne,
      ...op.or,
      ...localSet(this.unordered),
    ];
  }

  /** Runs `code` as long as `elements` elements are left. */
  private loop(code: Code, elements: number): number[] {
    const least = [...localGet(this.left), ...i32Const(elements)];
    const advance = this.addresses.flatMap((address) => [
      ...localGet(address),
      ...i32Const(4 * elements),
      ...op.i32Add,
      ...localSet(address),
    ]);
    const countDown = [...least, ...op.i32Sub, ...localSet(this.left)];
    const inner = [...op.loop, ...code, ...advance, ...countDown, ...least, ...op.i32GeS, ...branchIf(0), ...op.end];
    return [...op.block, ...least, ...op.i32LtS, ...branchIf(0), ...inner, ...op.end];
  }

  private start(starts: readonly Code[], count: Code): number[] {
    const code = [...count, ...localSet(this.left)];
    starts.forEach((from, i) => {
      code.push(...from, ...localSet(this.addresses[i]));
    });
    const { result } = this.definition;
    if (result?.reduce === 'max') {
      code.push(...f32x4Const(-Infinity), ...localSet(this.extreme));
      code.push(...f32x4Const(0), ...localSet(this.unordered));
    }
    if (result?.reduce === 'sum') {
      code.push(...f64Const(0), ...localSet(this.total));
      for (const sum of this.sums) code.push(...f32x4Const(0), ...localSet(sum));
    }
    return code;
  }

  private finish(): number[] {
    const { result } = this.definition;
    if (result === undefined) return f64Const(0);
    if (result.reduce === 'max') {
      const lanes = [0, 1, 2, 3].map((i) => [...localGet(this.extreme), ...f32x4Lane(i), ...op.f64PromoteF32]);
      const greatest = [...lanes[0], ...lanes[1], ...op.f64Max, ...lanes[2], ...op.f64Max, ...lanes[3], ...op.f64Max];
      return [...f64Const(Number.NaN), ...greatest, ...localGet(this.unordered), ...op.anyTrue, ...op.select];
    }
    const [low, high] = this.sums;
    const join = [...localGet(low), ...localGet(high), ...op.f64x2Add, ...localSet(low)];
    const lanes = [0, 1].map((i) => [...localGet(low), ...f64x2Lane(i)]);
    return [...join, ...lanes[0], ...lanes[1], ...op.f64Add, ...localGet(this.total), ...op.f64Add];
  }

  /** How many vectors a turn of the main loop handles. */
  private copiesOf(length: number): number {
    if (length > LONG_BODY) return 1;
    if (length > LONG_BODY / 2) return 2;
    return this.definition.result?.reduce === 'sum' && length < SHORT_BODY ? UNROLL_SUM : UNROLL;
  }

  compile(starts: readonly Code[], count: Code): CompiledPass {
    const once = this.turn(1);
    const copies = this.copiesOf(once.length);
    const loops = [
      ...(copies > 1 ? this.loop(this.turn(copies), 4 * copies) : []),
      ...this.loop(once, 4),
      ...this.loop(this.single(), 1),
    ];
    const value = this.locals.add(F64);
    const code = [
      ...this.lowering.before,
      ...this.start(starts, count),
      ...loops,
      ...this.finish(),
      ...localSet(value),
    ];
    return { code, result: { kind: 'scalar', code: localGet(value) } };
  }
}

/**
 * @param starts code for the address of each array's first element
 * @param count code for the number of elements
 * @param environment what the definition may use besides the arrays
 * @throws Unsupported where the definition has no vector form
 */
export function compilePass(
  locals: Locals,
  definition: PassDefinition,
  arrays: readonly ArrayUse[],
  environment: Environment,
  starts: readonly Code[],
  count: Code,
): CompiledPass {
  return new Pass(locals, definition, arrays, environment).compile(starts, count);
}
