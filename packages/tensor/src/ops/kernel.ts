/** What forwards are made of: results allocated, operands checked and promoted, one call into the backend. */
import { kindOf } from '../arguments.js';
import type { Backend, ReduceName } from '../backend/backend.js';
import { backendOf } from '../backend/devices.js';
import type { ElementwiseName } from '../backend/elementwise.js';
import { castNumber, cName, type DType, resultType, type TypedArray, toFloating } from '../dtype.js';
import { DeviceError, DTypeError, ValueError } from '../errors.js';
import { broadcastShapes, contiguousStrides, numelOf, reducedShape, type Shape, sameShape } from '../shape.js';
import { type Device, Storage } from '../storage.js';
import { Tensor } from '../tensor.js';

/** A tensor or a JavaScript number (or boolean) in its place. */
export type Operand = Tensor | number | boolean;

function allocateTensor(shape: Shape, dtype: DType, device: Device, zero: boolean): Tensor {
  const numel = numelOf(shape);
  const storage = backendOf(device).storage(numel, dtype, zero);
  return new Tensor(storage, shape, contiguousStrides(shape), 0);
}

/** A tensor of fresh, zeroed memory. */
export const allocate = (shape: Shape, dtype: DType, device: Device): Tensor =>
  allocateTensor(shape, dtype, device, true);

/** A tensor for a kernel that writes every element: what is in it before is arbitrary. */
export const allocateOutput = (shape: Shape, dtype: DType, device: Device): Tensor =>
  allocateTensor(shape, dtype, device, false);

/** An output of another tensor's shape and device; shares the very arrays of a contiguous tensor's geometry. */
export function allocateLike(x: Tensor, dtype: DType = x.dtype): Tensor {
  const numel = numelOf(x.shape);
  const device = x.storage.device;
  const storage = backendOf(device).storage(numel, dtype, false);
  return new Tensor(storage, x.shape, x.is_contiguous() ? x.strides : contiguousStrides(x.shape), 0);
}

/** @throws ValueError when an argument that must be a tensor is none. */
export function checkTensor(op: string, argument: string, x: unknown): Tensor {
  if (x instanceof Tensor) {
    if (x.is_sparse) throw new ValueError(`${op}(): argument '${argument}' must not be sparse; use to_dense()`);
    return x;
  }
  throw new ValueError(`${op}(): argument '${argument}' must be Tensor, not ${kindOf(x)}`);
}

/** @throws ValueError when an operand is neither a tensor nor a number or boolean, such as one that was forgotten. */
function checkOperand(op: string, argument: string, x: unknown): void {
  if (typeof x === 'number' || typeof x === 'boolean' || x instanceof Tensor) return;
  throw new ValueError(`${op}(): argument '${argument}' must be Tensor or a number, not ${kindOf(x)}`);
}

/** The dtype in which two operands meet. @throws ValueError when one is no operand; `second` is its argument's name. */
export function operandType(op: string, x: Operand, y: Operand, second = 'other'): DType {
  checkOperand(op, 'input', x);
  checkOperand(op, second, y);
  return resultType(x, y);
}

/** @throws DeviceError in PyTorch's words when tensors are on two devices. */
export function checkSameDevice(op: string, ...tensors: (Tensor | null)[]): Device {
  const first = tensors.find((t) => t !== null) as Tensor;
  for (const t of tensors) {
    if (t !== null && t.device !== first.device) {
      throw new DeviceError(
        `${op}(): Expected all tensors to be on the same device, but found at least two devices, ${first.device} and ${t.device}!`,
      );
    }
  }
  return first.device;
}

/** @throws DTypeError when operands that are never promoted differ. */
export function checkSameDType(op: string, first: Tensor, ...others: (Tensor | null)[]): DType {
  for (const t of others) {
    if (t !== null && t.dtype !== first.dtype) {
      throw new DTypeError(`${op}(): expected scalar type ${cName(first.dtype)} but found ${cName(t.dtype)}`);
    }
  }
  return first.dtype;
}

/** The elements, in row-major order, where looking at them waits for nothing; a gpu tensor's may be on the device alone. */
export const knownElements = (x: Tensor): TypedArray | null => backend(x).known(x);

/** The backend of a tensor. */
export const backend = (t: Tensor): Backend => backendOf(t.device);

/** The elements in another dtype, outside of any graph. */
export function cast(x: Tensor, dtype: DType): Tensor {
  if (x.dtype === dtype) return x;
  const out = allocateOutput(x.shape, dtype, x.device);
  backend(x).copy(x, out);
  return out;
}

/** The operand as the kernel takes it: of the common dtype, a number rounded as an element would be. */
function prepare(x: Operand, dtype: DType, device: Device): Tensor | number {
  if (typeof x !== 'object') return typeof x === 'number' && dtype === 'float64' ? x : castNumber(Number(x), dtype);
  if (x.dtype === dtype && x.device === device) return x;
  // a number that happens to be a cpu tensor goes with every device
  if (x.device !== device) return castNumber(Number(x.item()), dtype);
  return cast(x, dtype);
}

