/**
 * Every error that torchlet throws on purpose extends {@link TorchletError}; its class says which rule was broken.
 * The texts are PyTorch's where PyTorch has one, so that searching for them finds PyTorch's answers.
 */
export class TorchletError extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = new.target.name;
  }
}

/** Sizes, strides or dimensions that do not fit the operation. */
export class ShapeError extends TorchletError {}

/** An element type that the operation does not take. */
export class DTypeError extends TorchletError {}

/** Tensors on different devices, or a device that is not there. */
export class DeviceError extends TorchletError {}

/** The device's memory does not suffice. https://pytorch.org/docs/stable/generated/torch.cuda.OutOfMemoryError.html */
export class OutOfMemoryError extends DeviceError {}

/** An argument outside of its domain, of the wrong kind, or unknown. */
export class ValueError extends TorchletError {}

/** A rule of automatic differentiation: a freed graph, a saved tensor that was changed, a leaf changed in place. */
export class AutogradError extends TorchletError {}

/** A checkpoint that cannot be written or read. */
export class SerializationError extends TorchletError {}

/** A dataset that is missing, truncated or malformed. */
export class DataError extends TorchletError {}
