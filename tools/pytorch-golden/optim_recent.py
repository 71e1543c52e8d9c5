#!/usr/bin/env python3
"""Writes what only a recent PyTorch can tell. Needs PyTorch 2.13 or later.

packages/optim/test/fixtures/trajectories/recent-NAME.json
    configurations of optimizers and options that came after 1.13, each as in optim.py. Muon's iteration runs in the
    parameter's dtype here, and not in bfloat16.
packages/optim/test/fixtures/recent.json
    defaults     each optimizer's defaults in order, its printout, and its state after a step: keys, dtypes and shapes
    schedules    each scheduler's state dict after three steps, as pairs in order
    nonfinite    parameters and state of Adafactor and Muon beyond a gradient that is not finite
    overrides    SGD's groups that override nesterov, momentum or dampening alone
    errors       messages that have changed since 1.13
    files        files of torch.save, base64: state dicts of each optimizer and scheduler, with what is in them

Run from anywhere: OPENBLAS_NUM_THREADS=1 python3 tools/pytorch-golden/optim_recent.py
"""
import base64
import inspect
import io
import json
import math
import os
import warnings

import torch
from torch.optim import _muon, lr_scheduler, swa_utils

from optim_problem import TWO, case, problem, trajectories

OUT = os.path.join(os.path.dirname(os.path.abspath(__file__)), '../../packages/optim/test/fixtures')
MATRICES = [[4, 3], [3, 5], [4, 4], [1, 6]]
SUM = torch.ones(2, 2)


def adafactor(name, options, **more):
    return case(f'adafactor {name}', 'Adafactor', options, **more)


def muon(name, options, **more):
    # the iteration magnifies rounding errors: after 32 steps PyTorch does not agree with itself in float32
    return case(f'muon {name}', 'Muon', options, dtypes=['float64'], **more)


ADAFACTOR = [
    adafactor('defaults', {}),
    adafactor('lr', {'lr': 0.3}),
    adafactor('beta2_decay', {'lr': 0.1, 'beta2_decay': -0.5}),
    adafactor('no average', {'lr': 0.1, 'beta2_decay': 0}),
    adafactor('eps', {'lr': 0.1, 'eps': [0.25, 0.1]}),
    adafactor('eps2 alone', {'lr': 0.1, 'eps': [None, 2.5]}),
    adafactor('d', {'lr': 0.1, 'd': 1.75}),
    adafactor('weight decay', {'lr': 0.1, 'weight_decay': 0.3}),
    adafactor('maximize', {'lr': 0.02, 'maximize': True, 'foreach': True}),
    adafactor('groups, missing gradients', {'lr': 0.1}, groups=TWO, frozen=[1], late={'0': 5}),
    adafactor('group added, reload', {'lr': 0.1}, groups=[[[0, 1], {}]], add=[9, [2, 3], {'lr': 0.05}], set=[20, {'lr': 0.2}]),
    adafactor('reload', {'lr': 0.1, 'd': 1.5}, groups=TWO, reload=17),
]
MUON = [
    muon('defaults', {}),
    muon('lr, weight decay', {'lr': 0.02, 'weight_decay': 0.5}),
    muon('momentum', {'lr': 0.02, 'momentum': 0.4}),
    muon('without nesterov', {'lr': 0.02, 'nesterov': False}),
    muon('ns_coefficients', {'lr': 0.02, 'ns_coefficients': [1.5, -0.75, 0.25]}),
    muon('ns_steps', {'lr': 0.02, 'ns_steps': 2}),
    muon('eps', {'lr': 0.02, 'eps': 2.5}),
    muon('match_rms_adamw', {'lr': 0.02, 'adjust_lr_fn': 'match_rms_adamw'}),
    muon('groups, missing gradients', {'lr': 0.02}, groups=TWO, frozen=[1], late={'0': 5}),
    muon('group added', {'lr': 0.02}, groups=[[[0, 1], {}]], add=[9, [2, 3], {'momentum': 0.8}], set=[20, {'lr': 0.05}]),
    muon('reload', {'lr': 0.02}, groups=TWO, reload=17),
]
DECAY = {'lr': 0.05, 'weight_decay': 0.3, 'decoupled_weight_decay': True}
ADAM = [
    case('adam decoupled decay', 'Adam', {**DECAY, 'amsgrad': True, 'betas': [0.8, 0.9]}),
    case('adamw decoupled decay by groups', 'AdamW', {'lr': 0.05}, groups=[[[0, 1], {}], [[2, 3], {'weight_decay': 0.5}]]),
    case('nadam decoupled decay', 'NAdam', DECAY),
    case('nadam decoupled decay and momentum_decay', 'NAdam', {**DECAY, 'momentum_decay': 0.2}, groups=TWO, reload=17),
    case('nadam maximize', 'NAdam', {'lr': 0.02, 'maximize': True, 'weight_decay': 0.1}),
    case('radam decoupled decay', 'RAdam', DECAY),
    case('radam decoupled decay, soon adaptive', 'RAdam', {**DECAY, 'betas': [0.7, 0.8]}, groups=TWO, reload=17),
    case('radam maximize', 'RAdam', {'lr': 0.02, 'maximize': True, 'betas': [0.9, 0.9]}),
]
OTHERS = [
    case('adagrad maximize', 'Adagrad', {'lr': 0.05, 'maximize': True, 'lr_decay': 0.1}),
    case('adagrad groups of later', 'Adagrad', {'lr': 0.1, 'initial_accumulator_value': 0.5}, groups=[[[0, 1], {}]],
         add=[9, [2, 3], {'initial_accumulator_value': 2}]),
    case('rprop maximize', 'Rprop', {'lr': 0.01, 'maximize': True, 'step_sizes': [0.001, 0.05]}, dtypes=['float64']),
    case('asgd maximize', 'ASGD', {'lr': 0.02, 'maximize': True, 't0': 5}),
    case('adadelta maximize', 'Adadelta', {'maximize': True}),
    case('adamax maximize', 'Adamax', {'lr': 0.01, 'maximize': True}),
    case('rmsprop maximize', 'RMSprop', {'lr': 0.01, 'maximize': True, 'momentum': 0.3}),
]
FAMILIES = {'adafactor': ADAFACTOR, 'muon': MUON, 'adam': ADAM, 'others': OTHERS}

