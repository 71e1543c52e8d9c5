"""Arithmetic, exponentials, activations, comparisons and choices."""
from ops_case import Family, b, empty, i64, inf, nan, rnd, t

f = Family('elementwise')


def shapes(names, lo=-2.0, hi=2.0, **kw):
    """Two operands: equal, broadcast both ways, 0-dim, empty, empty broadcast."""
    r = lambda *s: rnd(*s, lo=lo, hi=hi)
    f.case(names, r(2, 3), r(2, 3), double=True, **kw)
    f.case(names, r(2, 1, 3), r(2, 1), **kw)
    f.case(names, r(3), r(2, 3), **kw)
    f.case(names, r(), r(2), **kw)
    f.case(names, r(2), r(), **kw)
    f.case(names, r(), r(), **kw)
    f.case(names, empty(0, 3), r(3), **kw)
    f.case(names, empty(2, 0), r(2, 1), **kw)


def both_errors(names):
    f.error(names, rnd(2, 3), rnd(2), cls='ShapeError', has='The size of tensor a (3) must match the size of tensor b (2) at non-singleton dimension 1')


for name in ['add', 'sub']:
    n = f'torch.{name} Tensor.{name}'
    shapes(n)
    f.case(n, rnd(2, 2), rnd(2, 2), alpha=0.3)
    f.case(n, rnd(2, 2), 1.5)
    f.case(n, rnd(3), 2, alpha=-1)
    f.case(n, rnd(2, 2), rnd(2), alpha=-2)
    f.case(n, i64([1, 2, 3]), i64([4, 5, -6]), alpha=3)
    f.case(n, t([0, 1, 254, 255], 'uint8'), t([1, 1, 3, 255], 'uint8'))
    f.case(n, t([2147483647, -2147483648], 'int32'), 1)
    f.case(n, t([-0., 0., inf, inf, nan, 1.]), t([-0., -0., 1., -inf, 1., nan]), tags='special')
    f.case(n, i64([1, 2]), rnd(2))
    f.case(n, t([1, 2], 'int32'), i64([5, 6]))
    f.case(n, i64([1, 2]), 1.5)
    both_errors(n)
    f.error(n, i64([1]), i64([2]), alpha=0.5, cls='DTypeError', has='For integral input tensors, argument alpha must not be a floating point number.')
f.case('torch.add Tensor.add', b([True, False, True]), b([True, False, False]))
f.case('torch.add Tensor.add', b([True, False]), 1)
f.error('torch.sub Tensor.sub', b([True]), b([True]), cls='DTypeError', has='Subtraction, the `-` operator, with two bool tensors is not supported.')

n = 'torch.mul Tensor.mul'
shapes(n)
f.case(n, rnd(2, 2), -1.5)
f.case(n, rnd(2), 0)
f.case(n, t([0., -0., inf, nan, inf]), t([-1., 1., 0., 2., -inf]), tags='special')
f.case(n, t([200, 3], 'uint8'), t([2, 3], 'uint8'))
f.case(n, t([65536, -7], 'int32'), t([65536, 3], 'int32'))
f.case(n, b([True, True]), b([True, False]))
f.case(n, i64([3, 4]), rnd(2))
both_errors(n)

n = 'torch.div Tensor.div'
shapes(n, lo=0.3, hi=2.5)
f.case(n, rnd(2, 2), 3)
f.case(n, i64([1, -7, 8]), i64([2, 2, 3]))
f.case(n, i64([1, 2]), 4)
f.case(n, b([True, False]), b([True, True]))
f.case(n, t([1., -1., 0., 0., inf, nan]), t([0., 0., 0., -2., inf, 1.]), tags='special')
f.case(n, rnd(3), t([-0., 0., 2.]), tags='special')
for mode in ['trunc', 'floor']:
    f.case(n, t([7., -7., 7., -7., 0.5]), t([2., 2., -2., -2., 0.3]), rounding_mode=mode, tags='ties')
    f.case(n, rnd(2, 3, lo=1, hi=5), rnd(3, lo=0.4, hi=0.9), rounding_mode=mode)
    f.case(n, i64([7, -7, 7, -7, 6]), i64([2, 2, -2, -2, 3]), rounding_mode=mode)
    f.case(n, t([7, 250], 'uint8'), t([2, 7], 'uint8'), rounding_mode=mode)
    f.case(n, t([-7, 7], 'int32'), 2, rounding_mode=mode)
    f.case(n, t([1., -1., 0., inf, nan]), t([0., 0., 0., 2., 1.]), rounding_mode=mode, tags='special')
    f.case(n, empty(0), t([2.]), rounding_mode=mode)
    f.error(n, i64([1]), i64([0]), rounding_mode=mode, cls='ValueError', has='ZeroDivisionError')
