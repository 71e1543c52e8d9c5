/** The work that is timed, in the order of the table. `pytorch/` does the same under the same names. */
import { OPTIMIZER_STEPS } from './optimizers.js';
import { PRODUCTS } from './products.js';
import type { Workloads } from './step.js';
import { TENSORS } from './tensors.js';
import { TRAINING } from './training.js';

export type { Step } from './step.js';

export const WORKLOADS: Workloads = { ...TRAINING, ...PRODUCTS, ...TENSORS, ...OPTIMIZER_STEPS };
