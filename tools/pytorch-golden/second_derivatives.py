"""Second derivatives exactly at corners, where finite differences say nothing.

    OPENBLAS_NUM_THREADS=1 /usr/bin/python3 tools/pytorch-golden/second_derivatives.py
writes packages/tensor/test/fixtures/second-derivatives.json: for `fn(x, *args, **options)` the first derivative of the sum of
its elements, and the derivative of that one's sum.
"""
import json
import os

import torch
import torch.nn.functional as F

X = [-2., -1., -.5, 0., .5, 1., 2.]
CASES = [
    ('elu', [], {'alpha': .7}), ('selu', [], {}), ('celu', [], {'alpha': .5}),
    ('softplus', [], {'beta': 2, 'threshold': 1}),
    ('huber_loss', [0.], {'reduction': 'none'}), ('huber_loss', [0.], {'reduction': 'none', 'delta': .5}),
    ('smooth_l1_loss', [0.], {'reduction': 'none'}), ('smooth_l1_loss', [0.], {'reduction': 'none', 'beta': .5}),
    ('relu', [], {}), ('leaky_relu', [], {}), ('hardtanh', [], {}), ('hardswish', [], {}),
]


def case(fn, args, options):
    x = torch.tensor(X, dtype=torch.float64, requires_grad=True)
    given = [torch.full([len(X)], a, dtype=torch.float64) for a in args]
    g, = torch.autograd.grad(getattr(F, fn)(x, *given, **options).sum(), x, create_graph=True)
    second = torch.autograd.grad(g.sum(), x, allow_unused=True)[0] if g.requires_grad else None
    return {'fn': fn, 'args': args, 'options': options, 'first': g.tolist(),
            'second': [0.] * len(X) if second is None else second.tolist()}


if __name__ == '__main__':
    out = {'torch': torch.__version__, 'x': X, 'cases': [case(*c) for c in CASES]}
    here = os.path.dirname(os.path.abspath(__file__))
    with open(os.path.join(here, '../../packages/tensor/test/fixtures/second-derivatives.json'), 'w') as f:
        f.write(json.dumps(out, separators=(',', ':')).replace('},{"fn"', '},\n{"fn"') + '\n')
