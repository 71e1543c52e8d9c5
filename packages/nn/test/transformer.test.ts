import * as nn from '@torchlet/nn';
import { no_grad, ones, ShapeError, type Tensor, tensor, ValueError, zeros } from '@torchlet/tensor';
import { describe, expect, it } from 'vitest';
import { expectClose, fixture } from './helpers.js';
import { describeCases, type SequenceCase } from './sequence-helpers.js';

interface Fixture {
  readonly transformer: SequenceCase[];
  readonly errors: Record<string, string>;
  readonly square_subsequent_mask: number[][];
}

const { transformer: cases, errors, square_subsequent_mask } = fixture<Fixture>('attention');

describe('Transformer layers, against PyTorch', () => {
  // 38: an element of layers.1.norm1.bias's gradient, 0.06947021 in float64, is what is left of six terms of about 1.
  // PyTorch's float32 misses it by 1.0e-6 (0.0694692), ours by up to as much on either side, as the matrix product rounds.
  describeCases(cases, { 38: 2e-5 });
});

const ramp = (...shape: number[]): Tensor =>
  tensor(Array.from({ length: shape.reduce((a, b) => a * b) }, (_, i) => Math.sin(3 * i))).view(shape);

describe('Transformer layers', () => {
  it('leave out biases', () => {
    const layer = new nn.TransformerEncoderLayer(4, 2, { dim_feedforward: 3, bias: false, dropout: 0 });
    const keys = ['self_attn.in_proj_weight', 'self_attn.out_proj.weight', 'linear1.weight', 'linear2.weight'];
    expect(Object.keys(layer.state_dict())).toEqual([...keys, 'norm1.weight', 'norm2.weight']);
    expect(layer(zeros(2, 1, 4)).shape).toEqual([2, 1, 4]);
    const whole = new nn.Transformer({ d_model: 4, nhead: 2, dim_feedforward: 3, bias: false, num_encoder_layers: 1 });
    expect(Object.keys(whole.state_dict()).filter((key) => key.includes('bias'))).toEqual([]);
  });

  it('make copies that are their own', () => {
    const layer = new nn.TransformerEncoderLayer(4, 2, 3);
    const encoder = new nn.TransformerEncoder(layer, 3, { norm: new nn.LayerNorm(4) });
    expect([...encoder.parameters()].length).toBe(3 * [...layer.parameters()].length + 2);
    const [first, second] = encoder.layers as Iterable<nn.AnyModule> as nn.TransformerEncoderLayer[];
    expect(first.linear1.weight.tolist()).toEqual(layer.linear1.weight.tolist());
    no_grad(() => first.linear1.weight.fill_(0));
    expect(second.linear1.weight.tolist()).toEqual(layer.linear1.weight.tolist());
    expect(first.activation).toBe(layer.activation);
  });

  it('is_causal says what the mask is', () => {
    const mask = nn.Transformer.generate_square_subsequent_mask(3);
    const net = new nn.TransformerEncoder(new nn.TransformerEncoderLayer(4, 2, 3, 0), 2);
    const x = ramp(3, 1, 4);
    expectClose(net(x, { mask, is_causal: true }).detach(), net(x, mask).detach());
    const decoder = new nn.TransformerDecoder(new nn.TransformerDecoderLayer(4, 2, 3, 0), 2);
    const call = { tgt_mask: mask, memory_mask: mask };
    const hinted = decoder(x, x.neg(), { ...call, tgt_is_causal: true, memory_is_causal: true });
    expectClose(hinted.detach(), decoder(x, x.neg(), call).detach());
    expect(() => net(x, { is_causal: true })).toThrow('Need attn_mask if specifying the is_causal hint.');
  });

  it('gives zeros for padding where PyTorch leaves it out', () => {
    const layer = new nn.TransformerEncoderLayer(4, 2, 3, { batch_first: true });
    const x = ones(1, 3, 4);
    const at = (...rows: boolean[]): Tensor => tensor([rows]);
    const zerosIn = (net: nn.TransformerEncoder, padding: Tensor): boolean[] =>
      (no_grad(() => net(x, { src_key_padding_mask: padding })).tolist() as number[][][])[0].map((row) =>
        row.every((v) => v === 0),
      );
    const net = new nn.TransformerEncoder(layer, 1).eval();
    expect(zerosIn(net, at(false, false, true))).toEqual([false, false, true]);
    expect(zerosIn(net, at(true, false, false))).toEqual([false, false, false]);
    expect(zerosIn(new nn.TransformerEncoder(layer, 1, { mask_check: false }).eval(), at(true, false, false))).toEqual([
      true,
      false,
      false,
    ]);
    expect(zerosIn(new nn.TransformerEncoder(layer, 1), at(false, false, true))).toEqual([false, false, false]);
    const off = new nn.TransformerEncoder(layer, 1, { enable_nested_tensor: false }).eval();
    expect(zerosIn(off, at(false, false, true))).toEqual([false, false, false]);
  });

  it('take an encoder and a decoder of another kind', () => {
    class Halves extends nn.Module<[Tensor, object]> {
      override forward(x: Tensor): Tensor {
        return x.mul(0.5);
      }
    }
    class Sums extends nn.Module<[Tensor, Tensor, object]> {
      override forward(x: Tensor, memory: Tensor): Tensor {
        return x.add(memory);
      }
    }
    const net = new nn.Transformer(4, 2, { custom_encoder: new Halves(), custom_decoder: new Sums() });
    expect(net(ones(1, 1, 4), ones(1, 1, 4)).tolist()).toEqual([[[1.5, 1.5, 1.5, 1.5]]]);
    expect([...net.parameters()]).toEqual([]);
  });

  it('refuse what does not fit', () => {
    const fails = (fn: () => unknown, message: string) => expect(fn).toThrow(new ValueError(message));
    fails(() => new nn.TransformerEncoderLayer(4, 2, { activation: 'tanh' as 'relu' }), errors.activation);
    fails(
      () => new nn.TransformerEncoderLayer(4, 2, { heads: 2 } as never),
      "TransformerEncoderLayer() got an unexpected keyword argument 'heads'",
    );
    fails(
      () => new nn.TransformerEncoder(3 as never, 2),
      'TransformerEncoder(): expected a Module to be copied, got 3',
    );
    fails(
      () => new nn.TransformerDecoder(new nn.Identity()),
      "TransformerDecoder() missing 1 required positional argument: 'num_layers'",
    );
    const net = new nn.Transformer(4, 2, 1, 1, 4);
    expect(() => net(zeros(3, 2, 4), zeros(3, 1, 4))).toThrow(new ShapeError(errors.batch));
    expect(() => net(zeros(3, 2, 5), zeros(3, 2, 4))).toThrow(new ShapeError(errors.features));
  });

  it('generate_square_subsequent_mask hides what comes later', () => {
    const mask = nn.Transformer.generate_square_subsequent_mask(3, { dtype: 'float64' });
    expect(mask.dtype).toBe('float64');
    expect((mask.tolist() as number[][]).map((row) => row.map((v) => Number(v === Number.NEGATIVE_INFINITY)))).toEqual(
      square_subsequent_mask,
    );
    expect(mask.nan_to_num(0, 0, 0).abs().sum().item()).toBe(0);
  });
});
