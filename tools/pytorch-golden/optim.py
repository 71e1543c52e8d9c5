#!/usr/bin/env python3
"""Writes packages/optim/test/fixtures/*.json: what PyTorch's optimizers and schedulers do.

trajectories.json   configurations, each with the parameters after some of its steps, the final state and printout
schedulers.json     learning rates of each group, epoch by epoch
errors.json         messages of calls that fail, by the name that the test gives the call
checkpoint.json     files of torch.save, base64, and how training goes on from them

The gradient of parameter p at step k is c * (p - t) + noise[k % len(noise)], with c, t and noise in the file: both
sides compute it with the same three operations. Numbers in the files are decimals that either dtype is made from.

Run from anywhere: OPENBLAS_NUM_THREADS=1 python3 tools/pytorch-golden/optim.py
"""
import base64
import copy
import io
import json
import os
import warnings

import torch
from torch.optim import SGD, Adam, AdamW
from torch.optim.lr_scheduler import StepLR

OUT = os.path.join(os.path.dirname(os.path.abspath(__file__)), '../../packages/optim/test/fixtures')
DTYPES = {'float32': torch.float32, 'float64': torch.float64}
SHAPES = [[3, 2], [4], [], [11]]
STEPS = 32
RECORDED = [1, 2, 17, 32]
NOISES = 7
OPTIMIZERS = {'SGD': SGD, 'Adam': Adam, 'AdamW': AdamW}


def decimals(shape):
    return [round(x, 3) for x in torch.randn(shape, dtype=torch.float64).flatten().tolist()]


def problem():
    """Parameters with the data of their gradients."""
    torch.manual_seed(7)
    return [
        {
            'shape': shape,
            'p': decimals(shape),
            'c': [abs(x) + 0.5 for x in decimals(shape)],
            't': decimals(shape),
            'noise': [decimals(shape) for _ in range(NOISES)],
        }
        for shape in SHAPES
    ]


def case(name, optimizer, options, **more):
    """groups: [[indices of parameters, options]]; frozen: parameters that never get a gradient; late: one that gets its
    first at a step; add: a group that joins before a step; set: options changed in all groups before a step; reload: the
    step before which a new optimizer takes the state over; schedule: StepLR's options, an epoch being four steps."""
    return {'name': name, 'optimizer': optimizer, 'options': options, 'groups': [[[0, 1, 2, 3], {}]], **more}


TWO = [[[0, 3], {}], [[1, 2], {'lr': 0.02}]]
CASES = [
    case('sgd', 'SGD', {'lr': 0.1}),
    case('sgd momentum', 'SGD', {'lr': 0.05, 'momentum': 0.9}),
    case('sgd momentum dampening', 'SGD', {'lr': 0.05, 'momentum': 0.8, 'dampening': 0.3}),
    case('sgd negative dampening', 'SGD', {'lr': 0.02, 'momentum': 0.5, 'dampening': -0.5}),
    case('sgd nesterov weight decay', 'SGD', {'lr': 0.05, 'momentum': 0.9, 'nesterov': True, 'weight_decay': 0.1}),
    case('sgd weight decay', 'SGD', {'lr': 0.1, 'weight_decay': 0.2}),
    case('sgd maximize', 'SGD', {'lr': 0.01, 'momentum': 0.5, 'weight_decay': 0.1, 'maximize': True}),
    case('sgd foreach', 'SGD', {'lr': 0.05, 'momentum': 0.9, 'foreach': True}),
    case('sgd groups', 'SGD', {'lr': 0.05, 'momentum': 0.9},
         groups=[[[0], {}], [[1, 2], {'lr': 0.02, 'momentum': 0.5}], [[3], {'nesterov': True, 'weight_decay': 0.3}]]),
    case('sgd missing gradients', 'SGD', {'lr': 0.05, 'momentum': 0.9}, frozen=[1], late={'0': 5}),
    case('sgd group added', 'SGD', {'lr': 0.05, 'momentum': 0.9}, groups=[[[0, 1], {}]],
         add=[17, [2, 3], {'lr': 0.1, 'momentum': 0.2}]),
    case('sgd reload', 'SGD', {'lr': 0.05, 'momentum': 0.9, 'dampening': 0.1}, groups=TWO, reload=17),
    case('sgd changed options', 'SGD', {'lr': 0.05, 'momentum': 0.9}, set=[17, {'lr': 0.2, 'momentum': 0.1}]),
    case('sgd schedule', 'SGD', {'lr': 0.05, 'momentum': 0.9}, groups=TWO, schedule={'step_size': 2, 'gamma': 0.5}),
    case('adam', 'Adam', {'lr': 0.05}),
    case('adam defaults', 'Adam', {}),
    case('adam betas', 'Adam', {'lr': 0.05, 'betas': [0.7, 0.9]}),
    case('adam eps', 'Adam', {'lr': 0.05, 'eps': 0.1}),
    case('adam weight decay', 'Adam', {'lr': 0.05, 'weight_decay': 0.3}),
    case('adam amsgrad', 'Adam', {'lr': 0.05, 'amsgrad': True, 'betas': [0.9, 0.5]}),
    case('adam maximize', 'Adam', {'lr': 0.02, 'maximize': True, 'weight_decay': 0.1}),
    case('adam foreach', 'Adam', {'lr': 0.05, 'foreach': True, 'amsgrad': True}),
    case('adam decoupled', 'AdamW', {'lr': 0.05, 'weight_decay': 0.3, 'amsgrad': True}),
    case('adam groups', 'Adam', {'lr': 0.05},
         groups=[[[0], {}], [[1, 2], {'lr': 0.02, 'betas': [0.5, 0.99]}], [[3], {'amsgrad': True, 'eps': 0.01}]]),
    case('adam missing gradients', 'Adam', {'lr': 0.05}, frozen=[1], late={'0': 5, '2': 20}),
    case('adam group added', 'Adam', {'lr': 0.05}, groups=[[[0, 1], {}]], add=[17, [2, 3], {'lr': 0.1}]),
    case('adam reload', 'Adam', {'lr': 0.05, 'amsgrad': True}, groups=TWO, reload=17),
    case('adam schedule', 'Adam', {'lr': 0.05}, groups=TWO, schedule={'step_size': 3}),
]


