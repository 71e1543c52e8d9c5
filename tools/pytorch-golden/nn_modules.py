#!/usr/bin/env python3
"""Writes packages/nn/test/fixtures/modules.json: what PyTorch's modules list, print, and complain about.

Run from anywhere: python3 tools/pytorch-golden/nn_modules.py
"""
import torch
from torch import nn

from nn_case import failure, make, write


def reprs():
    """Layers, and what they print."""
    cases = [
        ('Linear', [3, 5], {}), ('Linear', [3, 5], {'bias': False}),
        ('Conv2d', [1, 16, 3], {'padding': 1}), ('Conv2d', [4, 6, [3, 2]], {'groups': 2, 'stride': [2, 1]}),
        ('Conv2d', [2, 2, 1], {'padding': 'same', 'dilation': 2, 'bias': False}),
        ('Conv2d', [2, 2, 3], {'padding': [0, 1]}), ('Conv2d', [2, 2, 3], {'padding': 'valid'}),
        ('MaxPool2d', [2], {}), ('MaxPool2d', [[2, 3]], {'stride': 1, 'padding': [1, 1], 'ceil_mode': True}),
        ('AvgPool2d', [2], {}), ('AvgPool2d', [3, 1], {'padding': 1}),
        ('ReLU', [], {}), ('ReLU', [], {'inplace': True}), ('Tanh', [], {}), ('Sigmoid', [], {}),
        ('Softmax', [], {'dim': 1}), ('Softmax', [], {}), ('LogSoftmax', [-1], {}),
        ('Flatten', [], {}), ('Flatten', [0, 2], {}), ('Dropout', [], {}), ('Dropout', [0.00005], {'inplace': True}),
        ('Identity', [], {}), ('CrossEntropyLoss', [], {'ignore_index': 3}), ('MSELoss', [], {}), ('NLLLoss', [], {}),
        ('Sequential', [], {}), ('ModuleList', [], {}),
    ]
    return [{'layer': layer, 'args': args, 'options': options, 'repr': repr(make(layer, args, options))}
            for layer, args, options in cases]


