/** One walk over the elements of arrays in WebAssembly memory: loops of several vectors, of one vector, of one element. */
import {
  branchIf,
  type Code,
  F64,
  I32,
  i32Const,
  load,
  loadOne,
  localGet,
  localSet,
  store,
  storeOne,
  type ValueType,
} from './binary.js';
import { op } from './instructions.js';
import { type Environment, Lowering, type Value } from './lower.js';
import { type Accumulator, accumulatorOf, type Reduction } from './reduction.js';
import { parseExpression, parseStatements, Unsupported } from './syntax.js';

/** An array by name; one that is written is stored back after each element. */
export interface ArrayUse {
  readonly name: string;
  readonly read: boolean;
  readonly write: boolean;
}

export interface PassDefinition {
  /** Statements for one element. */
  readonly body: string;
  /** What the walk finds out. */
  readonly results: readonly Reduction[];
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

/** Code of a pass, and for each result the code that brings it, a float64. */
export interface CompiledPass {
  readonly code: Code;
  readonly results: readonly Code[];
}

class Pass {
  private readonly lowering: Lowering;
  private readonly statements: ReturnType<typeof parseStatements>;
  private readonly addresses: readonly number[];
  private readonly left: number;
  private readonly accumulators: readonly Accumulator[];

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
    this.accumulators = definition.results.map((result) => accumulatorOf(result, locals));
  }

  /** The code for the elements of one vector, or for one element in lane 0, and what it finds for each result. */
  private element(offset: number, single: boolean): { readonly code: Code; readonly found: readonly Code[] } {
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
    const found = this.definition.results.map(({ of }) => {
      const expression = this.lowering.expression(parseExpression(of), end, out);
      const value: Value = { kind: 'vector', code: this.lowering.vector(expression) };
      return this.lowering.vector(this.lowering.keep(value, out));
    });
    return { code: out, found };
  }

  /** One turn of a loop: the elements of `copies` vectors, and their share of the results. */
  private turn(copies: number): number[] {
    const elements = Array.from({ length: copies }, (_, k) => this.element(16 * k, false));
    const taken = this.accumulators.flatMap((one, i) => one.vectors(elements.map(({ found }) => found[i])));
    return [...elements.flatMap(({ code }) => code), ...taken];
  }

  private single(): number[] {
    const { code, found } = this.element(0, true);
    return [...code, ...this.accumulators.flatMap((one, i) => one.one(found[i]))];
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
    return [...code, ...this.accumulators.flatMap((one) => one.start())];
  }

  /** How many vectors a turn of the main loop handles. */
  private copiesOf(length: number): number {
    const { results } = this.definition;
    const each = length / Math.max(results.length, 1);
    if (each > LONG_BODY) return 1;
    if (each > LONG_BODY / 2) return 2;
    const sums = results.length > 0 && results.every(({ reduce }) => reduce === 'sum');
    return sums && each < SHORT_BODY ? UNROLL_SUM : UNROLL;
  }

  compile(starts: readonly Code[], count: Code): CompiledPass {
    const once = this.turn(1);
    const copies = this.copiesOf(once.length);
    const loops = [
      ...(copies > 1 ? this.loop(this.turn(copies), 4 * copies) : []),
      ...this.loop(once, 4),
      ...this.loop(this.single(), 1),
    ];
    const values = this.accumulators.map(() => this.locals.add(F64));
    const code = [
      ...this.lowering.before,
      ...this.start(starts, count),
      ...loops,
      ...this.accumulators.flatMap((one, i) => [...one.finish(), ...localSet(values[i])]),
    ];
    return { code, results: values.map(localGet) };
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
