import * as nn from '@torchlet/nn';
import {
  arange,
  manual_seed,
  ones,
  randint,
  randn,
  ShapeError,
  type Tensor,
  tensor,
  ValueError,
  zeros,
} from '@torchlet/tensor';
import { describe, expect, it } from 'vitest';
import { expectClose, fixture, type LayerCase, makeLayer, type Packed, unpack } from './helpers.js';

interface MoreCase extends LayerCase {
  readonly repr: string;
  readonly start: Record<string, Packed>;
  readonly end: Record<string, Packed>;
  readonly next: number;
  readonly inputs: Packed[];
  readonly results: Packed[][];
  readonly evaluated?: Packed;
}

const { cases, errors, sizes } = fixture<{
  cases: MoreCase[];
  errors: Record<string, string>;
  sizes: number[];
}>('more-layers');

function expectState(layer: nn.AnyModule, expected: Record<string, Packed>): void {
  const state = layer.state_dict();
  expect(Object.keys(state)).toEqual(Object.keys(expected));
  for (const [key, value] of Object.entries(state)) expectClose(value, unpack(expected[key]));
}

describe('layers, against PyTorch', () => {
  cases.forEach((c, i) => {
    it(`${i}: ${c.layer}(${JSON.stringify(c.args)}, ${JSON.stringify(c.options)})`, () => {
      manual_seed(11);
      const layer = makeLayer(c);
      expect(randint(0, 1000000, [1]).item()).toBe(c.next);
      expect(layer.toString()).toBe(c.repr);
      expectState(layer, c.start);
      manual_seed(12);
      for (const expected of c.results) {
        const result = layer(...c.inputs.map(unpack));
        const results = (Array.isArray(result) ? result : [result]) as Tensor[];
        expect(results.length).toBe(expected.length);
        results.forEach((r, k) => {
          expectClose(r, unpack(expected[k]));
        });
      }
      if (c.evaluated !== undefined) {
        layer.eval();
        expectClose(layer(...c.inputs.map(unpack)) as Tensor, unpack(c.evaluated));
      }
      expectState(layer, c.end);
    });
  });

  it('in place where told to', () => {
    const layers = [
      new nn.SiLU(true),
      new nn.ELU({ inplace: true }),
      new nn.LeakyReLU(0.1, true),
      new nn.Hardtanh({ inplace: true }),
      new nn.Threshold(0, 1, true),
      new nn.Dropout2d(0.5, true),
    ];
    for (const layer of layers) {
      const x = randn(2, 2, 2, 2);
      expect(layer(x), layer.toString()).toBe(x);
    }
  });
});

describe('BatchNorm', () => {
  it('refuses other ranks and single values', () => {
    const fails = (fn: () => unknown, error: Error) => expect(fn).toThrow(error);
    fails(() => new nn.BatchNorm1d(4)(zeros(2, 4, 5, 6)), new ShapeError(errors.bn1d));
    fails(() => new nn.BatchNorm2d(4)(zeros(2, 4, 7)), new ShapeError(errors.bn2d));
    fails(() => new nn.BatchNorm3d(4)(zeros(2, 4, 7)), new ShapeError('expected 5D input (got 3D input)'));
    fails(() => new nn.BatchNorm1d(4)(zeros(1, 4)), new ValueError(errors.bn_one));
  });

  it('starts anew', () => {
    const layer = new nn.BatchNorm1d(2);
    layer(randn(5, 2));
    layer.reset_running_stats();
    expect([layer.running_mean, layer.running_var, layer.num_batches_tracked].map((t) => t?.tolist())).toEqual([
      [0, 0],
      [1, 1],
      0,
    ]);
    layer.weight?.data.fill_(3);
    layer.reset_parameters();
    expect(layer.weight?.tolist()).toEqual([1, 1]);
  });
});

