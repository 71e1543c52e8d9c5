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
            "Adafactor",
        )
        # PyTorch before 2.5 has no Adafactor, and before 2.9 no Muon
        if hasattr(optim, name)
    },
}


def step(make, shape, count):
    def set_up():
        params = [torch.randn(shape, requires_grad=True) for _ in range(count)]
        for param in params:
            param.grad = torch.randn(shape)
        return make(params).step

    return set_up


def dead_step(make, shape):
    def set_up():
        param = torch.randn(shape, requires_grad=True)
        optimizer = make([param])
        param.grad = torch.randn(shape) * 1e-38
        optimizer.step()
        param.grad = torch.zeros(shape)
        return optimizer.step

    return set_up


OPTIMIZER_STEPS = {}
for name, make in OPTIMIZERS.items():
    OPTIMIZER_STEPS[f"{name} step, 1 M parameters"] = step(make, (1024, 1024), 1)
    OPTIMIZER_STEPS[f"{name} step, 200 × 100 parameters"] = step(make, (100,), 200)
for name in ("SGD momentum", "Adam"):
    key = f"{name} step, 1 M parameters that get no gradient any more"
    OPTIMIZER_STEPS[key] = dead_step(OPTIMIZERS[name], (1024, 1024))


def sparse_step():
    weight = torch.randn(16384, 64, requires_grad=True)
    rows = torch.arange(4096).mul(4).reshape(1, -1)
    weight.grad = torch.sparse_coo_tensor(rows, torch.randn(4096, 64), (16384, 64)).coalesce()
    return optim.SparseAdam([weight]).step


def lbfgs_step(shape, count):
    def set_up():
        params = [torch.randn(shape, requires_grad=True) for _ in range(count)]
        optimizer = optim.LBFGS(params, max_iter=4, lr=1e-4, history_size=10)

        def closure():
            optimizer.zero_grad(set_to_none=True)
            loss = sum(p.square().sum() for p in params)
            loss.backward()
            return loss

        return lambda: optimizer.step(closure)

    return set_up


if hasattr(optim, "Muon"):
    OPTIMIZER_STEPS["Muon step, 1024×1024 parameters"] = step(optim.Muon, (1024, 1024), 1)
OPTIMIZER_STEPS["SparseAdam step, 4096 rows of 16384×64"] = sparse_step
OPTIMIZER_STEPS["LBFGS, 4 iterations, 1 M parameters"] = lbfgs_step((1024, 1024), 1)
OPTIMIZER_STEPS["LBFGS, 4 iterations, 200 × 100 parameters"] = lbfgs_step((100,), 200)
