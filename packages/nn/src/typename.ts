import { Tensor } from '@torchlet/tensor';
import { cName } from '@torchlet/tensor/internal';

/** What a value is called in error messages, as `torch.typename` does. */
export function typename(value: unknown): string {
  if (value === null || value === undefined) return String(value);
  if (value instanceof Tensor) return value.constructor === Tensor ? `torch.${cName(value.dtype)}Tensor` : 'Parameter';
  if (typeof value !== 'object' && typeof value !== 'function') return typeof value;
  return (value as { constructor?: { name?: string } }).constructor?.name ?? typeof value;
}
