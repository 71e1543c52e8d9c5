/** Small things that the views share. */

/** An element with attributes and children; text is text, never markup. */
export function element(name, attributes = {}, ...children) {
  const node = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (key === 'onclick') node.addEventListener('click', value);
    else if (value !== null && value !== false) node.setAttribute(key, value === true ? '' : String(value));
  }
  for (const child of children.flat()) if (child !== null && child !== undefined) node.append(child);
  return node;
}

/** A number from the recording: JSON has no NaN and no infinities, so they come as strings. */
export const finite = (x) => typeof x === 'number';

/** Five significant digits. */
export function showNumber(x) {
  if (x === null) return '–';
  if (!finite(x)) return String(x).replace('-', '−').replace('Infinity', '∞');
  if (x === 0) return '0';
  const size = Math.abs(x);
  const text = size < 1e-4 || size >= 1e6 ? x.toExponential(3) : String(Number(x.toPrecision(5)));
  return text.replaceAll('-', '−');
}

export const showShape = (shape) => `[${shape.join(', ')}]`;
