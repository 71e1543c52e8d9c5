/** runRows: where results go, and what counts as a change. The kernels are proven by the conformance suite. */
import { describe, expect, it } from 'vitest';
import { arange, zeros } from '../src/index.js';
import { type RowsKernel, runRows } from '../src/internal.js';

const CENTER: RowsKernel = {
  name: 'center',
  reads: ['x'],
  writes: ['y', 'z'],
  rowReads: [],
  rowWrites: ['total'],
  values: ['scale'],
  passes: [{ body: '', results: { total: { reduce: 'sum', of: 'x' } } }, { body: 'y = x - total / n; z = scale * x;' }],
};

describe('runRows', () => {
  const x = arange(6).float().view(2, 3);
  const [centered, doubled] = [
    [
      [-1, 0, 1],
      [-1, 0, 1],
    ],
    [
      [0, 2, 4],
      [6, 8, 10],
    ],
  ];

  it('writes into new tensors', () => {
    const { written, numbers } = runRows(CENTER, 3, [x], [], [2]);
    expect([...written, ...numbers].map((t) => t.tolist())).toEqual([centered, doubled, [3, 12]]);
  });

  it('writes into tensors that are there, views too, which counts as a change of them', () => {
    const [whole, z] = [zeros(10), zeros(2, 3)];
    const y = whole.narrow(0, 2, 6).view(2, 3);
    const { written, numbers } = runRows(CENTER, 3, [x], [], [2], [y, z]);
    expect([written[0] === y, written[1] === z, numbers[0].tolist()]).toEqual([true, true, [3, 12]]);
    expect(whole.tolist()).toEqual([0, 0, -1, 0, 1, -1, 0, 1, 0, 0]);
    expect(z.tolist()).toEqual(doubled);
    expect([whole._version, z._version, x._version]).toEqual([1, 1, 0]);
  });
});
