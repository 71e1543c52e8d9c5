"""Trigonometry, logarithms, error functions, rounding, remainders, logic, and functions of several operands."""
import torch

from ops_case import Family, b, empty, i64, inf, nan, rnd, t

f = Family('pointwise')
ERR = 'The size of tensor a (3) must match the size of tensor b (2) at non-singleton dimension 1'

# name, its range, second name
UNARY = [('sin', -2, 2, ''), ('cos', -2, 2, ''), ('tan', -1.2, 1.2, ''), ('asin', -.9, .9, 'arcsin'), ('acos', -.9, .9, 'arccos'),
         ('atan', -3, 3, 'arctan'), ('sinh', -2, 2, ''), ('cosh', -2, 2, ''), ('asinh', -3, 3, 'arcsinh'), ('acosh', 1.1, 4, 'arccosh'),
         ('atanh', -.9, .9, 'arctanh'), ('erf', -3, 3, ''), ('erfc', -3, 3, ''), ('expm1', -2, 2, ''), ('exp2', -2, 2, ''),
         ('log1p', -.8, 3, ''), ('log2', .2, 4, ''), ('log10', .2, 4, ''), ('rsqrt', .2, 4, ''), ('reciprocal', .3, 3, ''),
         ('sinc', -2.3, 2.3, '')]
for name, lo, hi, second in UNARY:
    for n in [name] + ([second] if second else []):
        both = f'torch.{n} Tensor.{n}'
        f.case(both, rnd(2, 3, lo=lo, hi=hi), double=True)
        f.case(both, rnd(lo=lo, hi=hi))
        f.case(both, empty(2, 0))
    n = f'torch.{name} Tensor.{name}'
    f.case(n, t([-0., 0., 1., -1., inf, -inf, nan]), tags='special')
    f.case(n, i64([0, 1, 2]) if name not in ('asin', 'acos', 'atanh', 'acosh') else i64([1, 1]))
    f.case(n, b([True, True]))
    if name not in ('acosh', 'asin', 'acos', 'atanh'):
        f.case(n, t([1e-8, 1e-4, .3, .49, .51, 1.5, 2.9, 5.5, 9.5, 15., 26., 60.], 'float64'), tags='special')
    f.error(f'Tensor.{name}_', i64([1, 2]), cls='DTypeError', has="can't be cast to the desired output type Long")
f.case('torch.erf Tensor.erf', t([-1e-9, -.2, -.6, -2.5, -5, -8], 'float64'))
f.case('torch.erfc Tensor.erfc', t([-1e-9, -.2, -.6, -2.5, -5, -8, 27, 40], 'float64'))
f.case('torch.square Tensor.square', t([0., -0., inf]), tags='ties')

n = 'torch.logit Tensor.logit'
f.case(n, rnd(2, 3, lo=.1, hi=.9), double=True)
f.case(n, rnd(4, lo=.1, hi=.9), 0.2, tags='ties')
f.case(n, rnd(4, lo=.3, hi=.7), eps=0.01)
f.case(n, t([0., 1., -.1, 1.1, nan]), tags='special')
f.case(n, t([0., 1., .3]), 1e-6, tags='special')
f.case(n, empty(0))
f.case(n, b([True, False]))

for name in ['floor', 'ceil', 'trunc', 'fix', 'round']:
    n = f'torch.{name} Tensor.{name}'
    f.case(n, rnd(2, 3))
    f.case(n, empty(0, 2))
    f.case(n, t([.5, 1.5, 2.5, -.5, -1.5, -2.5, 3., -0., 1e30, inf, nan]), tags='ties')
    f.case(n, i64([3, -4]))
for d in [1, 2, -1, 0]:
    f.case('torch.round Tensor.round', t([12.345, -7.251, 151.5, .049, -6.]), decimals=d, tags='ties')
f.case('torch.round Tensor.round', rnd(3), decimals=1, double=True)
f.error('torch.round Tensor.round', i64([1]), decimals=1, cls='DTypeError')
f.case('torch.frac Tensor.frac', rnd(2, 3))
f.case('torch.frac Tensor.frac', empty(0))
f.case('torch.frac Tensor.frac', t([1., -2., 2.75, nan]), tags='ties')
f.error('torch.frac Tensor.frac', i64([1]), cls='DTypeError', has="not implemented for 'Long'")


def pairs(n, x=lambda *s: rnd(*s), y=lambda *s: rnd(*s), **kw):
    f.case(n, x(2, 3), y(2, 3), double=True, **kw)
    f.case(n, x(2, 1, 3), y(2, 1), **kw)
    f.case(n, x(), y(2), **kw)
    f.case(n, x(2), y(), **kw)
    f.case(n, empty(0, 3), y(3), **kw)
    f.error(n, rnd(2, 3), rnd(2), cls='ShapeError', has=ERR)


