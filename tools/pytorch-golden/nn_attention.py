#!/usr/bin/env python3
"""Writes packages/nn/test/fixtures/attention.json: MultiheadAttention and the Transformer's layers.

Run from anywhere: python3 tools/pytorch-golden/nn_attention.py
"""
import torch
from torch import nn

from nn_case import failure, write
from nn_sequence import case, inputs, module

f64, inf = torch.float64, float('inf')


def mha(*args, **options):
    return module('MultiheadAttention', *args, **options)


def mask(rows):
    return torch.tensor(rows, dtype=torch.bool)


causal3 = torch.ones(3, 3, dtype=torch.bool).triu(1)
pad = mask([[False, False, True], [False, True, True]])
x = inputs(1, (3, 2, 4))
q, k = inputs(2, (2, 2, 4), (3, 2, 4))
xb, qb, kb, vb = inputs(3, (2, 3, 4), (2, 2, 4), (2, 3, 3), (2, 3, 5))
CASES = [
    case(0, mha(4, 2), x, x, x),
    case(1, mha(4, 1, bias=False), q, k, k),
    case(2, mha(4, 2), q, k, *inputs(4, (3, 2, 4), (3, 2, 4))[:1]),
    case(3, mha(4, 2, batch_first=True), xb, xb, xb, attn_mask=causal3),
    case(4, mha(4, 4), x, x, x, pad),
    case(5, mha(4, 2), x, x, x, pad, False, causal3),
    case(6, mha(4, 2), x, x, x, None, True, inputs(5, (3, 3)), False),
    case(7, mha(4, 2), x, x, x, attn_mask=inputs(6, (4, 3, 3)), need_weights=False),
    case(8, mha(4, 2), x, x, x, attn_mask=torch.stack([causal3, causal3.flip(0), causal3, causal3.t().flip(0)]) & True),
    case(9, mha(4, 2), x, x, x, key_padding_mask=inputs(7, (2, 3))),
    case(10, mha(4, 2, kdim=3, vdim=5, batch_first=True), qb, kb, vb),
    case(11, mha(4, 2, 0.0, False, True, True, 3, 5, True), qb, kb, vb, key_padding_mask=pad),
    case(12, mha(4, 2, add_bias_kv=True), x, x, x, attn_mask=causal3),
    case(13, mha(4, 2, add_zero_attn=True), q, k, k, key_padding_mask=pad, average_attn_weights=False),
    case(14, mha(4, 2), *[inputs(8, (3, 4))] * 3, attn_mask=causal3),
    case(15, mha(4, 2, batch_first=True), *inputs(9, (2, 4), (3, 4), (3, 4)), key_padding_mask=pad[0], need_weights=False),
    case(16, mha(4, 2, dropout=0.5), x, x, x),
    case(17, mha(4, 2, dropout=0.5), x, x, x, train=False),
    case(18, mha(4, 2, dtype='float64'), *[inputs(10, (3, 2, 4), dtype=f64)] * 3, pad),
    case(19, mha(4, 2, batch_first=True), xb, xb, xb, key_padding_mask=pad, train=False, no_grad=True),
]


def layer(*args, **options):
    return module('TransformerEncoderLayer', *args, **options)


def encoder(*args, **options):
    return module('TransformerEncoder', *args, **options)


def decoder(*args, **options):
    return module('TransformerDecoderLayer', *args, **options)


def dropout_of_2(x, p=0.5, training=True, inplace=False):
    """Since PyTorch 2 the mask is drawn in the order in which the elements lie in memory; 1.13 went by indices."""
    return x * torch.empty_like(x).bernoulli_(1 - p).div_(1 - p) if training and p > 0 else x


