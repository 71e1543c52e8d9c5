import { type Device, type DType, DTypeError, empty, ShapeError, Tensor, ValueError } from '@torchlet/tensor';
import { checkBoolean, checkInteger, checkNumber } from '@torchlet/tensor/internal';
import * as init from '../../init.js';
import { Module } from '../../module.js';
import { Parameter } from '../../parameter.js';
import { show } from '../../repr.js';
import { typename } from '../../typename.js';
import { required } from '../arguments.js';
import { runSequence } from './sequence.js';
import { KINDS, type Mode, type Weights } from './steps.js';

/** The options that RNN, LSTM and GRU share. */
export interface RecurrentOptions {
  readonly input_size?: number;
  readonly hidden_size?: number;
  readonly num_layers?: number;
  readonly bias?: boolean;
  /** Whether input and output are `[N, T, features]` instead of `[T, N, features]`; states are as they are. */
  readonly batch_first?: boolean;
  /** The probability of Dropout after all layers but the last one. */
  readonly dropout?: number;
  readonly bidirectional?: boolean;
  readonly device?: Device | null;
  readonly dtype?: DType | null;
}

/** The arguments after `mode`, in PyTorch's order; what was not given is undefined. */
export type RecurrentArguments = readonly unknown[];

/** The input's and the output's sequence are padded tensors; what PyTorch calls packed sequences is refused by name. */
export function checkSequence(
  layer: string,
  input: unknown,
  ranks: readonly number[],
  message: (rank: number) => string,
): asserts input is Tensor {
  if (!(input instanceof Tensor)) {
    throw new ValueError(
      `${layer}(): argument 'input' must be Tensor, not ${typename(input)}; packed sequences are not supported`,
    );
  }
  if (!ranks.includes(input.ndim)) throw new ShapeError(message(input.ndim));
}

const tuple = (shape: readonly number[]): string => show([...shape]);

/**
 * The base of RNN, LSTM and GRU. Parameters `weight_ih_l0`, `weight_hh_l0`, `bias_ih_l0`, `bias_hh_l0`, (`weight_hr_l0`,)
 * for each layer, followed by those of the reverse direction, `weight_ih_l0_reverse` and so on.
 * https://pytorch.org/docs/stable/nn.html#recurrent-layers
 */
export abstract class RNNBase<Hidden, Out> extends Module<
  [input: Tensor, hx?: Hidden | null | { readonly hx?: Hidden | null }],
  [output: Tensor, hidden: Out]
