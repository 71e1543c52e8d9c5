/** Moving and casting what a module holds. */
import { type Device, type DType, DTypeError, no_grad, Tensor, ValueError } from '@torchlet/tensor';
import { bindArguments, isDType, isFloating, isOptions } from '@torchlet/tensor/internal';
import type { Parameter } from './parameter.js';

export interface ConvertOptions {
  /** For floating-point tensors; others keep theirs. */
  readonly dtype?: DType | null;
  readonly device?: Device | null;
  /** Accepted for PyTorch's sake: transfers wait for nothing that could be skipped. */
  readonly non_blocking?: boolean;
}

/** Reads the arguments of `Module.to`. @throws ValueError, DTypeError in PyTorch's words. */
export function readConversion(target: unknown, dtype: unknown, options: unknown): ConvertOptions {
  const given = [target, dtype, options].filter((a) => a !== undefined);
  const last = given[given.length - 1];
  const positional = isOptions(last) ? given.slice(0, -1) : given;
  let goal: Record<string, unknown> = {};
  for (const value of positional) {
    if (value instanceof Tensor) goal = { ...goal, dtype: value.dtype, device: value.device };
    else if (isDType(value)) goal = { ...goal, dtype: value };
    else if (typeof value === 'string') goal = { ...goal, device: value };
    else throw new ValueError(`to(): expected a dtype, a device or a Tensor, got ${String(value)}`);
  }
  const names = ['dtype', 'device', 'non_blocking'];
  const named = isOptions(last) ? last : {};
  const [type, device] = bindArguments('to', names, [{ ...goal, ...named }]) as [DType?, Device?];
  if (type !== undefined && type !== null) checkFloating(type);
  return { dtype: type, device };
}

function checkFloating(dtype: unknown): void {
  if (!isDType(dtype)) throw new ValueError(`to(): unknown dtype ${String(dtype)}`);
  if (isFloating(dtype)) return;
  throw new DTypeError(
    `nn.Module.to only accepts floating point or complex dtypes, but got desired dtype=torch.${dtype}`,
  );
}

/** Gives a parameter and its gradient other elements; both stay the same objects. */
export function convertParameter(param: Parameter, fn: (t: Tensor) => Tensor): void {
  no_grad(() => {
    const { grad } = param;
    const converted = fn(param);
    // taken away first: a gradient must fit its tensor at any time
    param.grad = null;
    if (converted !== param) param.data = converted;
    if (grad === null) return;
    const convertedGrad = fn(grad);
    if (convertedGrad !== grad) grad.data = convertedGrad;
    param.grad = grad;
  });
}
