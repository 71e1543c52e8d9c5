#!/usr/bin/env python3
"""Writes packages/optim/test/fixtures/lbfgs.json: what PyTorch's LBFGS does, in float64.

Each case is a problem and options; recorded are the loss that every step returned, how often the closure had been
called by then, the parameters after some steps and the state at the end (without its history where that is long). The
losses are written with the same operations on both sides. `checkpoints` are files of torch.save from within a case.

The differences of gradients from which LBFGS guesses the curvature magnify rounding errors, by ten every few iterations
in some problems. So each case is also run from starts that are a last bit away, and ends where PyTorch no longer agrees
with itself.

Needs PyTorch 2.6 or later, in which a line search ends with `max_eval`; before, it took up to 25 steps.

Run from anywhere: OPENBLAS_NUM_THREADS=1 python3 tools/pytorch-golden/optim_lbfgs.py
"""
import base64
import copy
import io
import json
import os

import torch
from torch.optim import LBFGS

OUT = os.path.join(os.path.dirname(os.path.abspath(__file__)), '../../packages/optim/test/fixtures/lbfgs.json')
STEPS = 30
RECORDED = [1, 2, 5, 12, 30]


def decimals(*shape):
    return [round(x, 3) for x in torch.randn(shape, dtype=torch.float64).flatten().tolist()]


def problems():
    """Each has parameters {shape, p}, and the data of its loss."""
    torch.manual_seed(11)
    weights = [{'shape': shape, 'p': decimals(*shape)} for shape in ([3, 2], [3], [1, 3], [1])]
    return {
        'rosenbrock': {'params': [{'shape': [], 'p': [-1.2]}, {'shape': [], 'p': [1.0]}]},
        # there is no gradient for one of the parameters
        'quadratic': {'params': [{'shape': [2, 2], 'p': decimals(4)}, {'shape': [3], 'p': decimals(3)},
                                 {'shape': [2], 'p': decimals(2)}],
                      'c': [[1.0, 3.0, 8.0, 0.5], [2.0, 0.4, 5.0]], 't': [decimals(4), decimals(3)]},
        'mlp': {'params': weights, 'x': decimals(8, 2), 'y': decimals(8, 1)},
        # from a gradient whose sum is below 1, and with one before which the parameters hardly move
        'flat': {'params': [{'shape': [3], 'p': decimals(3)}], 'c': [[0.01, 0.02, 0.05]], 't': [decimals(3)]},
        'steep': {'params': [{'shape': [3], 'p': decimals(3)}], 'c': [[1e5, 3e5, 2e5]], 't': [decimals(3)]},
    }


def tensor(values, *shape):
    return torch.tensor(values, dtype=torch.float64).reshape(shape)


def loss_of(name, problem, params):
    if name == 'rosenbrock':
        x, y = params
        return (1 - x) ** 2 + 100 * (y - x ** 2) ** 2
    if name != 'mlp':
        parts = [tensor(c, -1) * (p.reshape(-1) - tensor(t, -1)) ** 2
                 for p, c, t in zip(params, problem['c'], problem['t'])]
        return torch.cat(parts).sum()
    w1, b1, w2, b2 = params
    hidden = torch.tanh(tensor(problem['x'], -1, 2) @ w1.T + b1)
    return ((hidden @ w2.T + b2 - tensor(problem['y'], -1, 1)) ** 2).mean()


def case(name, problem, options, **more):
    """reload: the step before which a new optimizer takes the state over; set: options changed before a step; most: steps,
    where they are fewer."""
    return {'name': name, 'problem': problem, 'options': options, **more}


WOLFE = {'line_search_fn': 'strong_wolfe'}
CASES = [
    case('rosenbrock', 'rosenbrock', {'lr': 0.1, 'max_iter': 4}),
    case('rosenbrock, defaults with line search', 'rosenbrock', WOLFE),
    case('rosenbrock, an iteration a step', 'rosenbrock', {**WOLFE, 'max_iter': 1}),
    case('rosenbrock, an iteration a step with enough evaluations', 'rosenbrock',
         {**WOLFE, 'max_iter': 1, 'max_eval': 25}),
    case('rosenbrock, long first step', 'rosenbrock', {**WOLFE, 'lr': 30, 'max_iter': 2}),
    case('rosenbrock, few evaluations', 'rosenbrock', {**WOLFE, 'max_iter': 10, 'max_eval': 3, 'history_size': 3}),
    case('quadratic', 'quadratic', {}),
    case('quadratic, short steps', 'quadratic', {'lr': 0.3, 'max_iter': 3}),
    case('quadratic, short history', 'quadratic', {'lr': 0.5, 'max_iter': 3, 'history_size': 2}),
    case('quadratic, few evaluations', 'quadratic', {'lr': 0.4, 'max_eval': 2}),
    case('quadratic, flat enough', 'quadratic', {'lr': 0.5, 'max_iter': 5, 'tolerance_grad': 0.3}),
    case('quadratic, changing too little', 'quadratic', {'lr': 0.5, 'max_iter': 5, 'tolerance_change': 0.02}),
    case('quadratic, tolerances off', 'quadratic',
         {**WOLFE, 'lr': 0.5, 'max_iter': 2, 'tolerance_change': -1, 'tolerance_grad': -1}),
    case('quadratic, reload', 'quadratic', {'lr': 0.3, 'max_iter': 4, 'history_size': 4}, reload=4),
    case('flat', 'flat', {'lr': 0.5, 'max_iter': 2}),
    case('flat, line search', 'flat', {**WOLFE, 'lr': 0.5, 'max_iter': 3}),
    case('steep, moving too little', 'steep', {'lr': 0.2, 'max_iter': 5, 'tolerance_change': 1e-3}),
    case('mlp', 'mlp', {'lr': 0.5, 'max_iter': 4}),
    case('mlp, line search', 'mlp', {**WOLFE, 'max_iter': 4}),
    case('mlp, line search and short history', 'mlp', {**WOLFE, 'max_iter': 3, 'history_size': 2, 'lr': 0.7}),
    case('quadratic, line search', 'quadratic', {**WOLFE, 'lr': 0.5, 'max_iter': 2, 'history_size': 5}),
    case('mlp, line search from half the step', 'mlp', {**WOLFE, 'lr': 0.5, 'max_iter': 2}),
    case('mlp, reload', 'mlp', {'lr': 0.5, 'max_iter': 2, 'history_size': 5}, reload=12),
    case('mlp, reload with line search', 'mlp', {**WOLFE, 'lr': 0.8, 'max_iter': 2, 'history_size': 5}, reload=12),
    case('mlp, at the beginning', 'mlp', {**WOLFE, 'lr': 0.5, 'max_iter': 4, 'history_size': 5}, most=2),
    case('mlp, changed options', 'mlp', {'lr': 0.2, 'max_iter': 4}, set=[3, {'lr': 0.9, 'max_iter': 1}]),
]


