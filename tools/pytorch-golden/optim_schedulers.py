"""Learning rates of schedulers, epoch by epoch."""
import torch
from torch.optim import SGD
from torch.optim.lr_scheduler import StepLR


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