> {
  [weight: `weight_${'ih' | 'hh' | 'hr'}_l${string}`]: Parameter;
  [bias: `bias_${'ih' | 'hh'}_l${string}`]: Parameter;
  mode: Mode;
  input_size: number;
  hidden_size: number;
  num_layers: number;
  bias: boolean;
  batch_first: boolean;
  dropout: number;
  bidirectional: boolean;
  proj_size: number;

  constructor(mode: Mode, args: RecurrentArguments) {
    super();
    const layer = new.target.name;
    const [input_size, hidden_size, num_layers, bias, batch_first, dropout, bidirectional, proj_size, device, dtype] =
      args;
    this.mode = mode;
    this.input_size = required(layer, 'input_size', input_size);
    this.hidden_size = required(layer, 'hidden_size', hidden_size);
    this.num_layers = checkInteger(layer, 'num_layers', num_layers ?? 1);
    this.bias = checkBoolean(layer, 'bias', bias ?? true);
    this.batch_first = checkBoolean(layer, 'batch_first', batch_first ?? false);
    this.dropout = checkDropout(dropout ?? 0);
    this.bidirectional = checkBoolean(layer, 'bidirectional', bidirectional ?? false);
    this.proj_size = checkInteger(layer, 'proj_size', proj_size ?? 0);
    this.checkSizes();
    this.makeWeights({ device: device as Device | null, dtype: dtype as DType | null });
    this.reset_parameters();
  }

  private checkSizes(): void {
    if (this.dropout > 0 && this.num_layers === 1) {
      console.warn(
        'dropout option adds dropout after all but last recurrent layer, so non-zero dropout expects num_layers greater ' +
          `than 1, but got dropout=${float(this.dropout)} and num_layers=1`,
      );
    }
    if (this.hidden_size <= 0) throw new ValueError('hidden_size must be greater than zero');
    if (this.num_layers <= 0) throw new ValueError('num_layers must be greater than zero');
    if (this.proj_size < 0)
      throw new ValueError('proj_size should be a positive integer or zero to disable projections');
    if (this.proj_size >= this.hidden_size) throw new ValueError('proj_size has to be smaller than hidden_size');
  }

  private get directions(): number {
    return this.bidirectional ? 2 : 1;
  }

  /** The size of h. */
  private get outputSize(): number {
    return this.proj_size > 0 ? this.proj_size : this.hidden_size;
  }

  private makeWeights(options: { device: Device | null; dtype: DType | null }): void {
    const rows = KINDS[this.mode].gates * this.hidden_size;
    for (let layer = 0; layer < this.num_layers; layer++) {
      const columns = layer === 0 ? this.input_size : this.outputSize * this.directions;
      const shapes: Record<string, number[]> = {
        weight_ih: [rows, columns],
        weight_hh: [rows, this.outputSize],
        bias_ih: [rows],
        bias_hh: [rows],
        weight_hr: [this.proj_size, this.hidden_size],
      };
      for (let direction = 0; direction < this.directions; direction++) {
        for (const [name, full] of this.weightNames(layer, direction))
          this.register_parameter(full, new Parameter(empty(shapes[name], options)));
      }
    }
  }

  /** Pairs of kind and name of a layer's parameters in one direction, in PyTorch's order. */
  private weightNames(layer: number, direction: number): [string, `weight_ih_l${string}`][] {
    const names = ['weight_ih', 'weight_hh'];
    if (this.bias) names.push('bias_ih', 'bias_hh');
    if (this.proj_size > 0) names.push('weight_hr');
    return names.map((name) => [name, `${name as 'weight_ih'}_l${layer}${direction === 1 ? '_reverse' : ''}`]);
  }

  /** The parameters by layer and direction. */
  get all_weights(): Parameter[][] {
    return Array.from({ length: this.num_layers * this.directions }, (_, k) =>
      this.weightNames(Math.floor(k / this.directions), k % this.directions).map(([, full]) => this[full]),
    );
  }

  private weights(layer: number, direction: number): Weights {
    const named = Object.fromEntries(
      this.weightNames(layer, direction).map(([name, full]) => [name, this[full]]),
    ) as Readonly<Record<string, Parameter | undefined>>;
    return {
      ih: named.weight_ih as Parameter,
      hh: named.weight_hh as Parameter,
      ihBias: named.bias_ih ?? null,
      hhBias: named.bias_hh ?? null,
      hr: named.weight_hr ?? null,
    };
  }

  /** Draws all parameters from U(−1/√hidden_size, 1/√hidden_size). */
  reset_parameters(): void {
    const bound = 1 / Math.sqrt(this.hidden_size);
    for (const param of this.parameters()) init.uniform_(param, -bound, bound);
  }

  /** Does nothing, as in PyTorch for parameters outside of CUDA. */
  flatten_parameters(): void {}

  /** The shapes of h and of an LSTM's c for a batch. */
  protected stateShapes(batch: number): number[][] {
    const count = this.num_layers * this.directions;
    return [
      [count, batch, this.outputSize],
      [count, batch, this.hidden_size],
    ];
  }

  /**
   * Runs over a batch `[T, N, input]` or a single sequence `[T, input]` (`[N, T, input]` with `batch_first`). `hidden`: the
   * initial state, each part `[layers · directions, N, …]`, without N for a single sequence; null for zeros.
   */
  protected run(input: Tensor, hidden: readonly Tensor[] | null, parts: number): [Tensor, readonly Tensor[]] {
    const batched = input.ndim === 3;
    const sequences = batched ? (this.batch_first ? input.transpose(0, 1) : input) : input.unsqueeze(1); // [T, N, input]
    this.checkInput(sequences);
    const shapes = this.stateShapes(sequences.shape[1]).slice(0, parts);
    const initial =
      hidden === null
        ? shapes.map((shape) => input.new_zeros(shape))
        : hidden.map((part) => (batched ? part : part.unsqueeze(1)));
    initial.forEach((part, i) => {
      if (String(part.shape) !== String(shapes[i])) {
        const which = parts === 1 ? '' : `[${i}]`;
        throw new ShapeError(`Expected hidden${which} size ${tuple(shapes[i])}, got [${part.shape.join(', ')}]`);
      }
    });
    if (sequences.shape[0] === 0) throw new ShapeError('Expected sequence length to be larger than 0 in RNN');
    const layers = Array.from({ length: this.num_layers }, (_, layer) =>
      Array.from({ length: this.directions }, (_, direction) => this.weights(layer, direction)),
    );
    const dropout = this.training ? this.dropout : 0;
    const [output, final] = runSequence(sequences, initial, { step: KINDS[this.mode].step, layers, dropout });
    if (!batched) return [output.squeeze(1), final.map((part) => part.squeeze(1))];
    return [this.batch_first ? output.transpose(0, 1) : output, final];
  }

  private checkInput(input: Tensor): void {
    const { dtype } = this.weight_ih_l0;
    if (input.dtype !== dtype) {
      throw new DTypeError(
        `RNN input dtype (torch.${input.dtype}) does not match weight dtype (torch.${dtype}). Convert input: ` +
          `input.to(torch.${dtype}), or convert model: model.to(torch.${input.dtype})`,
      );
    }
    if (input.shape[2] !== this.input_size) {
      throw new ShapeError(
        `input.size(-1) must be equal to input_size. Expected ${this.input_size}, got ${input.shape[2]}`,
      );
    }
  }

  override extra_repr(): string {
    const options = {
      proj_size: [this.proj_size, 0],
      num_layers: [this.num_layers, 1],
      bias: [this.bias, true],
      batch_first: [this.batch_first, false],
      dropout: [float(this.dropout), '0.0'],
      bidirectional: [this.bidirectional, false],
    };
    const changed = Object.entries(options).filter(([, [value, usual]]) => value !== usual);
    return [this.input_size, this.hidden_size, ...changed.map(([name, [value]]) => `${name}=${show(value)}`)].join(
      ', ',
    );
  }
}

/** A number that is a float in Python. */
const float = (x: number): string => (Number.isInteger(x) ? x.toFixed(1) : show(x));

function checkDropout(value: unknown): number {
  if (typeof value === 'number' && value >= 0 && value <= 1) return checkNumber('RNNBase', 'dropout', value);
  throw new ValueError(
    'dropout should be a number in range [0, 1] representing the probability of an element being zeroed',
  );
}
