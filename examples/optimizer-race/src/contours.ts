/** Contour lines of a surface, at equal distances of its logarithm. */
import { contours } from 'd3-contour';
import * as torch from 'torchlet';
import type { Interval, Point, Surface } from './problems.js';

/** Points on a side of the grid on which the surface is computed. */
const GRID = 241;
/** How far the grid reaches beyond each side of the map, where it is cut off: lines end at the edge of the grid. */
const MARGIN = 0.04;
/** Levels for each power of ten. */
const DENSITY = 2;
/** Pixels between two points of a line. */
const APART = 3;

type Pixel = readonly [left: number, down: number];

/** What lies above a level, as the data of an SVG path in pixels, painted over those below. */
export interface Isolines {
  readonly level: number;
  readonly path: string;
  readonly fill: string;
}

/** @param pixel from a point of the surface to its place in the picture */
export function isolines(surface: Surface, pixel: (point: Point) => Pixel): Isolines[] {
  const heights = grid(surface).map((value) => Math.log10(Math.max(value, 1e-12)));
  const top = Math.max(...heights);
  // the lowest of them a ring around the minimum that is large enough to be seen
  const bottom = -1.5;
  const levels = Array.from({ length: Math.ceil((top - bottom) * DENSITY) }, (_, i) => bottom + i / DENSITY);
  const { x, y } = wider(surface);
  // d3 counts cells, whose values stand at their middles
  const place = ([column, row]: readonly number[]): Pixel =>
    pixel([between(x, (column - 0.5) / (GRID - 1)), between(y, (row - 0.5) / (GRID - 1))]);
  const rings = contours().size([GRID, GRID]).thresholds(levels)(heights);
  return rings.map(({ value, coordinates }) => ({
    level: 10 ** value,
    path: coordinates
      .flat()
      .map((ring) => pathOf(ring.map(place)))
      .join(''),
    fill: shade((value - bottom) / (top - bottom)),
  }));
}

/** A closed path through points that are at least `APART` from each other, and none within a straight line. */
function pathOf(ring: readonly Pixel[]): string {
  let last: Pixel = [Infinity, Infinity];
  const kept = ring.filter((point, i) => {
    const straight = area(ring[i === 0 ? ring.length - 1 : i - 1], point, ring[(i + 1) % ring.length]) < 1e-6;
    if (straight || Math.hypot(point[0] - last[0], point[1] - last[1]) < APART) return false;
    last = point;
    return true;
  });
  return `M${kept.map(([left, down]) => `${left.toFixed(1)},${down.toFixed(1)}`).join('L')}Z`;
}

/** Twice the area of a triangle. */
const area = ([ax, ay]: Pixel, [bx, by]: Pixel, [cx, cy]: Pixel): number =>
  Math.abs((bx - ax) * (cy - ay) - (cx - ax) * (by - ay));

/** The surface's values, row by row from the lowest y. */
function grid(surface: Surface): number[] {
  const view = wider(surface);
  const [x, y] = [view.x, view.y].map(([from, to]) => torch.linspace(from, to, GRID, { dtype: 'float64' }));
  const values = surface.f(x.unsqueeze(0).expand(GRID, GRID), y.unsqueeze(1).expand(GRID, GRID));
  return values.flatten().tolist() as number[];
}

function wider({ view: { x, y } }: Surface): { x: Interval; y: Interval } {
  const widen = (side: Interval): Interval => [between(side, -MARGIN), between(side, 1 + MARGIN)];
  return { x: widen(x), y: widen(y) };
}

const between = ([from, to]: Interval, share: number): number => from + (to - from) * share;

/** From almost white in the valley to a light grey on the heights. */
function shade(height: number): string {
  const level = Math.round(252 - 52 * height);
  return `rgb(${level},${level},${level})`;
}
