"""Nonlinearities."""
from ops_case import Family, empty, i64, inf, nan, rnd, t

f = Family('activations')
SPECIAL = [0., -0., 1., -1., 0.5, -0.5, 3., -3., 6., 20.5, -20.5, nan, inf, -inf]


def X(**kw):
    return rnd(2, 3, lo=-4, hi=7, **kw)


def common(n, *args, ties=True, **kw):
    # PyTorch's hardsigmoid has a sixth in single precision
    f.case(n, X(), *args, double='hardsigmoid' not in n, **kw)
    f.case(n, empty(0, 2), *args, **kw)
    f.case(n, rnd(), *args, **kw)
    # PyTorch 2 keeps a NaN, 1.13's softshrink does not
    special = [x for x in SPECIAL if x == x or 'softshrink' not in n]
    f.case(n, t(special), *args, tags='ties special' if ties else 'special', **kw)


for n in ['silu', 'mish', 'logsigmoid', 'softsign', 'tanhshrink', 'gelu', 'softplus', 'elu', 'selu torch.selu', 'celu torch.celu',
          'leaky_relu', 'hardtanh', 'relu6', 'hardsigmoid', 'hardswish', 'hardshrink torch.hardshrink Tensor.hardshrink', 'softshrink']:
    common('F.' + n)
for n in ['silu', 'mish', 'selu', 'relu6', 'hardsigmoid', 'hardswish']:
    f.case('F.' + n, rnd(2, 3, grad=False), True)
    f.case('F.' + n, rnd(2, 3, grad=False), inplace=True)
for n, a in [('elu', [2.5]), ('celu', [2.5]), ('leaky_relu', [0.3]), ('hardtanh', [-2, 1.5]), ('threshold', [0.5, 7])]:
    f.case('F.' + n, rnd(2, 3, lo=-4, hi=4), *a)
    f.case('F.' + n, rnd(2, 3, grad=False), *a, True)
    f.case(f'F.{n}_', rnd(2, 3, grad=False), *a)
    f.case(f'F.{n}_', empty(0, grad=False), *a)
f.case('F.elu', X(), alpha=0.3)
f.case('F.celu', X(), alpha=0.3)
f.case('F.leaky_relu', X(), negative_slope=-0.5)
f.case('F.hardtanh', X(), min_val=-0.5, max_val=2)
for n in ['elu_', 'selu_ torch.selu_', 'celu_ torch.celu_', 'leaky_relu_', 'hardtanh_']:
    f.case('F.' + n, rnd(2, 3, grad=False))
    f.case('F.' + n, empty(0, grad=False))
f.case('F.gelu', X(), approximate='tanh', double=True)
f.case('F.gelu', X(), approximate='none')
f.case('F.gelu', t(SPECIAL), approximate='tanh', tags='special')
f.case('F.softplus', X(), 2.5, 3)
f.case('F.softplus', X(), beta=0.5)
f.case('F.hardshrink torch.hardshrink Tensor.hardshrink', X(), 1.5)
f.case('F.softshrink', X(), 1.5)
common('F.threshold torch.threshold', 0.5, 2.0)
f.case('torch.threshold_', rnd(2, 3, grad=False), 0.5, 7)
f.case('torch.threshold_', empty(0, grad=False), 0.5, 7)
f.error('F.gelu', rnd(2), approximate='sigmoid', cls='ValueError', has='approximate argument must be either none or tanh')
f.error('F.celu', rnd(2), 0, cls='ValueError', has='alpha cannot be 0 for CELU')
f.error('F.softshrink', rnd(2), -1, cls='ValueError', has='lambda must be greater or equal to 0, but found to be -1.')
for n in ['silu', 'gelu', 'softplus', 'elu', 'leaky_relu', 'mish', 'hardsigmoid', 'hardswish']:
    f.error('F.' + n, i64([1, 2]), cls='DTypeError', has="not implemented for 'Long'")

n = 'F.prelu torch.prelu Tensor.prelu'
f.case(n, rnd(2, 3), rnd(3), double=True)
f.case(n, rnd(2, 3), rnd(1))
f.case(n, rnd(2, 2, 2), rnd(2))
f.case(n, rnd(3), rnd(1))
f.case(n, empty(0, 2), rnd(2))
f.case(n, t([[0., -1.], [nan, -inf]]), rnd(2), tags='ties special')
f.error(n, rnd(2, 3), rnd(2), cls='ShapeError', has='Mismatch of parameter numbers and input channel size. Found parameter numbers = 2 and channel size = 3.')
f.error(n, rnd(2, 3), rnd(1, 3), cls='ShapeError', only2=True, has='Expected `weight` to be a scalar or 1D tensor, but got: ndim = 2')

n = 'F.glu'
f.case(n, rnd(2, 4), double=True)
f.case(n, rnd(4, 3), 0)
f.case(n, rnd(2, 2, 3), dim=1)
f.case(n, empty(0, 4))
f.error(n, rnd(2, 3), cls='ShapeError', has='Halving dimension must be even, but dimension 1 is size 3')
f.error(n, rnd(), cls='ShapeError', has='glu does not support scalars because halving size must be even')

n = 'F.softmin'
f.case(n, rnd(2, 3), 1, double=True)
f.case(n, rnd(2, 3), dim=0)
f.case(n, rnd(3), 0, 3, None)
f.case(n, empty(0, 3), 1)
f.write()
