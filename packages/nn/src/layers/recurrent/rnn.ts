import { type Device, type DType, ShapeError, Tensor, ValueError } from '@torchlet/tensor';
import { bindArguments } from '@torchlet/tensor/internal';
import { typename } from '../../typename.js';
import { checkSequence, type RecurrentOptions, RNNBase } from './base.js';

export type Nonlinearity = 'tanh' | 'relu';

export interface RNNOptions extends RecurrentOptions {
  readonly nonlinearity?: Nonlinearity;
}

export interface HiddenOptions<Hidden> {
  readonly hx?: Hidden | null;
}

/** The initial state of a network whose state is one tensor. @throws ShapeError when its rank is not the input's. */
function readHidden(layer: string, input: Tensor, hx: unknown): readonly Tensor[] | null {
  const [hidden] = bindArguments(layer, ['hx'], [hx]);
  if (hidden === undefined || hidden === null) return null;
  if (!(hidden instanceof Tensor))
    throw new ValueError(`${layer}(): argument 'hx' must be Tensor, not ${typename(hidden)}`);
  if (hidden.ndim !== input.ndim) {
    const kind = input.ndim === 2 ? 'unbatched' : 'batched';
    throw new ShapeError(
      `For ${kind} ${input.ndim}-D input, hx should also be ${input.ndim}-D but got ${hidden.ndim}-D tensor`,
    );
  }
  return [hidden];
}

/** @throws ValueError for an option that only LSTM has. */
function refuseProjection(args: readonly unknown[]): void {
  if (args.some((arg) => typeof arg === 'object' && arg !== null && 'proj_size' in arg))
    throw new ValueError('proj_size argument is only supported for LSTM, not RNN or GRU');
}

const SIZES = ['input_size', 'hidden_size', 'num_layers'];
const REST = ['bias', 'batch_first', 'dropout', 'bidirectional'];

/**
 * Elman networks, h' = tanh(W x + b + U h + b') or with relu: input `[T, N, input_size]`, h `[layers · directions, N,
 * hidden_size]`; gives the output `[T, N, directions · hidden_size]` and the last h.
 * https://pytorch.org/docs/stable/generated/torch.nn.RNN.html
 */
export class RNN extends RNNBase<Tensor, Tensor> {
  nonlinearity: Nonlinearity;

  constructor(
    ...given: [
      input_size: number | RNNOptions,
      hidden_size?: number | RNNOptions,
      num_layers?: number | RNNOptions,
      nonlinearity?: Nonlinearity | RNNOptions,
      bias?: boolean | RNNOptions,
      batch_first?: boolean | RNNOptions,
      dropout?: number | RNNOptions,
      bidirectional?: boolean | RNNOptions,
      device?: Device | null | RNNOptions,
      dtype?: DType | null | RNNOptions,
    ]
  ) {
    refuseProjection(given);
    const args = bindArguments('RNN', [...SIZES, 'nonlinearity', ...REST, 'device', 'dtype'], given);
    const kind = args[3] ?? 'tanh';
    if (kind !== 'tanh' && kind !== 'relu')
      throw new ValueError(`Unknown nonlinearity '${String(kind)}'. Select from 'tanh' or 'relu'.`);
    super(kind === 'tanh' ? 'RNN_TANH' : 'RNN_RELU', [
      ...args.slice(0, 3),
      ...args.slice(4, 8),
      undefined,
      ...args.slice(8),
    ]);
    this.nonlinearity = kind;
  }

  override forward(input: Tensor, hx?: Tensor | null | HiddenOptions<Tensor>): [output: Tensor, hidden: Tensor] {
    checkSequence('RNN', input, [2, 3], (rank) => `RNN: Expected input to be 2D or 3D, got ${rank}D tensor instead`);
    const [output, [hidden]] = this.run(input, readHidden('RNN', input, hx), 1);
    return [output, hidden];
  }
}

/**
 * Gated recurrent units: r, z = σ(…), n = tanh(W x + b + r · (U h + b')), h' = (1 − z) · n + z · h; shapes as RNN's.
 * https://pytorch.org/docs/stable/generated/torch.nn.GRU.html
 */
export class GRU extends RNNBase<Tensor, Tensor> {
  constructor(
    ...given: [
      input_size: number | RecurrentOptions,
      hidden_size?: number | RecurrentOptions,
      num_layers?: number | RecurrentOptions,
      bias?: boolean | RecurrentOptions,
      batch_first?: boolean | RecurrentOptions,
      dropout?: number | RecurrentOptions,
      bidirectional?: boolean | RecurrentOptions,
      device?: Device | null | RecurrentOptions,
      dtype?: DType | null | RecurrentOptions,
    ]
  ) {
    refuseProjection(given);
    const args = bindArguments('GRU', [...SIZES, ...REST, 'device', 'dtype'], given);
    super('GRU', [...args.slice(0, 7), undefined, ...args.slice(7)]);
  }

  override forward(input: Tensor, hx?: Tensor | null | HiddenOptions<Tensor>): [output: Tensor, hidden: Tensor] {
    checkSequence('GRU', input, [2, 3], (rank) => `GRU: Expected input to be 2D or 3D, got ${rank}D instead`);
    const [output, [hidden]] = this.run(input, readHidden('GRU', input, hx), 1);
    return [output, hidden];
  }
}