class Block(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.fc = nn.Linear(width, width)
        self.register_buffer('mean', torch.zeros(width))
        self.register_buffer('scratch', torch.ones(1), persistent=False)
        self.register_parameter('absent', None)
        self.scale = nn.Parameter(torch.ones(()))


class Tree(nn.Module):
    """Shared modules and parameters, children without a value, names that are numbers."""

    def __init__(self):
        super().__init__()
        self.first = Block(2)
        self.add_module('10', nn.Linear(2, 3))
        self.add_module('2', nn.Sequential(nn.Linear(2, 2), nn.ReLU(), nn.Sequential()))
        self.again = self.first
        self.tied = nn.Linear(2, 2)
        self.tied.weight = self.first.fc.weight
        self.nothing = None
        self.add_module('none', None)
        self.register_buffer('mean', self.first.mean)
        self.own = nn.Parameter(torch.zeros(1, 2))


def names(pairs):
    return [name for name, _ in pairs]


def tree_facts():
    tree = Tree()
    return {
        'named_parameters': names(tree.named_parameters()),
        'named_parameters_prefix': names(tree.named_parameters(prefix='a.b')),
        'named_parameters_own': names(tree.named_parameters(recurse=False)),
        'named_buffers': names(tree.named_buffers()),
        'named_children': names(tree.named_children()),
        'named_modules': names(tree.named_modules()),
        'named_modules_all': names(tree.named_modules(prefix='p', remove_duplicate=False)),
        'state_dict': list(tree.state_dict()),
        'state_dict_prefix': list(tree.state_dict(prefix='net.')),
        'metadata': list(tree.state_dict()._metadata),
        'repr': repr(tree),
        'keys_matched': repr(tree.load_state_dict(tree.state_dict())),
    }


def errors():
    m = Block(2)
    state = nn.Linear(3, 3).state_dict()
    net = nn.Sequential(nn.Linear(3, 3), nn.Sequential(nn.Linear(3, 2)))
    # PyTorch names the class of the outermost module
    not_module = nn.Module()
    not_module.fc = nn.Linear(1, 1)
    not_module.x = 3
    return {
        'buffer_dot': failure(lambda: m.register_buffer('a.b', None)),
        'buffer_empty': failure(lambda: m.register_buffer('', None)),
        'buffer_exists': failure(lambda: m.register_buffer('fc', None)),
        'parameter_dot': failure(lambda: m.register_parameter('a.b', None)),
        'parameter_empty': failure(lambda: m.register_parameter('', None)),
        'parameter_exists': failure(lambda: m.register_parameter('training', None)),
        'parameter_tensor': failure(lambda: m.register_parameter('p', torch.zeros(1))),
        'module_dot': failure(lambda: m.add_module('a.b', None)),
        'module_empty': failure(lambda: m.add_module('', None)),
        'module_exists': failure(lambda: m.add_module('scale', None)),
        'assign_parameter': failure(lambda: setattr(m.fc, 'weight', torch.zeros(2, 2))),
        'assign_module': failure(lambda: setattr(m, 'fc', torch.zeros(2, 2))),
        'load_unmatched': failure(lambda: net.load_state_dict({'0.weight': torch.zeros(3, 3), 'x': torch.zeros(1),
                                                               '1.0.w': torch.zeros(1), '1.5.q': torch.zeros(2)})),
        'load_sizes': failure(lambda: nn.Linear(2, 2).load_state_dict(state)),
        'load_all': failure(lambda: net.load_state_dict({'0.weight': torch.zeros(2, 3), '0.bias': torch.zeros(()),
                                                         '1.0.weight': torch.zeros(2, 3), 'y': torch.zeros(1)})),
        'load_sizes_not_strict': failure(lambda: net.load_state_dict({'0.weight': torch.zeros(2, 3), 'y': 1}, strict=False)),
        'train': failure(lambda: m.train('yes')),
        'dropout': failure(lambda: nn.Dropout(1.5)),
        'conv_in': failure(lambda: nn.Conv2d(3, 4, 1, groups=2)),
        'conv_out': failure(lambda: nn.Conv2d(4, 3, 1, groups=2)),
        'conv_same': failure(lambda: nn.Conv2d(4, 4, 1, stride=2, padding='same')),
        'to_integer': failure(lambda: m.to(torch.int64)),
        'fan': failure(lambda: nn.init.kaiming_uniform_(torch.zeros(3))),
        'fan_mode': failure(lambda: nn.init.kaiming_uniform_(torch.zeros(3, 3), mode='fan_up')),
        'gain': failure(lambda: nn.init.calculate_gain('swish')),
        'slope': failure(lambda: nn.init.calculate_gain('leaky_relu', 'steep')),
        'eye': failure(lambda: nn.init.eye_(torch.zeros(3))),
        'sparse': failure(lambda: nn.init.sparse_(torch.zeros(3), 0.5)),
        'dirac': failure(lambda: nn.init.dirac_(torch.zeros(3, 3))),
        'dirac_groups': failure(lambda: nn.init.dirac_(torch.zeros(3, 3, 1), 2)),
        'forward': failure(lambda: nn.Module()(1)),
        'submodule': failure(lambda: not_module.get_submodule('y')),
        'submodule_not': failure(lambda: not_module.get_submodule('x')),
        'parameter': failure(lambda: not_module.get_parameter('fc.w')),
        'parameter_not': failure(lambda: not_module.get_parameter('fc.in_features')),
        'buffer': failure(lambda: not_module.get_buffer('fc.weight')),
    }


write('modules.json', {'reprs': reprs(), 'tree': tree_facts(), 'errors': errors(),
                       'parameter_repr': repr(nn.Parameter(torch.tensor([1.5, -2.0]))),
                       'frozen_parameter_repr': repr(nn.Parameter(torch.tensor([[1.0]]), requires_grad=False))})
