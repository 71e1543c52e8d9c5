#!/usr/bin/env python3
"""Writes packages/nn/test/fixtures/containers.json: what ModuleDict, ParameterList and ParameterDict list and print.

Run from anywhere: python3 tools/pytorch-golden/nn_containers.py
"""
import torch
from torch import nn

from nn_case import failure, write


class Net(nn.Module):
    """One of each, beside a parameter."""

    def __init__(self):
        super().__init__()
        self.layers = nn.ModuleDict([['conv', nn.Conv2d(1, 2, 3)], ['10', nn.Linear(2, 2, bias=False)], ['2', nn.ReLU()]])
        self.list = nn.ParameterList([nn.Parameter(torch.zeros(2, 3)), torch.ones(4)])
        self.dict = nn.ParameterDict([('w', torch.zeros(3, 1)), ('10', torch.zeros(())), ('2', torch.zeros(0))])
        self.own = nn.Parameter(torch.zeros(1))


def module_dict_steps():
    """What is in a ModuleDict after each step."""
    d = nn.ModuleDict({'b': nn.ReLU(), 'a': nn.Tanh()})
    steps = [list(d)]
    d['c'] = nn.Identity()
    d['b'] = nn.Sigmoid()
    steps.append([repr(d)])
    d.update({'z': nn.ReLU(), 'a': nn.ReLU()})
    steps.append([repr(d)])
    popped = d.pop('b')
    steps.append([repr(popped), *d])
    d['b'] = popped
    steps.append(list(d))
    d.update([('y', nn.Tanh()), ('c', nn.Tanh())])
    steps.append([repr(d)])
    d.clear()
    return [*steps, [repr(d)]]


def parameter_dict_steps():
    d = nn.ParameterDict({'b': torch.zeros(2), 'a': torch.ones(1)})
    steps = [list(d)]
    d['0'] = torch.zeros(1, 1)
    d['b'] = torch.zeros(5)
    steps.append([repr(d)])
    d.setdefault('b', torch.zeros(6))
    d.setdefault('d', torch.zeros(7))
    steps.append([repr(d)])
    key, value = d.popitem()
    steps.append([key, str(list(value.shape)), *d])
    d.update(nn.ParameterDict([('y', torch.zeros(1)), ('c', torch.zeros(1))]))
    steps.append(list(d))
    d.pop('a')
    steps.append([*d.copy()])
    d.clear()
    return [*steps, [repr(d)]]


def errors():
    d, p, q = nn.ModuleDict(), nn.ParameterList([torch.zeros(1)]), nn.ParameterDict()
    return {
        'module_update': failure(lambda: d.update(3)),
        'module_update_element': failure(lambda: d.update([3])),
        'module_update_length': failure(lambda: d.update([['a']])),
        'module_exists': failure(lambda: d.update({'keys': nn.ReLU()})),
        'module_dot': failure(lambda: d.update({'a.b': nn.ReLU()})),
        'module_empty': failure(lambda: d.update({'': nn.ReLU()})),
        'list_index': failure(lambda: p[1]),
        'list_call': failure(lambda: p(1)),
        'dict_key': failure(lambda: q.__setitem__(3, torch.zeros(1))),
        'dict_call': failure(lambda: q(1)),
        'dict_exists': failure(lambda: q.update({'keys': torch.zeros(1)})),
        'dict_update_length': failure(lambda: q.update([['a']])),
    }


net = Net()
write('containers.json', {
    'state_dict': list(net.state_dict()),
    'named_modules': [name for name, _ in net.named_modules()],
    'repr': repr(net),
    'empty': [repr(nn.ModuleDict()), repr(nn.ParameterList()), repr(nn.ParameterDict())],
    'one': [repr(nn.ParameterList([torch.zeros(2, 3)])), repr(nn.ParameterList([torch.zeros(2, dtype=torch.float64)])),
            repr(nn.ParameterDict({'a': torch.zeros(2, 3, dtype=torch.float64)}))],
    'module_dict': module_dict_steps(),
    'parameter_dict': parameter_dict_steps(),
    'errors': errors(),
})