pairs('torch.atan2 Tensor.atan2')
pairs('torch.arctan2 Tensor.arctan2')
f.case('torch.atan2 Tensor.atan2', t([0., -0., 0., 1., -1., inf, nan]), t([1., -1., -1., 0., 0., -inf, 1.]), tags='special')
f.case('torch.atan2 Tensor.atan2', i64([1, -1]), i64([2, 0]))
pairs('torch.hypot Tensor.hypot')
f.case('torch.hypot Tensor.hypot', t([3e30, 0., inf]), t([4e30, 0., nan]), tags='special')
f.error('torch.hypot Tensor.hypot', i64([3]), i64([4]), cls='DTypeError', has="not implemented for 'Long'")
for name in ['fmod', 'remainder']:
    n = f'torch.{name} Tensor.{name}'
    pairs(n, lambda *s: rnd(*s, lo=-7, hi=7), lambda *s: rnd(*s, lo=.4, hi=2))
    f.case(n, rnd(4, lo=-7, hi=7), -1.3)
    f.case(n, rnd(4, lo=-7, hi=7), 2)
    f.case(n, t([7., -7., 7., -7., inf, 1., 0., 1.]), t([3., 3., -3., -3., 2., 0., 2., inf]), tags='special')
    f.case(n, i64([7, -7, 7, -7]), i64([3, 3, -3, -3]))
    f.case(n, t([250, 7], 'uint8'), 4)
    f.case(n, i64([7, -7]), 2.5)
    f.error(n, i64([1]), i64([0]), cls='ValueError', has='ZeroDivisionError')
    f.error(n, i64([1]), 0, cls='ValueError', has='ZeroDivisionError')
f.case('torch.remainder', 7, t([3., -4.]))
plain = lambda *s: rnd(*s, lo=1, hi=7, grad=False)
n = 'torch.floor_divide Tensor.floor_divide'
f.case(n, plain(2, 3), plain(3))
f.case(n, t([7., -7., 7., -7.], grad=False), 2)
f.case(n, i64([7, -7, 8]), i64([2, 2, -3]))
f.case(n, empty(0, grad=False), plain(1))
f.error(n, i64([1]), 0, cls='ValueError', has='ZeroDivisionError')

for name in ['logical_and', 'logical_or', 'logical_xor']:
    n = f'torch.{name} Tensor.{name}'
    f.case(n, b([True, True, False, False]), b([True, False, True, False]))
    f.case(n, t([0., 2., nan], grad=False), t([[1.], [0.]], grad=False))
    f.case(n, i64([0, 2]), t([0., -0.], grad=False))
    f.case(n, empty(0, grad=False), t([1.], grad=False))
    f.error(n, rnd(2, 3), rnd(2), cls='ShapeError', has=ERR)
f.case('torch.logical_not Tensor.logical_not', t([0., 2.], grad=False))
f.case('torch.logical_not Tensor.logical_not', empty(0, dtype='bool'))
for name in ['isnan', 'isinf', 'isfinite', 'isposinf', 'isneginf']:
    n = f'torch.{name} Tensor.{name}'
    f.case(n, t([[1., nan, inf], [-inf, 0., -2.]]))
    f.case(n, t([1., nan, inf], 'float64'))
    f.case(n, i64([1, 0]))
    f.case(n, b([True, False]))
    f.case(n, empty(0, 2))
for name in ['isclose', 'allclose']:
    n = f'torch.{name} Tensor.{name}'
    x, y = t([1., 1., 100., inf, -inf, nan, 0.]), t([1., 1.00002, 100.0005, inf, inf, nan, 1e-9])
    f.case(n, x, y)
    f.case(n, x, y, 1e-3, 1e-3)
    f.case(n, x, y, equal_nan=True)
    f.case(n, x, y, rtol=0., atol=0.)
    f.case(n, t([1., 2.]), t([[1.], [2.]]))
    f.case(n, t([1., 2.]), t([1.000001, 2.]))
    f.case(n, i64([1, 2]), i64([1, 3]))
    f.case(n, i64([100, 2]), i64([101, 2]), rtol=.02)
    f.case(n, empty(0), t([1.]))
    f.error(n, rnd(2), i64([1, 2]), cls='DTypeError', has='did not match')
    f.error(n, rnd(2), rnd(2), rtol=-1., cls='ValueError', has='rtol must be greater than or equal to zero, but got -1')
    f.error(n, rnd(2), rnd(2), atol=-1., cls='ValueError', has='atol must be greater than or equal to zero, but got -1')

