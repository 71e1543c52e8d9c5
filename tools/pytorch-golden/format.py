#!/usr/bin/env python3
"""Writes packages/tensor/test/fixtures/format.json: tensors and how PyTorch prints them.

A case holds the shape, dtype and elements (nan, inf, -inf and -0 as strings), or, for big ones, `ramp`: the element at
row-major index i is i * scale + start, exact in the dtype.

Run from anywhere: python3 tools/pytorch-golden/format.py
"""
import json
import math
import os

import torch

OUT = os.path.join(os.path.dirname(os.path.abspath(__file__)), '../../packages/tensor/test/fixtures/format.json')
nan, inf = math.nan, math.inf
f64, i64, i32, u8, boolean = torch.float64, torch.int64, torch.int32, torch.uint8, torch.bool
CASES = []


def element(x):
    if isinstance(x, float) and (math.isnan(x) or math.isinf(x) or (x == 0 and math.copysign(1, x) < 0)):
        return '-0' if x == 0 else repr(x)
    return int(x) if isinstance(x, bool) or (isinstance(x, float) and x.is_integer() and abs(x) < 2**53) else x


def add(t, ramp=None, options=None):
    torch.set_printoptions(profile='default')
    if options:
        torch.set_printoptions(**options)
    case = {'shape': list(t.shape), 'dtype': str(t.dtype).replace('torch.', '')}
    if ramp:
        case['ramp'] = list(ramp)
    else:
        case['data'] = [element(x) for x in t.detach().reshape(-1).tolist()]
    if t.requires_grad:
        case['requires_grad'] = True
    if t.grad_fn is not None:
        case['grad_fn'] = t.grad_fn.name()
    if options:
        case['options'] = {k: ('inf' if v == inf else v) for k, v in options.items()}
    CASES.append({**case, 'expected': repr(t)})


def values(*rows, **kw):
    add(torch.tensor(*rows, **kw))


def ramp(shape, scale=1.0, start=0.0, dtype=torch.float32, options=None, requires_grad=False):
    n = math.prod(shape)
    t = (torch.arange(n, dtype=f64) * scale + start).to(dtype).reshape(shape)
    assert t.dtype == boolean or torch.equal(t.to(f64).reshape(-1), torch.arange(n, dtype=f64) * scale + start)
    add(t.requires_grad_(requires_grad), ramp=(scale, start), options=options)


def scalars():
    for x in [1., -1., 0., -0., 3.14159265, -2.5, 1e-8, 1e8, 123456789., 1e-4, 9.99e-5, 1e20, 1e21, 3e38, 1e-45, nan, inf, -inf, 0.5]:
        values(x)
    for x in [0.1, 1e300, 5e-324, 1e22, 12345678.9]:
        values(x, dtype=f64)
    for t in [torch.tensor(7), torch.tensor(-7), torch.tensor(True), torch.tensor(False), torch.tensor(7, dtype=i32), torch.tensor(7, dtype=u8)]:
        add(t)
    values(2.5, requires_grad=True)


def vectors():
    for row in [
        [1., 2., 3.], [0., 0.], [-0., 0.], [1., -2.5, 3.], [1e-8, 1.], [1e8, 1.], [1e9, 2e9], [1e-8, 1e8, -1.], [1., 1000.],
        [1., 1001.], [0.001, 1.], [0.001, 1.001], [100000000., 99999999.], [nan, 1.], [inf, 1.], [-inf, nan, 0.], [nan, nan],
        [nan, 1.5, -inf], [inf, 2., -3.], [1e5, inf, 1e-5], [-1e10, nan, 3.], [0., 1e-10], [0.00005, 1.], [0.00015, 0.2],
        [0.03125, 0.09375, 0.15625], [0.0000305, 0.5], [2.5, 3.5, 1e6], [1000050., 1e-3], [1000150., 1e-3, 4.5],
        [9.99995, 0.99995], [99999.5, 100.25], [16777216., 1.], [-1., -10., -100.], [0.1] * 30, [-123.456, 0.001],
        [5e-45, 3e38], [1e-4, 1.], [1.0000001e-4, 0.05],
    ]:
        values(row)
    values([0.00003051757812500, 0.5, 0.000091552734375], dtype=f64)
    values([1e300, 1e-300, 1e100], dtype=f64)
    values([1.5, 2.5], dtype=f64, requires_grad=True)
    for dtype in [i64, i32, u8]:
        values([1, 2, 30], dtype=dtype)
    values([-1, 20, -300])
    values([2**53 - 1, -2**53 + 1, 0])
    values([True, False, True])
    values([True, True])
    values([[True, False], [False, False]])
    ramp([40], dtype=i64)
    ramp([100], 0.25)
    ramp([1000])
    ramp([1001])
    ramp([1001], 0.125, -4.)
    ramp([5000], dtype=i64, start=-2500.)
    ramp([2000], dtype=i32)
    ramp([1500], 0., 3., dtype=u8)
    ramp([1200], 0., 1., dtype=boolean)
    ramp([1001], 0.5, dtype=f64, requires_grad=True)


