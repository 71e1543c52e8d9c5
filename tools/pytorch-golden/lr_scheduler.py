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
import json
import math
import os
import warnings

import torch
from lr_scheduler_cases import CASES, FUNCTIONS, HALF, PROBLEM, RECORDED, STEPS
from lr_scheduler_texts import errors, verbose, warning_texts
from torch.optim import SGD, Adam, lr_scheduler

OUT = os.path.join(os.path.dirname(os.path.abspath(__file__)), '../../packages/optim/test/fixtures')
OPTIMIZERS = {'SGD': SGD, 'Adam': Adam}


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
