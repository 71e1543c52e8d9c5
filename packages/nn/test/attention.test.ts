import * as nn from '@torchlet/nn';
import { DTypeError, ShapeError, type Tensor, tensor, ValueError, zeros } from '@torchlet/tensor';
import { describe, expect, it } from 'vitest';
import { expectClose, fixture } from './helpers.js';
import { describeCases, type SequenceCase } from './sequence-helpers.js';

const { cases, errors } = fixture<{ cases: SequenceCase[]; errors: Record<string, string> }>('attention');

describe('MultiheadAttention, against PyTorch', () => {
  describeCases(cases);
});

const ramp = (...shape: number[]): Tensor =>
  tensor(Array.from({ length: shape.reduce((a, b) => a * b) }, (_, i) => Math.sin(3 * i))).view(shape);

describe('MultiheadAttention', () => {
  it('takes its arguments by position and by name', () => {
    const net = new nn.MultiheadAttention({ embed_dim: 4, num_heads: 2, batch_first: true, dtype: 'float64' });
    expect(net.in_proj_weight?.dtype).toBe('float64');
    const x = zeros(1, 3, 4).double();
    const [y, weights] = net(x, x, x, null, false, null, true, false);
    expect([y.shape, weights]).toEqual([[1, 3, 4], null]);
    expect(net(x, x, x, { average_attn_weights: false })[1]?.shape).toEqual([1, 2, 3, 3]);
  });

  it('is_causal says what the mask is', () => {
    const net = new nn.MultiheadAttention(4, 2);
    const x = ramp(3, 1, 4);
    const attn_mask = nn.Transformer.generate_square_subsequent_mask(3);
    const [expected] = net(x, x, x, { attn_mask });
    expectClose(net(x, x, x, { attn_mask, is_causal: true, need_weights: false })[0].detach(), expected.detach());
    expectClose(net(x, x, x, { attn_mask, is_causal: true })[0].detach(), expected.detach());
    expect(() => net(x, x, x, { is_causal: true })).toThrow(
      new ValueError('Need attn_mask if specifying the is_causal hint.'),
    );
  });

  it('refuses arguments that do not fit', () => {
    const fails = (fn: () => unknown, message: string) => expect(fn).toThrow(new ValueError(message));
    fails(() => new nn.MultiheadAttention(4, 3), errors.divisible);
    fails(
      () => new nn.MultiheadAttention(0, 1),
      'embed_dim and num_heads must be greater than 0, got embed_dim=0 and num_heads=1 instead',
    );
    fails(
      () => new nn.MultiheadAttention(4),
      "MultiheadAttention() missing 1 required positional argument: 'num_heads'",
    );
    fails(
      () => new nn.MultiheadAttention(4, 2, { heads: 1 } as never),
      "MultiheadAttention() got an unexpected keyword argument 'heads'",
    );
    const net = new nn.MultiheadAttention(4, 2);
    const a = zeros(3, 2, 4);
    fails(() => net(a, a, null as never), "MultiheadAttention(): argument 'value' must be Tensor, not null");
    fails(() => net(a, a, a, 3 as never), "argument 'key_padding_mask' must be Tensor, not number");
    fails(() => net(a, a, a, { mask: a } as never), "MultiheadAttention() got an unexpected keyword argument 'mask'");
    expect(() => net(a, a, a, { attn_mask: zeros(3, 3).long() })).toThrow(
      new DTypeError('only bool and floating types of attn_mask are supported, got Long'),
    );
  });

  it('refuses shapes that do not fit', () => {
    const net = new nn.MultiheadAttention(4, 2);
    const fails = (fn: () => unknown, message: string) => expect(fn).toThrow(new ShapeError(message));
    const a = zeros(3, 2, 4);
    const b = zeros(3, 4);
    fails(() => net(zeros(4), zeros(4), zeros(4)), errors.rank);
    fails(() => net(a, b, b), errors.key_rank);
    fails(() => net(b, a, a), errors.key_rank_unbatched);
    fails(() => net(a, a, a, zeros(3).bool()), errors.padding_rank);
    fails(() => net(b, b, b, zeros(2, 3).bool()), errors.padding_rank_unbatched);
    fails(() => net(a, a, a, { attn_mask: zeros(3).bool() }), errors.mask_rank);
    fails(() => net(zeros(3, 2, 5), zeros(3, 2, 5), zeros(3, 2, 5)), errors.embed);
    fails(() => net(a, zeros(3, 2, 4), zeros(2, 2, 4)), errors.key_value);
    fails(
      () => new nn.MultiheadAttention(4, 2, { kdim: 3 })(a, zeros(3, 2, 3), zeros(2, 2, 4)),
      errors.key_value_separate,
    );
    fails(
      () => net(a, zeros(3, 1, 4), zeros(3, 1, 4)),
      "MultiheadAttention(): expected key and value of batch size 2 as query's, got 1",
    );
    fails(() => net(a, a, a, { attn_mask: zeros(2, 3) }), errors.mask_2d);
    fails(() => net(a, a, a, { attn_mask: zeros(2, 3, 3) }), errors.mask_3d);
    fails(() => net(a, a, a, zeros(2, 4).bool()), errors.padding_shape);
  });
});
