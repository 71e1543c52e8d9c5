/** All runs in one picture: a row for each family of optimizers, in it a contour map for each surface and the losses. */
import type { EChartsCoreOption } from 'echarts/core';
import { type Isolines, isolines } from './contours.js';
import type { Interval, Point, Problem, Surface } from './problems.js';
import type { Run } from './race.js';
import { FAMILIES, type Style } from './styles.js';

const PANEL = { width: 290, height: 240 };
/** From one panel's left or upper edge to the next one's. */
const STRIDE = { x: 334, y: 318 };
const FIRST = { x: 48, y: 84 };
const WIDTH = FIRST.x + 4 * STRIDE.x - 20;
const HEIGHT = FIRST.y + FAMILIES.length * STRIDE.y - 28;

/** A line is drawn through points at least this share of its panel's width apart: it looks the same and is short. */
const APART = 0.005;

interface Panel {
  readonly index: number;
  readonly row: number;
  readonly column: number;
  readonly problem: Problem;
  readonly runs: readonly { readonly run: Run; readonly style: Style }[];
}

/** @param runs the runs of each problem in turn */
export async function drawRace(problems: readonly Problem[], runs: readonly (readonly Run[])[]): Promise<string> {
  // Loaded when there is something to draw: it is large.
  const [{ init, use }, { CustomChart, LineChart, ScatterChart }, components, { SVGRenderer }] = await Promise.all([
    import('echarts/core'),
    import('echarts/charts'),
    import('echarts/components'),
    import('echarts/renderers'),
  ]);
  const { GridComponent, LegendComponent, TitleComponent } = components;
  use([CustomChart, LineChart, ScatterChart, GridComponent, LegendComponent, TitleComponent, SVGRenderer]);
  const chart = init(null, null, { renderer: 'svg', ssr: true, width: WIDTH, height: HEIGHT });
  try {
    chart.setOption(picture(layOut(problems, runs)));
    return `${chart.renderToSVGString()}\n`;
  } finally {
    chart.dispose();
  }
}

function layOut(problems: readonly Problem[], runs: readonly (readonly Run[])[]): Panel[] {
  return FAMILIES.flatMap(({ styles }, row) =>
    problems.map((problem, column): Panel => {
      const drawn = styles.flatMap((style) =>
        runs[column].filter(({ racer }) => racer.name === style.name).map((run) => ({ run, style })),
      );
      return { index: row * problems.length + column, row, column, problem, runs: drawn };
    }),
  );
}

function picture(panels: readonly Panel[]): EChartsCoreOption {
  return {
    animation: false,
    backgroundColor: '#ffffff',
    title: [...panels.filter(({ row }) => row === 0).map(columnTitle), ...FAMILIES.map(rowTitle)],
    legend: FAMILIES.map(({ styles }, row) => ({
      top: rowTop(row),
      left: FIRST.x + 228,
      data: styles.map(({ name, dash }) => ({ name, lineStyle: { width: 3, type: dash ?? 'solid' } })),
      itemWidth: 34,
      itemHeight: 0,
      itemGap: 28,
      textStyle: { fontSize: 15, color: '#000000' },
    })),
    grid: panels.map(({ row, column }) => ({
      left: FIRST.x + column * STRIDE.x,
      top: FIRST.y + row * STRIDE.y,
      ...PANEL,
    })),
    xAxis: panels.map(({ index, problem: { surface, steps } }) => ({
      ...axis,
      gridIndex: index,
      ...(surface === null ? { type: 'log', min: 1, max: steps } : range(surface.view.x)),
    })),
    yAxis: panels.map(({ index, problem: { surface, tolerance } }) => ({
      ...axis,
      gridIndex: index,
      ...(surface === null ? { type: 'log', min: tolerance, max: 1 } : range(surface.view.y)),
    })),
    series: panels.flatMap((panel) => {
      const lines = panel.runs.map(({ run, style }) => line(panel, run, style));
      const { surface } = panel.problem;
      return surface === null ? lines : [map(panel, surface), ...lines, marks(panel, surface)];
    }),
  };
}

const rowTop = (row: number): number => FIRST.y + row * STRIDE.y - 38;

