"""PyTorch's half: reads the images that the other half has saved, trains on them, writes its losses.

python3 twin.py data.pt curve.json SEED
"""
import json
import sys

import torch
from torch import nn
from torch.nn import functional as F
from torch.utils.data import DataLoader, TensorDataset


class LeNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(1, 16, 3, padding=1)
        self.conv2 = nn.Conv2d(16, 32, 3, padding=1)
        self.fc1 = nn.Linear(32 * 7 * 7, 128)
        self.fc2 = nn.Linear(128, 10)

    def forward(self, x):
        x = F.max_pool2d(F.relu(self.conv1(x)), 2)
        x = F.max_pool2d(F.relu(self.conv2(x)), 2)
        x = F.relu(self.fc1(x.flatten(1)))
        return self.fc2(x)


def train(images, labels, seed, epochs=1):
    """Returns the network and the loss of each batch."""
    torch.manual_seed(seed)
    net = LeNet()
    optimizer = torch.optim.SGD(net.parameters(), lr=0.01, momentum=0.9)
    batches = DataLoader(TensorDataset(images, labels), batch_size=64, shuffle=True)
    losses = []
    for _ in range(epochs):
        for x, y in batches:
            optimizer.zero_grad()
            loss = F.cross_entropy(net(x), y)
            loss.backward()
            optimizer.step()
            losses.append(loss.item())
    return net, losses


@torch.no_grad()
def accuracy(net, images, labels):
    """Percent of images whose highest score is at their label."""
    right = sum((net(x).argmax(1) == y).sum().item() for x, y in zip(images.split(500), labels.split(500)))
    return 100 * right / len(labels)


if __name__ == '__main__':
    data = torch.load(sys.argv[1])
    net, losses = train(data['images'].float() / 255, data['labels'], int(sys.argv[3]))
    result = accuracy(net, data['test_images'].float() / 255, data['test_labels'])
    with open(sys.argv[2], 'w') as f:
        json.dump({'version': torch.__version__, 'losses': losses, 'accuracy': result}, f)
