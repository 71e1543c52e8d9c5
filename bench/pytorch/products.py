"""Matrix products and convolutions."""

import torch
import torch.nn as nn


def matmul(n):
    def make():
        a, b = torch.randn(n, n), torch.randn(n, n)
        return lambda: a @ b

    return make


def bmm():
    a, b = (torch.randn(64, 64, 64, requires_grad=True) for _ in range(2))
    g = torch.randn(64, 64, 64)

    def run():
        torch.bmm(a, b).backward(g)
        a.grad = b.grad = None

    return run


def layer(module, size, is_image=False):
    """Forward and backward; without the gradient of an image."""

    def make():
        x = torch.randn(size, requires_grad=not is_image)
        g = torch.randn(module(x).shape)

        def run():
            module(x).backward(g)
            x.grad = None
            module.zero_grad(set_to_none=True)

        return run

    return make


def conv(size, groups):
    return layer(nn.Conv2d(64, 64, size, padding=(size - 1) // 2, groups=groups), [8, 64, 56, 56])


LAYERS = {
    "conv 3→64 7×7 in steps of 2 on 224×224, batch 4, forward + backward without input": layer(
        nn.Conv2d(3, 64, 7, stride=2, padding=3), [4, 3, 224, 224], True
    ),
    "conv 64→128 3×3 in steps of 2 on 56×56, batch 8, forward + backward": layer(
        nn.Conv2d(64, 128, 3, stride=2, padding=1), [8, 64, 56, 56]
    ),
    "conv 6→16 5×5 on 14×14, batch 64, forward + backward": layer(nn.Conv2d(6, 16, 5), [64, 6, 14, 14]),
    "conv 128→128 3×3 in 32 groups on 28×28, batch 8, forward + backward": layer(
        nn.Conv2d(128, 128, 3, padding=1, groups=32), [8, 128, 28, 28]
    ),
    "conv1d 64→64 5 on 1024, batch 8, forward + backward": layer(nn.Conv1d(64, 64, 5, padding=2), [8, 64, 1024]),
    "conv_transpose2d 64→32 4×4 in steps of 2 on 28×28, batch 8, forward + backward": layer(
        nn.ConvTranspose2d(64, 32, 4, stride=2, padding=1), [8, 64, 28, 28]
    ),
}

PRODUCTS = {
    **{f"matmul {n}": matmul(n) for n in (64, 128, 256, 512, 1024)},
    "bmm of 64 × 64×64, forward + backward": bmm,
    "conv 64→64 3×3 on 56×56, batch 8, forward + backward": conv(3, 1),
    "conv depthwise 64 3×3 on 56×56, batch 8, forward + backward": conv(3, 64),
    "conv 64→64 1×1 on 56×56, batch 8, forward + backward": conv(1, 1),
    **LAYERS,
}
