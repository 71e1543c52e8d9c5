/** defineUpdate: what it refuses, and that a write counts as a change. The loops are proven by the conformance suite. */
import { describe, expect, it } from 'vitest';
import { AutogradError, DeviceError, DTypeError, no_grad, ones, ShapeError, tensor, zeros } from '../src/index.js';
import { defineUpdate } from '../src/internal.js';

const decay = defineUpdate({
  name: 'decay',
  writes: ['param', 'average'],
  reads: ['grad'],
  values: ['lr', 'averaged'],
  each: `
    param -= lr * grad;
    if (averaged) average += (param - average) / 2;
  `,
});

describe('an update', () => {
  it('changes what it writes, and counts as a change of it alone', () => {
    const [param, average, grad] = [tensor([1, 2]), zeros(2), tensor([2, 4])];
    const view = param.view(2, 1);
    decay({ param, average, grad }, { lr: 0.5, averaged: true });
    expect([param, average, grad].map((t) => t.tolist())).toEqual([
      [0, 0],
      [0, 0],
      [2, 4],
    ]);
    decay({ param, average: null, grad }, { lr: -1, averaged: false });
    expect(view.tolist()).toEqual([[2], [4]]);
    expect([param._version, view._version, average._version, grad._version]).toEqual([2, 2, 1, 0]);
  });

  it('computes in double precision and rounds what it stores', () => {
    const param = ones(1);
    decay({ param, average: null, grad: tensor([1]) }, { lr: 2 ** -30, averaged: false });
    expect(param.item()).toBe(1);
    const wide = ones(1, { dtype: 'float64' });
    decay({ param: wide, average: null, grad: ones(1, { dtype: 'float64' }) }, { lr: 2 ** -30, averaged: false });
    expect(wide.item()).toBe(1 - 2 ** -30);
  });

  it('refuses tensors that do not fit', () => {
    const values = { lr: 1, averaged: false };
    const param = zeros([2, 3]);
    const shapes = (): void => decay({ param, average: null, grad: zeros(3) }, values);
    expect(shapes).toThrow(ShapeError);
    expect(shapes).toThrow('decay_(): The size of grad [3] must match the size of param [2, 3]');
    const integers = (): void => decay({ param, average: zeros([2, 3], { dtype: 'int64' }), grad: param }, values);
    expect(integers).toThrow(DTypeError);
    expect(integers).toThrow('decay_(): expected average to be a floating point Tensor, got Long');
    const devices = (): void => decay({ param, average: null, grad: zeros([2, 3], { device: 'gpu' }) }, values);
    expect(devices).toThrow(DeviceError);
    expect(devices).toThrow(
      'decay_(): Expected all tensors to be on the same device, but found at least two devices, cpu and gpu!',
    );
    const twice = (): void => decay({ param: zeros(1).expand([3]), average: null, grad: zeros(3) }, values);
    expect(twice).toThrow('decay_(): unsupported operation: more than one element of the written-to tensor refers to');
    expect(param._version).toBe(0);
  });

  it('refuses a leaf that requires grad where the graph is recorded', () => {
    const param = zeros(2, { requires_grad: true });
    const run = (): void => decay({ param, average: null, grad: ones(2) }, { lr: 1, averaged: false });
    expect(run).toThrow(AutogradError);
    expect(run).toThrow('a leaf Variable that requires grad is being used in an in-place operation.');
    no_grad(run);
    expect(param.tolist()).toEqual([-1, -1]);
  });

  it('runs on the gpu device', () => {
    const [param, average] = [tensor([1, 2], { device: 'gpu' }), zeros(2, { device: 'gpu' })];
    decay({ param, average, grad: ones(2, { device: 'gpu' }) }, { lr: 0.5, averaged: true });
    expect([param.tolist(), average.tolist()]).toEqual([
      [0.5, 1.5],
      [0.25, 0.75],
    ]);
  });
});
