/**
 * From trees to vector code. Every variable gets a new local for each assignment, so values never change; branches are
 * computed on both sides and the lanes chosen. What does not vary from element to element is computed once, in float64.
 */
import {
  type Code,
  F64,
  f32x4Const,
  f64Const,
  i32Const,
  i32x4Const,
  localGet,
  localSet,
  V128,
  type ValueType,
} from './binary.js';
import { VECTOR_FUNCTIONS } from './functions.js';
import { op } from './instructions.js';
import { ARITHMETIC, applyOperator, argumentCount, COMPARISON, PAIRS, UNARY } from './operators.js';
import {
  type BinaryOperator,
  type Expression,
  parseExpression,
  parseStatements,
  type Statement,
  Unsupported,
} from './syntax.js';

/** Known when compiling; the same for all elements (a float64 on the stack); or one for each lane. */
export type Value =
  | { readonly kind: 'constant'; readonly value: number | boolean }
  | { readonly kind: 'scalar'; readonly code: Code }
  | { readonly kind: 'flag'; readonly code: Code }
  | { readonly kind: 'vector'; readonly code: Code }
  | { readonly kind: 'mask'; readonly code: Code };

export type Environment = ReadonlyMap<string, Value>;

/** The bits of 1/√2: subtracted from those of x, they leave the exponent of the nearest mantissa in the upper nine. */
const ROOT_HALF = 0x3f3504f3;

const sameExpression = (x: Expression, y: Expression): boolean => JSON.stringify(x) === JSON.stringify(y);
const constant = (value: number | boolean): Value => ({ kind: 'constant', value });
const isZero = (v: Value): boolean => v.kind === 'constant' && Object.is(v.value, 0);
const isTruth = (v: Value): boolean =>
  v.kind === 'mask' || v.kind === 'flag' || (v.kind === 'constant' && typeof v.value === 'boolean');

/** Where values are kept. */
export interface LocalSource {
  add(type: ValueType): number;
}

/** Lowers the code of one loop; `before` belongs in front of it. */
export class Lowering {
  readonly before: number[] = [];
  private readonly splats = new Map<string, number>();
  private readonly calls = new Map<string, Value>();
  /** By their code, which says all, since locals do not change. */
  private readonly kept = new Map<string, number>();

  constructor(private readonly locals: LocalSource) {}

  private local(type: ValueType): number {
    return this.locals.add(type);
  }

  /** The value kept in a local, so that its code runs once, also where it is asked for again; `out` receives that code. */
  keep(v: Value, out: number[]): Value {
    if (v.kind === 'constant' || v.code.length <= 3) return v;
    if (v.kind === 'flag') return v;
    if (v.kind === 'scalar') {
      const i = this.local(F64);
      this.before.push(...v.code, ...localSet(i));
      return { kind: 'scalar', code: localGet(i) };
    }
    const key = v.code.join();
    let i = this.kept.get(key);
    if (i === undefined) {
      i = this.local(V128);
      out.push(...v.code, ...localSet(i));
      this.kept.set(key, i);
    }
    return { kind: v.kind, code: localGet(i) };
  }

  /** Four lanes of a number. What is the same in every turn is spread once, before the loop. */
  vector(v: Value): Code {
    if (v.kind === 'vector') return v.code;
    if (v.kind === 'mask') return [...v.code, ...f32x4Const(1), ...op.and];
    if (v.kind === 'flag') throw new Unsupported('a truth value where a number is expected');
    const code =
      v.kind === 'constant' ? f32x4Const(Number(v.value)) : [...v.code, ...op.f32DemoteF64, ...op.f32x4Splat];
    return this.spread(code);
  }

  private mask(v: Value): Code {
    if (v.kind === 'mask') return v.code;
    if (v.kind === 'constant') return this.spread(i32x4Const(v.value ? -1 : 0));
    if (v.kind === 'flag') return this.spread([...i32Const(0), ...v.code, ...op.i32Sub, ...op.i32x4Splat]);
    throw new Unsupported('a number where a truth value is expected');
  }

  private spread(code: Code): Code {
    const key = code.join();
    let i = this.splats.get(key);
    if (i === undefined) {
      i = this.local(V128);
      this.before.push(...code, ...localSet(i));
      this.splats.set(key, i);
    }
    return localGet(i);
  }

  private scalar(v: Value): Code {
    if (v.kind === 'scalar') return v.code;
    if (v.kind === 'constant') return f64Const(Number(v.value));
    throw new Unsupported('a truth value where a number is expected');
  }

  expression(e: Expression, env: Environment, out: number[]): Value {
    switch (e.kind) {
      case 'number':
      case 'boolean':
        return constant(e.value);
      case 'name': {
        const known = env.get(e.name);
        if (known === undefined) throw new Unsupported(`unknown name '${e.name}'`);
        return known;
      }
      case 'unary':
        return this.unary(e.op, this.expression(e.x, env, out));
      case 'binary':
        return this.binary(e.op, this.expression(e.x, env, out), this.expression(e.y, env, out));
      case 'choice':
        return this.choice(e, env, out);
      case 'call':
        return this.call(
          e.name,
          e.args.map((arg) => this.expression(arg, env, out)),
          out,
        );
    }
  }

