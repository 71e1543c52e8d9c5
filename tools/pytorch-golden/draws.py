#!/usr/bin/env python3
"""Writes packages/tensor/test/fixtures/random.json: draws and states of PyTorch's CPU generator.

A sequence is a seed and calls made one after the other on the default generator; each call has its result, floats as
base64 of the little-endian bytes so that every bit counts.

Run from anywhere, with PyTorch 2.7 or newer: python3 tools/pytorch-golden/draws.py
"""
import base64
import json
import math
import os
import struct

import torch

OUT = os.path.join(os.path.dirname(os.path.abspath(__file__)), '../../packages/tensor/test/fixtures/random.json')
SIZES = [1, 2, 15, 16, 17, 31, 100]
FLOATS = {'float32': torch.float32, 'float64': torch.float64}
DTYPES = {**FLOATS, 'int64': torch.int64, 'int32': torch.int32, 'uint8': torch.uint8, 'bool': torch.bool}


def b64(t):
    return base64.b64encode(t.numpy().tobytes()).decode()


def values(t):
    return b64(t) if t.is_floating_point() else [int(x) for x in t]


def call(op, n, dtype, *args):
    out = torch.empty(n, dtype=DTYPES[dtype])
    if op == 'uniform':
        out.uniform_(*args)
    elif op == 'normal':
        out.normal_(*args)
    elif op == 'randint':
        out = torch.randint(*args, (n,), dtype=DTYPES[dtype])
    elif op == 'bernoulli':
        out.bernoulli_(*args)
    elif op == 'bernoulli_each':
        out.bernoulli_((torch.arange(n) / max(n - 1, 1)).to(FLOATS[args[0]]))
    elif op == 'exponential':
        out.exponential_(*args)
    elif op == 'randperm':
        out = torch.randperm(n)
    else:
        raise ValueError(op)
    return {'op': op, 'n': n, 'dtype': dtype, 'args': list(args), 'out': values(out)}


def sequence(name, seed, calls):
    torch.manual_seed(seed)
    done = [call(*c) for c in calls]
    return {'name': name, 'seed': str(seed), 'calls': done, 'after': [int(torch.empty((), dtype=torch.int64).random_()) % 2**32 for _ in range(2)]}


