import * as nn from '@torchlet/nn';
import type { Tensor } from '@torchlet/tensor';
import { load, tensor } from '@torchlet/tensor';
import { expectTypeOf, it } from 'vitest';
import {
  Adagrad,
  Adam,
  AdamW,
  ASGD,
  lr_scheduler,
  NAdam,
  type Optimizer,
  RMSprop,
  Rprop,
  SGD,
  swa_utils,
} from '../src/index.js';

const w = tensor([1], { requires_grad: true });
declare function parameters(): Generator<Tensor>;
declare function named_parameters(): Generator<[string, Tensor]>;

it('parameters', () => {
  new SGD([w]);
  new SGD(parameters(), { lr: 0.1, momentum: 0.9 });
  new SGD(named_parameters());
  new Adam([{ params: parameters(), betas: [0.9, 0.99] }, { params: w, lr: 1 }, { params: [w] }]);
  // @ts-expect-error the option is unknown
  new SGD([w], { learning_rate: 1 });
  // @ts-expect-error the option is another optimizer's
  new SGD([{ params: w, betas: [0.9, 0.99] }]);
  // @ts-expect-error no tensors
  new SGD([1, 2]);
});

it('options are those of the optimizer', () => {
  new ASGD([w], { t0: 100 });
  new RMSprop([{ params: w, centered: true }], { alpha: 0.9 });
  new Rprop([w], { etas: [0.5, 1.2], step_sizes: [1e-6, 50] });
  new NAdam(named_parameters(), { momentum_decay: 0.01, decoupled_weight_decay: true });
  // @ts-expect-error AdamW's decay is always decoupled
  new AdamW([w], { decoupled_weight_decay: false });
  // @ts-expect-error Rprop has no weight decay
  new Rprop([w], { weight_decay: 0.1 });
  // @ts-expect-error Adagrad has no capturable
  new Adagrad([w], { capturable: false });
  expectTypeOf(new AdamW([w]).param_groups[0].decoupled_weight_decay).toEqualTypeOf<boolean>();
  expectTypeOf(new RMSprop([w]).state.get(w)?.momentum_buffer).toEqualTypeOf<Tensor | undefined>();
});

it('step', () => {
  const optimizer = new SGD([w]);
  expectTypeOf(optimizer.step()).toEqualTypeOf<null>();
  expectTypeOf(optimizer.step(() => w)).toEqualTypeOf<Tensor>();
});

it('groups, state and schedulers', () => {
  const optimizer = new Adam([w]);
  expectTypeOf(optimizer.param_groups[0].betas).toEqualTypeOf<[number, number]>();
  optimizer.param_groups[0].lr *= 0.5;
  expectTypeOf(optimizer.state.get(w)?.exp_avg).toEqualTypeOf<Tensor | undefined>();
  optimizer.load_state_dict(load('optimizer.pt'));
  const any: Optimizer[] = [optimizer, new SGD([w])];
  new lr_scheduler.StepLR(any[0], { step_size: 30 });
  // @ts-expect-error step_size is missing
  new lr_scheduler.StepLR(optimizer, { gamma: 0.1 });
  const schedulers: lr_scheduler.LRScheduler[] = [
    new lr_scheduler.CyclicLR(optimizer, { base_lr: [0.1], max_lr: 1, scale_fn: (x) => x }),
    new lr_scheduler.ChainedScheduler([new lr_scheduler.ConstantLR(optimizer)]),
  ];
  new lr_scheduler.SequentialLR(optimizer, { schedulers, milestones: [3] });
  const plateau = new lr_scheduler.ReduceLROnPlateau(optimizer, { mode: 'max' });
  plateau.step(w);
  // @ts-expect-error it needs a metric
  plateau.step();
  // @ts-expect-error it does not step as the others do
  schedulers.push(plateau);
  // @ts-expect-error there is no such mode
  new lr_scheduler.CyclicLR(optimizer, { base_lr: 0.1, max_lr: 1, mode: 'square' });
  // @ts-expect-error max_lr is missing
  new lr_scheduler.OneCycleLR(optimizer, { total_steps: 3 });
});

it('averages', () => {
  class Two extends nn.Module<[Tensor, number], [Tensor, string]> {}
  const average = new swa_utils.AveragedModel(new Two(), { multi_avg_fn: swa_utils.get_ema_multi_avg_fn(0.9) });
  expectTypeOf(average(w, 1)).toEqualTypeOf<[Tensor, string]>();
  expectTypeOf(average.n_averaged).toEqualTypeOf<Tensor>();
  average.update_parameters(new nn.Linear(2, 2));
  // @ts-expect-error the model takes a number too
  average(w);
  new swa_utils.SWALR(new SGD([w]), { swa_lr: [0.1], anneal_strategy: 'linear' });
  // @ts-expect-error swa_lr is missing
  new swa_utils.SWALR(new SGD([w]), { anneal_epochs: 3 });
  // @ts-expect-error there is no such strategy
  new swa_utils.SWALR(new SGD([w]), { swa_lr: 1, anneal_strategy: 'exp' });
});
