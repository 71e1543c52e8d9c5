"""Sums, means, extrema, softmax and its relatives."""
import torch

from ops_case import Family, b, empty, i64, inf, nan, rnd, t

f = Family('reduction')
X3 = lambda: rnd(2, 3, 2)

for name in ['sum', 'mean']:
    n = f'torch.{name} Tensor.{name}'
    f.case(n, X3(), double=True)
    for dim in [0, 1, -1, [0, 2], [-1, 0], [0, 1, 2]]:
        f.case(n, X3(), dim)
    f.case(n, X3(), 1, keepdim=True)
    f.case(n, X3(), [2, 0], True)
    f.case(n, X3(), dim=(1, 2), keepdim=True)
    f.case(n, X3(), dim=None)
    f.case(n, rnd())
    f.case(n, rnd(), 0)
    f.case(n, rnd(), -1, keepdim=True)
    f.case(n, empty(0))
    f.case(n, empty(2, 0))
    f.case(n, empty(2, 0), 1)
    f.case(n, empty(2, 0), 0)
    f.case(n, empty(0, 3), 0, keepdim=True)
    f.case(n, rnd(2, 2), dtype=torch.float64)
    f.case(n, rnd(2, 2), 0, dtype=torch.float64)
    f.case(n, t([1., nan, inf]), tags='special')
    f.case(n, t([inf, -inf]), tags='special')
    f.case(n, t([1.5, 2.5], expand=(3, 2)), 0)
    f.case(n, i64([1, 2]), dtype=torch.float32)
    f.error(n, rnd(2, 2), 2, cls='ShapeError', has='Dimension out of range (expected to be in range of [-2, 1], but got 2)')
    f.error(n, rnd(), 1, cls='ShapeError', has='Dimension out of range (expected to be in range of [-1, 0], but got 1)')
    f.error(n, rnd(2, 2), [0, 0], cls='ShapeError', has='dim 0 appears multiple times in the list of dims')
f.case('torch.sum Tensor.sum', i64([[1, 2], [3, 4]]))
f.case('torch.sum Tensor.sum', i64([[1, 2], [3, 4]]), 0)
f.case('torch.sum Tensor.sum', b([True, True, False]))
f.case('torch.sum Tensor.sum', t([200, 100], 'uint8'))
f.case('torch.sum Tensor.sum', t([2147483647, 1], 'int32'))
f.case('torch.sum Tensor.sum', empty(0, dtype='int64'))
f.case('torch.sum Tensor.sum', t([1.7, 2.6], grad=False), dtype=torch.int64)
f.case('torch.sum Tensor.sum', b([True, True, False]), dtype=torch.float32)
f.error('torch.mean Tensor.mean', i64([1, 2]), cls='DTypeError', has='mean(): could not infer output dtype')
f.case('Tensor.sum_to_size', X3(), 3, 1)
f.case('Tensor.sum_to_size', X3(), [1, 3, 1])
f.case('Tensor.sum_to_size', X3(), 2, 3, 2)
f.case('Tensor.sum_to_size', empty(0, 3), 1, 3)
f.error('Tensor.sum_to_size', X3(), 4, cls='ShapeError', has='is not expandable to size')

for name in ['max', 'min']:
    n = f'torch.{name} Tensor.{name}'
    f.case(n, X3(), double=True)
    for dim in [0, 1, -1]:
        f.case(n, X3(), dim)
    f.case(n, X3(), 1, True)
    f.case(n, X3(), dim=-1, keepdim=True)
    f.case(n, rnd())
    f.case(n, rnd(), 0)
    f.case(n, rnd(), -1, True)
    f.case(n, empty(0, 3), 1)
    f.case(n, empty(2, 0), 0)
    f.case(n, t([[1., 3., 3.], [2., 2., 1.]]), tags='ties')
    f.case(n, t([[1., 3., 3.], [2., 2., 1.]]), 1, tags='ties')
    f.case(n, t([[1., 1., 3.], [1., 2., 1.]]), 0, tags='ties')
    f.case(n, t([[1., nan, nan], [2., 3., inf]]), 1, tags='ties')
    f.case(n, t([1., nan, 2., nan]), tags='ties')
    f.case(n, i64([[1, 5], [7, 2]]))
    f.case(n, i64([[1, 5], [7, 2]]), 0)
    f.case(n, b([[True, False], [False, False]]), 1)
    f.case(n, t([3, 255, 0], 'uint8'))
    f.error(n, empty(0), cls='ShapeError', has='Expected reduction dim to be specified for input.numel() == 0')
    f.error(n, empty(2, 0), 1, cls='ShapeError', has='Expected reduction dim 1 to have non-zero size.')
    f.error(n, rnd(2), 1, cls='ShapeError', has='Dimension out of range (expected to be in range of [-1, 0], but got 1)')

