#!/usr/bin/env python3
"""Writes tools/compatibility/names.json: the public names of PyTorch's namespaces, as the installed PyTorch has them.

Run from anywhere: python3 tools/pytorch-golden/names.py
"""
import json
import pathlib
import types

import torch
import torch.nn.functional
import torch.optim.lr_scheduler
import torch.optim.swa_utils
import torch.utils.data

OUT = pathlib.Path(__file__).resolve().parents[1] / 'compatibility' / 'names.json'

# Deliberately not compared: other devices, compilers and number types that torchlet does not aim at.
SKIPPED_TYPES = (types.ModuleType,)


def public(namespace, keep=lambda name, value: True):
    names = []
    for name in dir(namespace):
        if name.startswith('_'):
            continue
        value = getattr(namespace, name, None)
        if isinstance(value, SKIPPED_TYPES) or not keep(name, value):
            continue
        names.append(name)
    return sorted(names)


def own(prefix):
    """Only what the namespace defines: not what it imports from elsewhere, such as typing's names."""

    def keep(name, value):
        module = getattr(value, '__module__', None)
        return module is None or module.startswith('torch') or module.startswith(prefix)

    return keep


NAMESPACES = {
    'torch': public(torch, lambda name, value: own('torch')(name, value) and not name.endswith(('Storage', 'Type'))),
    'torch.Tensor': public(torch.Tensor),
    'torch.autograd': public(torch.autograd, own('torch')),
    'torch.nn': public(torch.nn, own('torch')),
    'torch.nn.functional': public(torch.nn.functional, own('torch')),
    'torch.nn.init': public(torch.nn.init, own('torch')),
    'torch.nn.utils': public(torch.nn.utils, own('torch')),
    'torch.optim': public(torch.optim, own('torch')),
    'torch.optim.lr_scheduler': public(torch.optim.lr_scheduler, own('torch')),
    'torch.optim.swa_utils': public(torch.optim.swa_utils, own('torch')),
    'torch.random': ['Generator', 'default_generator', 'fork_rng', 'get_rng_state', 'initial_seed', 'manual_seed', 'seed', 'set_rng_state'],
    'torch.utils.data': public(torch.utils.data, own('torch')),
}

OUT.parent.mkdir(parents=True, exist_ok=True)
with open(OUT, 'w', encoding='utf-8') as f:
    json.dump({'pytorch': torch.__version__, 'namespaces': NAMESPACES}, f, indent=1)
    f.write('\n')
print({k: len(v) for k, v in NAMESPACES.items()})
