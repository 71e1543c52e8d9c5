/** Tensors from data, constants and draws. https://pytorch.org/docs/stable/torch.html#creation-ops */
import { checkBoolean, checkInteger, checkNumber, checkOptions, isOptions } from './arguments.js';
import { checkDevice } from './backend/devices.js';
import { allocateArray, castNumber, checkDType, convertScalar, type DType, isFloating } from './dtype.js';
import { AutogradError, ValueError } from './errors.js';
import { allocate, backend, checkTensor, fromHost } from './ops/kernel.js';
import { sizesOf } from './ops/window.js';
import { checkSizes, numelOf } from './shape.js';
import { signature } from './signature.js';
import type { Device } from './storage.js';
import { Tensor } from './tensor.js';
import { build, checkData, scanDType, shapeOf, type TensorData } from './tensor-data.js';

/** Options of every factory. */
export interface TensorOptions {
  readonly dtype?: DType | null;
  readonly device?: Device | null;
  /** Whether gradients are wanted; floating-point tensors only. */
  readonly requires_grad?: boolean;
}

const OPTION_NAMES: readonly string[] = ['dtype', 'device', 'requires_grad'];

/** The end of a factory's declaration: its options, which {@link toOptions} gathers. */
export const TENSOR_KEYWORDS = 'dtype?, device?, requires_grad?';

export const toOptions = ([dtype, device, requires_grad]: readonly unknown[]): TensorOptions => ({
  dtype: dtype as DType | null | undefined,
  device: device as Device | null | undefined,
  requires_grad: (requires_grad ?? false) as boolean,
});

interface Resolved {
  readonly dtype: DType;
  readonly device: Device;
  readonly requires_grad: boolean;
}

/** Checks a factory's options and fills in the defaults. */
export function resolveOptions(
  op: string,
  options: TensorOptions | undefined,
  dtype: DType,
  device: Device = 'cpu',
  extra: readonly string[] = [],
): Resolved {
  checkOptions(op, [...OPTION_NAMES, ...extra], options);
  return {
    dtype: checkDType(op, options?.dtype ?? dtype),
    device: checkDevice(op, options?.device ?? device),
    requires_grad: checkBoolean(op, 'requires_grad', options?.requires_grad ?? false),
  };
}

/** @throws AutogradError when gradients are wanted of integers. */
export function withGrad(x: Tensor, requires_grad: boolean): Tensor {
  if (!requires_grad) return x;
  if (!isFloating(x.dtype))
    throw new AutogradError('Only Tensors of floating point and complex dtype can require gradients');
  x.leafRequiresGrad = true;
  return x;
}

/**
 * A new tensor holding a copy of the data. Numbers become float32, booleans bool, a typed array keeps its element type
 * (BigInt64Array is int64). https://pytorch.org/docs/stable/generated/torch.tensor.html
 * @throws ShapeError for ragged arrays.
 */
export const tensor: (data: TensorData, options?: TensorOptions) => Tensor = signature(
  `tensor(data, *, ${TENSOR_KEYWORDS})`,
  (data, ...rest: unknown[]) => {
    checkData(data);
    const inferred =
      data instanceof Tensor
        ? data.dtype
        : Array.isArray(data) && numelOf(shapeOf(data)) === 0
          ? 'float32'
          : (scanDType(data) ?? 'float32');
    const { dtype, device, requires_grad } = resolveOptions(
      'tensor',
      toOptions(rest),
      inferred,
      data instanceof Tensor ? data.device : 'cpu',
    );
    return withGrad(build(data, dtype, device), requires_grad);
  },
);

/** The tensor itself where it is one of that dtype and device, else {@link tensor}. https://pytorch.org/docs/stable/generated/torch.as_tensor.html */
export const as_tensor: (data: TensorData, options?: Omit<TensorOptions, 'requires_grad'>) => Tensor = signature(
  'as_tensor(data, dtype?, device?)',
  (data, ...rest: unknown[]) => {
    const { dtype, device } = toOptions(rest);
    if (!(data instanceof Tensor)) return tensor(data, { dtype, device });
    return data.to({ dtype: dtype ?? data.dtype, device: device ?? data.device });
  },
);

/** Sizes one by one or as an array, then perhaps options. */
export type SizeArguments<O = TensorOptions> =
  | [...size: number[]]
  | [...size: number[], options: O]
  | [size: readonly number[], options?: O];

