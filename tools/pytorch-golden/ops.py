#!/usr/bin/env python3
"""Writes packages/tensor/test/fixtures/ops/*.json: what PyTorch answers to the calls listed in the families ops_*.py.

Run from anywhere: OPENBLAS_NUM_THREADS=1 python3 tools/pytorch-golden/ops.py [family …]
"""
import importlib
import sys

FAMILIES = ['elementwise', 'reduction', 'matrix', 'view', 'network', 'factory', 'promotion', 'inplace', 'norms', 'activations', 'losses', 'embedding', 'convs', 'pointwise', 'stats', 'sorting', 'sampling', 'attention', 'indexing', 'shapes', 'einsum', 'padding', 'corners', 'classes']

for family in sys.argv[1:] or FAMILIES:
    importlib.import_module('ops_' + family)
