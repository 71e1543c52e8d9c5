/** Values as Python prints them, so that an optimizer's printout is PyTorch's. */
import { isOptions } from '@torchlet/tensor/internal';

/** A number as Python's repr writes a float that is no integer: `1e-08`, `0.0001`. Integers stand without `.0`. */
function number(x: number): string {
  if (Number.isNaN(x)) return 'nan';
  if (!Number.isFinite(x)) return x > 0 ? 'inf' : '-inf';
  if (Number.isInteger(x) && Math.abs(x) < 1e16) return String(x);
  const [digits, power] = x.toExponential().split('e');
  const exponent = Number(power);
  // Python leaves the positional form below 1e-4 and from 1e16 on, JavaScript below 1e-6 and from 1e21 on
  if (exponent >= -4 && exponent < 16) return String(x);
  return `${digits}e${exponent < 0 ? '-' : '+'}${String(Math.abs(exponent)).padStart(2, '0')}`;
}

/** Python's repr of an option's value. Arrays of numbers (and null) print as the tuples that they are in PyTorch. */
export function pythonRepr(value: unknown): string {
  if (value === null || value === undefined) return 'None';
  if (typeof value === 'boolean') return value ? 'True' : 'False';
  if (typeof value === 'number') return number(value);
  if (typeof value === 'string')
    return value.includes("'") && !value.includes('"') ? `"${value}"` : `'${value.replaceAll("'", "\\'")}'`;
  if (Array.isArray(value)) {
    const items = value.map(pythonRepr);
    if (
      value.some((item) => typeof item === 'number') &&
      value.every((item) => item === null || typeof item === 'number')
    ) {
      return `(${items.join(', ')}${items.length === 1 ? ',' : ''})`;
    }
    return `[${items.join(', ')}]`;
  }
  if (isOptions(value)) {
    return `{${Object.entries(value)
      .map(([key, item]) => `${pythonRepr(key)}: ${pythonRepr(item)}`)
      .join(', ')}}`;
  }
  return String(value);
}

/**
 * `SGD (⏎Parameter Group 0⏎    dampening: 0⏎…)`, keys sorted, the tensors left out.
 * @param floats values of options that are floats in Python although they look like integers, such as `lr: 1.0`
 */
export function optimizerRepr(
  name: string,
  groups: readonly object[],
  floats: Readonly<Record<string, number>> = {},
): string {
  let text = `${name} (`;
  groups.forEach((group, i) => {
    text += `\nParameter Group ${i}\n`;
    const entries = Object.entries(group).filter(([key]) => key !== 'params');
    entries.sort(([a], [b]) => (a < b ? -1 : 1));
    // Python prints a string within the group without quotes
    for (const [key, value] of entries) {
      const shown = floats[key] === value ? value.toFixed(1) : typeof value === 'string' ? value : pythonRepr(value);
      text += `    ${key}: ${shown}\n`;
    }
  });
  return `${text})`;
}

/** Lets Node's `util.inspect`, and so `console.log`, print instances by their `toString`. */
export function printsAsString(prototype: object): void {
  Object.defineProperty(prototype, Symbol.for('nodejs.util.inspect.custom'), {
    configurable: true,
    writable: true,
    value(this: object): string {
      return this.toString();
    },
  });
}
