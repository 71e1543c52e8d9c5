"""PyTorch's side of the gpu benchmark: as workloads.py, with CUDA. Says which device it has, null for none."""

import json
import sys
import time

import torch
import torch.nn as nn
import torch.nn.functional as F

from training import LeNet

device = "cuda" if torch.cuda.is_available() else None


def matmul(n):
    a, b = torch.randn(n, n, device=device), torch.randn(n, n, device=device)
    return lambda: a @ b


def conv(batch):
    layer = nn.Conv2d(64, 64, 3, padding=1).to(device)
    x = torch.randn(batch, 64, 56, 56, device=device, requires_grad=True)
    g = torch.randn(batch, 64, 56, 56, device=device)

    def run():
        layer(x).backward(g)
        x.grad = None
        layer.zero_grad(set_to_none=True)

    return run


def training(net, optimizer, inputs):
    inputs, labels = inputs.to(device), torch.randint(0, 10, (len(inputs),), device=device)

    def step():
        optimizer.zero_grad(set_to_none=True)
        F.cross_entropy(net(inputs), labels).backward()
        optimizer.step()

    return step


def lenet(batch):
    net = LeNet().to(device)
    return training(net, torch.optim.SGD(net.parameters(), lr=1e-6, momentum=0.9), torch.randn(batch, 1, 28, 28))


def mlp(batch):
    net = nn.Sequential(nn.Linear(784, 256), nn.ReLU(), nn.Linear(256, 128), nn.ReLU(), nn.Linear(128, 10)).to(device)
    return training(net, torch.optim.Adam(net.parameters(), lr=1e-3), torch.randn(batch, 784))


WORK = {
    **{f"matmul {n}": (matmul, n) for n in (256, 512, 1024, 2048, 4096)},
    **{f"conv 64→64 3×3 on 56×56, batch {n}, forward + backward": (conv, n) for n in (1, 8)},
    **{f"LeNet step, batch {n}, SGD momentum": (lenet, n) for n in (64, 1024)},
    **{f"MLP 784-256-128-10 step, batch {n}, Adam": (mlp, n) for n in (64, 1024)},
}

# exact 32-bit products, as on our side
torch.backends.cuda.matmul.allow_tf32 = False
torch.backends.cudnn.allow_tf32 = False
name = torch.cuda.get_device_name() if device else None
print(json.dumps({"torch": torch.__version__, "device": name}), flush=True)
for line in sys.stdin:
    work, repetitions = line.rstrip("\n").split("\t")
    make, size = WORK[work]
    step = make(size)
    times = []
    for _ in range(int(repetitions)):
        start = time.perf_counter()
        step()
        torch.cuda.synchronize()
        times.append((time.perf_counter() - start) * 1e3)
    print(json.dumps(times), flush=True)
