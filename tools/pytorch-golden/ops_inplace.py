"""Small programs of views and in-place operations: what they compute, their gradients, and the gradients of those.

A program is a list of steps [result, method, self, ...arguments]; an argument '$a' is the variable a. `x`, `y` and `z` are
leaves. The loss is Σ v · c over all `out` variables for the cotangents c of ops_case.py; its gradients with create_graph are
weighted by such cotangents again for the second derivatives. An error is recorded with the place where it came:
at a step, in the first or in the second backward.
"""
import json
import os
import random

import torch

from ops_case import OUT, cotangent, dtype_name, first_line, number

LEAVES = {
    'x': [[0.3, -1.2, 0.7], [1.1, 0.4, -0.6]],
    'y': [[0.9, 0.5, -0.8], [-0.3, 1.3, 0.2]],
    'z': [0.6, -0.7, 1.4],
}


def flat(t):
    return [float(f'{v:.10g}') + 0.0 for v in t.detach().reshape(-1).tolist()]


def execute(steps, out):
    env = {k: torch.tensor(v, dtype=torch.float64, requires_grad=True) for k, v in LEAVES.items()}
    leaves = [env[k] for k in LEAVES]
    at = 0
    try:
        for at, (result, method, this, *args) in enumerate(steps):
            value = [env[a[1:]] if isinstance(a, str) and a[:1] == '$' else a for a in args]
            env[result] = getattr(env[this], method)(*value)
    except RuntimeError as e:
        return {'error': first_line(e), 'at': at}
    answer = {'values': {k: [list(env[k].shape), flat(env[k])] for k in out}, 'fns': {k: env[k].grad_fn.name() if env[k].grad_fn else None for k in out}}
    try:
        loss = sum((env[k] * cotangent(env[k], i)).sum() for i, k in enumerate(out))
        first = torch.autograd.grad(loss, leaves, create_graph=True, allow_unused=True)
    except RuntimeError as e:
        return {**answer, 'error': first_line(e), 'at': 'backward'}
    answer['first'] = [None if g is None else flat(g) for g in first]
    try:
        again = sum((g * cotangent(g, i + 5)).sum() for i, g in enumerate(first) if g is not None and g.requires_grad)
        if isinstance(again, torch.Tensor):
            second = torch.autograd.grad(again, leaves, allow_unused=True)
            answer['second'] = [None if g is None else flat(g) for g in second]
    except RuntimeError as e:
        return {**answer, 'error': first_line(e), 'at': 'double backward'}
    return answer


