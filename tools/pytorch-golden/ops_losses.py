"""Losses other than those of `network`."""
from ops_case import Family, empty, i64, inf, nan, rnd, t

f = Family('losses')
P = lambda *s, **kw: rnd(*s, lo=0.1, hi=0.9, **kw)
S = lambda *d: t(list(d), grad=False)
HOW = ['mean', 'sum', 'none']


def legacy(n, *inputs):
    f.case(n, *[i() for i in inputs], size_average=False)
    f.case(n, *[i() for i in inputs], reduce=False)


for n in ['l1_loss', 'smooth_l1_loss', 'huber_loss']:
    n = 'F.' + n
    f.case(n, rnd(2, 3), rnd(2, 3), double=True)
    for how in HOW:
        f.case(n, rnd(3), rnd(3), reduction=how)
        f.case(n, rnd(2, 3), rnd(3), reduction=how)
        f.case(n, empty(0, 2), empty(0, 2), reduction=how, tags='special')
    f.case(n, t([1., 2., 3., nan, inf]), t([1., 3., 2., 0., 0.]), reduction='none', tags='ties special')
    f.error(n, rnd(2), rnd(3), cls='ShapeError')
    f.error(n, rnd(2), rnd(2), reduction='avg', cls='ValueError', has='avg is not a valid value for reduction')
legacy('F.l1_loss', lambda: rnd(2, 3), lambda: rnd(2, 3))
legacy('F.smooth_l1_loss', lambda: rnd(2, 3), lambda: rnd(2, 3))
f.case('F.l1_loss', rnd(3), rnd(3), None, None, 'sum')
f.case('F.smooth_l1_loss', rnd(3), rnd(3), None, None, 'sum', 0.377)
f.case('F.smooth_l1_loss', rnd(3), rnd(3), beta=0)
f.case('F.smooth_l1_loss', rnd(3), rnd(3), beta=2.5)
f.case('F.huber_loss', rnd(3), rnd(3), 'sum', 0.377)
f.case('F.huber_loss', rnd(3), rnd(3), delta=2.5)
f.error('F.smooth_l1_loss', rnd(2), rnd(2), beta=-1, cls='ValueError', has='does not support negative values for beta.')
f.error('F.huber_loss', rnd(2), rnd(2), delta=0, cls='ValueError', has='does not support non-positive values for delta.')

n = 'F.binary_cross_entropy'
W = lambda *s: rnd(*s, lo=0.2, hi=3, grad=False)
f.case(n, P(2, 3), P(2, 3), double=True)
for how in HOW:
    f.case(n, P(2, 3), P(2, 3, grad=False), W(3), reduction=how)
    f.case(n, P(3), P(3), W(3), None, None, how)
    f.case(n, empty(0), empty(0), reduction=how, tags='special')
legacy(n, lambda: P(2, 3), lambda: P(2, 3))
f.case(n, t([0., 1., 0., 1.]), S(0., 0., 1., 1.), reduction='none', tags='special')
f.error(n, P(2), P(3), cls='ShapeError', has='Using a target size (torch.Size([3])) that is different to the input size (torch.Size([2])) is deprecated. Please ensure they have the same size.')
f.error(n, rnd(2, lo=1.5), P(2), cls='ValueError', has='all elements of input should be between 0 and 1')
n = 'F.binary_cross_entropy_with_logits'
f.case(n, rnd(2, 3), P(2, 3, grad=False), double=True)
for how in HOW:
    f.case(n, rnd(2, 3), P(2, 3, grad=False), W(3), reduction=how, pos_weight=W(3))
    f.case(n, rnd(3), P(3, grad=False), W(3), None, None, how, W(3))
    f.case(n, rnd(3), P(3), reduction=how)
    f.case(n, empty(0), empty(0), reduction=how, tags='special')
legacy(n, lambda: rnd(2, 3), lambda: P(2, 3))
f.case(n, t([100., -100., 100., -100., 0.]), S(0., 0., 1., 1., 0.5), reduction='none', tags='special')
f.error(n, P(2), P(3), cls='ShapeError', has='Target size (torch.Size([3])) must be the same as input size (torch.Size([2]))')

n = 'F.kl_div'
f.case(n, rnd(2, 3), P(2, 3), double=True)
for how in HOW + ['batchmean']:
    f.case(n, rnd(2, 3), P(2, 3), reduction=how)
    f.case(n, rnd(2, 3), rnd(2, 3), reduction=how, log_target=True)
f.case(n, rnd(3), P(3), None, None, 'sum', False)
f.case(n, rnd(3), S(0., 0.5, 0.5), reduction='sum')
f.case(n, empty(0, 2), empty(0, 2), reduction='sum')
legacy(n, lambda: rnd(2, 3), lambda: P(2, 3))
f.error(n, rnd(2), P(2), reduction='avg', cls='ValueError', has='avg is not a valid value for reduction')

n = 'F.cosine_embedding_loss'
Y = lambda: S(1., -1., 1.)
f.case(n, rnd(3, 4), rnd(3, 4), Y(), double=True)
for how in HOW:
    f.case(n, rnd(3, 4), rnd(3, 4), Y(), 0.3, reduction=how)
