import { type Device, type DType, empty, ShapeError, Tensor, ValueError } from '@torchlet/tensor';
import { bindArguments, checkBoolean } from '@torchlet/tensor/internal';
import * as init from '../../init.js';
import { Module } from '../../module.js';
import { Parameter } from '../../parameter.js';
import { show } from '../../repr.js';
import { typename } from '../../typename.js';
import { required } from '../arguments.js';
import { checkSequence } from './base.js';
import { type LSTMState, readPair } from './lstm.js';
import type { HiddenOptions, Nonlinearity } from './rnn.js';
import { inputPart, KINDS, type Mode, type State } from './steps.js';

export interface CellOptions {
  readonly input_size?: number;
  readonly hidden_size?: number;
  readonly bias?: boolean;
  readonly device?: Device | null;
  readonly dtype?: DType | null;
}

export interface RNNCellOptions extends CellOptions {
  readonly nonlinearity?: Nonlinearity;
}

/** The base of the cells: one step, parameters `weight_ih`, `weight_hh`, `bias_ih`, `bias_hh`. */
export abstract class RNNCellBase<Hidden, Out> extends Module<
  [input: Tensor, hx?: Hidden | null | HiddenOptions<Hidden>],
  Out
> {
  input_size: number;
  hidden_size: number;
  bias: boolean;
  weight_ih: Parameter;
  weight_hh: Parameter;
  declare bias_ih: Parameter | null;
  declare bias_hh: Parameter | null;

  constructor(gates: number, args: readonly unknown[]) {
    super();
    const layer = new.target.name;
    this.input_size = required(layer, 'input_size', args[0]);
    this.hidden_size = required(layer, 'hidden_size', args[1]);
    this.bias = checkBoolean(layer, 'bias', args[2] ?? true);
    const options = { device: args[3] as Device | null, dtype: args[4] as DType | null };
    const rows = gates * this.hidden_size;
    this.weight_ih = new Parameter(empty([rows, this.input_size], options));
    this.weight_hh = new Parameter(empty([rows, this.hidden_size], options));
    for (const name of ['bias_ih', 'bias_hh'])
      this.register_parameter(name, this.bias ? new Parameter(empty([rows], options)) : null);
    this.reset_parameters();
  }

  /** Draws all parameters from U(−1/√hidden_size, 1/√hidden_size). */
  reset_parameters(): void {
    const bound = this.hidden_size > 0 ? 1 / Math.sqrt(this.hidden_size) : 0;
    for (const param of this.parameters()) init.uniform_(param, -bound, bound);
  }

  /** One step of `mode` over `[N, input_size]` or `[input_size]`; `hidden`: each part `[N, hidden_size]`, null for zeros. */
  protected step(mode: Mode, input: Tensor, hidden: readonly Tensor[] | null, parts: number): State {
    const layer = this._get_name();
    checkSequence(layer, input, [1, 2], (n) => `${layer}: Expected input to be 1D or 2D, got ${n}D instead`);
    for (const part of hidden ?? []) {
      if (part.ndim !== 1 && part.ndim !== 2)
        throw new ShapeError(`${layer}: Expected hidden to be 1D or 2D, got ${part.ndim}D instead`);
    }
    const batched = input.ndim === 2;
    const x = batched ? input : input.unsqueeze(0);
    const zeros = hidden === null ? input.new_zeros([x.shape[0], this.hidden_size]) : null;
    const state =
      hidden === null
        ? new Array<Tensor>(parts).fill(zeros as Tensor)
        : hidden.map((part) => (batched ? part : part.unsqueeze(0)));
    this.checkShapes(x, state);
    const weights = { ih: this.weight_ih, hh: this.weight_hh, ihBias: this.bias_ih, hhBias: this.bias_hh, hr: null };
    const next = KINDS[mode].step(inputPart(x, weights), state, weights);
    return batched ? next : next.map((part) => part.squeeze(0));
  }

  private checkShapes(x: Tensor, state: State): void {
    if (x.shape[1] !== this.input_size)
      throw new ShapeError(`input has inconsistent input_size: got ${x.shape[1]} expected ${this.input_size}`);
    for (const h of state) {
      if (h.ndim !== 2 || x.shape[0] !== h.shape[0]) {
        throw new ShapeError(`Input batch size ${x.shape[0]} doesn't match hidden0 batch size ${h.shape[0]}`);
      }
      if (h.shape[1] !== this.hidden_size)
        throw new ShapeError(`hidden0 has inconsistent hidden_size: got ${h.shape[1]}, expected ${this.hidden_size}`);
    }
  }

  override extra_repr(): string {
    return `${this.input_size}, ${this.hidden_size}${this.bias ? '' : `, bias=${show(this.bias)}`}`;
  }
}