NAMES = ['ASGD', 'Adadelta', 'Adafactor', 'Adagrad', 'Adam', 'AdamW', 'Adamax', 'LBFGS', 'Muon', 'NAdam', 'RAdam', 'RMSprop',
         'Rprop', 'SGD', 'SparseAdam']


def without_bfloat16():
    source = inspect.getsource(_muon._zeropower_via_newtonschulz)
    assert source.count('.bfloat16()') == 1
    exec(source.replace('.bfloat16()', '.clone()'), _muon.__dict__)


def plain(x):
    """JSON, with words for what it lacks."""
    if isinstance(x, torch.Tensor):
        return {'dtype': str(x.dtype)[6:], 'shape': list(x.shape), 'data': plain(x.flatten().tolist())}
    if isinstance(x, dict):
        return [[k, plain(v)] for k, v in x.items()]
    if isinstance(x, (list, tuple)):
        return [plain(v) for v in x]
    return str(x) if isinstance(x, float) and not math.isfinite(x) else x


def trained(name, steps, **options):
    """An optimizer after steps with gradients of 1, 2, …"""
    w = torch.ones(2, 2, requires_grad=True)
    optimizer = getattr(torch.optim, name)([w], **options)
    for step in range(1, steps + 1):
        grad = SUM * step
        w.grad = grad.to_sparse(1) if name == 'SparseAdam' else grad
        optimizer.step(lambda: (SUM * w).sum().item())
    return optimizer, w


def defaults():
    out = []
    for name in NAMES:
        optimizer, _ = trained(name, 1)
        entry = optimizer.state_dict()['state'].get(0, {})
        state = [[k, [str(v.dtype)[6:], list(v.shape)] if isinstance(v, torch.Tensor) else type(v).__name__] for k, v in entry.items()]
        out.append({'name': name, 'defaults': plain(optimizer.defaults), 'repr': repr(optimizer), 'state': state})
    return out


SCHEDULES = [
    ['StepLR', {'step_size': 2}], ['MultiStepLR', {'milestones': [1, 2, 2]}], ['ConstantLR', {}], ['LinearLR', {}],
    ['ExponentialLR', {'gamma': 0.5}], ['PolynomialLR', {'total_iters': 9}], ['CosineAnnealingLR', {'T_max': 7}],
    ['CosineAnnealingWarmRestarts', {'T_0': 2}], ['CyclicLR', {'base_lr': 0.1, 'max_lr': 0.5}],
    ['OneCycleLR', {'max_lr': 0.5, 'total_steps': 20}], ['ReduceLROnPlateau', {'patience': 0}],
    ['SWALR', {'swa_lr': 0.05}],
]


def scheduled(name, options, groups=1):
    params = [torch.ones(2, requires_grad=True) for _ in range(groups)]
    optimizer = torch.optim.SGD([{'params': p} for p in params], lr=0.4, momentum=0.9)
    scheduler = getattr(swa_utils if name == 'SWALR' else lr_scheduler, name)(optimizer, **options)
    for step in range(3):
        optimizer.step()
        scheduler.step(*([1.0] if name == 'ReduceLROnPlateau' else []))
    return scheduler


