"""Modules over sequences: their initial weights, results and gradients, as fixture cases.

A case is one module, made under a seed, and one call: `call` its arguments, `kwargs` those by name; a tensor is packed, and
each that is floating-point and no mask requires grad. The loss is Σ result · cotangent over the results that are no None.
"""
import warnings

import torch
from torch import nn

from nn_case import pack, pythonic


def list_repr(self):
    """PyTorch 2 prints equal neighbours once."""
    blocks = []
    for i, child in enumerate(map(repr, self)):
        if blocks and blocks[-1][2] == child:
            blocks[-1][1] = i
        else:
            blocks.append([i, i, child])
    lines = ['  ' + (f'({i}): {text}' if i == j else f'({i}-{j}): {j - i + 1} x {text}').replace('\n', '\n  ')
             for i, j, text in blocks]
    return '\n'.join(['ModuleList(', *lines, ')'])


nn.ModuleList.__repr__ = list_repr


def build(x):
    """A module from its description, {layer, args, options}; anything else is a plain value."""
    if isinstance(x, dict) and 'layer' in x:
        options = {k: build(v) for k, v in x.get('options', {}).items()}
        return getattr(nn, x['layer'])(*[build(a) for a in x.get('args', [])], **options)
    return pythonic(x)


def module(layer, *args, **options):
    return {'layer': layer, 'args': list(args), 'options': options}


def packed(x, seen):
    """A tensor that came before is {same: its number}."""
    if isinstance(x, torch.Tensor):
        for i, t in enumerate(seen):
            if t is x:
                return {'same': i}
        seen.append(x)
        return {**pack(x), 'grad': x.requires_grad}
    return [packed(v, seen) for v in x] if isinstance(x, (list, tuple)) else x


def tensors(x):
    if isinstance(x, torch.Tensor):
        return [x]
    return [t for v in x for t in tensors(v)] if isinstance(x, (list, tuple)) else []


def cotangent(like, k):
    i = torch.arange(like.numel(), dtype=torch.int64)
    return ((((i + 3 * k) * 7 + 3) % 11).to(like.dtype) - 5.5).div(4).reshape(like.shape)


def case(seed, description, *call, train=True, no_grad=False, **kwargs):
    torch.manual_seed(seed)
    with warnings.catch_warnings():
        warnings.simplefilter('ignore')
        net = build(description)
        state = {k: pack(v.clone()) for k, v in net.state_dict().items()}
        net.train(train)
        torch.manual_seed(seed + 1)
        if no_grad:
            with torch.no_grad():
                result = net(*call, **kwargs)
        else:
            result = net(*call, **kwargs)
    outs = tensors(result)
    seen = []
    arguments = {'call': packed(list(call), seen), 'kwargs': {k: packed(v, seen) for k, v in kwargs.items()}}
    wanted = [t for t in seen if t.requires_grad]
    grads = params = None
    if not no_grad:
        loss = sum((o * cotangent(o, k)).sum() for k, o in enumerate(outs))
        given = dict(net.named_parameters())
        all_grads = torch.autograd.grad(loss, wanted + list(given.values()))
        grads = [pack(g) for g in all_grads[:len(wanted)]]
        params = {name: pack(g) for name, g in zip(given, all_grads[len(wanted):])}
    return {'module': description, 'seed': seed, 'train': train, 'no_grad': no_grad, 'repr': repr(net), 'state': state,
            **arguments,
            'outputs': [pack(o) for o in outs], 'input_grads': grads, 'grads': params}


def inputs(seed, *shapes, dtype=torch.float32):
    generator = torch.Generator().manual_seed(seed)
    made = [torch.randn(shape, generator=generator, dtype=dtype).requires_grad_() for shape in shapes]
    return made[0] if len(made) == 1 else made