function readOne(layer: string, hx: unknown): readonly Tensor[] | null {
  const [hidden] = bindArguments(layer, ['hx'], [hx]);
  if (hidden === undefined || hidden === null) return null;
  if (hidden instanceof Tensor) return [hidden];
  throw new ValueError(`${layer}(): argument 'hx' must be Tensor, not ${typename(hidden)}`);
}

/** One step of RNN. https://pytorch.org/docs/stable/generated/torch.nn.RNNCell.html */
export class RNNCell extends RNNCellBase<Tensor, Tensor> {
  nonlinearity: Nonlinearity;

  constructor(
    ...given: [
      input_size: number | RNNCellOptions,
      hidden_size?: number | RNNCellOptions,
      bias?: boolean | RNNCellOptions,
      nonlinearity?: Nonlinearity | RNNCellOptions,
      device?: Device | null | RNNCellOptions,
      dtype?: DType | null | RNNCellOptions,
    ]
  ) {
    const names = ['input_size', 'hidden_size', 'bias', 'nonlinearity', 'device', 'dtype'];
    const args = bindArguments('RNNCell', names, given);
    const kind = args[3] ?? 'tanh';
    if (kind !== 'tanh' && kind !== 'relu') throw new ValueError(`Unknown nonlinearity: ${String(kind)}`);
    super(KINDS.RNN_TANH.gates, args.toSpliced(3, 1));
    this.nonlinearity = kind;
  }

  override forward(input: Tensor, hx?: Tensor | null | HiddenOptions<Tensor>): Tensor {
    return this.step(this.nonlinearity === 'tanh' ? 'RNN_TANH' : 'RNN_RELU', input, readOne('RNNCell', hx), 1)[0];
  }

  override extra_repr(): string {
    return `${super.extra_repr()}${this.nonlinearity === 'tanh' ? '' : `, nonlinearity=${this.nonlinearity}`}`;
  }
}

const NAMES = ['input_size', 'hidden_size', 'bias', 'device', 'dtype'];

/** One step of LSTM, which gives the next `[h, c]`. https://pytorch.org/docs/stable/generated/torch.nn.LSTMCell.html */
export class LSTMCell extends RNNCellBase<LSTMState, [h: Tensor, c: Tensor]> {
  constructor(
    ...args: [
      input_size: number | CellOptions,
      hidden_size?: number | CellOptions,
      bias?: boolean | CellOptions,
      device?: Device | null | CellOptions,
      dtype?: DType | null | CellOptions,
    ]
  ) {
    super(KINDS.LSTM.gates, bindArguments('LSTMCell', NAMES, args));
  }

  override forward(input: Tensor, hx?: LSTMState | null | HiddenOptions<LSTMState>): [h: Tensor, c: Tensor] {
    const [h, c] = this.step('LSTM', input, readPair('LSTMCell', hx), 2);
    return [h, c];
  }
}

/** One step of GRU. https://pytorch.org/docs/stable/generated/torch.nn.GRUCell.html */
export class GRUCell extends RNNCellBase<Tensor, Tensor> {
  constructor(
    ...args: [
      input_size: number | CellOptions,
      hidden_size?: number | CellOptions,
      bias?: boolean | CellOptions,
      device?: Device | null | CellOptions,
      dtype?: DType | null | CellOptions,
    ]
  ) {
    super(KINDS.GRU.gates, bindArguments('GRUCell', NAMES, args));
  }

  override forward(input: Tensor, hx?: Tensor | null | HiddenOptions<Tensor>): Tensor {
    return this.step('GRU', input, readOne('GRUCell', hx), 1)[0];
  }
}
