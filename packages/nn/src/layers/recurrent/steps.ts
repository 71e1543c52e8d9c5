/** The arithmetic of one time step, with PyTorch's order of gates. */
import { functional, split_copy, split_with_sizes_copy, type Tensor } from '@torchlet/tensor';
import type { Parameter } from '../../parameter.js';

/** What one layer learns for one direction: rows of the matrices are gates. */
export interface Weights {
  /** `[gates · hidden, input]` */
  readonly ih: Parameter;
  /** `[gates · hidden, hidden]` */
  readonly hh: Parameter;
  readonly ihBias: Parameter | null;
  readonly hhBias: Parameter | null;
  /** LSTM's projection, `[proj, hidden]`. */
  readonly hr: Parameter | null;
}

/** The state that a step hands to the next one: `[h]`, or an LSTM's `[h, c]`; each `[N, hidden]`. */
export type State = readonly Tensor[];

/** A step takes what the input adds to the gates, `[N, gates · hidden]`: one product gives it for all steps at once. */
export type Step = (input: Tensor, state: State, weights: Weights) => State;

export type Mode = 'RNN_TANH' | 'RNN_RELU' | 'LSTM' | 'GRU';

export interface Kind {
  readonly gates: number;
  readonly step: Step;
}

const hiddenPart = (h: Tensor, weights: Weights): Tensor => functional.linear(h, weights.hh, weights.hhBias);

/** What the input adds to the gates. */
export const inputPart = (x: Tensor, weights: Weights): Tensor => functional.linear(x, weights.ih, weights.ihBias);

/** h' = act(W x + b + U h + b'). https://pytorch.org/docs/stable/generated/torch.nn.RNN.html */
const elman =
  (activation: (x: Tensor) => Tensor): Step =>
  (input, [h], weights) => [activation(hiddenPart(h, weights).add(input))];

/**
 * i, f, o = σ(…), g = tanh(…); c' = f · c + i · g; h' = o · tanh c', projected if there is a projection.
 * https://pytorch.org/docs/stable/generated/torch.nn.LSTM.html
 */
const lstm: Step = (input, [h, c], weights) => {
  const gates = hiddenPart(h, weights).add(input);
  const [i, f, g, o] = split_copy(gates, c.shape[1], 1);
  const cell = f.sigmoid().mul(c).add(i.sigmoid().mul(g.tanh()));
  const hidden = o.sigmoid().mul(cell.tanh());
  return [weights.hr === null ? hidden : functional.linear(hidden, weights.hr), cell];
};

/**
 * r, z = σ(…); n = tanh(W x + b + r · (U h + b')); h' = (1 − z) · n + z · h.
 * https://pytorch.org/docs/stable/generated/torch.nn.GRU.html
 */
const gru: Step = (input, [h], weights) => {
  const size = h.shape[1];
  const [inputGates, inputNew] = split_with_sizes_copy(input, [2 * size, size], 1);
  const [hiddenGates, hiddenNew] = split_with_sizes_copy(hiddenPart(h, weights), [2 * size, size], 1);
  const [r, z] = split_copy(hiddenGates.add(inputGates).sigmoid(), size, 1);
  const n = inputNew.add(hiddenNew.mul(r)).tanh();
  return [h.sub(n).mul(z).add(n)];
};

export const KINDS: Readonly<Record<Mode, Kind>> = {
  RNN_TANH: { gates: 1, step: elman((x) => x.tanh()) },
  RNN_RELU: { gates: 1, step: elman((x) => x.relu()) },
  LSTM: { gates: 4, step: lstm },
  GRU: { gates: 3, step: gru },
};
