"""Convolutions of float32 in which a number is infinite or none, and their gradients: the zeros around an image are no part of them.

    OPENBLAS_NUM_THREADS=1 /usr/bin/python3 tools/pytorch-golden/conv_special.py
writes packages/tensor/test/fixtures/conv-special.json. Element i of a tensor is (i * step % 1009) / 1024 - 0.5 but for those in `places`:
the tensor, the index, the value. Infinities and NaN are strings.
"""
import json
import os

import torch
import torch.nn.functional as F

STEPS = {'x': 37, 'weight': 101, 'bias': 13, 'grad': 211}
# shape of x, shape of weight, options; then places. (PyTorch chooses kernels that do multiply with the zeros for some shapes: for small
# images by themselves, for groups of several channels, for paddings of two. These are left out.)
SHAPES = [
    ([2, 3, 5, 6], [4, 3, 3, 3], {'padding': 1}),
    ([2, 4, 5, 5], [4, 1, 3, 3], {'padding': 1, 'groups': 4}),
    ([2, 16, 9, 8], [16, 16, 3, 3], {'padding': 1, 'stride': 2}),
    ([1, 3, 11, 12], [4, 3, 7, 7], {'padding': 3, 'stride': 2}),
    ([2, 32, 9, 10], [32, 32, 3, 3], {'padding': 1}),
]
PLACES = [
    [('weight', 0, 'inf')],
    [('weight', 8, 'nan'), ('weight', 9, '-inf')],
    [('x', 0, 'inf'), ('x', 7, '-inf')],
    [('x', 3, 'nan')],
    [('grad', 0, 'inf')],
    [('grad', 5, 'nan'), ('grad', 6, '-inf')],
    [('bias', 1, 'inf'), ('weight', 4, '-inf')],
]


def ramp(name, shape, places):
    n = torch.Size(shape).numel()
    t = (torch.arange(n) * STEPS[name] % 1009).float() / 1024 - .5
    for which, at, value in places:
        if which == name:
            t[at] = float(value)
    return t.reshape(shape)


def numbers(t):
    t = t.detach().reshape(-1)
    every = max(1, len(t) // 64)
    return {'every': every, 'values': [float('%.8g' % v) if abs(v) < float('inf') else str(v) for v in t[::every].tolist()]}


def case(shape, weight, options, places):
    x = ramp('x', shape, places).requires_grad_()
    w = ramp('weight', weight, places).requires_grad_()
    b = ramp('bias', weight[:1], places).requires_grad_()
    y = F.conv2d(x, w, b, **options)
    y.backward(ramp('grad', y.shape, places))
    results = {'out': y, 'x': x.grad, 'weight': w.grad, 'bias': b.grad}
    return {'shape': shape, 'weight': weight, 'options': options, 'places': places,
            'results': {name: numbers(t) for name, t in results.items()}}


if __name__ == '__main__':
    out = {'torch': torch.__version__, 'steps': STEPS, 'cases': [case(*s, p) for s in SHAPES for p in PLACES]}
    here = os.path.dirname(os.path.abspath(__file__))
    with open(os.path.join(here, '../../packages/tensor/test/fixtures/conv-special.json'), 'w') as f:
        f.write(json.dumps(out, separators=(',', ':')).replace('},{"shape"', '},\n{"shape"') + '\n')
