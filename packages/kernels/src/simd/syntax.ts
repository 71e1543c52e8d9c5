/** The language of scalar definitions: a small part of JavaScript, read into trees. */

export type BinaryOperator = '+' | '-' | '*' | '/' | '%' | '<' | '<=' | '>' | '>=' | '===' | '!==' | '&&' | '||';

export type Expression =
  | { readonly kind: 'number'; readonly value: number }
  | { readonly kind: 'boolean'; readonly value: boolean }
  | { readonly kind: 'name'; readonly name: string }
  | { readonly kind: 'unary'; readonly op: '-' | '!' | '+'; readonly x: Expression }
  | { readonly kind: 'binary'; readonly op: BinaryOperator; readonly x: Expression; readonly y: Expression }
  | { readonly kind: 'choice'; readonly test: Expression; readonly yes: Expression; readonly no: Expression }
  | { readonly kind: 'call'; readonly name: string; readonly args: readonly Expression[] };

export type Statement =
  | { readonly kind: 'set'; readonly name: string; readonly value: Expression; readonly declares: boolean }
  | {
      readonly kind: 'if';
      readonly test: Expression;
      readonly yes: readonly Statement[];
      readonly no: readonly Statement[];
    };

/** What the language does not have, or what has no vector form: the caller keeps to its loop in JavaScript. */
export class Unsupported extends Error {}

const TOKEN =
  /\s*(?:\/\/[^\n]*\s*)*(\d[\d_]*\.?\d*(?:e[+-]?\d+)?|[A-Za-z_$][\w$.]*|===|!==|<=|>=|&&|\|\||[-+*/]=|[-+*/%<>!?:;,=(){}])/iy;
const PRECEDENCE: Readonly<Record<string, number>> = {
  '||': 1,
  '&&': 2,
  '===': 3,
  '!==': 3,
  '<': 4,
  '<=': 4,
  '>': 4,
  '>=': 4,
  '+': 5,
  '-': 5,
  '*': 6,
  '/': 6,
  '%': 6,
};

function tokensOf(source: string): string[] {
  const tokens: string[] = [];
  TOKEN.lastIndex = 0;
  let at = 0;
  while (
    source
      .slice(at)
      .replace(/\/\/[^\n]*/g, '')
      .trim() !== ''
  ) {
    const match = TOKEN.exec(source);
    if (match === null) throw new Unsupported(`cannot read '${source.slice(at, at + 20).trim()}'`);
    tokens.push(match[1]);
    at = TOKEN.lastIndex;
  }
  return tokens;
}

class Parser {
  private at = 0;

  constructor(private readonly tokens: readonly string[]) {}

  get done(): boolean {
    return this.at === this.tokens.length;
  }

  private peek(): string | undefined {
    return this.tokens[this.at];
  }

  private take(): string {
    const token = this.tokens[this.at++];
    if (token === undefined) throw new Unsupported('the source ends too early');
    return token;
  }

  private accept(token: string): boolean {
    if (this.peek() !== token) return false;
    this.at++;
    return true;
  }

  private expect(token: string): void {
    const found = this.take();
    if (found !== token) throw new Unsupported(`expected '${token}', found '${found}'`);
  }

  statements(end: string | undefined): Statement[] {
    const list: Statement[] = [];
    while (this.peek() !== end) if (!this.accept(';')) list.push(...this.statement());
    return list;
  }

  private block(): Statement[] {
    if (!this.accept('{')) return this.statement();
    const list = this.statements('}');
    this.expect('}');
    return list;
  }

  private statement(): Statement[] {
    if (this.accept('if')) {
      this.expect('(');
      const test = this.expression();
      this.expect(')');
      const yes = this.block();
      return [{ kind: 'if', test, yes, no: this.accept('else') ? this.block() : [] }];
    }
    if (this.peek() === 'let' || this.peek() === 'const') return this.declarations();
    const name = this.name();
    const op = this.take();
    const value = this.expression();
    this.accept(';');
    if (op === '=') return [{ kind: 'set', name, value, declares: false }];
    if (!/^[-+*/]=$/.test(op)) throw new Unsupported(`expected an assignment, found '${op}'`);
    const x: Expression = { kind: 'name', name };
    const result: Expression = { kind: 'binary', op: op[0] as BinaryOperator, x, y: value };
    return [{ kind: 'set', name, value: result, declares: false }];
  }