def sequences():
    for seed in [0, 1, 7, 2**40, -5]:
        for n in SIZES:
            calls = [(op, n, dtype, a, b) for dtype in FLOATS for op, a, b in [('uniform', 0, 1), ('normal', 0, 1)]]
            yield sequence(f'rand and randn of {n}', seed, calls)
        yield sequence('integers', seed, [
            ('randint', 5, 'int64', 0, 10), ('randint', 5, 'int64', -100, 100), ('randint', 5, 'int64', 0, 2**31),
            ('randint', 5, 'int64', 0, 2**32 - 1), ('randint', 5, 'int64', 0, 2**32), ('randint', 5, 'int64', -2**40, 2**40 + 7),
            ('randint', 5, 'int64', -2**53 + 1, 2**53 - 1), ('randint', 5, 'int32', -2**31, 2**31 - 1),
            ('randint', 5, 'uint8', 0, 256), ('randint', 5, 'bool', 0, 2), ('randint', 5, 'float32', -3, 1000),
            ('randint', 5, 'float64', 0, 2**45), ('randint', 1, 'int64', 3, 4),
            ('randperm', 1, 'int64'), ('randperm', 2, 'int64'), ('randperm', 10, 'int64'), ('randperm', 0, 'int64'),
        ])
        yield sequence('ranges, moments and coins', seed, [
            ('uniform', 20, 'float32', -2.5, 7.3), ('uniform', 20, 'float64', -2.5, 7.3), ('uniform', 3, 'float32', 4, 4),
            ('uniform', 20, 'float32', -1e-3, 1e-3),
            ('normal', 20, 'float32', 3, 0.02), ('normal', 20, 'float64', 3, 0.02), ('normal', 5, 'float32', -1.5, 2.5),
            ('normal', 5, 'float64', -1.5, 2.5), ('normal', 3, 'float32', 1, 0), ('normal', 16, 'float32', 0.1, 0),
            ('bernoulli', 40, 'float32', 0.5), ('bernoulli', 40, 'float64', 0.2), ('bernoulli', 40, 'bool', 0.9),
            ('bernoulli', 10, 'int64', 0), ('bernoulli', 10, 'uint8', 1), ('bernoulli_each', 40, 'float32', 'float32'),
            ('bernoulli_each', 40, 'float64', 'float64'), ('bernoulli_each', 40, 'bool', 'float32'),
            ('bernoulli_each', 20, 'int64', 'float64'),
            ('exponential', 20, 'float32', 1), ('exponential', 20, 'float64', 2.5),
        ])
        # An odd number of scalar normals leaves one in the generator; blocks and uniforms pass it by.
        yield sequence('the cached normal', seed, [
            ('normal', 1, 'float32', 0, 1), ('uniform', 3, 'float32', 0, 1), ('normal', 16, 'float32', 0, 1),
            ('normal', 2, 'float64', 5, 3), ('randint', 4, 'int64', 0, 10), ('normal', 17, 'float64', 0, 1),
            ('randperm', 5, 'int64'), ('normal', 1, 'float64', 0, 1), ('normal', 3, 'float32', 1, 2), ('bernoulli', 3, 'float32', 0.3),
            ('normal', 1, 'float32', 0, 1),
        ])
    yield sequence('a thousand', 0, [
        ('uniform', 1000, 'float32', 0, 1), ('uniform', 1000, 'float64', 0, 1), ('normal', 1000, 'float32', 0, 1),
        ('normal', 1000, 'float64', 0, 1), ('randperm', 1000, 'int64'),
    ])
    for seed in [2**64 - 1, -2**63, 2**63]:
        yield sequence('extreme seeds', seed, [('uniform', 4, 'float32', 0, 1)])


def states():
    """States after some draws, and what is drawn from them next."""
    for seed, before in [(0, 0), (-5, 1), (2**40, 700)]:
        torch.manual_seed(seed)
        if before:
            torch.randn(1)
            torch.rand(before)
        state = torch.get_rng_state()
        yield {'seed': str(seed), 'initial_seed': str(torch.initial_seed()), 'uniforms': before, 'normals': 1 if before else 0,
               'state': b64(state), 'rand': b64(torch.rand(5)), 'randn': b64(torch.randn(3, dtype=torch.float64))}


def legacy():
    """
    The 5048-byte layout, with a cached pair as PyTorch kept it before 1.1: an angle in turns and a radius.
    The newest PyTorch no longer reads it: then what an older one wrote (1.13 does) stays.
    """
    if int(torch.__version__.split('.')[0]) >= 2:
        with open(OUT) as f:
            return json.load(f)['legacy']
    torch.manual_seed(11)
    old = bytearray(bytes(torch.get_rng_state().tolist())[:5048])
    old[5016:5048] = struct.pack('<dddq', 0.3, 0.25, 1.75, 1)
    torch.set_rng_state(torch.tensor(list(old), dtype=torch.uint8))
    out = {'x': 0.3, 'y': 0.25, 'rho': 1.75, 'seed': 11, 'randn': b64(torch.randn(3, dtype=torch.float64))}
    assert math.isfinite(out['x'])
    return out


if __name__ == '__main__':
    data = {'torch': torch.__version__, 'sequences': list(sequences()), 'states': list(states()), 'legacy': legacy()}
    with open(OUT, 'w') as f:
        json.dump(data, f, separators=(',', ':'))
        f.write('\n')
    print(f'{os.path.normpath(OUT)}: {os.path.getsize(OUT)} bytes, {len(data["sequences"])} sequences')
