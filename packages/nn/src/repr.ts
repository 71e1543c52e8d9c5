/** Text as Python's `repr` has it, for what modules print about themselves. */

/** A float as Python prints it: 1e-05, 0.5; an integer-valued number has no point. */
function number(x: number): string {
  if (Number.isNaN(x)) return 'nan';
  if (!Number.isFinite(x)) return x > 0 ? 'inf' : '-inf';
  if (Number.isInteger(x)) return String(x);
  const size = Math.abs(x);
  if (size >= 1e-4) return String(x);
  const [mantissa, exponent] = x.toExponential().split('e-');
  return `${mantissa}e-${exponent.padStart(2, '0')}`;
}

/** Numbers, booleans, null, strings (without quotes) and arrays (as tuples). */
export function show(value: unknown): string {
  if (typeof value === 'number') return number(value);
  if (typeof value === 'boolean') return value ? 'True' : 'False';
  if (value === null || value === undefined) return 'None';
  if (Array.isArray(value)) return value.length === 1 ? `(${show(value[0])},)` : `(${value.map(show).join(', ')})`;
  return String(value);
}

/** A number that is a float in Python: 1.0. */
export const float = (x: number): string => (Number.isInteger(x) ? x.toFixed(1) : number(x));

/** All lines but the first moved to the right by two. */
export const indent = (text: string): string => text.replaceAll('\n', '\n  ');

/** A module's name, its own text and its children, as `torch.nn.Module.__repr__` lays them out. */
export function layOut(name: string, extra: string, children: readonly string[]): string {
  const extraLines = extra === '' ? [] : extra.split('\n');
  if (extraLines.length + children.length === 0) return `${name}()`;
  if (extraLines.length === 1 && children.length === 0) return `${name}(${extraLines[0]})`;
  return `${name}(\n  ${[...extraLines, ...children.map(indent)].join('\n  ')}\n)`;
}
