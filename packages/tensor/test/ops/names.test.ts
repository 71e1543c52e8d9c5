/** tensor, as_tensor and empty: what the fixtures cannot say about JavaScript data. */
import { describe, expect, it } from 'vitest';
import * as torch from '../../src/index.js';

describe('tensor', () => {
  it.each<[string, Parameters<typeof torch.tensor>[0], string, number[]]>([
    ['a number', 1, 'float32', []],
    ['numbers', [1, 2], 'float32', [2]],
    ['booleans', [[true], [false]], 'bool', [2, 1]],
    ['booleans and numbers', [true, 2], 'float32', [2]],
    ['bigints', [1n, 2n], 'int64', [2]],
    ['nothing', [], 'float32', [0]],
    ['rows of nothing', [[], []], 'float32', [2, 0]],
    ['Float64Array', new Float64Array(3), 'float64', [3]],
    ['Int32Array', new Int32Array(2), 'int32', [2]],
    ['Uint8Array', new Uint8Array(2), 'uint8', [2]],
    ['BigInt64Array', new BigInt64Array(2), 'int64', [2]],
    ['rows of typed arrays', [new Int32Array(2), new Int32Array(2)], 'int32', [2, 2]],
    ['0-dim tensors', [torch.tensor(1), torch.tensor(2)], 'float32', [2]],
    ['a tensor', torch.ones([2, 1], { dtype: 'int64' }), 'int64', [2, 1]],
  ])('%s', (_, data, dtype, shape) => {
    const x = torch.tensor(data);
    expect([x.dtype, x.shape, x.device, x.requires_grad]).toEqual([dtype, shape, 'cpu', false]);
  });

  it('copies', () => {
    const data = new Float32Array([1, 2]);
    const x = torch.tensor(data);
    data[0] = 7;
    const y = torch.tensor(x);
    x.add_(1);
    expect([x.tolist(), y.tolist()]).toEqual([
      [2, 3],
      [1, 2],
    ]);
  });

  it.each<[string, unknown, RegExp]>([
    ['ragged', [[1, 2], [3]], /expected sequence of length 2 at dim 1 \(got 1\)/],
    ['deeper later', [1, [2]], /the nested arrays are ragged/],
    ['flatter later', [[1], 2], /expected sequence of length 1 at dim 1/],
    ['a string', 'abc', /could not infer dtype of a string/],
    ['null inside', [1, null], /could not infer dtype of null/],
    ['an object', new Map(), /could not infer dtype of a object/],
    ['a plain object, which names arguments,', {}, /tensor\(\) missing 1 required positional argument: 'data'/],
  ])('%s is an error', (_, data, message) => {
    expect(() => torch.tensor(data as never)).toThrow(torch.TorchletError);
    expect(() => torch.tensor(data as never)).toThrow(message);
  });

  it('refuses unknown options, dtypes and devices', () => {
    expect(() => torch.tensor(1, { type: 'int64' } as never)).toThrow("unexpected keyword argument 'type'");
    expect(() => torch.tensor(1, { dtype: 'float16' as never })).toThrow(torch.DTypeError);
    expect(() => torch.tensor(1, { device: 'tpu' as never })).toThrow(torch.DeviceError);
  });
});

describe('as_tensor and empty', () => {
  it('as_tensor copies only what it must', () => {
    const x = torch.tensor([1, 2]);
    expect(torch.as_tensor(x) === x).toBe(true);
    expect(torch.as_tensor(x, { dtype: 'float64' }).dtype).toBe('float64');
    expect(torch.as_tensor([1, 2]).tolist()).toEqual([1, 2]);
    expect(() => torch.as_tensor(x, { requires_grad: true } as never)).toThrow(torch.ValueError);
  });

  it('empty and empty_like have the shape, dtype and flag', () => {
    const x = torch.empty(2, 3, { dtype: 'float64', requires_grad: true });
    expect([x.shape, x.dtype, x.requires_grad]).toEqual([[2, 3], 'float64', true]);
    const y = torch.empty_like(x, { dtype: 'bool' });
    expect([y.shape, y.dtype, y.requires_grad]).toEqual([[2, 3], 'bool', false]);
    expect(torch.empty_like(x).requires_grad).toBe(false);
    expect(torch.empty(0).numel()).toBe(0);
  });
});
