/** Single operations on large tensors: in a training step, whose gradients are recycled, and in a loop that drops results. */
import * as torch from 'torchlet';
import type { Step, Workloads } from './step.js';

const F = torch.nn.functional;
type Operation = (x: torch.Tensor) => torch.Tensor;

const MEGA = 1 << 20;

/** Forward and backward of an operation on a leaf. */
const step = (size: readonly number[], f: Operation) => (): Step => {
  const x = torch.randn(size, { requires_grad: true });
  const g = torch.randn(f(x.detach()).shape);
  return () => {
    f(x).backward(g);
    x.grad = null;
  };
};

/** Forward alone; nobody keeps the result. */
const dropped = (size: readonly number[], f: Operation) => (): Step => {
  const x = torch.randn(size);
  return () => {
    f(x);
  };
};

const other = torch.randn(MEGA);
const ELEMENTWISE: Readonly<Record<string, Operation>> = {
  add: (x) => x.add(other),
  relu: (x) => x.relu(),
  exp: (x) => x.exp(),
  tanh: (x) => x.tanh(),
  sigmoid: (x) => x.sigmoid(),
  gelu: (x) => F.gelu(x),
};
const ROWS: Readonly<Record<string, Operation>> = {
  softmax: (x) => x.softmax(1),
  log_softmax: (x) => x.log_softmax(1),
  layer_norm: (x) => F.layer_norm(x, [1024]),
  sum: (x) => x.sum(),
  mean: (x) => x.mean(1),
};

function inTurn(title: string, size: readonly number[], table: Readonly<Record<string, Operation>>): Workloads {
  return Object.fromEntries(
    Object.entries(table).flatMap(([name, f]) => [
      [`${name} on ${title}, forward + backward`, step(size, f)],
      [`${name} on ${title}, results dropped`, dropped(size, f)],
    ]),
  );
}

const channels = [64, 16, 28, 28];
/** Not along the last dimension, or not in rows: where the order of memory counts. */
const LAYOUTS: Workloads = {
  'sum over dimension 0 of 1024×1024': dropped([1024, 1024], (x) => x.sum(0)),
  'sum over dimension 1 of a transposed 1024×1024': dropped([1024, 1024], (x) => x.t().sum(1)),
  'mean of each channel of 64×16×28×28': dropped(channels, (x) => x.mean([0, 2, 3])),
  'max over dimension 0 of 1024×1024': dropped([1024, 1024], (x) => x.max(0)[0]),
  'softmax over dimension 0 of 1024×1024': dropped([1024, 1024], (x) => x.softmax(0)),
  'softmax over the channels of 64×16×28×28': dropped(channels, (x) => x.softmax(1)),
  'copy of a transposed 1024×1024': dropped([1024, 1024], (x) => x.t().contiguous()),
  'copy of 16×64×8×64 as 16×8×64×64': dropped([16, 64, 8, 64], (x) => x.permute(0, 2, 1, 3).contiguous()),
  'copy of every second column of 1024×1024': dropped([1024, 1024], (x) => {
    return x.as_strided([1024, 512], [1024, 2]).contiguous();
  }),
  'flip of 64×16×28×28 along the last dimension': dropped(channels, (x) => x.flip(3)),
};

function addTransposed(): Step {
  const [a, b] = [torch.randn(1024, 1024), torch.randn(1024, 1024).t()];
  return () => {
    a.add(b);
  };
}

function addBroadcast(): Step {
  const [a, b] = [torch.randn(1024, 1024), torch.randn(1024)];
  return () => {
    a.add(b);
  };
}

const pool = (f: Operation): (() => Step) => step([64, 16, 28, 28], f);

export const TENSORS: Workloads = {
  ...inTurn('1 M', [MEGA], ELEMENTWISE),
  ...inTurn('1024×1024', [1024, 1024], ROWS),
  ...LAYOUTS,
  'add of a transposed 1024×1024': addTransposed,
  'add of a row to 1024×1024': addBroadcast,
  'max_pool2d 2×2 on 64×16×28×28, forward + backward': pool((x) => F.max_pool2d(x, 2)),
  'avg_pool2d 2×2 on 64×16×28×28, forward + backward': pool((x) => F.avg_pool2d(x, 2)),
};
