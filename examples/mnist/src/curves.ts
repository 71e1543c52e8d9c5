import type { EChartsCoreOption } from 'echarts/core';

/** What a run has measured, to be drawn. */
export interface Curves {
  /** Steps in a whole epoch. */
  stepsPerEpoch: number;
  /** Mean loss and accuracy of each training step's batch. */
  train: { loss: readonly number[]; accuracy: readonly number[] };
  /** On the test images after each epoch. */
  test: { loss: readonly number[]; accuracy: readonly number[] };
}

const WIDTH = 960;
const HEIGHT = 400;

/** At most this many points make a curve of single batches, each the mean of as many batches: they scatter widely. */
const POINTS = 100;

const TRAIN = '#4477aa';
const TEST = '#cc6633';

type Point = [epoch: number, value: number];

/** Loss and accuracy side by side over the epochs, as SVG. */
export async function drawCurves(curves: Curves): Promise<string> {
  // Loaded when there is something to draw: it is large, and a run should begin at once.
  const [{ init, use }, { LineChart }, { GridComponent, LegendComponent, TitleComponent }, { SVGRenderer }] =
    await Promise.all([
      import('echarts/core'),
      import('echarts/charts'),
      import('echarts/components'),
      import('echarts/renderers'),
    ]);
  use([LineChart, GridComponent, LegendComponent, TitleComponent, SVGRenderer]);
  const chart = init(null, null, { renderer: 'svg', ssr: true, width: WIDTH, height: HEIGHT });
  try {
    chart.setOption(picture(curves));
    return `${chart.renderToSVGString()}\n`;
  } finally {
    chart.dispose();
  }
}

function picture({ stepsPerEpoch, train, test }: Curves): EChartsCoreOption {
  const epochs = Math.max(1, test.loss.length, Math.ceil(train.loss.length / stepsPerEpoch));
  const panels = [
    { name: 'loss', unit: '', train: train.loss, test: test.loss },
    { name: 'accuracy', unit: ' %', train: train.accuracy.map(percent), test: test.accuracy.map(percent) },
  ];
  return {
    animation: false,
    backgroundColor: '#ffffff',
    title: panels.map(({ name }, i) => ({
      text: name,
      left: `${50 * i + 27}%`,
      top: 4,
      textAlign: 'center',
      textStyle: { fontSize: 15 },
    })),
    legend: { bottom: 4, data: ['train', 'test'], icon: 'roundRect', itemWidth: 16, itemHeight: 6 },
    grid: panels.map((_, i) => ({ left: `${50 * i + 6}%`, width: '42%', top: 40, bottom: 76 })),
    xAxis: panels.map((_, i) => ({
      ...axis,
      gridIndex: i,
      name: 'epoch',
      nameLocation: 'middle',
      nameGap: 26,
      minInterval: 1,
      max: epochs,
    })),
    yAxis: panels.map(({ unit, name }, i) => ({
      ...axis,
      gridIndex: i,
      // Losses end near 0, which should be seen; accuracies fill their panel.
      scale: name !== 'loss',
      axisLabel: { formatter: `{value}${unit}` },
    })),
    series: panels.flatMap((panel, i) => [
      { ...line(i, TRAIN), name: 'train', showSymbol: false, data: means(panel.train, stepsPerEpoch) },
      {
        ...line(i, TEST),
        name: 'test',
        symbolSize: 8,
        data: panel.test.map((value, epoch): Point => [epoch + 1, value]),
      },
    ]),
  };
}

const percent = (fraction: number): number => 100 * fraction;

const axis = {
  type: 'value',
  axisLine: { show: true, lineStyle: { color: '#606060' } },
  splitLine: { lineStyle: { color: '#e6e6e6' } },
};

const line = (panel: number, color: string): object => ({
  type: 'line',
  xAxisIndex: panel,
  yAxisIndex: panel,
  color,
  lineStyle: { width: 2 },
});

/** Means of equally many steps, each where its steps have their middle. */
function means(values: readonly number[], stepsPerEpoch: number): Point[] {
  const size = Math.ceil(values.length / POINTS);
  return Array.from({ length: Math.ceil(values.length / size) || 0 }, (_, i): Point => {
    const part = values.slice(i * size, (i + 1) * size);
    const middle = i * size + part.length / 2;
    return [middle / stepsPerEpoch, part.reduce((sum, value) => sum + value, 0) / part.length];
  });
}
