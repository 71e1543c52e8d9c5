"""Writes the files of packages/tensor/test/fixtures/pt with torch.save, and descriptions.json of what is in them.

    OPENBLAS_NUM_THREADS=1 /usr/bin/python3 tools/pytorch-golden/serialization.py
    /usr/bin/python3 tools/pytorch-golden/serialization.py --check FILE...

With --check it loads files (written by torchlet) with torch.load, with weights_only=True as well, and prints one
description per file as JSON. PyTorch 1.13's weights_only reader knows no floats, sets and bytes (2.x does); where it
refuses, the line says so.
"""
import collections
import json
import math
import os
import sys

import torch
from torch import nn
import torch.nn.functional as F

FOLDER = os.path.join(os.path.dirname(__file__), "..", "..", "packages", "tensor", "test", "fixtures", "pt")


class Describer:
    """A value as JSON: every kind is spelled out, tensors with strides, offset and the number of their storage."""

    def __init__(self):
        self.storages = {}

    def describe(self, value):
        if isinstance(value, torch.Tensor):
            return {"tensor": self.tensor(value)}
        if isinstance(value, collections.Counter):
            return {"dict": self.items(value)}
        if isinstance(value, collections.OrderedDict):
            return {"ordered": self.items(value)}
        if isinstance(value, dict):
            return {"dict": self.items(value)}
        if isinstance(value, (list, tuple)):
            return {"list": [self.describe(item) for item in value]}
        if isinstance(value, set):
            return {"set": sorted(value)}
        if isinstance(value, bytes):
            return {"bytes": list(value)}
        if isinstance(value, (torch.dtype, torch.device)):
            return {"str": str(value).replace("torch.", "")}
        if isinstance(value, str):
            return {"str": value}
        if value is None or isinstance(value, bool):
            return {"constant": value}
        if isinstance(value, int):
            return {"int": str(value)}
        return {"float": number(value)}

    def items(self, value):
        return [[self.describe(key), self.describe(item)] for key, item in value.items()]

    def tensor(self, tensor):
        storage = tensor.storage().data_ptr() or id(tensor)
        flat = tensor.detach().reshape(-1)
        return {
            "dtype": str(tensor.dtype).replace("torch.", ""),
            "shape": list(tensor.shape),
            "strides": list(tensor.stride()),
            "offset": tensor.storage_offset(),
            "storage": self.storages.setdefault(storage, len(self.storages)),
            "storage_numel": len(tensor.storage()),
            "requires_grad": tensor.requires_grad,
            "parameter": isinstance(tensor, nn.Parameter),
            "data": [number(x) for x in flat.tolist()],
        }


def number(x):
    if isinstance(x, float) and not math.isfinite(x):
        return str(x)
    if isinstance(x, float) and x == 0 and math.copysign(1, x) < 0:
        return "-0"
    return x


class SmallLeNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(1, 2, 3, padding=1)
        self.norm = nn.BatchNorm2d(2)
        self.conv2 = nn.Conv2d(2, 3, 3, padding=1)
        self.fc1 = nn.Linear(12, 4)
        self.fc2 = nn.Linear(4, 10)

    def forward(self, x):
        x = F.max_pool2d(F.relu(self.norm(self.conv1(x))), 2)
        x = F.max_pool2d(F.relu(self.conv2(x)), 2)
        return self.fc2(F.relu(self.fc1(x.flatten(1))))


def train(make_optimizer, steps=2):
    torch.manual_seed(7)
    net = SmallLeNet()
    optimizer = make_optimizer(net.parameters())
    scheduler = torch.optim.lr_scheduler.MultiStepLR(optimizer, [1, 5], gamma=0.5)
    for _ in range(steps):
        loss = F.cross_entropy(net(torch.randn(4, 1, 8, 8)), torch.randint(0, 10, (4,)))
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        scheduler.step()
    return net, optimizer, scheduler


def tensors():
    torch.manual_seed(1)
    base = torch.arange(24, dtype=torch.float32).reshape(2, 3, 4)
    return {
        "float32": torch.tensor([0.1, -0.0, math.nan, math.inf, -math.inf, 1e-45, 3.4028234663852886e38]),
        "float64": torch.tensor([0.1, 5e-324, 1.7976931348623157e308], dtype=torch.float64),
        "int64": torch.tensor([0, 1, -1, 2**31, -(2**31) - 1, 2**53 - 1, -(2**53) + 1]),
        "int32": torch.tensor([0, -(2**31), 2**31 - 1], dtype=torch.int32),
        "uint8": torch.tensor([0, 1, 255], dtype=torch.uint8),
        "bool": torch.tensor([True, False]),
        "base": base,
        "transposed": base.permute(2, 0, 1),
        "sliced": base[1, ::2, 1::2],
        "expanded": base[0, 0, 1:2].expand(3, 2, 1),
        "selected": base[1, 2, 3],
        "again": base,
        "scalar": torch.tensor(3.5),
        "empty": torch.empty(0),
        "empty2d": torch.empty(3, 0, 2, dtype=torch.int64),
        "leaf": torch.randn(2, 2, requires_grad=True),
        "computed": torch.ones(2, requires_grad=True) * 2,
        "parameter": nn.Parameter(torch.randn(3)),
        "frozen": nn.Parameter(torch.randn(2), requires_grad=False),
        "random": torch.randn(70, dtype=torch.float64),
    }


