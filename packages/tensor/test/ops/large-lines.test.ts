/** What goes another way in large tensors says the same as of its lines alone, which go the way of small ones. */
import { describe, expect, it } from 'vitest';
import * as torch from '../../src/index.js';

const DTYPES = ['float32', 'float64', 'int64', 'int32', 'uint8'] as const;
const SCANS = ['cumsum', 'cumprod', 'cummax', 'cummin', 'logcumsumexp'] as const;

/** Small whole numbers, so that extrema tie; each a few times. */
const numbers = (n: number): number[] => Array.from({ length: n }, (_, i) => ((i * 7919) % 1013) % 5);
const scan = (name: (typeof SCANS)[number], x: torch.Tensor, dim: number): torch.Tensor[] => {
  const found: unknown = (x[name] as (dim: number) => unknown).call(x, dim);
  return (Array.isArray(found) ? found : [found]) as torch.Tensor[];
};

describe('scans of many lines that lie beside one another', () => {
  const [rows, columns] = [3700, 9];
  for (const name of SCANS) {
    const dtypes = name === 'logcumsumexp' ? DTYPES.slice(0, 2) : DTYPES;
    it.each(dtypes)(`${name} of %s`, (dtype) => {
      const data = numbers(rows * columns);
      // products stay within every type, and signs show
      if (name === 'cumprod') data.forEach((v, i) => void (data[i] = v === 0 && dtype !== 'uint8' ? -1 : 1));
      const x = torch.tensor(data, { dtype }).reshape(1, rows, columns);
      const values = dtype.startsWith('float') && name !== 'cumprod' ? [Number.NaN, Infinity, -Infinity] : [];
      values.forEach(
        (v, i) =>
          void x
            .select(2, i)
            .select(1, 1000 + i)
            .fill_(v),
      );
      const large = scan(name, x, 1);
      expect(large.length).toBe(name === 'cummax' || name === 'cummin' ? 2 : 1);
      for (let j = 0; j < columns; j++) {
        const line = scan(name, x.select(2, j).flatten(), 0);
        large.forEach((y, k) => {
          expect(y.select(2, j).flatten().tolist(), `line ${j}, result ${k}`).toEqual(line[k].tolist());
        });
      }
    });
  }
});

describe('places of extrema in many rows', () => {
  it.each(DTYPES)('are the first in each, of %s', (dtype) => {
    const x = torch.tensor(numbers(300 * 11), { dtype }).reshape(300, 11);
    if (dtype.startsWith('float')) {
      x.select(0, 7).select(0, 5).fill_(Number.NaN);
      x.select(0, 7).select(0, 9).fill_(Number.NaN);
      x.select(0, 8).fill_(-Infinity);
    }
    for (const name of ['argmax', 'argmin'] as const) {
      const rows = Array.from({ length: 300 }, (_, i) => x.select(0, i)[name](0).item());
      expect(x[name](1).tolist(), name).toEqual(rows);
      expect(x.t().contiguous()[name](0).tolist(), `${name} of columns`).toEqual(rows);
      if (dtype.startsWith('float')) expect([rows[7], rows[8]]).toEqual([5, 0]);
      expect(new Set(rows).size).toBeGreaterThan(2);
    }
  });
});

it('whole numbers that leave the range are found in every element of a row that is added to', () => {
  const most = 2 ** 53 - 1;
  const x = torch.zeros([2, 2, 3], { dtype: 'int64' });
  x.select(0, 1).select(0, 1).select(0, 2).fill_(most);
  const ones = torch.ones([1, 2, 3], { dtype: 'int64' });
  const index = torch.ones([1, 1, 1], { dtype: 'int64' }).expand([1, 2, 3]);
  expect(() => x.scatter_add(0, index, ones)).toThrow(`int64 value ${most + 1} is beyond ±(2^53 − 1)`);
});
