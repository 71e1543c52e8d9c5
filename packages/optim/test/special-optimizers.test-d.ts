import { type Tensor, tensor } from '@torchlet/tensor';
import { expectTypeOf, it } from 'vitest';
import { Adafactor, LBFGS, Muon, SparseAdam } from '../src/index.js';

const w = tensor([1], { requires_grad: true });

it('options', () => {
  new LBFGS([w], { max_eval: null, line_search_fn: 'strong_wolfe' });
  new Adafactor([{ params: w, eps: [null, 0.1] }], { lr: 1 });
  new Muon([w], { ns_coefficients: [1, 2, 3], adjust_lr_fn: 'match_rms_adamw' });
  new SparseAdam([w], { betas: [0.5, 0.9], maximize: true });
  // @ts-expect-error there is one line search
  new LBFGS([w], { line_search_fn: 'armijo' });
  // @ts-expect-error there is no such adjustment
  new Muon([w], { adjust_lr_fn: 'arbitrary' });
  // @ts-expect-error Muon descends only
  new Muon([w], { maximize: true });
});

it('steps and state', () => {
  const optimizer = new LBFGS([w]);
  expectTypeOf(optimizer.step(() => w)).toEqualTypeOf<Tensor>();
  expectTypeOf(optimizer.state.get(w)?.old_dirs).toEqualTypeOf<Tensor[] | undefined>();
  expectTypeOf(optimizer.param_groups[0].max_eval).toEqualTypeOf<number | null>();
  expectTypeOf(new SparseAdam([w]).state.get(w)?.step).toEqualTypeOf<number | undefined>();
});
