import * as nn from '@torchlet/nn';
import { autograd, functional, no_grad, ones, type Tensor } from '@torchlet/tensor';
import { describe, expect, it } from 'vitest';
import { expectClose, fixture, type LayerCase, makeLayer, type Packed, unpack } from './helpers.js';

interface NormCase extends LayerCase {
  readonly repr: string;
  readonly start: Record<string, Packed>;
  readonly end: Record<string, Packed>;
  readonly input: Packed;
  readonly results: { readonly y: Packed; readonly grads: Packed[] }[];
}

const { cases, errors } = fixture<{ cases: NormCase[]; errors: { rank: string; size: string } }>('instance-norm');
const unpackAll = (state: Record<string, Packed>): Record<string, Tensor> =>
  Object.fromEntries(Object.entries(state).map(([key, value]) => [key, unpack(value)]));

describe('instance normalization, against PyTorch', () => {
  it.each(cases.map((c) => [`${c.layer}(${JSON.stringify(c.args)}, ${JSON.stringify(c.options)})`, c] as const))(
    '%s',
    (_, c) => {
      const layer = makeLayer(c);
      expect(layer.toString()).toBe(c.repr);
      expect(Object.keys(layer.state_dict())).toEqual(Object.keys(c.start));
      layer.load_state_dict(unpackAll(c.start));
      c.results.forEach((expected, i) => {
        layer.train(i < 2);
        const inputs = [unpack(c.input).requires_grad_(), ...layer.parameters()];
        const y = layer(inputs[0]) as Tensor;
        expectClose(y, unpack(expected.y));
        autograd.grad(y.mul(y).mul(y).sum(), inputs).forEach((g, k) => {
          // differences of numbers about 100 times their size
          expectClose(g as Tensor, unpack(expected.grads[k]), 1e-4);
        });
      });
      for (const [key, value] of Object.entries(unpackAll(c.end))) expectClose(layer.state_dict()[key], value);
    },
  );

  it('refuses what PyTorch refuses', () => {
    expect(() => new nn.InstanceNorm2d(2)(ones([2, 5]))).toThrow(errors.rank);
    expect(() => new nn.InstanceNorm1d(2)(ones([3, 2, 1]))).toThrow(errors.size);
    expect(() => functional.instance_norm(ones([3, 2, 2]), { use_input_stats: false })).toThrow(
      'Expected running_mean and running_var to be defined when use_input_stats is false',
    );
    expect(() => functional.instance_norm(ones([3, 2]))).toThrow('expected at least 3D input (got 2D input)');
  });

  it('starts with weight 1 and bias 0, and goes back to them', () => {
    const layer = new nn.InstanceNorm1d(2, { affine: true, track_running_stats: true });
    no_grad(() => layer.weight?.fill_(3));
    layer(ones([2, 2, 4]).cumsum(2));
    layer.reset_parameters();
    expect(layer.weight?.tolist()).toEqual([1, 1]);
    expect(layer.running_mean?.tolist()).toEqual([0, 0]);
    expect(new nn.InstanceNorm1d(2).weight).toBe(null);
  });
});
