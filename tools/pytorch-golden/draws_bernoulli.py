#!/usr/bin/env python3
"""Writes packages/tensor/test/fixtures/bernoulli-each.json: what `x.bernoulli_(p)` draws where `p` is a tensor.

`x` lies in memory in several ways, and `p` is of its shape or smaller: PyTorch's loop goes through the memory of `x`.
Then a number is drawn, which shows that as much was taken from the generator.

Run from anywhere: python3 tools/pytorch-golden/draws_bernoulli.py
"""
import json
import os

import torch

OUT = os.path.join(os.path.dirname(os.path.abspath(__file__)), '../../packages/tensor/test/fixtures/bernoulli-each.json')
FLOATS = {'float32': torch.float32, 'float64': torch.float64}
# of x: its shape, and how its dimensions lie in memory (a permutation); of p: the same
LAYOUTS = [
    ([1], [0], [1], [0]), ([15], [0], [15], [0]), ([16], [0], [16], [0]), ([17], [0], [17], [0]), ([31], [0], [31], [0]),
    ([40], [0], [], []), ([3, 20], [0, 1], [3, 20], [0, 1]), ([3, 20], [1, 0], [3, 20], [0, 1]), ([3, 20], [0, 1], [3, 20], [1, 0]),
    ([3, 20], [1, 0], [3, 20], [1, 0]), ([3, 20], [0, 1], [20], [0]), ([3, 20], [1, 0], [20], [0]), ([3, 20], [1, 0], [3, 1], [0, 1]),
    ([2, 5, 3], [2, 0, 1], [5, 1], [0, 1]),
]


def lying(flat, shape, order):
    """`flat` as a tensor of `shape` whose dimensions lie in memory in this order."""
    inverse = [order.index(d) for d in range(len(order))]
    return flat.view([shape[d] for d in order]).permute(inverse)


def numel(shape):
    n = 1
    for size in shape:
        n *= size
    return n


def cases():
    for name, dtype in FLOATS.items():
        for own, (shape, order, p_shape, p_order) in enumerate(LAYOUTS):
            p = lying((torch.arange(numel(p_shape)) * 5 % 17).to(dtype) / 16, p_shape, p_order)
            x = lying(torch.zeros(numel(shape), dtype=torch.int64 if own % 3 == 2 else torch.float32), shape, order)
            torch.manual_seed(own)
            out = x.bernoulli_(p)
            yield {'p_dtype': name, 'dtype': str(x.dtype)[6:], 'seed': own, 'shape': shape, 'order': order, 'p_shape': p_shape,
                   'p_order': p_order, 'out': [int(v) for v in out.flatten().tolist()], 'next': torch.rand(()).item()}


if __name__ == '__main__':
    data = {'torch': torch.__version__, 'cases': list(cases())}
    with open(OUT, 'w') as f:
        json.dump(data, f, separators=(',', ':'))
        f.write('\n')
    print(f'{os.path.normpath(OUT)}: {os.path.getsize(OUT)} bytes, {len(data["cases"])} cases')
