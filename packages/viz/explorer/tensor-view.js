/** One tensor: its numbers, or a heat map and a histogram. */
import { element, finite, showNumber, showShape } from './format.js';

/** As many numbers are shown at once, where a recording has them all. */
const MOST_NUMBERS = 4096;

/** @param origin the node that a reader may jump to: `{ label, go }`, or null */
export function tensorView(name, tensor, origin = null, rule = null) {
  const { shape, dtype, values, heat, histogram } = tensor;
  return element(
    'article',
    { class: 'tensor', 'data-name': name },
    rule === null ? null : element('p', { class: 'rule' }, element('code', {}, rule)),
    element(
      'header',
      {},
      element('span', { class: 'name' }, name),
      element('span', { class: 'shape' }, `${showShape(shape)} ${dtype}`),
      origin === null ? null : element('button', { type: 'button', class: 'from', onclick: origin.go }, origin.label),
    ),
    statistics(tensor),
    heat === null && values !== null ? numbers(values, shape) : null,
    heat === null && histogram === null ? null : element('div', { class: 'pictures' }, heatMap(heat), bars(tensor)),
    heat !== null && values !== null ? allNumbers(values, shape) : null,
  );
}

function statistics({ shape, min, max, mean, norm, nan, inf }) {
  if (shape.length === 0) return null;
  const entry = (label, x) => element('span', {}, `${label} `, element('b', {}, showNumber(x)));
  const bad = (label, n) => (n === 0 ? null : element('span', { class: 'bad' }, `${n} ${label}`));
  return element(
    'div',
    { class: 'stats' },
    entry('min', min),
    entry('max', max),
    entry('mean', mean),
    entry('norm', norm),
    bad('NaN', nan),
    bad('Inf', inf),
  );
}

const cell = (x) =>
  element('td', { 'data-value': String(x), title: String(x), class: finite(x) ? null : 'bad' }, showNumber(x));

/** A table for each matrix; a vector's row is broken where the panel ends. */
function numbers(values, shape) {
  const isVector = shape.length < 2;
  const width = isVector ? Math.max(values.length, 1) : shape[shape.length - 1];
  const size = isVector ? values.length : width * shape[shape.length - 2];
  const tables = [];
  for (let at = 0; at < values.length; at += Math.max(size, 1)) {
    const rows = [];
    const end = Math.min(at + size, values.length);
    for (let r = at; r < end; r += width) {
      rows.push(element('tr', {}, values.slice(r, Math.min(r + width, end)).map(cell)));
    }
    const caption = shape.length > 2 ? element('caption', {}, indexOf(at, shape)) : null;
    tables.push(element('table', { class: isVector && 'vector' }, caption, element('tbody', {}, rows)));
  }
  return element('div', { class: 'numbers' }, values.length === 0 ? 'no elements' : tables);
}

/** `[1, 0, :, :]`: which matrix begins at an element. */
function indexOf(at, shape) {
  let rest = at / (shape[shape.length - 1] * shape[shape.length - 2]);
  const index = [];
  for (const size of shape.slice(0, -2).reverse()) {
    index.unshift(rest % size);
    rest = Math.floor(rest / size);
  }
  return `[${[...index, ':', ':'].join(', ')}]`;
}

/** Made when it is opened. */
function allNumbers(values, shape) {
  const shown = values.slice(0, MOST_NUMBERS);
  const label = shown.length < values.length ? `the first ${shown.length} of ${values.length} numbers` : 'all numbers';
  const details = element('details', {}, element('summary', {}, label));
  details.addEventListener('toggle', () => {
    if (details.open && details.children.length === 1)
      details.append(numbers(shown, shown === values ? shape : [shown.length]));
  });
  return details;
}

/** Blue below zero, red above it, the page's colour at zero. */
function colorOf(byte, dark) {
  if (byte === 255) return [255, 0, 255];
  const x = (byte - 127) / 127;
  const zero = dark ? [27, 33, 42] : [255, 255, 255];
  const end = x < 0 ? (dark ? [90, 170, 255] : [24, 84, 168]) : dark ? [255, 120, 80] : [178, 40, 24];
  // the square root brings out what is small
  const t = Math.sqrt(Math.abs(x));
  return zero.map((z, i) => Math.round(z + (end[i] - z) * t));
}

function heatMap(heat) {
  if (heat === null) return null;
  const { tiles, rows, cols, cells, reach } = heat;
  const bytes = Uint8Array.from(atob(cells), (c) => c.charCodeAt(0));
  const dark = document.documentElement.dataset.theme === 'dark';
  const zoom = Math.max(1, Math.min(12, Math.floor((tiles === 1 ? 300 : 96) / Math.max(rows, cols))));
  const pictures = Array.from({ length: tiles }, (_, t) => {
    const canvas = element('canvas', { width: cols, height: rows });
    canvas.style.width = `${cols * zoom}px`;
    canvas.style.height = `${Math.max(rows * zoom, 6)}px`;
    const context = canvas.getContext('2d');
    const image = context.createImageData(cols, rows);
    for (let i = 0; i < rows * cols; i++) image.data.set([...colorOf(bytes[t * rows * cols + i], dark), 255], i * 4);
    context.putImageData(image, 0, 0);
    return canvas;
  });
  return element(
    'figure',
    {},
    element('div', { class: 'heat' }, pictures),
    element('figcaption', {}, `−${showNumber(reach)} blue · 0 · red ${showNumber(reach)}`),
  );
}

const SVG = 'http://www.w3.org/2000/svg';

function bars({ histogram, min, max }) {
  if (histogram === null) return null;
  const most = Math.max(...histogram);
  const svg = document.createElementNS(SVG, 'svg');
  svg.setAttribute('viewBox', `0 0 ${histogram.length * 5} 60`);
  svg.setAttribute('width', String(histogram.length * 5));
  svg.setAttribute('height', '60');
  histogram.forEach((count, i) => {
    const bar = document.createElementNS(SVG, 'rect');
    const height = count === 0 ? 0 : Math.max(1, (58 * count) / most);
    for (const [key, value] of Object.entries({ x: i * 5, y: 60 - height, width: 4, height, fill: 'currentColor' })) {
      bar.setAttribute(key, String(value));
    }
    const title = document.createElementNS(SVG, 'title');
    title.textContent = `${count} elements`;
    bar.append(title);
    svg.append(bar);
  });
  return element('figure', {}, svg, element('figcaption', {}, `${showNumber(min)} … ${showNumber(max)}, most ${most}`));
}
