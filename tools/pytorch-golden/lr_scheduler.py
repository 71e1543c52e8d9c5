#!/usr/bin/env python3
"""Writes packages/optim/test/fixtures/lr-scheduler*.json: what PyTorch's learning-rate schedulers do.

lr-schedulers.json         a table of configurations: rates, momenta and parameters step by step, the closed form, the
                           state, and how training goes on from `last_epoch`
lr-scheduler-texts.json    messages of calls that fail and of warnings, by the name that the test gives the call
lr-scheduler-verbose.json  what `verbose` printed, which only 1.x can tell

A scheduler is a spec {type, options, schedulers}; a function among its options is {fn: name}, the same on both sides. The
gradient of parameter p is c * (p - t) with c and t in the file: both sides compute it with the same two operations.

Schedulers have changed since 1.13, so the first two need PyTorch 2.13 or later: python3 tools/pytorch-golden/lr_scheduler.py.
With 1.x it writes the last one.
"""
import contextlib
import io
import json
import math
import os
import warnings

import torch
from torch.optim import SGD, Adagrad, Adam, lr_scheduler

OUT = os.path.join(os.path.dirname(os.path.abspath(__file__)), '../../packages/optim/test/fixtures')
OPTIMIZERS = {'SGD': SGD, 'Adam': Adam}
STEPS = 36
HALF = 17
RECORDED = [1, 2, 17, 18, 36]
FUNCTIONS = {
    'harmonic': lambda epoch: 1 / (epoch + 1),
    'stairs': lambda epoch: 0.5 ** (epoch // 7),
    'ninety-five': lambda epoch: 0.95,
    'wobble': lambda epoch: 0.9 if epoch % 3 == 0 else 1.02,
    'shrinking cycle': lambda x: 1 / (1 + x),
    'shrinking batch': lambda x: 1 - x / 100,
}
PROBLEM = {
    'p': [[1.5, -0.75, 0.3], [0.2, 2.0, -1.1]],
    'c': [[0.9, 0.2, 1.4], [0.5, 1.1, 0.7]],
    't': [[-0.4, 0.6, 0.1], [1.0, -0.3, 0.45]],
}
# 5.1 for ever after a fall, so that every patience runs out; one nan
METRICS = [9, 8, 7.5, 7.49999, 7.3, 7.4, 7.2999, 7.1, 6, 5.5, 5.2, 5.4, 5.3, 5.25, 5.1999, 5.15, 5.6, math.nan] + [5.1] * 18


def spec(type, options=None, **more):
    return {'type': type, 'options': options or {}, **more}


def fn(name):
    return {'fn': name}


def case(name, scheduler, optimizer='SGD', options=None, groups=None, **more):
    """groups: one's own options each; epochs: what step() gets, null for nothing; metrics: what it gets first; add: a group
    that joins before a step."""
    return {'name': name, 'scheduler': scheduler, 'optimizer': optimizer, 'options': options or {'lr': 0.1},
            'groups': groups or [{}, {'lr': 0.02}], **more}


ADAM = {'optimizer': 'Adam', 'options': {'lr': 0.05}}
MOMENTUM = {'options': {'lr': 0.05, 'momentum': 0.9}}
ADD = [12, {'lr': 0.3}]
CASES = [
    case('lambda', spec('LambdaLR', {'lr_lambda': fn('harmonic')})),
    case('lambda list', spec('LambdaLR', {'lr_lambda': [fn('stairs'), fn('harmonic')]}), **ADAM),
    case('lambda three groups', spec('LambdaLR', {'lr_lambda': fn('stairs')}), groups=[{}, {'lr': 2.5}]),
    case('multiplicative', spec('MultiplicativeLR', {'lr_lambda': fn('ninety-five')})),
    case('multiplicative list', spec('MultiplicativeLR', {'lr_lambda': [fn('wobble'), fn('ninety-five')]}), **ADAM),
    case('multiplicative one function', spec('MultiplicativeLR', {'lr_lambda': fn('wobble')}), **MOMENTUM),
    case('step', spec('StepLR', {'step_size': 5})),
    case('step gamma', spec('StepLR', {'step_size': 3, 'gamma': 0.7}), **ADAM),
    case('step every epoch', spec('StepLR', {'step_size': 1, 'gamma': 1.05}), **MOMENTUM),
    case('step group added', spec('StepLR', {'step_size': 4, 'gamma': 0.5}), groups=[{}], add=ADD),
    case('multi step', spec('MultiStepLR', {'milestones': [5, 20]})),
    case('multi step twice', spec('MultiStepLR', {'milestones': [20, 7, 7, 30], 'gamma': 0.6}), **ADAM),
    case('multi step at once', spec('MultiStepLR', {'milestones': [1, 2, 3, 2], 'gamma': 1.2}), **MOMENTUM),
    case('multi step group added', spec('MultiStepLR', {'milestones': [5, 20], 'gamma': 0.5}), groups=[{}], add=ADD),
    case('constant', spec('ConstantLR')),
    case('constant factor', spec('ConstantLR', {'factor': 0.25, 'total_iters': 9}), **ADAM),
    case('constant one', spec('ConstantLR', {'factor': 1.0, 'total_iters': 20}), **MOMENTUM),
    case('constant long', spec('ConstantLR', {'factor': 0.7, 'total_iters': 24}), groups=[{}], add=ADD),
    case('linear', spec('LinearLR')),
    case('linear up', spec('LinearLR', {'start_factor': 0.01, 'end_factor': 0.9, 'total_iters': 25}), **ADAM),
    case('linear down', spec('LinearLR', {'start_factor': 1.0, 'end_factor': 0.2, 'total_iters': 30}), **MOMENTUM),
    case('linear down to zero', spec('LinearLR', {'start_factor': 0.5, 'end_factor': 0.0, 'total_iters': 20})),
    case('linear group added', spec('LinearLR', {'total_iters': 20}), groups=[{}], add=ADD),
    case('exponential', spec('ExponentialLR', {'gamma': 0.9})),
    case('exponential up', spec('ExponentialLR', {'gamma': 1.1}), **ADAM),
    case('exponential fast', spec('ExponentialLR', {'gamma': 0.5}), **MOMENTUM),
    case('exponential group added', spec('ExponentialLR', {'gamma': 0.8}), groups=[{}], add=ADD),
    case('polynomial', spec('PolynomialLR')),
    case('polynomial square', spec('PolynomialLR', {'total_iters': 30, 'power': 2.0}), **ADAM),
    case('polynomial root', spec('PolynomialLR', {'total_iters': 40, 'power': 0.5}), **MOMENTUM),
    case('polynomial group added', spec('PolynomialLR', {'total_iters': 34, 'power': 0.9}), groups=[{}], add=ADD),
    case('cosine', spec('CosineAnnealingLR', {'T_max': 36})),
    case('cosine eta_min', spec('CosineAnnealingLR', {'T_max': 8, 'eta_min': 0.005}), **ADAM),
    case('cosine odd period', spec('CosineAnnealingLR', {'T_max': 11, 'eta_min': 0.03}), **MOMENTUM),
    case('cosine shortest', spec('CosineAnnealingLR', {'T_max': 1, 'eta_min': 0.01})),
    case('cosine group added', spec('CosineAnnealingLR', {'T_max': 40, 'eta_min': 0.001}), groups=[{}], add=ADD),
    case('restarts', spec('CosineAnnealingWarmRestarts', {'T_0': 10})),
    case('restarts longer', spec('CosineAnnealingWarmRestarts', {'T_0': 4, 'T_mult': 2, 'eta_min': 0.004}), **ADAM),
    case('restarts thrice', spec('CosineAnnealingWarmRestarts', {'T_0': 1, 'T_mult': 3}), **MOMENTUM),
    case('restarts fractional', spec('CosineAnnealingWarmRestarts', {'T_0': 3, 'T_mult': 2, 'eta_min': 0.001}),
         epochs=[i * 0.75 for i in range(36)]),
    case('restarts fractional, equal periods', spec('CosineAnnealingWarmRestarts', {'T_0': 5}),
         epochs=[i * 0.4 for i in range(36)]),
    case('restarts jumping', spec('CosineAnnealingWarmRestarts', {'T_0': 2, 'T_mult': 3, 'eta_min': 0.002}),
         epochs=[0.5, None, None, 2, 8, 26, 80, None, 242.25, 241.999, 3.25, None] + [None] * 10 + [27.5] + [None] * 13),
    case('restarts at powers of ten', spec('CosineAnnealingWarmRestarts', {'T_0': 1, 'T_mult': 10}),
         epochs=[11, None, 111, None, 1111, None] + [110.5, None] * 15),
    case('cyclic', spec('CyclicLR', {'base_lr': 0.01, 'max_lr': 0.1, 'step_size_up': 5}), **MOMENTUM),
    case('cyclic lists', spec('CyclicLR', {'base_lr': [0.01, 0.002], 'max_lr': [0.1, 0.3], 'step_size_up': 4,
                                           'step_size_down': 7, 'mode': 'triangular2', 'base_momentum': 0.7,
                                           'max_momentum': 0.97}), **MOMENTUM),
    case('cyclic exp_range', spec('CyclicLR', {'base_lr': 0.001, 'max_lr': 0.1, 'step_size_up': 3, 'step_size_down': 6,
                                               'mode': 'exp_range', 'gamma': 0.98, 'base_momentum': [0.5, 0.6],
                                               'max_momentum': [0.9, 0.8]}), **MOMENTUM),
    case('cyclic betas', spec('CyclicLR', {'base_lr': 0.01, 'max_lr': 0.1, 'step_size_up': 6, 'mode': 'triangular2'}), **ADAM),
    case('cyclic without momentum', spec('CyclicLR', {'base_lr': 0.01, 'max_lr': 0.05, 'step_size_up': 2,
                                                      'cycle_momentum': False}), **MOMENTUM),
    case('cyclic scale_fn', spec('CyclicLR', {'base_lr': 0.01, 'max_lr': 0.1, 'step_size_up': 5,
                                              'scale_fn': fn('shrinking cycle')}), **MOMENTUM),
    case('cyclic scale_fn of batches', spec('CyclicLR', {'base_lr': 0.01, 'max_lr': 0.1, 'step_size_up': 5,
                                                         'scale_fn': fn('shrinking batch'), 'scale_mode': 'iterations'}),
         optimizer='Adam', options={'betas': [0.5, 0.99]}),
    case('cyclic default size', spec('CyclicLR', {'base_lr': 0.01, 'max_lr': 10.0}), **MOMENTUM),
    case('one cycle', spec('OneCycleLR', {'max_lr': 0.1, 'total_steps': 36}), **MOMENTUM),
    case('one cycle linear', spec('OneCycleLR', {'max_lr': [0.1, 0.3], 'epochs': 6, 'steps_per_epoch': 7, 'pct_start': 0.4,
                                                 'anneal_strategy': 'linear', 'div_factor': 10.0,
                                                 'final_div_factor': 100.0, 'base_momentum': 0.7,
                                                 'max_momentum': 0.9}), **MOMENTUM),
    case('one cycle betas', spec('OneCycleLR', {'max_lr': 0.1, 'total_steps': 40, 'three_phase': True}), **ADAM),
    case('one cycle three phases', spec('OneCycleLR', {'max_lr': 0.2, 'total_steps': 36, 'three_phase': True,
                                                       'anneal_strategy': 'linear', 'pct_start': 0.25,
                                                       'base_momentum': [0.6, 0.7], 'max_momentum': [0.95, 0.8]}), **MOMENTUM),
    case('one cycle without momentum', spec('OneCycleLR', {'max_lr': 0.1, 'total_steps': 38, 'cycle_momentum': False})),
    case('one cycle total_steps wins', spec('OneCycleLR', {'max_lr': 0.1, 'total_steps': 37, 'epochs': 2,
                                                           'steps_per_epoch': 3}), optimizer='Adam',
         options={'betas': [0.3, 0.999], 'amsgrad': True}),
    case('plateau', spec('ReduceLROnPlateau'), metrics=METRICS),
    case('plateau min rel', spec('ReduceLROnPlateau', {'factor': 0.5, 'patience': 2, 'threshold': 0.05, 'cooldown': 3,
                                                       'min_lr': 0.001}), metrics=METRICS, **ADAM),
    case('plateau min abs', spec('ReduceLROnPlateau', {'factor': 0.5, 'patience': 1, 'threshold': 0.2,
                                                       'threshold_mode': 'abs', 'min_lr': [0.03, 0.0]}), metrics=METRICS),
    case('plateau max rel', spec('ReduceLROnPlateau', {'mode': 'max', 'factor': 0.3, 'patience': 4, 'threshold': 0.01,
                                                       'eps': 0.001}), metrics=[-m for m in METRICS], **MOMENTUM),
    case('plateau max abs', spec('ReduceLROnPlateau', {'mode': 'max', 'threshold_mode': 'abs', 'threshold': 0.3,
                                                       'patience': 0, 'cooldown': 2, 'factor': 0.9}),
         metrics=[10 - m for m in METRICS]),
    case('plateau group added', spec('ReduceLROnPlateau', {'factor': 0.5, 'patience': 3, 'min_lr': 0.01}), metrics=METRICS,
         groups=[{}], add=ADD),
    case('sequential', spec('SequentialLR', {'milestones': [6]}, schedulers=[
        spec('ConstantLR', {'factor': 0.1, 'total_iters': 4}), spec('ExponentialLR', {'gamma': 0.9})])),
    case('sequential warm-up and cosine', spec('SequentialLR', {'milestones': [5, 25]}, schedulers=[
        spec('LinearLR', {'start_factor': 0.1, 'total_iters': 5}), spec('CosineAnnealingLR', {'T_max': 20, 'eta_min': 0.001}),
        spec('StepLR', {'step_size': 3, 'gamma': 0.5})]), **ADAM),
    case('sequential of four', spec('SequentialLR', {'milestones': [3, 9, 15]}, schedulers=[
        spec('LambdaLR', {'lr_lambda': fn('harmonic')}), spec('PolynomialLR', {'total_iters': 10, 'power': 2.0}),
        spec('CosineAnnealingWarmRestarts', {'T_0': 4, 'eta_min': 0.002}), spec('MultiplicativeLR', {'lr_lambda': fn('wobble')})])),
    case('sequential from another than the first', spec('SequentialLR', {'milestones': [0, 10]}, schedulers=[
        spec('ConstantLR', {'factor': 0.1}), spec('LinearLR'), spec('MultiStepLR', {'milestones': [3, 5], 'gamma': 0.5})])),
    case('sequential with momentum', spec('SequentialLR', {'milestones': [8]}, schedulers=[
        spec('LinearLR', {'total_iters': 8}), spec('CyclicLR', {'base_lr': 0.01, 'max_lr': 0.1, 'step_size_up': 4})]), **MOMENTUM),
    case('sequential of chained', spec('SequentialLR', {'milestones': [40]}, schedulers=[
        spec('ChainedScheduler', schedulers=[spec('ExponentialLR', {'gamma': 0.95}), spec('StepLR', {'step_size': 4, 'gamma': 0.5})]),
        spec('ConstantLR')])),
    case('sequential of sequential', spec('SequentialLR', {'milestones': [40]}, schedulers=[
        spec('SequentialLR', {'milestones': [5]}, schedulers=[spec('LinearLR'), spec('ExponentialLR', {'gamma': 0.9})]),
        spec('ConstantLR')])),
    case('sequential last_epoch', spec('SequentialLR', {'milestones': [6], 'last_epoch': 3}, schedulers=[
        spec('ConstantLR', {'factor': 0.1, 'total_iters': 4}), spec('ExponentialLR', {'gamma': 0.9})])),
    case('chained', spec('ChainedScheduler', schedulers=[
        spec('ConstantLR', {'factor': 0.1, 'total_iters': 4}), spec('ExponentialLR', {'gamma': 0.9})])),
    case('chained with momentum', spec('ChainedScheduler', schedulers=[
        spec('OneCycleLR', {'max_lr': 0.1, 'total_steps': 40}), spec('StepLR', {'step_size': 10, 'gamma': 0.5})]), **MOMENTUM),
    case('chained betas', spec('ChainedScheduler', schedulers=[
        spec('CyclicLR', {'base_lr': 0.01, 'max_lr': 0.1, 'step_size_up': 5}), spec('MultiplicativeLR', {'lr_lambda': fn('ninety-five')}),
        spec('LinearLR', {'total_iters': 10})]), **ADAM),
    case('chained, one', spec('ChainedScheduler', schedulers=[spec('CosineAnnealingLR', {'T_max': 10})]), groups=[{}]),
    case('chained of sequential', spec('ChainedScheduler', schedulers=[
        spec('SequentialLR', {'milestones': [5]}, schedulers=[spec('LinearLR'), spec('ExponentialLR', {'gamma': 0.9})]),
        spec('StepLR', {'step_size': 10})])),
    case('chained group added', spec('ChainedScheduler', schedulers=[
        spec('ExponentialLR', {'gamma': 0.9}), spec('StepLR', {'step_size': 10, 'gamma': 0.3})]), groups=[{}], add=ADD),
]


def options_of(options):
    def value(x):
        if isinstance(x, dict):
            return FUNCTIONS[x['fn']]
        return [value(v) for v in x] if isinstance(x, list) else x
    return {k: value(v) for k, v in options.items()}


def make_optimizer(c, params, more=None):
    """more: what each group gets in place of its own options."""
    def python(options):
        return {k: tuple(v) if k == 'betas' else v for k, v in options.items()}
    groups = more if more is not None else c['groups']
    return OPTIMIZERS[c['optimizer']]([{'params': [p], **python(own)} for p, own in zip(params, groups)], **python(c['options']))


def make_scheduler(s, optimizer, **more):
    make = getattr(lr_scheduler, s['type'])
    options = options_of(s['options'])
    inner = [make_scheduler(i, optimizer) for i in s.get('schedulers', [])]
    if s['type'] == 'ChainedScheduler':
        return make(inner, **options)
    return make(optimizer, **({'schedulers': inner} if inner else {}), **{**options, **more})


def momentum_of(group):
    return group['betas'][0] if 'betas' in group else group['momentum']


def plain(x):
    """A state dict as JSON can hold it."""
    if isinstance(x, float) and not math.isfinite(x):
        return str(x)
    if isinstance(x, dict):
        return {k: plain(v) for k, v in x.items() if k not in ('_get_lr_called_within_step', '_is_initial')}
    return [plain(v) for v in x] if isinstance(x, (list, tuple)) else x


def parameters():
    return [torch.tensor(p, dtype=torch.float64, requires_grad=True) for p in PROBLEM['p']]


class Run:
    def __init__(self, optimizer, params, scheduler, c):
        self.optimizer, self.params, self.scheduler, self.c = optimizer, params, scheduler, c
        self.lrs, self.momenta, self.recorded = [], [], []
        self.note()

    def note(self):
        self.lrs.append([group['lr'] for group in self.optimizer.param_groups])
        self.momenta.append([momentum_of(group) for group in self.optimizer.param_groups])

    def step(self, number):
        c = self.c
        if number == c.get('add', [0])[0]:
            self.optimizer.add_param_group({'params': [self.params[1]], **c['add'][1]})
        for i, p in enumerate(self.params[:len(self.optimizer.param_groups)]):
            terms = [torch.tensor(PROBLEM[k][i], dtype=torch.float64) for k in ('c', 't')]
            p.grad = terms[0] * (p.detach() - terms[1])
        self.optimizer.step()
        if 'metrics' in c:
            self.scheduler.step(c['metrics'][number - 1])
        elif c.get('epochs', [None] * STEPS)[number - 1] is not None:
            self.scheduler.step(c['epochs'][number - 1])
        else:
            self.scheduler.step()
        self.note()
        if number in RECORDED:
            self.recorded.append([p.detach().tolist() for p in self.params])


def closed(c):
    """The rates of each epoch by the closed form."""
    optimizer = make_optimizer(c, parameters())
    scheduler = make_scheduler(c['scheduler'], optimizer)
    if not hasattr(scheduler, '_get_closed_form_lr'):
        return None
    out = []
    for epoch in range(STEPS + 1):
        scheduler.step(epoch)
        out.append([group['lr'] for group in optimizer.param_groups])
    return out


def resumed(c, groups):
    """Rates and momenta from `last_epoch` on, the groups being as they were half way."""
    optimizer = make_optimizer(c, parameters(), groups)
    run = Run(optimizer, parameters(), make_scheduler(c['scheduler'], optimizer, last_epoch=HALF), c)
    for number in range(HALF + 2, STEPS + 1):
        run.step(number)
    return {'lrs': run.lrs, 'momenta': run.momenta}


def play(c):
    params = parameters()
    optimizer = make_optimizer(c, params)
    out = {}
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter('always')
        run = Run(optimizer, params, make_scheduler(c['scheduler'], optimizer), c)
        for number in range(1, STEPS + 1):
            run.step(number)
            if number == HALF:
                out['groups_half'] = [{k: v for k, v in group.items() if k != 'params'} for group in optimizer.param_groups]
    out['warned'] = [str(w.message) for w in caught]
    simple = c['scheduler']['type'] not in ('ReduceLROnPlateau', 'ChainedScheduler', 'SequentialLR')
    if simple and 'add' not in c and 'epochs' not in c:
        out['resumed'] = resumed(c, out['groups_half'])
        keep = ('lr', 'initial_lr', 'max_lr', 'min_lr', 'momentum', 'betas', 'max_momentum', 'base_momentum')
        out['groups_half'] = [{k: group[k] for k in keep if k in group} for group in out['groups_half']]
    else:
        del out['groups_half']
    added = {'closed': None} if 'add' in c or not simple else {'closed': closed(c)}
    momenta = run.momenta if any(m != run.momenta[0] for m in run.momenta) else None
    return {**plain(c), 'lrs': run.lrs, 'momenta': momenta, 'params': run.recorded,
            'state': plain(run.scheduler.state_dict()), **added, **out}


def sgd(**options):
    w = torch.zeros(2, requires_grad=True)
    v = torch.zeros(2, requires_grad=True)
    return SGD([{'params': [w]}, {'params': [v]}], **{'lr': 0.1, **options})


def beyond():
    scheduler = lr_scheduler.OneCycleLR(sgd(), max_lr=0.1, total_steps=3)
    for _ in range(4):
        scheduler.step()


def added_min_lrs():
    optimizer = sgd()
    scheduler = lr_scheduler.ReduceLROnPlateau(optimizer, patience=0, min_lr=[0.1, 0.2])
    optimizer.add_param_group({'params': [torch.zeros(1, requires_grad=True)]})
    scheduler.step(1)
    scheduler.step(1)


ERRORS = {
    'lambdas': lambda: lr_scheduler.LambdaLR(sgd(), lr_lambda=[len]),
    'multiplicative lambdas': lambda: lr_scheduler.MultiplicativeLR(sgd(), lr_lambda=[len, len, len]),
    'constant factor above': lambda: lr_scheduler.ConstantLR(sgd(), factor=1.5),
    'constant factor below': lambda: lr_scheduler.ConstantLR(sgd(), factor=-0.1),
    'linear start above': lambda: lr_scheduler.LinearLR(sgd(), start_factor=1.5),
    'linear start zero': lambda: lr_scheduler.LinearLR(sgd(), start_factor=0),
    'linear end above': lambda: lr_scheduler.LinearLR(sgd(), end_factor=1.5),
    'linear end below': lambda: lr_scheduler.LinearLR(sgd(), end_factor=-1),
    'restarts T_0': lambda: lr_scheduler.CosineAnnealingWarmRestarts(sgd(), T_0=0),
    'restarts T_0 fraction': lambda: lr_scheduler.CosineAnnealingWarmRestarts(sgd(), T_0=1.5),
    'restarts T_mult': lambda: lr_scheduler.CosineAnnealingWarmRestarts(sgd(), T_0=1, T_mult=0),
    'restarts T_mult fraction': lambda: lr_scheduler.CosineAnnealingWarmRestarts(sgd(), T_0=1, T_mult=1.5),
    'restarts epoch': lambda: lr_scheduler.CosineAnnealingWarmRestarts(sgd(), T_0=1).step(-1),
    'cyclic base_lr': lambda: lr_scheduler.CyclicLR(sgd(), base_lr=[0.1], max_lr=1),
    'cyclic max_lr': lambda: lr_scheduler.CyclicLR(sgd(), base_lr=0.1, max_lr=[1, 2, 3]),
    'cyclic base_momentum': lambda: lr_scheduler.CyclicLR(sgd(), base_lr=0.1, max_lr=1, base_momentum=[0.1]),
    'cyclic max_momentum': lambda: lr_scheduler.CyclicLR(sgd(), base_lr=0.1, max_lr=1, max_momentum=[0.1]),
    'cyclic mode': lambda: lr_scheduler.CyclicLR(sgd(), base_lr=0.1, max_lr=1, mode='square'),
    'cyclic optimizer': lambda: lr_scheduler.CyclicLR(Adagrad([torch.zeros(1, requires_grad=True)]), base_lr=0.1, max_lr=1),
    'one cycle optimizer': lambda: lr_scheduler.OneCycleLR(
        Adagrad([torch.zeros(1, requires_grad=True)]), max_lr=1, total_steps=9),
    'one cycle steps': lambda: lr_scheduler.OneCycleLR(sgd(), max_lr=1),
    'one cycle epochs alone': lambda: lr_scheduler.OneCycleLR(sgd(), max_lr=1, epochs=3),
    'one cycle total_steps': lambda: lr_scheduler.OneCycleLR(sgd(), max_lr=1, total_steps=0),
    'one cycle total_steps fraction': lambda: lr_scheduler.OneCycleLR(sgd(), max_lr=1, total_steps=1.5),
    'one cycle epochs': lambda: lr_scheduler.OneCycleLR(sgd(), max_lr=1, epochs=-1, steps_per_epoch=1),
    'one cycle steps_per_epoch': lambda: lr_scheduler.OneCycleLR(sgd(), max_lr=1, epochs=1, steps_per_epoch=0),
    'one cycle pct_start': lambda: lr_scheduler.OneCycleLR(sgd(), max_lr=1, total_steps=9, pct_start=1.5),
    'one cycle anneal_strategy': lambda: lr_scheduler.OneCycleLR(sgd(), max_lr=1, total_steps=9, anneal_strategy='sine'),
    'one cycle max_lr': lambda: lr_scheduler.OneCycleLR(sgd(), max_lr=[1], total_steps=9),
    'one cycle base_momentum': lambda: lr_scheduler.OneCycleLR(sgd(), max_lr=1, total_steps=9, base_momentum=[1]),
    'one cycle beyond the end': beyond,
    'sequential none': lambda: lr_scheduler.SequentialLR(sgd(), schedulers=[], milestones=[]),
    'sequential no scheduler': lambda: lr_scheduler.SequentialLR(sgd(), schedulers=[3], milestones=[]),
    'sequential other optimizer': lambda: lr_scheduler.SequentialLR(
        sgd(), schedulers=[lr_scheduler.ConstantLR(sgd())], milestones=[]),
    'sequential plateau': lambda: lr_scheduler.SequentialLR(
        sgd(), schedulers=[lr_scheduler.ReduceLROnPlateau(sgd())], milestones=[]),
    'sequential milestones': lambda: (lambda o: lr_scheduler.SequentialLR(
        o, schedulers=[lr_scheduler.ConstantLR(o)], milestones=[3]))(sgd()),
    'chained none': lambda: lr_scheduler.ChainedScheduler([]),
    'chained no scheduler': lambda: (lambda o: lr_scheduler.ChainedScheduler([lr_scheduler.ConstantLR(o), 3]))(sgd()),
    'chained plateau': lambda: lr_scheduler.ChainedScheduler([lr_scheduler.ReduceLROnPlateau(sgd())]),
    'chained other optimizer': lambda: lr_scheduler.ChainedScheduler(
        [lr_scheduler.ConstantLR(sgd()), lr_scheduler.StepLR(sgd(), step_size=1)]),
    'chained optimizer given': lambda: lr_scheduler.ChainedScheduler([lr_scheduler.ConstantLR(sgd())], optimizer=sgd()),
    'plateau factor': lambda: lr_scheduler.ReduceLROnPlateau(sgd(), factor=1.0),
    'plateau mode': lambda: lr_scheduler.ReduceLROnPlateau(sgd(), mode='avg'),
    'plateau threshold_mode': lambda: lr_scheduler.ReduceLROnPlateau(sgd(), threshold_mode='none'),
    'plateau min_lr': lambda: lr_scheduler.ReduceLROnPlateau(sgd(), min_lr=[1]),
    'plateau group added': added_min_lrs,
}


def errors():
    out = {}
    for name, call in ERRORS.items():
        try:
            call()
        except Exception as error:
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
    def overridden():
        optimizer = sgd()
        scheduler = lr_scheduler.StepLR(optimizer, step_size=1)
        optimizer.step = lambda: None
        optimizer.step()
        scheduler.step()

    def stepped_before():
        optimizer = sgd()
        optimizer.step()
        lr_scheduler.StepLR(optimizer, step_size=1).step()

    def second_scheduler():
        optimizer = sgd()
        lr_scheduler.StepLR(optimizer, step_size=1)
        optimizer.step()
        lr_scheduler.StepLR(optimizer, step_size=1).step()
    return {
        'scheduler first': warned(lambda: lr_scheduler.StepLR(sgd(), step_size=1).step()),
        'optimizer stepped before there was a scheduler': warned(stepped_before),
        'second scheduler': warned(second_scheduler),
        'step overridden': warned(overridden),
        'get_lr outside of step': warned(lambda: lr_scheduler.StepLR(sgd(), step_size=1).get_lr()),
        'restarts first': warned(lambda: lr_scheduler.CosineAnnealingWarmRestarts(sgd(), T_0=1).step()),
    }


def printed(call):
    out = io.StringIO()
    with contextlib.redirect_stdout(out):
        call()
    return out.getvalue().splitlines()


def verbose():
    def steps(make, *epochs):
        def call():
            scheduler = make(sgd())
            for epoch in epochs:
                scheduler.step(*epoch)
        return call
    plateau = {'verbose': True, 'patience': 0, 'min_lr': [0.05, 0], 'factor': 0.5}
    return {
        'linear': printed(steps(lambda o: lr_scheduler.LinearLR(o, verbose=True), (), (3,), (2.5,))),
        'restarts': printed(steps(lambda o: lr_scheduler.CosineAnnealingWarmRestarts(o, T_0=4, verbose=True), (), (2.5,))),
        'plateau': printed(steps(lambda o: lr_scheduler.ReduceLROnPlateau(o, **plateau), (1,), (1,), (1,))),
    }


def write(name, content):
    path = os.path.join(OUT, f'{name}.json')
    with open(path, 'w') as f:
        json.dump({'torch': torch.__version__, **content}, f, allow_nan=False)
        f.write('\n')
    print(path, os.path.getsize(path), 'bytes')


if __name__ == '__main__':
    torch.set_num_threads(1)
    with warnings.catch_warnings():
        warnings.simplefilter('ignore')
        if torch.__version__.startswith('1.'):
            write('lr-scheduler-verbose', verbose())
        else:
            write('lr-schedulers', {'problem': PROBLEM, 'steps': STEPS, 'half': HALF, 'recorded': RECORDED,
                                    'cases': [play(c) for c in CASES]})
            write('lr-scheduler-texts', {'errors': errors(), 'warnings': warning_texts()})
