/** Pooling to a given size, and along one dimension. https://pytorch.org/docs/stable/nn.functional.html#pooling-functions */
import { checkBoolean, checkInteger } from '../arguments.js';
import { cName, isFloating } from '../dtype.js';
import { DTypeError, ShapeError, ValueError } from '../errors.js';
import { showShape } from '../shape.js';
import { signature } from '../signature.js';
import type { Tensor } from '../tensor.js';
import { type Single, singleOf } from './conv1d.js';
import { checkTensor } from './kernel.js';
import { avg_pool2d, max_pool2d_with_indices } from './pool.js';

/** A size for each dimension, or one for both; null keeps the input's. */
export type OutputSize = number | readonly (number | null)[] | null;

/** The window of each output position: PyTorch's rule, by which windows may overlap. */
function windows(size: number, out: number): { start: number; end: number }[] {
  return Array.from({ length: out }, (_, i) => ({
    start: Math.floor((i * size) / out),
    end: Math.ceil(((i + 1) * size) / out),
  }));
}

function checkInput(op: string, input: Tensor, dims: number): Tensor {
  checkTensor(op, 'input', input);
  if (input.ndim !== dims + 1 && input.ndim !== dims + 2) {
    throw new ShapeError(`${op}(): Expected ${dims + 1}D or ${dims + 2}D tensor, but got ${showShape(input.shape)}`);
  }
  if (input.shape.slice(input.ndim - dims).some((size) => size === 0)) {
    throw new ShapeError(
      `${op}(): Expected input to have non-zero size for non-batch dimensions, but input has sizes ${showShape(input.shape)}`,
    );
  }
  if (!isFloating(input.dtype)) throw new DTypeError(`${op}(): "${op}" not implemented for '${cName(input.dtype)}'`);
  return input.ndim === dims + 1 ? input.unsqueeze(0) : input;
}

function readSizes(op: string, value: unknown, sizes: readonly number[]): number[] {
  const list: unknown[] = Array.isArray(value) ? value : sizes.map(() => value);
  if (list.length !== sizes.length) throw new ValueError(`${op}(): output_size must be ${sizes.length}`);
  return list.map((size, i) =>
    size === null || size === undefined ? sizes[i] : checkInteger(op, 'output_size', size, 0),
  );
}

/** Rows that take the mean of each window: `[out, size]`. */
function averages(like: Tensor, size: number, out: number): Tensor {
  const rows = windows(size, out).flatMap(({ start, end }) =>
    Array.from({ length: size }, (_, i) => (i >= start && i < end ? 1 / (end - start) : 0)),
  );
  return like.detach().new_tensor(rows, { dtype: like.dtype }).reshape(out, size);
}

/** Each output is the mean of its window, along the last dimensions. */
function averageTo(x: Tensor, sizes: readonly number[]): Tensor {
  const dims = sizes.map((_, i) => x.ndim - sizes.length + i);
  if (sizes.every((size) => size === 1)) return x.mean(dims, true);
  const last = x.matmul(averages(x, x.shape[x.ndim - 1], sizes[sizes.length - 1]).t());
  return sizes.length === 1 ? last : averages(x, x.shape[x.ndim - 2], sizes[0]).matmul(last);
}

interface OutputSizeOptions {
  readonly output_size?: OutputSize;
}

/** The mean of each of `output_size` windows, input `[N, C, L]` or `[C, L]`. https://pytorch.org/docs/stable/generated/torch.nn.functional.adaptive_avg_pool1d.html */
export const adaptive_avg_pool1d: (input: Tensor, output_size: OutputSize | OutputSizeOptions) => Tensor = signature(
  'adaptive_avg_pool1d(input, output_size)',
  (input, size) => {
    const op = 'adaptive_avg_pool1d';
    const x = checkInput(op, input, 1);
    const y = averageTo(x, readSizes(op, size, x.shape.slice(2)));
    return input.ndim === 2 ? y.squeeze(0) : y;
  },
);