f.case(n, rnd(2), rnd(2), rounding_mode=None)
f.error(n, rnd(2), rnd(2), rounding_mode='round', cls='ValueError', has="div expected rounding_mode to be one of None, 'trunc', or 'floor' but found 'round'")
both_errors(n)

n = 'torch.pow Tensor.pow'
shapes(n, lo=0.3, hi=2.5)
for e in [2, 3, -1, 0.5, -1.5, 0, 1, 2.5]:
    f.case(n, rnd(4, lo=0.3, hi=2.5), e, double=True)
f.case(n, t([-2., -1.5, 0.5]), 3)
f.case(n, t([-2., -1.5, 0.5]), -2)
f.case(n, t([-2., -1.5]), 0.5, tags='special')
f.case('torch.pow', 2, rnd(4), double=True)
f.case('torch.pow', 0.5, rnd(2, 2))
f.case('torch.pow', 0, t([0., 1., 2.]), tags='ties')
f.case('torch.pow', 1, rnd(2))
f.case(n, t([0., 0., 0., 0., 1., 2.]), t([0., 1., 2., 0.5, 0., 0.]), tags='ties')
f.case(n, t([0., 1., -3.]), 0, tags='ties')
f.case(n, t([0., 2.]), 2, tags='ties')
f.case(n, t([0., 2.]), -1, tags='special')
f.case(n, t([nan, inf, -inf, nan]), t([0., 2., 3., 1.]), tags='special')
f.case(n, i64([2, -3, 0]), i64([3, 2, 0]))
f.case(n, i64([2, 1, -1, -1, 0]), i64([-1, -2, -3, -2, 2]))
f.case(n, i64([2, 3]), 0.5)
f.case(n, t([2, 3], 'uint8'), 2)
f.case(n, t([3, 16], 'uint8'), t([6, 2], 'uint8'))
f.case(n, i64([2, 3]), rnd(2, lo=0.4, hi=2))
f.error(n, i64([2]), -1, cls='ValueError', has='Integers to negative integer powers are not allowed.')
both_errors(n)
f.case('torch.square Tensor.square', rnd(2, 3))
f.case('torch.square Tensor.square', i64([-3, 4]))
f.case('torch.square Tensor.square', empty(0))

UNARY = {'neg': {}, 'exp': {'double': True}, 'log': {'lo': 0.2, 'hi': 3, 'double': True}, 'sqrt': {'lo': 0.2, 'hi': 3, 'double': True},
         'abs': {}, 'sign': {}, 'tanh': {'double': True}, 'sigmoid': {'double': True}, 'relu': {}}
for name, kw in UNARY.items():
    n = f'torch.{name} Tensor.{name}'
    if name in ('relu', 'tanh', 'sigmoid'):
        n += f' F.{name}'
    double = kw.get('double', False)
    r = lambda *s: rnd(*s, lo=kw.get('lo', -2), hi=kw.get('hi', 2))
    f.case(n, r(2, 3), double=double)
    f.case(n, r())
    f.case(n, empty(2, 0))
    f.case(n, t([-0., 0., inf, -inf, nan]), tags='ties')
    f.case(n, i64([0, 1, 2]) if name != 'log' else i64([1, 2, 3]))
    f.case(n, t([0, 1, 200], 'uint8') if name not in ('log', 'exp') else t([1, 2, 20], 'uint8'))
for name in ['exp', 'log', 'sqrt', 'tanh', 'sigmoid']:
    f.case(f'torch.{name} Tensor.{name}', b([True, True]))
for name in ['tanh', 'sigmoid', 'exp']:
    f.case(f'torch.{name} Tensor.{name}', t([-90., -20., 20., 88.]))
