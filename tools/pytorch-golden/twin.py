#!/usr/bin/env python3
"""Writes examples/twin/test/fixtures/curve.json: PyTorch's half of the twin, on images and labels that are drawn.

Run from anywhere, with PyTorch 2: python3 tools/pytorch-golden/twin.py
"""
import json
import sys
from pathlib import Path

import torch

TWIN = Path(__file__).resolve().parents[2] / 'examples' / 'twin'
sys.path.insert(0, str(TWIN / 'python'))
from twin import accuracy, train  # noqa: E402

# With some seeds, rounding turns a ReLU on or off in the first hundred steps: then even PyTorch with AVX-512 and without are
# 1e-3 apart at the hundredth. Not so with this one.
torch.manual_seed(3)
images = torch.randn(6400, 1, 28, 28)
labels = torch.randint(0, 10, (6400,))
net, losses = train(images, labels, seed=7)
data = {'torch': torch.__version__, 'losses': losses, 'accuracy': accuracy(net, images[:500], labels[:500])}
(TWIN / 'test' / 'fixtures' / 'curve.json').write_text(json.dumps(data, indent=1) + '\n')
