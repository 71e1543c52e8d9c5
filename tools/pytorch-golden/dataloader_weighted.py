#!/usr/bin/env python3
"""Writes packages/data/test/fixtures/dataloader-weighted.json: what PyTorch's WeightedRandomSampler draws, and a DataLoader with it.

Run from anywhere, with PyTorch 2: python3 tools/pytorch-golden/dataloader_weighted.py
"""
import json
from pathlib import Path

import torch
from torch.utils.data import DataLoader, WeightedRandomSampler

OUT = Path(__file__).resolve().parents[2] / 'packages/data/test/fixtures/dataloader-weighted.json'


def case(seed, weights, num_samples, replacement, explicit=False):
    """Two epochs by itself, then one of a DataLoader."""
    torch.manual_seed(seed)
    generator = torch.Generator().manual_seed(seed + 1) if explicit else None
    sampler = WeightedRandomSampler(weights, num_samples, replacement, generator)
    epochs = [list(sampler) for _ in range(2)]
    batches = [b.tolist() for b in DataLoader(range(len(weights)), batch_size=3, sampler=sampler)]
    return {
        'seed': seed, 'weights': weights, 'num_samples': num_samples, 'replacement': replacement, 'explicit': explicit,
        'epochs': epochs, 'batches': batches, 'next': torch.randint(0, 1000000, (1,)).item(),
    }


cases = [
    case(0, [0.1, 0.9, 0.4, 0.7, 3.0, 0.6], 5, True),
    case(1, [0.9, 0.4, 0.05, 0.2, 0.3, 0.1], 5, False),
    case(2, [1.0, 0.0, 2.0, 5.0], 40, True, explicit=True),
    case(3, [1.0 + i % 7 for i in range(50)], 50, False, explicit=True),
    case(4, [1.0, 2.0, 3.0], 1, True),
]
OUT.write_text(json.dumps({'torch': torch.__version__, 'cases': cases}) + '\n')
