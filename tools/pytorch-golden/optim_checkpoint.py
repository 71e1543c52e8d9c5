"""Files of torch.save, base64, and how training goes on from them."""
import base64
import io

import torch

from optim_cases import FAMILIES
from optim_problem import flat, gradient, make, parameters, problem, tensors

NAMES = ['sgd', 'sgd momentum', 'adam groups', 'adadelta groups', 'adagrad groups', 'adamax', 'adamw weight decay',
         'asgd averaged', 'nadam', 'radam', 'rmsprop centered momentum']


def checkpoint():
    """Half of a training saved by torch.save, and the parameters when it went on."""
    out = []
    for spec in [c for cases in FAMILIES.values() for c in cases if c['name'] in NAMES]:
        data = problem()
        dtype = torch.float32
        params = parameters(data, dtype)
        terms = [tensors(d, dtype) for d in data]
        optimizer = make(spec, params)

        def train(first, last):
            for step in range(first, last + 1):
                for p, term in zip(params, terms):
                    p.grad = gradient(p, term, step)
                optimizer.step()
        train(1, 8)
        file = io.BytesIO()
        torch.save({'params': params, 'optimizer': optimizer.state_dict()}, file)
        train(9, 16)
        out.append({'case': spec['name'], 'file': base64.b64encode(file.getvalue()).decode(),
                    'params': [flat(p.detach()) for p in params]})
    return out