def higher():
    values([[1., 2.], [3., 4.]])
    values([[1., -2.25], [1e-3, 400.]])
    values([[nan, 1.], [inf, -1.]])
    ramp([2, 3, 4])
    ramp([2, 3, 4], 0.5, -6.)
    ramp([2, 2, 2, 3], dtype=i64)
    ramp([1, 1, 1, 1])
    ramp([2, 1, 2, 1, 2], 0.25)
    ramp([3, 30], 0.5)
    ramp([2, 2, 25], dtype=i64)
    ramp([1, 60], 100.5)
    ramp([50, 50])
    ramp([50, 50], 0.25, requires_grad=True)
    ramp([7, 200], dtype=i64)
    ramp([6, 200], dtype=i64)
    ramp([6, 7, 30], 0.5)
    ramp([10, 10, 10, 10])
    ramp([8, 2, 9, 8], dtype=i32)
    ramp([3, 1000], 1024.)
    ramp([1001, 1], 0.5)
    ramp([1, 1001])
    ramp([3, 400], 1., dtype=f64)
    ramp([40, 30], 0., 1., dtype=boolean)
    ramp([2, 3, 200], 0.125, -75.)


def empty():
    for shape in [[0], [0, 3], [3, 0], [2, 0, 4], [0, 0]]:
        for dtype in [torch.float32, i64, boolean, f64]:
            add(torch.zeros(shape, dtype=dtype))
    add(torch.zeros(0, 3, requires_grad=True))
    add(torch.zeros(0, 3, dtype=f64, requires_grad=True) * 2)


def graph():
    x = torch.tensor([[1., 2.], [3., 4.]], requires_grad=True)
    for t in [x, x + 1, x * 2.5, x.sum(), x.mean(), x @ x, x.relu(), x[0], x.t(), x.double(), x.exp().view(4), (x + 1).log_softmax(1)]:
        add(t)
    y = torch.arange(14.).requires_grad_()
    for n in range(7, 14):  # the suffix goes to the next line at some length
        add(y[:n] * 1)
        add((y[:n] * 0.5).double())
    add(torch.zeros(4, 16, requires_grad=True, dtype=f64))
    add(torch.zeros(16, dtype=f64).requires_grad_())
    add((torch.arange(6., dtype=f64) * 1.5).requires_grad_().view(1, 6))


def settings():
    row = torch.tensor([1.23456789, -20.5, 300.125])
    for options in [
        {'precision': 2}, {'precision': 0}, {'precision': 8}, {'precision': 10}, {'sci_mode': True}, {'sci_mode': False}, {'profile': 'short'},
        {'profile': 'full'}, {'profile': 'short', 'precision': 3}, {'linewidth': 20}, {'linewidth': 5},
    ]:
        add(row, options=options)
    mixed = torch.tensor([1e-8, 1., 1e8, nan, 0.])
    for options in [{'sci_mode': False}, {'sci_mode': True}, {'sci_mode': True, 'precision': 1}, {'sci_mode': False, 'precision': 10}]:
        add(mixed, options=options)
    add(torch.tensor([1., 2., 30.]), options={'sci_mode': True})
    add(torch.tensor([0., 0.]), options={'sci_mode': True})
    add(torch.tensor([1e22, -1.5e25]), options={'sci_mode': False})
    add(torch.tensor([0.5, 1.5, 2.5, -0.5, 0.25]), options={'precision': 0})
    add(torch.tensor([125., 1.25e8, 0.375]), options={'sci_mode': True, 'precision': 1})
    add(torch.tensor([0.125, 0.375, 2.5]), options={'precision': 2})
    ramp([10], dtype=i64, options={'threshold': 5})
    ramp([10], 0.5, options={'threshold': 5, 'edgeitems': 1})
    ramp([9, 9, 9], options={'threshold': 100, 'edgeitems': 2})
    ramp([4, 4], options={'threshold': 3, 'edgeitems': 2})
    ramp([30], dtype=i64, options={'linewidth': 40})
    ramp([20, 60], dtype=i64, options={'linewidth': 300, 'threshold': 10, 'edgeitems': 5})
    ramp([1010], dtype=i64, options={'profile': 'full'})
    ramp([1500], 0., 2.5, options={'profile': 'short'})
    add(torch.tensor([True, False]), options={'precision': 9})


if __name__ == '__main__':
    for part in [scalars, vectors, higher, empty, graph, settings]:
        part()
    with open(OUT, 'w') as f:
        f.write('{"torch":%s,"cases":[\n' % json.dumps(torch.__version__))
        f.write(',\n'.join(json.dumps(c, separators=(',', ':')) for c in CASES))
        f.write('\n]}\n')
    print(f'{os.path.normpath(OUT)}: {os.path.getsize(OUT)} bytes, {len(CASES)} cases')
