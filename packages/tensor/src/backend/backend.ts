/**
 * What a device must be able to do. Everything above this file works through it and never reaches into a buffer, so a
 * device is one object of this interface. `conformance.ts` is the suite that every one of them passes.
 *
 * Rules for all kernels: outputs are given by the caller, already allocated, of the right shape and dtype; inputs may
 * have any strides; sizes may be zero; no argument is checked here, because the ops have done so.
 */
import type { DType, TypedArray } from '../dtype.js';
import type { Shape } from '../shape.js';
import type { Device, DeviceBuffer, Storage } from '../storage.js';
import type { ElementwiseName } from './elementwise.js';
import type { RowsKernel } from './rows-kernel.js';
import type { UpdateKernel } from './update-kernel.js';

/** A strided window on a storage. Every Tensor is one. */
export interface View {
  readonly storage: Storage;
  readonly shape: Shape;
  readonly strides: Shape;
  /** First element, counted from the storage's start. */
  readonly offset: number;
  readonly dtype: DType;
}

export type ReduceName = 'sum' | 'prod' | 'max' | 'min';
export type ScanName = ReduceName | 'logsumexp';

/** Convolution's numbers, two-dimensional; sizes follow from the views. */
export interface Conv2dParams {
  readonly stride: readonly [number, number];
  /** Rows above and columns left of the image; what lies below and right follows from the output's size. */
  readonly padding: readonly [number, number];
  readonly dilation: readonly [number, number];
  readonly groups: number;
}

export interface Pool2dParams {
  readonly kernel_size: readonly [number, number];
  readonly stride: readonly [number, number];
  readonly padding: readonly [number, number];
  readonly dilation: readonly [number, number];
}

export interface AvgPool2dParams extends Pool2dParams {
  readonly count_include_pad: boolean;
  readonly divisor_override: number | null;
}

export interface AttentionParams {
  /** By which the products of queries and keys are multiplied. */
  readonly scale: number;
  /** Query `i` sees the keys `0 … i`. */
  readonly causal: boolean;
}

/**
 * softmax(scale · q · kᵀ + mask) · v for each head: q `[B, H, L, E]`, k `[B, H, S, E]`, v `[B, H, S, Ev]`, mask and weights
 * `[B, H, L, S]`, none of them empty. In every view, results included, the elements of a row are side by side; else it is strided
 * as it likes. Results share no memory with one another's elements.
 */
export interface AttentionKernels {
  /**
   * A query for which all of the mask is −∞ gives zeros.
   * @param weights receives the softmax, contiguous; null where no gradient will be wanted
   */
  forward(q: View, k: View, v: View, mask: View | null, params: AttentionParams, weights: View | null, out: View): void;
  /** The gradients of q, k and v, where there is a view for them, from that of the result. */
  backward(
    q: View,
    k: View,
    v: View,
    params: AttentionParams,
    weights: View,
    grad: View,
    outs: readonly [q: View | null, k: View | null, v: View | null],
  ): void;
}

export interface NllLossParams {
  /** A target that does not count. */
  readonly ignore_index: number;
  readonly reduction: 'none' | 'sum' | 'mean';
}

/**
 * Negative log likelihood of x `[N, C, …]` or `[C]`; target, of integers, `[N, …]` or `[]`: each a class or `ignore_index`; weight
 * `[C]`, null: all 1.
 */
export interface NllLossKernels {
  /**
   * −weight[target] · x[target] of each target, 0 where it is ignored: `out` has the target's shape; or, of shape `[]`, their sum, for
   * the mean divided by the sum of the weights of those that count.
   */
  forward(x: View, target: View, weight: View | null, params: NllLossParams, out: View): void;
  /** The gradient of x, contiguous, from `grad`, which looks like the forward's result. */
  backward(grad: View, target: View, weight: View | null, params: NllLossParams, out: View): void;
}

/** A distribution: of uniforms in [from, to), of normals, of exponentials, of `scale` with probability p, of [low, high). */
export type RandomDraw =
  | { readonly kind: 'uniform'; readonly from: number; readonly to: number }
  | { readonly kind: 'normal'; readonly mean: number; readonly std: number }
  | { readonly kind: 'exponential'; readonly lambd: number }
  | { readonly kind: 'bernoulli'; readonly p: number | View; readonly scale: number }
  | { readonly kind: 'integer'; readonly low: number; readonly high: number };

export interface Backend {
  readonly device: Device;

  // Memory
  /**
   * Room for `numel` elements: zeroes, or with `zero` false anything, because the caller writes every element.
   * @throws DTypeError for a dtype that the device does not have
   */
  allocate(numel: number, dtype: DType, zero: boolean): DeviceBuffer;
  /** A storage with such room, perhaps in memory that it shares with others. Throws what `allocate` does. */
  storage(numel: number, dtype: DType, zero: boolean): Storage;
  /** Takes back a buffer that `allocate` returned and that nobody will use again, to serve a later call sooner. */
  release(buffer: DeviceBuffer): void;
  /** The user is done with the elements, whoever else may still show them: where that frees memory, using them is an error. */
  dispose(buffer: DeviceBuffer): void;
  /** A backward pass has freed its graph: a good moment to look for what nobody can reach any more. */
  graphFreed(): void;
  /** An array to be filled and given to `fromHost`, from where that needs no second copy. It may hold anything. */
  hostArray(numel: number, dtype: DType): TypedArray;
  /** A buffer of the array's elements; the array belongs to the backend afterwards. */
  fromHost(data: TypedArray, dtype: DType): DeviceBuffer;
  /**
   * The view's elements in row-major order. May alias the buffer: to be read at once and never written.
   * @param op names an operation that goes on to compute on the host, for the device's books
   */
  toHost(x: View, op?: string): TypedArray;
  /** The same where looking at them waits for nothing, else null: checks of values are not worth a wait. */
  known(x: View): TypedArray | null;