for name in ['amax', 'amin']:
    n = f'torch.{name} Tensor.{name}'
    f.case(n, X3())
    for dim in [0, -1, [0, 2], [0, 1, 2]]:
        f.case(n, X3(), dim)
    f.case(n, X3(), [1], True)
    f.case(n, X3(), dim=[0, 1], keepdim=True)
    f.case(n, rnd())
    f.case(n, rnd(), 0)
    f.case(n, empty(0, 3), 1)
    f.case(n, t([[1., 3., 3.], [3., 2., 1.]]), tags='ties')
    f.case(n, t([[1., 3., 3.], [2., 2., 2.]]), 1, tags='ties')
    f.case(n, t([[1., nan], [2., 2.]]), 1, tags='special')
    f.case(n, i64([[1, 5], [7, 2]]), 0)
    f.error(n, empty(2, 0), 1, cls='ShapeError', has='Expected reduction dim 1 to have non-zero size.')
    f.error(n, empty(0), cls='ShapeError', has='Expected reduction dim to be specified for input.numel() == 0')
    f.error(n, rnd(2, 2), [0, 0], cls='ShapeError', has='appears multiple times in the list of dims')

for name in ['argmax', 'argmin']:
    n = f'torch.{name} Tensor.{name}'
    f.case(n, X3())
    for dim in [0, 1, -1]:
        f.case(n, X3(), dim)
    f.case(n, X3(), 1, True)
    f.case(n, X3(), dim=0, keepdim=True)
    f.case(n, X3(), keepdim=True)
    f.case(n, X3(), None)
    f.case(n, rnd())
    f.case(n, rnd(), 0)
    f.case(n, t([[1., 3., 3.], [3., 2., 1.]]), tags='ties')
    f.case(n, t([[2., 3., 3.], [2., 2., 5.]]), 1, tags='ties')
    f.case(n, t([1., nan, nan, 0.]), tags='ties')
    f.case(n, i64([3, 9, 9]))
    f.case(n, empty(0, 3), 1)
    f.error(n, empty(0), cls='ShapeError')
    f.error(n, empty(2, 0), 1, cls='ShapeError', has='Expected reduction dim 1 to have non-zero size.')

for name in ['softmax', 'log_softmax']:
    n = f'torch.{name} Tensor.{name} F.{name}'
    for dim in [0, 1, -1]:
        f.case(n, X3(), dim, double=True)
    f.case(n, X3(), dim=1)
    f.case(n, rnd(), 0)
    f.case(n, empty(0, 3), 1)
    f.case(n, empty(2, 0), 1)
    f.case(n, t([[1000., 1001., 999.], [-1000., -1001., 0.]]), 1)
    f.case(n, t([[1., -inf, 0.], [0., 0., 0.]]), 1, tags='special')
    f.case(n, t([[-inf, -inf], [inf, 1.], [nan, 1.]]), 1, tags='special')
    f.case(n, rnd(2, 2), dim=0, dtype=torch.float64)
    f.case(n, i64([1, 2]), dim=0, dtype=torch.float32)
    f.error(n, i64([1, 2]), 0, cls='DTypeError', has="not implemented for 'Long'")
    f.error(n, rnd(2), 1, cls='ShapeError', has='Dimension out of range (expected to be in range of [-1, 0], but got 1)')
n = 'torch.logsumexp Tensor.logsumexp'
for dim in [0, -1, [0, 2], [0, 1, 2]]:
    f.case(n, X3(), dim, double=True)
f.case(n, X3(), 1, True)
f.case(n, X3(), dim=[1, 0], keepdim=True)
f.case(n, rnd(), 0)
f.case(n, empty(0, 3), 1)
f.case(n, empty(2, 0), 1)
f.case(n, t([[1000., 1001.], [-1000., -1001.]]), 1)
f.case(n, t([[-inf, -inf], [inf, 1.], [-inf, 1.], [nan, 1.]]), 1, tags='special')
f.case(n, i64([1, 2]), 0)
f.error(n, rnd(2), 1, cls='ShapeError', has='Dimension out of range (expected to be in range of [-1, 0], but got 1)')
f.write()
