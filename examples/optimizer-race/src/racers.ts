/** All optimizers, with the learning rates at which they run; everything else is PyTorch's default unless it says so. */
import { optim, type Tensor } from 'torchlet';

export interface Racer {
  readonly name: string;
  make(params: Tensor[], lr: number): optim.Optimizer;
  /** For Rosenbrock, Beale, the ravine and the network: what `--tune` finds, but for LBFGS. */
  readonly rates: readonly [number, number, number, number];
  /** Takes sparse gradients only. */
  readonly sparse?: boolean;
}

export const RACERS: readonly Racer[] = [
  { name: 'SGD', make: (p, lr) => new optim.SGD(p, { lr }), rates: [0.001, 0.02, 0.02, 0.2] },
  {
    name: 'SGD, momentum 0.9',
    make: (p, lr) => new optim.SGD(p, { lr, momentum: 0.9 }),
    rates: [0.001, 0.005, 0.005, 0.1],
  },
  { name: 'ASGD', make: (p, lr) => new optim.ASGD(p, { lr }), rates: [0.001, 0.02, 0.02, 0.2] },
  { name: 'Rprop', make: (p, lr) => new optim.Rprop(p, { lr }), rates: [0.0005, 0.005, 0.2, 0.05] },
  { name: 'Adagrad', make: (p, lr) => new optim.Adagrad(p, { lr }), rates: [0.2, 1, 1, 0.1] },
  { name: 'Adadelta', make: (p, lr) => new optim.Adadelta(p, { lr }), rates: [0.2, 0.2, 0.5, 0.1] },
  { name: 'RMSprop', make: (p, lr) => new optim.RMSprop(p, { lr }), rates: [0.005, 0.1, 0.1, 0.001] },
  { name: 'Adam', make: (p, lr) => new optim.Adam(p, { lr }), rates: [0.2, 1, 1, 0.1] },
  { name: 'AdamW', make: (p, lr) => new optim.AdamW(p, { lr }), rates: [0.1, 0.5, 1, 0.1] },
  { name: 'Adamax', make: (p, lr) => new optim.Adamax(p, { lr }), rates: [0.2, 1, 1, 0.1] },
  { name: 'NAdam', make: (p, lr) => new optim.NAdam(p, { lr }), rates: [0.02, 1, 0.5, 0.02] },
  { name: 'RAdam', make: (p, lr) => new optim.RAdam(p, { lr }), rates: [0.001, 0.01, 0.02, 0.5] },
  {
    name: 'SparseAdam',
    make: (p, lr) => new optim.SparseAdam(p, { lr }),
    rates: [0.2, 1, 1, 1],
    sparse: true,
  },
  { name: 'Adafactor', make: (p, lr) => new optim.Adafactor(p, { lr }), rates: [0.02, 1, 0.1, 0.2] },
  {
    name: 'Muon',
    // the minimum of a surface is not where weights are small
    make: (p, lr) => new optim.Muon(p, { lr, weight_decay: 0 }),
    rates: [0.05, 0.02, 0.2, 0.02],
  },
  {
    name: 'LBFGS',
    // a step is one iteration, with a line search that finds its own rate in up to 25 evaluations
    make: (p, lr) => new optim.LBFGS(p, { lr, max_iter: 1, max_eval: 25, line_search_fn: 'strong_wolfe' }),
    rates: [1, 1, 1, 1],
  },
];
