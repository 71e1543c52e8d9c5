import { optim, type Tensor } from 'torchlet';

/** An optimizer as this program sets it up. */
interface Recipe {
  /** Learning rate, unless the command line has another. */
  lr: number;
  /** Whatever is not PyTorch's default. */
  options: Record<string, number | boolean>;
  make(params: Iterable<Tensor>, options: object): optim.Optimizer;
}

/** Under their names in `torch.optim`; rates with which the network learns well in a few epochs. */
const RECIPES = {
  SGD: { lr: 0.05, options: { momentum: 0.9 }, make: (params, options) => new optim.SGD(params, options) },
  ASGD: { lr: 0.2, options: {}, make: (params, options) => new optim.ASGD(params, options) },
  Rprop: { lr: 1e-3, options: {}, make: (params, options) => new optim.Rprop(params, options) },
  Adagrad: { lr: 0.02, options: {}, make: (params, options) => new optim.Adagrad(params, options) },
  Adadelta: { lr: 1, options: {}, make: (params, options) => new optim.Adadelta(params, options) },
  RMSprop: { lr: 1e-3, options: {}, make: (params, options) => new optim.RMSprop(params, options) },
  Adam: { lr: 3e-3, options: {}, make: (params, options) => new optim.Adam(params, options) },
  AdamW: { lr: 3e-3, options: {}, make: (params, options) => new optim.AdamW(params, options) },
  Adamax: { lr: 5e-3, options: {}, make: (params, options) => new optim.Adamax(params, options) },
  NAdam: { lr: 3e-3, options: {}, make: (params, options) => new optim.NAdam(params, options) },
  Adafactor: { lr: 0.02, options: {}, make: (params, options) => new optim.Adafactor(params, options) },
  RAdam: { lr: 5e-3, options: {}, make: (params, options) => new optim.RAdam(params, options) },
} satisfies Record<string, Recipe>;

export type OptimizerName = keyof typeof RECIPES;

export const OPTIMIZERS = Object.keys(RECIPES) as OptimizerName[];

const recipe = (name: OptimizerName): Recipe => RECIPES[name];

/** The learning rate of an optimizer that is given none. */
export const defaultRate = (name: OptimizerName): number => recipe(name).lr;

/** What an optimizer is given beside the learning rate. */
export const fixedOptions = (name: OptimizerName): Record<string, number | boolean> => recipe(name).options;

export function makeOptimizer(name: OptimizerName, params: Iterable<Tensor>, lr: number): optim.Optimizer {
  return recipe(name).make(params, { lr, ...recipe(name).options });
}
