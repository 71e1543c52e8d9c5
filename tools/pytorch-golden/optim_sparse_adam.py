#!/usr/bin/env python3
"""Writes packages/optim/test/fixtures/sparse-adam.json: what PyTorch's SparseAdam does.

`cases`: the gradient of a parameter at step k lists the elements of pattern k % len(patterns), some of them twice; their
values are c * p[those elements] + noise, so that they depend on the trajectory. `embedding`: rows of an Embedding trained
through its sparse gradients. `errors`: messages of calls that fail.

Run from anywhere: OPENBLAS_NUM_THREADS=1 python3 tools/pytorch-golden/optim_sparse_adam.py
"""
import copy
import json
import os

import torch
from torch.optim import SparseAdam

OUT = os.path.join(os.path.dirname(os.path.abspath(__file__)), '../../packages/optim/test/fixtures/sparse-adam.json')
DTYPES = {'float32': torch.float32, 'float64': torch.float64}
STEPS = 30
RECORDED = [1, 2, 7, 30]
PATTERNS = 5
FACTOR = 0.5
# shape, sparse dimensions, listed elements
PARAMS = [([6, 3], 1, 4), ([9], 1, 3), ([3, 4, 2], 2, 5), ([5, 2], 2, 0)]


def decimals(*shape):
    return [round(x, 3) for x in torch.randn(shape, dtype=torch.float64).flatten().tolist()]


def problem():
    torch.manual_seed(3)
    out = []
    for shape, rank, listed in PARAMS:
        patterns = [{'indices': [torch.randint(size, (listed,)).tolist() for size in shape[:rank]],
                     'noise': decimals(listed, *shape[rank:])} for _ in range(PATTERNS)]
        out.append({'shape': shape, 'sparse_dim': rank, 'listed': listed, 'p': decimals(*shape), 'patterns': patterns})
    return out


def case(name, options, **more):
    """late: the first step at which parameter 0 has a gradient; reload: the step before which a new optimizer takes the
    state over; set: options changed in all groups before a step; add: a group that joins before a step."""
    return {'name': name, 'options': options, 'groups': [[[0, 1, 2, 3], {}]], **more}


CASES = [
    case('defaults', {}),
    case('lr', {'lr': 0.05}),
    case('betas', {'lr': 0.02, 'betas': [0.7, 0.9]}),
    case('eps', {'lr': 0.05, 'eps': 0.1}),
    case('maximize', {'lr': 0.02, 'maximize': True}),
    case('groups', {'lr': 0.02}, groups=[[[0], {}], [[1, 3], {'betas': [0.5, 0.99]}], [[2], {'lr': 0.1, 'eps': 0.01}]]),
    case('late gradient', {'lr': 0.05}, late=9),
    case('reload', {'lr': 0.05}, reload=12),
    case('changed options', {'lr': 0.05}, set=[12, {'lr': 0.01, 'betas': [0.5, 0.9]}]),
    case('group added', {'lr': 0.05}, groups=[[[0, 1], {}]], add=[12, [2, 3], {'lr': 0.2, 'maximize': True}]),
]


def gradient(p, data, k):
    pattern = data['patterns'][k % PATTERNS]
    indices = torch.tensor(pattern['indices'], dtype=torch.int64).reshape(data['sparse_dim'], data['listed'])
    noise = torch.tensor(pattern['noise'], dtype=p.dtype).reshape(data['listed'], *data['shape'][data['sparse_dim']:])
    values = FACTOR * p.detach()[tuple(indices)] + noise
    return torch.sparse_coo_tensor(indices, values, data['shape'])


def python(options):
    return {k: tuple(v) if k == 'betas' else v for k, v in options.items()}


def make(spec, params):
    groups = [{'params': [params[i] for i in indices], **python(own)} for indices, own in spec['groups']]
    return SparseAdam(groups, **python(spec['options']))


def flat(x):
    return x.flatten().tolist() if isinstance(x, torch.Tensor) else x


def run(spec, data, dtype):
    params = [torch.tensor(d['p'], dtype=dtype).reshape(d['shape']).requires_grad_() for d in data]
    optimizer = make(spec, params)
    recorded = []
    for step in range(1, STEPS + 1):
        if step == spec.get('add', [0])[0]:
            optimizer.add_param_group({'params': [params[i] for i in spec['add'][1]], **spec['add'][2]})
        if step == spec.get('set', [0])[0]:
            for group in optimizer.param_groups:
                group.update(python(spec['set'][1]))
        if step == spec.get('reload', 0):
            saved = copy.deepcopy(optimizer.state_dict())
            optimizer = make(spec, params)
            optimizer.load_state_dict(saved)
        for i, (p, d) in enumerate(zip(params, data)):
            p.grad = None if i == 0 and step < spec.get('late', 0) else gradient(p, d, step)
        optimizer.step()
        if step in RECORDED:
            recorded.append([flat(p.detach()) for p in params])
    saved = optimizer.state_dict()
    return {'params': recorded, 'state': {i: {k: flat(v) for k, v in s.items()} for i, s in saved['state'].items()},
            'param_groups': saved['param_groups'], 'repr': repr(optimizer)}


def embedding():
    """The squared sum of some rows, several of them more than once."""
    torch.manual_seed(5)
    layer = torch.nn.Embedding(7, 3, padding_idx=2, sparse=True)
    start = layer.weight.detach().clone()
    batches = [torch.randint(7, (2, 4)) for _ in range(4)]
    optimizer = SparseAdam(layer.parameters(), lr=0.1)
    losses = []
    for step in range(STEPS):
        optimizer.zero_grad()
        loss = (layer(batches[step % 4]) ** 2).sum()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return {'start': flat(start), 'batches': [b.tolist() for b in batches], 'lr': 0.1, 'losses': losses,
            'weight': flat(layer.weight.detach())}


def message(call):
    try:
        call()
    except Exception as error:
        return str(error)
    raise AssertionError('no error')


def errors():
    w = torch.zeros(2, requires_grad=True)
    dense = SparseAdam([w])
    w.grad = torch.ones(2)
    return {
        'lr': message(lambda: SparseAdam([w], lr=0)),
        'negative lr': message(lambda: SparseAdam([w], lr=-1)),
        'eps': message(lambda: SparseAdam([w], eps=0)),
        'beta1': message(lambda: SparseAdam([w], betas=(1, 0.9))),
        'beta2': message(lambda: SparseAdam([w], betas=(0.9, -0.5))),
        'dense gradient': message(dense.step),
        'no parameters': message(lambda: SparseAdam([])),
    }


if __name__ == '__main__':
    torch.set_num_threads(1)
    data = problem()
    cases = [{**spec, **{name: run(spec, data, dtype) for name, dtype in DTYPES.items()}} for spec in CASES]
    with open(OUT, 'w') as f:
        json.dump({'torch': torch.__version__, 'problem': data, 'factor': FACTOR, 'steps': STEPS, 'recorded': RECORDED,
                   'cases': cases, 'embedding': embedding(), 'errors': errors()}, f)
        f.write('\n')
    print(OUT, os.path.getsize(OUT), 'bytes')
