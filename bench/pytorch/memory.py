"""Resident memory over LeNet steps: `memory.py STEPS EVERY` prints a JSON list of [step, bytes], and the peak."""

import json
import resource
import sys

import torch

from training import lenet_step

torch.set_num_threads(1)
steps, every = int(sys.argv[1]), int(sys.argv[2])


def resident():
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * resource.getpagesize()


step = lenet_step(64)()
points = []
for i in range(1, steps + 1):
    step()
    if i % every == 0:
        points.append([i, resident()])
print(json.dumps({"points": points, "peak": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024}))