f.case('torch.log Tensor.log', t([-1., 1e-30, 1e30]), tags='special')
f.case('torch.sqrt Tensor.sqrt', t([-1., 4.]), tags='special')
f.case('F.relu', rnd(4), inplace=False)
f.case('torch.abs Tensor.abs', t([-2147483647, 5], 'int32'))
f.case('torch.sign Tensor.sign', b([True, False]))
f.error('torch.neg Tensor.neg', b([True]), cls='DTypeError', has='Negation, the `-` operator, on a bool tensor is not supported.')
f.error('torch.relu Tensor.relu', b([True]), cls='DTypeError', has='Boolean inputs not supported for relu')
f.error('torch.abs Tensor.abs', b([True]), cls='DTypeError')
for name in ['exp_', 'log_', 'sqrt_', 'tanh_', 'sigmoid_']:
    f.error(f'Tensor.{name} torch.{name}', i64([1, 2]), cls='DTypeError', has="can't be cast to the desired output type Long")
f.case('torch.logical_not Tensor.logical_not', t([0., -0., 1.5, nan, inf], grad=False))
f.case('torch.logical_not Tensor.logical_not', b([True, False]))
f.case('torch.logical_not Tensor.logical_not', i64([[0, 2], [-1, 0]]))
f.case('torch.logical_not Tensor.logical_not', empty(0, grad=False))

for name in ['eq', 'ne', 'lt', 'le', 'gt', 'ge']:
    n = f'torch.{name} Tensor.{name}'
    f.case(n, t([1., 2., 3., nan, inf, -0.]), t([1., 3., 2., nan, inf, 0.]))
    f.case(n, t([[1., 2.]]), t([[1.], [2.]]))
    f.case(n, i64([1, 2, 3]), t([1., 2.5, 3.], grad=False))
    f.case(n, i64([1, 2, 3]), 2)
    f.case(n, i64([1, 2, 3]), 1.5)
    f.case(n, b([True, False]), b([True, True]))
    f.case(n, t([0, 255], 'uint8'), -1)
    f.case(n, t(1.), t(1.))
    f.case(n, empty(0, 2, grad=False), t([1., 2.], grad=False))
    both_errors(n)

for name in ['maximum', 'minimum']:
    n = f'torch.{name} Tensor.{name}'
    shapes(n)
    f.case(n, t([1., 2., nan, 1., -0., inf]), t([1., 1., 1., nan, 0., inf]), tags='ties')
    f.case(n, i64([1, 5]), i64([3, 2]))
    f.case(n, i64([1, 5]), rnd(2))
    f.case(n, b([True, False]), b([False, False]))
    both_errors(n)
    short = name[:3]
    f.case(f'torch.{short} Tensor.{short}', rnd(2, 2), rnd(2))
    f.case(f'torch.{short} Tensor.{short}', t([1., 2.]), t([1., 3.]), tags='ties')

n = 'torch.where'
f.case(n, b([[True, False], [False, True]]), rnd(2, 2), rnd(2, 2))
f.case(n, b([True, False]), rnd(2, 2), rnd(2, 1))
f.case(n, b([[True], [False]]), rnd(2), rnd())
f.case(n, b(True), rnd(2), rnd(2))
f.case(n, b([True, False]), rnd(2), 1.5)
f.case(n, b([True, False]), 2, rnd(2))
f.case(n, b([True, False]), i64([1, 2]), i64([3, 4]))
f.case(n, empty(0, dtype='bool'), empty(0), rnd(1))
f.case(n, b([True, False]), t([nan, nan]), t([1., 2.]), tags='special')
f.case('Tensor.where', rnd(2, 2), b([True, False]), rnd(2))
f.case('Tensor.where', rnd(3), b([True, False, True]), rnd(1))
f.case('Tensor.where', empty(0), b([True]), rnd(1))
f.error(n, rnd(2), rnd(2), rnd(2), cls='DTypeError', has='where expected condition to be a boolean tensor, but got a tensor with dtype')
f.error(n, b([True, False, True]), rnd(2), rnd(2), cls='ShapeError', has='The size of tensor a (3) must match the size of tensor b (2) at non-singleton dimension 0')