describe('LayerNorm and RMSNorm', () => {
  it('with PyTorch 2’s arguments', () => {
    const layer = new nn.LayerNorm(3, { bias: false });
    expect(Object.keys(layer.state_dict())).toEqual(['weight']);
    const rms = new nn.RMSNorm([2, 3], { eps: 0.5 });
    expect(rms.toString()).toBe('RMSNorm((2, 3), eps=0.5, elementwise_affine=True)');
    expect(new nn.RMSNorm(3).toString()).toBe('RMSNorm((3,), eps=None, elementwise_affine=True)');
    const x = randn(4, 2, 3);
    expectClose(rms(x), x.div(x.mul(x).mean([1, 2], true).add(0.5).sqrt()));
    expect(Object.keys(new nn.RMSNorm(3, null, false).state_dict())).toEqual([]);
  });
});

describe('Embedding', () => {
  it('of given rows', () => {
    const rows = arange(6, { dtype: 'float32' }).view(3, 2);
    const frozen = nn.Embedding.from_pretrained(rows);
    expect(frozen.weight.requires_grad).toBe(false);
    expect(frozen(tensor([2, 0], { dtype: 'int64' })).tolist()).toEqual([
      [4, 5],
      [0, 1],
    ]);
    const learned = nn.Embedding.from_pretrained(rows, false, { padding_idx: 1, sparse: true });
    expect([learned.weight.requires_grad, learned.padding_idx, learned.sparse]).toEqual([true, 1, true]);
    expect(() => nn.Embedding.from_pretrained(zeros(3))).toThrow(
      new ShapeError('Embeddings parameter is expected to be 2-dimensional'),
    );
    expect(() => new nn.Embedding(2, 2, { _weight: rows })).toThrow(
      new ShapeError('Shape of weight does not match num_embeddings and embedding_dim'),
    );
    expect(() => new nn.Embedding(2, 2, 2)).toThrow(new ValueError('Padding_idx must be within num_embeddings'));
  });

  it('has sparse gradients, and none for the padding', () => {
    const layer = new nn.Embedding(4, 2, { sparse: true, padding_idx: 0 });
    layer(tensor([3, 0, 3], { dtype: 'int64' }))
      .sum()
      .backward();
    const grad = layer.weight.grad as Tensor;
    expect(grad.is_sparse).toBe(true);
    expect(grad.coalesce().indices().tolist()).toEqual([[3]]);
    expect(grad.to_dense().tolist()).toEqual([
      [0, 0],
      [0, 0],
      [0, 0],
      [2, 2],
    ]);
  });
});

describe('arguments that do not fit', () => {
  it('are refused', () => {
    const fails = (fn: () => unknown, message: string) => expect(fn).toThrow(new ValueError(message));
    fails(() => new nn.GroupNorm(3, 4), errors.group);
    fails(() => new nn.ConvTranspose2d(1, 1, 2, { padding_mode: 'circular' as 'zeros' }), errors.conv_transpose);
    fails(
      () => new nn.Conv1d(1, 1, 2, { padding_mode: 'mirror' as 'zeros' }),
      "padding_mode must be one of {'zeros', 'reflect', 'replicate', 'circular'}, but got padding_mode='mirror'",
    );
    fails(
      () => new nn.AdaptiveAvgPool2d({}),
      "AdaptiveAvgPool2d() missing 1 required positional argument: 'output_size'",
    );
    fails(() => new nn.Threshold(1), "Threshold(): argument 'value' must be a number, got undefined");
    fails(
      () => new nn.BatchNorm1d(2, { momentun: 1 } as never),
      "BatchNorm1d() got an unexpected keyword argument 'momentun'",
    );
    fails(() => new nn.Dropout2d(2), 'dropout probability has to be between 0 and 1, but got 2');
    fails(
      () => new nn.L1Loss({ reduction: 'max' as 'sum' })(ones(1), ones(1)),
      'l1_loss(): max is not a valid value for reduction',
    );
  });

  it('a transposed convolution is asked for a size', () => {
    const up = new nn.ConvTranspose2d(1, 1, 3, { stride: 2 });
    expect(up(zeros(1, 1, 3, 3), [8, 7]).shape).toEqual(sizes);
    const wrong =
      'requested an output size of (5, 9), but valid sizes range from (7, 7) to (8, 8) (for an input of (3, 3))';
    expect(() => up(zeros(1, 1, 3, 3), [5, 9])).toThrow(new ValueError(wrong));
    expect(errors.output_size).toContain('valid sizes range from [7, 7] to [8, 8]');
  });
});
