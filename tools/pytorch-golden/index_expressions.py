#!/usr/bin/env python3
"""Writes packages/tensor/test/fixtures/index.json: x[...] and x[...] = v, as PyTorch answers.

A case has the shape of x, the parts of the index (a number; null; "..."; true; {"slice": [a, b, c]}; {"list": nested
indices}; {"tensor": nested indices or booleans}), the result's shape, elements, whether it is a view of x, the gradient
of x; then what x becomes when the value (arange of vshape, + 100) is assigned, and the gradients of x and of the value.
"""
import json
import os

import torch

OUT = os.path.join(os.path.dirname(os.path.abspath(__file__)), '../../packages/tensor/test/fixtures/index.json')
s = slice
T = torch.tensor
mask = T([[True, False, True], [False, True, False]])
CASES = [
    (3,), (-1,), (1, 2), (s(None),), (s(1, 3),), (s(None, None, 2),), (s(-2, None),), (s(3, 1),), (s(1, 99, 3),), (None,), (None, 1, None),
    (...,), (..., 0), (0, ...), (..., None), (s(None), None, 2), (1, ..., s(0, 2)), (..., s(None, None, 2), 1), (T(2),), (T(1), s(1, 3)),
    ([0, 2],), ([],), (T([0, 2]),), (T([[0, 1], [2, -1]]),), (T([1, 1, 0]),), (s(None), T([2, 0])), (s(None), s(None), T([1, 0, 1])),
    (T([0, 1]), T([2, 0])), (T([[0], [1]]), T([2, 0, 1])), (T([0, 1]), s(None), T([1, 0])), (T([0, 1]), 2), (0, T([0, 2])), (0, s(None), T([1, 0])),
    (T([0, 1]), None, T([2, 0])), (None, T([0, 1]), T([2, 0])), (s(None), T([0, 1]), T([1, 1])), (..., T([0, 1])), (T([0, 1]), ...),
    (T([0, 3]), T([1, 2]), T([0, 1])), ([0, 1], s(1, 3), [1, 0]), (T([], dtype=torch.int64),), (s(0, 0), T([1])),
    (T([True, False, True, False]),), (s(None), T([True, False, True])), (T([True, False, True, False]), T([0, 2])), ([True, False, False, True], 1),
    (T([False] * 4),), (True,), (False,), (T(True),), (0, True), (T([1, 0]), True), (None, ..., T([0])),
    (s(1, None, 2), T([0, 2]), s(None)), (s(None, None, 3), s(None), T([1])), (T([3, 0, 0]), s(None, None, 2)),
]
MASKS = [(mask,), (mask, ...), (..., mask.new_ones(2)), (T([0, 1]), mask[0])]


def part(p):
    if isinstance(p, slice):
        return {'slice': [p.start, p.stop, p.step]}
    if p is Ellipsis:
        return '...'
    if isinstance(p, torch.Tensor):
        return {'tensor': p.tolist(), 'dtype': str(p.dtype).replace('torch.', '')}
    return {'list': p} if isinstance(p, list) else p


def cot(like):
    return ((torch.arange(like.numel()) * 7 + 3) % 11 - 5.5).reshape(like.shape)


def case(shape, index):
    n = torch.Size(shape).numel()
    x = torch.arange(n, dtype=torch.float32).reshape(shape).requires_grad_()
    y = x[index if len(index) > 1 else index[0]]
    dx, = torch.autograd.grad(y, x, cot(y))
    out = {'x': list(shape), 'index': [part(p) for p in index], 's': list(y.shape), 'y': y.reshape(-1).tolist(),
           'view': y._is_view() and y.storage().data_ptr() == x.storage().data_ptr(), 'dx': dx.reshape(-1).tolist()}
    # a value that has to be broadcast where that is possible
    vshape = list(y.shape[1:]) if y.dim() > 1 else list(y.shape)
    base = x.detach().clone().requires_grad_()
    v = (torch.arange(torch.Size(vshape).numel(), dtype=torch.float32) + 100).reshape(vshape).requires_grad_()
    z = base * 1
    z[index if len(index) > 1 else index[0]] = v
    out['vs'] = vshape
    out['z'] = z.reshape(-1).tolist()
    db, dv = torch.autograd.grad(z, [base, v], cot(z), allow_unused=True)
    out['db'] = None if db is None else db.reshape(-1).tolist()
    out['dv'] = None if dv is None else dv.reshape(-1).tolist()
    return out


cases = [case((4, 3, 2), i) for i in CASES] + [case((2, 3, 2), i) for i in MASKS]
with open(OUT, 'w') as f:
    rows = ',\n'.join(json.dumps(c, separators=(',', ':')) for c in cases)
    f.write('{"torch":%s,"cases":[\n%s\n]}\n' % (json.dumps(torch.__version__), rows))
print(len(cases), 'cases', os.path.getsize(OUT), 'bytes')
