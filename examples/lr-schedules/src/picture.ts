import { LineChart } from 'echarts/charts';
import { GridComponent, LegendComponent, TitleComponent } from 'echarts/components';
import { type EChartsCoreOption, init, use } from 'echarts/core';
import { SVGRenderer } from 'echarts/renderers';
import { type Curve, EPOCHS } from './schedules.js';

use([LineChart, GridComponent, LegendComponent, TitleComponent, SVGRenderer]);

const COLUMNS = 4;
const PANEL = { width: 310, height: 200 };
const MARGIN = { left: 34, right: 40, top: 50, bottom: 26 };
const LEGEND = 56;

const COLORS = { 'learning rate': '#3566a0', momentum: '#c4602a', loss: '#5b8c3a' } as const;
type Quantity = keyof typeof COLORS;

/** Small multiples, a panel for each scheduler, as SVG. */
export function draw(curves: readonly Curve[]): string {
  const rows = Math.ceil(curves.length / COLUMNS);
  const [width, height] = [COLUMNS * PANEL.width, rows * PANEL.height + LEGEND];
  const chart = init(null, null, { renderer: 'svg', ssr: true, width, height });
  try {
    chart.setOption(picture(curves));
    return `${chart.renderToSVGString()}\n`;
  } finally {
    chart.dispose();
  }
}

function picture(curves: readonly Curve[]): EChartsCoreOption {
  return {
    animation: false,
    backgroundColor: '#ffffff',
    title: curves.map(({ schedule }, i) => ({
      text: schedule.name,
      subtext: schedule.options,
      left: corner(i).left + MARGIN.left - 5,
      top: corner(i).top + 4,
      itemGap: 3,
      textStyle: { fontSize: 14, color: '#222222' },
      subtextStyle: { fontSize: 11, color: '#666666' },
    })),
    legend: {
      bottom: 6,
      data: Object.keys(COLORS),
      icon: 'roundRect',
      itemWidth: 24,
      itemHeight: 3,
      itemGap: 36,
      textStyle: { fontSize: 13 },
    },
    grid: curves.map((_, i) => ({
      left: corner(i).left + MARGIN.left,
      top: corner(i).top + MARGIN.top,
      width: PANEL.width - MARGIN.left - MARGIN.right,
      height: PANEL.height - MARGIN.top - MARGIN.bottom,
    })),
    xAxis: curves.map((_, gridIndex) => ({
      ...axis,
      ...(gridIndex + COLUMNS < curves.length ? {} : epochs),
      gridIndex,
      max: EPOCHS,
      interval: 25,
      splitLine: { show: false },
    })),
    // two for each panel: the learning rate's, and that of what moves with it
    yAxis: curves.flatMap((curve, gridIndex) => [
      { ...axis, gridIndex, min: 0, max: 1, interval: 0.5 },
      { ...axis, gridIndex, ...beside(curve).axis, splitLine: { show: false }, show: beside(curve).name !== null },
    ]),
    series: curves.flatMap((curve, i) => [
      series(i, 'learning rate', curve.lr),
      ...(beside(curve).name === null ? [] : [series(i, beside(curve).name as Quantity, beside(curve).values)]),
    ]),
  };
}

const corner = (panel: number): { left: number; top: number } => ({
  left: (panel % COLUMNS) * PANEL.width,
  top: Math.floor(panel / COLUMNS) * PANEL.height,
});

/** What is drawn beside the learning rate: the momentum where it moves, or the metric. */
function beside({ schedule, momentum }: Curve): { name: Quantity | null; values: number[]; axis: object } {
  const { loss } = schedule;
  if (loss !== undefined)
    return { name: 'loss', values: momentum.map((_, epoch) => loss(epoch)), axis: { min: 0, max: 1, interval: 0.5 } };
  const moves = momentum.some((value) => value !== momentum[0]);
  return { name: moves ? 'momentum' : null, values: momentum, axis: { min: 0.8, max: 1, interval: 0.1 } };
}

const axis = {
  type: 'value',
  axisLine: { show: true, lineStyle: { color: '#888888' } },
  axisTick: { show: true, length: 3 },
  axisLabel: { fontSize: 10, color: '#555555', margin: 5 },
  splitLine: { lineStyle: { color: '#eeeeee' } },
};

/** The lowest axes say what all of them count. */
const epochs = {
  name: 'epoch',
  nameLocation: 'middle',
  nameGap: 18,
  nameTextStyle: { fontSize: 11, color: '#555555' },
};

const line = (quantity: Quantity): object => ({
  width: quantity === 'learning rate' ? 2 : 1.5,
  type: quantity === 'learning rate' ? 'solid' : 'dashed',
  color: COLORS[quantity],
});

/** A learning rate holds from its epoch to the next. */
const series = (panel: number, name: Quantity, values: readonly number[]): object => ({
  type: 'line',
  name,
  xAxisIndex: panel,
  yAxisIndex: 2 * panel + (name === 'learning rate' ? 0 : 1),
  step: name === 'learning rate' ? 'end' : false,
  symbol: 'none',
  color: COLORS[name],
  lineStyle: line(name),
  data: values.map((value, epoch) => [epoch, value]),
});
