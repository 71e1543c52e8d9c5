/** The warnings about optimizer and scheduler stepping in the wrong order. */
import { Optimizer } from '../optimizer.js';

const SEE = 'See more details at https://pytorch.org/docs/stable/optim.html#how-to-adjust-learning-rate';

const SCHEDULER_FIRST =
  'UserWarning: Detected call of `lr_scheduler.step()` before `optimizer.step()`. In PyTorch 1.1.0 and later, you ' +
  'should call them in the opposite order: `optimizer.step()` before `lr_scheduler.step()`.  Failure to do this will ' +
  `result in PyTorch skipping the first value of the learning rate schedule. ${SEE}`;

const OVERRIDDEN =
  'UserWarning: Seems like `optimizer.step()` has been overridden after learning rate scheduler initialization. ' +
  `Please, make sure to call \`optimizer.step()\` before \`lr_scheduler.step()\`. ${SEE}`;

/** How an optimizer was when it got its first scheduler. */
interface Start {
  readonly step: Optimizer['step'];
  readonly stepsTaken: number;
}

const starts = new WeakMap<Optimizer, Start>();

/** Remembers where the optimizer stands, unless another scheduler did. */
export function watchSteps(optimizer: Optimizer): void {
  if (!starts.has(optimizer)) starts.set(optimizer, { step: optimizer.step, stepsTaken: optimizer.stepsTaken });
}

/** Warns when the optimizer has not stepped since it got its first scheduler, or when nobody can tell. */
export function warnOfStepOrder(optimizer: Optimizer): void {
  const start = starts.get(optimizer);
  if (start === undefined) return;
  if (optimizer.step !== start.step) console.warn(OVERRIDDEN);
  // an optimizer whose class has a step of its own is not counted
  else if (start.step === Optimizer.prototype.step && optimizer.stepsTaken === start.stepsTaken) {
    console.warn(SCHEDULER_FIRST);
  }
}
