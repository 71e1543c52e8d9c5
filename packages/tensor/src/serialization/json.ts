import { SerializationError } from '../errors.js';
import { hasLoneSurrogate } from './utf8.js';

/** A number with a fraction or an exponent, which is no integer whatever its value. */
export class JsonFloat {
  constructor(readonly value: number) {}
}

/** Objects are Maps, so that every key is data and the order is kept. */
export type Json = null | boolean | number | string | JsonFloat | readonly Json[] | ReadonlyMap<string, Json>;

/** Containers in one another at most. */
const MAX_DEPTH = 128;
/** Values at most: each takes far more memory than its text. */
const MAX_VALUES = 1 << 22;
const NUMBER = /-?(?:0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?/y;
const SPACE = /[ \t\n\r]*/y;

/**
 * JSON as RFC 8259 has it, but a key that occurs twice in an object is an error: readers differ in what they make of it.
 * Time and memory are proportional to the text.
 * @throws SerializationError saying what was expected, and where.
 */
export function parseJson(text: string): Json {
  return new Parser(text).run();
}

class Parser {
  #at = 0;
  #values = 0;

  constructor(readonly text: string) {}

  run(): Json {
    this.#space();
    const value = this.#value(0);
    this.#space();
    if (this.#at < this.text.length) this.#fail('trailing characters');
    return value;
  }

  #fail(what: string): never {
    throw new SerializationError(`${what} at character ${this.#at + 1}`);
  }

  #space(): void {
    SPACE.lastIndex = this.#at;
    this.#at += SPACE.exec(this.text)?.[0].length ?? 0;
  }

  /** Steps over the character if it is the next one. */
  #take(character: string): boolean {
    if (this.text[this.#at] !== character) return false;
    this.#at++;
    return true;
  }

  #value(depth: number): Json {
    if (++this.#values > MAX_VALUES) this.#fail(`more than ${MAX_VALUES} values`);
    if (depth > MAX_DEPTH) this.#fail(`nested deeper than ${MAX_DEPTH} levels`);
    switch (this.text[this.#at]) {
      case '{':
        return this.#object(depth);
      case '[':
        return this.#array(depth);
      case '"':
        return this.#string();
      default:
        return this.#literal();
    }
  }

  #object(depth: number): Json {
    this.#at++;
    const entries = new Map<string, Json>();
    this.#space();
    if (this.#take('}')) return entries;
    do {
      this.#space();
      if (this.text[this.#at] !== '"') this.#fail('expected a key');
      const key = this.#string();
      if (entries.has(key)) this.#fail(`duplicate key ${JSON.stringify(key.slice(0, 200))}`);
      this.#space();
      if (!this.#take(':')) this.#fail('expected `:`');
      this.#space();
      entries.set(key, this.#value(depth + 1));
      this.#space();
    } while (this.#take(','));
    if (!this.#take('}')) this.#fail('expected `,` or `}`');
    return entries;
  }

  #array(depth: number): Json {
    this.#at++;
    const items: Json[] = [];
    this.#space();
    if (this.#take(']')) return items;
    do {
      this.#space();
      items.push(this.#value(depth + 1));
      this.#space();
    } while (this.#take(','));
    if (!this.#take(']')) this.#fail('expected `,` or `]`');
    return items;
  }

  #string(): string {
    const start = this.#at;
    let escaped = false;
    for (let i = start + 1; i < this.text.length; i++) {
      const code = this.text.charCodeAt(i);
      if (code < 0x20) this.#fail('control character in a string');
      if (code === 0x5c) {
        escaped = true;
        i++; // what it escapes
      } else if (code === 0x22) {
        this.#at = i + 1;
        return escaped ? this.#unescape(start) : this.text.slice(start + 1, i);
      }
    }
    return this.#fail('a string without end');
  }

  /** The string whose text starts at `start` and ends here. */
  #unescape(start: number): string {
    try {
      const text = JSON.parse(this.text.slice(start, this.#at)) as string;
      if (!hasLoneSurrogate(text)) return text;
    } catch {
      // said below
    }
    return this.#fail('invalid escape in a string');
  }

  #literal(): Json {
    for (const [name, value] of [
      ['null', null],
      ['true', true],
      ['false', false],
    ] as const) {
      if (!this.text.startsWith(name, this.#at)) continue;
      this.#at += name.length;
      return value;
    }
    NUMBER.lastIndex = this.#at;
    const match = NUMBER.exec(this.text);
    if (match === null) return this.#fail('expected value');
    this.#at += match[0].length;
    const value = Number(match[0]);
    const isInteger = match[1] === undefined && match[2] === undefined && !Object.is(value, -0);
    return isInteger ? value : new JsonFloat(value);
  }
}
