"""The cases of the op fixtures: how inputs are written, how PyTorch's answers are recorded.

A case is one call. Its JSON has
  fn     the names it goes by: 'torch.add', 'Tensor.add', 'F.relu'
  a, k   positional and keyword arguments; a tensor is {t: dtype, s: shape, d: elements}, with g: 1 if it requires grad,
         e: a shape that it is expanded to (strides 0), without `d` where there are no elements
  y      the result, dy the gradients of the inputs with g, in order, for the cotangent of `cotangent`; 'unknown' where
         PyTorch 1.13 fails to compute them
  gf     the name of the first output's grad_fn
  y64, dy64   the same in float64, where rounding matters
  inplace     what the function's name with _ does: true (the same), or PyTorch's error
  error       instead of y: PyTorch's message, `cls` the class of ours and `has` the part of the message that both have
NaN, infinities and −0 are strings.
"""
import json
import math
import os

import numpy
import torch
import torch.nn.functional as F

HERE = os.path.dirname(os.path.abspath(__file__))
OUT = os.path.join(HERE, '../../packages/tensor/test/fixtures/ops')
nan, inf = math.nan, math.inf
SHORT = {'float32': 'f32', 'float64': 'f64', 'int64': 'i64', 'int32': 'i32', 'uint8': 'u8', 'bool': 'b'}


def dtype_name(d):
    return str(d).replace('torch.', '')


def number(x, dtype=None):
    """A JSON value of an element."""
    if isinstance(x, bool):
        return int(x) if dtype == 'bool' else x
    if isinstance(x, float):
        if math.isnan(x) or math.isinf(x):
            return {'nan': 'nan', 'inf': 'inf', '-inf': '-inf'}[repr(x)]
        if x == 0 and math.copysign(1, x) < 0:
            return '-0'
        if dtype == 'float32':
            x = float(str(numpy.float32(x)))
        return int(x) if x.is_integer() and abs(x) < 2**53 else x
    return x


class Input:
    """A tensor to be made: plain elements in a shape."""

    def __init__(self, data, shape=None, dtype='float32', grad=None, expand=None):
        probe = torch.tensor(data, dtype=torch.float64) if not isinstance(data, torch.Tensor) else data
        self.shape = list(shape if shape is not None else probe.shape)
        flat = probe.reshape(-1).tolist()
        assert len(flat) == math.prod(self.shape), (self.shape, len(flat))
        self.flat = flat
        self.dtype = dtype
        self.grad = dtype in ('float32', 'float64') if grad is None else grad
        self.expand = expand

    def make(self, double=False):
        dtype = 'float64' if double and self.dtype == 'float32' else self.dtype
        t = torch.tensor(self.flat, dtype=torch.float64).to(getattr(torch, dtype)).reshape(self.shape)
        if self.dtype == 'int64':
            t = torch.tensor([int(x) for x in self.flat], dtype=torch.int64).reshape(self.shape)
        t = t.clone()  # no view
        if self.expand is not None:
            t = t.expand(self.expand)
        return t.requires_grad_() if self.grad else t

    def json(self):
        out = {'t': SHORT[self.dtype], 's': self.shape}
        if self.flat:
            out['d'] = [number(x, self.dtype) for x in self.flat]
        if self.grad:
            out['g'] = 1
        if self.expand is not None:
            out['e'] = list(self.expand)
        return out


def t(data, dtype='float32', **kw):
    return Input(data, dtype=dtype, **kw)


def i64(data, **kw):
    return t(data, 'int64', **kw)


def b(data, **kw):
    return t(data, 'bool', **kw)


_seed = [0]


def rnd(*shape, lo=-2.0, hi=2.0, dtype='float32', **kw):
    """Distinct elements with two or three decimals, none near 0: away from kinks and ties."""
    _seed[0] += 1
    rng = numpy.random.RandomState(_seed[0])
    n = math.prod(shape)
    seen = []
    while len(seen) < n:
        x = round(float(rng.uniform(lo, hi)), 2 if n < 20 else 3)
        if abs(x) >= 0.06 and x not in seen:
            seen.append(x)
    return Input(torch.tensor(seen, dtype=torch.float64), shape=shape, dtype=dtype, **kw)


def empty(*shape, dtype='float32', **kw):
    return Input(torch.zeros(0, dtype=torch.float64), shape=shape, dtype=dtype, **kw)


def cotangent(like, k):
    i = torch.arange(like.numel(), dtype=torch.int64)
    return ((((i + 3 * k) * 7 + 3) % 11).to(like.dtype) - 5.5).div(4).reshape(like.shape)


def walk(x, fn):
    if isinstance(x, (list, tuple)):
        return [walk(v, fn) for v in x]
    if isinstance(x, dict):
        return {k: walk(v, fn) for k, v in x.items()}
    return fn(x)


def encode(x):
    if isinstance(x, Input):
        return x.json()
    if isinstance(x, torch.dtype):
        return dtype_name(x)
    return number(x)


def result(x):
    if isinstance(x, torch.Tensor):
        name = dtype_name(x.dtype)
        out = {'t': SHORT[name], 's': list(x.shape)}
        if x.numel():
            out['d'] = [number(v, name) for v in x.detach().reshape(-1).tolist()]
        if x.requires_grad and x.is_leaf and not x._is_view():
            out['g'] = 1
        return out
    if isinstance(x, (list, tuple)):
        return [result(v) for v in x]
    if isinstance(x, torch.dtype):
        return dtype_name(x)
    return number(x)


