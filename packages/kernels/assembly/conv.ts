// Unfolding images to columns and back: whole images, or some rows of the output of one image.
import { Geometry } from './geometry';
import { addInto, clearElements, copyElements } from './planes';

/**
 * x (at the group's first channel) to col `[channels * kh * kw, images * rows * outWidth]`, for the output's rows from `row` on; rows of col
 * are `pitch` elements apart.
 */
export function unfold(geometry: usize, images: i32, row: i32, rows: i32, x: usize, col: usize, pitch: i32): void {
  walk(geometry, images, row, rows, x, col, pitch, true);
}

/**
 * Adds every element of col to the place in x it was taken from; spoils the elements of col that lie in the padding. With the first row,
 * `cleared` bytes of x are cleared before.
 */
export function fold(
  geometry: usize,
  images: i32,
  row: i32,
  rows: i32,
  col: usize,
  pitch: i32,
  x: usize,
  cleared: i32,
): void {
  if (row == 0) memory.fill(x, 0, cleared as usize);
  walk(geometry, images, row, rows, x, col, pitch, false);
}

function walk(
  geometry: usize,
  images: i32,
  row: i32,
  rows: i32,
  x: usize,
  col: usize,
  pitch: i32,
  reading: bool,
): void {
  const g = changetype<Geometry>(geometry);
  const plane = ((g.height * g.width) as usize) << 2;
  const image = (g.planes as usize) * plane;
  const out = ((rows * g.outWidth) as usize) << 2;
  const same = g.strideHeight == 1 && g.strideWidth == 1 && g.outWidth == g.width;
  for (let c = 0; c < g.channels; c++) {
    for (let kh = 0; kh < g.kernelHeight; kh++) {
      for (let kw = 0; kw < g.kernelWidth; kw++) {
        const rowShift = row * g.strideHeight + kh * g.dilationHeight - g.padTop;
        const shift = kw * g.dilationWidth - g.padLeft;
        let source = x + (c as usize) * plane;
        let to = col;
        for (let b = 0; b < images; b++) {
          if (same) shiftedPlane(g, rows, source, to, rowShift, shift, reading);
          else if (reading) readRows(g, rows, source, to, rowShift, shift);
          else addRows(g, rows, source, to, rowShift, shift);
          source += image;
          to += out;
        }
        col += (pitch as usize) << 2;
      }
    }
  }
}

/**
 * Rows of input and output have the same length, so the tap is the whole plane moved by a constant: one copy (or one
 * addition), and the columns that wrapped around into the neighbouring row are cleared.
 */
function shiftedPlane(
  g: Geometry,
  rows: i32,
  plane: usize,
  col: usize,
  rowShift: i32,
  shift: i32,
  reading: bool,
): void {
  const width = g.width;
  const first = min(rows, max(0, -rowShift));
  const last = max(first, min(rows, g.height - rowShift));
  const low = min(width, max(0, -shift));
  const high = max(low, min(width, width - shift));
  const move = rowShift * width + shift;
  const start = max(first * width, -move);
  const end = min(last * width, g.height * width - move);
  if (reading) {
    clearElements(col, first * width);
    clearElements(col + ((last * width) << 2), (rows - last) * width);
    if (end > start) copyElements(plane + ((start + move) << 2), col + (start << 2), end - start);
  }
  const inside = col + ((first * width) << 2);
  for (let i = 0; i < low; i++) clearColumn(inside + (i << 2), last - first, width);
  for (let i = high; i < width; i++) clearColumn(inside + (i << 2), last - first, width);
  if (!reading && end > start) addInto(col + (start << 2), plane + ((start + move) << 2), end - start);
}

/** Clears one element in each of so many rows. */
function clearColumn(at: usize, rows: i32, width: i32): void {
  const step = (width as usize) << 2;
  const end = at + (rows as usize) * step;
  const pairs = end - (rows as usize & 1) * step;
  for (; at < pairs; at += 2 * step) {
    store<f32>(at, 0);
    store<f32>(at + step, 0);
  }
  if (at < end) store<f32>(at, 0);
}

/** Output columns whose tap lies inside the plane begin here … */
function insideLow(shift: i32, stride: i32, high: i32): i32 {
  return shift >= 0 ? 0 : min(high, (-shift + stride - 1) / stride);
}

/** … and end here. */
function insideHigh(shift: i32, stride: i32, size: i32, outSize: i32): i32 {
  const room = size - shift;
  return room <= 0 ? 0 : min(outSize, (room + stride - 1) / stride);
}

function readRows(g: Geometry, rows: i32, plane: usize, col: usize, rowShift: i32, shift: i32): void {
  const stride = g.strideWidth;
  const high = insideHigh(shift, stride, g.width, g.outWidth);
  const low = insideLow(shift, stride, high);
  for (let oh = 0; oh < rows; oh++) {
    const row = oh * g.strideHeight + rowShift;
    if (row < 0 || row >= g.height) {
      clearElements(col, g.outWidth);
    } else {
      const from = plane + ((row * g.width + shift) << 2);
      for (let i = 0; i < low; i++) store<f32>(col + (i << 2), 0);
      if (stride == 1) copyElements(from + (low << 2), col + (low << 2), high - low);
      else readStrided(from + ((low * stride) << 2), stride, col + (low << 2), high - low);
      for (let i = high; i < g.outWidth; i++) store<f32>(col + (i << 2), 0);
    }
    col += (g.outWidth as usize) << 2;
  }
}

function addRows(g: Geometry, rows: i32, plane: usize, col: usize, rowShift: i32, shift: i32): void {
  const stride = g.strideWidth;
  const high = insideHigh(shift, stride, g.width, g.outWidth);
  const low = insideLow(shift, stride, high);
  for (let oh = 0; oh < rows; oh++) {
    const row = oh * g.strideHeight + rowShift;
    if (row >= 0 && row < g.height) {
      const to = plane + ((row * g.width + shift) << 2);
      if (stride == 1) addInto(col + (low << 2), to + (low << 2), high - low);
      else addStrided(col + (low << 2), stride, to + ((low * stride) << 2), high - low);
    }
    col += (g.outWidth as usize) << 2;
  }
}

/** Copies `n` elements that lie `stride` apart. */
function readStrided(from: usize, stride: i32, to: usize, n: i32): void {
  const end = to + ((n as usize) << 2);
  if (stride == 2) {
    // the last of every eight elements may lie beyond the last that is wanted
    for (; to + 20 <= end; to += 16) {
      v128.store(to, v128.shuffle<f32>(v128.load(from), v128.load(from, 16), 0, 2, 4, 6));
      from += 32;
    }
  }
  const step = (stride as usize) << 2;
  for (; to < end; to += 4) {
    store<f32>(to, load<f32>(from));
    from += step;
  }
}

/** Adds `n` elements to those that lie `stride` apart; what lies between is no negative zero, and stays as it is. */
function addStrided(from: usize, stride: i32, to: usize, n: i32): void {
  const end = from + ((n as usize) << 2);
  if (stride == 2) {
    const zero = f32x4.splat(0);
    for (; from + 20 <= end; from += 16) {
      const four = v128.load(from);
      v128.store(to, f32x4.add(v128.load(to), v128.shuffle<f32>(four, zero, 0, 4, 1, 5)));
      v128.store(to, f32x4.add(v128.load(to, 16), v128.shuffle<f32>(four, zero, 2, 4, 3, 5)), 16);
      to += 32;
    }
  }
  const step = (stride as usize) << 2;
  for (; from < end; from += 4) {
    store<f32>(to, load<f32>(to) + load<f32>(from));
    to += step;
  }
}
