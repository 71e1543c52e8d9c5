"""Result dtypes: every pair of dtypes, each operand with dimensions, without, or a number; in place; casts of values."""
import json
import math
import os

import torch

from ops_case import OUT, SHORT, dtype_name, first_line, nan, inf, number

DTYPES = ['bool', 'uint8', 'int32', 'int64', 'float32', 'float64']
FORMS = ['tensor', 'zero', 'bool', 'int', 'float']
NUMBERS = {'bool': True, 'int': 2, 'float': 1.5}


def operand(form, dtype):
    if form in NUMBERS:
        return NUMBERS[form]
    return torch.ones([2] if form == 'tensor' else [], dtype=getattr(torch, dtype))


def outcome(fn):
    try:
        y = fn()
    except RuntimeError as e:
        return '!' + first_line(e)
    return SHORT[dtype_name(y.dtype)]


OPS = {
    'add': torch.add, 'sub': torch.sub, 'mul': torch.mul, 'div': torch.div, 'pow': torch.pow, 'eq': torch.eq, 'lt': torch.lt,
    'floor': lambda x, y: torch.div(x, y, rounding_mode='floor'),
    'maximum': torch.maximum, 'where': lambda x, y: torch.where(torch.ones(2, dtype=torch.bool), x, y),
    'clamp': lambda x, y: torch.clamp(x, y), 'add_': lambda x, y: x.clone().add_(y), 'div_': lambda x, y: x.clone().div_(y),
    'mul_': lambda x, y: x.clone().mul_(y),
}
table = {}
for op, fn in OPS.items():
    rows = {}
    for a in ['tensor', 'zero']:
        for da in DTYPES:
            row = []
            for b in FORMS:
                for db in DTYPES if b in ('tensor', 'zero') else ['']:
                    if op == 'maximum' and b in NUMBERS or op == 'where' and b in NUMBERS:
                        row.append(None)  # no tensor, or (where) a rule that PyTorch 2 has changed
                    else:
                        row.append(outcome(lambda: fn(operand(a, da), operand(b, db))))
            rows[f'{a} {da}'] = row
    table[op] = rows
columns = [f'{b} {db}'.strip() for b in FORMS for db in (DTYPES if b in ('tensor', 'zero') else [''])]

# where a value is out of an integer's range, or not finite, C++ leaves the result open
VALUES = {'float32': [0., -0., 0.4, 1.7, -1.7, 100.5, 200.], 'float64': [0., 0.1, -1.7, 1e300, 5e-324, 200.9], 'int64': [0, -1, 255, 256, 300, 2**31, 2**33 + 5, 2**53 - 1],
          'int32': [0, -1, 300, 2**31 - 1, -2**31], 'uint8': [0, 1, 255], 'bool': [0, 1]}
OPEN = {'bool': (-inf, inf), 'uint8': (0, 256), 'int32': (-2**31, 2**31), 'int64': (-2**53, 2**53), 'float32': (-inf, inf), 'float64': (-inf, inf)}
casts = []
for source, values in VALUES.items():
    for target in DTYPES:
        low, high = OPEN[target] if source.startswith('float') else (-inf, inf)
        mine = [v for v in values if low <= v < high]
        y = torch.tensor(mine, dtype=getattr(torch, source)).to(getattr(torch, target))
        casts.append([source, [number(v) for v in mine], target, [number(v, target) for v in y.tolist()]])
special = [nan, inf, -inf]
for target in ['bool', 'float32', 'float64']:
    for source in ['float32', 'float64']:
        y = torch.tensor(special, dtype=getattr(torch, source)).to(getattr(torch, target))
        casts.append([source, [number(v) for v in special], target, [number(v, target) for v in y.tolist()]])

path = os.path.join(OUT, 'promotion.json')
with open(path, 'w') as f:
    rows = ',\n'.join(f'{json.dumps(op)}:{{\n' + ',\n'.join(f' {json.dumps(k)}:{json.dumps(v, separators=(",", ":"))}' for k, v in r.items()) + '}' for op, r in table.items())
    f.write('{"torch":%s,"columns":%s,"table":{\n%s\n},"casts":[\n%s\n]}\n' % (
        json.dumps(torch.__version__), json.dumps(columns), rows, ',\n'.join(json.dumps(c, separators=(',', ':')) for c in casts)))
print('promotion:', os.path.getsize(path), 'bytes')