/** Splits variadic sizes from trailing options. */
export function splitSizes(op: string, args: readonly unknown[]): [number[], TensorOptions | undefined] {
  const given = args.filter((a) => a !== undefined);
  const last = given[given.length - 1];
  const options = isOptions(last) ? last : undefined;
  const sizes = options === undefined ? given : given.slice(0, -1);
  const named = options !== undefined && 'size' in options && sizes.length === 0;
  const list = named ? [options.size] : sizes;
  const rest = named ? Object.fromEntries(Object.entries(options).filter(([k]) => k !== 'size')) : options;
  return [checkSizes(op, sizesOf(op, list)), rest];
}

function constant(op: string, args: readonly unknown[], value: number): Tensor {
  const [shape, options] = splitSizes(op, args);
  const { dtype, device, requires_grad } = resolveOptions(op, options, 'float32');
  const out = allocate(shape, dtype, device);
  if (value !== 0) backend(out).fill(out, value);
  return withGrad(out, requires_grad);
}

/** https://pytorch.org/docs/stable/generated/torch.zeros.html */
export const zeros = (...args: SizeArguments): Tensor => constant('zeros', args, 0);
/** https://pytorch.org/docs/stable/generated/torch.ones.html */
export const ones = (...args: SizeArguments): Tensor => constant('ones', args, 1);
/** Contents are unspecified (here: zeros). https://pytorch.org/docs/stable/generated/torch.empty.html */
export const empty = (...args: SizeArguments): Tensor => constant('empty', args, 0);

/** Every element is `fill_value`; float32 for a number, bool for a boolean. https://pytorch.org/docs/stable/generated/torch.full.html */
export const full: (size: readonly number[], fill_value: number | boolean, options?: TensorOptions) => Tensor =
  signature(`full(size, fill_value, *, ${TENSOR_KEYWORDS})`, (size, fill_value, ...rest: unknown[]) => {
    const shape = checkSizes('full', size);
    const isBool = typeof fill_value === 'boolean';
    if (!isBool) checkFill('full', fill_value);
    const { dtype, device, requires_grad } = resolveOptions('full', toOptions(rest), isBool ? 'bool' : 'float32');
    const out = allocate(shape, dtype, device);
    backend(out).fill(out, convertScalar('full', fill_value, dtype));
    return withGrad(out, requires_grad);
  });

function checkFill(op: string, value: unknown): void {
  if (typeof value !== 'number')
    throw new ValueError(`${op}(): argument 'fill_value' must be Number, not ${typeof value}`);
}

type Like = (input: Tensor, options?: TensorOptions) => Tensor;

const likeAs = (op: string, value: number): Like =>
  signature(`${op}(input, *, ${TENSOR_KEYWORDS})`, (input, ...rest: unknown[]) => like(op, input, rest, value));

function like(op: string, input: Tensor, rest: readonly unknown[], value: number): Tensor {
  checkTensor(op, 'input', input);
  const { dtype, device, requires_grad } = resolveOptions(op, toOptions(rest), input.dtype, input.device);
  const out = allocate(input.shape, dtype, device);
  if (value !== 0) backend(out).fill(out, convertScalar(op, value, dtype));
  return withGrad(out, requires_grad);
}

/** https://pytorch.org/docs/stable/generated/torch.zeros_like.html */
export const zeros_like: Like = likeAs('zeros_like', 0);
/** https://pytorch.org/docs/stable/generated/torch.ones_like.html */
export const ones_like: Like = likeAs('ones_like', 1);
/** https://pytorch.org/docs/stable/generated/torch.empty_like.html */
export const empty_like: Like = likeAs('empty_like', 0);
/** https://pytorch.org/docs/stable/generated/torch.full_like.html */
export const full_like: (input: Tensor, fill_value: number | boolean, options?: TensorOptions) => Tensor = signature(
  `full_like(input, fill_value, *, ${TENSOR_KEYWORDS})`,
  (input, fill_value, ...rest: unknown[]) => {
    if (typeof fill_value !== 'boolean') checkFill('full_like', fill_value);
    return like('full_like', input, rest, Number(fill_value));
  },
);

/** Zeros of another tensor's dtype and device. https://pytorch.org/docs/stable/generated/torch.Tensor.new_zeros.html */
export function new_zeros(input: Tensor, ...args: SizeArguments): Tensor {
  const [shape, options] = splitSizes('new_zeros', args);
  const { dtype, device, requires_grad } = resolveOptions('new_zeros', options, input.dtype, input.device);
  return withGrad(allocate(shape, dtype, device), requires_grad);
}

