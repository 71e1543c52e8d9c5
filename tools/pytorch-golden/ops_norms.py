"""Normalizations, lengths and angles."""
import torch
import torch.nn.functional as F

from ops_case import Family, empty, i64, inf, nan, rnd, t


def rms_norm(input, normalized_shape, weight=None, eps=None):
    """PyTorch 2.4's definition, which 1.13 does not have."""
    dims = tuple(range(-len(normalized_shape), 0))
    least = torch.finfo(input.dtype).eps if eps is None else eps
    y = input * torch.rsqrt(input.pow(2).mean(dims, keepdim=True) + least)
    return y if weight is None else y * weight


F.rms_norm = rms_norm

f = Family('norms')
n = 'F.batch_norm'
M = lambda: rnd(2, grad=False)
V = lambda: rnd(2, lo=0.2, hi=3, grad=False)
f.case(n, rnd(4, 2), None, None, training=True, double=True)
f.case(n, rnd(4, 2), None, None, rnd(2), rnd(2), True, 0.1, 1e-3, double=True)
f.case(n, rnd(3, 2, 2), M(), V(), rnd(2), rnd(2), True, 0.3)
f.case(n, rnd(2, 2, 2, 2), None, None, rnd(2), None, True)
f.case(n, rnd(2, 2, 2, 2), None, None, None, rnd(2), True)
f.case(n, rnd(2, 2, 2, 2), M(), V(), rnd(2), rnd(2))
f.case(n, rnd(3, 2), M(), V(), training=False, eps=0.1, double=True)
f.case(n, rnd(3, 2), M(), V(), None, rnd(2))
f.case(n, empty(0, 2), M(), V(), rnd(2), rnd(2))
f.case(n, t([[1., 2.], [1., 3.], [1., nan]]), None, None, training=True, tags='special')
f.error(n, rnd(1, 2), None, None, training=True, cls='ValueError', has='Expected more than 1 value per channel when training, got input size torch.Size([1, 2])')
f.error(n, rnd(4, 2), None, None, training=False, cls='ValueError', has='Expected running_mean and running_var to be defined when training=False', only2=True)
f.error(n, rnd(4, 2), rnd(3, grad=False), V(), cls='ShapeError', has='running_mean should contain 2 elements not 3')
f.error(n, rnd(4, 2), M(), V(), rnd(3), cls='ShapeError', has='weight should contain 2 elements not 3')
f.error(n, rnd(4), M(), V(), cls='ShapeError')
f.error(n, i64([[1, 2], [3, 4]]), None, None, training=True, cls='DTypeError', has="not implemented for 'Long'")

n = 'F.layer_norm'
f.case(n, rnd(2, 3), [3], double=True)
f.case(n, rnd(2, 3), [3], rnd(3), rnd(3), double=True)
f.case(n, rnd(2, 2, 3), (2, 3), rnd(2, 3), rnd(2, 3), 1e-3)
f.case(n, rnd(2, 3), (2, 3), eps=0.5)
f.case(n, rnd(2, 1, 3), (1, 3), None, rnd(1, 3))
f.case(n, rnd(2, 3), [3], rnd(3))
f.case(n, rnd(4), [4], rnd(4), rnd(4))
f.case(n, empty(0, 3), [3], rnd(3), rnd(3))
f.case(n, t([[1., 1., 1.], [0., inf, 1.]]), [3], tags='special')
f.error(n, rnd(2, 3), [2], cls='ShapeError', has='Given normalized_shape=[2], expected input with shape [*, 2], but got input of size[2, 3]')
f.error(n, rnd(2, 3), [3], rnd(2), cls='ShapeError', has='Expected weight to be of same shape as normalized_shape, but got weight of shape [2] and normalized_shape = [3]')
f.error(n, rnd(2, 3), [3], rnd(3), rnd(2), cls='ShapeError', has='Expected bias to be of same shape as normalized_shape, but got bias of shape [2] and normalized_shape = [3]')
f.error(n, rnd(2, 3), [], cls='ShapeError', has='Expected normalized_shape to be at least 1-dimensional')
f.error(n, i64([[1, 2]]), [2], cls='DTypeError', has="not implemented for 'Long'")

n = 'F.group_norm'
f.case(n, rnd(2, 6), 2, double=True)
f.case(n, rnd(2, 4, 3), 2, rnd(4), rnd(4), double=True)
f.case(n, rnd(1, 4, 2, 2), 4, rnd(4), rnd(4), 0.1)
f.case(n, rnd(2, 2, 2, 2), 1, rnd(2))
f.case(n, rnd(2, 2, 3), 1, None, rnd(2), eps=0.01)
f.case(n, empty(0, 4, 2), 2, rnd(4), rnd(4))
f.error(n, rnd(2, 4), 3, cls='ShapeError', has='Expected number of channels in input to be divisible by num_groups, but got input of shape [2, 4] and num_groups=3')
f.error(n, rnd(4), 2, cls='ShapeError')
f.error(n, rnd(2, 4, 3), 2, rnd(3), cls='ShapeError')

n = 'F.rms_norm'
f.case(n, rnd(2, 3), [3], double=True)
f.case(n, rnd(2, 3), [3], rnd(3), 0.1)
f.case(n, rnd(2, 2, 3), (2, 3), rnd(2, 3), eps=1e-3)
f.case(n, t([[0., 0.], [0., 1.]]), [2], tags='special')
f.case(n, empty(0, 2), [2])

n = 'F.normalize'
f.case(n, rnd(2, 3), double=True)
f.case(n, rnd(2, 3), 1, 0)
f.case(n, rnd(2, 3), 3, -1)
f.case(n, rnd(2, 3, 2), 2, (1, 2))
f.case(n, rnd(2, 3), p=inf, dim=1)
f.case(n, rnd(2, 3), eps=2.5)
f.case(n, t([[0., 0.], [3., 4.]]), tags='special')
f.case(n, empty(0, 3))

n = 'F.cosine_similarity torch.cosine_similarity'
f.case(n, rnd(2, 3), rnd(2, 3), double=True)
f.case(n, rnd(2, 3), rnd(3), -1)
f.case(n, rnd(2, 3), rnd(2, 3), dim=0)
f.case(n, rnd(2, 3), rnd(2, 3), 1, 1e-4)
f.case(n, rnd(2, 1, 3), rnd(4, 3), dim=-1)
f.case(n, empty(0, 3), empty(0, 3))
f.error(n, i64([[1, 2]]), i64([[1, 2]]), cls='DTypeError', has='expected common dtype to be floating point, yet common dtype is Long')

n = 'F.pairwise_distance torch.pairwise_distance'
f.case(n, rnd(2, 3), rnd(2, 3), double=True)
f.case(n, rnd(2, 3), rnd(2, 3), 1)
f.case(n, rnd(2, 3), rnd(3), 3, 0.1, True)
f.case(n, rnd(2, 3, grad=False), rnd(2, 3, grad=False), p=0)
f.case(n, rnd(3), rnd(3), p=-inf)
f.case(n, empty(0, 3), empty(0, 3))
f.write()
