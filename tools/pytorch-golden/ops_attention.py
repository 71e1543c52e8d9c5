"""Attention, and parts of tensors as copies."""
import math

import torch
import torch.nn.functional as F

from ops_case import Family, b, empty, i64, inf, nan, rnd, t


def attention(query, key, value, attn_mask=None, dropout_p=0.0, is_causal=False, *, scale=None, enable_gqa=False):
    """PyTorch 1.13 has no such function: this is what PyTorch 2's documentation says it is equivalent to."""
    if attn_mask is not None and is_causal:
        raise RuntimeError('Explicit attn_mask should not be set when is_causal=True')
    rows, columns = query.size(-2), key.size(-2)
    scale = 1 / math.sqrt(query.size(-1)) if scale is None else scale
    bias = torch.zeros(rows, columns, dtype=query.dtype)
    if is_causal:
        attn_mask = torch.ones(rows, columns, dtype=torch.bool).tril()
    blind = None
    if attn_mask is not None and attn_mask.dtype == torch.bool:
        blind = attn_mask.logical_not().all(-1, keepdim=True)
        bias = torch.zeros(attn_mask.shape, dtype=query.dtype).masked_fill(attn_mask.logical_not(), -inf)
    elif attn_mask is not None:
        blind = (attn_mask == -inf).all(-1, keepdim=True)
        bias = attn_mask
    if enable_gqa:
        key = key.repeat_interleave(query.size(-3) // key.size(-3), -3)
        value = value.repeat_interleave(query.size(-3) // value.size(-3), -3)
    scores = query @ key.transpose(-2, -1) * scale + bias
    if blind is not None:  # since 2.5, a row without keys is zeros
        weights = scores.masked_fill(blind, 0).softmax(-1).masked_fill(blind, 0)
    else:
        weights = scores.softmax(-1)
    return torch.dropout(weights, dropout_p, train=True) @ value


F.scaled_dot_product_attention = attention

f = Family('attention')
n = 'F.scaled_dot_product_attention'
f.case(n, rnd(3, 2), rnd(4, 2), rnd(4, 3), double=True)
f.case(n, rnd(2, 3, 2), rnd(2, 3, 2), rnd(2, 3, 2))
f.case(n, rnd(1, 2, 2, 2), rnd(1, 2, 3, 2), rnd(1, 2, 3, 1))
f.case(n, rnd(2, 1, 2, 2), rnd(1, 2, 3, 2), rnd(1, 2, 3, 1))
f.case(n, rnd(1, 2), rnd(1, 2), rnd(1, 2))
f.case(n, rnd(3, 2), rnd(3, 2), rnd(3, 2), is_causal=True, double=True)
f.case(n, rnd(2, 2), rnd(4, 2), rnd(4, 2), None, 0.0, True)
f.case(n, rnd(4, 2), rnd(2, 2), rnd(2, 2), is_causal=True)
f.case(n, rnd(2, 2), rnd(3, 2), rnd(3, 2), scale=0.3)
f.case(n, rnd(2, 2), rnd(3, 2), rnd(3, 2), rnd(2, 3), double=True)
f.case(n, rnd(2, 2, 2), rnd(2, 3, 2), rnd(2, 3, 2), attn_mask=rnd(3))
f.case(n, rnd(2, 2, 2), rnd(2, 3, 2), rnd(2, 3, 2), rnd(2, 1, 3, grad=False))
f.case(n, rnd(2, 2), rnd(3, 2), rnd(3, 2), b([[True, False, True], [False, True, True]]))
f.case(n, rnd(2, 2, 2), rnd(2, 3, 2), rnd(2, 3, 2), b([[[True, False, True]], [[False, False, True]]]))
f.case(n, rnd(2, 2), rnd(3, 2), rnd(3, 2), b([[True], [False]]))
f.case(n, rnd(3, 2), rnd(2, 2), rnd(2, 2), b([[True, False], [False, False], [True, True]]), double=True)
f.case(n, rnd(2, 2), rnd(2, 2), rnd(2, 2), t([[-inf, -inf], [0.5, -inf]], grad=False))
f.case(n, rnd(2, 2), rnd(3, 2), rnd(3, 2), b([True, False, True]))
f.case(n, rnd(4, 2, 2), rnd(2, 3, 2), rnd(2, 3, 2), enable_gqa=True)
f.case(n, rnd(1, 2, 2, 2), rnd(1, 1, 3, 2), rnd(1, 2, 3, 2), enable_gqa=True, is_causal=True)
f.case(n, rnd(3, 2), rnd(3, 2), rnd(3, 2), None, 0.5, seed=5)
f.case(n, rnd(3, 2), rnd(3, 2), rnd(3, 2), dropout_p=1.0)
f.case(n, rnd(2, 2), rnd(2, 2), t([[nan, 1.], [2., inf]]), tags='special')
f.case(n, empty(0, 2), rnd(3, 2), rnd(3, 2))
f.case(n, empty(0, 2, 2), empty(0, 3, 2), empty(0, 3, 2), b([[True, True, False]]))
f.case(n, rnd(2, 2), empty(0, 2), empty(0, 3))
f.error(n, rnd(2), rnd(2, 2), rnd(2, 2), cls='ShapeError', only2=True, has='Expected query, key, and value to all be at least 2 dimensional, but got Query dim: 1, key dim: 2 and value dim: 2 instead.')
f.error(n, rnd(2, 2), rnd(2, 2, dtype='float64'), rnd(2, 2), cls='DTypeError', only2=True, has='Expected query, key, and value to have the same dtype, but got query.dtype: float32 key.dtype: float64 and value.dtype: float32 instead.')
f.error(n, rnd(2, 2), rnd(2, 2), rnd(2, 2), i64([[1, 0], [1, 1]]), cls='DTypeError', only2=True, has='Expected attn_mask dtype to be bool or to match query dtype, but got attn_mask.dtype: int64 and query.dtype: float32 instead.')
f.error(n, rnd(2, 2), rnd(2, 2), rnd(2, 2), rnd(2, 2), is_causal=True, cls='ValueError', has='Explicit attn_mask should not be set when is_causal=True')
f.error(n, rnd(2, 2), rnd(2, 3), rnd(2, 2), cls='ShapeError')
f.error(n, rnd(2, 2), rnd(2, 2), rnd(3, 2), cls='ShapeError')
f.error(n, rnd(2, 2), rnd(3, 2), rnd(3, 2), b([[True, True]]), is_causal=True, cls='ValueError')
f.error(n, rnd(2, 2), rnd(3, 2), rnd(3, 2), b([[True, True]]), cls='ShapeError', only2=True, has='The size of tensor a (3) must match the size of tensor b (2) at non-singleton dimension 1')
f.error(n, rnd(2, 2), rnd(3, 2), rnd(3, 2), rnd(4, 2, 3), cls='ShapeError', only2=True, has="attn_mask of shape [4, 2, 3] does not broadcast to the scores' shape [2, 3]")
f.error(n, rnd(3, 2, 2), rnd(2, 3, 2), rnd(2, 3, 2), enable_gqa=True, cls='ShapeError', only2=True, has='Number of heads in key and value must divide the number of heads in query')
f.error(n, rnd(2, 2), rnd(2, 2), rnd(2, 2), dropout_p=-0.5, cls='ValueError', has='dropout probability has to be between 0 and 1, but got -0.5')
f.error(n, i64([[1, 2]]), i64([[1, 2]]), i64([[1, 2]]), cls='DTypeError', only2=True, has='"softmax" not implemented for \'Long\'')

n = 'torch.unbind_copy'
f.case(n, rnd(3, 2))
f.case(n, rnd(2, 3, 2), 1, double=True)
f.case(n, rnd(2, 3), dim=-1)
f.case(n, rnd(2))
f.case(n, i64([[1, 2], [3, 4]]), 1)
f.case(n, empty(2, 0))
f.case(n, rnd(1, 2))
f.case(n, t([[1., nan], [inf, -inf]]), tags='special')
f.error(n, rnd(), cls='ShapeError', has='Dimension specified as 0 but tensor has no dimensions')
f.error(n, rnd(2, 3), 2, cls='ShapeError')

n = 'torch.split_copy'
f.case(n, rnd(4, 2), 2, double=True)
f.case(n, rnd(2, 5), 2, 1)
f.case(n, rnd(2, 3), split_size=5, dim=-1)
f.case(n, rnd(3), 1)
f.case(n, b([True, False, True]), 2)
f.case(n, empty(0, 2), 0)
f.case(n, empty(2, 0), 1)
f.error(n, rnd(), 1, cls='ShapeError', has='split expects at least a 1-dimensional tensor')
f.error(n, rnd(2), 0, cls='ShapeError', has='split_size can only be 0 if dimension size is 0, but got dimension size of 2')
f.error(n, rnd(2), -1, cls='ShapeError', has='split_size be non-negative, but got split_size=-1')
f.error(n, rnd(2), 1, 1, cls='ShapeError')

n = 'torch.split_with_sizes_copy'
f.case(n, rnd(4, 2), [1, 3], double=True)
f.case(n, rnd(2, 5), [2, 0, 3], 1)
f.case(n, rnd(2, 3), split_sizes=[3], dim=-1)
f.case(n, empty(0, 2), [0, 0])
f.error(n, rnd(), [1], cls='ShapeError', has='split expects at least a 1-dimensional tensor')
f.error(n, rnd(3), [1, 1], cls='ShapeError', has="split_with_sizes expects split_sizes to sum exactly to 3 (input tensor's size at dimension 0), but got split_sizes=[1, 1]")
f.error(n, rnd(3), [-1, 4], cls='ShapeError', has='split_with_sizes expects split_sizes have only non-negative entries, but got split_sizes=[-1, 4]')
f.error(n, rnd(3), 3, cls='ShapeError', only2=True, has="argument 'split_sizes' must be tuple of ints, got 3")

f.write()
