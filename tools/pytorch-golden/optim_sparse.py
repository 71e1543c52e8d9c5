"""Steps with sparse gradients, for the optimizers that take dense ones too."""
import torch

from optim_problem import DTYPES, flat

START = [[0.5, -1.0], [1.5, 2.0], [-0.25, 0.75], [3.0, -2.0]]
# indices and rows of each step's gradient; rows that come twice, and a gradient of nothing, on which Adagrad fails
GRADIENTS = [
    [[2, 0], [[1.0, -2.0], [0.5, 0.25]]],
    [[0, 0, 3], [[1.0, 1.0], [2.0, -0.5], [0.125, 4.0]]],
    [[], []],
    [[3, 2, 3], [[-1.0, 0.5], [0.75, 0.25], [0.5, 0.5]]],
]
SPARSE = [
    ['SGD', {'lr': 0.1}],
    ['SGD', {'lr': 0.1, 'maximize': True}],
    ['SGD', {'lr': 0.1, 'momentum': 0.9}],
    ['SGD', {'lr': 0.1, 'momentum': 0.8, 'dampening': 0.25}],
    ['SGD', {'lr': 0.1, 'momentum': 0.9, 'nesterov': True}],
    ['Adagrad', {'lr': 0.1}],
    ['Adagrad', {'lr': 0.2, 'lr_decay': 0.1, 'eps': 0.01, 'initial_accumulator_value': 0.5, 'maximize': True}],
]


def gradients(name):
    return [g for g in GRADIENTS if name != 'Adagrad' or g[0] != []]


def run(name, options, dtype):
    w = torch.tensor(START, dtype=dtype, requires_grad=True)
    optimizer = getattr(torch.optim, name)([w], **options)
    params = []
    for indices, rows in gradients(name):
        values = torch.tensor(rows, dtype=dtype).reshape(-1, 2)
        w.grad = torch.sparse_coo_tensor([indices], values, w.shape)
        optimizer.step()
        params.append(flat(w.detach()))
    state = {k: flat(v.to_dense() if isinstance(v, torch.Tensor) and v.is_sparse else v)
             for k, v in optimizer.state_dict()['state'].get(0, {}).items()}
    return {'params': params, 'state': {k: v for k, v in state.items() if v is not None}}


def sparse_cases():
    return [{'optimizer': name, 'options': options, 'start': START, 'gradients': gradients(name),
             **{dtype: run(name, options, DTYPES[dtype]) for dtype in DTYPES}} for name, options in SPARSE]
