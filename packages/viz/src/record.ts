/** Records training steps. */
import { ValueError } from '@torchlet/tensor';
import {
  checkBoolean,
  checkFunction,
  checkOptions,
  type Observer,
  observing,
  writeFile,
} from '@torchlet/tensor/internal';
import { pageOf } from './html.js';
import { OptimizerNotes } from './optimizer-notes.js';
import { type Params, readParams } from './params.js';
import type { RecordingData, StepData } from './recording.js';
import { StepNotes } from './step-notes.js';
import { TensorStore } from './tensor-store.js';
import { observe } from './watch.js';

export interface RecordOptions {
  /** Names of leaves: a module, `named_parameters()`, or an object of tensors. Parameters of recorded modules have theirs. */
  readonly params?: Params | null;
  /** Keeps every element of every tensor; otherwise large tensors are summarised. */
  readonly full?: boolean;
}

/** One or more training steps, as they happened. */
export class Recording<T = unknown> implements RecordingData {
  /** What the recorded function has returned. */
  readonly result: T;
  readonly steps: RecordingData['steps'];
  readonly tensors: RecordingData['tensors'];

  /** @internal Users get recordings from {@link record}. */
  constructor(result: T, { steps, tensors }: RecordingData) {
    this.result = result;
    this.steps = steps;
    this.tensors = tensors;
  }

  /** The autograd explorer as a page that needs nothing else: style, program and data are inside. */
  to_html(): string {
    return pageOf(this);
  }

  /**
   * Writes the autograd explorer to a file, which any browser opens without a network.
   * @throws SerializationError when the file cannot be written; nothing half-written is left behind.
   */
  save_html(path: string): void {
    if (typeof path !== 'string') throw new ValueError(`save_html(): path must be a string, but got a ${typeof path}`);
    const html = this.to_html();
    writeFile('save_html', path, [new TextEncoder().encode(html)]);
  }
}

let recording = false;

/**
 * Runs `fn` and records what it does: every recorded operation with its operands and results, every gradient, and every
 * optimizer's step with its state before and after. It changes no number in them.
 *
 *     const recording = record(() => {
 *       optimizer.zero_grad();
 *       const loss = F.cross_entropy(net(images), labels);
 *       loss.backward();
 *       optimizer.step();
 *       return loss;
 *     });
 *     recording.save_html('step.html');
 *
 * Operations are slower meanwhile. A training step ends with an optimizer's `step()`.
 * @throws ValueError inside another recording, for a function that returns a Promise, or for options that cannot be; whatever
 * `fn` throws passes through.
 */
export function record<T>(fn: () => T, options?: RecordOptions): Recording<T> {
  checkFunction('record', 'fn', fn);
  checkOptions('record', ['params', 'full'], options);
  const store = new TensorStore(checkBoolean('record', 'full', options?.full ?? false));
  const names = readParams('record', options?.params);
  if (recording) throw new ValueError('record(): a recording is already under way');
  const steps: StepData[] = [];
  let notes = new StepNotes(store);
  const finish = (): void => {
    if (!notes.isEmpty) steps.push(notes.finish(names));
    notes = new StepNotes(store);
    store.forget();
  };
  const optimizers = new OptimizerNotes(store, (updates) => {
    for (const update of updates) notes.updated(update);
    finish();
  });
  const observer: Observer = {
    called: (node, args) => notes.called(node, args),
    returned: (node, result) => notes.returned(node, result),
    running: (node, grads) => notes.running(node, grads),
    ran: (node, results) => notes.ran(node, results),
    updating: optimizers.updating,
  };
  recording = true;
  const scopes = [optimizers.listen(), observe(observer)];
  try {
    const result = fn();
    if (result instanceof Promise) throw new ValueError('record(): the function returned a Promise');
    if (observing.observer === observer) finish();
    return new Recording(result, { steps, tensors: store.tensors });
  } finally {
    recording = false;
    for (const scope of scopes) scope[Symbol.dispose]();
  }
}