def make(spec, params):
    def python(options):
        return {k: tuple(v) if k == 'betas' else v for k, v in options.items()}
    groups = [{'params': [params[i] for i in indices], **python(own)} for indices, own in spec['groups']]
    return OPTIMIZERS[spec['optimizer']](groups, **python(spec['options']))


def tensors(data, dtype):
    def t(values):
        return torch.tensor(values, dtype=dtype).reshape(data['shape'])
    return {'c': t(data['c']), 't': t(data['t']), 'noise': [t(n) for n in data['noise']]}


def flat(x):
    return x.flatten().tolist() if isinstance(x, torch.Tensor) else x


def run(spec, data, dtype):
    params = [torch.tensor(d['p'], dtype=dtype).reshape(d['shape']).requires_grad_() for d in data]
    terms = [tensors(d, dtype) for d in data]
    optimizer = make(spec, params)
    scheduler = StepLR(optimizer, **spec['schedule']) if 'schedule' in spec else None
    recorded = []
    for step in range(1, STEPS + 1):
        if step == spec.get('add', [0])[0]:
            optimizer.add_param_group({'params': [params[i] for i in spec['add'][1]], **spec['add'][2]})
        if step == spec.get('set', [0])[0]:
            for group in optimizer.param_groups:
                group.update(spec['set'][1])
        if step == spec.get('reload', 0):
            saved = copy.deepcopy(optimizer.state_dict())
            optimizer = make(spec, params)
            optimizer.load_state_dict(saved)
        optimizer.zero_grad(set_to_none=True)
        for i, (p, term) in enumerate(zip(params, terms)):
            if i in spec.get('frozen', []) or step < spec.get('late', {}).get(str(i), 0):
                continue
            p.grad = term['c'] * (p.detach() - term['t']) + term['noise'][step % NOISES]
        optimizer.step()
        if scheduler is not None and step % 4 == 0:
            scheduler.step()
        if step in RECORDED:
            recorded.append([flat(p.detach()) for p in params])
    state_dict = optimizer.state_dict()
    return {
        'params': recorded,
        'state': {i: {k: flat(v) for k, v in s.items()} for i, s in state_dict['state'].items()},
        'param_groups': state_dict['param_groups'],
        **({'repr': repr(optimizer)} if dtype == torch.float32 else {}),
    }


def trajectories():
    data = problem()
    cases = [{**spec, **{name: run(spec, data, dtype) for name, dtype in DTYPES.items()}} for spec in CASES]
    return {'problem': data, 'steps': STEPS, 'recorded': RECORDED, 'cases': cases}


def two_groups(lrs):
    params = [torch.zeros(1, requires_grad=True) for _ in lrs]
    return SGD([{'params': p, 'lr': lr} for p, lr in zip(params, lrs)], lr=1)


def lrs_of(optimizer):
    return [group['lr'] for group in optimizer.param_groups]


def step_lr(lrs, options, epochs):
    """The recursive form from the start; the closed form of each epoch; the recursive form after resuming half way."""
    optimizer = two_groups(lrs)
    scheduler = StepLR(optimizer, **options)
    recursive = [lrs_of(optimizer)]
    for _ in range(epochs):
        optimizer.step()
        scheduler.step()
        recursive.append(lrs_of(optimizer))
    state = {k: v for k, v in scheduler.state_dict().items() if k != '_get_lr_called_within_step'}
    optimizer = two_groups(lrs)
    scheduler = StepLR(optimizer, **options)
    closed = []
    for epoch in range(epochs + 1):
        scheduler.step(epoch)
        closed.append(lrs_of(optimizer))
    half = epochs // 2
    optimizer = two_groups(lrs)
    for group, lr, initial in zip(optimizer.param_groups, recursive[half], lrs):
        group.update(lr=lr, initial_lr=initial)
    scheduler = StepLR(optimizer, last_epoch=half, **options)
    resumed = [lrs_of(optimizer)]
    for _ in range(half + 1, epochs):
        optimizer.step()
        scheduler.step()
        resumed.append(lrs_of(optimizer))
    return {'lrs': lrs, 'options': options, 'recursive': recursive, 'closed': closed, 'half': half, 'resumed': resumed,
            'state': state}


