"""Whole training steps, and one evaluation."""

import torch
import torch.nn as nn
import torch.nn.functional as F


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
    labels = torch.randint(0, 10, (len(inputs),))

    def step():
        optimizer.zero_grad(set_to_none=True)
        F.cross_entropy(net(inputs), labels).backward()
        optimizer.step()

    return step


def lenet_step(batch):
    def make():
        net = LeNet()
        return training(net, torch.optim.SGD(net.parameters(), lr=1e-6, momentum=0.9), torch.randn(batch, 1, 28, 28))

    return make


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


class Block(nn.Module):
    def __init__(self):
        super().__init__()
        self.ln1 = nn.LayerNorm(128)
        self.qkv = nn.Linear(128, 384)
        self.proj = nn.Linear(128, 128)
        self.ln2 = nn.LayerNorm(128)
        self.mlp = nn.Sequential(nn.Linear(128, 512), nn.GELU(), nn.Linear(512, 128))
        # the released function of PyTorch 2 does the same without fused kernels on the cpu of 1.13
        self.mask = torch.ones(64, 64, dtype=torch.bool).tril().logical_not()

    def forward(self, x):
        B, T, C = x.shape
        q, k, v = (part.view(B, T, 4, C // 4).transpose(1, 2) for part in self.qkv(self.ln1(x)).split(C, 2))
        scores = (q @ k.transpose(-2, -1)) / (C // 4) ** 0.5
        y = scores.masked_fill(self.mask, float("-inf")).softmax(-1) @ v
        z = x + self.proj(y.transpose(1, 2).reshape(B, T, C))
        return z + self.mlp(self.ln2(z))


def block_step():
    net = Block()
    optimizer = torch.optim.AdamW(net.parameters(), lr=1e-3)
    x, target = torch.randn(16, 64, 128), torch.randn(16, 64, 128)

    def step():
        optimizer.zero_grad(set_to_none=True)
        F.mse_loss(net(x), target).backward()
        optimizer.step()

    return step


TRAINING = {
    "LeNet step, batch 64, SGD momentum": lenet_step(64),
    "LeNet forward, batch 64": lenet_forward,
    "MLP 784-256-128-10 step, batch 64, Adam": mlp_step,
    "transformer block step, batch 16, 64 letters, width 128, AdamW": block_step,
    "50 × (mul, add, tanh) on 2×2, forward + backward": tiny_chain,
}
