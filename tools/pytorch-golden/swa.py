#!/usr/bin/env python3
"""Writes packages/optim/test/fixtures/swa.json: what torch.optim.swa_utils does.

averages   the state dict of an AveragedModel after each update, by the way of averaging, and the output of the last
swalr      learning rates of each group, epoch by epoch, alone, after another scheduler, and resumed
update_bn  running statistics from batches, for models and batches of several kinds
errors     messages of calls that fail, by the name that the test gives the call

PyTorch 1 keeps no buffers in step and has neither get_ema_avg_fn and its like nor multi_avg_fn: `Averaged` below does with
this PyTorch's tensors what PyTorch 2 documents. Weights are decimals that either dtype is made from.

Run from anywhere: OPENBLAS_NUM_THREADS=1 python3 tools/pytorch-golden/swa.py
"""
import json
import os
import warnings

import torch
from torch import nn
from torch.optim import SGD
from torch.optim.lr_scheduler import StepLR
from torch.optim.swa_utils import SWALR, AveragedModel, update_bn

OUT = os.path.join(os.path.dirname(os.path.abspath(__file__)), '../../packages/optim/test/fixtures')
DTYPES = {'float32': torch.float32, 'float64': torch.float64}
UPDATES = 5


def net():
    return nn.Sequential(nn.Linear(3, 4), nn.BatchNorm1d(4), nn.Linear(4, 2))


def flat(t):
    return t.detach().flatten().tolist()


def decimals(*shape):
    return [round(x, 3) for x in torch.randn(shape, dtype=torch.float64).flatten().tolist()]


def weights(count):
    """A state dict of decimals; running variances are positive and batches are counted upwards."""
    state = {}
    for key, value in net().state_dict().items():
        numbers = decimals(*value.shape)
        if 'running_var' in key:
            numbers = [abs(x) + 0.5 for x in numbers]
        state[key] = [count] if 'num_batches' in key else numbers
    return state


def load(model, numbers):
    own = model.state_dict()
    model.load_state_dict({k: torch.tensor(v, dtype=own[k].dtype).reshape(own[k].shape) for k, v in numbers.items()})


def swa(mean, current, n):
    return mean + (current - mean) / (n + 1)


def ema(decay):
    return lambda mean, current, n: decay * mean + (1 - decay) * current


def multi_swa(mean, current, n):
    return torch.lerp(mean, current, (1 / (n + 1)).item())


def multi_ema(decay):
    def update(mean, current, n):
        if mean.is_floating_point():
            return torch.lerp(mean, current, 1 - decay)
        return mean * decay + current * (1 - decay)
    return update


def own(mean, current, n):
    return torch.maximum(mean, current) / n


WAYS = {
    'default': None,
    'get_swa_avg_fn': swa,
    'get_ema_avg_fn': ema(0.999),
    'get_ema_avg_fn 0.3': ema(0.3),
    'get_swa_multi_avg_fn': multi_swa,
    'get_ema_multi_avg_fn': multi_ema(0.999),
    'get_ema_multi_avg_fn 0.8': multi_ema(0.8),
    'avg_fn': own,
}


class Averaged(AveragedModel):
    def update_parameters(self, model):
        super().update_parameters(model)
        if not self.use_buffers:
            for mine, theirs in zip(self.module.buffers(), model.buffers()):
                mine.copy_(theirs)


def average(way, use_buffers, models, x, dtype):
    torch.manual_seed(0)
    model = net().to(dtype)
    averaged = Averaged(model, avg_fn=WAYS[way], use_buffers=use_buffers)
    states = []
    for numbers in models:
        load(model, numbers)
        averaged.update_parameters(model)
        states.append({k: flat(v) for k, v in averaged.state_dict().items()})
    return {'states': states, 'out': flat(averaged.eval()(torch.tensor(x, dtype=dtype).reshape(2, 3)))}


def averages():
    torch.manual_seed(3)
    models = [weights(7 * i + 2) for i in range(UPDATES)]
    x = decimals(2, 3)
    cases = []
    for way in WAYS:
        for use_buffers in (False, True):
            # PyTorch refuses integers here, and so would the count of batches be
            if way == 'get_swa_multi_avg_fn' and use_buffers:
                continue
            cases.append({'way': way, 'use_buffers': use_buffers,
                          **{name: average(way, use_buffers, models, x, dtype) for name, dtype in DTYPES.items()}})
    return {'models': models, 'x': x, 'cases': cases}


def optimizer_of(lrs):
    return SGD([{'params': torch.zeros(1, requires_grad=True), 'lr': lr} for lr in lrs], lr=1)