/** The mean of each of `output_size` windows, input `[N, C, H, W]` or `[C, H, W]`. https://pytorch.org/docs/stable/generated/torch.nn.functional.adaptive_avg_pool2d.html */
export const adaptive_avg_pool2d: (input: Tensor, output_size: OutputSize | OutputSizeOptions) => Tensor = signature(
  'adaptive_avg_pool2d(input, output_size)',
  (input, size) => {
    const op = 'adaptive_avg_pool2d';
    const x = checkInput(op, input, 2);
    const y = averageTo(x, readSizes(op, size, x.shape.slice(2)));
    return input.ndim === 3 ? y.squeeze(0) : y;
  },
);

/** Positions of each window, all equally many: a short one repeats its last. */
function positions(size: number, out: number): { list: number[]; width: number } {
  const all = windows(size, out);
  const width = Math.max(0, ...all.map(({ start, end }) => end - start));
  return {
    list: all.flatMap(({ start, end }) => Array.from({ length: width }, (_, i) => Math.min(start + i, end - 1))),
    width,
  };
}

function maxTo(x: Tensor, [height, width]: readonly number[]): [Tensor, Tensor] {
  const [n, c, h, w] = x.shape;
  const [rows, columns] = [positions(h, height), positions(w, width)];
  const long = (list: readonly number[]): Tensor => x.detach().new_tensor([...list], { dtype: 'int64' });
  const arrange = (t: Tensor, batch: readonly number[]): Tensor =>
    t
      .reshape([...batch, height, rows.width, width, columns.width])
      .transpose(-3, -2)
      .reshape([...batch, height, width, rows.width * columns.width]);
  const [values, chosen] = arrange(x.index_select(2, long(rows.list)).index_select(3, long(columns.list)), [n, c]).max(
    -1,
  );
  const plane = arrange(long(rows.list.flatMap((r) => columns.list.map((k) => r * w + k))), []);
  const indices = plane
    .expand([n, c, ...plane.shape])
    .gather(4, chosen.unsqueeze(4))
    .squeeze(4);
  return [values, indices];
}

export interface AdaptiveMaxPoolOptions extends OutputSizeOptions {
  readonly return_indices?: boolean;
}

/** With `return_indices: true` the result is `[output, indices]`. */
export interface AdaptiveMaxPoolFunction {
  (
    input: Tensor,
    output_size: OutputSize,
    return_indices: true | (AdaptiveMaxPoolOptions & { readonly return_indices: true }),
  ): [output: Tensor, indices: Tensor];
  (
    input: Tensor,
    output_size: OutputSize | AdaptiveMaxPoolOptions,
    return_indices?: boolean | AdaptiveMaxPoolOptions,
  ): Tensor;
}

/**
 * The greatest element of each of `output_size` windows, input `[N, C, H, W]` or `[C, H, W]`.
 * https://pytorch.org/docs/stable/generated/torch.nn.functional.adaptive_max_pool2d.html
 */
export const adaptive_max_pool2d: AdaptiveMaxPoolFunction = signature<
  (input: Tensor, size: OutputSize, indices?: boolean) => Tensor | [Tensor, Tensor]
>('adaptive_max_pool2d(input, output_size, return_indices?)', (input, size, indices) => {
  const op = 'adaptive_max_pool2d';
  const x = checkInput(op, input, 2);
  const [y, places] = maxTo(x, readSizes(op, size, x.shape.slice(2)));
  const unbatch = (t: Tensor): Tensor => (input.ndim === 3 ? t.squeeze(0) : t);
  return checkBoolean(op, 'return_indices', indices ?? false) ? [unbatch(y), unbatch(places)] : unbatch(y);
}) as AdaptiveMaxPoolFunction;

export interface MaxPool1dOptions {
  readonly kernel_size?: Single;
  readonly stride?: Single | null;
  readonly padding?: Single;
  readonly dilation?: Single;
  readonly ceil_mode?: boolean;
  readonly return_indices?: boolean;
}

/** `[H, W]` of one row. */
const alongRow = (op: string, name: string, value: unknown, other: number): [number, number] => [
  other,
  singleOf(op, name, value),
];

function checkRow(op: string, input: Tensor): void {
  checkTensor(op, 'input', input);
  if (input.ndim !== 2 && input.ndim !== 3) {
    throw new ShapeError(`${op}(): Expected 2D or 3D input tensor, but got ${showShape(input.shape)}`);
  }
}

