import { describe, expectTypeOf, it } from 'vitest';
import * as torch from '../src/index.js';

const F: typeof torch.functional = torch.functional;
const x: torch.Tensor = torch.ones(2, 2);

describe('arguments by name', () => {
  it('may be the second tensor', () => {
    expectTypeOf(x.mul({ other: x })).toEqualTypeOf<torch.Tensor>();
    expectTypeOf(torch.add(x, { other: x, alpha: 2 })).toEqualTypeOf<torch.Tensor>();
    expectTypeOf(x.div_({ other: 2, rounding_mode: 'floor' })).toEqualTypeOf<torch.Tensor>();
    expectTypeOf(x.eq({ other: 1 })).toEqualTypeOf<torch.Tensor>();
    expectTypeOf(x.matmul({ other: x })).toEqualTypeOf<torch.Tensor>();
    expectTypeOf(F.linear(x, { weight: x, bias: null })).toEqualTypeOf<torch.Tensor>();
    expectTypeOf(F.cross_entropy(x, { target: x, label_smoothing: 0.1 })).toEqualTypeOf<torch.Tensor>();
    expectTypeOf(F.huber_loss(x, { target: x, delta: 2 })).toEqualTypeOf<torch.Tensor>();
    expectTypeOf(F.conv2d(x, { weight: x, padding: 'same' })).toEqualTypeOf<torch.Tensor>();
  });

  it('may be all that must be there', () => {
    expectTypeOf(x.masked_fill({ mask: x, value: 0 })).toEqualTypeOf<torch.Tensor>();
    expectTypeOf(x.lerp({ end: x, weight: 0.5 })).toEqualTypeOf<torch.Tensor>();
    expectTypeOf(x.addcmul({ tensor1: x, tensor2: x, value: 2 })).toEqualTypeOf<torch.Tensor>();
    expectTypeOf(x.transpose({ dim0: 0, dim1: 1 })).toEqualTypeOf<torch.Tensor>();
  });

  it('are those that there are', () => {
    // a type test is checked, never run
    const wrong = (): void => {
      // @ts-expect-error the name is other
      x.mul({ othr: x });
      // @ts-expect-error alpha is a number
      torch.add(x, { other: x, alpha: 'x' });
      // @ts-expect-error a target is a tensor
      F.cross_entropy(x, { target: 1 });
      // @ts-expect-error the value is missing
      x.masked_fill({ mask: x });
      // @ts-expect-error a product has two operands
      x.mul(x, x);
    };
    expectTypeOf(wrong).toBeFunction();
  });
});
