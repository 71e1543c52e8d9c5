/** An optimizer's update with its numbers filled in: the very lines that it runs, followed for one element. */
import { applyOperator, type Expression, parseStatements, type Statement, Unsupported } from '@torchlet/kernels';
import type { Tensor } from '@torchlet/tensor';
import type { UpdateKernel } from '@torchlet/tensor/internal';
import { elementsOf, show } from './numbers.js';

type Value = number | boolean;

/** One assignment. */
export interface TraceLine {
  readonly name: string;
  /** `beta1 · exp_avg + (1 − beta1) · g` */
  readonly formula: string;
  /** `0.9 · 0 + (1 − 0.9) · 0.3` */
  readonly numbers: string;
  readonly value: Value;
}

export interface Trace {
  readonly kernel: string;
  /** The element that was followed, in row-major order: the one with the largest gradient. */
  readonly element: number;
  readonly lines: readonly TraceLine[];
}

/**
 * Follows one element through an update that is about to run. Choices that are not taken are left out. Computed in float64,
 * so a float32 result agrees to its last digits.
 * @returns null for an update whose lines cannot be read
 */
export function trace(
  kernel: UpdateKernel,
  tensors: Readonly<Record<string, Tensor | null>>,
  values: Readonly<Record<string, Value>>,
): Trace | null {
  const statements = parsed(kernel.each);
  if (statements === null) return null;
  const element = largest(tensors.grad ?? tensors[kernel.writes[0]] ?? null);
  const env = new Map<string, Value>(Object.entries(values));
  // an average that is zero is to be read as an average all the same
  env.set('tiny', 0);
  for (const name of [...kernel.writes, ...kernel.reads]) {
    const t = tensors[name] ?? null;
    env.set(name, t === null ? 0 : (elementsOf(t)[element] ?? 0));
  }
  const lines: TraceLine[] = [];
  run(statements, env, lines);
  return { kernel: kernel.name, element, lines };
}

function parsed(source: string): Statement[] | null {
  try {
    return parseStatements(source);
  } catch (error) {
    if (error instanceof Unsupported) return null;
    throw error;
  }
}

function largest(t: Tensor | null): number {
  if (t === null) return 0;
  const data = elementsOf(t);
  let best = 0;
  for (let i = 1; i < data.length; i++) if (Math.abs(data[i]) > Math.abs(data[best])) best = i;
  return best;
}

function run(statements: readonly Statement[], env: Map<string, Value>, lines: TraceLine[]): void {
  for (const s of statements) {
    if (s.kind === 'if') {
      run(evaluate(s.test, env) ? s.yes : s.no, env, lines);
      continue;
    }
    const taken = chosen(s.value, env);
    const value = evaluate(taken, env);
    const numbers = text(taken, (name) => number(env.get(name) ?? 0));
    lines.push({ name: s.name, formula: text(taken, (name) => name), numbers, value });
    env.set(s.name, value);
  }
}

const number = (x: Value): string => (typeof x === 'number' ? show(x).replace('-', '−') : String(x));

/** The expression without the choices that are not taken. */
function chosen(e: Expression, env: ReadonlyMap<string, Value>): Expression {
  switch (e.kind) {
    case 'choice':
      return chosen(evaluate(e.test, env) ? e.yes : e.no, env);
    case 'unary':
      return { ...e, x: chosen(e.x, env) };
    case 'binary':
      return { ...e, x: chosen(e.x, env), y: chosen(e.y, env) };
    case 'call':
      return { ...e, args: e.args.map((arg) => chosen(arg, env)) };
    default:
      return e;
  }
}

function evaluate(e: Expression, env: ReadonlyMap<string, Value>): Value {
  switch (e.kind) {
    case 'number':
    case 'boolean':
      return e.value;
    case 'name':
      return env.get(e.name) ?? 0;
    case 'unary': {
      const x = evaluate(e.x, env);
      return e.op === '!' ? !x : e.op === '-' ? -x : +x;
    }
    case 'choice':
      return evaluate(evaluate(e.test, env) ? e.yes : e.no, env);
    case 'call': {
      const f = (Math as unknown as Record<string, (...args: number[]) => number>)[e.name.replace('Math.', '')];
      return f(...e.args.map((arg) => Number(evaluate(arg, env))));
    }
    case 'binary':
      return applyOperator(e.op, evaluate(e.x, env), evaluate(e.y, env));
  }
}

const SIGNS: Readonly<Record<string, string>> = { '*': '·', '-': '−', '<=': '≤', '>=': '≥', '===': '=', '!==': '≠' };
const PRECEDENCE: Readonly<Record<string, number>> = { '+': 2, '-': 2, '*': 3, '/': 3 };
const binding = (e: Expression): number =>
  e.kind === 'binary' ? (PRECEDENCE[e.op] ?? 1) : e.kind === 'choice' ? 0 : 4;

/** As mathematics writes it; `name` says what stands for a variable. */
function text(e: Expression, name: (name: string) => string): string {
  const inner = (x: Expression, least: number): string => {
    const written = text(x, name);
    return binding(x) < least || (written.startsWith('−') && least > 2) ? `(${written})` : written;
  };
  switch (e.kind) {
    case 'number':
    case 'boolean':
      return number(e.value);
    case 'name':
      return name(e.name);
    case 'unary':
      return `${SIGNS[e.op] ?? e.op}${inner(e.x, 4)}`;
    case 'choice':
      return `${inner(e.test, 1)} ? ${text(e.yes, name)} : ${text(e.no, name)}`;
    case 'call': {
      const args = e.args.map((arg) => text(arg, name)).join(', ');
      return e.name === 'Math.sqrt' ? `√(${args})` : `${e.name.replace('Math.', '')}(${args})`;
    }
    case 'binary': {
      const own = binding(e);
      const right = e.op === '-' || e.op === '/' ? own + 1 : own;
      return `${inner(e.x, own)} ${SIGNS[e.op] ?? e.op} ${inner(e.y, right)}`;
    }
  }
}
