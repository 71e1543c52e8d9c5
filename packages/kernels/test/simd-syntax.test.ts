/** The language of scalar definitions: what is read, and what is refused. */
import { describe, expect, it } from 'vitest';
import { type Expression, parseExpression, parseStatements, type Statement, Unsupported } from '../src/simd/syntax.js';

/** The tree as text, every operation in brackets. */
function show(e: Expression): string {
  switch (e.kind) {
    case 'number':
    case 'boolean':
      return String(e.value);
    case 'name':
      return e.name;
    case 'unary':
      return `(${e.op}${show(e.x)})`;
    case 'binary':
      return `(${show(e.x)} ${e.op} ${show(e.y)})`;
    case 'choice':
      return `(${show(e.test)} ? ${show(e.yes)} : ${show(e.no)})`;
    case 'call':
      return `${e.name}(${e.args.map(show).join(', ')})`;
  }
}

function showStatement(s: Statement): string {
  if (s.kind === 'set') return `${s.declares ? 'let ' : ''}${s.name} = ${show(s.value)};`;
  const block = (list: readonly Statement[]): string => `{ ${list.map(showStatement).join(' ')} }`;
  return `if ${show(s.test)} ${block(s.yes)} else ${block(s.no)}`;
}

const expression = (source: string): string => show(parseExpression(source));
const statements = (source: string): string => parseStatements(source).map(showStatement).join(' ');

describe('expressions', () => {
  it.each([
    ['a + b * c', '(a + (b * c))'],
    ['a * b + c', '((a * b) + c)'],
    ['a - b - c', '((a - b) - c)'],
    ['a / b / c * d', '(((a / b) / c) * d)'],
    ['a - (b - c)', '(a - (b - c))'],
    ['a - b % c * d', '(a - ((b % c) * d))'],
    ['-a * b', '((-a) * b)'],
    ['a - -b', '(a - (-b))'],
    ['- - a', '(-(-a))'],
    ['+a', '(+a)'],
    ['!a && b', '((!a) && b)'],
    ['a < b + c', '(a < (b + c))'],
    ['a < b === c >= d', '((a < b) === (c >= d))'],
    ['a <= b !== c > d', '((a <= b) !== (c > d))'],
    ['a || b && c || d', '((a || (b && c)) || d)'],
    ['a === b && c !== d', '((a === b) && (c !== d))'],
    ['a ? b : c', '(a ? b : c)'],
    ['a ? b : c ? d : e', '(a ? b : (c ? d : e))'],
    ['a ? b ? c : d : e', '(a ? (b ? c : d) : e)'],
    ['a < b ? c + d : e * f', '((a < b) ? (c + d) : (e * f))'],
    ['(a ? b : c) + d', '((a ? b : c) + d)'],
    ['Math.max(a + b, -c)', 'Math.max((a + b), (-c))'],
    ['erf(Math.abs(x))', 'erf(Math.abs(x))'],
    ['f()', 'f()'],
    ['f(a, b,)', 'f(a, b)'],
    ['a\n  + // the second\n  b // and no more', '(a + b)'],
    ['a/b', '(a / b)'],
    ['$a_1*b', '($a_1 * b)'],
  ])('%s', (source, tree) => {
    expect(expression(source)).toBe(tree);
  });

  it.each([
    ['0', 0],
    ['12', 12],
    ['1.', 1],
    ['0.5', 0.5],
    ['1e-8', 1e-8],
    ['2.5E+3', 2500],
    ['9_007_199_254_740_991', Number.MAX_SAFE_INTEGER],
    ['0.1', 0.1],
    ['Infinity', Infinity],
    ['1e999', Infinity],
    ['Math.PI', Math.PI],
  ])('the number %s', (source, value) => {
    expect(parseExpression(source)).toEqual({ kind: 'number', value });
  });

  it('the truth values', () => {
    expect(parseExpression('true')).toEqual({ kind: 'boolean', value: true });
    expect(parseExpression('false')).toEqual({ kind: 'boolean', value: false });
  });

  it.each([
    ['', 'the source ends too early'],
    ['a +', 'the source ends too early'],
    ['(a', 'the source ends too early'],
    ['f(a', 'the source ends too early'],
    ['(a b)', "expected ')', found 'b'"],
    ['a ? b', 'the source ends too early'],
    ['a ? b ; c', "expected ':', found ';'"],
    ['f(a b)', "expected ',', found 'b'"],
    ['a b', "more follows after the expression 'a b'"],
    ['a constructor b', "more follows after the expression 'a constructor b'"],
    ['a & b', "cannot read '& b'"],
    ['~a', "cannot read '~a'"],
    ["'text'", "cannot read ''text''"],
    ['`a`', "cannot read '`a`'"],
    ['a[0]', "cannot read '[0]'"],
    ['.5', "cannot read '.5'"],
    ['a ** b', "unexpected '*'"],
    ['a == b', 'more follows after the expression'],
    ['a /* b */ + c', "unexpected '*'"],
    ['0x10', 'more follows after the expression'],
    ['x => x', 'more follows after the expression'],
    ['a = b', 'more follows after the expression'],
    ['a, b', 'more follows after the expression'],
  ])('refuses %j', (source, message) => {
    expect(() => parseExpression(source)).toThrow(Unsupported);
    expect(() => parseExpression(source)).toThrow(message);
  });
});

