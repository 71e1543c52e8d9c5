"""Sorting, elements by rank, distinct elements, places in sorted sequences."""
import torch

from ops_case import Family, b, empty, i64, inf, nan, rnd, t

f = Family('sorting')
X3 = lambda: rnd(2, 4, 3)
RANGE = 'Dimension out of range (expected to be in range of [-1, 0], but got 1)'
SPECIAL = [1., nan, inf, -inf, -0., 3.]

for name in ['sort', 'argsort']:
    n = f'torch.{name} Tensor.{name}'
    f.case(n, X3())
    for dim in [0, 1, -1]:
        f.case(n, X3(), dim)
        f.case(n, X3(), dim, True)
    f.case(n, X3(), dim=1, descending=True)
    f.case(f'torch.{name}', t([3., 1., 3., 1., 2., 3.]), dim=0, stable=True, tags='ties')
    f.case(f'torch.{name}', t([3., 1., 3., 1., 2., 3.]), dim=0, stable=True, descending=True, tags='ties')
    f.case(n, t(SPECIAL), tags='special')
    f.case(n, t(SPECIAL), 0, True, tags='special')
    f.case(n, rnd())
    f.case(n, empty(2, 0))
    f.case(n, empty(2, 0), 0)
    f.case(n, i64([3, -1, 2]))
    f.case(n, t([3, 255, 0], 'uint8'), descending=True)
    f.error(n, rnd(2), 1, cls='ShapeError', has=RANGE)
f.case('torch.sort', b([True, False, True]), stable=True)
f.case('torch.msort Tensor.msort', rnd(4, 2))
f.case('torch.msort Tensor.msort', empty(0, 2))

n = 'torch.topk Tensor.topk'
f.case(n, X3(), 2)
for dim in [0, 1, -1]:
    f.case(n, X3(), 2, dim)
    f.case(n, X3(), 1, dim, False)
f.case(n, X3(), 3, 1, False, True)
f.case(n, X3(), k=2, dim=1, largest=False)
f.case(n, X3(), 0, 1)
f.case(n, rnd(), 1)
f.case(n, empty(2, 0), 0)
f.case(n, t([1., nan, 3., inf]), 3, tags='special')
f.case(n, i64([5, 2, 9]), 2)
f.error(n, rnd(2), 3, cls='ShapeError', has='selected index k out of range')
f.error(n, rnd(2), 1, 1, cls='ShapeError', has=RANGE)

n = 'torch.kthvalue Tensor.kthvalue'
f.case(n, X3(), 1)
f.case(n, X3(), 3, 1)
f.case(n, X3(), 2, 0, True)
f.case(n, X3(), k=2, dim=1, keepdim=True)
f.case(n, rnd(), 1)
f.case(n, empty(0, 3), 2)
f.case(n, t([1., nan, 0.]), 3, tags='special')
f.case(n, i64([5, 2, 9]), 2)
f.error(n, rnd(2), 3, cls='ShapeError', has='selected number k out of range for dimension 0')
f.error(n, rnd(2), 0, cls='ShapeError', has='selected number k out of range for dimension 0')

n = 'torch.median Tensor.median'
f.case(n, rnd(2, 3))
f.case(n, rnd(5))
for dim in [0, 1, -1]:
    f.case(n, X3(), dim)
f.case(n, X3(), 1, True)
f.case(n, X3(), dim=0, keepdim=True)
f.case(n, rnd())
f.case(n, rnd(), 0)
f.case(n, empty(0), tags='special')
f.case(n, empty(0, 3), 1)
f.case(n, t([2., 1., 2., 3., 2.]), tags='ties')
f.case(n, t([2., nan, 1., nan]), tags='special')
f.case(n, t([[2., nan, 1.], [1., 2., 3.]]), 1, tags='special')
f.case(n, i64([4, 1, 3, 2]))
f.error(n, empty(2, 0), 1, cls='ShapeError', has='Expected reduction dim 1 to have non-zero size.')
f.error(n, rnd(2), 1, cls='ShapeError', has=RANGE)

