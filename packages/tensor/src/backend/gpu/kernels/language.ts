/**
 * Scalar definitions (a small part of JavaScript, `@torchlet/kernels` reads it) written as gpu.js takes them: what is known
 * when compiling is computed, functions that GPUs lack become calls of `functions.ts`, infinities become scalars.
 */
import { applyOperator, type Expression, parseExpression, parseStatements, type Statement } from '@torchlet/kernels';
import type { KernelSource } from '../driver.js';
import { DEVICE_FUNCTIONS, SPECIAL_NUMBERS, type SpecialNumber, sourceOf } from './functions.js';
import { Memo } from './memo.js';

/** Values of names that are known when compiling. */
export type Constants = Readonly<Record<string, number | boolean>>;

/** Definitions are few, and read once. */
const EXPRESSIONS = new Memo<Expression>();
const STATEMENTS = new Memo<readonly Statement[]>();

const MATH = new Set(['Math.abs', 'Math.sqrt', 'Math.floor', 'Math.ceil', 'Math.trunc']);

/** Translates definitions for one kernel and remembers what that kernel needs beside its text. */
export class Translator {
  private readonly functions = new Map<string, string>();
  private readonly special = new Set<SpecialNumber>();

  constructor(private readonly constants: Constants = {}) {}

  expression(source: string): string {
    return this.write(this.fold(EXPRESSIONS.get(source, () => parseExpression(source))));
  }

  statements(source: string): string {
    return this.list(this.read(source));
  }

  /** The statements, without what is known when compiling. */
  read(source: string): Statement[] {
    return this.foldAll(STATEMENTS.get(source, () => parseStatements(source)));
  }

  /** The kernel with the functions and scalars that the translated texts in its body call for; they stand last. */
  complete(kernel: KernelSource): KernelSource {
    return {
      ...kernel,
      scalars: [...(kernel.scalars ?? []), ...this.special],
      functions: [...(kernel.functions ?? []), ...this.functions.values()],
    };
  }

  /** The values of the scalars that {@link complete} has added. */
  get scalars(): number[] {
    return [...this.special].map((name) => SPECIAL_NUMBERS[name]);
  }

  list(statements: readonly Statement[]): string {
    return statements.map((s) => this.statement(s)).join('\n');
  }

  private statement(s: Statement): string {
    if (s.kind === 'set') return `${s.declares ? 'let ' : ''}${s.name} = ${this.write(s.value)};`;
    const no = s.no.length === 0 ? '' : ` else {\n${this.list(s.no)}\n}`;
    return `if (${this.write(s.test)}) {\n${this.list(s.yes)}\n}${no}`;
  }

  private foldAll(statements: readonly Statement[]): Statement[] {
    return statements.flatMap((s): Statement[] => {
      if (s.kind === 'set') return [{ ...s, value: this.fold(s.value) }];
      const test = this.fold(s.test);
      if (test.kind === 'boolean') return this.foldAll(test.value ? s.yes : s.no);
      return [{ ...s, test, yes: this.foldAll(s.yes), no: this.foldAll(s.no) }];
    });
  }

  private fold(e: Expression): Expression {
    switch (e.kind) {
      case 'name':
        return Object.hasOwn(this.constants, e.name) ? literal(this.constants[e.name]) : e;
      case 'unary':
        return foldUnary({ ...e, x: this.fold(e.x) });
      case 'binary':
        return foldBinary({ ...e, x: this.fold(e.x), y: this.fold(e.y) });
      case 'choice': {
        const test = this.fold(e.test);
        if (test.kind === 'boolean') return this.fold(test.value ? e.yes : e.no);
        return { ...e, test, yes: this.fold(e.yes), no: this.fold(e.no) };
      }
      case 'call':
        return { ...e, args: e.args.map((arg) => this.fold(arg)) };
      default:
        return e;
    }
  }

  private write(e: Expression): string {
    switch (e.kind) {
      case 'number':
        return this.number(e.value);
      case 'boolean':
        return String(e.value);
      case 'name':
        return e.name;
      case 'unary':
        return e.op === '+' ? this.write(e.x) : `(${e.op}${this.write(e.x)})`;
      case 'binary':
        if (e.op === '%') return this.call('%', [e.x, e.y]);
        // a GPU's own inequality is false for a NaN
        if (e.op === '!==') return `(!(${this.write(e.x)} === ${this.write(e.y)}))`;
        return `(${this.write(e.x)} ${e.op} ${this.write(e.y)})`;
      case 'choice':
        return `(${this.write(e.test)} ? ${this.write(e.yes)} : ${this.write(e.no)})`;
      case 'call':
        return this.call(e.name, e.args);
    }
  }

  private number(value: number): string {
    if (Number.isNaN(value)) return this.specialNumber('nan');
    if (value < 0) return `(-${this.number(-value)})`;
    return value === Infinity ? this.specialNumber('infinity') : String(value);
  }

  private specialNumber(name: SpecialNumber): string {
    this.special.add(name);
    return name;
  }

  private call(name: string, args: readonly Expression[]): string {
    const written = args.map((arg) => this.write(arg));
    if (MATH.has(name)) return `${name}(${written.join(', ')})`;
    if (!Object.hasOwn(DEVICE_FUNCTIONS, name)) throw new TypeError(`gpu kernels have no function ${name}`);
    const fn = DEVICE_FUNCTIONS[name];
    this.functions.set(fn.name, sourceOf(fn));
    const special = (fn.special ?? []).map((s) => this.specialNumber(s));
    return `${fn.name}(${[...written, ...special].join(', ')})`;
  }
}

const literal = (value: number | boolean): Expression =>
  typeof value === 'number' ? { kind: 'number', value } : { kind: 'boolean', value };

const isLiteral = (e: Expression): e is Expression & { kind: 'number' | 'boolean' } =>
  e.kind === 'number' || e.kind === 'boolean';

function foldUnary(e: Expression & { kind: 'unary' }): Expression {
  if (!isLiteral(e.x)) return e;
  return literal(e.op === '!' ? !e.x.value : e.op === '-' ? -Number(e.x.value) : Number(e.x.value));
}

function foldBinary(e: Expression & { kind: 'binary' }): Expression {
  if (isLiteral(e.x) && isLiteral(e.y)) return literal(applyOperator(e.op, e.x.value, e.y.value));
  if (e.op !== '&&' && e.op !== '||') return e;
  for (const [known, other] of [
    [e.x, e.y],
    [e.y, e.x],
  ]) {
    if (known.kind === 'boolean') return known.value === (e.op === '&&') ? other : known;
  }
  return e;
}