def schedulers():
    return {'StepLR': [
        step_lr([0.1, 0.02], {'step_size': 3, 'gamma': 0.1}, 12),
        step_lr([1.0, 0.5], {'step_size': 1, 'gamma': 0.9}, 12),
        step_lr([0.3, 0.7], {'step_size': 4}, 13),
    ]}


class NotOne:
    pass


def errors():
    w = torch.zeros(2, requires_grad=True)
    v = torch.zeros(2, requires_grad=True)
    def saved(groups):
        return SGD(groups, lr=0.1).state_dict()
    calls = {
        'no parameters': lambda: SGD([], lr=0.1),
        'a bare tensor': lambda: SGD(w, lr=0.1),
        'a bare double tensor': lambda: SGD(w.double(), lr=0.1),
        'non-leaf': lambda: SGD([w * 2], lr=0.1),
        'shared between groups': lambda: SGD([{'params': [w, v]}, {'params': v}], lr=0.1),
        'added twice': lambda: SGD([w], lr=0.1).add_param_group({'params': [w]}),
        'sgd lr': lambda: SGD([w], lr=-1),
        'sgd momentum': lambda: SGD([w], lr=0.1, momentum=-0.5),
        'sgd weight_decay': lambda: SGD([w], lr=0.1, weight_decay=-0.25),
        'sgd nesterov without momentum': lambda: SGD([w], lr=0.1, nesterov=True),
        'sgd nesterov with dampening': lambda: SGD([w], lr=0.1, momentum=0.9, dampening=0.1, nesterov=True),
        'adam lr': lambda: Adam([w], lr=-0.5),
        'adam eps': lambda: Adam([w], eps=-1),
        'adam beta1': lambda: Adam([w], betas=(1, 0.9)),
        'adam beta2': lambda: Adam([w], betas=(0.9, -0.1)),
        'adam weight_decay': lambda: Adam([w], weight_decay=-1),
        'load with too few groups': lambda: SGD([w, v], lr=0.1).load_state_dict(saved([{'params': w}, {'params': v}])),
        'load with another group size': lambda: SGD([w, v], lr=0.1).load_state_dict(saved([w])),
        'scheduler without optimizer': lambda: StepLR(NotOne(), step_size=1),
        'resuming without initial_lr': lambda: StepLR(SGD([w], lr=0.1), step_size=1, last_epoch=2),
    }
    out = {}
    for name, call in calls.items():
        try:
            call()
        except Exception as error:
            # a KeyError prints its message quoted
            out[name] = error.args[0]
        else:
            raise AssertionError(f'{name}: no error')
    return out


def warned(call):
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter('always')
        call()
    return [str(w.message) for w in caught]


def warning_texts():
    def early():
        scheduler = StepLR(two_groups([0.1]), step_size=1)
        scheduler.step()
    w = torch.zeros(2, requires_grad=True)
    return {'duplicate': warned(lambda: SGD([w, w], lr=0.1)), 'scheduler first': warned(early)}


def checkpoint():
    """Half of a training saved by torch.save, and the parameters when it went on."""
    out = []
    for spec in [c for c in CASES if c['name'] in ('sgd momentum', 'adam groups', 'sgd')]:
        data = problem()
        dtype = torch.float32
        params = [torch.tensor(d['p'], dtype=dtype).reshape(d['shape']).requires_grad_() for d in data]
        terms = [tensors(d, dtype) for d in data]
        optimizer = make(spec, params)

        def train(first, last):
            for step in range(first, last + 1):
                for p, term in zip(params, terms):
                    p.grad = term['c'] * (p.detach() - term['t']) + term['noise'][step % NOISES]
                optimizer.step()
        train(1, 8)
        file = io.BytesIO()
        torch.save({'params': params, 'optimizer': optimizer.state_dict()}, file)
        train(9, 16)
        out.append({'case': spec['name'], 'file': base64.b64encode(file.getvalue()).decode(),
                    'params': [flat(p.detach()) for p in params]})
    return out


def write(name, content):
    path = os.path.join(OUT, f'{name}.json')
    with open(path, 'w') as f:
        json.dump({'torch': torch.__version__, **content}, f)
        f.write('\n')
    print(path, os.path.getsize(path), 'bytes')


if __name__ == '__main__':
    torch.set_num_threads(1)
    os.makedirs(OUT, exist_ok=True)
    write('trajectories', trajectories())
    with warnings.catch_warnings():
        warnings.simplefilter('ignore')
        write('schedulers', schedulers())
    write('errors', {'errors': errors(), 'warnings': warning_texts()})
    write('checkpoint', {'cases': checkpoint()})
