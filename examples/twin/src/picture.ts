import { LineChart } from 'echarts/charts';
import { GridComponent, LegendComponent, TitleComponent } from 'echarts/components';
import { type EChartsCoreOption, init, use } from 'echarts/core';
import { SVGRenderer } from 'echarts/renderers';
import { differences, type Run } from './compare.js';

use([LineChart, GridComponent, LegendComponent, TitleComponent, SVGRenderer]);

const [WIDTH, HEIGHT] = [960, 400];

export const COLORS = { torchlet: '#4477aa', PyTorch: '#cc6633', difference: '#5b8c3a' } as const;

/** Losses that are equal have no logarithm: they are drawn here, at less than the spacing of float32 numbers near 0.1. */
const LEAST = 1e-9;

/** The losses of both runs, and on the right how far they are apart; as SVG. Without PyTorch, ours alone. */
export function draw(ours: Run, theirs: Run | null): string {
  const chart = init(null, null, { renderer: 'svg', ssr: true, width: WIDTH, height: HEIGHT });
  try {
    chart.setOption(picture(ours, theirs));
    return `${chart.renderToSVGString()}\n`;
  } finally {
    chart.dispose();
  }
}

function picture(ours: Run, theirs: Run | null): EChartsCoreOption {
  const apart = theirs === null ? [] : differences(ours, theirs).map((x) => Math.max(x, LEAST));
  const panels = ['loss of each batch', 'difference of the two losses'];
  return {
    animation: false,
    backgroundColor: '#ffffff',
    title: panels.map((text, i) => ({
      text,
      left: `${50 * i + 27}%`,
      top: 4,
      textAlign: 'center',
      textStyle: { fontSize: 15 },
    })),
    legend: {
      bottom: 4,
      data: theirs === null ? ['torchlet'] : ['PyTorch', 'torchlet'],
      icon: 'roundRect',
      itemWidth: 24,
      itemHeight: 4,
    },
    grid: panels.map((_, i) => ({ left: `${50 * i + 6}%`, width: '42%', top: 40, bottom: 76 })),
    xAxis: panels.map((_, gridIndex) => ({ ...axis, ...steps, gridIndex, min: 1, max: ours.losses.length })),
    yAxis: [
      { ...axis, gridIndex: 0, min: 0 },
      { ...axis, gridIndex: 1, type: 'log', min: LEAST, max: 1, axisLabel: { ...axis.axisLabel, formatter: power } },
    ],
    series: [
      // the wide line is seen on both sides of the thin one
      ...(theirs === null ? [] : [series('PyTorch', 0, theirs.losses, 4)]),
      series('torchlet', 0, ours.losses, 1.25),
      series('difference', 1, apart, 1.25),
    ],
  };
}

const axis = {
  type: 'value',
  axisLine: { show: true, lineStyle: { color: '#888888' } },
  axisLabel: { fontSize: 11, color: '#555555' },
  splitLine: { lineStyle: { color: '#eeeeee' } },
};

const steps = { name: 'step', nameLocation: 'middle', nameGap: 26 };

const power = (value: number): string => `1e${Math.round(Math.log10(value))}`;

const series = (name: keyof typeof COLORS, panel: number, values: readonly number[], width: number): object => ({
  type: 'line',
  name,
  xAxisIndex: panel,
  yAxisIndex: panel,
  symbol: 'none',
  color: COLORS[name],
  lineStyle: { width },
  data: values.map((value, i) => [i + 1, value]),
});
