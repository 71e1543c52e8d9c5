"""The orders in which PyTorch's DataLoader and samplers read, and what they leave in the generator.

Run: python3 tools/pytorch-golden/dataloader.py   (writes packages/data/test/fixtures/dataloader.json)
"""
import json
from pathlib import Path

import torch
from torch.utils.data import DataLoader, RandomSampler, SubsetRandomSampler, random_split

OUT = Path(__file__).resolve().parents[2] / 'packages' / 'data' / 'test' / 'fixtures' / 'dataloader.json'


def next_draw(generator=None):
    """A number that tells whether the generator is where PyTorch's is."""
    return torch.randint(0, 1000000, (1,), generator=generator).item()


def loader_case(seed, size, batch_size, shuffle, drop_last=False, explicit=False, abandoned=0):
    """Two epochs; before them, `abandoned` epochs that are left after their first batch."""
    torch.manual_seed(seed)
    generator = torch.Generator().manual_seed(seed + 1) if explicit else None
    loader = DataLoader(range(size), batch_size=batch_size, shuffle=shuffle, drop_last=drop_last, generator=generator)
    for _ in range(abandoned):
        next(iter(loader))
    epochs = [[b if isinstance(b, int) else b.tolist() for b in loader] for _ in range(2)]
    return {
        'seed': seed, 'size': size, 'batch_size': batch_size, 'shuffle': shuffle, 'drop_last': drop_last,
        'explicit': explicit, 'abandoned': abandoned, 'length': len(loader), 'epochs': epochs,
        'next_default': next_draw(), 'next_explicit': next_draw(generator) if explicit else None,
    }


def sampler_case(seed, size, explicit, **options):
    torch.manual_seed(seed)
    generator = torch.Generator().manual_seed(seed + 1) if explicit else None
    sampler = RandomSampler(range(size), generator=generator, **options)
    epochs = [list(sampler) for _ in range(2)]
    return {
        'seed': seed, 'size': size, 'explicit': explicit, 'options': options, 'length': len(sampler), 'epochs': epochs,
        'next_default': next_draw(), 'next_explicit': next_draw(generator) if explicit else None,
    }


def subset_sampler_case(seed, indices):
    torch.manual_seed(seed)
    sampler = SubsetRandomSampler(indices)
    return {'seed': seed, 'indices': indices, 'epochs': [[int(i) for i in sampler] for _ in range(2)]}


def split_case(seed, size, lengths, explicit=False):
    torch.manual_seed(seed)
    generator = {'generator': torch.Generator().manual_seed(seed + 1)} if explicit else {}
    parts = random_split(range(size), lengths, **generator)
    return {'seed': seed, 'size': size, 'lengths': lengths, 'explicit': explicit, 'parts': [p.indices for p in parts]}


loaders = [
    loader_case(0, 10, 3, True),
    loader_case(0, 10, 3, True, drop_last=True),
    loader_case(1, 12, 4, True),
    loader_case(1, 12, 4, True, drop_last=True),
    loader_case(42, 1, 1, True),
    loader_case(42, 100, 64, True),
    loader_case(2 ** 40 + 5, 50, 8, True),
    loader_case(7, 5, 9, True),
    loader_case(7, 5, 9, True, drop_last=True),
    loader_case(3, 10, None, True),
    loader_case(0, 10, 4, False),
    loader_case(5, 10, 4, False, drop_last=True),
    loader_case(5, 4, None, False),
    loader_case(0, 10, 3, True, explicit=True),
    loader_case(0, 12, 4, True, drop_last=True, explicit=True),
    loader_case(9, 10, 3, True, drop_last=True, explicit=True),
    loader_case(4, 10, 4, False, explicit=True),
    loader_case(11, 10, 3, True, abandoned=2),
    loader_case(11, 10, 3, True, explicit=True, abandoned=2),
]
samplers = [
    sampler_case(0, 10, False),
    sampler_case(0, 10, True),
    sampler_case(0, 10, True, num_samples=4),
    sampler_case(1, 10, True, num_samples=25),
    sampler_case(1, 10, False, num_samples=25),
    sampler_case(2, 10, False, replacement=True),
    sampler_case(2, 10, True, replacement=True, num_samples=70),
    sampler_case(2, 10, True, replacement=True, num_samples=64),
]
subset_samplers = [subset_sampler_case(0, [5, 1, 8, 2, 9]), subset_sampler_case(3, list(range(20, 50)))]
splits = [
    split_case(0, 10, [3, 7]),
    split_case(42, 10, [3, 7], explicit=True),
    split_case(42, 30, [0.3, 0.3, 0.4], explicit=True),
    split_case(1, 31, [0.3, 0.3, 0.4]),
    split_case(1, 7, [1]),
    split_case(2, 6, [2, 0, 4]),
]

OUT.parent.mkdir(parents=True, exist_ok=True)
OUT.write_text(json.dumps({
    'torch': torch.__version__, 'loaders': loaders, 'samplers': samplers, 'subset_samplers': subset_samplers,
    'splits': splits,
}) + '\n')
