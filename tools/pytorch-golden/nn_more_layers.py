#!/usr/bin/env python3
"""Writes packages/nn/test/fixtures/more-layers.json: normalizations, activations, losses, embeddings, convolutions and
pooling as modules: what they print, start with, compute, and keep in their state.

Run from anywhere: python3 tools/pytorch-golden/nn_more_layers.py
"""
import warnings

import torch
from torch import nn

from nn_case import failure, make, pack, write

warnings.simplefilter('ignore')
torch.manual_seed(7)
image = torch.randn(2, 4, 5, 6)
row = torch.randn(2, 4, 7)
table = torch.randn(6, 4)
other = torch.randn(6, 4)
third = torch.randn(6, 4)
chances = torch.rand(6, 4)
signs = torch.tensor([1., -1., 1., 1., -1., -1.])
grid = torch.tensor([[1., -1., 1., -1.]] * 6)
classes = torch.tensor([0, 3, 1, 2, 2, 0])
counts = torch.tensor([0, 3, 1, 4, 2, 0])
volume = torch.randn(2, 2, 2, 3, 2)
cases = []


def add(layer, args, options, *inputs, steps=1, evaluate=False, text=None):
    """`steps` calls in training, then one in evaluation if asked for. `text`: what PyTorch 2 prints."""
    torch.manual_seed(11)
    module = make(layer, args, options)
    seed = torch.randint(0, 1000000, (1,)).item()
    start = {k: pack(v) for k, v in module.state_dict().items()}
    out = {'layer': layer, 'args': args, 'options': options, 'repr': text or repr(module), 'start': start, 'next': seed,
           'inputs': [pack(i) for i in inputs], 'results': []}
    torch.manual_seed(12)
    for step in range(steps):
        result = module(*[i.clone() for i in inputs])
        out['results'].append([pack(r) for r in (result if isinstance(result, tuple) else (result,))])
    if evaluate:
        module.eval()
        out['evaluated'] = pack(module(*inputs))
    out['end'] = {k: pack(v) for k, v in module.state_dict().items()}
    cases.append(out)


bn = dict(steps=2, evaluate=True)
add('BatchNorm1d', [4], {}, table, **bn)
add('BatchNorm1d', [4], {'momentum': None}, row, **bn)
add('BatchNorm1d', [4, 0.001, 0.3, False], {}, table, **bn)
add('BatchNorm2d', [4], {}, image, **bn)
add('BatchNorm2d', [4], {'track_running_stats': False}, image, **bn)
add('BatchNorm2d', [4], {'affine': False, 'dtype': 'float64'}, image.double(), **bn)
add('BatchNorm3d', [2], {}, volume, **bn)
add('LayerNorm', [4], {}, table)
add('LayerNorm', [[5, 6]], {'eps': 0.01}, image)
add('LayerNorm', [[6]], {'elementwise_affine': False}, image)
add('GroupNorm', [2, 4], {}, image)
add('GroupNorm', [4, 4, 0.1, False], {}, row)

for name in ['GELU', 'SiLU', 'ELU', 'LeakyReLU', 'PReLU', 'Hardtanh', 'ReLU6', 'LogSigmoid', 'Softsign', 'Mish', 'SELU',
             'CELU', 'Hardswish', 'Hardsigmoid', 'Tanhshrink', 'Softshrink', 'Hardshrink', 'GLU', 'Softmin', 'Softplus']:
    text = {'Softplus': 'Softplus(beta=1.0, threshold=20.0)'}.get(name)
    add(name, [], {'dim': 1} if name == 'Softmin' else {}, table, text=text)
for name in ['SiLU', 'ELU', 'LeakyReLU', 'Hardtanh', 'ReLU6', 'Mish', 'SELU', 'CELU', 'Hardswish', 'Hardsigmoid']:
    add(name, [], {'inplace': True}, table)
add('GELU', ['tanh'], {}, table)
add('ELU', [0.5], {}, table)
add('CELU', [0.5, True], {}, table)
add('LeakyReLU', [], {'negative_slope': 0.25}, table)
add('PReLU', [4, 0.5], {}, table)
add('PReLU', [], {'init': 0.1, 'dtype': 'float64'}, table.double())
add('Softplus', [2.5], {'threshold': 0.5}, table)
add('Hardtanh', [-0.5, 1.5], {}, table)
add('Threshold', [0.25, -1.5], {}, table)
add('Threshold', [0.25, -1.5, True], {}, table)
add('Hardshrink', [0.75], {}, table)
add('Softshrink', [0.75], {}, table)
add('GLU', [0], {}, table)

