/** Copies, casts, devices. https://pytorch.org/docs/stable/generated/torch.Tensor.to.html */
import { bindArguments, checkBoolean, isOptions } from '../arguments.js';
import { defineOp, type Op, type UnaryOp } from '../autograd/op.js';
import { backendOf, checkDevice } from '../backend/devices.js';
import { castNumber, convertScalar, type DType, isDType } from '../dtype.js';
import { ShapeError, ValueError } from '../errors.js';
import { broadcastShapes, sameShape, showShape } from '../shape.js';
import { type Named, signature } from '../signature.js';
import { type Device, Storage } from '../storage.js';
import { Tensor } from '../tensor.js';
import { allocate, allocateOutput, backend, checkTensor, fromHost, type Operand } from './kernel.js';

/** A copy in row-major memory of its own. https://pytorch.org/docs/stable/generated/torch.clone.html */
export const clone: UnaryOp = defineOp('clone', {
  parameters: 'input',
  forward(_ctx, x) {
    const out = allocateOutput(checkTensor('clone', 'input', x).shape, x.dtype, x.device);
    backend(x).copy(x, out);
    return out;
  },
  backward: (_ctx, g) => [g],
  formula: ['dx = g'],
});

/** The tensor itself if it is row-major, else a copy that is. https://pytorch.org/docs/stable/generated/torch.Tensor.contiguous.html */
export const contiguous: (input: Tensor) => Tensor = signature('contiguous(input)', (input) =>
  input.is_contiguous() ? input : clone(input),
);

const toCopy: Op<[input: Tensor, dtype: DType, device: Device], Tensor> = defineOp<
  [Tensor, DType, Device],
  Tensor,
  [DType, Device]
>('to_copy', {
  forward(ctx, x, dtype, device) {
    ctx.state = [x.dtype, x.device];
    if (device === x.device) {
      const out = allocateOutput(x.shape, dtype, device);
      backend(x).copy(x, out);
      return out;
    }
    const host = x.toArray().slice();
    // converted where both dtypes surely exist
    const here = new Tensor(
      new Storage('cpu', x.dtype, host.length, host),
      x.shape,
      allocate(x.shape, 'bool', 'cpu').strides,
      0,
    );
    const converted = allocate(x.shape, dtype, 'cpu');
    backendOf('cpu').copy(here, converted);
    return fromHost(converted.toArray(), x.shape, dtype, device);
  },
  backward: (ctx, g) => [g.to({ dtype: ctx.state[0], device: ctx.state[1] })],
  formula: ['dx = g in the old dtype, on the old device'],
});

export interface ToOptions {
  readonly dtype?: DType;
  readonly device?: Device;
  /** Accepted for PyTorch's sake: transfers wait for nothing that could be skipped. */
  readonly non_blocking?: boolean;
  /** A new tensor even if nothing changes. */
  readonly copy?: boolean;
}

/**
 * Another dtype, another device, or those of another tensor: `x.to('float64')`, `x.to('gpu')`, `x.to(other)`,
 * `x.to({ dtype, device })`. The tensor itself if nothing changes.
 * https://pytorch.org/docs/stable/generated/torch.Tensor.to.html
 */
export function to(
  input: Tensor,
  target: DType | Device | Tensor | ToOptions,
  dtype?: DType | ToOptions,
  options?: ToOptions,
): Tensor {
  checkTensor('to', 'input', input);
  const rest = isOptions(dtype) ? dtype : options;
  let goal: ToOptions = isOptions(target) ? (target as ToOptions) : {};
  if (target instanceof Tensor) goal = { dtype: target.dtype, device: target.device };
  else if (isDType(target)) goal = { dtype: target };
  else if (typeof target === 'string') goal = { device: checkDevice('to', target) };
  else if (!isOptions(target))
    throw new ValueError(`to(): expected a dtype, a device or a Tensor, got ${String(target)}`);
  if (isDType(dtype)) goal = { ...goal, dtype };
  const [newDType, device, , copy] = bindArguments(
    'to',
    ['dtype', 'device', 'non_blocking', 'copy'],
    [{ ...goal, ...rest }],
  );
  if (newDType !== undefined && !isDType(newDType)) throw new ValueError(`to(): unknown dtype ${String(newDType)}`);
  const to = device === undefined ? input.device : checkDevice('to', device);
  const type = newDType === undefined ? input.dtype : newDType;
  const force = checkBoolean('to', 'copy', copy ?? false);
  if (type === input.dtype && to === input.device) return force ? clone(input) : input;
  return toCopy(input, type, to);
}

export const type_as: (input: Tensor, other: Named<'other', Tensor>) => Tensor = signature(
  'type_as(input, other)',
  (input, other) => to(input, checkTensor('type_as', 'other', other).dtype),
);
type Conversion = (input: Tensor) => Tensor;

