#!/usr/bin/env python3
"""Writes the parameters of PyTorch's functions and layers: packages/tensor/test/fixtures/signatures.json has every function
that the op fixtures call, packages/nn/test/fixtures/signatures.json the constructor of every layer.

`{name: [overload, …]}`; an overload is its parameters `name: type`, with `?` behind the name of one that has a default, and
`*` where keywords begin. `any` is a Python parameter, whose type nobody checks.

Run from anywhere: python3 tools/pytorch-golden/signatures.py
"""
import inspect
import json
import pathlib

import torch
import torch.nn.functional as F
from torch.overrides import get_testing_overrides

ROOT = pathlib.Path(__file__).resolve().parents[2] / 'packages' / 'tensor' / 'test' / 'fixtures'
STAND_INS = get_testing_overrides()
SCHEMAS = {}
for schema in torch._C._jit_get_all_schemas():
    SCHEMAS.setdefault(schema.name, []).append(schema)

# ATen's names of functions that have others.
RENAMED = {'logsigmoid': 'log_sigmoid'}

# What a user of Python never sees: results given as arguments, dimensions that have names.
HIDDEN = {'out', 'max', 'min', 'values', 'names', 'layout', 'pin_memory', 'memory_format'}


def names():
    found = set()
    for path in sorted((ROOT / 'ops').glob('*.json')):
        for case in json.loads(path.read_text()).get('cases', []):
            found.update(case['fn'])
    return sorted(found)


def from_schema(schema, method):
    """An overload of ATen; None where Python has none."""
    args = schema.arguments
    if any(a.is_out or str(a.type) in ('str', 'List[str]') and a.name == 'dim' for a in args):
        return None
    if not any('Tensor' in str(a.type) or a.name == 'dtype' for a in args):
        return None
    out, keywords = [], False
    for a in args:
        if a.name == 'self' and method:
            continue
        if a.name in HIDDEN and a.kwarg_only:
            continue
        if a.kwarg_only and not keywords:
            keywords = True
            out.append('*')
        name = 'input' if a.name == 'self' else a.name
        out.append(f"{name}{'?' if a.has_default_value() else ''}: {a.type}")
    return out


def from_python(function, method):
    out, keywords = [], False
    for i, p in enumerate(inspect.signature(function).parameters.values()):
        if p.kind in (p.VAR_POSITIONAL, p.VAR_KEYWORD):
            return None
        if i == 0 and method:
            continue
        if p.name in ('out', '_stacklevel') and p.kind == p.KEYWORD_ONLY:
            continue
        if p.kind == p.KEYWORD_ONLY and not keywords:
            keywords = True
            out.append('*')
        out.append(f"{p.name}{'' if p.default is p.empty else '?'}: any")
    return out


def overloads(name):
    space, key = name.split('.')
    function = getattr({'torch': torch, 'Tensor': torch.Tensor, 'F': F}[space], key, None)
    if function is None:
        return []
    method = space == 'Tensor'
    if inspect.isfunction(function):
        found = [from_python(function, method)]
        if found[0] is None and function in STAND_INS:
            found = [from_python(STAND_INS[function], method)]
    else:
        found = [from_schema(s, method) for s in SCHEMAS.get(f'aten::{RENAMED.get(key, key)}', [])]
    return [list(x) for x in dict.fromkeys(tuple(x) for x in found if x is not None)]


def layers():
    for name, cls in sorted(vars(torch.nn).items()):
        if isinstance(cls, type) and issubclass(cls, torch.nn.Module):
            found = from_python(cls.__init__, True)
            if found is not None:
                yield name, [p.split(':')[0] for p in found]


def write(path, table):
    with open(path, 'w', encoding='utf-8') as f:
        f.write(json.dumps({'pytorch': torch.__version__}, indent=1)[:-2] + ',\n "signatures": {\n')
        f.write(',\n'.join(f'  {json.dumps(k)}: {json.dumps(v)}' for k, v in table.items() if v) + '\n }\n}\n')


TABLE = {name: overloads(name) for name in names()}
write(ROOT / 'signatures.json', TABLE)
write(ROOT.parents[2] / 'nn' / 'test' / 'fixtures' / 'signatures.json', dict(layers()))
print(len(TABLE), 'without a signature:', sorted(name for name, found in TABLE.items() if not found))
