"""Products, truth, norms, moments, medians, running reductions, counts."""
import torch

from ops_case import Family, b, empty, i64, inf, nan, rnd, t

f = Family('stats')
X3 = lambda: rnd(2, 3, 2)
RANGE = 'Dimension out of range (expected to be in range of [-1, 0], but got 1)'

n = 'torch.prod Tensor.prod'
f.case(n, X3(), double=True)
f.case(n, X3(), 1, double=True)
f.case(n, X3(), -1, True)
f.case(n, X3(), dim=0, keepdim=True)
f.case(n, rnd())
f.case(n, rnd(), 0)
f.case(n, empty(0))
f.case(n, empty(2, 0), 1)
f.case(n, empty(2, 0), 0)
f.case(n, t([2., 0., -3.]))
f.case(n, t([2., 0., -3., 0.]))
f.case(n, t([[2., 0., -3.], [0., 0., 1.5], [.5, 2., 3.]]), 1)
f.case(n, t([[2., 0., -3.], [0., 0., 1.5], [.5, 2., 3.]]), 0, keepdim=True)
f.case(n, t([[2., 0.], [3., .5]]))
f.case(n, t([1., nan, 0.]), tags='special')
f.case(n, i64([[1, 2], [3, 4]]), 1)
f.case(n, t([3, 100, 2], 'uint8'))
f.case(n, rnd(3), dtype=torch.float64)
f.case(n, b([True, False]))
f.error(n, rnd(2), 1, cls='ShapeError', has=RANGE)

for name in ['all', 'any']:
    n = f'torch.{name} Tensor.{name}'
    f.case(n, b([[True, False], [True, True]]))
    f.case(n, b([[True, False], [True, True]]), 0)
    f.case(n, b([[False, False], [True, True]]), 1, True)
    f.case(n, b([[False, False], [True, True]]), dim=-1, keepdim=True)
    f.case(n, t([0., 2., nan]))
    f.case(n, t([0., 0.]))
    f.case(n, i64([0, 3]))
    f.case(n, t([1, 3], 'uint8'))
    f.case(n, t([[1, 3], [0, 0]], 'uint8'), 1)
    f.case(n, empty(0))
    f.case(n, empty(2, 0), 1)
    f.case(n, b(True), 0)
    f.error(n, b([True]), 1, cls='ShapeError', has=RANGE)
n = 'torch.count_nonzero Tensor.count_nonzero'
f.case(n, t([[0., 2., nan], [0., -0., 1.]]))
f.case(n, t([[0., 2., nan], [0., -0., 1.]]), 0)
f.case(n, t([[0., 2., nan], [0., -0., 1.]]), dim=(0, 1))
f.case(n, b([True, False, True]))
f.case(n, empty(0, 3), 0)

for name in ['nansum', 'nanmean']:
    n = f'torch.{name} Tensor.{name}'
    f.case(n, t([[1., nan, 3.], [nan, nan, -2.]]), tags='special')
    f.case(n, t([[1., nan, 3.], [nan, nan, -2.]]), 0, tags='special')
    f.case(n, t([[1., nan, 3.], [2., nan, -2.]]), dim=1, keepdim=True, tags='special')
    f.case(n, rnd(2, 3))
    f.case(n, rnd(2, 3), 1)
    f.case(n, empty(0, 2), 0, tags='special')
f.case('torch.nansum Tensor.nansum', i64([1, 2]))

n = 'torch.norm Tensor.norm'
for p in [2, 1, 3, 1.5, 0.5, -1, -2, 'fro']:
    f.case(n, X3(), p, double=True)
    f.case(n, X3(), p, 1)
for p in [0, inf, -inf]:
    # the gradient for 0 is none in PyTorch 1.13 and zeros in PyTorch 2
    f.case(n, rnd(2, 3, 2, grad=p != 0), p)
    f.case(n, rnd(2, 3, 2, grad=p != 0), p, [0, 2])
f.case(n, X3())
f.case(n, X3(), 2, [0, 1], True)
f.case(n, X3(), p=1, dim=-1, keepdim=True)
f.case(n, X3(), dim=1)
f.case(n, rnd())
f.case(n, rnd(), 3, 0)
f.case(n, empty(0), tags='special')
f.case(n, empty(2, 0), 1, 1)
f.case(n, empty(0, 2), 2, 1)
f.case(n, rnd(2), 1, 0, dtype=torch.float64)
for p in [2, 1, 3, 1.5, inf, -inf]:
    f.case(n, t([[0., 0.], [3., -3.], [0., 4.]]), p, 1, tags='ties')
