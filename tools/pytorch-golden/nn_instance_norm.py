#!/usr/bin/env python3
"""Writes packages/nn/test/fixtures/instance-norm.json: instance normalization as modules, in training and evaluation.

Run from anywhere: python3 tools/pytorch-golden/nn_instance_norm.py
"""
import torch

from nn_case import failure, make, pack, write

torch.manual_seed(7)
row, image, volume = torch.randn(3, 2, 5), torch.randn(3, 2, 3, 4), torch.randn(2, 2, 2, 3, 2)
cases = []


def add(layer, args, options, x):
    module = make(layer, args, options)
    text = repr(module)
    with torch.no_grad():
        for i, p in enumerate(module.parameters()):
            p.copy_(torch.tensor([.5, -1.25]) + i)
    start = {k: pack(v) for k, v in module.state_dict().items()}
    results = []
    for mode in (True, True, False):
        module.train(mode)
        inputs = [x.clone().requires_grad_(), *module.parameters()]
        y = module(inputs[0])
        results.append({'y': pack(y), 'grads': [pack(g) for g in torch.autograd.grad((y * y * y).sum(), inputs)]})
    cases.append({'layer': layer, 'args': args, 'options': options, 'repr': text, 'start': start, 'input': pack(x),
                  'results': results, 'end': {k: pack(v) for k, v in module.state_dict().items()}})


add('InstanceNorm1d', [2], {}, row)
add('InstanceNorm1d', [2], {'affine': True}, row[0])
add('InstanceNorm1d', [2, .01, .3, True, True], {}, row)
add('InstanceNorm2d', [2], {'track_running_stats': True}, image)
add('InstanceNorm2d', [2], {'affine': True, 'track_running_stats': True, 'momentum': .2}, image)
add('InstanceNorm2d', [2], {'eps': .1}, image[0])
add('InstanceNorm3d', [2], {'affine': True}, volume)
errors = {
    'rank': failure(lambda: torch.nn.InstanceNorm2d(2)(row[0])),
    'size': failure(lambda: torch.nn.InstanceNorm1d(2)(row[:, :, :1])),
}
write('instance-norm.json', {'cases': cases, 'errors': errors})
