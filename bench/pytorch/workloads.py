"""PyTorch's side of the benchmark: reads `name<TAB>repetitions` lines, answers with milliseconds for each repetition."""

import json
import sys
import time

import torch
import torch.nn as nn
import torch.nn.functional as F

torch.set_num_threads(int(sys.argv[1]))


class LeNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(1, 16, 3, padding=1)
        self.conv2 = nn.Conv2d(16, 32, 3, padding=1)
        self.fc1 = nn.Linear(1568, 128)
        self.fc2 = nn.Linear(128, 10)

    def forward(self, x):
        a = F.max_pool2d(F.relu(self.conv1(x)), 2)
        b = F.max_pool2d(F.relu(self.conv2(a)), 2)
        return self.fc2(F.relu(self.fc1(b.flatten(1))))


def training(net, optimizer, inputs):
    labels = torch.randint(0, 10, (64,))

    def step():
        optimizer.zero_grad(set_to_none=True)
        F.cross_entropy(net(inputs), labels).backward()
        optimizer.step()

    return step


def lenet_step():
    net = LeNet()
    return training(net, torch.optim.SGD(net.parameters(), lr=0.01, momentum=0.9), torch.randn(64, 1, 28, 28))


def lenet_forward():
    net = LeNet().eval()
    images = torch.randn(64, 1, 28, 28)

    def step():
        with torch.no_grad():
            net(images)

    return step


def mlp_step():
    net = nn.Sequential(
        nn.Linear(784, 256), nn.ReLU(), nn.Linear(256, 128), nn.ReLU(), nn.Linear(128, 10)
    )
    return training(net, torch.optim.Adam(net.parameters(), lr=1e-3), torch.randn(64, 784))


def matmul(n):
    def make():
        a, b = torch.randn(n, n), torch.randn(n, n)
        return lambda: a @ b

    return make


def tiny_chain():
    x = torch.randn(2, 2, requires_grad=True)
    a, b = torch.randn(2, 2), torch.randn(2, 2)

    def step():
        y = x
        for _ in range(50):
            y = y.mul(a).add(b).tanh()
        y.sum().backward()
        x.grad = None

    return step


WORKLOADS = {
    "LeNet step, batch 64, SGD momentum": lenet_step,
    "LeNet forward, batch 64": lenet_forward,
    "MLP 784-256-128-10 step, batch 64, Adam": mlp_step,
    **{f"matmul {n}": matmul(n) for n in (64, 128, 256, 512, 1024)},
    "50 × (mul, add, tanh) on 2×2, forward + backward": tiny_chain,
}

print(json.dumps({"torch": torch.__version__}), flush=True)
made = {}
for line in sys.stdin:
    name, repetitions = line.rstrip("\n").split("\t")
    if name not in made:
        made[name] = WORKLOADS[name]()
    step = made[name]
    times = []
    for _ in range(int(repetitions)):
        start = time.perf_counter()
        step()
        times.append((time.perf_counter() - start) * 1e3)
    print(json.dumps(times), flush=True)
