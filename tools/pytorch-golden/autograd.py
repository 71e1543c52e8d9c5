"""Hooks and autograd.functional as PyTorch runs them: logs of what hooks saw, derivatives, and errors of strict mode.

    OPENBLAS_NUM_THREADS=1 /usr/bin/python3 tools/pytorch-golden/autograd.py
writes packages/tensor/test/fixtures/autograd.json.
"""
import json
import os

import torch
from torch.autograd import functional as F

X = [[0.3, -1.2, 0.7], [1.1, 0.4, -0.6]]
Y = [0.6, -0.7, 1.4]


def leaf(v):
    return torch.tensor(v, dtype=torch.float64, requires_grad=True)


def pack(t):
    if isinstance(t, torch.Tensor):
        return {'shape': list(t.shape), 'values': [float(f'{v:.12g}') + 0.0 for v in t.detach().reshape(-1).tolist()]}
    return [pack(u) for u in t]


FUNCTIONS = {
    'tanh': lambda x: (x * x).tanh(),
    'outer': lambda x, y: (x * y).exp(),
    'two': lambda x, y: (x.mm(x.t()), y * y),
    'partly': lambda x, y: (x * 2, y.exp()),
    'scalar': lambda x: (x * x * x).sum(),
    'scalar2': lambda x, y: ((x * y) ** 2).sum() + (y * y * y).sum(),
    'linear': lambda x: x.sum(),
    'apart': lambda x, y: (y * y * y).sum(),
    'constant': lambda x: torch.ones(2, dtype=torch.float64),
}
V = {
    'x': [[0.5, 0.1, -0.4], [0.2, -0.9, 0.3]],
    'y': [1.5, -0.5, 0.25],
}


def value(f):
    try:
        return {'result': pack(f())}
    except RuntimeError as e:
        return {'error': str(e)}


def functional_cases():
    cases = []
    x, y = leaf(X), leaf(Y)
    vx, vy = torch.tensor(V['x'], dtype=torch.float64), torch.tensor(V['y'], dtype=torch.float64)
    vm = torch.arange(4, dtype=torch.float64).view(2, 2) / 4
    inputs = {'x': x, 'xy': (x, y)}
    vs = {None: None, 'x': vx, 'xy': (vx, vy), 'my': (vm, vy), 'y': vy}
    for fn, name, inp, v in [
        ('jacobian', 'tanh', 'x', None), ('jacobian', 'outer', 'xy', None), ('jacobian', 'two', 'xy', None),
        ('jacobian', 'partly', 'xy', None), ('jacobian', 'scalar', 'x', None), ('jacobian', 'constant', 'x', None),
        ('hessian', 'scalar', 'x', None), ('hessian', 'scalar2', 'xy', None), ('hessian', 'linear', 'x', None),
        ('hessian', 'apart', 'xy', None), ('hessian', 'tanh', 'x', None), ('hessian', 'partly', 'xy', None),
        ('vjp', 'tanh', 'x', 'x'), ('vjp', 'outer', 'xy', 'x'), ('vjp', 'two', 'xy', 'my'), ('vjp', 'scalar', 'x', None),
        ('vjp', 'tanh', 'x', None), ('vjp', 'tanh', 'x', 'y'), ('vjp', 'tanh', 'x', 'xy'), ('vjp', 'two', 'xy', 'y'),
        ('vjp', 'partly', 'xy', 'xy'), ('vjp', 'two', 'xy', 'xy'),
        ('jvp', 'tanh', 'x', 'x'), ('jvp', 'outer', 'xy', 'xy'), ('jvp', 'two', 'xy', 'xy'), ('jvp', 'partly', 'xy', 'xy'),
        ('jvp', 'tanh', 'x', None), ('jvp', 'constant', 'x', 'x'), ('jvp', 'scalar', 'x', 'x'),
        ('vhp', 'scalar', 'x', 'x'), ('vhp', 'scalar2', 'xy', 'xy'), ('vhp', 'linear', 'x', 'x'), ('vhp', 'tanh', 'x', 'x'),
        ('vhp', 'partly', 'xy', 'xy'), ('vhp', 'scalar', 'x', None), ('vhp', 'apart', 'xy', 'xy'),
        ('hvp', 'scalar', 'x', 'x'), ('hvp', 'scalar2', 'xy', 'xy'), ('hvp', 'linear', 'x', 'x'), ('hvp', 'apart', 'xy', 'xy'),
    ]:
        for strict in (False, True):
            for create in (False, True):
                args = [FUNCTIONS[name], inputs[inp]] + ([] if fn in ('jacobian', 'hessian') else [vs[v]])
                got = value(lambda: getattr(F, fn)(*args, create_graph=create, strict=strict))
                cases.append({'fn': fn, 'function': name, 'inputs': inp, 'v': v, 'strict': strict, 'create_graph': create, **got})
    return cases


def hook_logs():
    """What hooks saw, in order: [name, gradient]."""
    logs = {}

    def run(name, program):
        log = []

        def note(key):
            def hook(g):
                log.append([key, pack(g)['values']])
            return hook

        leaves = [leaf(X), leaf(Y)]
        program(note, log, *leaves)
        logs[name] = {'log': log, 'grads': [None if t.grad is None else pack(t.grad)['values'] for t in leaves]}

    def double(key, note):
        def hook(g):
            note(key)(g)
            return g * 2
        return hook

    def chain(note, log, x, y):
        a = x * y
        b = a.exp()
        x.register_hook(note('x'))
        a.register_hook(double('a1', note))
        a.register_hook(note('a2'))
        b.register_hook(note('b'))
        b.sum().backward()

    def removed(note, log, x, y):
        a = x * y
        h = a.register_hook(double('first', note))
        a.register_hook(note('second'))
        h.remove()
        a.sum().backward()

    def leaf_replaced(note, log, x, y):
        x.register_hook(double('x', note))
        (x * y).sum().backward()
        (x * 3).sum().backward()

    # hooks of a tensor that is changed in place are left out: 1.13 moves them to the new node, 2.x does not
    def on_view(note, log, x, y):
        a = x * y
        v = a[0]
        v.register_hook(note('view'))
        v.mul_(2)
        v.register_hook(note('view, changed'))
        a.register_hook(note('base'))
        (a * a.detach()).sum().backward()

    def node(note, log, x, y):
        a = x * y

        def hook(gi, go):
            log.append(['in', pack(gi[0])['values']])
            log.append(['out', pack(go[0])['values']])
            return gi[0] * 3, gi[1]
        a.grad_fn.register_hook(hook)
        a.register_hook(note('a'))
        a.sum().backward()

    def twice(note, log, x, y):
        a = x * y
        a.register_hook(note('a'))
        b, c = a * 2, a.tanh()
        (b + c).sum().backward()

    for name, program in list(locals().items()):
        if callable(program) and name not in ('run', 'double'):
            run(name, program)
    return logs


if __name__ == '__main__':
    root = os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', '..')
    path = os.path.join(root, 'packages/tensor/test/fixtures/autograd.json')
    data = {'torch': torch.__version__, 'leaves': {'x': X, 'y': Y}, 'v': V, 'functional': functional_cases(), 'hooks': hook_logs()}
    with open(path, 'w') as f:
        f.write('{\n')
        f.write(',\n'.join(f'"{k}": {json.dumps(v)}' for k, v in data.items() if k not in ('functional',)))
        f.write(',\n"functional": [\n' + ',\n'.join(json.dumps(c) for c in data['functional']) + '\n]\n}\n')
