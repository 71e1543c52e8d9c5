#!/usr/bin/env python3
"""Writes packages/optim/test/fixtures/*.json: what PyTorch's optimizers and schedulers do.

problem.json            the parameters and the numbers of their gradients, see optim_problem.py
trajectories/NAME.json  configurations, each with the parameters after some of its steps, the final state and printout
schedulers.json         learning rates of each group, epoch by epoch
errors.json             messages of calls that fail, by the name that the test gives the call
refused.json            options, and sparse gradients, that an optimizer refuses, with the message
sparse.json             steps with sparse gradients
checkpoint.json         files of torch.save, base64, and how training goes on from them

Run from anywhere: OPENBLAS_NUM_THREADS=1 python3 tools/pytorch-golden/optim.py [NAME …], all files without names.
"""
import json
import os
import sys
import warnings

import torch

from optim_cases import FAMILIES
from optim_checkpoint import checkpoint
from optim_errors import errors, refused, sparse_messages, warning_texts
from optim_problem import problem, trajectories
from optim_schedulers import schedulers
from optim_sparse import sparse_cases

OUT = os.path.join(os.path.dirname(os.path.abspath(__file__)), '../../packages/optim/test/fixtures')
FILES = {
    'problem': lambda: {'problem': problem()},
    **{f'trajectories/{name}': lambda cases=cases: trajectories(cases) for name, cases in FAMILIES.items()},
    'schedulers': schedulers,
    'errors': lambda: {'errors': errors(), 'warnings': warning_texts()},
    'refused': lambda: {'options': refused(), 'sparse': sparse_messages()},
    'sparse': lambda: {'cases': sparse_cases()},
    'checkpoint': lambda: {'cases': checkpoint()},
}


def write(name):
    path = os.path.join(OUT, f'{name}.json')
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with warnings.catch_warnings():
        warnings.simplefilter('ignore')
        content = FILES[name]()
    with open(path, 'w') as f:
        json.dump({'torch': torch.__version__, **content}, f)
        f.write('\n')
    print(path, os.path.getsize(path), 'bytes')


if __name__ == '__main__':
    torch.set_num_threads(1)
    for name in sys.argv[1:] or FILES:
        write(name)
