/** Curves over a common axis. */
import { writeFileSync } from 'node:fs';
import { LineChart as Lines } from 'echarts/charts';
import { GridComponent, LegendComponent, TitleComponent } from 'echarts/components';
import { init, use } from 'echarts/core';
import { SVGRenderer } from 'echarts/renderers';
import { INK, LINE, type Numbers, SOFT } from './svg.js';

use([Lines, GridComponent, LegendComponent, TitleComponent, SVGRenderer]);

export interface LineChart {
  readonly title: string;
  /** What the axes count. */
  readonly x: string;
  readonly y: string;
  /** A logarithmic axis for y. */
  readonly log?: boolean;
  /** The x of the first number of each line; 1 unless given. */
  readonly from?: number;
  readonly lines: Readonly<Record<string, Numbers>>;
}

const [WIDTH, HEIGHT] = [640, 340];

/** Okabe and Ito's colours, which colour-blind readers can tell apart. */
const COLORS = ['#0072b2', '#d55e00', '#009e73', '#cc79a7', '#56b4e9', '#000000'];

const axisLabel = { color: SOFT, fontSize: 12 };

/** A logarithmic axis that begins and ends at powers of a thousand. */
function powers(values: Numbers): object {
  const exponents = values.map((value) => Math.log10(value) / 3);
  const [low, high] = [Math.floor(Math.min(...exponents)), Math.ceil(Math.max(...exponents))];
  const formatter = (value: number): string => (value === 1 ? '1' : value.toExponential(0).replace('+', ''));
  return { type: 'log', min: 1000 ** low, max: 1000 ** high, interval: 3, axisLabel: { ...axisLabel, formatter } };
}

export function lineChart(path: string, { title, x, y, log = false, from = 1, lines }: LineChart): void {
  const names = Object.keys(lines);
  const last = from - 1 + Math.max(...names.map((name) => lines[name].length));
  const chart = init(null, null, { renderer: 'svg', ssr: true, width: WIDTH, height: HEIGHT });
  const common = {
    axisLine: { show: true, onZero: false, lineStyle: { color: SOFT } },
    axisLabel,
    splitLine: { lineStyle: { color: LINE } },
    nameLocation: 'middle',
    nameTextStyle: { color: INK, fontSize: 13 },
  };
  try {
    chart.setOption({
      animation: false,
      backgroundColor: '#ffffff',
      color: COLORS,
      title: { text: title, left: 12, top: 8, textStyle: { fontSize: 15, color: INK } },
      legend: {
        show: names.length > 1,
        top: 34,
        left: 8,
        icon: 'roundRect',
        itemWidth: 22,
        itemHeight: 4,
        itemGap: 24,
        data: names,
      },
      grid: { left: 72, right: 24, top: names.length > 1 ? 66 : 46, bottom: 48 },
      xAxis: { ...common, type: 'value', name: x, nameGap: 28, min: from, max: last, splitLine: { show: false } },
      yAxis: { ...common, ...(log ? powers(Object.values(lines).flat()) : { type: 'value' }), name: y, nameGap: 50 },
      series: names.map((name) => ({
        type: 'line',
        name,
        symbol: 'none',
        lineStyle: { width: 2 },
        data: lines[name].map((value, i) => [from + i, Number(value.toPrecision(4))]),
      })),
    });
    writeFileSync(path, `${chart.renderToSVGString()}\n`);
  } finally {
    chart.dispose();
  }
}
