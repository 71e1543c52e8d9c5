"""Convolutions of 3x3 with so many channels that kernels of another kind run, and their gradients.

    OPENBLAS_NUM_THREADS=1 /usr/bin/python3 tools/pytorch-golden/conv_channels.py
writes packages/tensor/test/fixtures/conv-channels.json. Element i of a tensor in the order of its memory is
(i * step % 1009) / 1024 - 0.5, exact in float32; `permute` says how x is then turned. Of every result, found in float64: the sum of its
magnitudes, and each `every`-th element.
"""
import json
import os

import torch
import torch.nn.functional as F

STEPS = {'x': 37, 'weight': 101, 'bias': 13, 'grad': 211}
# shape of x as stored, its permutation, shape of weight, padding
CASES = [
    ([3, 16, 13, 12], None, [24, 16, 3, 3], 1),
    ([2, 20, 15, 17], None, [17, 20, 3, 3], 0),
    ([1, 32, 11, 21], None, [32, 32, 3, 3], 2),
    ([5, 24, 1, 33], None, [16, 24, 3, 3], [1, 3]),
    ([2, 14, 16, 32], [0, 3, 1, 2], [16, 32, 3, 3], 1),
    ([2, 16, 9, 40], [0, 1, 3, 2], [16, 16, 3, 3], [2, 0]),
]


def ramp(step, shape):
    n = torch.Size(shape).numel()
    return ((torch.arange(n) * step % 1009).double() / 1024 - .5).reshape(shape)


def samples(t):
    t = t.detach().reshape(-1)
    every = max(1, len(t) // 97)
    return {'numel': len(t), 'total': t.abs().sum().item(), 'every': every, 'values': t[::every].tolist()}


def case(shape, permute, weight, padding):
    x = ramp(STEPS['x'], shape)
    x = (x.permute(permute) if permute else x).requires_grad_()
    w = ramp(STEPS['weight'], weight).requires_grad_()
    b = ramp(STEPS['bias'], weight[:1]).requires_grad_()
    y = F.conv2d(x, w, b, padding=padding)
    y.backward(ramp(STEPS['grad'], y.shape))
    results = {'out': y, 'x': x.grad, 'weight': w.grad, 'bias': b.grad}
    return {'shape': shape, 'permute': permute, 'weight': weight, 'padding': padding,
            'results': {name: samples(t) for name, t in results.items()}}


if __name__ == '__main__':
    out = {'torch': torch.__version__, 'steps': STEPS, 'cases': [case(*c) for c in CASES]}
    here = os.path.dirname(os.path.abspath(__file__))
    with open(os.path.join(here, '../../packages/tensor/test/fixtures/conv-channels.json'), 'w') as f:
        f.write(json.dumps(out, separators=(',', ':')).replace('},{"shape"', '},\n{"shape"') + '\n')