PROGRAMS = [
    # name, steps, what the loss looks at
    ('row times row', [['b', 'mul', 'x', '$y'], ['v', 'select', 'b', 0, 1], ['v', 'mul_', 'v', '$z']], 'b v'),
    ('view before and after', [['b', 'mul', 'x', '$x'], ['u', 'transpose', 'b', 0, 1], ['v', 'select', 'b', 0, 0], ['v', 'mul_', 'v', '$z'], ['w', 'transpose', 'b', 0, 1]], 'u w b'),
    ('nested views', [['b', 'mul', 'x', '$y'], ['v', 'transpose', 'b', 0, 1], ['w', 'narrow', 'v', 0, 1, 2], ['s', 'select', 'w', 1, 0], ['s', 'tanh_', 's'], ['w', 'mul_', 'w', 3]], 'b v w s'),
    ('overlapping views', [['b', 'mul', 'x', '$y'], ['u', 'narrow', 'b', 1, 0, 2], ['v', 'narrow', 'b', 1, 1, 2], ['u', 'exp_', 'u'], ['v', 'mul_', 'v', '$u']], 'b u v'),
    ('copy into a column', [['b', 'mul', 'x', 2], ['v', 'select', 'b', 1, 1], ['s', 'select', 'y', 1, 0], ['v', 'copy_', 'v', '$s']], 'b v'),
    ('copy broadcasts', [['b', 'mul', 'x', '$y'], ['b', 'copy_', 'b', '$z']], 'b'),
    ('fill forgets', [['b', 'mul', 'x', '$x'], ['v', 'select', 'b', 0, 0], ['v', 'fill_', 'v', 2.5], ['w', 'mul', 'b', '$y']], 'b w'),
    ('zero a window', [['b', 'mul', 'x', '$x'], ['v', 'narrow', 'b', 1, 0, 2], ['v', 'zero_', 'v']], 'b v'),
    ('view of memory without grad', [['n', 'detach', 'y'], ['b', 'clone', 'n'], ['v', 'select', 'b', 0, 1], ['v', 'mul_', 'v', '$z']], 'b v'),
    ('add a leaf to a constant', [['n', 'detach', 'y'], ['b', 'clone', 'n'], ['b', 'add_', 'b', '$x'], ['b', 'mul_', 'b', '$x']], 'b'),
    ('flat view', [['b', 'mul', 'x', '$y'], ['v', 'view', 'b', 6], ['w', 'narrow', 'v', 0, 2, 3], ['w', 'mul_', 'w', '$z']], 'b v w'),
    ('view of an expanded tensor', [['b', 'mul', 'z', '$z'], ['e', 'expand', 'b', 2, 3], ['b', 'mul_', 'b', '$z']], 'b e'),
    ('write to an expanded tensor', [['b', 'mul', 'z', 2], ['e', 'expand', 'b', 2, 3], ['e', 'mul_', 'e', 2]], 'b'),
    ('mul_ needs the old value', [['b', 'mul', 'x', 2], ['b', 'mul_', 'b', '$y'], ['b', 'mul_', 'b', '$y']], 'b'),
    ('square in place', [['b', 'mul', 'x', 1.5], ['b', 'mul_', 'b', '$b']], 'b'),
    ('add itself', [['b', 'mul', 'x', 1.5], ['b', 'add_', 'b', '$b'], ['c', 'mul', 'b', '$b']], 'b c'),
    ('own transpose', [['b', 'mul', 'x', 1.5], ['s', 'narrow', 'b', 1, 0, 2], ['u', 'transpose', 's', 0, 1], ['c', 'clone', 'u'], ['s', 'mul_', 's', '$c']], 'b s'),
    ('own transpose, overlapping', [['b', 'mul', 'x', 1.5], ['s', 'narrow', 'b', 1, 0, 2], ['c', 'clone', 's'], ['u', 'transpose', 'c', 0, 1], ['s', 'add_', 's', '$u']], 'b s'),
    ('exp saved, then changed', [['b', 'exp', 'x'], ['b', 'add_', 'b', 1]], 'b'),
    ('exp saved, view changed', [['b', 'exp', 'x'], ['v', 'select', 'b', 0, 0], ['v', 'mul_', 'v', 2]], 'b'),
    ('input of mul changed', [['b', 'mul', 'x', 2], ['c', 'mul', 'b', '$y'], ['b', 'add_', 'b', 1]], 'c'),
    ('input of add changed', [['b', 'mul', 'x', 2], ['c', 'add', 'b', '$y'], ['b', 'mul_', 'b', 3]], 'b c'),
    ('relu in place', [['b', 'mul', 'x', '$y'], ['b', 'relu_', 'b'], ['c', 'mul', 'b', '$x']], 'b c'),
    ('relu in place, then changed', [['b', 'mul', 'x', '$y'], ['b', 'relu_', 'b'], ['b', 'mul_', 'b', 2]], 'b'),
    ('sigmoid of a view', [['b', 'mul', 'x', '$y'], ['v', 'select', 'b', 1, 2], ['v', 'sigmoid_', 'v'], ['c', 'mul', 'b', '$b']], 'b c v'),
    ('leaf', [['x', 'mul_', 'x', 2]], 'x'),
    ('view of a leaf', [['v', 'select', 'x', 0, 0], ['v', 'mul_', 'v', 2]], 'x'),
    ('leaf through a flat view', [['v', 'view', 'x', 6], ['v', 'zero_', 'v']], 'x'),
    ('unsqueeze and squeeze', [['b', 'mul', 'x', '$y'], ['v', 'unsqueeze', 'b', 1], ['w', 'squeeze', 'v', 1], ['w', 'sub_', 'w', '$z'], ['v', 'mul_', 'v', '$z']], 'b v w'),
    ('pow in place', [['b', 'mul', 'x', '$x'], ['b', 'pow_', 'b', 3]], 'b'),
    ('pow by a tensor in place', [['a', 'mul', 'x', '$x'], ['b', 'add', 'a', 0.5], ['b', 'pow_', 'b', '$y']], 'b'),
    ('clamp and neg', [['b', 'mul', 'x', '$y'], ['v', 'narrow', 'b', 0, 1, 1], ['v', 'clamp_', 'v', -0.5, 0.5], ['b', 'neg_', 'b']], 'b v'),
    ('div in place by itself', [['b', 'add', 'x', 3], ['b', 'div_', 'b', '$b']], 'b'),
    ('div in place by a row', [['b', 'mul', 'x', '$x'], ['r', 'select', 'b', 0, 1], ['b', 'div_', 'b', '$r']], 'b'),
    ('base changed, then the old view', [['b', 'mul', 'x', '$x'], ['v', 'select', 'b', 0, 0], ['b', 'mul_', 'b', '$y'], ['v', 'mul_', 'v', '$z'], ['c', 'mul', 'b', '$v']], 'b v c'),
    ('detached view sees the change', [['b', 'mul', 'x', '$x'], ['d', 'detach', 'b'], ['b', 'mul_', 'b', '$y'], ['c', 'mul', 'd', '$y']], 'b c'),
    ('detached write spoils the saved', [['b', 'mul', 'x', '$x'], ['c', 'mul', 'b', '$b'], ['d', 'detach', 'b'], ['d', 'mul_', 'd', 2]], 'c'),
    ('as_strided write', [['b', 'mul', 'x', '$y'], ['v', 'as_strided', 'b', [2, 2], [2, 1], 1], ['v', 'mul_', 'v', 2]], 'b v'),
    ('row of a row', [['b', 'mul', 'x', '$y'], ['r', 'select', 'b', 0, 1], ['e', 'select', 'r', 0, 2], ['e', 'mul_', 'e', '$e'], ['r', 'add_', 'r', '$z']], 'b r e'),
    ('masked', [['b', 'mul', 'x', '$y'], ['m', 'gt', 'x', 0], ['v', 'transpose', 'b', 0, 1], ['b', 'masked_fill_', 'b', '$m', 7], ['v', 'mul_', 'v', 2]], 'b v'),
    ('scatter', [['b', 'mul', 'x', '$y'], ['m', 'gt', 'x', 0], ['i', 'long', 'm'], ['b', 'scatter_add_', 'b', 1, '$i', '$y']], 'b'),
]


