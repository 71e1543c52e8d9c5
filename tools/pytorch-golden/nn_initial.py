#!/usr/bin/env python3
"""Writes packages/nn/test/fixtures/initial.json: the weights that PyTorch's layers begin with after `manual_seed(7)`.

Of each parameter its shape, its first and last numbers and its sum; then a number that is drawn next, which shows that as
much was taken from the generator.

Run from anywhere, with PyTorch 2: python3 tools/pytorch-golden/nn_initial.py
"""
import json
from pathlib import Path

import torch
from torch import nn

OUT = Path(__file__).resolve().parents[2] / 'packages/nn/test/fixtures/initial.json'
SMALL = {'num_encoder_layers': 1, 'num_decoder_layers': 2, 'dim_feedforward': 16}

CASES = [
    ('Linear', [7, 5], {}), ('Linear', [3, 4], {'bias': False, 'dtype': 'float64'}),
    ('Bilinear', [3, 4, 5], {}), ('Bilinear', [3, 4, 2], {'bias': False}),
    ('Conv1d', [4, 6, 3], {}), ('Conv2d', [4, 6, 3], {'groups': 2}), ('Conv2d', [1, 2, [2, 3]], {'bias': False}),
    ('Conv3d', [2, 3, 2], {}),
    ('ConvTranspose1d', [4, 6, 3], {}), ('ConvTranspose2d', [4, 6, 3], {'groups': 2}), ('ConvTranspose3d', [2, 3, 2], {}),
    ('Embedding', [9, 5], {}), ('Embedding', [9, 5], {'padding_idx': 2}), ('Embedding', [3, 2], {'dtype': 'float64'}),
    ('EmbeddingBag', [9, 5], {}), ('EmbeddingBag', [9, 5], {'padding_idx': 2, 'mode': 'sum'}),
    ('RNN', [3, 5], {'num_layers': 2, 'bidirectional': True}), ('LSTM', [3, 5], {'num_layers': 2, 'proj_size': 2}),
    ('LSTM', [3, 5], {'bias': False}), ('GRU', [3, 5], {'bidirectional': True}),
    ('RNNCell', [3, 5], {}), ('LSTMCell', [3, 5], {}), ('GRUCell', [3, 5], {'bias': False}),
    ('MultiheadAttention', [8, 2], {}), ('MultiheadAttention', [8, 2], {'kdim': 3, 'vdim': 5, 'add_bias_kv': True}),
    ('MultiheadAttention', [8, 4], {'bias': False}),
    ('TransformerEncoderLayer', [8, 2], {'dim_feedforward': 16}),
    ('TransformerDecoderLayer', [8, 2], {'dim_feedforward': 16, 'bias': False}),
    ('Transformer', [8, 2], SMALL),
    ('BatchNorm2d', [4], {}), ('LayerNorm', [[3, 4]], {}), ('GroupNorm', [2, 6], {}), ('InstanceNorm1d', [3], {'affine': True}),
    ('RMSNorm', [4], {}), ('PReLU', [3], {'init': 0.1}),
]


def case(name, args, options):
    torch.manual_seed(7)
    keywords = {k: getattr(torch, v) if k == 'dtype' else v for k, v in options.items()}
    layer = getattr(nn, name)(*[tuple(a) if isinstance(a, list) else a for a in args], **keywords)
    parameters = {
        key: {'shape': list(p.shape), 'head': p.flatten()[:5].tolist(), 'tail': p.flatten()[-3:].tolist(), 'sum': p.double().sum().item()}
        for key, p in layer.named_parameters()
    }
    return {'layer': name, 'args': args, 'options': options, 'parameters': parameters, 'next': torch.rand(()).item()}


OUT.write_text(json.dumps({'torch': torch.__version__, 'cases': [case(*c) for c in CASES]}, separators=(',', ':')) + '\n')
