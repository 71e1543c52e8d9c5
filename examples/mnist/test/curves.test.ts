import { DOMParser, type Document } from '@xmldom/xmldom';
import { describe, expect, it } from 'vitest';
import { type Curves, drawCurves } from '../src/curves.js';

const ramp = (length: number, from: number, to: number): number[] =>
  Array.from({ length }, (_, i) => from + ((to - from) * i) / Math.max(1, length - 1));

const run = (steps: number, epochs: number): Curves => ({
  stepsPerEpoch: 50,
  train: { loss: ramp(steps, 2, 0.1), accuracy: ramp(steps, 0.1, 0.9) },
  test: { loss: ramp(epochs, 0.8, 0.2), accuracy: ramp(epochs, 0.7, 0.95) },
});

/** @throws unless it is well-formed, to the letter */
function parse(svg: string): Document {
  const onError = (level: string, message: string): never => {
    throw new Error(`${level}: ${message}`);
  };
  return new DOMParser({ onError }).parseFromString(svg, 'image/svg+xml');
}

/** The corners of each line of a colour; symbols are drawn with arcs and closed paths. */
function curves(svg: string, color: string): [x: number, y: number][][] {
  const paths = [...parse(svg).getElementsByTagName('path')];
  const corners = paths
    .filter((path) => path.getAttribute('stroke') === color)
    .map((path) => path.getAttribute('d') ?? '')
    .filter((d) => !/[AZ]/.test(d));
  return corners.map((d) => [...d.matchAll(/(-?[\d.]+) (-?[\d.]+)/g)].map(([, x, y]) => [Number(x), Number(y)]));
}

describe('the curves', () => {
  it('are well-formed SVG with both axes, both panels and a legend', async () => {
    const svg = await drawCurves(run(150, 3));
    const { documentElement } = parse(svg);
    expect(documentElement?.tagName).toBe('svg');
    expect(documentElement?.namespaceURI).toBe('http://www.w3.org/2000/svg');
    expect(documentElement?.getAttribute('viewBox')).toBe('0 0 960 400');
    const texts = [...parse(svg).getElementsByTagName('text')].map((text) => text.textContent);
    for (const text of ['loss', 'accuracy', 'epoch', 'train', 'test', '3', '80 %']) expect(texts).toContain(text);
  });

  it('run through every mean of batches and every epoch, inside their panels', async () => {
    const svg = await drawCurves(run(150, 3));
    const [trainLoss, trainAccuracy] = curves(svg, '#4477aa');
    const [testLoss, testAccuracy] = curves(svg, '#cc6633');
    // 150 steps in means of two
    expect([trainLoss, trainAccuracy].map((line) => line.length)).toEqual([75, 75]);
    expect([testLoss, testAccuracy].map((line) => line.length)).toEqual([3, 3]);
    for (const [loss, accuracy] of [
      [trainLoss, trainAccuracy],
      [testLoss, testAccuracy],
    ]) {
      // y grows downwards: the loss falls, the accuracy rises, in panels side by side
      loss.slice(1).forEach(([x, y], i) => {
        expect(x).toBeGreaterThan(loss[i][0]);
        expect(y).toBeGreaterThan(loss[i][1]);
      });
      accuracy.slice(1).forEach(([, y], i) => {
        expect(y).toBeLessThan(accuracy[i][1]);
      });
      expect(Math.max(...loss.map(([x]) => x))).toBeLessThan(480);
      expect(Math.min(...accuracy.map(([x]) => x))).toBeGreaterThan(480);
      for (const [, y] of [...loss, ...accuracy]) expect(y > 30 && y < 340).toBe(true);
    }
    // the last training mean lies one step before the last test, which is at the end of the axis
    expect(trainLoss.at(-1)?.[0]).toBeLessThan(testLoss.at(-1)?.[0] ?? 0);
  });

  it.each([
    [0, 0],
    [1, 0],
    [20, 0],
    [50, 1],
    [5000, 100],
  ])('can be drawn after %i steps and %i epochs', async (steps, epochs) => {
    const svg = await drawCurves(run(steps, epochs));
    expect(parse(svg).documentElement?.tagName).toBe('svg');
    expect(svg).not.toContain('NaN');
    expect(svg.length).toBeLessThan(80_000);
  });
});
