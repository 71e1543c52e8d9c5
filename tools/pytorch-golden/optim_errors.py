"""Messages of calls that fail, by the name that the test gives the call, and of warnings."""
import warnings

import torch
from torch.optim import SGD, Adam
from torch.optim.lr_scheduler import StepLR

from optim_schedulers import two_groups


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
        out[name] = message(call)
    return out


# options that an optimizer refuses
REFUSED = {
    'ASGD': [{'lr': -1}, {'weight_decay': -0.5}],
    'Adadelta': [{'lr': -1}, {'rho': -0.1}, {'rho': 1.5}, {'eps': -1}, {'weight_decay': -0.5}],
    'Adagrad': [{'lr': -1}, {'lr_decay': -0.5}, {'weight_decay': -0.5}, {'initial_accumulator_value': -0.5}, {'eps': -1}],
    'AdamW': [{'lr': -1}, {'eps': -1}, {'betas': [1, 0.9]}, {'betas': [0.9, -0.1]}, {'weight_decay': -0.5}],
    'Adamax': [{'lr': -1}, {'eps': -1}, {'betas': [1, 0.9]}, {'betas': [0.9, -0.1]}, {'weight_decay': -0.5}],
    'NAdam': [{'lr': -1}, {'eps': -1}, {'betas': [1, 0.9]}, {'betas': [0.9, 1.5]}, {'weight_decay': -0.5},
              {'momentum_decay': -0.5}],
    'RAdam': [{'lr': -1}, {'eps': -1}, {'betas': [-0.5, 0.9]}, {'betas': [0.9, 1]}, {'weight_decay': -0.5}],
    'RMSprop': [{'lr': -1}, {'eps': -1}, {'momentum': -0.5}, {'weight_decay': -0.5}, {'alpha': -0.5}],
    'Rprop': [{'lr': -1}, {'etas': [0, 1.5]}, {'etas': [0.5, 0.75]}, {'etas': [1.25, 1.5]}],
}


def message(call):
    try:
        call()
    except Exception as error:
        # a KeyError prints its message quoted
        return error.args[0]
    raise AssertionError('no error')


def refused():
    """Each refused option with its message."""
    w = torch.zeros(2, requires_grad=True)
    return [[name, options, message(lambda: getattr(torch.optim, name)([w], **options))]
            for name, table in REFUSED.items() for options in table]


def sparse_messages():
    """What each optimizer says to a sparse gradient; null where it takes it."""
    out = []
    for name, options in [('SGD', {'lr': 0.1, 'weight_decay': 0.1}), ('Adagrad', {'weight_decay': 0.1}), ('ASGD', {}),
                          ('Adadelta', {}), ('Adam', {}), ('Adamax', {}), ('NAdam', {}), ('RAdam', {}), ('RMSprop', {}),
                          ('Rprop', {})]:
        w = torch.zeros(3, 2, requires_grad=True)
        optimizer = getattr(torch.optim, name)([w], **options)
        w.grad = torch.sparse_coo_tensor([[1]], [[1.0, 2.0]], (3, 2))
        out.append([name, options, message(optimizer.step)])
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