add('L1Loss', [], {}, table, other)
add('L1Loss', [False], {}, table, other)
add('SmoothL1Loss', [], {'beta': 0.5}, table, other)
add('HuberLoss', ['sum', 0.5], {}, table, other)
add('BCELoss', [], {}, chances, chances.flip(0))
add('BCEWithLogitsLoss', [], {'reduction': 'none'}, table, chances)
add('KLDivLoss', [], {'reduction': 'batchmean'}, table.log_softmax(1), other.softmax(1))
add('KLDivLoss', [], {'reduction': 'sum', 'log_target': True}, table.log_softmax(1), other.log_softmax(1))
add('PoissonNLLLoss', [], {'full': True}, table, counts.float().unsqueeze(1).expand(6, 4).contiguous())
add('GaussianNLLLoss', [], {'full': True, 'eps': 0.1}, table, other, chances)
add('CosineEmbeddingLoss', [0.2], {}, table, other, signs)
add('TripletMarginLoss', [], {'swap': True, 'margin': 0.5}, table, other, third)
add('MarginRankingLoss', [0.1], {'reduction': 'sum'}, signs * 2, signs.flip(0), signs)
add('HingeEmbeddingLoss', [], {'margin': 0.5}, table, grid)
add('SoftMarginLoss', [], {'reduce': False}, table, grid)
add('MultiMarginLoss', [2], {'margin': 0.5}, table, classes)

add('Embedding', [5, 3], {}, counts)
add('Embedding', [5, 3, 2], {}, counts)
add('Embedding', [5, 3], {'padding_idx': -1, 'max_norm': 1.0, 'scale_grad_by_freq': True, 'sparse': False}, counts,
    text='Embedding(5, 3, padding_idx=4, max_norm=1, scale_grad_by_freq=True)')
add('Embedding', [5, 3], {'norm_type': 1.5, 'sparse': True, 'dtype': 'float64'}, counts)

add('Conv1d', [4, 6, 3], {}, row)
add('Conv1d', [4, 6, 2, 2, 1, 2, 2, False], {}, row)
for mode in ['reflect', 'replicate', 'circular']:
    add('Conv1d', [4, 2, 3], {'padding': 2, 'padding_mode': mode}, row)
    add('Conv2d', [4, 2, 3], {'padding': [1, 2], 'padding_mode': mode}, image)
add('Conv2d', [4, 2, [2, 3]], {'padding': 'same', 'padding_mode': 'circular'}, image)
add('ConvTranspose2d', [4, 2, 3], {}, image)
add('ConvTranspose2d', [4, 6, [3, 2], 2, 1, 1, 2, False, [2, 1]], {}, image)
add('ConvTranspose1d', [4, 2, 3], {'stride': 2, 'output_padding': 1}, row)
add('MaxPool1d', [2], {}, row)
add('MaxPool1d', [3], {'stride': 1, 'padding': 1, 'return_indices': True}, row)
add('AvgPool1d', [2], {}, row)
add('AvgPool1d', [3, 2, 1], {'ceil_mode': True, 'count_include_pad': False}, row)
add('AdaptiveAvgPool1d', [3], {}, row)
add('AdaptiveAvgPool2d', [[3, None]], {}, image)
add('AdaptiveAvgPool2d', [1], {}, image)
add('AdaptiveMaxPool2d', [[2, 3]], {'return_indices': True}, image)
add('ZeroPad2d', [[1, 2, 0, 1]], {}, image)
add('ConstantPad1d', [2, 1.5], {}, row)
add('ConstantPad2d', [[1, 0, 2, 1], 0.5], {}, image)
add('ReflectionPad1d', [2], {}, row)
add('ReflectionPad2d', [[1, 2, 0, 1]], {}, image)
add('ReplicationPad1d', [[2, 0]], {}, row)
add('ReplicationPad2d', [1], {}, image)
add('PixelShuffle', [2], {}, image)
add('Unflatten', [1, [2, 2]], {}, image)
add('Unflatten', [], {'dim': -1, 'unflattened_size': [3, -1]}, image)
# PyTorch 2 shows the mode in quotes
add('Upsample', [], {'scale_factor': 2}, image, text="Upsample(scale_factor=2.0, mode='nearest')")
add('Upsample', [], {'size': [7, 4], 'mode': 'bilinear', 'align_corners': True}, image, text="Upsample(size=(7, 4), mode='bilinear')")
add('Dropout1d', [0.3], {}, row, evaluate=True)
add('Dropout2d', [], {}, image, evaluate=True)
add('Dropout3d', [], {'inplace': True}, volume, evaluate=True)
add('AlphaDropout', [0.4], {}, table, evaluate=True)

up = nn.ConvTranspose2d(1, 1, 3, stride=2)
errors = {
    'bn1d': failure(lambda: nn.BatchNorm1d(4)(image)),
    'bn2d': failure(lambda: nn.BatchNorm2d(4)(row)),
    'bn3d': failure(lambda: nn.BatchNorm3d(4)(row)),
    'bn_one': failure(lambda: nn.BatchNorm1d(4)(table[:1])),
    'group': failure(lambda: nn.GroupNorm(3, 4)),
    'padding_idx': None,
    'conv_transpose': failure(lambda: nn.ConvTranspose2d(1, 1, 2, padding_mode='circular')),
    'output_size': failure(lambda: up(torch.zeros(1, 1, 3, 3), [5, 9])),
}
write('more-layers.json', {'cases': cases, 'errors': errors, 'sizes': list(up(torch.zeros(1, 1, 3, 3), [8, 7]).shape)})