def composed():
    def pair():
        optimizer = torch.optim.SGD([torch.ones(2, requires_grad=True)], lr=0.4, momentum=0.9)
        lambdas = lr_scheduler.LambdaLR(optimizer, lambda epoch: 0.5 ** epoch)
        return optimizer, [lambdas, lr_scheduler.ExponentialLR(optimizer, 0.5)]
    optimizer, schedulers = pair()
    sequential = lr_scheduler.SequentialLR(optimizer, schedulers, [2])
    chained = lr_scheduler.ChainedScheduler(pair()[1])
    for _ in range(3):
        sequential.step()
        chained.step()
    return [['SequentialLR', sequential.state_dict()], ['ChainedScheduler', chained.state_dict()]]


def schedules():
    simple = [[name, options, plain(scheduled(name, options).state_dict())] for name, options in SCHEDULES]
    return simple + [[name, None, plain(state)] for name, state in composed()]


BAD = [['Adafactor', {'lr': 0.1}, [3]], ['Adafactor', {'lr': 0.1}, [2, 3]], ['Adafactor', {'lr': 0.1, 'beta2_decay': -3}, [3]],
       ['Muon', {'momentum': 0.9}, [2, 3]], ['Muon', {'momentum': 0.3, 'ns_steps': 0}, [2, 3]]]


def nonfinite():
    out = []
    for name, options, shape in BAD:
        for bad in ['nan', 'inf', '-inf']:
            w = torch.arange(1.0, math.prod(shape) + 1, dtype=torch.float64).reshape(shape).requires_grad_()
            optimizer = getattr(torch.optim, name)([w], **options)
            for step in range(1, 6):
                grad = torch.arange(1.0, math.prod(shape) + 1, dtype=torch.float64) / 4 - step / 8
                if step == 3:
                    grad[1] = float(bad)
                w.grad = grad.reshape(shape)
                optimizer.step()
            out.append({'name': name, 'options': options, 'shape': shape, 'bad': bad, 'param': plain(w.detach()),
                        'state': plain(optimizer.state[w])})
    return out


OVERRIDES = [{'momentum': 0}, {'dampening': 0.5}, {'nesterov': False, 'dampening': 0.25}]


def overrides():
    out = []
    for own in OVERRIDES:
        w = torch.tensor([1.0, -2.0], dtype=torch.float64, requires_grad=True)
        optimizer = torch.optim.SGD([{'params': w, **own}], lr=0.1, momentum=0.9, nesterov=True)
        for step in range(1, 4):
            w.grad = torch.tensor([0.5, -0.25], dtype=torch.float64) * step
            optimizer.step()
        out.append([own, w.tolist()])
    return out


def message(call):
    try:
        call()
    except Exception as error:
        # a KeyError prints its message quoted
        return error.args[0]
    raise AssertionError('no error')


def errors():
    return {
        'resuming without initial_lr': message(lambda: scheduled('StepLR', {'step_size': 1, 'last_epoch': 2})),
        'anneal_strategy': message(lambda: scheduled('SWALR', {'swa_lr': 1, 'anneal_strategy': 'exp'})),
    }


def file(content):
    buffer = io.BytesIO()
    torch.save(content, buffer)
    return base64.b64encode(buffer.getvalue()).decode()


def files():
    optimizers = []
    for name in NAMES:
        optimizer, w = trained(name, 2)
        saved = file(optimizer.state_dict())
        w.grad = (SUM * 3).to_sparse(1) if name == 'SparseAdam' else SUM * 3
        before = plain(w.detach().clone())
        optimizer.step(lambda: (SUM * w).sum().item())
        optimizers.append([name, saved, before, plain(w.detach())])
    return {
        'optimizers': optimizers,
        'schedulers': [[name, file(scheduled(name, options).state_dict())] for name, options in SCHEDULES],
    }


def write(name, content):
    path = os.path.join(OUT, f'{name}.json')
    with open(path, 'w') as f:
        json.dump({'torch': torch.__version__, **content}, f)
        f.write('\n')
    print(path, os.path.getsize(path), 'bytes')


if __name__ == '__main__':
    torch.set_num_threads(1)
    without_bfloat16()
    with warnings.catch_warnings():
        warnings.simplefilter('ignore')
        for family, cases in FAMILIES.items():
            own = problem(MATRICES) if family == 'muon' else None
            write(f'trajectories/recent-{family}', trajectories(cases, own))
        write('recent', {'defaults': defaults(), 'schedules': schedules(), 'nonfinite': nonfinite(), 'overrides': overrides(),
                         'errors': errors(), 'files': files()})
