/** Layers of steps over a sequence. */
import { cat, functional, stack, type Tensor, unbind_copy } from '@torchlet/tensor';
import { inputPart, type State, type Step, type Weights } from './steps.js';

export interface Sequence {
  readonly step: Step;
  /** By layer, then by direction: forward, reverse. */
  readonly layers: readonly (readonly Weights[])[];
  /** Between layers, while training. */
  readonly dropout: number;
}

/**
 * Runs the layers over `x`, `[T, N, input]`, from `initial`: one tensor `[layers · directions, N, …]` for each part of the
 * state. Gives the last layer's `[T, N, directions · hidden]`, and the final state in the form of the initial one.
 */
export function runSequence(
  x: Tensor,
  initial: readonly Tensor[],
  { step, layers, dropout }: Sequence,
): [Tensor, State] {
  const starts = initial.map((part) => part.unbind(0));
  const finals: State[] = [];
  let output = x;
  layers.forEach((directions, layer) => {
    if (layer > 0 && dropout > 0) output = functional.dropout(output, dropout);
    const results = directions.map((weights, direction) => {
      const start = starts.map((part) => part[finals.length]);
      const [states, final] = runDirection(output, start, weights, step, direction === 1);
      finals.push(final);
      return states;
    });
    output = results.length === 1 ? results[0] : cat(results, -1);
  });
  return [output, initial.map((_, part) => stack(finals.map((state) => state[part])))];
}

/** One layer in one direction: the outputs in the order of time, and the state after the last step. */
function runDirection(x: Tensor, start: State, weights: Weights, step: Step, reverse: boolean): [Tensor, State] {
  const inputs = unbind_copy(inputPart(x, weights));
  const outputs = new Array<Tensor>(inputs.length);
  let state = start;
  for (let i = 0; i < inputs.length; i++) {
    const t = reverse ? inputs.length - 1 - i : i;
    state = step(inputs[t], state, weights);
    outputs[t] = state[0];
  }
  return [stack(outputs), state];
}
