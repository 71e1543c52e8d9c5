"""Writes packages/tensor/test/fixtures/safetensors: files of the `safetensors` library (and its verdict on damaged ones).

    python tools/pytorch-golden/safetensors_files.py            # needs PyTorch 2 and safetensors
    python tools/pytorch-golden/safetensors_files.py --check F  # prints what the library reads from a file of ours
"""
import base64
import json
import os
import struct
import sys

import safetensors
import torch
from safetensors import safe_open
from safetensors.torch import load, load_file, save_file

from serialization import number

FOLDER = os.path.join(os.path.dirname(__file__), "..", "..", "packages", "tensor", "test", "fixtures", "safetensors")


def describe(tensor):
    return {"dtype": str(tensor.dtype)[6:], "shape": list(tensor.shape), "data": [number(x) for x in tensor.flatten().tolist()]}


def tensors():
    torch.manual_seed(3)
    return {
        "float32": torch.tensor([[0.1, -0.0, 1e-45], [float("inf"), float("-inf"), float("nan")]]),
        "float64": torch.randn(3, dtype=torch.float64),
        "int64": torch.tensor([0, -1, 2**53 - 1, -(2**53) + 1]),
        "int32": torch.tensor([-(2**31), 2**31 - 1], dtype=torch.int32),
        "uint8": torch.tensor([0, 255], dtype=torch.uint8),
        "bool": torch.tensor([True, False, True]),
        "float16": torch.tensor([1.5, 6e-8, 65504.0], dtype=torch.float16),
        "bfloat16": torch.tensor([1.5, 3e38], dtype=torch.bfloat16),
        "scalar": torch.tensor(2.5),
        "empty": torch.zeros(0, 3),
        "10": torch.randn(2, 3, 4),
        "2": torch.ones(1),
        "日本": torch.ones(1),
        "\U0001F642": torch.ones(1),
        "\uff5e": torch.ones(1),
        "__proto__": torch.ones(1),
    }


SLICES = {
    "1": lambda s: s[1],
    "0, 1": lambda s: s[0, 1],
    "0:1": lambda s: s[0:1],
    ":, 1:3": lambda s: s[:, 1:3],
    ":, 1": lambda s: s[:, 1],
    ":, :, -2:": lambda s: s[:, :, -2:],
    "..., 1": lambda s: s[..., 1],
    "0:9": lambda s: s[0:9],
    "2:1": lambda s: s[2:1],
    "-1": lambda s: s[-1],
    "None": lambda s: s[None],
    ":, None, ::2": lambda s: s[:, None, ::2],
    "...": lambda s: s[...],
}


def file(header, data=b"", length=None):
    if not isinstance(header, bytes):
        header = json.dumps(header).encode()
    return struct.pack("<Q", len(header) if length is None else length) + header + data


