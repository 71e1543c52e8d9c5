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
};

const step = (make: Make, shape: readonly number[], count: number) => (): Step => {
  const params = Array.from({ length: count }, () => torch.randn(shape, { requires_grad: true }));
  for (const param of params) param.grad = torch.randn(shape);
  const optimizer = make(params);
  return () => {
    optimizer.step();
  };
};

export const OPTIMIZER_STEPS: Workloads = Object.fromEntries(
  Object.entries(OPTIMIZERS).flatMap(([name, make]) => [
    [`${name} step, 1 M parameters`, step(make, [1024, 1024], 1)],
    [`${name} step, 200 × 100 parameters`, step(make, [100], 200)],
  ]),
);
