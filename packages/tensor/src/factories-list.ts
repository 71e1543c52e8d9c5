/** The factories of `torch.*`. https://pytorch.org/docs/stable/torch.html#creation-ops */
export {
  arange,
  as_tensor,
  empty,
  empty_like,
  eye,
  full,
  full_like,
  ones,
  ones_like,
  type SizeArguments,
  type TensorOptions,
  tensor,
  zeros,
  zeros_like,
} from './factories.js';
export {
  type RandomTensorOptions,
  rand,
  rand_like,
  randint,
  randint_like,
  randn,
  randn_like,
  randperm,
} from './random-factories.js';
export { get_rng_state, initial_seed, manual_seed, seed, set_rng_state } from './random-state.js';
export { linspace, logspace } from './sequence-factories.js';
export type { TensorData } from './tensor-data.js';
