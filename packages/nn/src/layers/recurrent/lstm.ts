import { type Device, type DType, ShapeError, Tensor, ValueError } from '@torchlet/tensor';
import { bindArguments } from '@torchlet/tensor/internal';
import { checkSequence, type RecurrentOptions, RNNBase } from './base.js';
import type { HiddenOptions } from './rnn.js';

export interface LSTMOptions extends RecurrentOptions {
  /** If not 0, h is projected to this size. */
  readonly proj_size?: number;
}

/** h and c. */
export type LSTMState = readonly [h: Tensor, c: Tensor];

/** @throws ValueError for what is no pair of tensors. */
export function readPair(layer: string, hx: unknown): LSTMState | null {
  const [pair] = bindArguments(layer, ['hx'], [hx]);
  if (pair === undefined || pair === null) return null;
  if (!Array.isArray(pair) || pair.length !== 2 || !pair.every((part) => part instanceof Tensor))
    throw new ValueError(`${layer}(): argument 'hx' must be a pair of Tensors, [h_0, c_0]`);
  return pair as [Tensor, Tensor];
}

/**
 * Long short-term memory: i, f, o = σ(…), g = tanh(…), c' = f · c + i · g, h' = o · tanh c'. Input `[T, N, input_size]`, h and
 * c `[layers · directions, N, hidden_size]` (h: proj_size if given); gives the output `[T, N, directions · hidden_size]` and
 * the last `[h, c]`. https://pytorch.org/docs/stable/generated/torch.nn.LSTM.html
 */
export class LSTM extends RNNBase<LSTMState, [h: Tensor, c: Tensor]> {
  constructor(
    ...args: [
      input_size: number | LSTMOptions,
      hidden_size?: number | LSTMOptions,
      num_layers?: number | LSTMOptions,
      bias?: boolean | LSTMOptions,
      batch_first?: boolean | LSTMOptions,
      dropout?: number | LSTMOptions,
      bidirectional?: boolean | LSTMOptions,
      proj_size?: number | LSTMOptions,
      device?: Device | null | LSTMOptions,
      dtype?: DType | null | LSTMOptions,
    ]
  ) {
    const names = ['input_size', 'hidden_size', 'num_layers', 'bias', 'batch_first', 'dropout', 'bidirectional'];
    super('LSTM', bindArguments('LSTM', [...names, 'proj_size', 'device', 'dtype'], args));
  }

  override forward(
    input: Tensor,
    hx?: LSTMState | null | HiddenOptions<LSTMState>,
  ): [output: Tensor, hidden: [h: Tensor, c: Tensor]] {
    checkSequence('LSTM', input, [2, 3], (rank) => `LSTM: Expected input to be 2D or 3D, got ${rank}D instead`);
    const hidden = readPair('LSTM', hx);
    if (hidden?.some((part) => part.ndim !== input.ndim)) {
      throw new ShapeError(
        `For ${input.ndim === 2 ? 'unbatched' : 'batched'} ${input.ndim}-D input, hx and cx should also be ${input.ndim}-D ` +
          `but got (${hidden[0].ndim}-D, ${hidden[1].ndim}-D) tensors`,
      );
    }
    const [output, [h, c]] = this.run(input, hidden, 2);
    return [output, [h, c]];
  }
}