  // Elements
  fill(out: View, value: number): void;
  /** `out[i] = src[i]`, same shape, converting the dtype. */
  copy(src: View, out: View): void;
  /** Fills with draws from the device's own generator; false where it has none for these, and the caller draws on the host. */
  random(draw: RandomDraw, out: View): boolean;
  /** `out[i] += src[i]`, same shape; elements that `out` shows more than once receive every addend. */
  accumulate(out: View, src: View): void;
  /** `out[i] = f(a[i], b[i], …)`: views broadcast to the shape of `out`, numbers stand for themselves. */
  elementwise(name: ElementwiseName, inputs: readonly (View | number)[], out: View): void;
  /**
   * The same for one or two views of so few elements that a list of operands would take as long as the kernel; false where that is
   * not so, and nothing has been done.
   */
  elementwiseFew(name: ElementwiseName, x: View, y: View | null, out: View): boolean;

  /**
   * An optimizer's update in one pass: `kernel.each` for every element. The views, float32 or float64, have one shape
   * and stand in the order of the kernel's names; null stands for a tensor that this variant does without.
   */
  update(
    kernel: UpdateKernel,
    writes: readonly (View | null)[],
    reads: readonly (View | null)[],
    values: readonly (number | boolean)[],
  ): void;

  /**
   * Passes over each row of contiguous matrices `[rows, columns]`; a one-dimensional one is a row that stands for all. The
   * views stand in the order of the kernel's names; those of `rowReads` and `rowWrites` are contiguous and hold one element for
   * each row.
   */
  rows(
    kernel: RowsKernel,
    rows: number,
    columns: number,
    reads: readonly View[],
    writes: readonly View[],
    rowReads: readonly View[],
    rowWrites: readonly View[],
    values: readonly number[],
  ): void;

  // Reductions
  /** Over the dimensions `dims` (ascending); `out` has them removed and is contiguous. */
  reduce(name: ReduceName, x: View, dims: readonly number[], out: View): void;
  /** First position of the extremum along `dim`, a NaN being the extremum; `out` (int64) has `dim` removed. */
  argReduce(name: 'max' | 'min', x: View, dim: number, out: View): void;
  /**
   * The reductions of all beginnings along `dim`; sums and products are carried on in float64. `indices` (int64, given for
   * max and min) receives the last position of the extremum; a NaN stays one.
   */
  scan(name: ScanName, x: View, dim: number, out: View, indices: View | null): void;
  /** Stable order along `dim`, a NaN being the greatest; `indices` (int64) say where the elements were. */
  sort(x: View, dim: number, descending: boolean, out: View, indices: View): void;
  /** (log-)softmax along `dim`, stable: the maximum is subtracted first. */
  softmax(x: View, dim: number, log: boolean, out: View): void;

  // Indices (int64 views, already checked to be in range)
  /** `out[i][j] = x[index[i][j]][j]` for dim 0, and so on. */
  gather(x: View, dim: number, index: View, out: View): void;
  /** `out[index[i][j]][j] += src[i][j]` for dim 0, and so on. */
  scatterAdd(out: View, dim: number, index: View, src: View): void;
  /** `out[index[i][j]][j] = src[i][j]` for dim 0, and so on; the last of several that meet wins. */
  scatter(out: View, dim: number, index: View, src: View): void;

  // Linear algebra
  /**
   * `out = a · b (+ bias)` on matrices `[n, k] · [k, m]`, or on equally long batches `[b, n, k] · [b, k, m]`;
   * a batch stride may be 0. `bias` is `[m]`.
   */
  matmul(a: View, b: View, bias: View | null, out: View): void;
  /** Null where a device has no kernel for all of it, and it is composed of others. */
  readonly attention: AttentionKernels | null;
  /** Null likewise. */
  readonly nllLoss: NllLossKernels | null;

  // Convolution and pooling: x [N, C, H, W], weight [O, C / groups, kH, kW]
  conv2d(x: View, weight: View, bias: View | null, params: Conv2dParams, out: View): void;
  conv2dInputGrad(grad: View, weight: View, params: Conv2dParams, out: View): void;
  /** `outBias`, where given, receives the bias's gradient from the same pass. */
  conv2dWeightGrad(grad: View, x: View, params: Conv2dParams, out: View, outBias: View | null): void;
  /** `indices` (int32) are positions within each H × W plane. */
  maxPool2d(x: View, params: Pool2dParams, out: View, indices: View): void;
  maxPool2dBackward(grad: View, indices: View, params: Pool2dParams, out: View): void;
  avgPool2d(x: View, params: AvgPool2dParams, out: View): void;
  avgPool2dBackward(grad: View, params: AvgPool2dParams, out: View): void;
}
