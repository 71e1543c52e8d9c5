/**
 * Tensors as text, character for character as PyTorch prints them.
 * @see https://pytorch.org/docs/stable/generated/torch.set_printoptions.html
 */
import { isOptions, kindOf } from './arguments.js';
import { type DType, isFloating } from './dtype.js';
import { ValueError } from './errors.js';

/** How tensors print; `sci_mode` null lets the values decide. */
export interface PrintOptions {
  /** Digits after the decimal point, 4 by default. */
  precision: number;
  /** More elements than this are summarised, 1000 by default. */
  threshold: number;
  /** Elements shown at the beginning and end of each summarised dimension, 3 by default. */
  edgeitems: number;
  /** Characters in a line, 80 by default. */
  linewidth: number;
  /** Scientific notation: always, never, or (null) when the magnitudes ask for it. */
  sci_mode: boolean | null;
}

export type PrintProfile = 'default' | 'short' | 'full';

const PROFILES: Readonly<Record<PrintProfile, Omit<PrintOptions, 'sci_mode'>>> = {
  default: { precision: 4, threshold: 1000, edgeitems: 3, linewidth: 80 },
  short: { precision: 2, threshold: 1000, edgeitems: 2, linewidth: 80 },
  full: { precision: 4, threshold: Number.POSITIVE_INFINITY, edgeitems: 3, linewidth: 80 },
};

const options: PrintOptions = { ...PROFILES.default, sci_mode: null };

/** Bounds of each option; `toExponential` takes 100 digits at most and rounding looks one further. */
const LIMITS = {
  precision: [0, 99],
  threshold: [0, Infinity],
  edgeitems: [0, Infinity],
  linewidth: [0, Infinity],
} as const;

/**
 * Sets how tensors print. A profile sets everything, single options override it, and what is not given stays, except
 * `sci_mode`, which goes back to null (as in PyTorch).
 * @throws {ValueError} for an unknown option or profile, or a value that is no integer in range
 */
export function set_printoptions(given: Partial<PrintOptions> & { profile?: PrintProfile | null } = {}): void {
  if (!isOptions(given)) throw new ValueError(`set_printoptions() expected an options object, got ${kindOf(given)}`);
  const { profile, sci_mode, ...numbers } = given;
  const next: PrintOptions = { ...options, sci_mode: sci_mode ?? null };
  if (next.sci_mode !== null && typeof next.sci_mode !== 'boolean') {
    throw new ValueError(`set_printoptions: sci_mode must be a boolean or null, got ${String(sci_mode)}`);
  }
  if (profile !== undefined && profile !== null) {
    if (!Object.hasOwn(PROFILES, profile)) {
      throw new ValueError(`set_printoptions: profile must be one of default, short, full, got ${String(profile)}`);
    }
    Object.assign(next, PROFILES[profile]);
  }
  for (const [name, value] of Object.entries(numbers)) {
    if (!isLimited(name)) throw new ValueError(`set_printoptions() got an unexpected keyword argument '${name}'`);
    if (value === undefined || value === null) continue;
    const [low, high] = LIMITS[name];
    if (!(Number.isInteger(value) || value === Number.POSITIVE_INFINITY) || value < low || value > high) {
      throw new ValueError(`set_printoptions: ${name} must be an integer from ${low} to ${high}, got ${value}`);
    }
    next[name] = value;
  }
  Object.assign(options, next);
}

function isLimited(name: string): name is keyof typeof LIMITS {
  return Object.hasOwn(LIMITS, name);
}

/** The options in use (a copy). */
export function get_printoptions(): PrintOptions {
  return { ...options };
}

/** What {@link formatTensor} needs to know of a tensor. */
export interface Printable {
  readonly shape: readonly number[];
  readonly dtype: DType;
  /** The elements in row-major order, bool as 0 and 1; or what gives the element at such an index. Only those that print are read. */
  readonly data: ArrayLike<number> | ((index: number) => number);
  readonly device?: string;
  readonly requires_grad?: boolean;
  /** The name of the grad_fn, such as `AddBackward0`. */
  readonly grad_fn?: string | null;
  /** What stands before the bracket, `tensor` by default. */
  readonly prefix?: string;
}