const columnTitle = ({ problem: { title, surface }, column }: Panel): object => ({
  text: surface === null ? `${title}: loss by step` : title,
  left: FIRST.x + column * STRIDE.x + PANEL.width / 2,
  top: 8,
  textAlign: 'center',
  textStyle: { fontSize: 18, color: '#000000' },
});

const rowTitle = ({ title }: { title: string }, row: number): object => ({
  text: title,
  left: FIRST.x - 6,
  top: rowTop(row),
  textStyle: { fontSize: 15, color: '#000000' },
});

const axis = {
  type: 'value',
  axisLine: { show: true, onZero: false, lineStyle: { color: '#606060' } },
  axisLabel: { fontSize: 12, color: '#404040' },
  splitLine: { lineStyle: { color: '#e6e6e6' } },
};
const range = ([min, max]: Interval): object => ({ min, max, interval: 1, splitLine: { show: false } });

const place = ({ index }: Panel): object => ({ xAxisIndex: index, yAxisIndex: index });

/** The contour map, light enough for lines on it. */
function map(panel: Panel, surface: Surface): object {
  return {
    ...place(panel),
    type: 'custom',
    silent: true,
    clip: true,
    data: [[0, 0]],
    renderItem: (_: unknown, api: { coord(point: Point): [number, number] }) => ({
      type: 'group',
      children: isolines(surface, (point) => api.coord(point)).map(({ path, fill }: Isolines) => ({
        type: 'path',
        shape: { pathData: path },
        style: { fill, stroke: '#a0a0a0', lineWidth: 0.6 },
      })),
    }),
  };
}

function line(panel: Panel, run: Run, { name, color, dash }: Style): object {
  const { surface } = panel.problem;
  return {
    ...place(panel),
    type: 'line',
    name,
    color,
    lineStyle: { width: 2, type: dash ?? 'solid', join: 'round' },
    symbol: 'none',
    clip: true,
    data: dotted(surface === null ? thinLosses(run.losses) : thinPath(run.path, surface.view.x)),
  };
}

/** With a dot where the line ends. */
const dotted = (points: Point[]): object[] =>
  points.map((value, i) => (i === points.length - 1 ? { value, symbol: 'circle', symbolSize: 7 } : value));

/** Start and minimum, above all lines. */
function marks(panel: Panel, { start, minimum }: Surface): object {
  const label = { show: panel.row === 0, color: '#000000', fontSize: 13, fontWeight: 'bold' };
  const halo = { textBorderColor: '#ffffff', textBorderWidth: 3 };
  return {
    ...place(panel),
    type: 'scatter',
    silent: true,
    z: 10,
    itemStyle: { color: '#ffffff', borderColor: '#000000', borderWidth: 1.5 },
    data: [
      {
        value: start,
        symbol: 'circle',
        symbolSize: 9,
        label: { ...label, ...halo, formatter: 'start', position: 'left' },
      },
      {
        value: minimum,
        symbol: STAR,
        symbolSize: 17,
        label: { ...label, ...halo, formatter: 'minimum', position: 'bottom' },
      },
    ],
  };
}

const STAR = 'path://M0,-10L2.35,-3.24L9.51,-3.09L3.8,1.24L5.88,8.09L0,4L-5.88,8.09L-3.8,1.24L-9.51,-3.09L-2.35,-3.24Z';

/** Leaves points out that are near the last one kept; the ends stay. */
function thinPath(path: readonly Point[], [from, to]: Interval): Point[] {
  const kept: Point[] = [];
  path.forEach((point, i) => {
    const last = kept.at(-1);
    const far = last === undefined || Math.hypot(point[0] - last[0], point[1] - last[1]) >= APART * (to - from);
    if (far || i === path.length - 1) kept.push([rounded(point[0]), rounded(point[1])]);
  });
  return kept;
}

/** On a logarithmic axis of steps, from 1: each step at first, then ever fewer. */
function thinLosses(losses: readonly number[]): Point[] {
  const kept: Point[] = [];
  losses.forEach((loss, i) => {
    const last = kept.at(-1)?.[0] ?? 0;
    if (i + 1 >= last * 1.02 || i === losses.length - 1) kept.push([i + 1, rounded(loss)]);
  });
  return kept;
}

const rounded = (x: number): number => Number(x.toPrecision(4));