f.case(n, rnd(4), rnd(4), t(-1., grad=False), margin=-0.5)
f.case(n, empty(0, 2), empty(0, 2), empty(0, grad=False), reduction='sum')
legacy(n, lambda: rnd(3, 4), lambda: rnd(3, 4), Y)
f.error(n, rnd(3, 4), rnd(3, 4), t(1., grad=False), cls='ShapeError', has='0D target tensor expects 1D input tensors, but found inputs with sizes [3, 4] and [3, 4].')
f.error(n, rnd(4), rnd(4), Y(), cls='ShapeError', has='1D target tensor expects 2D input tensors, but found inputs with sizes [4] and [4].')
f.error(n, rnd(4), rnd(4), rnd(2, 2, grad=False), cls='ShapeError', has='0D or 1D target tensor expected, multi-target not supported')

n = 'F.triplet_margin_loss'
f.case(n, rnd(2, 4), rnd(2, 4), rnd(2, 4), double=True)
for how in HOW:
    f.case(n, rnd(2, 4), rnd(2, 4), rnd(2, 4), 2.0, 1, reduction=how)
f.case(n, rnd(2, 4), rnd(2, 4), rnd(2, 4), 0.5, 3, 0.01, True)
f.case(n, rnd(4), rnd(4), rnd(4), swap=True, margin=3)
f.case(n, empty(0, 4), empty(0, 4), empty(0, 4), reduction='sum')
legacy(n, lambda: rnd(2, 4), lambda: rnd(2, 4), lambda: rnd(2, 4))
f.error(n, rnd(2, 4), rnd(4), rnd(2, 4), cls='ShapeError', only2=True, has='The anchor, positive, and negative tensors are expected to have the same number of dimensions, but got: anchor 2D, positive 1D, and negative 2D inputs')

n = 'F.margin_ranking_loss'
f.case(n, rnd(3), rnd(3), Y(), double=True)
for how in HOW:
    f.case(n, rnd(3), rnd(3), Y(), 0.5, reduction=how)
f.case(n, empty(0), empty(0), empty(0, grad=False), reduction='sum')
legacy(n, lambda: rnd(3), lambda: rnd(3), Y)
f.error(n, rnd(3), rnd(3, 1), Y(), cls='ShapeError', has='All input tensors should have same dimension but got sizes: input1: torch.Size([3]), input2: torch.Size([3, 1]), target: torch.Size([3])')
n = 'F.hinge_embedding_loss'
f.case(n, rnd(3), Y(), double=True)
for how in HOW:
    f.case(n, rnd(2, 3), Y(), 0.5, reduction=how)
f.case(n, empty(0), empty(0, grad=False), reduction='sum')
legacy(n, lambda: rnd(3), Y)
n = 'F.soft_margin_loss'
f.case(n, rnd(3), Y(), double=True)
for how in HOW:
    f.case(n, rnd(2, 3), t([[1., -1., 1.], [-1., 1., -1.]], grad=False), reduction=how)
f.case(n, rnd(3), Y(), None, None, 'sum')
f.case(n, empty(0), empty(0, grad=False), reduction='sum')
legacy(n, lambda: rnd(3), Y)
n = 'F.multi_margin_loss'
f.case(n, rnd(3, 4), i64([0, 3, 1]), double=True)
for how in HOW:
    f.case(n, rnd(3, 4), i64([0, 3, 1]), 2, 0.5, W(4), reduction=how)
f.case(n, rnd(4), i64(2), margin=3)
f.case(n, rnd(3, 4), i64([0, 3, 1]), weight=W(4))
f.case(n, empty(0, 4), empty(0, dtype='int64'), reduction='sum')
legacy(n, lambda: rnd(3, 4), lambda: i64([0, 3, 1]))
f.error(n, rnd(3, 4), i64([0, 1]), cls='ShapeError', has='inconsistent target size, got: [2]')
f.error(n, rnd(3, 4), i64([0, 1, 2]), p=3, cls='ValueError', has='only p == 1 and p == 2 supported')

n = 'F.gaussian_nll_loss'
V = lambda *s: rnd(*s, lo=0.2, hi=3)
f.case(n, rnd(2, 3), rnd(2, 3), V(2, 3), double=True)
for how in HOW:
    f.case(n, rnd(2, 3), rnd(2, 3), V(2, 1), True, 1e-3, how)
f.case(n, rnd(2, 3), rnd(2, 3), V(2), full=True)
f.case(n, rnd(3), rnd(3), t([0., 1e-9, 1.]), eps=0.1, tags='special')
f.case(n, empty(0, 2), empty(0, 2), empty(0, 2), reduction='sum')
f.error(n, rnd(2, 3), rnd(2, 3), V(3), cls='ShapeError', has='var is of incorrect size')
f.error(n, rnd(2), rnd(2), t([1., -1.]), cls='ValueError', has='var has negative entry/entries')
n = 'F.poisson_nll_loss'
f.case(n, rnd(2, 3), V(2, 3), double=True)
for how in HOW:
    f.case(n, rnd(2, 3), V(2, 3), reduction=how, full=True)
    f.case(n, V(2, 3), V(2, 3), False, False, reduction=how)
f.case(n, V(2), V(2), False, True, None, 0.1)
f.case(n, empty(0, 2), empty(0, 2), reduction='sum')
legacy(n, lambda: rnd(2, 3), lambda: V(2, 3))
f.write()
