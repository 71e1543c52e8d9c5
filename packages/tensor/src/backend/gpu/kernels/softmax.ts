/** Softmax along the middle of contiguous `x [outer, size, inner]`; the maxima and the sums are `[outer, inner]`. */
import type { KernelSource } from '../driver.js';
import { loop, unravel, weighted } from './indexing.js';
import { Translator } from './language.js';
import { once } from './memo.js';

export interface SoftmaxShape {
  readonly outer: number;
  readonly size: number;
  readonly inner: number;
}

export interface PreparedSoftmax {
  readonly kernel: KernelSource;
  readonly scalars: readonly number[];
}

/** Σ exp(x − max) */
export const softmaxSumKernel: (shape: SoftmaxShape) => PreparedSoftmax = once(({ outer, size, inner }) => {
  const translator = new Translator();
  const at = weighted(['o', size * inner], ['k', inner], ['j', 1]);
  const one = translator.expression('Math.exp(v - m)');
  const kernel = translator.complete({
    op: 'softmax',
    parameters: ['x', 'max'],
    outputs: outer * inner,
    body: `${unravel(['o', 'j'], [outer, inner])}
const m = max[this.thread.x];
let sum = 0;
let v = 0.5;
${loop('k', size, `v = x[${at}];\nsum = sum + ${one};`)}
return sum;`,
  });
  return { kernel, scalars: translator.scalars };
});

/** exp(x − max) / sum, or x − max − log(sum) */
export const softmaxKernel: (shape: SoftmaxShape, log: boolean) => PreparedSoftmax = once(
  ({ outer, size, inner }, log) => {
    const translator = new Translator();
    const row = weighted(['o', inner], ['j', 1]);
    const result = translator.expression(log ? 'v - m - Math.log(s)' : 'Math.exp(v - m) / s');
    const kernel = translator.complete({
      op: log ? 'log_softmax' : 'softmax',
      parameters: ['x', 'max', 'sum'],
      outputs: outer * size * inner,
      body: `${unravel(['o', 'k', 'j'], [outer, size, inner])}
const m = max[${row}];
const s = sum[${row}];
const v = x[this.thread.x];
return ${result};`,
    });
    return { kernel, scalars: translator.scalars };
  },
);
