import { Tensor, tensor, ValueError } from '@torchlet/tensor';
import { describe, expect, it } from 'vitest';
import { default_collate, default_convert } from '../src/index.js';

describe('default_collate', () => {
  it('stacks tensors and typed arrays', () => {
    const stacked = default_collate([tensor([1, 2]), tensor([3, 4])]);
    expect(stacked.tolist()).toEqual([
      [1, 2],
      [3, 4],
    ]);
    const bytes = default_collate([Uint8Array.of(1, 2), Uint8Array.of(3, 4), Uint8Array.of(5, 6)]);
    expect(bytes.dtype).toBe('uint8');
    expect(bytes.shape).toEqual([3, 2]);
  });

  it.each<[string, readonly (number | bigint | boolean)[], string, unknown[]]>([
    ['integers', [1, -2, 3], 'int64', [1, -2, 3]],
    ['other numbers', [1, 0.1], 'float64', [1, 0.1]],
    ['integers too large to be exact', [2 ** 60], 'float64', [2 ** 60]],
    ['no numbers', [Number.NaN], 'float64', [Number.NaN]],
    ['booleans', [true, false], 'bool', [true, false]],
    ['bigints', [5n, -6n], 'int64', [5, -6]],
  ])('makes a tensor of %s', (_, batch, dtype, expected) => {
    const collated = default_collate<number | bigint | boolean>(batch);
    expect(collated.dtype).toBe(dtype);
    expect(collated.tolist()).toEqual(expected);
  });

  it('leaves strings a list', () => {
    expect(default_collate(['a', 'b'])).toEqual(['a', 'b']);
  });

  it('collates arrays and objects entry by entry', () => {
    const [a, [b, c]] = default_collate<[number, [number, string]]>([
      [1, [2.5, 'x']],
      [3, [4, 'y']],
    ]);
    expect(a.tolist()).toEqual([1, 3]);
    expect(b.tolist()).toEqual([2.5, 4]);
    expect(c).toEqual(['x', 'y']);
    const { p, q } = default_collate([
      { p: 1, q: tensor([1]) },
      { q: tensor([2]), p: 2 },
    ]);
    expect(p.tolist()).toEqual([1, 2]);
    expect(q.tolist()).toEqual([[1], [2]]);
  });

  it('treats a key __proto__ as data', () => {
    const item = (): Record<string, number> => JSON.parse('{"__proto__": 5}');
    const collated = default_collate([item(), item()]);
    expect(Object.keys(collated)).toEqual(['__proto__']);
    expect(Object.getPrototypeOf(collated)).toBe(Object.prototype);
  });

  it('says what is wrong with a batch', () => {
    const collate = (batch: unknown[]) => () => default_collate(batch);
    expect(collate([])).toThrow(ValueError);
    expect(collate([])).toThrow('default_collate: the batch is empty');
    expect(collate([[1], [1, 2]])).toThrow('each element in list of batch should be of equal size');
    const kinds = 'default_collate: batch must contain tensors, numpy arrays, numbers, dicts or lists; found ';
    expect(collate([null])).toThrow(`${kinds}null`);
    expect(collate([undefined])).toThrow(`${kinds}undefined`);
    expect(collate([new Date()])).toThrow(`${kinds}Date`);
    expect(collate([() => 1])).toThrow(`${kinds}function`);
    const mixed = (kind: string, got: string): string =>
      `default_collate: batch must contain items of one kind; element 0 is of the ${kind}, but element 1 is ${got}`;
    expect(collate([1, 'a'])).toThrow(mixed('numbers', "'a'"));
    expect(collate([tensor([1]), 1])).toThrow(mixed('tensors', '1'));
    expect(collate([Uint8Array.of(1), [1]])).toThrow(mixed('typed arrays', 'Array'));
    expect(collate(['a', true])).toThrow(mixed('strings', 'true'));
    expect(collate([true, 0])).toThrow(mixed('booleans', '0'));
    expect(collate([1n, 1])).toThrow(mixed('bigints', '1'));
    expect(collate([[1], {}])).toThrow(mixed('lists', 'Object'));
    expect(collate([{ a: 1 }, [1]])).toThrow(mixed('dicts', 'Array'));
    expect(collate([{ a: 1 }, { b: 1 }])).toThrow(
      "default_collate: element 1 of the batch has no key 'a', but element 0 has",
    );
    expect(collate([tensor([1]), tensor([1, 2])])).toThrow(
      'stack expects each tensor to be equal size, but got [1] at entry 0 and [2] at entry 1',
    );
  });
});

describe('default_convert', () => {
  it('turns typed arrays into tensors, at any depth, and nothing else', () => {
    const t = tensor([1]);
    const converted = default_convert([Float32Array.of(1.5), { a: Uint8Array.of(3), b: 'x' }, 7, t]);
    const [f, { a, b }, n, same] = converted as [Tensor, { a: Tensor; b: string }, number, Tensor];
    expect(f).toBeInstanceOf(Tensor);
    expect(f.tolist()).toEqual([1.5]);
    expect(a.dtype).toBe('uint8');
    expect([b, n]).toEqual(['x', 7]);
    expect(same).toBe(t);
  });
});