/** Ones of another tensor's dtype and device. https://pytorch.org/docs/stable/generated/torch.Tensor.new_ones.html */
export function new_ones(input: Tensor, ...args: SizeArguments): Tensor {
  const [shape, options] = splitSizes('new_ones', args);
  const { dtype, device, requires_grad } = resolveOptions('new_ones', options, input.dtype, input.device);
  const out = allocate(shape, dtype, device);
  backend(out).fill(out, 1);
  return withGrad(out, requires_grad);
}

/** `full` in another tensor's dtype and device. https://pytorch.org/docs/stable/generated/torch.Tensor.new_full.html */
export const new_full: (
  input: Tensor,
  size: readonly number[],
  fill_value: number | boolean,
  options?: TensorOptions,
) => Tensor = signature(
  `new_full(input, size, fill_value, *, ${TENSOR_KEYWORDS})`,
  (input, size, fill_value, ...rest: unknown[]) =>
    full(size, fill_value, optionsLike(checkTensor('new_full', 'input', input), toOptions(rest))),
);

/** Another tensor's dtype and device, where the options do not say. */
export const optionsLike = (input: Tensor, options: TensorOptions): TensorOptions => ({
  ...options,
  dtype: options.dtype ?? input.dtype,
  device: options.device ?? input.device,
});

/** `tensor` in another tensor's dtype and device. https://pytorch.org/docs/stable/generated/torch.Tensor.new_tensor.html */
export const new_tensor: (input: Tensor, data: TensorData, options?: TensorOptions) => Tensor = signature(
  `new_tensor(input, data, *, ${TENSOR_KEYWORDS})`,
  (input, data, ...rest: unknown[]) => tensor(data, optionsLike(input, toOptions(rest))),
);

export interface ArangeOptions extends TensorOptions {
  readonly start?: number;
  readonly end?: number;
  readonly step?: number;
}

/**
 * start, start + step, … below end: int64 if all three are integers, else float32.
 * https://pytorch.org/docs/stable/generated/torch.arange.html
 */
export const arange: (
  start: number | ArangeOptions,
  end?: number | ArangeOptions,
  step?: number | ArangeOptions,
  options?: ArangeOptions,
) => Tensor = signature(`arange(start?, end?, step?, *, ${TENSOR_KEYWORDS})`, (a, b, c, ...rest: unknown[]) => {
  // NaN has errors of its own below
  const numeric = (name: string, x: unknown): number => (typeof x === 'number' ? x : checkNumber('arange', name, x));
  const given = [
    numeric('start', b === undefined ? 0 : (a ?? 0)),
    numeric('end', b === undefined ? a : b),
    numeric('step', c ?? 1),
  ];
  const inferred: DType = given.every(Number.isInteger) ? 'int64' : 'float32';
  const { dtype, device, requires_grad } = resolveOptions('arange', toOptions(rest), inferred);
  const [from, to, by] = dtype === 'int64' ? given.map(Math.trunc) : given;
  if (!(by > 0 || by < 0)) throw new ValueError('arange(): step must be nonzero');
  if (!Number.isFinite(from) || !Number.isFinite(to))
    throw new ValueError(`arange(): unsupported range: ${from} -> ${to}`);
  if (by > 0 ? to < from : to > from)
    throw new ValueError('arange(): upper bound and larger bound inconsistent with step sign');
  const out = allocateArray(dtype, Math.ceil((to - from) / by));
  for (let i = 0; i < out.length; i++) out[i] = castNumber(from + i * by, dtype);
  return withGrad(fromHost(out, [out.length], dtype, device), requires_grad);
});

export interface EyeOptions extends TensorOptions {
  /** Rows. */
  readonly n?: number;
  /** Columns; as many as rows unless given. */
  readonly m?: number | null;
}

/** Ones on the diagonal. https://pytorch.org/docs/stable/generated/torch.eye.html */
export const eye: (n: number | EyeOptions, m?: number | EyeOptions, options?: EyeOptions) => Tensor = signature(
  `eye(n, m?, *, ${TENSOR_KEYWORDS})`,
  (height, columns, ...rest: unknown[]) => {
    const rows = checkInteger('eye', 'n', height);
    const width = columns === undefined || columns === null ? rows : checkInteger('eye', 'm', columns);
    if (rows < 0) throw new ValueError(`eye(): n must be greater or equal to 0, got ${rows}`);
    if (width < 0) throw new ValueError(`eye(): m must be greater or equal to 0, got ${width}`);
    const { dtype, device, requires_grad } = resolveOptions('eye', toOptions(rest), 'float32');
    const out = allocateArray(dtype, rows * width);
    for (let i = 0; i < Math.min(rows, width); i++) out[i * width + i] = 1;
    return withGrad(fromHost(out, [rows, width], dtype, device), requires_grad);
  },
);
