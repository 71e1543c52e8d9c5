"""Convolution along one dimension, transposed convolution, pooling to a size, dropout of channels."""
from ops_case import Family, empty, i64, nan, rnd, t

f = Family('convs')
n = 'F.conv1d torch.conv1d'
f.case(n, rnd(2, 2, 5), rnd(3, 2, 2), rnd(3), double=True)
f.case(n, rnd(1, 1, 6), rnd(2, 1, 3), None, 2, 1)
f.case(n, rnd(1, 1, 6), rnd(2, 1, 2), rnd(2), [2], [1], [2], 1)
f.case(n, rnd(1, 2, 5), rnd(4, 1, 2), groups=2, dilation=2)
f.case(n, rnd(1, 1, 5), rnd(1, 1, 2), padding='same')
f.case(n, rnd(1, 1, 5), rnd(1, 1, 3), padding='valid')
f.case(n, rnd(2, 4), rnd(1, 2, 2))
f.case(n, empty(0, 1, 4), rnd(2, 1, 2))
f.error(n, rnd(4), rnd(1, 2, 2), cls='ShapeError', has='Expected 2D (unbatched) or 3D (batched) input to conv1d, but got input of size: [4]')
f.error(n, rnd(1, 2, 4), rnd(1, 2, 5), cls='ShapeError', has="Calculated padded input size per channel: (4). Kernel size: (5). Kernel size can't be greater than actual input size")
f.error(n, rnd(1, 2, 4), rnd(2, 2), cls='ShapeError')
f.error(n, rnd(1, 2, 4), rnd(1, 1, 2), cls='ShapeError')
f.error(n, rnd(1, 1, 4), rnd(1, 1, 2), stride=[1, 2], cls='ValueError')

n = 'F.conv_transpose2d torch.conv_transpose2d'
f.case(n, rnd(2, 2, 3, 2), rnd(2, 3, 2, 2), rnd(3), double=True)
f.case(n, rnd(1, 2, 3, 3), rnd(2, 1, 3, 2), None, 2, 1, 1)
f.case(n, rnd(1, 2, 2, 2), rnd(2, 2, 2, 2), rnd(4), (2, 3), (1, 0), (0, 2), 2, (1, 2))
f.case(n, rnd(1, 1, 2, 3), rnd(1, 1, 2, 2), dilation=2, output_padding=1, stride=1)
f.case(n, rnd(2, 2, 2), rnd(2, 1, 2, 2))
f.case(n, empty(0, 1, 3, 3), rnd(1, 2, 2, 2), rnd(2))
f.error(n, rnd(1, 2, 3, 3), rnd(3, 1, 2, 2), cls='ShapeError', has='Given transposed=1, weight of size [3, 1, 2, 2], expected input[1, 2, 3, 3] to have 3 channels, but got 2 channels instead')
f.error(n, rnd(1, 1, 3, 3), rnd(1, 1, 2, 2), output_padding=1, cls='ValueError', has='output padding must be smaller than either stride or dilation, but got output_padding_height: 1 output_padding_width: 1 stride_height: 1 stride_width: 1 dilation_height: 1 dilation_width: 1')
f.error(n, rnd(1, 1, 3, 3), rnd(1, 1, 2, 2), rnd(2), cls='ShapeError', has='expected bias to be 1-dimensional with 1 elements, but got bias of size [2] instead')
f.error(n, rnd(1, 1, 1, 1), rnd(1, 1, 1, 1), padding=1, cls='ShapeError', has='Output size is too small')
f.error(n, rnd(3, 3), rnd(1, 1, 2, 2), cls='ShapeError', has='Expected 3D (unbatched) or 4D (batched) input to conv_transpose2d, but got input of size: [3, 3]')
f.error(n, rnd(1, 1, 3, 3), rnd(1, 1, 2, 2), stride=0, cls='ValueError', has='non-positive stride is not supported')
n = 'F.conv_transpose1d torch.conv_transpose1d'
f.case(n, rnd(2, 2, 3), rnd(2, 3, 2), rnd(3), double=True)
f.case(n, rnd(1, 2, 3), rnd(2, 1, 3), None, 2, 1, 1, 2, 2)
f.case(n, rnd(2, 3), rnd(2, 1, 2))
f.case(n, empty(0, 1, 3), rnd(1, 2, 2))

