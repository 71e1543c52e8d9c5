"""Runs the Python programs of docs/from-and-to-pytorch.md and compares what they print with what the page shows.

    python tools/pytorch-golden/from_and_to_pytorch.py [CHECKPOINT]

They run in one folder, one after the other, and the files that the page's TypeScript loads are kept as fixtures. With the
checkpoint.pt that the first TypeScript program saved, the last Python program goes on from that one.
"""
import contextlib
import io
import os
import re
import shutil
import sys
import tempfile

import torch

ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")
FOLDER = os.path.join(ROOT, "packages", "torchlet", "test", "fixtures", "docs")
KEPT = ["pretrained.pth", "from-the-cluster.pt"]


def run(program):
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        exec(compile(program, "from-and-to-pytorch.md", "exec"), {"__name__": "__main__"})
    return printed.getvalue().strip().split("\n")


def main(checkpoint):
    with open(os.path.join(ROOT, "docs", "from-and-to-pytorch.md"), encoding="utf8") as file:
        page = file.read()
    programs = re.findall(r"```python\n(.*?)```", page, re.S)
    shown = [block.strip().split("\n") for block in re.findall(r"```text\n(.*?)```", page, re.S)]
    # the first and the last print what the TypeScript beside them prints, the second the last line of it
    expected = [shown[0], shown[1][-1:], shown[3]]
    # one process of the distributed program
    os.environ.update(MASTER_ADDR="127.0.0.1", MASTER_PORT="29541", RANK="0", WORLD_SIZE="1")
    ok = True
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        for i, (program, lines) in enumerate(zip(programs, expected)):
            if i == 2 and checkpoint is not None:
                shutil.copy(checkpoint, "checkpoint.pt")
            printed = run(program)
            print("\n".join(printed))
            ok = ok and printed == lines
        os.makedirs(FOLDER, exist_ok=True)
        for name in KEPT:
            shutil.copy(name, os.path.join(FOLDER, name))
        os.chdir(ROOT)
    print(f"PyTorch {torch.__version__}: {len(programs)} programs, {'as shown' if ok else 'NOT as shown'}")
    return ok and len(programs) == len(expected)


if __name__ == "__main__":
    given = os.path.abspath(sys.argv[1]) if len(sys.argv) > 1 else None
    sys.exit(0 if main(given) else 1)
