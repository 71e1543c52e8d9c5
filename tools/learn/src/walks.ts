/** Ways down a surface, seen from above: a panel for each, with contour lines. */
import { contours } from 'd3-contour';
import { INK, type Numbers, SOFT, short, text, writeSvg } from './svg.js';

type Point = readonly [x: number, y: number];

export interface Surface {
  readonly f: (x: number, y: number) => number;
  readonly x: Point;
  readonly y: Point;
  readonly minimum: Point;
  /** Heights of the contour lines. */
  readonly levels: Numbers;
}

const PANEL = 190;
const GAP = 18;
const TITLE = 30;
/** Points on a side of the grid on which the surface is computed. */
const GRID = 81;

/** @param ways the points that each walk has passed */
export function walks(
  path: string,
  surface: Surface,
  ways: Readonly<Record<string, readonly Numbers[]>>,
  columns = 4,
): void {
  const names = Object.keys(ways);
  const rows = Math.ceil(names.length / columns);
  const height = (PANEL * (surface.y[1] - surface.y[0])) / (surface.x[1] - surface.x[0]);
  // drawn once, and shown in each panel
  const background = [`<defs><g id="map">`, ...isolines(surface, height), '</g></defs>'];
  const panels = names.map((name, i) => {
    const left = GAP + (i % columns) * (PANEL + GAP);
    const top = TITLE + Math.floor(i / columns) * (height + TITLE + 6);
    return [
      `<g transform="translate(${left} ${short(top)})">`,
      text(0, -8, name, { bold: true }),
      `<svg width="${PANEL}" height="${short(height)}">`,
      '<use href="#map"/>',
      ...way(surface, height, ways[name]),
      '</svg>',
      `<rect width="${PANEL}" height="${short(height)}" fill="none" stroke="${SOFT}"/>`,
      '</g>',
    ].join('\n');
  });
  writeSvg(path, GAP + columns * (PANEL + GAP), rows * (height + TITLE + 6) + 10, [...background, ...panels]);
}

const place = ({ x, y }: Surface, height: number, [px, py]: Numbers): Point => [
  (PANEL * (px - x[0])) / (x[1] - x[0]),
  (height * (y[1] - py)) / (y[1] - y[0]),
];

function isolines(surface: Surface, height: number): string[] {
  const { f, x, y, levels } = surface;
  const at = ([from, to]: Point, share: number): number => from + (to - from) * share;
  const values = Array.from({ length: GRID * GRID }, (_, i) =>
    f(at(x, ((i % GRID) + 0.5) / GRID), at(y, (Math.floor(i / GRID) + 0.5) / GRID)),
  );
  const rings = contours()
    .size([GRID, GRID])
    .thresholds([...levels])(values);
  return rings.map(({ coordinates }) => {
    const point = ([column, row]: Numbers): string =>
      place(surface, height, [at(x, column / GRID), at(y, row / GRID)])
        .map(short)
        .join(' ');
    // every other point of the grid is enough for a smooth line
    const data = coordinates.flat().map(
      (ring) =>
        `M${ring
          .filter((_, i) => i % 2 === 0)
          .map(point)
          .join('L')}Z`,
    );
    return `<path d="${data.join('')}" fill="none" stroke="#bcc5d0"/>`;
  });
}

const tenth = (x: number): string => String(Math.round(x * 10) / 10);

function way(surface: Surface, height: number, points: readonly Numbers[]): string[] {
  const [start, ...rest] = points.map((point) => place(surface, height, point));
  const circle = ([cx, cy]: Point, style: string): string => `<circle cx="${short(cx)}" cy="${short(cy)}" ${style}/>`;
  const data = [start, ...rest].map((point) => point.map(tenth).join(' ')).join('L');
  return [
    `<path d="M${data}" fill="none" stroke="#0072b2" stroke-width="1.6" stroke-linejoin="round"/>`,
    ...rest.slice(0, 60).map((point) => circle(point, 'r="1.7" fill="#0072b2"')),
    circle(place(surface, height, surface.minimum), 'r="4.5" fill="none" stroke="#009e73" stroke-width="2"'),
    circle(start, `r="4" fill="#ffffff" stroke="${INK}" stroke-width="1.5"`),
    circle(rest.at(-1) ?? start, 'r="3.4" fill="#d55e00"'),
  ];
}
