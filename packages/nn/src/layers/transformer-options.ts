/** What the layers of Transformer are made with. */
import { type Device, type DType, functional, type Tensor, ValueError } from '@torchlet/tensor';
import { bindArguments, checkBoolean, checkInteger, checkNumber } from '@torchlet/tensor/internal';
import { Module } from '../module.js';
import { show } from '../repr.js';
import { checkGiven } from './arguments.js';

export type Activation = 'relu' | 'gelu' | ((x: Tensor) => Tensor);

export interface TransformerLayerOptions {
  readonly d_model?: number;
  readonly nhead?: number;
  readonly dim_feedforward?: number;
  readonly dropout?: number;
  readonly activation?: Activation;
  readonly layer_norm_eps?: number;
  /** Whether sequences are `[N, S, E]` instead of `[S, N, E]`. */
  readonly batch_first?: boolean;
  /** Whether LayerNorm comes before attention and feedforward instead of after their sum with the input. */
  readonly norm_first?: boolean;
  readonly bias?: boolean;
  readonly device?: Device | null;
  readonly dtype?: DType | null;
}

/** The arguments of TransformerEncoderLayer and TransformerDecoderLayer, in PyTorch's order. */
export type TransformerLayerArguments = readonly [
  d_model: number | TransformerLayerOptions,
  nhead?: number | TransformerLayerOptions,
  dim_feedforward?: number | TransformerLayerOptions,
  dropout?: number | TransformerLayerOptions,
  activation?: Activation | TransformerLayerOptions,
  layer_norm_eps?: number | TransformerLayerOptions,
  batch_first?: boolean | TransformerLayerOptions,
  norm_first?: boolean | TransformerLayerOptions,
  bias?: boolean | TransformerLayerOptions,
  device?: Device | null | TransformerLayerOptions,
  dtype?: DType | null | TransformerLayerOptions,
];

const NAMES = [
  ...['d_model', 'nhead', 'dim_feedforward', 'dropout', 'activation', 'layer_norm_eps', 'batch_first', 'norm_first'],
  ...['bias', 'device', 'dtype'],
];

export interface LayerSettings {
  readonly d_model: number;
  readonly nhead: number;
  readonly dim_feedforward: number;
  readonly dropout: number;
  readonly activation: (x: Tensor) => Tensor;
  readonly eps: number;
  readonly batch_first: boolean;
  readonly norm_first: boolean;
  readonly bias: boolean;
  readonly factory: { readonly device: Device | null; readonly dtype: DType | null };
}

export function readSettings(layer: string, given: readonly unknown[]): LayerSettings {
  const args = bindArguments(layer, NAMES, given);
  const flag = (i: number, usual: boolean): boolean => checkBoolean(layer, NAMES[i], args[i] ?? usual);
  return {
    d_model: checkInteger(layer, 'd_model', checkGiven(layer, 'd_model', args[0])),
    nhead: checkInteger(layer, 'nhead', checkGiven(layer, 'nhead', args[1])),
    dim_feedforward: checkInteger(layer, 'dim_feedforward', args[2] ?? 2048, 0),
    dropout: checkNumber(layer, 'dropout', args[3] ?? 0.1),
    activation: readActivation(args[4] ?? 'relu'),
    eps: checkNumber(layer, 'layer_norm_eps', args[5] ?? 1e-5),
    batch_first: flag(6, false),
    norm_first: flag(7, false),
    bias: flag(8, true),
    factory: { device: (args[9] ?? null) as Device | null, dtype: (args[10] ?? null) as DType | null },
  };
}

function readActivation(given: unknown): (x: Tensor) => Tensor {
  if (given === 'relu') return functional.relu as (x: Tensor) => Tensor;
  if (given === 'gelu') return functional.gelu as (x: Tensor) => Tensor;
  if (typeof given === 'function') return given as (x: Tensor) => Tensor;
  throw new ValueError(`activation should be relu/gelu, not ${show(given)}`);
}

/** @throws ValueError for a number of layers that is no integer of at least 0, or layers that are no module. */
export function checkStack(stack: string, layer: unknown, num_layers: unknown): number {
  if (!(layer instanceof Module))
    throw new ValueError(`${stack}(): expected a Module to be copied, got ${show(layer)}`);
  return checkInteger(stack, 'num_layers', checkGiven(stack, 'num_layers', num_layers), 0);
}
