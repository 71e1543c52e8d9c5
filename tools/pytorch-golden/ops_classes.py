"""Losses over classes where ignoring, weights of zero, infinite log-probabilities and dtypes meet."""
from ops_case import Family, i64, inf, rnd, t

f = Family('classes')
W = lambda: t([0.5, 0., 1.5], grad=False)
logs = lambda: t([[-1., -inf, -.5], [-.2, -2., -3.], [-1., -1., -2.]])
for how in ['mean', 'sum', 'none']:
    for n in ['F.nll_loss', 'F.cross_entropy']:
        f.case(n, rnd(4, 3), i64([0, 1, -100, 2]), W(), double=True, reduction=how)
        f.case(n, rnd(2, 3, 2, 2), i64([[[0, 1], [1, 2]], [[2, 1], [0, 0]]]), W(), ignore_index=1, double=True, reduction=how)
        f.case(n, rnd(2, 3, 2), i64([[1, 1], [1, 1]]), ignore_index=1, reduction=how, tags='special')
        f.case(n, rnd(3, 3, dtype='float64'), t([2, 0, 1], 'uint8'), t([.5, 2., 1.], 'float64', grad=False), reduction=how)
        f.case(n, rnd(3), i64(1), ignore_index=1, reduction=how, tags='special')
    # a weight of zero is no target that is ignored: zero times infinity, and zero divided by zero
    f.case('F.nll_loss', logs(), i64([1, 0, 2]), W(), reduction=how, tags='special')
    f.case('F.nll_loss', logs(), i64([1, 1, 1]), W(), reduction=how, tags='special')
    f.case('F.nll_loss', logs(), i64([1, 0, 1]), t([1., 2., -1.], grad=False), ignore_index=1, reduction=how, tags='special')
    f.case('F.nll_loss', rnd(2, 3), i64([1, 1]), W(), reduction=how, tags='special')
f.case('F.cross_entropy', rnd(33, 9), i64([7 * i % 9 for i in range(33)]), ignore_index=4, double=True)
f.write()
