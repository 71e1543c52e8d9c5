import * as nn from '@torchlet/nn';
import { autograd, type Tensor } from '@torchlet/tensor';
import { describe, expect, it } from 'vitest';
import { expectClose, fixture, type LayerCase, makeLayer, type Packed, unpack } from './helpers.js';

interface DistanceCase extends LayerCase {
  readonly repr: string;
  readonly inputs: Packed[];
  readonly result: Packed;
  readonly grads: Packed[];
}

const { cases } = fixture<{ cases: DistanceCase[] }>('distances');

describe('distances, folding and pixels, against PyTorch', () => {
  it.each(cases.map((c) => [`${c.layer}(${JSON.stringify(c.args)}, ${JSON.stringify(c.options)})`, c] as const))(
    '%s',
    (_, c) => {
      const layer = makeLayer(c);
      expect(layer.toString()).toBe(c.repr);
      const inputs = c.inputs.map((i) => unpack(i).requires_grad_());
      const y = layer(...inputs) as Tensor;
      expectClose(y, unpack(c.result));
      autograd.grad(y.mul(y).sum(), inputs).forEach((g, i) => {
        expectClose(g as Tensor, unpack(c.grads[i]));
      });
    },
  );

  it('what is missing or unknown is an error', () => {
    expect(() => new nn.Unfold({} as never)).toThrow("missing 1 required positional argument: 'kernel_size'");
    expect(() => new nn.Fold([4, 5])).toThrow("missing 1 required positional argument: 'kernel_size'");
    expect(() => new nn.PairwiseDistance({ q: 1 } as never)).toThrow("got an unexpected keyword argument 'q'");
  });
});
