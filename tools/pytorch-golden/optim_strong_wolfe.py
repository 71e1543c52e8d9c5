#!/usr/bin/env python3
"""Writes packages/optim/test/fixtures/strong-wolfe.json: the steps that the line search of PyTorch's LBFGS tries.

The objective of a case along the line is slope * t + curve * t^2 - sum of weight / (1 + ((t - place) / width)^2), in steps
of `quantum` where that is not 0 (so that losses tie), plus `jump` beyond t = 1. Cases are drawn at random and kept if
their steps do not depend on the last bits of the first one.

Run from anywhere: python3 tools/pytorch-golden/optim_strong_wolfe.py
"""
import json
import math
import os
import random

import torch
from torch.optim.lbfgs import _strong_wolfe

OUT = os.path.join(os.path.dirname(os.path.abspath(__file__)), '../../packages/optim/test/fixtures/strong-wolfe.json')


def objective(case, t):
    loss = case['slope'] * t + case['curve'] * t * t
    slope = case['slope'] + 2 * case['curve'] * t
    for weight, place, width in case['wells']:
        x = (t - place) / width
        loss -= weight / (1 + x * x)
        slope += 2 * weight * x / width / ((1 + x * x) * (1 + x * x))
    if case['quantum'] != 0:
        loss = float(math.floor(loss / case['quantum'])) * case['quantum']
    if t > 1:
        loss += case['jump']
    return loss, slope


def search(case, first):
    """The direction has one element, `size`, a power of two; so the gradient is the slope over it, exactly."""
    tried = []

    def at(_, t, d):
        t = float(t)
        tried.append(t)
        loss, slope = objective(case, t)
        return loss, torch.tensor([slope / case['size']], dtype=torch.float64)

    loss, slope = objective(case, 0.0)
    d = torch.tensor([case['size']], dtype=torch.float64)
    g = torch.tensor([slope / case['size']], dtype=torch.float64)
    loss, _, t, evaluations = _strong_wolfe(at, None, first, d, loss, g, g.dot(d))
    assert evaluations == len(tried)
    return {'tried': tried, 't': float(t), 'loss': loss}


def draw(rng):
    while True:
        case = {
            'slope': round(rng.uniform(-3, 1), 3),
            'curve': rng.choice([0, round(rng.uniform(-0.1, 2), 3)]),
            'wells': [[round(rng.uniform(-4, 4), 3), round(rng.uniform(-1, 4), 3), round(rng.uniform(0.03, 1), 3)]
                      for _ in range(rng.choice([0, 1, 2, 4]))],
            'quantum': rng.choice([0, 0, 0.125, 1]),
            'jump': rng.choice([0, 0, 0, 5]),
            'size': rng.choice([1, 1, 2 ** -13, 2 ** -27]),
            'first': rng.choice([0.01, 0.5, 1.0, 3.0, 30.0]),
        }
        if objective(case, 0.0)[1] < -1e-3:
            return case


def same(a, b):
    return len(a['tried']) == len(b['tried']) and all(
        abs(x - y) <= 1e-12 * abs(x) for x, y in zip(a['tried'] + [a['t']], b['tried'] + [b['t']]))


def leaves_right(tried):
    """Whether a step lies a tenth of an interval left of its right end, where interpolation alone would hardly put it."""
    ends = [0.0]
    for t in tried:
        if any(a < b and abs(t - (b - 0.1 * (b - a))) <= 1e-12 * abs(t) for a in ends for b in ends):
            return True
        ends.append(t)
    return False


def cases():
    rng = random.Random(1)
    kept = []
    # most searches are short: two of each kind
    quota = {}
    for _ in range(6000):
        case = draw(rng)
        found = search(case, case['first'])
        if not all(same(found, search(case, case['first'] * (1 + k * 2.2e-16))) for k in (-2, -1, 1, 2)):
            continue
        kind = (len(found['tried']), case['quantum'] != 0, case['jump'] != 0, case['size'] < 1e-6,
                leaves_right(found['tried']))
        quota[kind] = quota.get(kind, 0) + 1
        if quota[kind] <= 2:
            kept.append({**case, **found})
    return kept


if __name__ == '__main__':
    content = {'torch': torch.__version__, 'cases': cases()}
    with open(OUT, 'w') as f:
        json.dump(content, f)
        f.write('\n')
    print(OUT, len(content['cases']), 'cases', os.path.getsize(OUT), 'bytes')
