import { checkFunction } from '../arguments.js';
import type { Tensor } from '../tensor.js';

/** How files know and make `nn.Parameter`s, a class that lives in a package above this one. */
export interface ParameterType {
  isParameter(tensor: Tensor): boolean;
  makeParameter(data: Tensor, requires_grad: boolean): Tensor;
}

let parameterType: ParameterType | null = null;

/** Called once by the package that defines `Parameter`. */
export function registerParameterType(type: ParameterType): void {
  checkFunction('registerParameterType', 'isParameter', type?.isParameter);
  checkFunction('registerParameterType', 'makeParameter', type?.makeParameter);
  parameterType = type;
}

export const isParameter = (tensor: Tensor): boolean => parameterType?.isParameter(tensor) ?? false;

/** A `Parameter`; where no package has defined that class, the tensor itself, as a leaf. */
export function makeParameter(data: Tensor, requires_grad: boolean): Tensor {
  if (parameterType !== null) return parameterType.makeParameter(data, requires_grad);
  data.requires_grad = requires_grad;
  return data;
}