def damaged():
    one = {"dtype": "F32", "shape": [1], "data_offsets": [0, 4]}
    data = b"1234"
    return {
        "too short": b"1234567",
        "length above the limit": file(b"{}", length=100_000_001),
        "length of all ones": file(b"{}", length=2**64 - 1),
        "length beyond the end": file(b"{}", length=3),
        "no UTF-8": file(b'{"\xff":1}'),
        "no value": file(b'{"a":}'),
        "a list": file(b"[]"),
        "an empty header": file(b""),
        "cut off": file(b'{"a":'),
        "text behind the end": file(b"{} x"),
        "a field twice": file(b'{"a":{"dtype":"F32","dtype":"F32","shape":[1],"data_offsets":[0,4]}}', data),
        "metadata twice": file(b'{"__metadata__":{"a":"1"},"__metadata__":{}}'),
        "metadata of numbers": file({"__metadata__": {"a": 1}}),
        "metadata that is a text": file({"__metadata__": "a"}),
        "a missing field": file({"a": {"dtype": "F32", "shape": [1]}}, data),
        "an unknown dtype": file({"a": dict(one, dtype="F31")}, data),
        "a dtype that is a number": file({"a": dict(one, dtype=3)}, data),
        "a negative size": file({"a": dict(one, shape=[-1])}, data),
        "a size with a fraction": file({"a": dict(one, shape=[1.0])}, data),
        "a size that is no list": file({"a": dict(one, shape=1)}, data),
        "three offsets": file({"a": dict(one, data_offsets=[0, 4, 8])}, data),
        "a tensor that is a number": file({"a": 1}),
        "a shape of other bytes": file({"a": dict(one, shape=[2])}, data),
        "offsets the wrong way": file({"a": dict(one, data_offsets=[4, 0])}, data),
        "a hole at the start": file({"a": dict(one, data_offsets=[4, 8])}, data * 2),
        "a hole": file({"a": one, "b": dict(one, data_offsets=[8, 12])}, data * 3),
        "one place twice": file({"a": one, "b": one}, data * 2),
        "an overlap": file({"a": one, "b": dict(one, data_offsets=[2, 6])}, data * 2),
        "bytes left over": file({"a": one}, data + b"5"),
        "bytes missing": file({"a": one}, b"123"),
        "a size beyond counting": file({"a": dict(one, shape=[2**40, 2**40])}, data),
        "half a byte": file({"a": {"dtype": "F4", "shape": [3], "data_offsets": [0, 2]}}, b"12"),
        "deep": file(b"[" * 200),
    }


def good():
    one = {"dtype": "F32", "shape": [1], "data_offsets": [0, 4]}
    data = struct.pack("<f", 1.5)
    return {
        "nothing": file(b"{}"),
        "spaces behind": file(b"{}   "),
        "no metadata": file({"__metadata__": None, "a": one}, data),
        "a further field": file({"a": dict(one, extra=[1, {"x": 2.5e3}])}, data),
        "an empty tensor first": file({"e": dict(one, shape=[0, 3], data_offsets=[0, 0]), "b": one}, data),
        "escapes": file(b'{ "\\u0041\\n" : {"dtype":"F32", "shape":[ ], "data_offsets":[0 , 4]} }', data),
        "any order": file({"b": dict(one, data_offsets=[4, 8]), "a": one}, data * 2),
    }


def verdict(content):
    try:
        return {key: describe(value) for key, value in load(content).items()}
    except Exception as error:
        return str(error)


def write():
    os.makedirs(FOLDER, exist_ok=True)
    path = os.path.join(FOLDER, "tensors.safetensors")
    values = tensors()
    save_file(values, path, {"format": "pt"})
    ours = os.path.join(FOLDER, "ours.safetensors")
    halves = ("float16", "bfloat16")
    save_file({key: value for key, value in values.items() if key not in halves}, ours)
    save_file({"a": torch.ones(2, dtype=torch.int8), "b": torch.ones(1)}, os.path.join(FOLDER, "int8.safetensors"))
    with safe_open(path, "pt") as opened:
        read = {key: describe(opened.get_tensor(key)) for key in opened.keys()}
        slices = {name: describe(take(opened.get_slice("10"))) for name, take in SLICES.items()}
        order = {"keys": list(opened.keys()), "offset_keys": list(opened.offset_keys()), "metadata": opened.metadata()}
    encoded = lambda files: {n: {"file": base64.b64encode(c).decode(), "library": verdict(c)} for n, c in files.items()}
    out = {
        "torch": torch.__version__, "safetensors": safetensors.__version__,
        "tensors": read, "slices": slices, **order, "damaged": encoded(damaged()), "good": encoded(good()),
    }
    for name in os.listdir(FOLDER):
        os.chmod(os.path.join(FOLDER, name), 0o644)  # the library writes for the owner alone
    with open(os.path.join(FOLDER, "safetensors.json"), "w") as target:
        json.dump(out, target, separators=(",", ":"))
        target.write("\n")


if __name__ == "__main__":
    if sys.argv[1:2] == ["--check"]:
        for key, value in load_file(sys.argv[2]).items():
            print(json.dumps([key, describe(value)]))
    else:
        write()