def halves():
    values = [0.0, -0.0, 1.0, -2.5, 65504.0, 6.1e-5, 6e-8, 5.9604645e-08, 0.333, math.inf, -math.inf, math.nan]
    half = torch.tensor(values, dtype=torch.float16)
    return {
        "float16": half,
        "float16_view": half[::3],
        "bfloat16": torch.tensor(values + [3.3e38, 1e-40], dtype=torch.bfloat16),
        "every": torch.arange(0, 2**15, 61, dtype=torch.int16).view(torch.float16),
    }


def values():
    shared = [1, 2]
    cycle = ["round"]
    cycle.append(cycle)
    return {
        "none": None, "true": True, "false": False,
        "ints": [0, 1, -1, 255, 256, 65535, 65536, 2**31 - 1, -(2**31), 2**31, 2**53 - 1, -(2**53) + 1],
        "bigints": [2**53, -(2**53), 2**63, -(2**70), 2**200],
        "floats": [0.5, -0.0, 1e300, math.nan, math.inf, -math.inf, 5e-324],
        "strings": ["", "plain", "é", "日本語", "🙂", "line\nbreak", "\x00", "\ufeffbom", "\ud800"],
        "tuple": (1, (2,), ()), "long_tuple": tuple(range(5)),
        "nested": {"a": [{"b": {}}, []], "ordered": collections.OrderedDict(z=1, a=2)},
        "integer_keys": {0: "a", 7: {"b": 1}, -3: None},
        "mixed_keys": {1: "one", "two": 2, None: 3, (1, "x"): 4, 2.5: 5},
        "counter": collections.Counter([3, 3, 5]),
        "__proto__": {"__proto__": 1, "constructor": 2, "toString": 3},
        "10": "ten", "2": "two",
        "shared": [shared, shared], "cycle": cycle,
        "set": {1, 2, 3}, "no_bytes": b"", "bytes": b"\x00\x7f\xff",
        "dtype": torch.float32, "device": torch.device("cuda", 1), "size": torch.Size([2, 3]),
        "long": list(range(2500)),
    }


class Bomb:
    def __reduce__(self):
        return os.system, ("echo this must never run",)


def write():
    os.makedirs(FOLDER, exist_ok=True)
    path = lambda name: os.path.join(FOLDER, name)
    sgd_net, sgd, multi_step = train(lambda p: torch.optim.SGD(p, lr=0.1, momentum=0.9))
    _, adam, _ = train(lambda p: torch.optim.Adam(p, lr=0.01))
    good = {
        "lenet.pt": sgd_net.state_dict(),
        "sgd.pt": sgd.state_dict(),
        "adam.pt": adam.state_dict(),
        "checkpoint.pt": {"epoch": 3, "loss": 0.25, "model": nn.Linear(2, 3).state_dict(), "scheduler": multi_step.state_dict()},
        "tensors.pt": tensors(),
        "halves.pt": halves(),
        "values.pt": values(),
        "bare.pt": torch.arange(3),
    }
    descriptions = {}
    for name, value in good.items():
        torch.save(value, path(name))
        described = dict(value) if name == "values.pt" else value
        if name == "values.pt":
            del described["cycle"]  # JSON cannot
        descriptions[name] = Describer().describe(described)
    torch.save({"a": torch.ones(2), "l": [1, 2.5, "é"], "s": {1}, "b": b"x", "i": 2**40}, path("protocol4.pt"), pickle_protocol=4)

    torch.save(torch.ones(2, dtype=torch.int8), path("bad-int8.pt"))
    torch.save(torch.ones(2, dtype=torch.int16), path("bad-int16.pt"))
    torch.save(torch.ones(2, dtype=torch.complex64), path("bad-complex64.pt"))
    torch.save(torch.eye(2).to_sparse(), path("bad-sparse.pt"))
    torch.save(torch.tensor([2**53]), path("bad-int64.pt"))
    torch.save({"x": Bomb()}, path("bad-code.pt"))
    torch.save(nn.Linear(1, 1), path("bad-module.pt"))
    torch.jit.save(torch.jit.script(nn.Identity()), path("bad-torchscript.pt"))
    with open(path("descriptions.json"), "w") as file:
        json.dump({"torch": torch.__version__, "files": descriptions}, file, separators=(",", ":"))
        file.write("\n")


def check(paths):
    for path in paths:
        value = torch.load(path, weights_only=False) if torch.__version__[0] == "2" else torch.load(path)
        line = {"torch": torch.__version__, "file": os.path.basename(path), "value": Describer().describe(value)}
        try:
            again = Describer().describe(torch.load(path, weights_only=True))
            line["weights_only"] = "same" if again == line["value"] else "different"
        except Exception as error:
            line["weights_only"] = str(error)
        print(json.dumps(line))


if __name__ == "__main__":
    if sys.argv[1:2] == ["--check"]:
        check(sys.argv[2:])
    else:
        write()