def find(name):
    space, fn = name.split('.')
    return getattr({'torch': torch, 'Tensor': torch.Tensor, 'F': F}[space], fn)


def inputs_of(made):
    found = []
    walk(made, lambda x: found.append(x) if isinstance(x, torch.Tensor) else None)
    return found


def call(fn, args, kwargs, double, seed=None):
    made = []

    def make(x):
        if isinstance(x, Input):
            made.append(x.make(double))
            return made[-1]
        return x

    a, k = walk(args, make), walk(kwargs, make)
    if seed is not None:
        torch.manual_seed(seed)
    y = fn(*a, **k)
    outs = [o for o in (y if isinstance(y, (list, tuple)) else [y]) if isinstance(o, torch.Tensor)]
    live = [o for o in outs if o.requires_grad]
    wanted = [x for x in made if x.requires_grad]
    grads = None
    if live and wanted:
        cots = [cotangent(o, k) for k, o in enumerate(outs) if o.requires_grad]
        try:
            grads = torch.autograd.grad(live, wanted, cots, allow_unused=True)
        except RuntimeError as e:
            # a backward that PyTorch 1.13 gets wrong: only gradcheck speaks about it
            print('no gradient:', fn.__name__, [list(x.shape) for x in made], first_line(e))
            grads = 'failed'
    return y, grads


def first_line(error):
    text = str(error).split('Exception raised from')[0]
    return text.split('\nDeclaration')[0].split('\n')[0][:240]


class Family:
    def __init__(self, name):
        self.name = name
        self.cases = []
        self.problems = []
        _seed[0] = 0  # a family's numbers do not depend on the others

    def case(self, names, *args, **kwargs):
        try:
            self.record(names, *args, **kwargs)
        except Exception as e:
            self.problems.append(f'{names} {walk(args, encode)} {walk(kwargs, encode)} raises {first_line(e)}')

    def record(self, names, *args, double=False, tags=(), seed=None, also=None, **kwargs):
        """Records a call. `also`: keyword arguments whose names clash with these."""
        kwargs = {**kwargs, **(also or {})}
        names = names.split() if isinstance(names, str) else names
        fn = find(names[0])
        y, grads = call(fn, args, kwargs, False, seed)
        out = {'fn': names, 'a': walk(args, encode)}
        if kwargs:
            out['k'] = walk(kwargs, encode)
        if tags:
            out['tags'] = tags.split() if isinstance(tags, str) else list(tags)
        if seed is not None:
            out['seed'] = seed
        out['y'] = result(y)
        outputs = [o for o in (y if isinstance(y, (list, tuple)) else [y]) if isinstance(o, torch.Tensor) and o.grad_fn]
        if outputs:
            out['gf'] = outputs[0].grad_fn.name()
        if grads == 'failed':
            out['dy'] = 'unknown'
        elif grads is not None:
            out['dy'] = [None if g is None else result(g) for g in grads]
        if double:
            y64, dy64 = call(fn, args, kwargs, True, seed)
            out['y64'] = result(y64)
            if dy64 is not None:
                out['dy64'] = [None if g is None else result(g) for g in dy64]
        for other in names[1:]:
            y2, _ = call(find(other), args, kwargs, False, seed)
            assert json.dumps(result(y2)) == json.dumps(out['y']), (names, other)
        self.inplace(out, names[0].split('.')[1], args, kwargs, seed)
        self.cases.append(out)

    def inplace(self, out, name, args, kwargs, seed):
        if not hasattr(torch.Tensor, name + '_') or name.endswith('_') or not args or not isinstance(args[0], Input):
            return
        try:
            y, _ = call(lambda x, *a, **k: getattr(x.clone(), name + '_')(*a, **k), args, kwargs, False, seed)
        except Exception as e:
            if 'takes no keyword arguments' not in str(e):
                out['inplace'] = first_line(e)
            return
        same = json.dumps(result(y)) == json.dumps(out['y'])
        out['inplace'] = True if same else result(y)

    def error(self, names, *args, cls, has=None, only2=False, also=None, **kwargs):
        """Records a call that PyTorch refuses. `has`: words of its message that ours has too. `only2`: 1.13 does not."""
        kwargs = {**kwargs, **(also or {})}
        names = names.split() if isinstance(names, str) else names
        message = has if only2 else ''
        try:
            call(find(names[0]), args, kwargs, False)
            if not only2:
                self.problems.append(f'{names} {walk(args, encode)} does not raise')
        except Exception as e:
            message = message or str(e)
        if has is not None and has not in message:
            self.problems.append(f'{names} {has!r} not in {message!r}')
        out = {'fn': names, 'a': walk(args, encode)}
        if kwargs:
            out['k'] = walk(kwargs, encode)
        out['error'] = first_line(message)
        out['cls'] = cls
        if has is not None:
            out['has'] = has
        self.cases.append(out)

    def write(self):
        assert not self.problems, '\n' + '\n'.join(self.problems)
        os.makedirs(OUT, exist_ok=True)
        path = os.path.join(OUT, self.name + '.json')
        rows = ',\n'.join(json.dumps(c, separators=(',', ':'), ensure_ascii=False) for c in self.cases)
        with open(path, 'w') as f:
            f.write('{"torch":%s,"cases":[\n%s\n]}\n' % (json.dumps(torch.__version__), rows))
        print(f'{self.name}: {len(self.cases)} cases, {os.path.getsize(path)} bytes')