function prepared(operands: readonly Operand[], dtype: DType, device: Device): (Tensor | number)[] {
  const inputs = new Array<Tensor | number>(operands.length);
  for (let i = 0; i < inputs.length; i++) inputs[i] = prepare(operands[i], dtype, device);
  return inputs;
}

/** The device of an elementwise operation: 0-dim cpu tensors count as numbers. */
function commonDevice(op: string, operands: readonly Operand[]): Device {
  let device: Device | null = null;
  for (const x of operands) if (typeof x === 'object' && (device === null || x.shape.length > 0)) device ??= x.device;
  const tensors = operands.filter((x): x is Tensor => typeof x === 'object');
  for (const t of tensors) if (t.shape.length > 0 && t.device !== device) device = t.device;
  const strict = tensors.filter((t) => !(t.shape.length === 0 && t.device === 'cpu' && device !== 'cpu'));
  if (strict.length === 0) throw new ValueError(`${op}(): expected at least one Tensor, got only numbers`);
  return checkSameDevice(op, ...strict);
}

const usable = (out: Tensor | null, shape: Shape, dtype: DType): out is Tensor =>
  out !== null && out.dtype === dtype && sameShape(out.shape, shape);

/** `f(x)` in x's own dtype. `out`: where the caller would like the result. */
export function unary(name: ElementwiseName, x: Tensor, out: Tensor | null = null): Tensor {
  const result = usable(out, x.shape, x.dtype) ? out : allocateLike(x);
  const device = backend(x);
  if (!device.elementwiseFew(name, x, null, result)) device.elementwise(name, [x], result);
  return result;
}

/** `f(x)` for functions that leave the integers: those become float32 first. */
export function floatUnary(name: ElementwiseName, x: Tensor, out: Tensor | null = null): Tensor {
  return unary(name, cast(x, toFloating(x.dtype)), out);
}

/** The everyday case, which needs neither promotion nor broadcasting. */
const alike = (x: Tensor, y: Tensor): boolean =>
  x.dtype === y.dtype && x.storage.device === y.storage.device && sameShape(x.shape, y.shape);

/** `f(x, y)` with broadcasting and promotion; `dtype` overrides the result's. */
export function binary(
  op: string,
  name: ElementwiseName,
  x: Operand,
  y: Operand,
  out: Tensor | null = null,
  dtype?: DType,
): Tensor {
  if (out === null && x instanceof Tensor && y instanceof Tensor && alike(x, y)) {
    const result = allocateLike(x, dtype);
    const device = backend(x);
    if (!device.elementwiseFew(name, x, y, result)) device.elementwise(name, [x, y], result);
    return result;
  }
  const common = operandType(op, x, y);
  return elementwise(op, name, [x, y], common, out, dtype ?? common);
}

/** `f(x, y, …)` computed in `common`, stored as `dtype`. */
export function elementwise(
  op: string,
  name: ElementwiseName,
  operands: readonly Operand[],
  common: DType,
  out: Tensor | null = null,
  dtype: DType = common,
): Tensor {
  let device: Device | null = null;
  let shape: Shape | null = null;
  let mixed = false;
  let ready = true;
  for (const x of operands) {
    if (typeof x !== 'object') {
      ready = false;
      continue;
    }
    device ??= x.storage.device;
    if (x.storage.device !== device) mixed = true;
    if (x.dtype !== common) ready = false;
    shape = shape === null ? x.shape : broadcastShapes(op, shape, x.shape);
  }
  if (mixed || device === null) device = commonDevice(op, operands);
  const inputs = ready && !mixed ? (operands as readonly Tensor[]) : prepared(operands, common, device);
  const size = shape as Shape;
  const result = usable(out, size, dtype) ? out : allocateOutput(size, dtype, device);
  backendOf(device).elementwise(name, inputs, result);
  return result;
}

/** A reduction over `dims` (ascending), which the result keeps as size 1 or loses. */
export function reduction(
  name: ReduceName,
  x: Tensor,
  dims: readonly number[],
  keepdim: boolean,
  dtype: DType = x.dtype,
): Tensor {
  const out = allocateOutput(reducedShape(x.shape, dims, keepdim), dtype, x.device);
  backend(x).reduce(name, x, dims, out);
  return out;
}

/** A tensor over host data of the given shape. The array becomes the tensor's. */
export function fromHost(data: Parameters<Backend['fromHost']>[0], shape: Shape, dtype: DType, device: Device): Tensor {
  const storage = new Storage(device, dtype, data.length, backendOf(device).fromHost(data, dtype));
  return new Tensor(storage, shape, contiguousStrides(shape), 0);
}