def lrs_of(optimizer):
    return [group['lr'] for group in optimizer.param_groups]


def state_of(scheduler):
    return {k: v for k, v in scheduler.state_dict().items() if k not in ('anneal_func', '_get_lr_called_within_step')}


def swalr(lrs, options, epochs=14, before=0):
    """`before`: epochs of StepLR(step_size=2, gamma=0.5) until SWALR takes its turn."""
    optimizer = optimizer_of(lrs)
    first = StepLR(optimizer, step_size=2, gamma=0.5)
    scheduler = SWALR(optimizer, **options)
    recorded = [lrs_of(optimizer)]
    for epoch in range(before + epochs):
        optimizer.step()
        (first if epoch < before else scheduler).step()
        recorded.append(lrs_of(optimizer))
    half = epochs // 2
    resumed_optimizer = optimizer_of(lrs)
    for group, lr, initial in zip(resumed_optimizer.param_groups, recorded[half], lrs):
        group.update(lr=lr, initial_lr=initial)
    resumed = SWALR(resumed_optimizer, last_epoch=half, **options)
    again = [lrs_of(resumed_optimizer)]
    for _ in range(3):
        resumed_optimizer.step()
        resumed.step()
        again.append(lrs_of(resumed_optimizer))
    return {'lrs': lrs, 'options': options, 'before': before, 'recorded': recorded, 'state': state_of(scheduler),
            'half': half, 'resumed': again, 'group': {k: v for k, v in optimizer.param_groups[-1].items() if k != 'params'}}


def schedules():
    return [
        swalr([0.1, 0.02], {'swa_lr': 0.05}),
        swalr([0.1, 0.02], {'swa_lr': [0.05, 0.3], 'anneal_epochs': 5}),
        swalr([0.1, 0.02], {'swa_lr': 0.01, 'anneal_strategy': 'linear'}, before=6),
        swalr([1.0], {'swa_lr': 0.25, 'anneal_epochs': 0, 'anneal_strategy': 'linear'}),
        swalr([0.7, 0.3], {'swa_lr': [0.4, 0.05], 'anneal_epochs': 4, 'anneal_strategy': 'cos'}, before=3),
        swalr([0.5], {'swa_lr': 0.1, 'anneal_epochs': 1}, before=1),
    ]


def batch_norms():
    torch.manual_seed(5)
    models = {
        'one': lambda: nn.Sequential(nn.Linear(3, 4), nn.BatchNorm1d(4, momentum=0.3)),
        'images': lambda: nn.Sequential(nn.Conv2d(1, 2, 2), nn.BatchNorm2d(2), nn.Flatten(), nn.Linear(8, 3),
                                        nn.BatchNorm1d(3, momentum=None, affine=False)),
    }
    cases = []
    for name, shape in (('one', [5, 3]), ('images', [4, 1, 3, 3])):
        for dtype_name, dtype in DTYPES.items():
            model = models[name]().to(dtype)
            start = {k: decimals(*v.shape) if v.is_floating_point() else [4] for k, v in model.state_dict().items()}
            load(model, start)
            model.train(name == 'one')
            batches = [decimals(*shape) for _ in range(3)]
            tensors = [torch.tensor(b, dtype=dtype).reshape(shape) for b in batches]
            update_bn([[t, None] for t in tensors], model)
            cases.append({'model': name, 'dtype': dtype_name, 'shape': shape, 'start': start, 'batches': batches,
                          'state': {k: flat(v) for k, v in model.state_dict().items()}, 'training': model.training,
                          'momenta': [m.momentum for m in model.modules() if hasattr(m, 'momentum')]})
    return cases


def errors():
    calls = {
        'anneal_strategy': lambda: SWALR(optimizer_of([1]), swa_lr=1, anneal_strategy='exp'),
        'anneal_epochs': lambda: SWALR(optimizer_of([1]), swa_lr=1, anneal_epochs=-1),
        'fractional anneal_epochs': lambda: SWALR(optimizer_of([1]), swa_lr=1, anneal_epochs=1.5),
        'resuming without initial_lr': lambda: SWALR(optimizer_of([1]), swa_lr=1, last_epoch=3),
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


if __name__ == '__main__':
    torch.set_num_threads(1)
    with warnings.catch_warnings():
        warnings.simplefilter('ignore')
        content = {'averages': averages(), 'swalr': schedules(), 'update_bn': batch_norms(), 'errors': errors()}
    path = os.path.join(OUT, 'swa.json')
    with open(path, 'w') as f:
        json.dump({'torch': torch.__version__, **content}, f)
        f.write('\n')
    print(path, os.path.getsize(path), 'bytes')