f.case(n, t([1., nan]), tags='special')
f.case(n, t([1., inf]), inf, tags='special')
f.error(n, i64([1, 2]), cls='DTypeError', has='Expected a floating point or complex tensor as input. Got Long', only2=True)
f.error(n, empty(0), inf, cls='ShapeError', has='on an empty tensor because the operation does not have an identity', only2=True)
f.error(n, rnd(2), 2, 1, cls='ShapeError', has=RANGE)

for name in ['var', 'std', 'var_mean', 'std_mean']:
    n = f'torch.{name}' + ('' if 'mean' in name else f' Tensor.{name}')
    f.case(n, X3(), double=True)
    f.case(n, X3(), False)
    f.case(n, X3(), 1, double=True)
    f.case(n, X3(), 1, False, True)
    f.case(n, X3(), [0, 2], True)
    f.case(n, X3(), dim=-2, unbiased=False)
    f.case(n, X3(), dim=1, correction=0)
    f.case(n, X3(), dim=[0, 1], correction=2, keepdim=True)
    f.case(n, X3(), unbiased=False)
    f.case(n, t([1., 1.]), tags='ties')
    f.case(n, t([[1., 1.], [2., 3.]]), 1, tags='ties')
    if 'mean' not in name:
        f.case(n, t([2.]), tags='special')
    f.case(n, t([1., nan]), tags='special')
    f.case(n, empty(0), tags='special')
    f.case(n, empty(0, 2), 1)
    f.case(n, empty(2, 0), 0)
    f.case(n, t([1000.25, 1000.75, 1001.5]))
    f.error(n, i64([1, 2]), cls='DTypeError', has='only support floating point and complex dtypes')
    f.error(n, rnd(2), 1, cls='ShapeError', has=RANGE)

for name in ['cumsum', 'cumprod', 'logcumsumexp']:
    n = f'torch.{name} Tensor.{name}'
    for dim in [0, 1, -1]:
        f.case(n, X3(), dim, double=True)
    f.case(n, rnd(4), dim=0)
    f.case(n, rnd(), 0)
    f.case(n, empty(2, 0), 1)
    f.case(n, empty(2, 0), 0)
    f.case(n, t([1., 2.5], expand=(3, 2)), 0)
    f.error(n, rnd(2), 1, cls='ShapeError', has=RANGE)
for name in ['cumsum', 'cumprod']:
    n = f'torch.{name} Tensor.{name}'
    f.case(n, t([1., nan, 2., inf]), 0, tags='special')
    f.case(n, i64([[1, 2], [3, 4]]), 0)
    f.case(n, b([True, True, False]), 0)
    f.case(n, t([200, 100], 'uint8'), 0)
    f.case(n, rnd(3), 0, dtype=torch.float64)
    f.case(n, i64([1, 2]), dim=0, dtype=torch.float32)
f.case('torch.cumprod Tensor.cumprod', t([2., 0., -3., 1.5]), 0)
f.case('torch.cumprod Tensor.cumprod', t([2., 0., -3., 0., 2.]), 0)
f.case('torch.cumprod Tensor.cumprod', t([[0., 1., 2.], [3., 0., 1.5], [2., 2., 2.]]), 1)
n = 'torch.logcumsumexp Tensor.logcumsumexp'
f.case(n, t([1000., 1001., -1000.]), 0)
f.case(n, t([-inf, 0., -inf, 2.]), 0, tags='special')
f.error(n, i64([1]), 0, cls='DTypeError')
for name in ['cummax', 'cummin']:
    n = f'torch.{name} Tensor.{name}'
    for dim in [0, 1, -1]:
        f.case(n, X3(), dim)
    f.case(n, rnd(), 0)
    f.case(n, empty(2, 0), 1)
    f.case(n, rnd(4), dim=0)
    f.case(n, t([1., 3., 3., 2., 1., 3., 0., 0.]), 0, tags='ties')
    f.case(n, t([1., nan, 3., nan]), 0, tags='special')
    f.case(n, i64([2, 5, 1]), 0)
    f.case(n, b([False, True, False]), 0)
    f.error(n, rnd(2), 1, cls='ShapeError', has=RANGE)
f.write()
