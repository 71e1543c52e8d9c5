#!/usr/bin/env python3
"""Writes packages/nn/test/fixtures/distances.json: distances, folding and pixels as modules.

Run from anywhere: python3 tools/pytorch-golden/nn_distances.py
"""
import torch

from nn_case import make, pack, write

torch.manual_seed(7)
a, b = torch.randn(6, 4), torch.randn(6, 4)
image, columns = torch.randn(2, 3, 4, 5), torch.randn(2, 8, 12)
cases = []


def add(layer, args, options, *inputs):
    module = make(layer, args, options)
    inputs = [i.clone().requires_grad_() for i in inputs]
    y = module(*inputs)
    cases.append({'layer': layer, 'args': args, 'options': options, 'repr': repr(module), 'inputs': [pack(i) for i in inputs],
                  'result': pack(y), 'grads': [pack(g) for g in torch.autograd.grad((y * y).sum(), inputs)]})


add('CosineSimilarity', [], {}, a, b)
add('CosineSimilarity', [0, .1], {}, a, b)
add('CosineSimilarity', [], {'dim': -1, 'eps': 1e-3}, a, b[:1])
add('PairwiseDistance', [], {}, a, b)
add('PairwiseDistance', [1, .1, True], {}, a, b)
add('PairwiseDistance', [], {'p': 3, 'keepdim': True}, a, b)
add('Unfold', [2], {}, image)
add('Unfold', [[2, 3], 1, [1, 0], [2, 1]], {}, image)
add('Unfold', [2], {'dilation': 2, 'padding': 1, 'stride': 2}, image)
add('Fold', [[4, 5], 2], {}, columns)
add('Fold', [[4, 5]], {'kernel_size': [2, 2], 'stride': 1, 'padding': 0, 'dilation': 1}, columns)
add('PixelUnshuffle', [2], {}, torch.randn(2, 4, 6))
write('distances.json', {'cases': cases})
