"""What `npm start -- --data FOLDER --epochs 1` does, in PyTorch: `mnist.py FOLDER THREADS [batched]`.

A dataset gives an image and its label, and a DataLoader makes batches of them, as PyTorch programs are written; with `batched`,
whole batches are taken out of the tensors at once, as this project's DataLoader does by itself.
"""

import gzip
import os
import sys
import tempfile

import torch
import torch.nn.functional as F
from torch.utils.data import BatchSampler, DataLoader, Dataset, RandomSampler, SequentialSampler

from training import LeNet

BATCH, TEST_BATCH, SAVE_EVERY = 64, 500, 100


def read(folder, name):
    path = os.path.join(folder, name)
    with gzip.open(f"{path}.gz") if os.path.exists(f"{path}.gz") else open(path, "rb") as file:
        data = bytearray(file.read())
    rank = data[3]
    shape = [int.from_bytes(data[4 * i + 4 : 4 * i + 8], "big") for i in range(rank)]
    return torch.frombuffer(data, dtype=torch.uint8, offset=4 + 4 * rank).reshape(shape)


class Digits(Dataset):
    def __init__(self, folder, part):
        self.images = read(folder, f"{part}-images-idx3-ubyte")
        self.labels = read(folder, f"{part}-labels-idx1-ubyte").long()

    def __len__(self):
        return len(self.labels)

    def __getitem__(self, i):
        if isinstance(i, int):
            return self.images[i].unsqueeze(0).float() / 255, int(self.labels[i])
        return self.images[i].unsqueeze(1).float() / 255, self.labels[i]


def loader(data, batch_size, shuffle, batched):
    if not batched:
        return DataLoader(data, batch_size=batch_size, shuffle=shuffle)
    sampler = RandomSampler(data) if shuffle else SequentialSampler(data)
    return DataLoader(data, sampler=BatchSampler(sampler, batch_size, drop_last=False), batch_size=None)


def count(loss, scores, labels):
    return loss.item() * len(labels), (scores.argmax(1) == labels).sum().item(), len(labels)


def train(net, batches, optimizer, scheduler, path):
    net.train()
    sums = [0, 0, 0]
    for step, (images, labels) in enumerate(batches, 1):
        optimizer.zero_grad(set_to_none=True)
        scores = net(images)
        loss = F.cross_entropy(scores, labels)
        loss.backward()
        optimizer.step()
        scheduler.step()
        sums = [a + b for a, b in zip(sums, count(loss, scores, labels))]
        if step % SAVE_EVERY == 0:
            state = {"model": net.state_dict(), "optimizer": optimizer.state_dict(), "scheduler": scheduler.state_dict()}
            torch.save(state, path)
    return sums


@torch.no_grad()
def evaluate(net, batches):
    net.eval()
    sums = [0, 0, 0]
    for images, labels in batches:
        scores = net(images)
        sums = [a + b for a, b in zip(sums, count(F.cross_entropy(scores, labels), scores, labels))]
    return sums


def main():
    folder, threads, batched = sys.argv[1], int(sys.argv[2]), "batched" in sys.argv[3:]
    torch.set_num_threads(threads)
    torch.manual_seed(0)
    training, test = Digits(folder, "train"), Digits(folder, "t10k")
    net = LeNet()
    optimizer = torch.optim.SGD(net.parameters(), lr=0.05, momentum=0.9)
    steps = -(-len(training) // BATCH)
    scheduler = torch.optim.lr_scheduler.StepLR(optimizer, -(-steps // 4), gamma=0.4)
    with tempfile.TemporaryDirectory() as out:
        path = os.path.join(out, "checkpoint.pt")
        loss, correct, images = train(net, loader(training, BATCH, True, batched), optimizer, scheduler, path)
        print(f"loss {loss / images:.4f}  accuracy {100 * correct / images:.2f} %")
        loss, correct, images = evaluate(net, loader(test, TEST_BATCH, False, batched))
        print(f"test loss {loss / images:.4f}  test accuracy {100 * correct / images:.2f} %")


main()
