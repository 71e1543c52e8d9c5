"""Single operations on large tensors."""

import torch
import torch.nn.functional as F

MEGA = 1 << 20


def step(size, f):
    def make():
        x = torch.randn(size, requires_grad=True)
        g = torch.randn(f(x.detach()).shape)

        def run():
            f(x).backward(g)
            x.grad = None

        return run

    return make


def dropped(size, f):
    def make():
        x = torch.randn(size)
        return lambda: f(x)

    return make


other = torch.randn(MEGA)
ELEMENTWISE = {
    "add": lambda x: x + other,
    "relu": torch.relu,
    "exp": torch.exp,
    "tanh": torch.tanh,
    "sigmoid": torch.sigmoid,
    "gelu": F.gelu,
}
ROWS = {
    "softmax": lambda x: x.softmax(1),
    "log_softmax": lambda x: x.log_softmax(1),
    "layer_norm": lambda x: F.layer_norm(x, (1024,)),
    "sum": lambda x: x.sum(),
    "mean": lambda x: x.mean(1),
}


def in_turn(title, size, table):
    out = {}
    for name, f in table.items():
        out[f"{name} on {title}, forward + backward"] = step(size, f)
        out[f"{name} on {title}, results dropped"] = dropped(size, f)
    return out


def add_transposed():
    a, b = torch.randn(1024, 1024), torch.randn(1024, 1024).t()
    return lambda: a + b


def add_broadcast():
    a, b = torch.randn(1024, 1024), torch.randn(1024)
    return lambda: a + b


CHANNELS = (64, 16, 28, 28)
LAYOUTS = {
    "sum over dimension 0 of 1024×1024": dropped((1024, 1024), lambda x: x.sum(0)),
    "sum over dimension 1 of a transposed 1024×1024": dropped((1024, 1024), lambda x: x.t().sum(1)),
    "mean of each channel of 64×16×28×28": dropped(CHANNELS, lambda x: x.mean((0, 2, 3))),
    "max over dimension 0 of 1024×1024": dropped((1024, 1024), lambda x: x.max(0)[0]),
    "softmax over dimension 0 of 1024×1024": dropped((1024, 1024), lambda x: x.softmax(0)),
    "softmax over the channels of 64×16×28×28": dropped(CHANNELS, lambda x: x.softmax(1)),
    "copy of a transposed 1024×1024": dropped((1024, 1024), lambda x: x.t().contiguous()),
    "copy of 16×64×8×64 as 16×8×64×64": dropped((16, 64, 8, 64), lambda x: x.permute(0, 2, 1, 3).contiguous()),
    "copy of every second column of 1024×1024": dropped((1024, 1024), lambda x: x[:, ::2].contiguous()),
    "flip of 64×16×28×28 along the last dimension": dropped(CHANNELS, lambda x: x.flip(3)),
}


TENSORS = {
    **in_turn("1 M", (MEGA,), ELEMENTWISE),
    **in_turn("1024×1024", (1024, 1024), ROWS),
    **LAYOUTS,
    "add of a transposed 1024×1024": add_transposed,
    "add of a row to 1024×1024": add_broadcast,
    "max_pool2d 2×2 on 64×16×28×28, forward + backward": step((64, 16, 28, 28), lambda x: F.max_pool2d(x, 2)),
    "avg_pool2d 2×2 on 64×16×28×28, forward + backward": step((64, 16, 28, 28), lambda x: F.avg_pool2d(x, 2)),
}
