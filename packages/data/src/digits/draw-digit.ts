import { Canvas, traceCurve } from './pen.js';
import { type PenRun, type Writing, writings } from './strokes.js';

/** Side of a digit's image, in pixels. */
export const IMAGE_SIZE = 28;

/** Uniform numbers in [0, 1), multiples of 2^-32. */
export type Uniform = () => number;

const canvas = new Canvas(IMAGE_SIZE);

/**
 * Draws one digit into 28 × 28 bytes of `out` from `offset` (0 background, 255 full ink): a random way of writing it,
 * trembling points, a wavy and affine warp, a pen of random width and pressure, blur, contrast and noise.
 */
export function drawDigit(digit: number, uniform: Uniform, out: Uint8Array, offset: number): void {
  const ways = writings[digit];
  const writing = ways[Math.floor(uniform() * ways.length)];
  canvas.clear();
  drawStrokes(writing, uniform);
  develop(uniform, out, offset);
}

function between(uniform: Uniform, low: number, high: number): number {
  return low + (high - low) * uniform();
}

/** Nearly normal with the given standard deviation, and bounded: the sum of three uniforms. */
function spread(uniform: Uniform, sigma: number): number {
  return (uniform() + uniform() + uniform() - 1.5) * 2 * sigma;
}

/** Like {@link spread} with deviation 1, from the four bytes of a single draw: it is needed for every pixel. */
function noise(uniform: Uniform): number {
  const bits = (uniform() * 2 ** 32) | 0;
  const sum = (bits & 255) + ((bits >> 8) & 255) + ((bits >> 16) & 255) + (bits >>> 24);
  return (sum - 510) / 147.8;
}

function drawStrokes(writing: Writing, uniform: Uniform): void {
  const warp = randomWarp(uniform);
  const radius = between(uniform, 0.75, 1.75);
  const tremble = between(uniform, 0.8, 3.2);
  let previous: number[] = [];
  writing.runs.forEach((run, i) => {
    const points = trembling(run, tremble, uniform);
    if (writing.continues[i]) {
      points[0] = previous[previous.length - 2];
      points[1] = previous[previous.length - 1];
    }
    const start = radius * between(uniform, 0.75, 1.2);
    const end = radius * between(uniform, 0.75, 1.2);
    drawRun(points, warp, start, end);
    previous = points;
  });
}

function trembling(run: PenRun, sigma: number, uniform: Uniform): number[] {
  return run.map((coordinate) => coordinate + spread(uniform, sigma));
}

function drawRun(points: readonly number[], warp: Warp, start: number, end: number): void {
  let fromX = 0;
  let fromY = 0;
  let fromRadius = start;
  traceCurve(points, (x, y, t) => {
    const toX = warp.x(x, y);
    const toY = warp.y(x, y);
    const radius = start + (end - start) * t;
    if (t > 0) canvas.segment(fromX, fromY, toX, toY, fromRadius, radius);
    fromX = toX;
    fromY = toY;
    fromRadius = radius;
  });
}

/** From the 100 × 100 grid to pixels. */
interface Warp {
  x(x: number, y: number): number;
  y(x: number, y: number): number;
}

/** Rotation, slant, scale, shift and a slow wave in each direction. */
function randomWarp(uniform: Uniform): Warp {
  const angle = spread(uniform, 0.13);
  const slant = 0.12 + spread(uniform, 0.16);
  const size = between(uniform, 0.19, 0.245);
  const width = size * between(uniform, 0.78, 1.14);
  const height = size * between(uniform, 0.85, 1.08);
  const centre = (IMAGE_SIZE - 1) / 2;
  const shiftX = centre + spread(uniform, 1.2);
  const shiftY = centre + spread(uniform, 1.05);
  const waveX = spread(uniform, 3.2);
  const waveY = spread(uniform, 3.2);
  const phaseX = between(uniform, 0, 2 * Math.PI);
  const phaseY = between(uniform, 0, 2 * Math.PI);
  const cos = Math.cos(angle);
  const sin = Math.sin(angle);
  const u = (x: number, y: number): number => width * (x - 50 - slant * (y - 50) + waveX * Math.sin(y * 0.06 + phaseX));
  const v = (x: number, y: number): number => height * (y - 50 + waveY * Math.sin(x * 0.06 + phaseY));
  return {
    x: (x, y) => shiftX + cos * u(x, y) - sin * v(x, y),
    y: (x, y) => shiftY + sin * u(x, y) + cos * v(x, y),
  };
}

/** Turns the strokes on the canvas into bytes: edges, contrast and grain. */
function develop(uniform: Uniform, out: Uint8Array, offset: number): void {
  const softness = between(uniform, 0.9, 2.2);
  const contrast = between(uniform, 0.7, 1);
  const grain = uniform() < 0.5 ? between(uniform, 0, 0.04) : between(uniform, 0.02, 0.12);
  for (let i = 0; i < IMAGE_SIZE * IMAGE_SIZE; i++) {
    const gray = contrast * canvas.ink(i, softness) + grain * noise(uniform);
    out[offset + i] = gray <= 0 ? 0 : gray >= 1 ? 255 : Math.round(gray * 255);
  }
}
