import { describe, expect, it } from 'vitest';
import { formatConfusion } from '../src/confusion.js';

describe('the confusion matrix', () => {
  it('is a table with aligned columns', () => {
    const matrix = [
      [120, 3, 0],
      [0, 7, 1],
      [0, 0, 0],
    ];
    expect(formatConfusion(matrix).split('\n')).toEqual([
      'what each digit (row) was taken for (column)',
      'digit      0    1    2     right',
      '    0    120    3    .    97.6 %',
      '    1      .    7    1    87.5 %',
      '    2      .    .    .         -',
    ]);
  });
});
