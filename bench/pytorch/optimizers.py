"""One step of every optimizer, over one large tensor and over many small ones."""

import torch
from torch import optim

OPTIMIZERS = {
    "SGD momentum": lambda params: optim.SGD(params, lr=1e-3, momentum=0.9),
    "SGD": lambda params: optim.SGD(params, lr=1e-3),
    **{
        name: getattr(optim, name)
        for name in (
            "ASGD",
            "Rprop",
            "Adagrad",
            "Adadelta",
            "RMSprop",
            "Adam",
            "AdamW",
            "Adamax",
            "NAdam",
            "RAdam",
        )
    },
}


def step(make, shape, count):
    def set_up():
        params = [torch.randn(shape, requires_grad=True) for _ in range(count)]
        for param in params:
            param.grad = torch.randn(shape)
        return make(params).step

    return set_up


OPTIMIZER_STEPS = {}
for name, make in OPTIMIZERS.items():
    OPTIMIZER_STEPS[f"{name} step, 1 M parameters"] = step(make, (1024, 1024), 1)
    OPTIMIZER_STEPS[f"{name} step, 200 × 100 parameters"] = step(make, (100,), 200)