/** A tensor as PyTorch prints it: `tensor([[1., 2.]], requires_grad=True)`. */
export function formatTensor(t: Printable): string {
  const prefix = `${t.prefix ?? 'tensor'}(`;
  const numel = t.shape.reduce((product, size) => product * size, 1);
  const body = numel === 0 ? '[]' : formatElements(t, numel, prefix.length);
  return addSuffixes(prefix + body, suffixes(t, numel), prefix.length);
}

function suffixes(t: Printable, numel: number): string[] {
  const parts: string[] = [];
  if (t.device !== undefined && t.device !== 'cpu') parts.push(`device='${t.device}'`);
  if (numel === 0 && t.shape.length !== 1) parts.push(`size=(${t.shape.join(', ')})`);
  // Elements tell int64 and bool from the default dtype; without elements only the default is silent.
  const telling = t.dtype === 'float32' || (numel > 0 && (t.dtype === 'int64' || t.dtype === 'bool'));
  if (!telling) parts.push(`dtype=torch.${t.dtype}`);
  if (t.grad_fn) parts.push(`grad_fn=<${t.grad_fn}>`);
  else if (t.requires_grad) parts.push('requires_grad=True');
  return parts;
}

function addSuffixes(text: string, parts: readonly string[], indent: number): string {
  let out = text;
  // PyTorch counts two more than there are; lines break where its lines break.
  let lineLength = text.length - text.lastIndexOf('\n') + 1;
  for (const part of parts) {
    if (lineLength + part.length + 2 > options.linewidth) {
      out += `,\n${' '.repeat(indent)}${part}`;
      lineLength = indent + part.length;
    } else {
      out += `, ${part}`;
      lineLength += part.length + 2;
    }
  }
  return `${out})`;
}

/** The bracketed elements; `indent` is the column of the first bracket. */
function formatElements(t: Printable, numel: number, indent: number): string {
  const { shape, data } = t;
  const at = typeof data === 'function' ? data : (index: number): number => data[index];
  const edge = numel > options.threshold ? options.edgeitems : Number.POSITIVE_INFINITY;
  const format = elementFormat(
    printed(shape, edge).map((index) => at(index)),
    t.dtype,
  );

  const walk = (dim: number, offset: number, column: number): string => {
    if (dim === shape.length) return format.one(at(offset));
    const last = dim === shape.length - 1;
    const stride = shape.slice(dim + 1).reduce((product, size) => product * size, 1);
    const items = shown(shape[dim], edge).map((i) => {
      if (i === ELLIPSIS) return last ? ' ...' : '...';
      return last ? format.one(at(offset + i)) : walk(dim + 1, offset + i * stride, column + 1);
    });
    const newline = '\n'.repeat(Math.max(1, shape.length - 1 - dim)) + ' '.repeat(column + 1);
    if (!last) return `[${items.join(`,${newline}`)}]`;
    const perLine = Math.max(1, Math.floor((options.linewidth - column) / (format.width + 2)));
    return `[${chunks(items, perLine)
      .map((line) => line.join(', '))
      .join(`,${newline}`)}]`;
  };
  return walk(0, 0, indent);
}

const ELLIPSIS = -1;

/** The indices of a dimension that print, with {@link ELLIPSIS} where some are left out. */
function shown(size: number, edge: number): number[] {
  if (size <= 2 * edge) return Array.from({ length: size }, (_, i) => i);
  const head = Array.from({ length: edge }, (_, i) => i);
  return [...head, ELLIPSIS, ...head.map((i) => size - edge + i)];
}

/** The row-major indices of all elements that print. */
function printed(shape: readonly number[], edge: number): number[] {
  let indices = [0];
  for (const size of shape) {
    const kept = shown(size, edge).filter((i) => i !== ELLIPSIS);
    indices = indices.flatMap((index) => kept.map((i) => index * size + i));
  }
  return indices;
}

function chunks<T>(items: readonly T[], length: number): T[][] {
  const out: T[][] = [];
  for (let i = 0; i < items.length; i += length) out.push(items.slice(i, i + length));
  return out;
}

interface ElementFormat {
  readonly width: number;
  /** One element, padded to the width. */
  one(value: number): string;
}

