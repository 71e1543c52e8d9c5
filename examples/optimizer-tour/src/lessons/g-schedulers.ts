/** (g) Every scheduler on two groups, whose learning rates it changes from epoch to epoch. */
import * as torch from 'torchlet';
import { expectPrinted, print } from '../print.js';

const { optim } = torch;
const { lr_scheduler } = optim;

const twoGroups = (): torch.optim.SGD =>
  new optim.SGD(
    [
      { params: torch.zeros(1, { requires_grad: true }), lr: 0.1 },
      { params: torch.zeros(1, { requires_grad: true }), lr: 0.02 },
    ],
    { momentum: 0.9 },
  );

type Scheduler = torch.optim.lr_scheduler.LRScheduler | torch.optim.lr_scheduler.ReduceLROnPlateau;

const SCHEDULERS: Record<string, (o: torch.optim.SGD) => Scheduler> = {
  LambdaLR: (o) => new lr_scheduler.LambdaLR(o, { lr_lambda: [(epoch) => 0.9 ** epoch, (epoch) => 1 / (1 + epoch)] }),
  MultiplicativeLR: (o) => new lr_scheduler.MultiplicativeLR(o, { lr_lambda: () => 0.95 }),
  StepLR: (o) => new lr_scheduler.StepLR(o, { step_size: 3, gamma: 0.5 }),
  MultiStepLR: (o) => new lr_scheduler.MultiStepLR(o, { milestones: [2, 5], gamma: 0.1 }),
  ConstantLR: (o) => new lr_scheduler.ConstantLR(o, { factor: 0.5, total_iters: 4 }),
  LinearLR: (o) => new lr_scheduler.LinearLR(o, { start_factor: 0.25, total_iters: 4 }),
  ExponentialLR: (o) => new lr_scheduler.ExponentialLR(o, { gamma: 0.8 }),
  PolynomialLR: (o) => new lr_scheduler.PolynomialLR(o, { total_iters: 8, power: 2 }),
  CosineAnnealingLR: (o) => new lr_scheduler.CosineAnnealingLR(o, { T_max: 8, eta_min: 0.001 }),
  CosineAnnealingWarmRestarts: (o) => new lr_scheduler.CosineAnnealingWarmRestarts(o, { T_0: 3, T_mult: 2 }),
  CyclicLR: (o) => new lr_scheduler.CyclicLR(o, { base_lr: [0.01, 0.002], max_lr: [0.1, 0.02], step_size_up: 3 }),
  OneCycleLR: (o) => new lr_scheduler.OneCycleLR(o, { max_lr: [0.1, 0.02], total_steps: 10 }),
  SequentialLR: (o) =>
    new lr_scheduler.SequentialLR(o, {
      schedulers: [
        new lr_scheduler.LinearLR(o, { start_factor: 0.1, total_iters: 3 }),
        new lr_scheduler.ExponentialLR(o, { gamma: 0.8 }),
      ],
      milestones: [3],
    }),
  ChainedScheduler: (o) =>
    new lr_scheduler.ChainedScheduler([
      new lr_scheduler.ConstantLR(o, { factor: 0.5, total_iters: 4 }),
      new lr_scheduler.ExponentialLR(o, { gamma: 0.9 }),
    ]),
  ReduceLROnPlateau: (o) => new lr_scheduler.ReduceLROnPlateau(o, { factor: 0.5, patience: 1, min_lr: [0.01, 0] }),
};
const LOSSES = [1.0, 0.8, 0.8, 0.8, 0.8, 0.7, 0.9, 0.9, 0.9];

for (const [name, make] of Object.entries(SCHEDULERS)) {
  const optimizer = twoGroups();
  const scheduler = make(optimizer);
  const rates = [optimizer.param_groups.map(({ lr }) => lr)];
  for (const loss of LOSSES) {
    optimizer.step();
    if (scheduler instanceof lr_scheduler.ReduceLROnPlateau) scheduler.step(loss);
    else scheduler.step();
    rates.push(optimizer.param_groups.map(({ lr }) => lr));
  }
  print(name);
  for (let i = 0; i < 2; i++) print(' ', ...rates.map((lr) => lr[i].toFixed(5)));
}

// what a scheduler leaves in the groups
const optimizer = twoGroups();
new lr_scheduler.StepLR(optimizer, { step_size: 3, gamma: 0.5 });
print(optimizer);

expectPrinted('g');