for name, sign in [('clamp_min', 1), ('clamp_max', -1)]:
    n = f'torch.{name} Tensor.{name}'
    f.case(n, rnd(2, 3), .25)
    f.case(n, rnd(2, 3), rnd(3))
    f.case(n, empty(0), 1)
    f.case(n, t([1., 2., nan]), 2, tags='ties')
    f.case(n, i64([1, 5]), 3)
f.case('torch.clip Tensor.clip', rnd(2, 3), -.5, .5)
f.case('torch.clip Tensor.clip', rnd(2, 3), max=.5)
f.case('torch.clip Tensor.clip', empty(0), 0, 1)

n = 'torch.lerp Tensor.lerp'
for w in [0.3, 0.7, -0.4, 1.6]:
    f.case(n, rnd(2, 3), rnd(2, 3), w, double=True)
f.case(n, rnd(2, 3), rnd(3), rnd(2, 1))
f.case(n, rnd(3), rnd(3), rnd(3), double=True)
f.case(n, rnd(2), rnd(2), weight=2)
f.case(n, empty(0, 2), rnd(2), 0.5)
f.error(n, rnd(2), i64([1, 2]), 0.5, cls='DTypeError')
f.error(n, i64([1, 2]), i64([1, 2]), 0.5, cls='DTypeError')
for name in ['addcmul', 'addcdiv']:
    n = f'torch.{name} Tensor.{name}'
    r = lambda *s: rnd(*s, lo=.4, hi=2)
    f.case(n, r(2, 3), r(2, 3), r(2, 3), double=True)
    f.case(n, r(2, 3), r(2, 3), r(2, 3), value=-.5)
    f.case(n, r(3), r(2, 1), r(1, 3), value=2)
    f.case(n, r(), r(), r())
    f.case(n, empty(0, 2), r(2), r(1))
f.case('torch.addcmul Tensor.addcmul', i64([1, 2]), i64([3, 4]), i64([5, 6]), value=2)
f.error('torch.addcdiv Tensor.addcdiv', i64([1]), i64([1]), i64([1]), cls='DTypeError', has='Integer division with addcdiv is no longer supported')

n = 'torch.nan_to_num Tensor.nan_to_num'
f.case(n, rnd(2, 3))
f.case(n, t([1., nan, inf, -inf]), tags='ties')
f.case(n, t([1., nan, inf, -inf], 'float64'), tags='ties')
f.case(n, t([1., nan, inf, -inf]), 5, tags='ties')
f.case(n, t([1., nan, inf, -inf]), nan=2, posinf=7, neginf=-8.5, tags='ties')
f.case(n, i64([1, 2]))
f.case(n, empty(0))

SECOND = {'absolute': 'abs', 'negative': 'neg'}
for name in ['absolute', 'negative']:
    f.case(f'torch.{name} Tensor.{name}', rnd(2, 3))
    f.case(f'torch.{name} Tensor.{name}', empty(0))
for name in ['subtract', 'multiply', 'divide', 'true_divide', 'greater', 'greater_equal', 'less', 'less_equal', 'not_equal']:
    n = f'torch.{name} Tensor.{name}'
    f.case(n, rnd(2, 3, lo=.4), rnd(3, lo=.4))
    f.case(n, rnd(2, 3), 1.5)
    f.case(n, empty(0), rnd(1))
f.case('torch.subtract Tensor.subtract', rnd(2), rnd(2), alpha=3)
f.case('torch.divide Tensor.divide', t([7., -7.]), 2, rounding_mode='floor', tags='ties')

for name in ['eq', 'ne', 'lt', 'le', 'gt', 'ge']:
    f.case(f'torch.{name} Tensor.{name}', t([1., 2., 3.], grad=False), 2)
    f.case(f'torch.{name} Tensor.{name}', t([1., 2., 3.], grad=False), t([3., 2., 1.], grad=False))
n = 'torch.result_type'
for x, y in [(rnd(2), i64([1])), (i64([1]), 1.5), (i64([1]), 2), (t([1], 'uint8'), i64(3)), (b([True]), 1), (t([1], 'int32'), rnd()), (empty(0, dtype='float64'), rnd(2))]:
    f.case(n, x, y)
for n in ['torch.is_tensor', 'torch.is_floating_point', 'torch.numel']:
    for x in [rnd(2, 3), i64([1]), empty(0, 2), b(True)]:
        f.case(n, x)
f.case('torch.is_tensor', 1.5)
f.write()