n = 'torch.masked_fill Tensor.masked_fill'
f.case(n, rnd(2, 3), b([[True, False, True], [False, False, True]]), 0.5)
f.case(n, rnd(2, 3), b([True, False, True]), rnd())
f.case(n, rnd(3), b([[True, False, True], [False, False, True]]), -1)
f.case(n, rnd(2, 2), b([[True], [False]]), -inf, tags='special')
f.case(n, rnd(), b(True), 2)
f.case(n, empty(0, 2), b([True, False]), 2)
f.case(n, i64([1, 2]), b([True, False]), 7)
f.case(n, b([True, True]), b([True, False]), False)
f.error(n, rnd(2), i64([0, 1]), 1, cls='DTypeError', has='masked_fill_ only supports boolean masks, but got mask with dtype', only2=True)
f.error(n, rnd(2), b([True, False]), rnd(1), cls='ValueError', has='only supports a 0-dimensional value tensor, but got tensor with 1 dimension(s).')
f.case(n, i64([1, 2]), b([True, False]), 1.5)
f.error(n, t([1, 2], 'uint8'), b([True, False]), 300, cls='ValueError', has='value cannot be converted to type uint8_t without overflow')
f.error(n, t([1, 2], 'int32'), b([True, False]), 3000000000, cls='ValueError', has='value cannot be converted to type int without overflow')
f.error(n, rnd(3), b([True, False]), 1, cls='ShapeError', has='must match the size of tensor b')

n = 'torch.clamp Tensor.clamp'
f.case(n, rnd(2, 3), -0.55, 0.85)
f.case(n, rnd(4), min=-0.31)
f.case(n, rnd(4), max=0.31)
f.case(n, rnd(4), None, 0.31)
f.case(n, rnd(2, 3), rnd(2, 3), rnd(3))
f.case(n, rnd(2, 3), min=rnd(3))
f.case(n, rnd(2, 3), max=rnd(2, 1))
f.case(n, rnd(2, 1), rnd(3), rnd())
f.case(n, rnd(4), 1.5, -0.5)
f.case(n, rnd(4), t([1.5, 1., 1., 1.]), t([-1., -1., -0.5, -1.5]))
f.case(n, t([-1., 0., 1., 2., nan, inf, -inf]), 0, 1, tags='ties')
f.case(n, t([1., 2., 3.]), t([1., 1., 3.]), t([2., 2., 3.]), tags='ties')
f.case(n, t([2., 2.]), min=t([2., 1.]), tags='ties')
f.case(n, t([2., 2.]), max=t([2., 3.]), tags='ties')
f.case(n, t([1., nan, 2.]), t([nan, 1., 0.]), t([2., 2., nan]), tags='special')
f.case(n, t([1., 2.]), nan, tags='special')
f.case(n, rnd(), -0.1, 0.1)
f.case(n, empty(0), 0, 1)
f.case(n, empty(0, 2), rnd(2), rnd(2))
f.case(n, i64([-3, 0, 5]), -1, 2)
f.case(n, i64([-3, 0, 5]), -0.5, 2.5)
f.case(n, i64([-3, 5]), i64([0, 0]), i64([1, 1]))
f.error(n, rnd(2), cls='ValueError', has="At least one of 'min' or 'max' must not be None")

n = 'torch.equal Tensor.equal'
f.case(n, rnd(2, grad=False), rnd(2, grad=False))
f.case(n, t([1., 2.]), t([1., 2.]))
f.case(n, t([1., nan]), t([1., nan]))
f.case(n, t([1., 2.]), t([[1., 2.]]))
f.case(n, empty(0), empty(0))

for name, kw in [('bernoulli_', {'p': 0.3}), ('exponential_', {'lambd': 2}), ('normal_', {'mean': 0.5, 'std': 2}), ('uniform_', {'from': -1, 'to': 2})]:
    f.case(f'Tensor.{name}', t([0.] * 20, grad=False), seed=5, also=kw)
    f.case(f'Tensor.{name}', empty(0, grad=False), seed=5)
f.case('Tensor.random_', t([0] * 6, 'int64'), 3, 9, seed=5)
f.case('Tensor.random_', t([0.] * 6, grad=False), 9, seed=5)
for name in ['normal_', 'uniform_', 'exponential_']:
    f.error(f'Tensor.{name}', i64([1]), cls='DTypeError')
f.write()
