"""PyTorch's side of the benchmark: reads `name<TAB>repetitions` lines, answers with milliseconds for each repetition,
none for what this PyTorch does not have."""

import json
import sys
import time

import torch

from growth import GROWTH
from optimizers import OPTIMIZER_STEPS
from products import PRODUCTS
from tensors import TENSORS
from training import TRAINING

torch.set_num_threads(int(sys.argv[1]))

WORKLOADS = {**TRAINING, **PRODUCTS, **TENSORS, **OPTIMIZER_STEPS, **GROWTH}

print(json.dumps({"torch": torch.__version__}), flush=True)
made = {}
for line in sys.stdin:
    name, repetitions = line.rstrip("\n").split("\t")
    if name not in WORKLOADS:
        print("[]", flush=True)
        continue
    if name not in made:
        made[name] = WORKLOADS[name]()
    step = made[name]
    times = []
    for _ in range(int(repetitions)):
        start = time.perf_counter()
        step()
        times.append((time.perf_counter() - start) * 1e3)
    print(json.dumps(times), flush=True)
