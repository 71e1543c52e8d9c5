/** Whether two SVG files show the same, though one machine may round another way than the other. */
import { expect } from 'vitest';

const NUMBER = /-?\d+(?:[.]\d+)?(?:e[-+]?\d+)?/g;

/** Coordinates and colours may differ by one pixel or one step. */
export function expectSamePicture(kept: string, drawn: string, name: string): void {
  expect(drawn.replaceAll(NUMBER, '#').split('\n'), name).toEqual(kept.replaceAll(NUMBER, '#').split('\n'));
  const [a, b] = [kept, drawn].map((svg) => (svg.match(NUMBER) ?? []).map(Number));
  const differing = a.filter((x, i) => Math.abs(x - b[i]) > 1);
  expect(differing, name).toEqual([]);
}