def plain(value):
    if isinstance(value, torch.Tensor):
        return value.flatten().tolist() if value.dim() > 0 else value.item()
    return [plain(v) for v in value] if isinstance(value, list) else value


def nearby(problem, k):
    """The problem with starts that are some last bits away."""
    def moved(values, i):
        return [x * (1 + 2.2e-16 * (1 + k % 3) * (-1) ** (i + j + k)) for j, x in enumerate(values)]
    params = [{**d, 'p': moved(d['p'], i)} for i, d in enumerate(problem['params'])]
    return {**problem, 'params': params}


def numbers(value):
    """All numbers in a record, in order."""
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, list):
        return [x for v in value for x in numbers(v)]
    return [value] if isinstance(value, (int, float)) and not isinstance(value, bool) else []


def same(a, b):
    a, b = numbers(a), numbers(b)
    return len(a) == len(b) and all(abs(x - y) <= 1e-13 + 1e-11 * abs(x) for x, y in zip(a, b))


def stable(spec, problem):
    """The case up to the last step at which it does not depend on the last bits of the start, and that state."""
    for last in range(spec.get('most', STEPS), 0, -1):
        outcome = run(spec, problem, last)[0]
        others = [run(spec, nearby(problem, k), last)[0] for k in range(6)]
        if all(other['calls'] == outcome['calls'] and same([outcome[k] for k in ('losses', 'params')],
                                                           [other[k] for k in ('losses', 'params')]) for other in others):
            outcome['state'] = {k: v for k, v in outcome['state'].items()
                                if all(same(v, other['state'][k]) for other in others)}
            return outcome
    raise AssertionError(f"{spec['name']}: unstable from the first step on")


def checkpoint(spec, problem, last):
    """The parameters and the optimizer after some steps, base64."""
    params, optimizer = run(spec, problem, last)[1:]
    file = io.BytesIO()
    torch.save({'params': [p.detach() for p in params], 'optimizer': optimizer.state_dict()}, file)
    return {'case': spec['name'], 'step': last, 'file': base64.b64encode(file.getvalue()).decode()}


def run(spec, problem, last=STEPS):
    params = [tensor(d['p'], *d['shape']).requires_grad_() for d in problem['params']]
    optimizer = LBFGS(params, **spec['options'])
    calls = 0

    def closure():
        nonlocal calls
        calls += 1
        optimizer.zero_grad(set_to_none=True)
        loss = loss_of(spec['problem'], problem, params)
        loss.backward()
        return loss

    losses, counts, at, recorded = [], [], [], []
    for step in range(1, last + 1):
        if step == spec.get('set', [0])[0]:
            optimizer.param_groups[0].update(spec['set'][1])
        if step == spec.get('reload', 0):
            saved = copy.deepcopy(optimizer.state_dict())
            optimizer = LBFGS(params)
            optimizer.load_state_dict(saved)
        losses.append(optimizer.step(closure).item())
        counts.append(calls)
        if step in RECORDED or step == last:
            at.append(step)
            recorded.append([plain(p.detach()) for p in params])
    saved = optimizer.state_dict()
    state = saved['state'][0]
    if len(state['ro']) > 5:
        state = {k: v for k, v in state.items() if k not in ('al', 'old_dirs', 'old_stps', 'ro')}
    outcome = {**spec, 'losses': losses, 'calls': counts, 'recorded': at, 'params': recorded,
               'state': {k: plain(v) for k, v in state.items()}, 'param_group': saved['param_groups'][0],
               'repr': repr(optimizer)}
    return outcome, params, optimizer


if __name__ == '__main__':
    torch.set_num_threads(1)
    all_problems = problems()
    cases = [stable(spec, all_problems[spec['problem']]) for spec in CASES]
    # after its first step, where the step size is a tensor, and later
    files = [checkpoint(spec, all_problems[spec['problem']], last) for spec in CASES
             for name, last in (('rosenbrock, an iteration a step', 1), ('mlp, line search and short history', 5))
             if spec['name'] == name]
    with open(OUT, 'w') as f:
        json.dump({'torch': torch.__version__, 'problems': all_problems, 'cases': cases,
                   'checkpoints': files}, f)
        f.write('\n')
    for c in cases:
        print(c['name'], len(c['losses']), 'steps', c['state']['n_iter'], 'iterations', c['calls'][-1], 'calls')
    print(OUT, os.path.getsize(OUT), 'bytes')
