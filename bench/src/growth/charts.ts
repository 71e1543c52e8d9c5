/** Line charts as SVG, for how cost grows. */
import { LineChart } from 'echarts/charts';
import { GridComponent, LegendComponent, TitleComponent } from 'echarts/components';
import { type EChartsCoreOption, init, use } from 'echarts/core';
import { SVGRenderer } from 'echarts/renderers';

use([LineChart, GridComponent, LegendComponent, TitleComponent, SVGRenderer]);

const [WIDTH, HEIGHT] = [760, 420];

export interface Line {
  readonly name: string;
  readonly points: readonly (readonly [number, number])[];
  readonly color: string;
  readonly dashed: boolean;
}

export interface Chart {
  readonly title: string;
  readonly subtitle: string;
  readonly x: { readonly name: string; readonly logarithmic: boolean };
  readonly y: { readonly name: string };
  readonly lines: readonly Line[];
}

/** The chart as SVG. */
export function drawChart(picture: Chart): string {
  const chart = init(null, null, { renderer: 'svg', ssr: true, width: WIDTH, height: HEIGHT });
  try {
    chart.setOption(options(picture));
    return `${chart.renderToSVGString()}\n`;
  } finally {
    chart.dispose();
  }
}

const axis = {
  axisLine: { show: true, lineStyle: { color: '#888888' } },
  axisLabel: { color: '#555555' },
  nameTextStyle: { color: '#555555' },
  nameLocation: 'middle',
  splitLine: { lineStyle: { color: '#eeeeee' } },
};

function options({ title, subtitle, x, y, lines }: Chart): EChartsCoreOption {
  // sizes that double stand at equal distances and are named as they are
  const sizes = x.logarithmic ? { type: 'category', data: sizesOf(lines) } : { type: 'value', max: 'dataMax' };
  return {
    animation: false,
    backgroundColor: '#ffffff',
    title: { text: title, subtext: subtitle, left: 16, top: 8, textStyle: { fontSize: 16, color: '#222222' } },
    legend: { bottom: 8, itemWidth: 30, itemGap: 36, data: lines.map(({ name }) => name) },
    grid: { left: 76, right: 28, top: 76, bottom: 84 },
    xAxis: { ...axis, ...sizes, name: x.name, nameGap: 28 },
    yAxis: { ...axis, type: 'value', min: 0, name: y.name, nameGap: 52 },
    series: lines.map(({ name, points, color, dashed }) => ({
      type: 'line',
      name,
      color,
      data: points.map(([at, value]) => [x.logarithmic ? String(at) : at, value]),
      lineStyle: { width: 2, type: dashed ? 'dashed' : 'solid' },
      symbol: points.length > 20 ? 'none' : 'circle',
      symbolSize: 6,
    })),
  };
}

const sizesOf = (lines: readonly Line[]): string[] =>
  [...new Set(lines.flatMap(({ points }) => points.map(([at]) => at)))].sort((a, b) => a - b).map(String);
