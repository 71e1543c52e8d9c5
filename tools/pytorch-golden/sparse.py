#!/usr/bin/env python3
"""Writes packages/tensor/test/fixtures/sparse.json: sparse COO tensors in PyTorch, their sums, gradients and texts.

Run from anywhere: python3 tools/pytorch-golden/sparse.py
"""
import json
import os

import torch
import torch.nn.functional as F

OUT = os.path.join(os.path.dirname(os.path.abspath(__file__)), '../../packages/tensor/test/fixtures/sparse.json')


def facts(x):
    if not x.is_sparse:
        return {'sparse': False, 'values': x.tolist()}
    return {'sparse': True, 'indices': x._indices().tolist(), 'values': x._values().tolist(), 'size': list(x.shape),
            'coalesced': x.is_coalesced(), 'nnz': x._nnz(), 'sparse_dim': x.sparse_dim(), 'dense_dim': x.dense_dim(),
            'dense': x.to_dense().tolist(), 'text': str(x)}


rows = lambda: torch.sparse_coo_tensor([[2, 0, 2]], [[1., 2.], [3., 4.], [5., 6.5]], (4, 2))
cells = lambda: torch.sparse_coo_tensor([[1, 0, 1], [2, 0, 2]], [1., 2., 3.])
dense = torch.arange(8.).reshape(4, 2)
out = {
    'torch': torch.__version__,
    'rows': facts(rows()),
    'rows_coalesced': facts(rows().coalesce()),
    'cells': facts(cells()),
    'cells_coalesced': facts(cells().coalesce()),
    'one': facts(torch.sparse_coo_tensor([[1]], [1.5], (3,))),
    'empty': facts(torch.sparse_coo_tensor(torch.zeros(1, 0, dtype=torch.int64), torch.zeros(0, 2), (4, 2))),
    'double': facts(torch.sparse_coo_tensor([[1]], torch.tensor([1.5], dtype=torch.float64), (3,))),
    'sum': facts(rows() + rows()),
    'sum_alpha': facts(torch.add(rows(), rows(), alpha=-2)),
    'sum_coalesced': facts(rows().coalesce() + rows().coalesce()),
    'dense_sum': facts(dense + rows()),
    'dense_sum_alpha': facts(torch.add(dense, rows(), alpha=0.5)),
    'dense_in_place': facts(dense.clone().add_(rows())),
    'scaled': facts(rows() * 2),
    'divided': facts(rows() / 2),
    'zeroed': facts(rows().zero_()),
}

weight = torch.arange(8.).reshape(4, 2)
index = torch.tensor([2, 0, 2, 1])
cot = torch.arange(8.).reshape(4, 2)


def grads(*uses, padding=None, dense_first=False, steps=1):
    w = weight.clone().requires_grad_()
    for _ in range(steps):
        loss = 0
        for use in uses:
            loss = loss + ((F.embedding(index, w, padding_idx=padding, sparse=True) * cot).sum() if use == 'sparse' else (w * w).sum())
        loss.backward()
    return facts(w.grad)


def then(*uses):
    """One backward after the other, into the same .grad."""
    w = weight.clone().requires_grad_()
    for use in uses:
        loss = (F.embedding(index, w, sparse=True) * cot).sum() if use == 'sparse' else (w * w).sum()
        loss.backward()
    return facts(w.grad)


out['grads'] = {
    'once': grads('sparse'), 'padding': grads('sparse', padding=2), 'twice': grads('sparse', 'sparse'),
    'with_dense': grads('sparse', 'dense'), 'dense_with': grads('dense', 'sparse'),
    'then_sparse': then('sparse', 'sparse'), 'then_dense': then('sparse', 'dense'), 'dense_then': then('dense', 'sparse'),
}
with open(OUT, 'w') as file:
    file.write(json.dumps(out) + '\n')