plain = lambda data: t(data, grad=False)
n = 'torch.unique Tensor.unique'
for x in [plain([3., 1., 2., 3., 1.]), i64([[3, 1], [1, 7]]), b([True, False, True]), empty(0, grad=False), plain(2.), t([9, 0, 9], 'uint8')]:
    f.case(n, x)
    f.case(n, x, return_inverse=True)
    f.case(n, x, return_counts=True)
    f.case(n, x, True, True, True)
f.case('torch.unique', plain([1., nan, nan, inf]))
for x in [i64([[3, 1], [1, 7], [3, 1]]), plain([[1., 2., 1.], [0., 5., 0.]]), empty(0, 2, grad=False)]:
    f.case(n, x, dim=0)
    f.case(n, x, return_inverse=True, return_counts=True, dim=1) if x.shape[0] else None
    f.case(n, x, return_inverse=True, return_counts=True, dim=0)
f.error(n, i64([1]), dim=1, cls='ShapeError', has=RANGE)
n = 'torch.unique_consecutive Tensor.unique_consecutive'
for x in [plain([3., 3., 2., 3., 1., 1.]), i64([[3, 3], [1, 7]]), empty(0, grad=False)]:
    f.case(n, x)
    f.case(n, x, return_inverse=True)
    f.case(n, x, return_inverse=True, return_counts=True)
f.case(n, i64([[1, 2], [1, 2], [0, 2]]), return_counts=True, dim=0)

n = 'torch.bincount Tensor.bincount'
f.case(n, i64([0, 3, 1, 3]))
f.case(n, i64([0, 3, 1, 3]), minlength=6)
f.case(n, i64([0, 3, 1, 3]), plain([.5, 1., 2., 4.]))
f.case(n, i64([0, 1, 1]), i64([1, 2, 3]), 4)
f.case(n, t([2, 2], 'uint8'), weights=t([1., 2.], 'float64', grad=False))
f.case(n, empty(0, dtype='int64'))
f.case(n, empty(0, dtype='int64'), minlength=3)
f.error(n, i64([-1]), cls='ShapeError', has='bincount only supports 1-d non-negative integral inputs.')
f.error(n, i64([[1]]), cls='ShapeError', has='bincount only supports 1-d non-negative integral inputs.')
f.error(n, plain([1.]), cls='DTypeError')
f.error(n, i64([1]), minlength=-1, cls='ValueError', has='minlength should be >= 0')
f.error(n, i64([1, 2]), plain([1.]), cls='ShapeError', has='have the same length as input')

for name in ['searchsorted', 'bucketize']:
    n = f'torch.{name}'
    pair = (lambda s, v: (s, v)) if name == 'searchsorted' else (lambda s, v: (v, s))
    s, v = plain([1., 3., 3., 5.]), plain([[0., 1., 3.], [4., 5., 6.]])
    f.case(n, *pair(s, v))
    f.case(n, *pair(s, v), right=True)
    f.case(n, *pair(s, v), out_int32=True)
    f.case(n, *pair(s, 3.5))
    f.case(n, *pair(i64([1, 2]), i64([2])))
    f.case(n, *pair(s, empty(0, grad=False)))
    f.case(n, *pair(empty(0, grad=False), v))
    f.case(n, *pair(s, plain([nan, inf])))
f.case('torch.searchsorted', plain([[1., 3.], [2., 6.]]), plain([[2., 0., 9.], [2., 3., 9.]]))
f.case('torch.searchsorted', plain([1., 3.]), plain([1., 3.]), side='right')
f.case('torch.searchsorted', plain([1., 3.]), plain([1., 3.]), side='left')
f.error('torch.searchsorted', plain([[1., 3.]]), plain([1., 3., 4.]), cls='ShapeError', has='boundaries tensor should be 1 dimension or the first N-1 dimensions')
f.error('torch.searchsorted', plain([1.]), plain([1.]), side='up', cls='ValueError', has="side can only be 'left' or 'right' but got up")
f.error('torch.searchsorted', plain([1.]), plain([1.]), side='left', right=True, cls='ValueError', has="side and right can't be set to opposites")
f.write()
