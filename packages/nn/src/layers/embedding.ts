import {
  type Device,
  type DType,
  empty,
  functional,
  no_grad,
  ShapeError,
  type Tensor,
  ValueError,
} from '@torchlet/tensor';
import { bindArguments, checkBoolean, checkInteger, checkNumber } from '@torchlet/tensor/internal';
import * as init from '../init.js';
import { Module } from '../module.js';
import { Parameter } from '../parameter.js';
import { float, show } from '../repr.js';
import { required } from './arguments.js';

export interface EmbeddingOptions {
  readonly num_embeddings?: number;
  readonly embedding_dim?: number;
  /** The row that starts as 0 and gets no gradient. */
  readonly padding_idx?: number | null;
  /** Rows that are taken and longer than this are shortened in place. */
  readonly max_norm?: number | null;
  readonly norm_type?: number;
  /** Divides a row's gradient by how often the row was taken. */
  readonly scale_grad_by_freq?: boolean;
  /** Whether the weight's gradient is a sparse tensor. */
  readonly sparse?: boolean;
  readonly _weight?: Tensor | null;
  readonly _freeze?: boolean;
  readonly device?: Device | null;
  readonly dtype?: DType | null;
}

const NAMES = [
  'num_embeddings',
  'embedding_dim',
  'padding_idx',
  'max_norm',
  'norm_type',
  'scale_grad_by_freq',
  'sparse',
  '_weight',
  '_freeze',
  'device',
  'dtype',
];

export type PretrainedOptions = Omit<EmbeddingOptions, 'num_embeddings' | 'embedding_dim' | '_weight' | '_freeze'> & {
  /** Whether the rows are not to be learned; true unless given. */
  readonly freeze?: boolean;
};

/**
 * A table of vectors: input (int64 or int32) `[…]`, output `[…, embedding_dim]`, weight `[num_embeddings, embedding_dim]`.
 * https://pytorch.org/docs/stable/generated/torch.nn.Embedding.html
 * @throws ValueError for a padding index that is no row.
 */
export class Embedding extends Module {
  num_embeddings: number;
  embedding_dim: number;
  padding_idx: number | null;
  max_norm: number | null;
  norm_type: number;
  scale_grad_by_freq: boolean;
  weight: Parameter;
  sparse: boolean;

  constructor(
    ...given: [
      num_embeddings: number | EmbeddingOptions,
      embedding_dim?: number | EmbeddingOptions,
      padding_idx?: number | null | EmbeddingOptions,
      max_norm?: number | null | EmbeddingOptions,
      norm_type?: number | EmbeddingOptions,
      scale_grad_by_freq?: boolean | EmbeddingOptions,
      sparse?: boolean | EmbeddingOptions,
      _weight?: Tensor | null | EmbeddingOptions,
      _freeze?: boolean | EmbeddingOptions,
      device?: Device | null | EmbeddingOptions,
      dtype?: DType | null | EmbeddingOptions,
    ]
  ) {
    super();
    const args = bindArguments('Embedding', NAMES, given);
    this.num_embeddings = required('Embedding', 'num_embeddings', args[0]);
    this.embedding_dim = required('Embedding', 'embedding_dim', args[1]);
    this.padding_idx = readPadding(args[2], this.num_embeddings);
    this.max_norm = args[3] === undefined || args[3] === null ? null : checkNumber('Embedding', 'max_norm', args[3]);
    this.norm_type = checkNumber('Embedding', 'norm_type', args[4] ?? 2);
    this.scale_grad_by_freq = checkBoolean('Embedding', 'scale_grad_by_freq', args[5] ?? false);
    const rows = (args[7] ?? null) as Tensor | null;
    const learned = !checkBoolean('Embedding', '_freeze', args[8] ?? false);
    const shape = [this.num_embeddings, this.embedding_dim];
    if (rows !== null && (rows.ndim !== 2 || rows.shape.some((size, d) => size !== shape[d]))) {
      throw new ShapeError('Shape of weight does not match num_embeddings and embedding_dim');
    }
    const options = { device: args[9] as Device | null, dtype: args[10] as DType | null };
    this.weight = new Parameter(rows ?? empty(shape, options), learned);
    if (rows === null) this.reset_parameters();
    this.sparse = checkBoolean('Embedding', 'sparse', args[6] ?? false);
  }

  /** Draws the rows from N(0, 1); that of the padding is 0. */
  reset_parameters(): void {
    init.normal_(this.weight);
    const { padding_idx } = this;
    if (padding_idx !== null) no_grad(() => this.weight.select(0, padding_idx).fill_(0));
  }

  override forward(input: Tensor): Tensor {
    const { padding_idx, max_norm, norm_type, scale_grad_by_freq, sparse } = this;
    return functional.embedding(input, this.weight, { padding_idx, max_norm, norm_type, scale_grad_by_freq, sparse });
  }

  override extra_repr(): string {
    const parts = [`${this.num_embeddings}, ${this.embedding_dim}`];
    if (this.padding_idx !== null) parts.push(`padding_idx=${this.padding_idx}`);
    if (this.max_norm !== null) parts.push(`max_norm=${show(this.max_norm)}`);
    if (this.norm_type !== 2) parts.push(`norm_type=${float(this.norm_type)}`);
    if (this.scale_grad_by_freq) parts.push('scale_grad_by_freq=True');
    if (this.sparse) parts.push('sparse=True');
    return parts.join(', ');
  }

  /** An embedding of given rows. https://pytorch.org/docs/stable/generated/torch.nn.Embedding.html#torch.nn.Embedding.from_pretrained */
  static from_pretrained(
    embeddings: Tensor,
    freeze?: boolean | PretrainedOptions,
    options?: PretrainedOptions,
  ): Embedding {
    const names = ['freeze', 'padding_idx', 'max_norm', 'norm_type', 'scale_grad_by_freq', 'sparse'];
    const [fixed, padding_idx, max_norm, norm_type, scale_grad_by_freq, sparse] = bindArguments(
      'from_pretrained',
      names,
      [freeze, options],
    );
    if (embeddings.ndim !== 2) throw new ShapeError('Embeddings parameter is expected to be 2-dimensional');
    return new Embedding({
      num_embeddings: embeddings.shape[0],
      embedding_dim: embeddings.shape[1],
      _weight: embeddings,
      _freeze: (fixed ?? true) as boolean,
      padding_idx: padding_idx as number | null,
      max_norm: max_norm as number | null,
      norm_type: norm_type as number,
      scale_grad_by_freq: scale_grad_by_freq as boolean,
      sparse: sparse as boolean,
    });
  }
}

function readPadding(value: unknown, rows: number): number | null {
  if (value === undefined || value === null) return null;
  const row = checkInteger('Embedding', 'padding_idx', value);
  if (row < -rows || row >= rows) throw new ValueError('Padding_idx must be within num_embeddings');
  return row < 0 ? row + rows : row;
}
