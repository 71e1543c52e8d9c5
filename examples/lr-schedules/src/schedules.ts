import * as torch from 'torchlet';

const { SGD, lr_scheduler, swa_utils } = torch.optim;
type Optimizer = torch.optim.Optimizer;

export const EPOCHS = 100;

/** A schedule to be drawn. */
export interface Schedule {
  name: string;
  /** Its options, as the picture shows them. */
  options: string;
  /** Returns what ends an epoch: a call of `step`. */
  start: (optimizer: Optimizer) => (epoch: number) => void;
  /** The metric that a plateau is looked for in. */
  loss?: (epoch: number) => number;
  /** Some of its learning rates, worked out by hand. */
  expected: readonly (readonly [epoch: number, lr: number])[];
}

/** A loss that falls twice, and rests after each fall. */
const loss = (epoch: number): number => 1 - 0.02 * Math.min(epoch, 20) - 0.02 * Math.min(Math.max(epoch - 45, 0), 20);

const stepping = (make: (optimizer: Optimizer) => { step(): void }) => (optimizer: Optimizer) => {
  const scheduler = make(optimizer);
  return () => scheduler.step();
};

/** Every scheduler over 100 epochs, from a learning rate of 1. */
export const schedules: readonly Schedule[] = [
  {
    name: 'LambdaLR',
    options: 'lr_lambda: (epoch) => 1 / (1 + epoch / 10)',
    start: stepping((o) => new lr_scheduler.LambdaLR(o, { lr_lambda: (epoch) => 1 / (1 + epoch / 10) })),
    expected: [
      [0, 1],
      [10, 1 / 2],
      [40, 1 / 5],
      [100, 1 / 11],
    ],
  },
  {
    name: 'MultiplicativeLR',
    options: 'lr_lambda: (epoch) => epoch < 50 ? 0.99 : 0.95',
    start: stepping((o) => new lr_scheduler.MultiplicativeLR(o, { lr_lambda: (epoch) => (epoch < 50 ? 0.99 : 0.95) })),
    expected: [
      [0, 1],
      [2, 0.9801],
      [100, 0.99 ** 49 * 0.95 ** 51],
    ],
  },
  {
    name: 'StepLR',
    options: 'step_size: 20, gamma: 0.5',
    start: stepping((o) => new lr_scheduler.StepLR(o, { step_size: 20, gamma: 0.5 })),
    expected: [
      [0, 1],
      [19, 1],
      [20, 1 / 2],
      [99, 1 / 16],
      [100, 1 / 32],
    ],
  },
  {
    name: 'MultiStepLR',
    options: 'milestones: [30, 80], gamma: 0.2',
    start: stepping((o) => new lr_scheduler.MultiStepLR(o, { milestones: [30, 80], gamma: 0.2 })),
    expected: [
      [29, 1],
      [30, 0.2],
      [79, 0.2],
      [80, 0.04],
    ],
  },
  {
    name: 'ConstantLR',
    options: 'factor: 0.3, total_iters: 25',
    start: stepping((o) => new lr_scheduler.ConstantLR(o, { factor: 0.3, total_iters: 25 })),
    expected: [
      [0, 0.3],
      [24, 0.3],
      [25, 1],
      [100, 1],
    ],
  },
  {
    name: 'LinearLR',
    options: 'start_factor: 0.1, total_iters: 40',
    start: stepping((o) => new lr_scheduler.LinearLR(o, { start_factor: 0.1, total_iters: 40 })),
    expected: [
      [0, 0.1],
      [20, 0.55],
      [40, 1],
      [100, 1],
    ],
  },
  {
    name: 'ExponentialLR',
    options: 'gamma: 0.95',
    start: stepping((o) => new lr_scheduler.ExponentialLR(o, { gamma: 0.95 })),
    expected: [
      [0, 1],
      [1, 0.95],
      [100, 0.95 ** 100],
    ],
  },
  {
    name: 'PolynomialLR',
    options: 'total_iters: 80, power: 2',
    start: stepping((o) => new lr_scheduler.PolynomialLR(o, { total_iters: 80, power: 2 })),
    expected: [
      [0, 1],
      [40, 1 / 4],
      [60, 1 / 16],
      [80, 0],
      [100, 0],
    ],
  },
  {
    name: 'CosineAnnealingLR',
    options: 'T_max: 100, eta_min: 0.05',
    start: stepping((o) => new lr_scheduler.CosineAnnealingLR(o, { T_max: 100, eta_min: 0.05 })),
    expected: [
      [0, 1],
      [50, 0.525],
      [100, 0.05],
    ],
  },
  {
    name: 'CosineAnnealingWarmRestarts',
    options: 'T_0: 14, T_mult: 2',
    start: stepping((o) => new lr_scheduler.CosineAnnealingWarmRestarts(o, { T_0: 14, T_mult: 2 })),
    expected: [
      [0, 1],
      [7, 1 / 2],
      [14, 1],
      [28, 1 / 2],
      [42, 1],
      [70, 1 / 2],
      [98, 1],
    ],
  },
  {
    name: 'CyclicLR',
    options: "step_size_up: 12, mode: 'triangular2'",
    start: stepping(
      (o) => new lr_scheduler.CyclicLR(o, { base_lr: 0.1, max_lr: 1, step_size_up: 12, mode: 'triangular2' }),
    ),
    expected: [
      [0, 0.1],
      [12, 1],
      [24, 0.1],
      [36, 0.55],
      [48, 0.1],
      [60, 0.325],
    ],
  },
  {
    name: 'OneCycleLR',
    options: 'max_lr: 1, total_steps: 101, pct_start: 0.3',
    start: stepping((o) => new lr_scheduler.OneCycleLR(o, { max_lr: 1, total_steps: 101, pct_start: 0.3 })),
    expected: [
      [0, 1 / 25],
      [100, 1 / 25e4],
    ],
  },
  {
    name: 'ReduceLROnPlateau',
    options: 'factor: 0.4, patience: 8',
    start: (optimizer) => {
      const scheduler = new lr_scheduler.ReduceLROnPlateau(optimizer, { factor: 0.4, patience: 8 });
      return (epoch) => scheduler.step(loss(epoch));
    },
    loss,
    expected: [
      [28, 1],
      [29, 0.4],
      [38, 0.16],
      [73, 0.16],
      [74, 0.064],
      [100, 0.4 ** 5],
    ],
  },
  {
    name: 'SequentialLR',
    options: 'LinearLR for 15 epochs, then CosineAnnealingLR',
    start: stepping((optimizer) => {
      const warmUp = new lr_scheduler.LinearLR(optimizer, { start_factor: 0.05, total_iters: 15 });
      const cosine = new lr_scheduler.CosineAnnealingLR(optimizer, { T_max: 85 });
      return new lr_scheduler.SequentialLR(optimizer, { schedulers: [warmUp, cosine], milestones: [15] });
    }),
    expected: [
      [0, 0.05],
      [15, 1],
      [100, 0],
    ],
  },
  {
    name: 'ChainedScheduler',
    options: 'ConstantLR for 20 epochs · ExponentialLR',
    start: stepping((optimizer) => {
      const constant = new lr_scheduler.ConstantLR(optimizer, { factor: 0.4, total_iters: 20 });
      const decay = new lr_scheduler.ExponentialLR(optimizer, { gamma: 0.98 });
      return new lr_scheduler.ChainedScheduler([constant, decay]);
    }),
    expected: [
      [0, 0.4],
      [19, 0.4 * 0.98 ** 19],
      [20, 0.98 ** 20],
      [100, 0.98 ** 100],
    ],
  },
  {
    name: 'swa_utils.SWALR',
    options: 'swa_lr: 0.05, anneal_epochs: 15, from 60 on',
    start: (optimizer) => {
      const cosine = new lr_scheduler.CosineAnnealingLR(optimizer, { T_max: 100 });
      let swa: torch.optim.lr_scheduler.LRScheduler | null = null;
      return (epoch) => {
        if (epoch < 60) cosine.step();
        else if (swa === null) swa = new swa_utils.SWALR(optimizer, { swa_lr: 0.05, anneal_epochs: 15 });
        else swa.step();
      };
    },
    expected: [
      [0, 1],
      [50, 0.5],
      [100, 0.05],
    ],
  },
];

/** What an optimizer's group had in each epoch. */
export interface Curve {
  schedule: Schedule;
  lr: number[];
  momentum: number[];
}

/** Runs a schedule; the optimizer steps without gradients, which changes nothing. */
export function run(schedule: Schedule): Curve {
  const optimizer = new SGD([torch.zeros(1, { requires_grad: true })], { lr: 1, momentum: 0.9 });
  const endEpoch = schedule.start(optimizer);
  const curve: Curve = { schedule, lr: [], momentum: [] };
  const [group] = optimizer.param_groups;
  for (let epoch = 0; epoch <= EPOCHS; epoch++) {
    curve.lr.push(group.lr);
    curve.momentum.push(group.momentum);
    optimizer.step();
    if (epoch < EPOCHS) endEpoch(epoch + 1);
  }
  return curve;
}

/** Every expected number that a curve misses, in words. */
export function misses({ schedule, lr }: Curve): string[] {
  return schedule.expected
    .filter(([epoch, expected]) => !(Math.abs(lr[epoch] - expected) <= 1e-12))
    .map(([epoch, expected]) => `${schedule.name}, epoch ${epoch}: expected ${expected}, got ${lr[epoch]}`);
}
