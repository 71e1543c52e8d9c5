"""Draws that a tensor describes, evenly spaced numbers, grids."""
import torch

from ops_case import Family, b, empty, i64, inf, nan, rnd, t

f = Family('sampling')
plain = lambda data, **kw: t(data, grad=False, **kw)

n = 'torch.bernoulli Tensor.bernoulli'
f.case(n, rnd(4, 5, lo=0, hi=1), seed=3)
f.case(n, plain([.1, .5, .9, 0., 1.] * 4, dtype='float64'), seed=4)
f.case(n, rnd(3, lo=0, hi=1), seed=5)
f.case(n, i64([0] * 12), 0.3, seed=6)
f.case(n, rnd(12, grad=False), p=.7, seed=6)
f.case(n, empty(0, 2), seed=1)
f.error(n, plain([.5, 1.5]), cls='ValueError', has='Expected p_in >= 0 && p_in <= 1 to be true, but got false')
f.error(n, i64([1]), cls='DTypeError')

n = 'torch.normal'
f.case(n, 1.5, 2., [3], seed=1)
f.case(n, 1.5, 2., [4, 5], seed=1)
f.case(n, 0., 1., size=[17], dtype=torch.float64, seed=2)
f.case(n, 0., 1., [0], seed=2)
f.case(n, rnd(20, grad=False), .5, seed=3)
f.case(n, rnd(3, grad=False), seed=3)
f.case(n, 2., rnd(20, lo=.1, grad=False), seed=4)
f.case(n, rnd(4, 5, grad=False), rnd(4, 5, lo=.1, grad=False), seed=5)
f.case(n, rnd(4, 1, grad=False), rnd(5, lo=.1, grad=False), seed=6)
f.case(n, empty(0, grad=False), 1., seed=6)
f.case(n, rnd(3, dtype='float64', grad=False), 2., seed=7)
f.error(n, 0., plain([1., -1.]), cls='ValueError', has='normal expects all elements of std >= 0.0')
f.error(n, 0., -1., [2], cls='ValueError', has='normal expects std >= 0.0, but found std -1')

n = 'torch.multinomial Tensor.multinomial'
w = [.1, 3., .5, 2., 1.]
for k in [1, 3, 5]:
    f.case(n, plain(w), k, seed=k)
    f.case(n, plain([w, w[::-1], [1., 1., 1., 1., 1.]]), k, seed=k)
f.case(n, plain(w), 20, True, seed=3)
# one draw with replacement: PyTorch 2 draws it as without (1.13 did not)
f.case(n, plain([0., 1., 0., 2.]), 12, replacement=True, seed=4)
f.case(n, plain([0., 1., 0., 2.]), 2, seed=4)
f.case(n, empty(0, 3, grad=False), 2, seed=4)
f.case(n, empty(0, 3, grad=False), 4, True, seed=4)
f.case(n, plain([w, w[::-1]]), num_samples=9, replacement=True, seed=5)
f.case(n, plain(w, dtype='float64'), 9, True, seed=6)
f.case(n, plain(w, dtype='float64'), 3, seed=6)
f.error(n, plain([[[1.]]]), 1, cls='ShapeError', has='prob_dist must be 1 or 2 dim')
f.error(n, i64([1]), 1, cls='DTypeError', has='multinomial only supports floating-point dtypes for input, got: Long')
f.error(n, plain(w), 0, cls='ValueError', has='cannot sample n_sample <= 0 samples')
f.error(n, plain(w), 6, cls='ValueError', has='cannot sample n_sample > prob_dist.size(-1) samples without replacement')
f.error(n, plain([1., -1.]), 1, cls='ValueError', has='probability tensor contains either `inf`, `nan` or element < 0')
f.error(n, plain([1., nan]), 2, cls='ValueError', has='probability tensor contains either `inf`, `nan` or element < 0')
f.error(n, plain([0., 0.]), 1, cls='ValueError', has='invalid multinomial distribution (sum of probabilities <= 0)')
f.error(n, plain([1., -1.]), 3, True, cls='ValueError', has='invalid multinomial distribution (encountering probability entry < 0)')
f.error(n, plain([1., inf]), 3, True, cls='ValueError', has='invalid multinomial distribution (encountering probability entry = infinity or NaN)')
f.error(n, plain([0., 0.]), 3, True, cls='ValueError', has='invalid multinomial distribution (sum of probabilities <= 0)')

n = 'torch.linspace'
for a in [[0, 1, 5], [0., 1., 4], [3, -2, 6], [2.5, 2.5, 3], [1, 9, 1], [0, 1, 0], [-.3, .7, 11]]:
    f.case(n, *a)
f.case(n, 0, 10, 4, dtype=torch.int64)
f.case(n, 0, 1, 7, dtype=torch.float64)
f.case(n, start=0, end=1, steps=3, requires_grad=True)
f.error(n, 0, 1, -1, cls='ValueError', has='number of steps must be non-negative')
n = 'torch.logspace'
for a in [[0, 2, 5], [-1., 1., 4], [0, 3, 4, 2], [1, 2, 1], [0, 1, 0]]:
    f.case(n, *a)
f.case(n, 0, 2, 5, base=3., dtype=torch.float64)
f.error(n, 0, 1, -1, cls='ValueError', has='number of steps must be non-negative')

n = 'torch.meshgrid'
for kw in [{}, {'indexing': 'ij'}, {'indexing': 'xy'}]:
    f.case(n, rnd(2), rnd(3), **kw)
    f.case(n, [rnd(2), rnd(3), rnd(2)], **kw)
    f.case(n, [rnd(3)], **kw)
    f.case(n, rnd(), rnd(3), **kw)
    f.case(n, empty(0), rnd(2), **kw)
f.error(n, rnd(2, 2), rnd(2), cls='ShapeError', has='Expected 0D or 1D tensor in the tensor list but got')
f.error(n, rnd(2), i64([1]), cls='DTypeError', has='meshgrid expects all tensors to have the same dtype')
f.error(n, rnd(2), rnd(2), indexing='yx', cls='ValueError', has='torch.meshgrid: indexing must be one of "xy" or "ij", but received: yx')
f.write()
