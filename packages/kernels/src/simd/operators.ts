/** What the operators and functions of the language are in WebAssembly: for float64 numbers, and for float32 vectors. */
import type { Code } from './binary.js';
import { VECTOR_FUNCTIONS } from './functions.js';
import { op } from './instructions.js';
import type { BinaryOperator } from './syntax.js';

type Pair = readonly [scalar: Code, vector: Code];

export const ARITHMETIC: Readonly<Record<'+' | '-' | '*' | '/', Pair>> = {
  '+': [op.f64Add, op.f32x4Add],
  '-': [op.f64Sub, op.f32x4Sub],
  '*': [op.f64Mul, op.f32x4Mul],
  '/': [op.f64Div, op.f32x4Div],
};
export const COMPARISON: Readonly<Record<'<' | '<=' | '>' | '>=' | '===' | '!==', Pair>> = {
  '<': [op.f64Lt, op.f32x4Lt],
  '<=': [op.f64Le, op.f32x4Le],
  '>': [op.f64Gt, op.f32x4Gt],
  '>=': [op.f64Ge, op.f32x4Ge],
  '===': [op.f64Eq, op.f32x4Eq],
  '!==': [op.f64Ne, op.f32x4Ne],
};
/** On vectors alone. */
export const UNARY: Readonly<Record<string, Code>> = {
  'Math.abs': op.f32x4Abs,
  'Math.sqrt': op.f32x4Sqrt,
  'Math.floor': op.f32x4Floor,
  'Math.ceil': op.f32x4Ceil,
  'Math.trunc': op.f32x4Trunc,
  nearest: op.f32x4Nearest,
};
export const PAIRS: Readonly<Record<string, Pair>> = {
  'Math.min': [op.f64Min, op.f32x4Min],
  'Math.max': [op.f64Max, op.f32x4Max],
};
/** How many arguments a function takes; undefined where there is none of that name. */
export function argumentCount(name: string): number | undefined {
  if (Object.hasOwn(VECTOR_FUNCTIONS, name)) return VECTOR_FUNCTIONS[name].params.length;
  if (Object.hasOwn(UNARY, name) || ['powerOfTwo', 'exponentOf', 'mantissaOf'].includes(name)) return 1;
  return Object.hasOwn(PAIRS, name) ? 2 : undefined;
}

/** What JavaScript makes of two operands. */
export function applyOperator(operator: BinaryOperator, x: number | boolean, y: number | boolean): number | boolean {
  const [a, b] = [Number(x), Number(y)];
  switch (operator) {
    case '+':
      return a + b;
    case '-':
      return a - b;
    case '*':
      return a * b;
    case '/':
      return a / b;
    case '%':
      return a % b;
    case '<':
      return a < b;
    case '<=':
      return a <= b;
    case '>':
      return a > b;
    case '>=':
      return a >= b;
    case '===':
      return x === y;
    case '!==':
      return x !== y;
    case '&&':
      return x && y;
    case '||':
      return x || y;
  }
}
