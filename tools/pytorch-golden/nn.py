#!/usr/bin/env python3
"""Writes packages/nn/test/fixtures/{init,lenet,layers,utils}.json: what PyTorch's modules start with and compute.

Floats are base64 of their little-endian bytes, so that every bit counts.

Run from anywhere: python3 tools/pytorch-golden/nn.py
"""
import warnings

import torch
import torch.nn.functional as F
from torch import nn

from nn_case import failure, make, pack, pythonic, write


class LeNet(nn.Module):
    """The network of the main example, its width and its image given."""

    def __init__(self, channels, image, hidden):
        super().__init__()
        self.conv1 = nn.Conv2d(1, channels, 3, padding=1)
        self.conv2 = nn.Conv2d(channels, 2 * channels, 3, padding=1)
        self.fc1 = nn.Linear(2 * channels * (image // 4) ** 2, hidden)
        self.fc2 = nn.Linear(hidden, 10)

    def forward(self, x):
        x = F.max_pool2d(F.relu(self.conv1(x)), 2)
        x = F.max_pool2d(F.relu(self.conv2(x)), 2)
        return self.fc2(F.relu(self.fc1(x.flatten(1))))


def layer_init(seed, layer, args, **options):
    torch.manual_seed(seed)
    module = make(layer, args, options)
    return {
        'seed': seed, 'layer': layer, 'args': args, 'options': options,
        'parameters': {name: pack(p) for name, p in module.named_parameters()},
        'next': torch.randint(0, 1000000, (1,)).item(),
    }


def full_lenet(seed):
    torch.manual_seed(seed)
    net = LeNet(16, 28, 128)
    return {
        'seed': seed,
        'parameters': {
            name: {'shape': list(p.shape), 'sum': p.double().sum().item(), 'squares': p.double().square().sum().item(),
                   'head': pack(p.flatten()[:8]), 'tail': pack(p.flatten()[-8:])}
            for name, p in net.named_parameters()
        },
    }


def init_function(seed, fn, shape, *args, **options):
    torch.manual_seed(seed)
    kind = options.pop('dtype', 'float32')
    tensor = torch.full(shape, 7.0, dtype=getattr(torch, kind))
    with warnings.catch_warnings():
        warnings.simplefilter('ignore')
        result = getattr(nn.init, fn)(tensor, *args, **options)
    return {'seed': seed, 'fn': fn, 'shape': shape, 'dtype': kind, 'args': list(args), 'options': options,
            'result': pack(result), 'next': torch.randint(0, 1000000, (1,)).item()}


LAYERS = [
    layer_init(0, 'Linear', [3, 5]),
    layer_init(1, 'Linear', [20, 7]),
    layer_init(2, 'Linear', [7, 2], bias=False),
    layer_init(2, 'Linear', [7, 2, False]),
    layer_init(3, 'Linear', [9, 4], dtype='float64'),
    layer_init(4, 'Linear', [1, 1]),
    layer_init(5, 'Linear', [0, 3], bias=False),
    layer_init(0, 'Conv2d', [1, 4, 3]),
    layer_init(1, 'Conv2d', [4, 6, [3, 2]], groups=2),
    layer_init(2, 'Conv2d', [3, 8, [5, 1]], bias=False),
    layer_init(3, 'Conv2d', [6, 12, 3], groups=6, padding='same'),
    layer_init(4, 'Conv2d', [2, 3, [2, 4], 2, 1, 1, 1, True], dtype='float64'),
]

INITS = [
    init_function(0, 'uniform_', [3, 4]),
    init_function(1, 'uniform_', [5], -2.5, 3.0),
    init_function(2, 'uniform_', [2, 2], b=0.25, dtype='float64'),
    init_function(3, 'normal_', [4, 8]),
    init_function(4, 'normal_', [7], 1.5, 0.25),
    init_function(5, 'normal_', [3, 3], std=2.0, dtype='float64'),
    init_function(0, 'constant_', [2, 3], 0.3),
    init_function(0, 'ones_', [2, 2]),
    init_function(0, 'zeros_', [3]),
    init_function(0, 'eye_', [3, 5]),
    init_function(0, 'eye_', [4, 2]),
    init_function(0, 'dirac_', [3, 2, 3]),
    init_function(0, 'dirac_', [4, 3, 3, 2]),
    init_function(0, 'dirac_', [6, 2, 3, 3], 2),
    init_function(0, 'dirac_', [4, 2, 1, 2, 3], groups=4),
    init_function(6, 'xavier_uniform_', [4, 5]),
    init_function(7, 'xavier_uniform_', [3, 2, 3, 3], 1.4),
    init_function(8, 'xavier_normal_', [6, 6]),
    init_function(9, 'xavier_normal_', [2, 3, 2], gain=0.5, dtype='float64'),
    init_function(10, 'kaiming_uniform_', [4, 5]),
    init_function(11, 'kaiming_uniform_', [4, 2, 3, 3], 0.2, 'fan_out'),
    init_function(12, 'kaiming_uniform_', [4, 5], mode='fan_in', nonlinearity='relu'),
    init_function(13, 'kaiming_normal_', [4, 6]),
    init_function(14, 'kaiming_normal_', [3, 2, 3, 3], 0, 'fan_out', 'relu'),
    init_function(15, 'kaiming_normal_', [5, 3], nonlinearity='tanh', dtype='float64'),
    init_function(16, 'kaiming_normal_', [0, 3]),
    init_function(17, 'trunc_normal_', [4, 5]),
    init_function(18, 'trunc_normal_', [40], 1.0, 2.0, -1.0, 1.5),
    init_function(19, 'trunc_normal_', [6, 6], std=0.02, dtype='float64'),
    init_function(20, 'trunc_normal_', [6, 6], a=3.0, b=5.0, dtype='float64'),
    init_function(21, 'sparse_', [5, 3], 0.5),
    init_function(22, 'sparse_', [6, 4], 0.3, 0.1),
]

GAINS = [
    {'nonlinearity': n, 'param': p, 'gain': nn.init.calculate_gain(n, p)}
    for n, p in [('linear', None), ('conv2d', None), ('sigmoid', None), ('tanh', None), ('relu', None), ('selu', None),
                 ('leaky_relu', None), ('leaky_relu', 0.2), ('leaky_relu', 1)]
]


def lenet_step(seed):
    """Forward, loss and gradients of a small LeNet."""
    torch.manual_seed(seed)
    net = LeNet(4, 8, 16)
    x = torch.randn(5, 1, 8, 8)
    target = torch.randint(0, 10, (5,))
    x.requires_grad_()
    output = net(x)
    loss = nn.CrossEntropyLoss()(output, target)
    loss.backward()
    return {
        'seed': seed, 'state_dict': {k: pack(v) for k, v in net.state_dict().items()},
        'input': pack(x), 'target': target.tolist(), 'output': pack(output), 'loss': loss.item(),
        'input_grad': pack(x.grad), 'grads': {k: pack(p.grad) for k, p in net.named_parameters()},
    }


def layer_values():
    """Results of layers that are thin around a function: whether each hands all of its options on."""
    torch.manual_seed(40)
    image = torch.randn(2, 4, 6, 7)
    logits = torch.randn(6, 5)
    target = torch.tensor([0, 4, 2, 1, 4, 3])
    weight = torch.tensor([1.0, 0.5, 2.0, 0.1, 3.0])
    values = []

    def add(layer, args, options, *inputs):
        module = getattr(nn, layer)(*[pythonic(a) for a in args], **{
            k: weight if v == 'WEIGHT' else pythonic(v) for k, v in options.items()})
        with warnings.catch_warnings():
            warnings.simplefilter('ignore')
            result = module(*inputs)
        results = result if isinstance(result, tuple) else (result,)
        values.append({'layer': layer, 'args': args, 'options': options, 'inputs': [pack(i) for i in inputs],
                       'results': [pack(r) for r in results]})

    torch.manual_seed(41)
    add('Conv2d', [4, 2, 3], {}, image)
    add('Conv2d', [4, 6, [3, 2], [2, 1], [1, 2], [2, 1], 2], {}, image)
    add('Conv2d', [4, 4, 3], {'padding': 'same', 'dilation': 2, 'bias': False}, image[0])
    add('Linear', [7, 3], {}, image)
    add('MaxPool2d', [2], {}, image)
    add('MaxPool2d', [[3, 2]], {'stride': [2, 1], 'padding': 1, 'ceil_mode': True}, image)
    add('MaxPool2d', [2, 1, 0, 2], {'return_indices': True}, image)
    add('MaxPool2d', [3, 2, 1, 1, True, True], {}, image)
    add('AvgPool2d', [2], {}, image)
    add('AvgPool2d', [3, 2, 1], {'ceil_mode': True, 'count_include_pad': False}, image)
    add('AvgPool2d', [[2, 3]], {'divisor_override': 5}, image)
    add('ReLU', [], {}, image)
    add('Tanh', [], {}, logits)
    add('Sigmoid', [], {}, logits)
    add('Softmax', [1], {}, logits)
    add('Softmax', [], {'dim': 0}, logits)
    add('LogSoftmax', [], {'dim': -1}, logits)
    add('Flatten', [], {}, image)
    add('Flatten', [0, 2], {}, image)
    add('Flatten', [], {'start_dim': 2}, image)
    add('Identity', [54], {'unused': 0}, logits)
    add('MSELoss', [], {}, logits, logits.flip(0))
    add('MSELoss', [], {'reduction': 'sum'}, logits, logits.flip(0))
    add('MSELoss', [False], {}, logits, logits.flip(0))
    add('MSELoss', [None, False], {}, logits, logits.flip(0))
    add('CrossEntropyLoss', [], {}, logits, target)
    add('CrossEntropyLoss', [], {'weight': 'WEIGHT', 'label_smoothing': 0.1}, logits, target)
    add('CrossEntropyLoss', [], {'ignore_index': 4, 'reduction': 'none'}, logits, target)
    add('CrossEntropyLoss', [], {'reduction': 'sum'}, logits, logits.softmax(1))
    add('NLLLoss', [], {'weight': 'WEIGHT', 'ignore_index': 4}, logits.log_softmax(1), target)
    add('NLLLoss', [], {'size_average': False}, logits.log_softmax(1), target)
    return {'weight': pack(weight), 'seed': 41, 'values': values}


write('init.json', {'layers': LAYERS, 'lenet': full_lenet(0), 'functions': INITS,
                    'gains': GAINS})
write('lenet.json', lenet_step(1))
write('layers.json', layer_values())


def clip_case(max_norm, norm_type, scale=1.0):
    torch.manual_seed(50)
    params = [nn.Parameter(torch.zeros(3, 4)), nn.Parameter(torch.zeros(5)), nn.Parameter(torch.zeros(2))]
    grads = [torch.randn(3, 4) * scale, torch.randn(5) * scale]
    for p, g in zip(params, grads):
        p.grad = g.clone()
    total = nn.utils.clip_grad_norm_(params, max_norm, norm_type=norm_type)
    return {'max_norm': max_norm, 'norm_type': 'inf' if norm_type == float('inf') else norm_type,
            'grads': [pack(g) for g in grads], 'total': total.item(), 'clipped': [pack(p.grad) for p in params[:2]]}


def clip_error():
    p = nn.Parameter(torch.zeros(1))
    p.grad = torch.tensor([float('nan')])
    return failure(lambda: nn.utils.clip_grad_norm_([p], 1.0, error_if_nonfinite=True))


write('utils.json', {'clip_error': clip_error(),
                     'clip': [clip_case(1.0, 2.0), clip_case(0.5, 1.0), clip_case(0.7, 3.0), clip_case(0.5, float('inf')),
                              clip_case(2, 0.0), clip_case(10.0, 2.0, 0.01)]})