def fuzz(rng, n):
    steps, shapes, fresh = [], {'x': (2, 3), 'y': (2, 3), 'z': (3,)}, ['x', 'y', 'z']

    def bind(step, shape):
        steps.append(step)
        shapes[step[0]] = shape

    bind(['a', 'mul', rng.choice('xy'), rng.choice(['$x', '$y', '$z', 2])], (2, 3))
    names = iter('bcdefghijklmnop')
    for _ in range(n):
        v = rng.choice([k for k in shapes if k not in 'xyz'])
        s = shapes[v]
        kind = rng.random()
        if kind < 0.35:
            new, choice = next(names), rng.randrange(5)
            if choice == 0 and len(s) > 1:
                i, j = rng.sample(range(len(s)), 2)
                t = list(s)
                t[i], t[j] = t[j], t[i]
                bind([new, 'transpose', v, i, j], tuple(t))
            elif choice == 1 and s:
                d = rng.randrange(len(s))
                bind([new, 'select', v, d, rng.randrange(s[d])], s[:d] + s[d + 1:])
            elif choice == 2 and s:
                d = rng.randrange(len(s))
                n0 = rng.randint(1, s[d])
                bind([new, 'narrow', v, d, rng.randint(0, s[d] - n0), n0], s[:d] + (n0,) + s[d + 1:])
            elif choice == 3:
                bind([new, 'unsqueeze', v, 0], (1,) + s)
            else:
                bind([new, 'as_strided', v, [2], [2]], (2,)) if s == (2, 3) else bind([new, 'squeeze', v], tuple(k for k in s if k != 1))
        elif kind < 0.85:
            same = [k for k in shapes if shapes[k] == s and k != v] + [k for k in shapes if shapes[k] == s[1:] and s]
            other = '$' + rng.choice(same) if same and rng.random() < 0.6 else rng.choice([2, -1, 0.5])
            op = rng.choice(['mul_', 'mul_', 'add_', 'sub_', 'tanh_', 'sigmoid_', 'copy_', 'neg_', 'zero_', 'fill_', 'clamp_', 'relu_'])
            if op in ('mul_', 'add_', 'sub_') or op == 'copy_' and isinstance(other, str):
                steps.append([v, op, v, other])
            elif op == 'clamp_':
                steps.append([v, op, v, -0.9, 1.1])
            elif op == 'fill_':
                steps.append([v, op, v, 0.25])
            elif op != 'copy_':
                steps.append([v, op, v])
        else:
            new = next(names)
            if rng.random() < 0.5:
                bind([new, rng.choice(['tanh', 'exp', 'clone']), v], s)
            else:
                same = [k for k in shapes if shapes[k] == s]
                bind([new, rng.choice(['mul', 'add']), v, '$' + rng.choice(same)], s)
    return steps, ' '.join(k for k in shapes if k not in 'xyz')


rng = random.Random(7)
found = {'ok': 0, 'error': 0}
count = 0
while found['ok'] < 60 or found['error'] < 12:
    count += 1
    steps, out = fuzz(rng, rng.randint(3, 8))
    answer = execute(steps, out.split())
    kind = 'error' if 'error' in answer else 'ok'
    if kind == 'ok' and not any(any(v for v in g) for g in answer['first'] if g):
        continue
    if found[kind] < (60 if kind == 'ok' else 12):
        found[kind] += 1
        PROGRAMS.append((f'drawn {len(PROGRAMS)}', steps, out))

rows = []
for name, steps, out in PROGRAMS:
    rows.append(json.dumps({'name': name, 'steps': steps, 'out': out.split(), **execute(steps, out.split())}, separators=(',', ':')))
path = os.path.join(OUT, 'inplace.json')
with open(path, 'w') as f:
    f.write('{"torch":%s,"leaves":%s,"programs":[\n%s\n]}\n' % (json.dumps(torch.__version__), json.dumps(LEAVES), ',\n'.join(rows)))
print('inplace:', len(rows), 'programs,', os.path.getsize(path), 'bytes')