/** The common format of the given elements: scientific, fixed, or integers with a point; and the widest one's width. */
function elementFormat(values: readonly number[], dtype: DType): ElementFormat {
  if (dtype === 'bool') return padded(values, (x) => (x ? 'True' : 'False'));
  if (!isFloating(dtype)) return padded(values, String);

  const finite = values.filter((x) => Number.isFinite(x) && x !== 0);
  // Nothing to judge by: integers, whatever sci_mode says.
  if (finite.length === 0) return { width: 1, one: integer };
  let min = Number.POSITIVE_INFINITY;
  let max = 0;
  for (const x of finite) {
    min = Math.min(min, Math.abs(x));
    max = Math.max(max, Math.abs(x));
  }
  const { precision, sci_mode } = options;
  const integers = finite.every(Number.isInteger);
  const spread = max / min > 1000 || max > 1e8 || (!integers && min < 1e-4);
  const plain = integers ? integer : (x: number): string => fixed(x, precision);
  const exponential = (x: number): string => scientific(x, precision);
  // The width is that of the format which the values ask for, even where sci_mode forces the other; only finite
  // nonzero values count for it, so that nan, inf and 0 may stand out. Both as in PyTorch.
  const { width } = padded(finite, spread ? exponential : plain);
  const format = (sci_mode ?? spread) ? exponential : plain;
  return { width, one: (x) => format(x).padStart(width) };
}

/** An integer-valued float: `3.`. */
const integer = (x: number): string => fixed(x, 0) + (Number.isFinite(x) ? '.' : '');

function padded(values: readonly number[], format: (x: number) => string): ElementFormat {
  let width = 1;
  for (const x of values) width = Math.max(width, format(x).length);
  return { width, one: (x) => format(x).padStart(width) };
}

// Python rounds exact ties to even where JavaScript rounds them up; otherwise both round the exact binary value.

/** Python's `{:.pf}`. */
function fixed(x: number, precision: number): string {
  if (!Number.isFinite(x)) return nonFinite(x);
  const magnitude = Math.abs(x);
  const sign = x < 0 || Object.is(x, -0) ? '-' : '';
  if (magnitude >= 1e21) return `${sign}${BigInt(magnitude)}${precision > 0 ? `.${'0'.repeat(precision)}` : ''}`;
  // With at most p + 1 bits after the point there are at most p + 1 digits, so that a final 5 is a tie.
  if (Number.isInteger(magnitude * 2 ** (precision + 1))) {
    const digits = magnitude.toFixed(precision + 1);
    if (digits.endsWith('5')) return sign + tieToEven(digits.slice(0, -1), magnitude.toFixed(precision));
  }
  return sign + magnitude.toFixed(precision);
}

/** Python's `{:.pe}`. */
function scientific(x: number, precision: number): string {
  if (!Number.isFinite(x)) return nonFinite(x);
  const magnitude = Math.abs(x);
  const sign = x < 0 || Object.is(x, -0) ? '-' : '';
  let [mantissa, exponent] = magnitude.toExponential(precision).split('e');
  const [longer, power] = magnitude.toExponential(precision + 1).split('e');
  if (longer.endsWith('5') && isTie(magnitude, precision)) {
    const even = tieToEven(longer.slice(0, -1), mantissa);
    if (even !== mantissa) [mantissa, exponent] = [even, power];
  }
  return `${sign}${mantissa}e${exponent[0]}${exponent.slice(1).padStart(2, '0')}`;
}

/** Whether all digits after the (p + 2)th significant one are zero; a hundred of them decide. */
function isTie(magnitude: number, precision: number): boolean {
  const digits = magnitude.toExponential(100).split('e')[0].replace('.', '');
  return /^0*$/.test(digits.slice(precision + 2));
}

/** Of the two neighbours of a tie, the one whose last digit is even. */
function tieToEven(down: string, up: string): string {
  const lower = down.endsWith('.') ? down.slice(0, -1) : down;
  return Number(lower.at(-1)) % 2 === 0 ? lower : up;
}

function nonFinite(x: number): string {
  return Number.isNaN(x) ? 'nan' : x > 0 ? 'inf' : '-inf';
}
