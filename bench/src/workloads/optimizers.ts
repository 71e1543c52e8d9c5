/** One step of every optimizer, over one large tensor and over many small ones. */
import * as torch from 'torchlet';
import type { Step, Workloads } from './step.js';

const { optim } = torch;

type Make = (params: torch.Tensor[]) => { step(closure?: () => torch.Tensor): unknown };

/** By the names of the table, each with its defaults but for the learning rate where PyTorch has none. */
const OPTIMIZERS: Readonly<Record<string, Make>> = {
  'SGD momentum': (params) => new optim.SGD(params, { lr: 1e-3, momentum: 0.9 }),
  SGD: (params) => new optim.SGD(params, { lr: 1e-3 }),
  ASGD: (params) => new optim.ASGD(params),
  Rprop: (params) => new optim.Rprop(params),
  Adagrad: (params) => new optim.Adagrad(params),
  Adadelta: (params) => new optim.Adadelta(params),
  RMSprop: (params) => new optim.RMSprop(params),
  Adam: (params) => new optim.Adam(params),
  AdamW: (params) => new optim.AdamW(params),
  Adamax: (params) => new optim.Adamax(params),
  NAdam: (params) => new optim.NAdam(params),
  RAdam: (params) => new optim.RAdam(params),
  Adafactor: (params) => new optim.Adafactor(params),
};

const step = (make: Make, shape: readonly number[], count: number) => (): Step => {
  const params = Array.from({ length: count }, () => torch.randn(shape, { requires_grad: true }));
  for (const param of params) param.grad = torch.randn(shape);
  const optimizer = make(params);
  return () => {
    optimizer.step();
  };
};

/** The averages of gradients that do not come any more, in the numbers that they have after some hundred steps. */
const deadStep = (make: Make, shape: readonly number[]) => (): Step => {
  const param = torch.randn(shape, { requires_grad: true });
  const optimizer = make([param]);
  param.grad = torch.randn(shape).mul(1e-38);
  optimizer.step();
  param.grad = torch.zeros(shape);
  return () => {
    optimizer.step();
  };
};

/** The gradient of 4,096 rows of an embedding, `[16384, 64]`. */
function sparseStep(): Step {
  const weight = torch.randn(16384, 64, { requires_grad: true });
  const rows = torch.arange(4096).mul(4).reshape(1, -1);
  weight.grad = torch.sparse_coo_tensor(rows, torch.randn(4096, 64), [16384, 64]).coalesce();
  const optimizer = new optim.SparseAdam([weight]);
  return () => {
    optimizer.step();
  };
}

/** Four iterations on a quadratic, whose loss and gradient the closure computes. */
const lbfgsStep = (shape: readonly number[], count: number) => (): Step => {
  const params = Array.from({ length: count }, () => torch.randn(shape, { requires_grad: true }));
  // so slow that it never arrives: at a minimum, steps are shorter, and not for both sides at the same time
  const optimizer = new optim.LBFGS(params, { max_iter: 4, lr: 1e-4, history_size: 10 });
  const closure = (): torch.Tensor => {
    optimizer.zero_grad();
    const loss = params.map((p) => p.square().sum()).reduce((a, b) => a.add(b));
    loss.backward();
    return loss;
  };
  return () => {
    optimizer.step(closure);
  };
};

const EVERY_OPTIMIZER: Workloads = Object.fromEntries(
  Object.entries(OPTIMIZERS).flatMap(([name, make]) => [
    [`${name} step, 1 M parameters`, step(make, [1024, 1024], 1)],
    [`${name} step, 200 × 100 parameters`, step(make, [100], 200)],
  ]),
);

export const OPTIMIZER_STEPS: Workloads = {
  ...EVERY_OPTIMIZER,
  'SGD momentum step, 1 M parameters that get no gradient any more': deadStep(OPTIMIZERS['SGD momentum'], [1024, 1024]),
  'Adam step, 1 M parameters that get no gradient any more': deadStep(OPTIMIZERS.Adam, [1024, 1024]),
  'Muon step, 1024×1024 parameters': step((params) => new optim.Muon(params), [1024, 1024], 1),
  'SparseAdam step, 4096 rows of 16384×64': sparseStep,
  'LBFGS, 4 iterations, 1 M parameters': lbfgsStep([1024, 1024], 1),
  'LBFGS, 4 iterations, 200 × 100 parameters': lbfgsStep([100], 200),
};
