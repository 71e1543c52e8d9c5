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


def conv(size, groups):
    def make():
        x = torch.randn(8, 64, 56, 56, requires_grad=True)
        layer = nn.Conv2d(64, 64, size, padding=(size - 1) // 2, groups=groups)
        g = torch.randn(8, 64, 56, 56)

        def run():
            layer(x).backward(g)
            x.grad = None
            layer.zero_grad(set_to_none=True)

        return run

    return make


PRODUCTS = {
    **{f"matmul {n}": matmul(n) for n in (64, 128, 256, 512, 1024)},
    "bmm of 64 × 64×64, forward + backward": bmm,
    "conv 64→64 3×3 on 56×56, batch 8, forward + backward": conv(3, 1),
    "conv depthwise 64 3×3 on 56×56, batch 8, forward + backward": conv(3, 64),
    "conv 64→64 1×1 on 56×56, batch 8, forward + backward": conv(1, 1),
}
