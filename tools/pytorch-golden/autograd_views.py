"""What PyTorch allows of views: gradients, flags and errors of small programs on views and in-place operations.

    OPENBLAS_NUM_THREADS=1 /usr/bin/python3 tools/pytorch-golden/autograd_views.py
writes packages/tensor/test/fixtures/autograd-views.json: for each program its results in order; an error is {error: text}.
The programs themselves stand once more in packages/tensor/test/autograd/view-rules.test.ts, under the same names.
"""
import json
import os

import torch


def leaf(shape=(2, 3)):
    n = torch.Size(shape).numel()
    return (torch.arange(n, dtype=torch.float64) / 4 - .5).reshape(shape).clone().requires_grad_()


def pack(x):
    if isinstance(x, torch.Tensor):
        return {'shape': list(x.shape), 'values': x.detach().reshape(-1).tolist()}
    return x


def attempt(f):
    try:
        return pack(f())
    except RuntimeError as e:
        return {'error': str(e)}


def parts(make):
    """An in-place change of one of several views, of a view of it, and of their base."""
    x = leaf()
    y = x * 2
    part = make(y)[0]
    out = [part.grad_fn.name(), attempt(lambda: part.mul_(3)), attempt(lambda: part.view(-1).mul_(3)),
           pack(torch.autograd.grad((part * part).sum(), x, retain_graph=True)[0])]
    y.mul_(2)
    out += [attempt(lambda: part.sum()), part.requires_grad]
    with torch.no_grad():
        out.append(pack(make(y)[0].zero_()))
    return out


def without_graph():
    x = leaf()
    with torch.no_grad():
        view, row = x.view(-1), (x * 1).select(0, 0)
    out = [view.requires_grad, view.is_leaf, view.grad_fn is None, str(view.select(0, 0)), row.requires_grad]
    seen = []
    view.register_hook(lambda g: seen.append(g))
    y = view * 2
    out += [y.requires_grad, pack(torch.autograd.grad((y * x.view(-1)).sum(), x)[0]), len(seen)]
    with torch.no_grad():
        x.mul_(2)
    return out + [attempt(lambda: view.sum())]


def leaf_that_is_a_view():
    x = torch.zeros(6, dtype=torch.float64).view(2, 3).requires_grad_()
    buffer = torch.zeros(6, dtype=torch.float64)
    with torch.no_grad():
        row = buffer[0:2]
    return [attempt(lambda: x.add_(1)), attempt(lambda: x.view(-1).add_(1)), attempt(lambda: row.add_(leaf((2,))))]


def result_is_no_view():
    x = leaf()
    out = []
    for y in [x.max(1)[0], x.matmul(x.t()), x.mean(0)]:
        z = y.reshape(-1)
        z.sigmoid_()
        out += [y._base is None, pack(torch.autograd.grad(z.sum(), x)[0])]
    return out


def no_longer_a_leaf_with_gradient():
    x, y = leaf(), leaf()
    z = (x * y).sum()
    x.requires_grad_(False)
    z.backward()
    return [x.grad is None, pack(y.grad)]


def expanded():
    x = leaf((3,))
    out = [pack(torch.autograd.grad(x.expand(2, 3).as_strided([3], [1]).sum(), x)[0]),
           pack(torch.autograd.grad((x.unfold(0, 2, 1).as_strided([2, 2], [1, 1], 0)[:1] * 2).sum(), x)[0])]
    b = torch.zeros(3, dtype=torch.float64)
    out += [pack(b.expand(2, 3).fill_(2)), pack(b), pack(b.expand(2, 3).zero_()), attempt(lambda: b.expand(2, 3).add_(1))]
    return out


def turned_without_a_graph():
    x = leaf()
    row = (x * 2)[0]
    with torch.no_grad():
        row.unsqueeze_(0)
    y = x * 2
    y.retain_grad()
    y.unsqueeze_(0)
    (y * y).sum().backward()
    return [pack(torch.autograd.grad((row * row).sum(), x)[0]), pack(y.grad.reshape(-1)), pack(x.grad)]


PROGRAMS = {
    'unbind': lambda: parts(lambda y: y.unbind(0)),
    'split': lambda: parts(lambda y: y.split(1)),
    'split with sizes': lambda: parts(lambda y: y.split([1, 1])),
    'chunk': lambda: parts(lambda y: y.chunk(2, 1)),
    'a view without a graph': without_graph,
    'a leaf that is a view': leaf_that_is_a_view,
    'a result is no view': result_is_no_view,
    'a leaf that wants no gradient any more': no_longer_a_leaf_with_gradient,
    'expanded': expanded,
    'turned': turned_without_a_graph,
}

if __name__ == '__main__':
    out = {'torch': torch.__version__, 'programs': {name: f() for name, f in PROGRAMS.items()}}
    here = os.path.dirname(os.path.abspath(__file__))
    with open(os.path.join(here, '../../packages/tensor/test/fixtures/autograd-views.json'), 'w') as f:
        f.write(json.dumps(out, separators=(',', ':')).replace('],"', '],\n"') + '\n')
