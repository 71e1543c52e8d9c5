"""Work of growing size."""

from products import matmul
from training import lenet_step

SIZES = (16, 32, 64, 128, 256, 512, 1024, 2048)
BATCHES = (1, 2, 4, 8, 16, 32, 64, 128, 256)

GROWTH = {
    **{f"matmul {n}": matmul(n) for n in SIZES},
    **{f"LeNet step, batch {batch}": lenet_step(batch) for batch in BATCHES},
}
