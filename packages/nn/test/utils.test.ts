import * as nn from '@torchlet/nn';
import { ones, ShapeError, type Tensor, tensor, ValueError, zeros } from '@torchlet/tensor';
import { describe, expect, it } from 'vitest';
import { expectClose, fixture, type Packed, unpack } from './helpers.js';

interface UtilsFixture {
  clip_error: string;
  clip: { max_norm: number; norm_type: number | 'inf'; grads: Packed[]; total: number; clipped: Packed[] }[];
}

const expected = fixture<UtilsFixture>('utils');

function parameterWith(grad: Tensor): nn.Parameter {
  const p = new nn.Parameter(zeros(grad.shape));
  p.grad = grad;
  return p;
}

describe('clip_grad_norm_', () => {
  it.each(expected.clip)('max_norm $max_norm, norm_type $norm_type, against PyTorch', (c) => {
    const params = [...c.grads.map((g) => parameterWith(unpack(g))), new nn.Parameter(zeros(2))];
    const norm_type = c.norm_type === 'inf' ? Number.POSITIVE_INFINITY : c.norm_type;
    const total = nn.utils.clip_grad_norm_(params, c.max_norm, { norm_type });
    expect(Math.abs(Number(total.item()) - c.total)).toBeLessThanOrEqual(1e-5 * c.total);
    c.clipped.forEach((g, i) => {
      expectClose(params[i].grad as Tensor, unpack(g));
    });
  });

  it('takes one tensor, and none that has a gradient', () => {
    const p = parameterWith(tensor([3, -4]));
    expect(nn.utils.clip_grad_norm_(p, 1).item()).toBe(5);
    expectClose(p.grad as Tensor, tensor([0.6, -0.8]));
    expect(nn.utils.clip_grad_norm_([new nn.Parameter(ones(2))], 1).item()).toBe(0);
    expect(nn.utils.clip_grad_norm_(p, 1, Number.NEGATIVE_INFINITY).item()).toBeCloseTo(0.6, 6);
  });

  it('reports a norm that is not finite only when asked to, in the words of PyTorch', () => {
    const p = parameterWith(tensor([Number.NaN]));
    expect(() => nn.utils.clip_grad_norm_([p], 1, { error_if_nonfinite: true })).toThrow(
      new ValueError(expected.clip_error),
    );
    expect(nn.utils.clip_grad_norm_([p], 1).item()).toBeNaN();
    expect(() => nn.utils.clip_grad_norm_([3 as never], 1)).toThrow(
      new ValueError('clip_grad_norm_(): parameters must be Tensors, got number'),
    );
  });
});

describe('get_total_norm', () => {
  it.each(expected.clip)('norm_type $norm_type, as clip_grad_norm_ in PyTorch', (c) => {
    const norm_type = c.norm_type === 'inf' ? Number.POSITIVE_INFINITY : c.norm_type;
    const grads = c.grads.map(unpack);
    const before = grads.map((g) => g.tolist());
    const total = nn.utils.get_total_norm(grads, norm_type);
    expect(total.shape).toEqual([]);
    expect(Math.abs(Number(total.item()) - c.total)).toBeLessThanOrEqual(1e-5 * c.total);
    expect(grads.map((g) => g.tolist())).toEqual(before);
  });

  it('takes one tensor or none, and reports what it cannot measure', () => {
    expect(nn.utils.get_total_norm(tensor([3, -4])).item()).toBe(5);
    expect(nn.utils.get_total_norm([]).item()).toBe(0);
    const bad = [tensor([Number.NaN])];
    expect(nn.utils.get_total_norm(bad).item()).toBeNaN();
    expect(() => nn.utils.get_total_norm(bad, { error_if_nonfinite: true })).toThrow(
      new ValueError(expected.clip_error),
    );
    expect(() => nn.utils.get_total_norm([3 as never])).toThrow(
      new ValueError('get_total_norm(): tensors must be Tensors, got number'),
    );
  });
});

describe('clip_grad_value_', () => {
  it('clamps in place', () => {
    const p = parameterWith(tensor([3, -0.25, -4]));
    const { grad } = p;
    nn.utils.clip_grad_value_([p], 0.5);
    expect(p.grad).toBe(grad);
    expect(grad?.tolist()).toEqual([0.5, -0.25, -0.5]);
  });
});

describe('parameters as a vector', () => {
  it('there and back', () => {
    const net = new nn.Sequential(new nn.Linear(2, 3), new nn.Linear(3, 1));
    const vector = nn.utils.parameters_to_vector(net.parameters());
    expect(vector.shape).toEqual([13]);
    const before = [...net.parameters()].map((p) => p.tolist());
    nn.utils.vector_to_parameters(vector.mul(2), net.parameters());
    const after = [...net.parameters()];
    expect(nn.utils.parameters_to_vector(after).tolist()).toEqual(vector.mul(2).tolist());
    expect(after.map((p) => p.shape)).toEqual([[3, 2], [3], [1, 3], [1]]);
    expect(before).not.toEqual(after.map((p) => p.tolist()));
    expect(after.every((p) => p.is_leaf && p.requires_grad)).toBe(true);
  });

  it('is refused when it is too short or no vector', () => {
    const fc = new nn.Linear(2, 2);
    const before = fc.weight.tolist();
    expect(() => nn.utils.vector_to_parameters(ones(5), fc.parameters())).toThrow(
      new ShapeError('vector_to_parameters(): expected a vector of at least 6 elements, got shape [5]'),
    );
    expect(() => nn.utils.vector_to_parameters([1] as never, fc.parameters())).toThrow(
      new ValueError('expected torch.Tensor, but got: Array'),
    );
    expect(fc.weight.tolist()).toEqual(before);
  });
});