/** The result of {@link max_pool1d}, with its positions along L. */
export const max_pool1d_with_indices: (
  input: Tensor,
  kernel_size: Single | MaxPool1dOptions,
  stride?: Single | null | MaxPool1dOptions,
  padding?: Single | MaxPool1dOptions,
  dilation?: Single | MaxPool1dOptions,
  ceil_mode?: boolean | MaxPool1dOptions,
) => [output: Tensor, indices: Tensor] = signature(
  'max_pool1d_with_indices(input, kernel_size, stride?, padding?, dilation?, ceil_mode?, return_indices?)',
  (input, k, s, p, d, ceil) => {
    const op = 'max_pool1d';
    checkRow(op, input);
    const [y, places] = max_pool2d_with_indices(
      input.unsqueeze(-2),
      alongRow(op, 'kernel_size', k, 1),
      s === undefined || s === null ? null : alongRow(op, 'stride', s, 1),
      alongRow(op, 'padding', p ?? 0, 0),
      alongRow(op, 'dilation', d ?? 1, 1),
      checkBoolean(op, 'ceil_mode', ceil ?? false),
    );
    return [y.squeeze(-2), places.squeeze(-2)];
  },
);

/** With `return_indices: true` the result is `[output, indices]`. */
export interface MaxPool1dFunction {
  (
    input: Tensor,
    kernel_size: Single,
    options: MaxPool1dOptions & { readonly return_indices: true },
  ): [output: Tensor, indices: Tensor];
  (
    input: Tensor,
    kernel_size: Single | MaxPool1dOptions,
    stride?: Single | null | MaxPool1dOptions,
    padding?: Single | MaxPool1dOptions,
    dilation?: Single | MaxPool1dOptions,
    ceil_mode?: boolean | MaxPool1dOptions,
  ): Tensor;
}

/**
 * The greatest element of each window, input `[N, C, L]` or `[C, L]`.
 * https://pytorch.org/docs/stable/generated/torch.nn.functional.max_pool1d.html
 */
export const max_pool1d: MaxPool1dFunction = signature<
  (...args: [...Parameters<typeof max_pool1d_with_indices>, return_indices?: boolean]) => Tensor | [Tensor, Tensor]
>('max_pool1d(input, kernel_size, stride?, padding?, dilation?, ceil_mode?, return_indices?)', (...args) => {
  const both = max_pool1d_with_indices(args[0], args[1], args[2], args[3], args[4], args[5]);
  const indices = args[6];
  return checkBoolean('max_pool1d', 'return_indices', indices ?? false) ? both : both[0];
}) as MaxPool1dFunction;

export interface AvgPool1dOptions {
  readonly kernel_size?: Single;
  readonly stride?: Single | null;
  readonly padding?: Single;
  readonly ceil_mode?: boolean;
  readonly count_include_pad?: boolean;
}

/** The mean of each window, input `[N, C, L]` or `[C, L]`. https://pytorch.org/docs/stable/generated/torch.nn.functional.avg_pool1d.html */
export const avg_pool1d: (
  input: Tensor,
  kernel_size: Single | AvgPool1dOptions,
  stride?: Single | null | AvgPool1dOptions,
  padding?: Single | AvgPool1dOptions,
  ceil_mode?: boolean | AvgPool1dOptions,
  count_include_pad?: boolean | AvgPool1dOptions,
) => Tensor = signature(
  'avg_pool1d(input, kernel_size, stride?, padding?, ceil_mode?, count_include_pad?)',
  (input, k, s, p, ceil, include) => {
    const op = 'avg_pool1d';
    checkRow(op, input);
    return avg_pool2d(
      input.unsqueeze(-2),
      alongRow(op, 'kernel_size', k, 1),
      s === undefined || s === null ? null : alongRow(op, 'stride', s, 1),
      alongRow(op, 'padding', p ?? 0, 0),
      checkBoolean(op, 'ceil_mode', ceil ?? false),
      checkBoolean(op, 'count_include_pad', include ?? true),
    ).squeeze(-2);
  },
);