  private declarations(): Statement[] {
    this.take();
    const list: Statement[] = [];
    do {
      const name = this.name();
      this.expect('=');
      list.push({ kind: 'set', name, value: this.expression(), declares: true });
    } while (this.accept(','));
    this.accept(';');
    return list;
  }

  private name(): string {
    const token = this.take();
    if (!/^[A-Za-z_$][\w$]*$/.test(token)) throw new Unsupported(`expected a name, found '${token}'`);
    return token;
  }

  expression(): Expression {
    const test = this.binary(0);
    if (!this.accept('?')) return test;
    const yes = this.expression();
    this.expect(':');
    return { kind: 'choice', test, yes, no: this.expression() };
  }

  private binary(least: number): Expression {
    let x = this.unary();
    for (;;) {
      const op = this.peek() ?? '';
      const precedence = Object.hasOwn(PRECEDENCE, op) ? PRECEDENCE[op] : 0;
      if (precedence <= least) return x;
      this.take();
      x = { kind: 'binary', op: op as BinaryOperator, x, y: this.binary(precedence) };
    }
  }

  private unary(): Expression {
    const op = this.peek();
    if (op === '-' || op === '!' || op === '+') {
      this.take();
      return { kind: 'unary', op, x: this.unary() };
    }
    return this.primary();
  }

  private primary(): Expression {
    const token = this.take();
    if (token === '(') {
      const inner = this.expression();
      this.expect(')');
      return inner;
    }
    if (/^\d/.test(token)) return { kind: 'number', value: Number(token.replaceAll('_', '')) };
    if (token === 'true' || token === 'false') return { kind: 'boolean', value: token === 'true' };
    if (token === 'Infinity') return { kind: 'number', value: Infinity };
    if (token === 'Math.PI') return { kind: 'number', value: Math.PI };
    if (!/^[A-Za-z_$]/.test(token)) throw new Unsupported(`unexpected '${token}'`);
    if (!this.accept('(')) return { kind: 'name', name: token };
    const args: Expression[] = [];
    while (!this.accept(')')) {
      args.push(this.expression());
      if (this.peek() !== ')') this.expect(',');
    }
    return { kind: 'call', name: token, args };
  }
}

/** @throws Unsupported for anything outside the language. */
export function parseExpression(source: string): Expression {
  const parser = new Parser(tokensOf(source));
  const expression = parser.expression();
  if (!parser.done) throw new Unsupported(`more follows after the expression '${source}'`);
  return expression;
}

/** @throws Unsupported for anything outside the language. */
export function parseStatements(source: string): Statement[] {
  return new Parser(tokensOf(source)).statements(undefined);
}

/** The names that statements use, and those to which they give values. */
export interface Names {
  readonly used: Set<string>;
  readonly set: Set<string>;
}

function visit(e: Expression, used: Set<string>): void {
  switch (e.kind) {
    case 'name':
      used.add(e.name);
      break;
    case 'unary':
      visit(e.x, used);
      break;
    case 'binary':
      visit(e.x, used);
      visit(e.y, used);
      break;
    case 'choice':
      for (const part of [e.test, e.yes, e.no]) visit(part, used);
      break;
    case 'call':
      for (const arg of e.args) visit(arg, used);
      break;
    default:
      break;
  }
}

/** @param into receives the names */
export function namesIn(statements: readonly Statement[], into: Names = { used: new Set(), set: new Set() }): Names {
  for (const s of statements) {
    if (s.kind === 'set') {
      visit(s.value, into.used);
      into.set.add(s.name);
    } else {
      visit(s.test, into.used);
      namesIn(s.yes, into);
      namesIn(s.no, into);
    }
  }
  return into;
}

/** The names that an expression uses. */
export function namesOf(e: Expression): Set<string> {
  const used = new Set<string>();
  visit(e, used);
  return used;
}
