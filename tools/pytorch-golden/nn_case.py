"""What the scripts that write packages/nn/test/fixtures share."""
import base64
import json
from pathlib import Path

import torch
from torch import nn

OUT = Path(__file__).resolve().parents[2] / 'packages' / 'nn' / 'test' / 'fixtures'


def pack(t):
    t = t.detach().contiguous()
    kind = str(t.dtype).replace('torch.', '')
    return {'dtype': kind, 'shape': list(t.shape), 'data': base64.b64encode(t.numpy().tobytes()).decode()}


def pythonic(value):
    """JSON's lists are tuples in PyTorch's arguments; dtypes are their names."""
    if isinstance(value, list):
        return tuple(value)
    return getattr(torch, value) if value in ('float32', 'float64') else value


def make(layer, args, options):
    return getattr(nn, layer)(*[pythonic(a) for a in args], **{k: pythonic(v) for k, v in options.items()})


def failure(fn):
    try:
        fn()
    except Exception as e:
        return e.args[0]
    raise AssertionError('nothing was raised')


def write(name, value):
    OUT.mkdir(parents=True, exist_ok=True)
    (OUT / name).write_text(json.dumps({'torch': torch.__version__, **value}) + '\n')