torch.nn.functional.dropout = dropout_of_2
norm = module('LayerNorm', 4)
src, tgt = inputs(11, (3, 2, 4), (2, 2, 4))
TRANSFORMER = [
    case(30, layer(4, 2, 6, 0), src),
    case(31, layer(4, 2, 6, 0, 'gelu', norm_first=True), src, causal3),
    case(32, layer(4, 2, 6, dropout=0.25), src),
    case(33, layer(4, 2, 6, activation=module('Tanh'), layer_norm_eps=0.01, batch_first=True), xb, causal3, pad, train=False),
    case(34, layer(4, 2, 6, 0), inputs(12, (3, 4)), src_key_padding_mask=pad[1]),
    case(35, encoder(layer(4, 2, 6, 0), 2), src),
    case(36, encoder(layer(4, 2, 6, 0, norm_first=True), 2, norm), src, causal3, pad),
    case(37, encoder(layer(4, 2, 6, 0, 'gelu', batch_first=True), num_layers=2, norm=norm), xb, mask=causal3),
    case(38, encoder(layer(4, 2, 6, batch_first=True, norm_first=True), 2), xb, src_key_padding_mask=pad, train=False),
    case(39, encoder(layer(4, 2, 6, 0, dtype='float64'), 2), inputs(13, (3, 2, 4), dtype=f64), causal3),
    case(40, encoder(layer(4, 2, 6, dropout=0.1), 2), src),
    case(41, encoder(layer(4, 2, 6, batch_first=True), 2), xb, train=False, no_grad=True),
    case(42, encoder(layer(4, 2, 6, batch_first=True), 2, norm), xb, src_key_padding_mask=mask([[False] * 3, [False, False, True]]), train=False, no_grad=True),
    case(43, encoder(layer(4, 2, 6, batch_first=True), 2, enable_nested_tensor=False), xb, src_key_padding_mask=pad,
         train=False, no_grad=True),
    case(50, decoder(4, 2, 6, 0), tgt, src),
    case(51, decoder(4, 2, 6, 0, 'gelu', norm_first=True), tgt, src, causal3[:2, :2], causal3[:2], None, pad),
    case(52, decoder(4, 2, 6, dropout=0.2), tgt, src, tgt_key_padding_mask=pad[:, :2]),
    case(53, module('TransformerDecoder', decoder(4, 2, 6, 0, batch_first=True), 2, norm), qb, xb, causal3[:2, :2],
         memory_key_padding_mask=pad),
    case(54, module('Transformer', 4, 2, 1, 1, 6, 0), src, tgt, causal3, tgt_mask=causal3[:2, :2]),
    case(55, module('Transformer', d_model=4, nhead=2, num_encoder_layers=2, num_decoder_layers=2, dim_feedforward=5,
                    batch_first=True, norm_first=True, dropout=0.1, dtype='float64'),
         *inputs(14, (2, 3, 4), (2, 2, 4), dtype=f64), src_key_padding_mask=pad),
]


def errors():
    z = torch.zeros
    net = nn.MultiheadAttention(4, 2)

    def fails(*args, **kwargs):
        return failure(lambda: net(*args, **kwargs))

    a = z(3, 2, 4)
    sub = nn.TransformerEncoderLayer
    full = nn.Transformer(4, 2, 1, 1, 4)
    return {
        'divisible': failure(lambda: nn.MultiheadAttention(4, 3)),
        'rank': fails(z(4), z(4), z(4)),
        'key_rank': fails(a, z(3, 4), z(3, 4)),
        'key_rank_unbatched': fails(z(3, 4), a, a),
        'padding_rank': fails(a, a, a, z(3).bool()),
        'padding_rank_unbatched': fails(z(3, 4), z(3, 4), z(3, 4), z(2, 3).bool()),
        'mask_rank': fails(a, a, a, attn_mask=z(3).bool()),
        'embed': fails(z(3, 2, 5), z(3, 2, 5), z(3, 2, 5)),
        'key_value': fails(a, z(3, 2, 4), z(2, 2, 4)),
        'key_value_separate': failure(lambda: nn.MultiheadAttention(4, 2, kdim=3)(a, z(3, 2, 3), z(2, 2, 4))),
        'mask_2d': fails(a, a, a, attn_mask=z(2, 3)),
        'mask_3d': fails(a, a, a, attn_mask=z(2, 3, 3)),
        'padding_shape': fails(a, a, a, z(2, 4).bool()),
        'activation': failure(lambda: sub(4, 2, activation='tanh')),
        'batch': failure(lambda: full(z(3, 2, 4), z(3, 1, 4))),
        'features': failure(lambda: full(z(3, 2, 5), z(3, 2, 4))),
    }


write('attention.json', {'cases': CASES, 'transformer': TRANSFORMER, 'errors': errors(),
                         'square_subsequent_mask': nn.Transformer.generate_square_subsequent_mask(3).isinf().int().tolist()})
