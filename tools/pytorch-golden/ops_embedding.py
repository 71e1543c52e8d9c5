"""Embedding, with dense gradients. What is sparse is in sparse.py."""
from ops_case import Family, empty, i64, rnd, t

f = Family('embedding')
n = 'F.embedding'
f.case(n, i64([0, 2, 2]), rnd(3, 2), double=True)
f.case(n, i64([[0, 2], [1, 1]]), rnd(3, 2), 1, tags='special')
f.case(n, i64(1), rnd(3, 2))
f.case(n, t([2, 0], 'int32'), rnd(3, 2), padding_idx=-1, tags='special')
f.case(n, i64([0, 2, 2, 0, 2]), rnd(3, 2), None, None, 2, True, tags='special')
f.case(n, i64([0, 2, 2]), rnd(3, 2), 0, scale_grad_by_freq=True, tags='special')
f.case(n, i64([0, 2]), rnd(3, 2, grad=False), max_norm=0.5)
f.case(n, i64([0, 2]), rnd(3, 2, grad=False), None, 0.5, 1)
f.case(n, empty(0, dtype='int64'), rnd(3, 2))
f.error(n, i64([0, 3]), rnd(3, 2), cls='ValueError', has='index out of range in self')
f.error(n, i64([0, -1]), rnd(3, 2), cls='ValueError', has='index out of range in self')
f.error(n, t([0., 1.], grad=False), rnd(3, 2), cls='DTypeError', has="Expected tensor for argument #1 'indices' to have one of the following scalar types: Long, Int; but got torch.FloatTensor instead (while checking arguments for embedding)")
f.error(n, i64([0, 1]), rnd(3), cls='ShapeError', has="'weight' must be 2-D")
f.error(n, i64([0, 1]), rnd(3, 2), 3, cls='ValueError', has='Padding_idx must be within num_embeddings')
f.write()
