#!/usr/bin/env python3
"""Writes packages/tensor/test/fixtures/random-functions.json: what PyTorch's functions draw after `manual_seed`.

Each case is a program of one line, in the words that both languages share, run after a seed, at sizes around each
threshold of PyTorch's kernels (blocks of 16, vectors of 8, 624 words of state). Then two numbers are drawn, which shows
that as much was taken from the generator. Floats are base64 of their little-endian bytes, so that every bit counts.

Run from anywhere, with PyTorch 2.7 or newer, on a processor with AVX2: python3 tools/pytorch-golden/draws_public.py
"""
import base64
import json
import os

import torch
import torch.nn.functional as F

OUT = os.path.join(os.path.dirname(os.path.abspath(__file__)), '../../packages/tensor/test/fixtures/random-functions.json')
SIZES = [1, 2, 15, 16, 17, 31, 32, 33, 1000]
# at the last size, these will do
LONG = ['rand', 'randn', 'exponential_', 'bernoulli_', 'dropout', 'multinomial']
FLOATS = {'float32': torch.float32, 'float64': torch.float64}


def weights(shape, dtype):
    """1, 2, 3, …"""
    n = 1
    for size in shape:
        n *= size
    return torch.arange(1, n + 1, dtype=dtype).view(*shape)


# name: (x, n) -> tensor; x has the shape and dtype of the case
PROGRAMS = {
    'rand': lambda x: torch.rand(x.shape, dtype=x.dtype),
    'randn': lambda x: torch.randn(x.shape, dtype=x.dtype),
    'rand_like': lambda x: torch.rand_like(x),
    'randn_like': lambda x: torch.randn_like(x),
    'randint_like': lambda x: torch.randint_like(x, -5, 1000),
    'normal_': lambda x: x.normal_(2, 0.3),
    'uniform_': lambda x: x.uniform_(-2.5, 0.3),
    'bernoulli_': lambda x: x.bernoulli_(0.3),
    'exponential_': lambda x: x.exponential_(1.5),
    'random_': lambda x: x.random_(3, 1000),
    'bernoulli': lambda x: torch.bernoulli(x / 128 % 1),
    'normal of means': lambda x: torch.normal(x, 0.5),
    'normal of both': lambda x: torch.normal(x, x),
    'dropout': lambda x: F.dropout(x, 0.3),
    'multinomial': lambda x: torch.multinomial(x, 1),
    'multinomial of several': lambda x: torch.multinomial(x, min(x.shape[-1], 5)),
    'multinomial with replacement': lambda x: torch.multinomial(x, 7, True),
}
INTEGERS = {
    'randint': lambda n: torch.randint(10, (n,)),
    'randint from': lambda n: torch.randint(-7, 2**28 - 8, (n,)),
    'randint wide': lambda n: torch.randint(2**28, (n,)),
    'randint wider': lambda n: torch.randint(-2**40, 2**40, (n,)),
    'randperm': lambda n: torch.randperm(n),
}


def values(t):
    return base64.b64encode(t.contiguous().numpy().tobytes()).decode() if t.is_floating_point() else t.tolist()


def run(program, dtype, seed, shape, layout, make):
    torch.manual_seed(seed)
    out = make()
    return {'program': program, 'dtype': dtype, 'seed': seed, 'shape': shape, 'layout': layout, 'out': values(out), 'next': [torch.rand(()).item(), torch.randn(()).item()]}


def cases():
    for i, n in enumerate(SIZES):
        seed = 7 + i
        for dtype, d in FLOATS.items():
            for name, f in PROGRAMS.items():
                if n == SIZES[-1] and name not in LONG:
                    continue
                yield run(name, dtype, seed, [n], 'contiguous', lambda: f(weights([n], d)))
        for name, f in INTEGERS.items():
            yield run(name, 'int64', seed, [n], 'contiguous', lambda: f(n))
    # PyTorch's loops go through memory: a transposed tensor is filled in the order of its columns, one by one
    for dtype, d in FLOATS.items():
        for name, f in PROGRAMS.items():
            yield run(name, dtype, 3, [5, 6], 'contiguous', lambda: f(weights([5, 6], d)))
            yield run(name, dtype, 3, [5, 6], 'transposed', lambda: f(weights([6, 5], d).t()))
            yield run(name, dtype, 3, [5, 6], 'strided', lambda: f(weights([5, 12], d)[:, ::2]))
            if not name.startswith('multinomial'):
                yield run(name, dtype, 3, [3, 5, 2], 'permuted', lambda: f(weights([2, 3, 5], d).permute(1, 2, 0)))


if __name__ == '__main__':
    data = {'torch': torch.__version__, 'cases': list(cases())}
    with open(OUT, 'w') as f:
        json.dump(data, f, separators=(',', ':'))
        f.write('\n')
    print(f'{os.path.normpath(OUT)}: {os.path.getsize(OUT)} bytes, {len(data["cases"])} cases')
