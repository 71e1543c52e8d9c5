/** `beta · input + alpha · product`. https://pytorch.org/docs/stable/generated/torch.addmm.html */

import { checkNumber } from '../arguments.js';
import { composed } from '../autograd/op.js';
import { cName, isFloating } from '../dtype.js';
import { DTypeError, ShapeError } from '../errors.js';
import { signature } from '../signature.js';
import type { Tensor } from '../tensor.js';
import { checkTensor } from './kernel.js';
import { bmm, mm, mv } from './matmul.js';

/** A second spelling of the last arguments. */
export interface ScaleOptions {
  readonly beta?: number;
  readonly alpha?: number;
}

/** What the two factors are called. */
type Names = readonly [string, string];

/** `input` broadcasts to the product. `beta` 0 ignores the input, NaN and all. */
export type AddProduct = (input: Tensor, first: Tensor, second: Tensor, options?: ScaleOptions) => Tensor;

const declarationOf = (op: string, names: Names): string => `${op}(input, ${names.join(', ')}, *, beta?, alpha?)`;

const addProduct = (op: string, names: Names, product: (a: Tensor, b: Tensor) => Tensor): AddProduct => {
  return signature<AddProduct>(declarationOf(op, names), (input, a, b, beta = 1, alpha: unknown = 1) => {
    checkTensor(op, 'input', input);
    const x = checkTensor(op, names[0], a);
    const y = checkTensor(op, names[1], b);
    if (input.dtype !== x.dtype) {
      throw new DTypeError(
        `${op}(): self and ${names[1]} must have the same dtype, but got ${cName(input.dtype)} and ${cName(x.dtype)}`,
      );
    }
    const scale = [checkNumber(op, 'beta', beta), checkNumber(op, 'alpha', alpha)];
    scale.forEach((s, i) => {
      if (!isFloating(input.dtype) && !Number.isInteger(s)) {
        throw new DTypeError(
          `${op}(): For integral input tensors, argument ${i === 0 ? 'beta' : 'alpha'} must not be a floating point number, got ${s}.`,
        );
      }
    });
    const result = product(x, y);
    const scaled = scale[1] === 1 ? result : result.mul(scale[1]);
    const wide = input.expand(result.shape);
    // with beta 0, NaN in the input does not count, but its gradient is there: 0
    const kept = scale[0] === 0 ? wide.masked_fill(wide.new_ones([], { dtype: 'bool' }), 0) : wide;
    const whole = (scale[0] === 1 || scale[0] === 0 ? kept : kept.mul(scale[0])).add(scaled);
    return composed(`${op[0].toUpperCase()}${op.slice(1)}Backward0`, whole);
  });
};

const inplace = (name: string, names: Names, op: AddProduct): AddProduct =>
  signature<AddProduct>(declarationOf(name, names), (input, a, b, beta = 1, alpha: unknown = 1) =>
    input.copy_(op(input, a, b, { beta, alpha } as ScaleOptions)),
  );

/** `beta · input + alpha · (mat1 · mat2)`. https://pytorch.org/docs/stable/generated/torch.addmm.html */
export const addmm: AddProduct = addProduct('addmm', ['mat1', 'mat2'], mm);
export const addmm_: AddProduct = inplace('addmm_', ['mat1', 'mat2'], addmm);

/** `beta · input + alpha · (mat · vec)`. https://pytorch.org/docs/stable/generated/torch.addmv.html */
export const addmv: AddProduct = addProduct('addmv', ['mat', 'vec'], (a, b) => {
  if (a.ndim !== 2 || b.ndim !== 1)
    throw new ShapeError(`addmv(): vector + matrix @ vector expected, got ${b.ndim}, ${a.ndim}, ${b.ndim}`);
  if (a.shape[1] !== b.shape[0]) {
    throw new ShapeError(`addmv(): size mismatch, got ${a.shape[0]}, ${a.shape.join('x')},${b.shape[0]}`);
  }
  return mv(a, b);
});
export const addmv_: AddProduct = inplace('addmv_', ['mat', 'vec'], addmv);

/** `beta · input + alpha · (vec1 ⊗ vec2)`. https://pytorch.org/docs/stable/generated/torch.addr.html */
export const addr: AddProduct = addProduct('addr', ['vec1', 'vec2'], (a, b) => {
  if (a.ndim !== 1 || b.ndim !== 1)
    throw new ShapeError(`addr: Expected 1-D argument vec1 and vec2, but got ${a.ndim}-D and ${b.ndim}-D`);
  return a.unsqueeze(1).mul(b);
});
export const addr_: AddProduct = inplace('addr_', ['vec1', 'vec2'], addr);

/** `beta · input + alpha · (batch1 · batch2)`, a batch. https://pytorch.org/docs/stable/generated/torch.baddbmm.html */
export const baddbmm: AddProduct = addProduct('baddbmm', ['batch1', 'batch2'], bmm);
export const baddbmm_: AddProduct = inplace('baddbmm_', ['batch1', 'batch2'], baddbmm);

/** `beta · input + alpha · Σ (batch1 · batch2)`, one matrix. https://pytorch.org/docs/stable/generated/torch.addbmm.html */
export const addbmm: AddProduct = addProduct('addbmm', ['batch1', 'batch2'], (a, b) => bmm(a, b).sum(0));
export const addbmm_: AddProduct = inplace('addbmm_', ['batch1', 'batch2'], addbmm);