describe('statements', () => {
  it.each([
    ['', ''],
    [' ; ;; // nothing\n', ''],
    ['a = b', 'a = b;'],
    ['a = b; c = d;', 'a = b; c = d;'],
    ['a = b\nc = d', 'a = b; c = d;'],
    ['let a = 1', 'let a = 1;'],
    ['const a = b + 1, c = a * 2; d = c;', 'let a = (b + 1); let c = (a * 2); d = c;'],
    ['a += b * 2', 'a = (a + (b * 2));'],
    ['a -= b - c;', 'a = (a - (b - c));'],
    ['a *= b ? c : d', 'a = (a * (b ? c : d));'],
    ['a /= 2', 'a = (a / 2);'],
    ['if (a) b = c;', 'if a { b = c; } else {  }'],
    ['if (a) b = c; else b = d;', 'if a { b = c; } else { b = d; }'],
    ['if (a) { b = c } else { b = d }', 'if a { b = c; } else { b = d; }'],
    ['if (a) {} else b = d', 'if a {  } else { b = d; }'],
    [
      'if (a) b = 1; else if (c) b = 2; else b = 3; d = b;',
      'if a { b = 1; } else { if c { b = 2; } else { b = 3; } } d = b;',
    ],
    // an else belongs to the nearest if
    ['if (a) if (b) c = 1; else c = 2;', 'if a { if b { c = 1; } else { c = 2; } } else {  }'],
    [
      'if (a < b) {\n  const c = a; // ends here\n  b = c;\n}\nd = a;',
      'if (a < b) { let c = a; b = c; } else {  } d = a;',
    ],
  ])('%j', (source, tree) => {
    expect(statements(source)).toBe(tree);
  });

  it.each([
    ['a', 'the source ends too early'],
    ['a =', 'the source ends too early'],
    ['let a;', "expected '=', found ';'"],
    ['let 1 = a', "expected a name, found '1'"],
    ['1 = a', "expected a name, found '1'"],
    ['Math.PI = a', "expected a name, found 'Math.PI'"],
    ['a + b', "expected an assignment, found '+'"],
    ['a === b', "expected an assignment, found '==='"],
    ['a++', 'the source ends too early'],
    ['a ||= b', "unexpected '='"],
    ['if a b = 1', "expected '(', found 'a'"],
    ['if (a) { b = 1', 'the source ends too early'],
    ['if (a) b = 1; }', "expected a name, found '}'"],
    ['while (a < b) a += 1', "expected an assignment, found '('"],
    ['for (;;) a = 1', "unexpected ';'"],
    ['return a', 'the source ends too early'],

    ['a = b c', 'the source ends too early'],
    ['a %= b', "unexpected '='"],
  ])('refuses %j', (source, message) => {
    expect(() => parseStatements(source)).toThrow(Unsupported);
    expect(() => parseStatements(source)).toThrow(message);
  });
});
