/** Running reductions and sorting along a dimension. */
import { type DType, isFloating } from '../../dtype.js';
import type { Backend, ScanName, View } from '../backend.js';
import { expectElements } from './check.js';
import {
  ALL,
  type ConformanceCase,
  defineFor,
  expanded,
  FLOATS,
  flat,
  fresh,
  indicesOf,
  LAYOUTS,
  type Operand,
  operand,
  random,
} from './harness.js';

/** The elements of the line along `dim` on which an index lies, and the place of the index in it. */
function lineOf(x: Operand, dim: number, index: readonly number[]): { line: number[]; place: number } {
  if (x.shape.length === 0) return { line: [x.data[0]], place: 0 };
  const line = Array.from({ length: x.shape[dim] }, (_, i) => x.data[flat(x.shape, index.with(dim, i))]);
  return { line, place: index[dim] };
}

function folded(name: ScanName, members: readonly number[]): number {
  if (name === 'sum') return members.reduce((a, b) => a + b, 0);
  if (name === 'prod') return members.reduce((a, b) => a * b, 1);
  if (name === 'logsumexp') {
    const top = Math.max(...members);
    return Number.isFinite(top) ? top + Math.log(members.reduce((a, b) => a + Math.exp(b - top), 0)) : top;
  }
  return name === 'max' ? Math.max(...members) : Math.min(...members);
}

function lastExtremum(members: readonly number[], value: number): number {
  return Number.isNaN(value) ? members.findLastIndex(Number.isNaN) : members.lastIndexOf(value);
}

function checkScan(backend: Backend, name: ScanName, x: Operand, dim: number, dtype: DType): void {
  const out = fresh(backend, dtype, x.shape);
  const indices: View | null = name === 'max' || name === 'min' ? fresh(backend, 'int64', x.shape) : null;
  backend.scan(name, x.view, dim, out, indices);
  const beginnings = Array.from(indicesOf(x.shape), (index) => {
    const { line, place } = lineOf(x, dim, index);
    return line.slice(0, place + 1);
  });
  const values = beginnings.map((members) => folded(name, members));
  expectElements(backend, out, values);
  if (indices !== null) {
    expectElements(
      backend,
      indices,
      beginnings.map((members, i) => lastExtremum(members, values[i])),
    );
  }
}

function checkSort(backend: Backend, x: Operand, dim: number, descending: boolean): void {
  const out = fresh(backend, x.view.dtype, x.shape);
  const indices = fresh(backend, 'int64', x.shape);
  backend.sort(x.view, dim, descending, out, indices);
  const key = (v: number): number => (Number.isNaN(v) ? Number.MAX_VALUE : Math.max(Math.min(v, 1e300), -1e300));
  const picked = Array.from(indicesOf(x.shape), (index) => {
    const { line, place } = lineOf(x, dim, index);
    // Array's sort is stable
    const order = line.map((_, i) => i).sort((a, b) => (descending ? -1 : 1) * (key(line[a]) - key(line[b])));
    return { value: line[order[place]], at: order[place] };
  });
  expectElements(
    backend,
    out,
    picked.map(({ value }) => value),
  );
  expectElements(
    backend,
    indices,
    picked.map(({ at }) => at),
  );
}

const SCANS: readonly ScanName[] = ['sum', 'prod', 'max', 'min', 'logsumexp'];
const SPECIAL = [1, Number.NaN, 3, Infinity, Number.NaN, -Infinity, 3, 1];

const scans = SCANS.flatMap((name) =>
  defineFor(name === 'logsumexp' ? FLOATS : [...FLOATS, 'int64'], `scan ${name}`, (backend, dtype) => {
    for (const dim of [0, 1, 2]) {
      for (const layout of LAYOUTS) checkScan(backend, name, random(backend, dtype, [2, 4, 3], layout, 3), dim, dtype);
      checkScan(backend, name, expanded(random(backend, dtype, [4, 1], 'strided'), [2, 4, 3]), dim, dtype);
      checkScan(backend, name, random(backend, dtype, [2, 0, 3]), dim, dtype);
    }
    checkScan(backend, name, random(backend, dtype, []), 0, dtype);
    if (isFloating(dtype)) checkScan(backend, name, operand(backend, dtype, [8], SPECIAL), 0, dtype);
  }),
);

export const scanCases: readonly ConformanceCase[] = [
  ...scans,
  ...defineFor(ALL, 'sort', (backend, dtype) => {
    for (const descending of [false, true]) {
      for (const dim of [0, 1, 2]) {
        for (const layout of LAYOUTS) checkSort(backend, random(backend, dtype, [3, 7, 2], layout, 5), dim, descending);
        checkSort(backend, random(backend, dtype, [3, 0, 2]), dim, descending);
      }
      checkSort(backend, random(backend, dtype, []), 0, descending);
      if (isFloating(dtype)) checkSort(backend, operand(backend, dtype, [8], SPECIAL, 'strided'), 0, descending);
    }
  }),
];