  private unary(operator: '-' | '!' | '+', x: Value): Value {
    if (operator === '+' && !isTruth(x)) return x;
    if (operator === '+') return x.kind === 'constant' ? constant(Number(x.value)) : this.lanes(x);
    if (operator === '!') {
      if (x.kind === 'constant') return constant(!x.value);
      if (x.kind === 'flag') return { kind: 'flag', code: [...x.code, ...op.i32Eqz] };
      return { kind: 'mask', code: [...this.mask(x), ...op.not] };
    }
    if (x.kind === 'constant') return constant(-Number(x.value));
    if (x.kind === 'scalar') return { kind: 'scalar', code: [...x.code, ...op.f64Neg] };
    return { kind: 'vector', code: [...this.vector(x), ...op.f32x4Neg] };
  }

  private binary(operator: BinaryOperator, x: Value, y: Value): Value {
    if (x.kind === 'constant' && y.kind === 'constant') return constant(applyOperator(operator, x.value, y.value));
    if (operator === '&&' || operator === '||') return this.logic(operator, x, y);
    if (operator === '%') throw new Unsupported('a remainder');
    if ((isTruth(x) || isTruth(y)) && (operator === '===' || operator === '!==')) {
      if (!isTruth(x) || !isTruth(y)) throw new Unsupported('a truth value compared with a number');
      const different: Value = { kind: 'mask', code: [...this.mask(x), ...this.mask(y), ...op.xor] };
      return operator === '!==' ? different : this.unary('!', different);
    }
    const uniform = (v: Value): boolean => v.kind === 'scalar' || v.kind === 'constant';
    const lane = uniform(x) && uniform(y) ? 0 : 1;
    const operands = lane === 0 ? [...this.scalar(x), ...this.scalar(y)] : [...this.vector(x), ...this.vector(y)];
    if (operator in ARITHMETIC) {
      const code = [...operands, ...ARITHMETIC[operator as keyof typeof ARITHMETIC][lane]];
      return { kind: lane === 0 ? 'scalar' : 'vector', code };
    }
    const code = [...operands, ...COMPARISON[operator as keyof typeof COMPARISON][lane]];
    return { kind: lane === 0 ? 'flag' : 'mask', code };
  }

  private logic(operator: '&&' | '||', x: Value, y: Value): Value {
    // what keeps the other operand: true && y, false || y
    const neutral = (v: Value & { kind: 'constant' }): boolean => Boolean(v.value) === (operator === '&&');
    if (x.kind === 'constant') return neutral(x) ? y : x;
    if (!isTruth(x) || !isTruth(y)) throw new Unsupported('a number where a truth value is expected');
    if (y.kind === 'constant') return neutral(y) ? x : y;
    if (x.kind === 'flag' && y.kind === 'flag') {
      return { kind: 'flag', code: [...x.code, ...y.code, ...(operator === '&&' ? op.i32And : op.i32Or)] };
    }
    return { kind: 'mask', code: [...this.mask(x), ...this.mask(y), ...(operator === '&&' ? op.and : op.or)] };
  }

  private choice(e: Expression & { kind: 'choice' }, env: Environment, out: number[]): Value {
    const test = this.expression(e.test, env, out);
    if (test.kind === 'constant') return this.expression(test.value ? e.yes : e.no, env, out);
    const yes = this.expression(e.yes, env, out);
    const no = this.expression(e.no, env, out);
    return this.extremum(e, yes, no) ?? this.select(test, yes, no);
  }

  /** `x < y ? y : x` and `x > y ? y : x` are one instruction, in which a NaN in x stays as it does here. */
  private extremum({ test, yes, no }: Expression & { kind: 'choice' }, y: Value, x: Value): Value | null {
    if (test.kind !== 'binary' || (test.op !== '<' && test.op !== '>')) return null;
    if (!sameExpression(test.x, no) || !sameExpression(test.y, yes)) return null;
    if (y.kind !== 'vector' && x.kind !== 'vector') return null;
    const code = [...this.vector(x), ...this.vector(y), ...(test.op === '<' ? op.f32x4Pmax : op.f32x4Pmin)];
    return { kind: 'vector', code };
  }

  private select(test: Value, yes: Value, no: Value): Value {
    if (isTruth(yes) && isTruth(no)) {
      return { kind: 'mask', code: [...this.mask(yes), ...this.mask(no), ...this.mask(test), ...op.bitselect] };
    }
    const uniform = (v: Value): boolean => v.kind === 'scalar' || v.kind === 'constant';
    if (test.kind === 'flag' && uniform(yes) && uniform(no)) {
      return { kind: 'scalar', code: [...this.scalar(yes), ...this.scalar(no), ...test.code, ...op.select] };
    }
    if (isZero(yes)) return { kind: 'vector', code: [...this.vector(no), ...this.mask(test), ...op.andNot] };
    if (isZero(no)) return { kind: 'vector', code: [...this.vector(yes), ...this.mask(test), ...op.and] };
    return { kind: 'vector', code: [...this.vector(yes), ...this.vector(no), ...this.mask(test), ...op.bitselect] };
  }