export const float: Conversion = signature('float(input)', (input) => to(input, 'float32'));
export const double: Conversion = signature('double(input)', (input) => to(input, 'float64'));
export const long: Conversion = signature('long(input)', (input) => to(input, 'int64'));
export const int: Conversion = signature('int(input)', (input) => to(input, 'int32'));
export const byte: Conversion = signature('byte(input)', (input) => to(input, 'uint8'));
export const bool: Conversion = signature('bool(input)', (input) => to(input, 'bool'));
export const cpu: Conversion = signature('cpu(input)', (input) => to(input, 'cpu'));
/** On the gpu device. https://pytorch.org/docs/stable/generated/torch.Tensor.cuda.html is PyTorch's counterpart. */
export const gpu: Conversion = signature('gpu(input)', (input) => to(input, 'gpu'));

const copyOp = defineOp<[Tensor, Tensor], Tensor>('copy', {
  forward(ctx, self, src) {
    const shape = broadcastShapes('copy_', self.shape, src.shape);
    if (!sameShape(shape, self.shape)) {
      throw new ShapeError(
        `copy_(): The size of tensor a ${showShape(self.shape)} must match the size of tensor b ${showShape(src.shape)}: the ` +
          'destination is never broadcast',
      );
    }
    const out = ctx.out ?? allocate(self.shape, self.dtype, self.device);
    const here = src.device === self.device ? src : toCopy(src, src.dtype, self.device);
    backend(self).copy(here.expand(self.shape), out);
    return out;
  },
  backward: (ctx, g) => [ctx.needs_input_grad[0] ? g.new_zeros(g.shape) : null, g],
  formula: ['dself = 0', 'dsrc = g'],
  grad_name: 'torch::autograd::CopyBackwards',
});

/**
 * Takes over `src`'s elements, broadcast and converted. https://pytorch.org/docs/stable/generated/torch.Tensor.copy_.html
 */
export const copy_: (
  input: Tensor,
  src: Tensor,
  non_blocking?: boolean | { readonly non_blocking?: boolean },
) => Tensor = signature('copy_(input, src, non_blocking?)', (input, src) =>
  copyOp.inplace(checkTensor('copy_', 'input', input), checkTensor('copy_', 'src', src)),
);

const fillOp = defineOp<[Tensor, Operand, string], Tensor, string>('fill', {
  forward(ctx, self, value, gradName) {
    ctx.state = gradName;
    if (value instanceof Tensor && value.ndim !== 0) {
      throw new ShapeError(
        `fill_(): fill_ only supports 0-dimension value tensor but got tensor with ${value.ndim} dimensions.`,
      );
    }
    const out = ctx.out ?? allocate(self.shape, self.dtype, self.device);
    const scalar =
      value instanceof Tensor
        ? castNumber(Number(value.item()), self.dtype)
        : convertScalar('fill_', value, self.dtype);
    backend(self).fill(out, scalar);
    return out;
  },
  backward: (ctx, g) => [ctx.needs_input_grad[0] ? g.new_zeros(g.shape) : null, g],
  formula: ['dself = 0', 'dvalue = Σ g'],
  idempotent: true,
  grad_name: (ctx) => ctx.state,
});

/** Every element becomes `value`. https://pytorch.org/docs/stable/generated/torch.Tensor.fill_.html */
export const fill_: (input: Tensor, value: Named<'value', Operand>) => Tensor = signature(
  'fill_(input, value)',
  (input, value) => {
    const gradName = value instanceof Tensor ? 'FillBackward3' : 'FillBackward2';
    return fillOp.inplace(checkTensor('fill_', 'input', input), value, gradName);
  },
);

/** Every element becomes 0. https://pytorch.org/docs/stable/generated/torch.Tensor.zero_.html */
export const zero_: (input: Tensor) => Tensor = signature('zero_(input)', (input) =>
  fillOp.inplace(checkTensor('zero_', 'input', input), 0, 'ZeroBackward0'),
);

/** The same memory outside of the graph; in-place changes are seen by both. https://pytorch.org/docs/stable/generated/torch.Tensor.detach.html */
export const detach: (input: Tensor) => Tensor = signature('detach(input)', (input) => {
  checkTensor('detach', 'input', input);
  const out = new Tensor(input.storage, input.shape, input.strides, input.offset);
  out.versionCounter = input.versionCounter;
  return out;
});

/** Makes this tensor a leaf. https://pytorch.org/docs/stable/generated/torch.Tensor.detach_.html */
export const detach_: (input: Tensor) => Tensor = signature('detach_(input)', (input) => {
  checkTensor('detach_', 'input', input);
  if (input.rare.base !== null) {
    throw new ValueError(
      "detach_(): Can't detach views in-place. Use detach() instead. If you are using DistributedDataParallel (DDP) for training, and gradient_as_bucket_view is set as True, gradients are views of DDP buckets, and hence detach_() cannot be called on these gradients.",
    );
  }
  input.gradFn = null;
  input.leafRequiresGrad = false;
  return input;
});
