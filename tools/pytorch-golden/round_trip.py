"""A training that goes to and fro: 50 steps in Node, 50 in Python, 50 in Node, held against 150 steps in Python.

    python tools/pytorch-golden/round_trip.py           # the check; ends with an error if a loss is off by 1e-4
    python tools/pytorch-golden/round_trip.py --write   # also keeps Python's files for the tests that need no Python

Each side saves model, optimizer and scheduler with its torch.save and loads what the other one saved. Python loads with
weights_only=True where its reader knows floats (PyTorch 2).
"""
import os
import subprocess
import sys
import tempfile

import torch
from torch import nn
import torch.nn.functional as F

ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")
FOLDER = os.path.join(ROOT, "packages", "torchlet", "test", "fixtures", "round-trip")
VERSION = ".".join(torch.__version__.split("+")[0].split(".")[:2])
LEG = 50


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc1 = nn.Linear(8, 16)
        self.norm = nn.BatchNorm1d(16)
        self.fc2 = nn.Linear(16, 3)

    def forward(self, x):
        return self.fc2(F.relu(self.norm(self.fc1(x))))


def start():
    torch.manual_seed(11)
    x = torch.randn(64, 8)
    y = (x[:, :3] + 0.3 * torch.randn(64, 3)).argmax(1)
    return {"x": x, "y": y, "model": Net().state_dict(), "losses": []}


def train(checkpoint, steps):
    """Trains on from a checkpoint; returns the next one, with the losses of these steps."""
    x, y = checkpoint["x"], checkpoint["y"]
    net = Net()
    net.load_state_dict(checkpoint["model"])
    optimizer = torch.optim.Adam(net.parameters(), lr=0.02, weight_decay=0.01)
    scheduler = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, T_max=150)
    if "optimizer" in checkpoint:
        optimizer.load_state_dict(checkpoint["optimizer"])
        scheduler.load_state_dict(checkpoint["scheduler"])
    losses = []
    for _ in range(steps):
        first = 16 * (scheduler.last_epoch % 4)
        batch = slice(first, first + 16)
        optimizer.zero_grad()
        loss = F.cross_entropy(net(x[batch]), y[batch])
        loss.backward()
        optimizer.step()
        scheduler.step()
        losses.append(loss.item())
    return {
        "x": x, "y": y, "model": net.state_dict(), "optimizer": optimizer.state_dict(),
        "scheduler": scheduler.state_dict(), "losses": losses,
    }


def load(path):
    return torch.load(path, weights_only=True) if VERSION[0] == "2" else torch.load(path)


def node(path, steps, target):
    script = os.path.join(ROOT, "packages", "torchlet", "test", "children", "round-trip.ts")
    command = ["node", "--import", "tsx", "--conditions=@torchlet/source", script, path, str(steps), target]
    subprocess.run(command, check=True, cwd=ROOT)


def check(keep):
    with tempfile.TemporaryDirectory() as folder:
        at = lambda name: os.path.join(folder, name)
        first = start()
        torch.save(first, at("start.pt"))
        whole = train(first, 3 * LEG)
        node(at("start.pt"), LEG, at("node-50.pt"))
        middle = train(load(at("node-50.pt")), LEG)
        torch.save(middle, at("python-100.pt"))
        node(at("python-100.pt"), LEG, at("node-150.pt"))
        losses = load(at("node-50.pt"))["losses"] + middle["losses"] + load(at("node-150.pt"))["losses"]
    worst = max(abs(a - b) for a, b in zip(losses, whole["losses"]))
    print(f"PyTorch {torch.__version__}: {len(losses)} losses from {losses[0]:.4f} to {losses[-1]:.4f}, worst difference {worst:.2e}")
    if keep:
        os.makedirs(FOLDER, exist_ok=True)
        torch.save(first, os.path.join(FOLDER, f"start-{VERSION}.pt"))
        torch.save(middle, os.path.join(FOLDER, f"python-100-{VERSION}.pt"))
        torch.save(torch.tensor(whole["losses"], dtype=torch.float64), os.path.join(FOLDER, f"losses-{VERSION}.pt"))
    return len(losses) == 3 * LEG and worst < 1e-4


if __name__ == "__main__":
    sys.exit(0 if check(sys.argv[1:2] == ["--write"]) else 1)
