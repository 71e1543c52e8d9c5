"""Writes the files of packages/tensor/test/fixtures/pt/layouts: the same values as several versions of PyTorch lay them
out, in the zip format and in the one before it, and descriptions-<version>.json of what torch.load makes of them.

    for python in ...; do $python tools/pytorch-golden/serialization_layouts.py; done

Layouts of versions that cannot be installed any more (storages that are parts of others, tensors and Parameters as
PyTorch wrote them before 0.4) are put together here, and described by what torch.load reads.
"""
import collections
import io
import json
import os
import pickle
import struct

import torch
from torch import nn

from serialization import FOLDER, Describer, SmallLeNet, halves, tensors

MAGIC = 0x1950A86A20F9469CFC6C
VERSION = 1001


def checkpoint():
    """Model, optimizer, scheduler and generator, as a training script saves them."""
    torch.manual_seed(7)
    net = SmallLeNet()
    optimizer = torch.optim.AdamW(net.parameters(), lr=0.01)
    scheduler = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, T_max=10)
    for _ in range(2):
        loss = nn.functional.cross_entropy(net(torch.randn(4, 1, 8, 8)), torch.randint(0, 10, (4,)))
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        scheduler.step()
    return {
        "model": net.state_dict(),
        "optimizer": optimizer.state_dict(),
        "scheduler": scheduler.state_dict(),
        "rng_state": torch.get_rng_state(),
        "epoch": 2,
    }


class Window:
    """A storage that old files call a part of another one."""

    def __init__(self, key, offset, numel):
        self.key, self.offset, self.numel = key, offset, numel


class OldTensor:
    def __init__(self, storage, offset, size, stride):
        self.args = (storage, offset, size, stride)

    def __reduce__(self):
        return torch._utils._rebuild_tensor, self.args


class OldParameter:
    """As Variables were pickled: made of its data, then given its state."""

    def __init__(self, data, requires_grad):
        self.data, self.requires_grad = data, requires_grad


class OldPickler(pickle._Pickler):
    def __init__(self, file, root):
        super().__init__(file, protocol=2)
        self.root = root

    def persistent_id(self, value):
        if value is self.root or isinstance(value, Window):
            view = None if value is self.root else (value.key, value.offset, value.numel)
            return ("storage", torch.FloatStorage, "root", "cpu", len(self.root), view)
        return None

    def save(self, value, save_persistent_id=True):
        if isinstance(value, OldParameter):
            self.save_reduce(torch.nn.Parameter, (value.data,), obj=value)
            super().save((value.requires_grad, False, collections.OrderedDict()))
            self.write(pickle.BUILD)
        else:
            super().save(value, save_persistent_id)

    def save_reduce(self, func, args, *rest, **more):
        # pickle refuses a class of ours that stands for another one
        if func is torch.nn.Parameter:
            self.save(func)
            self.save(args)
            # weights_only readers make a Parameter by NEWOBJ
            self.write(pickle.NEWOBJ)
        else:
            super().save_reduce(func, args, *rest, **more)


def old_file():
    """Bytes of a file as PyTorch 0.3 could have written it."""
    root = list(range(10))
    value = collections.OrderedDict(
        whole=OldTensor(root, 0, (2, 5), (5, 1)),
        part=OldTensor(Window("part", 2, 6), 1, (2, 2), (2, 1)),
        same_part=OldTensor(Window("part", 2, 6), 0, (6,), (1,)),
        learned=OldParameter(OldTensor(root, 1, (3,), (2,)), True),
        fixed=OldParameter(OldTensor(root, 0, (2,), (1,)), False),
    )
    file = io.BytesIO()
    for head in (MAGIC, VERSION, {"little_endian": True}):
        pickle.dump(head, file, protocol=2)
    OldPickler(file, root).dump(value)
    pickle.dump(["root"], file, protocol=2)
    file.write(struct.pack("<q10f", len(root), *root))
    return file.getvalue()


def write():
    version = ".".join(torch.__version__.split("+")[0].split(".")[:2])
    folder = os.path.join(FOLDER, "layouts")
    os.makedirs(folder, exist_ok=True)
    descriptions = {}
    for name, value in {"tensors": tensors(), "halves": halves(), "checkpoint": checkpoint()}.items():
        for layout, zip_file in (("zip", True), ("legacy", False)):
            path = os.path.join(folder, f"{name}-{version}-{layout}.pt")
            torch.save(value, path, _use_new_zipfile_serialization=zip_file)
            loaded = torch.load(path, weights_only=True) if version[0] == "2" else torch.load(path)
            descriptions[os.path.basename(path)] = Describer().describe(loaded)
    if version[0] == "2":
        path = os.path.join(folder, "old-legacy.pt")
        with open(path, "wb") as file:
            file.write(old_file())
        descriptions["old-legacy.pt"] = Describer().describe(torch.load(path, weights_only=True))
        for dtype in ("uint16", "float8_e4m3fn"):
            torch.save(torch.ones(2).to(getattr(torch, dtype)), os.path.join(folder, f"bad-{dtype}.pt"))
    with open(os.path.join(folder, f"descriptions-{version}.json"), "w") as file:
        json.dump({"torch": torch.__version__, "files": descriptions}, file, separators=(",", ":"))
        file.write("\n")


if __name__ == "__main__":
    write()
