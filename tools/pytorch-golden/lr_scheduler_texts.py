"""Calls of schedulers that fail, warn or print, for lr_scheduler.py."""
import contextlib
import io
import warnings

import torch
from torch.optim import SGD, Adagrad, lr_scheduler


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
