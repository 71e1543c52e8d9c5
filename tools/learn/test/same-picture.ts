/** Whether two SVG files show the same, though one machine may round another way than the other. */
import { expect } from 'vitest';

const NUMBER = /-?\d+(?:[.]\d+)?(?:e[-+]?\d+)?/g;

/** Heat maps without numbers: runs of squares, all of one colour in one path. */
const SQUARES = /<path d="((?:M[-\d. ]+h[\d.]+v[\d.]+h-[\d.]+z)+)" fill="rgb\((\d+),(\d+),(\d+)\)"\/>\n/g;

/** The colours of a heat map have sixteen steps between 0 and its largest number; a step changes no part of a colour by more. */
const STEP = 16;

/** What is written is the same; coordinates may differ by one pixel, and the squares of heat maps by one step of colour. */
export function expectSamePicture(kept: string, drawn: string, name: string): void {
  expect(textsOf(drawn), name).toEqual(textsOf(kept));
  const [keptLines, drawnLines] = [kept, drawn].map((svg) => svg.replaceAll(SQUARES, ''));
  expect(drawnLines.replaceAll(NUMBER, '#').split('\n'), name).toEqual(keptLines.replaceAll(NUMBER, '#').split('\n'));
  const [a, b] = [keptLines, drawnLines].map((svg) => (svg.match(NUMBER) ?? []).map(Number));
  expect(
    a.filter((x, i) => Math.abs(x - b[i]) > 1),
    name,
  ).toEqual([]);
  expectSameSquares(squaresOf(kept), squaresOf(drawn), name);
}

const textsOf = (svg: string): string[] => [...svg.matchAll(/>([^<>]+)<\/text>/g)].map(([, text]) => text);

function squaresOf(svg: string): Map<string, number[]> {
  const squares = new Map<string, number[]>();
  for (const [, path, ...color] of svg.matchAll(SQUARES)) {
    for (const run of path.split('z').slice(0, -1)) {
      const [x, y, width, side] = (run.match(NUMBER) ?? []).map(Number);
      for (let i = 0; i < Math.round(width / side); i++)
        squares.set(`${(x + i * side).toFixed(1)} ${y}`, color.map(Number));
    }
  }
  return squares;
}

function expectSameSquares(kept: Map<string, number[]>, drawn: Map<string, number[]>, name: string): void {
  const white = [255, 255, 255];
  const differing = [...new Set([...kept.keys(), ...drawn.keys()])].filter((place) => {
    const [a, b] = [kept, drawn].map((squares) => squares.get(place) ?? white);
    return a.some((part, i) => Math.abs(part - b[i]) > STEP);
  });
  expect(differing, name).toEqual([]);
}