n = 'F.max_pool1d'
f.case(n, rnd(2, 2, 6), 2, double=True)
f.case(n, rnd(1, 1, 6), 3, 2, 1, 1, True)
f.case(n, rnd(1, 7), 2, stride=3, dilation=2)
f.case(n, rnd(1, 1, 6), 2, return_indices=True)
f.case(n, t([[[1., 1., nan, 0.]]]), 2, 1, return_indices=True, tags='ties')
f.case(n, empty(0, 1, 4), 2)
f.case('torch.max_pool1d', rnd(2, 2, 6), 2)
f.case('torch.max_pool1d', empty(0, 1, 4), 2)
f.case('F.max_pool1d_with_indices torch.max_pool1d_with_indices', rnd(2, 6), 3, 1, 1)
f.case('F.max_pool1d_with_indices torch.max_pool1d_with_indices', empty(0, 1, 4), 2)
n = 'F.avg_pool1d torch.avg_pool1d'
f.case(n, rnd(2, 2, 6), 2, double=True)
f.case(n, rnd(1, 1, 6), 3, 2, 1, True, False)
f.case(n, rnd(1, 7), 2, stride=3, ceil_mode=True)
f.case(n, empty(0, 1, 4), 2)
for n in ['F.max_pool1d', 'F.avg_pool1d']:
    f.error(n, rnd(3), 2, cls='ShapeError')

n = 'F.adaptive_avg_pool2d'
f.case(n, rnd(2, 2, 4, 6), 2, double=True)
f.case(n, rnd(1, 2, 5, 3), (3, 2))
f.case(n, rnd(1, 1, 3, 2), (4, 3))
f.case(n, rnd(2, 2, 3, 3), 1)
f.case(n, rnd(1, 1, 4, 3), (None, 2))
f.case(n, rnd(2, 3, 4), output_size=(2, 1))
f.case(n, empty(0, 1, 3, 3), 2)
f.error(n, rnd(2, 2), 1, cls='ShapeError', only2=True, has='Expected 3D or 4D tensor')
f.error(n, i64([[[1, 2]]]), 1, cls='DTypeError')
n = 'F.adaptive_avg_pool1d torch.adaptive_avg_pool1d'
f.case(n, rnd(2, 2, 6), 4, double=True)
f.case(n, rnd(2, 5), [2])
f.case(n, empty(0, 1, 3), 2)
n = 'F.adaptive_max_pool2d'
f.case(n, rnd(2, 2, 4, 6), 2, double=True)
f.case(n, rnd(1, 2, 5, 3), (3, 2), True)
f.case(n, rnd(1, 2, 5, 3), (2, 2), return_indices=True)
f.case(n, rnd(1, 1, 3, 2), (4, 3))
f.case(n, rnd(2, 3, 4), (2, 1), return_indices=True)
f.case(n, t([[[1., 1., 2.], [1., nan, 2.]]]), (1, 2), return_indices=True, tags='ties')
f.case(n, empty(0, 1, 3, 3), 2)

for n, shape in [('dropout1d', (2, 3, 2)), ('dropout2d', (2, 3, 2, 2)), ('dropout3d', (2, 2, 1, 2, 2)), ('alpha_dropout', (3, 4))]:
    n = 'F.' + n
    f.case(n, rnd(*shape), 0.5, True, seed=3)
    f.case(n, rnd(*shape), p=0.3, training=True, seed=4)
    f.case(n, rnd(*shape, grad=False), 0.4, True, True, seed=5)
    f.case(n, rnd(*shape), 0.5, False)
    f.case(n, rnd(*shape), 1.0, True, seed=5)
    f.case(n, empty(0, *shape[1:]), 0.5, True, seed=5)
    f.error(n, rnd(*shape), 1.5, cls='ValueError', has='dropout probability has to be between 0 and 1, but got 1.5')
f.case('F.dropout1d', rnd(3, 2, grad=False), 0.5, True, seed=3)
f.error('F.dropout1d', rnd(3), 0.5, True, cls='ShapeError')
f.write()