  private call(name: string, args: readonly Value[], out: number[]): Value {
    const count = argumentCount(name);
    if (count === undefined) throw new Unsupported(`${name}() has no vector form`);
    if (count !== args.length) throw new Unsupported(`${name}() takes another number of arguments here`);
    if (name in UNARY) return this.callUnary(name, UNARY[name], args[0]);
    if (name in PAIRS) return this.callPair(PAIRS[name], args);
    if (name === 'powerOfTwo') {
      return { kind: 'vector', code: [...this.vector(args[0]), ...i32Const(23), ...op.i32x4Shl] };
    }
    if (name === 'exponentOf' || name === 'mantissaOf') return this.partOf(name, this.keep(args[0], out));
    return this.callFunction(name, args, out);
  }

  /** A function of functions.ts; the same call of the same values again costs nothing. */
  private callFunction(name: string, args: readonly Value[], out: number[]): Value {
    const fn = VECTOR_FUNCTIONS[name];
    const kept = fn.params.map((_, i) => this.keep(this.lanes(args[i]), out));
    const key = `${name}(${kept.map((v) => this.vector(v).join()).join(';')})`;
    let value = this.calls.get(key);
    if (value === undefined) {
      const inner = new Map(fn.params.map((param, i) => [param, kept[i]]));
      const env = this.statements(parseStatements(fn.body), inner, out);
      value = this.keep(this.expression(parseExpression(fn.result), env, out), out);
      this.calls.set(key, value);
    }
    return value;
  }

  /** Forgets results on which the code to come cannot rely, because another loop computed them. */
  forget(): void {
    this.calls.clear();
    this.kept.clear();
  }

  /** Functions work on lanes alone. */
  private lanes(v: Value): Value {
    return { kind: 'vector', code: this.vector(v) };
  }

  private callUnary(name: string, code: Code, x: Value): Value {
    if (x.kind === 'scalar' && (name === 'Math.sqrt' || name === 'Math.abs')) {
      return { kind: 'scalar', code: [...x.code, ...(name === 'Math.sqrt' ? op.f64Sqrt : op.f64Abs)] };
    }
    return { kind: 'vector', code: [...this.vector(x), ...code] };
  }

  private callPair([scalar, vector]: readonly [Code, Code], args: readonly Value[]): Value {
    const uniform = args.every((v) => v.kind === 'scalar' || v.kind === 'constant');
    const operands = args.map((v) => (uniform ? this.scalar(v) : this.vector(v)));
    const code = [...operands[0], ...operands[1], ...(uniform ? scalar : vector)];
    return { kind: uniform ? 'scalar' : 'vector', code };
  }

  private partOf(name: 'exponentOf' | 'mantissaOf', x: Value): Value {
    const bits = this.vector(x);
    const distance = [...bits, ...this.spread(i32x4Const(ROOT_HALF)), ...op.i32x4Sub];
    if (name === 'exponentOf') {
      return { kind: 'vector', code: [...distance, ...i32Const(23), ...op.i32x4ShrS, ...op.f32x4ConvertI32] };
    }
    const field = [...distance, ...this.spread(i32x4Const(0xff800000 | 0)), ...op.and];
    return { kind: 'vector', code: [...bits, ...field, ...op.i32x4Sub] };
  }

  /** Runs statements; what they assign is in the environment returned. */
  statements(list: readonly Statement[], env: Environment, out: number[]): Environment {
    let current = new Map(env);
    for (const s of list) {
      if (s.kind === 'set') current.set(s.name, this.keep(this.expression(s.value, current, out), out));
      else current = this.branch(s, current, out);
    }
    return current;
  }

  private branch(s: Statement & { kind: 'if' }, env: Map<string, Value>, out: number[]): Map<string, Value> {
    const test = this.keep(this.expression(s.test, env, out), out);
    if (test.kind === 'constant') return this.block(test.value ? s.yes : s.no, env, out);
    const yes = this.block(s.yes, env, out);
    const no = this.block(s.no, env, out);
    const merged = new Map<string, Value>();
    for (const [name, value] of yes) {
      const other = no.get(name);
      // a name assigned in one branch alone, unknown before, is known nowhere else
      if (other === undefined) continue;
      merged.set(name, value === other ? value : this.keep(this.select(test, value, other), out));
    }
    return merged;
  }

  /** What a branch declares ends with it, also where it hides a name from outside. */
  private block(list: readonly Statement[], env: Environment, out: number[]): Map<string, Value> {
    const end = new Map(this.statements(list, env, out));
    for (const s of list) {
      if (s.kind !== 'set' || !s.declares) continue;
      const outer = env.get(s.name);
      if (outer === undefined) end.delete(s.name);
      else end.set(s.name, outer);
    }
    return end;
  }
}
