import { afterEach, describe, expect, it, vi } from 'vitest';
import * as torch from '../../src/index.js';

const { gradcheck, gradgradcheck, GradcheckError } = torch.autograd;
const double = (data: number[] | number[][]): torch.Tensor =>
  torch.tensor(data, { dtype: 'float64', requires_grad: true });

/** An operation with a wrong derivative: y = x · x, dy = g · x (without the 2). */
const wrong = (x: torch.Tensor): torch.Tensor => x.mul(x.detach());

describe('gradcheck', () => {
  afterEach(() => {
    vi.restoreAllMocks();
  });

  it('agrees for right derivatives, several inputs and outputs, and numbers among the arguments', () => {
    const [x, y] = [
      double([
        [0.3, -0.7],
        [1.1, 0.2],
      ]),
      double([0.5, -1.5]),
    ];
    expect(gradcheck((a: torch.Tensor, b: torch.Tensor, c: number) => [a.mul(b), a.exp().mul(c)], [x, y, 3])).toBe(
      true,
    );
    expect(gradgradcheck((a: torch.Tensor, b: torch.Tensor) => [a.mul(b), a.exp()], [x, y])).toBe(true);
    expect(gradcheck(torch.tanh, x)).toBe(true);
    expect(x.tolist()).toEqual([
      [0.3, -0.7],
      [1.1, 0.2],
    ]);
    expect(x._version).toBe(0);
    expect(x.grad).toBeNull();
  });

  it('names function, argument, index, what came and what was expected', () => {
    const x = double([[0.5, 2]]);
    expect(() => gradcheck(wrong, x)).toThrow(GradcheckError);
    expect(() => gradcheck(wrong, x)).toThrow(torch.AutogradError);
    expect(() => gradcheck(wrong, [x])).toThrow(
      /^Jacobian mismatch for output 0 with respect to input 0, wrong\(\): d output\[0, 0\] \/ d input\[0, 0\]: backward gives 0\.5, expected (1\.0000000\d+|0\.9999999\d+) \(central differences\)$/,
    );
    expect(gradcheck(wrong, x, { raise_exception: false })).toBe(false);
    expect(() => gradgradcheck((a: torch.Tensor) => a.mul(a).mul(a.detach()), x)).toThrow(/backward of function\(\)/);
    expect(gradgradcheck((a: torch.Tensor) => a.mul(a).mul(a.detach()), x, null, { raise_exception: false })).toBe(
      false,
    );
  });

  it('errors of the function itself are no failures of the check', () => {
    const run = (): boolean =>
      gradcheck((x: torch.Tensor) => x.matmul(x), double([[1, 2]]), { raise_exception: false });
    expect(run).toThrow(torch.ShapeError);
  });

  it('notices an output that should require grad', () => {
    expect(() => gradcheck((x: torch.Tensor) => x.detach().mul(2), double([1, 2]))).toThrow(
      'Numerical gradient for function expected to be zero: function(), output 0 does not require grad',
    );
    expect(gradcheck((x: torch.Tensor) => x.detach().mul(0), double([1, 2]))).toBe(true);
    // integers have no derivative
    expect(gradcheck((x: torch.Tensor) => [x.mul(2), x.argmax()], double([1, 2]))).toBe(true);
  });

  it('notices a backward that ignores the gradient, or differs from time to time', () => {
    let factor = 1;
    const moody = (x: torch.Tensor): torch.Tensor => {
      const y = x.mul(1);
      y.grad_fn?.register_prehook((grads) => {
        factor += 1e-4;
        return [(grads[0] as torch.Tensor).mul(factor)];
      });
      return y;
    };
    expect(() => gradcheck(moody, double([1]), { rtol: 1, atol: 1 })).toThrow(
      'Backward is not reentrant, i.e., running backward of moody() with same input and grad_output multiple times',
    );
    factor = 1;
    expect(gradcheck(moody, double([1]), { rtol: 1, atol: 1, nondet_tol: 1 })).toBe(true);
    const stubborn = (x: torch.Tensor): torch.Tensor => {
      const y = x.mul(1);
      y.grad_fn?.register_prehook((grads) => [torch.ones_like(grads[0] as torch.Tensor)]);
      return y;
    };
    expect(() => gradcheck(stubborn, double([1]))).toThrow(
      'backward not multiplied by grad_output: stubborn(), input 0',
    );
  });

  it('checks its arguments', () => {
    const x = double([1]);
    expect(() => gradcheck(torch.exp, torch.tensor([1]))).toThrow(torch.ValueError);
    expect(() => gradcheck(torch.exp, torch.tensor([1]))).toThrow(
      'gradcheck expects at least one input tensor to require gradient, but none of the them have requires_grad=True.',
    );
    expect(() => gradcheck(torch.exp, x.detach().expand(3).requires_grad_())).toThrow(
      'The 0th input has a dimension with stride 0. gradcheck only supports inputs that are non-overlapping',
    );
    expect(() => gradcheck(torch.exp, x, { fast_mode: true } as never)).toThrow(
      "gradcheck() got an unexpected keyword argument 'fast_mode'",
    );
    expect(() => gradgradcheck(torch.exp, x, null, { nothing: 1 } as never)).toThrow(
      "gradgradcheck() got an unexpected keyword argument 'nothing'",
    );
    expect(() => gradcheck(torch.exp, x, { eps: 0 })).toThrow("gradcheck(): argument 'eps' must be positive, got 0");
    expect(() => gradcheck(torch.exp, x, { atol: '1' as never })).toThrow(torch.ValueError);
    expect(() => gradcheck(torch.exp, x, { raise_exception: 1 as never })).toThrow(torch.ValueError);
  });

  it('warns of single precision, as PyTorch does', () => {
    const warn = vi.spyOn(console, 'warn').mockImplementation(() => {});
    gradcheck((x: torch.Tensor) => x.mul(2), torch.tensor([1], { requires_grad: true }), { eps: 1e-2, atol: 1e-2 });
    expect(warn).toHaveBeenCalledExactlyOnceWith(
      'gradcheck: Input #0 requires gradient and is not a double precision floating point or complex. This check will ' +
        'likely fail if all the inputs are not of double precision floating point or complex. ',
    );
  });

  it('check_grad_dtypes, gen_non_contig_grad_outputs, given grad_outputs', () => {
    const x = double([
      [1, 2],
      [3, 4],
    ]);
    expect(gradcheck(torch.exp, x, { check_grad_dtypes: true })).toBe(true);
    expect(gradgradcheck(torch.tanh, x, null, { gen_non_contig_grad_outputs: true })).toBe(true);
    const g = torch.ones(2, 2, { dtype: 'float64', requires_grad: true });
    expect(gradgradcheck(torch.tanh, x, g)).toBe(true);
    expect(gradgradcheck(torch.tanh, [x], [g])).toBe(true);
  });

  it('works on inputs of any layout, in place of their elements', () => {
    const x = double([
      [1, 2, 3],
      [4, 5, 6],
    ])
      .detach()
      .t()
      .requires_grad_();
    expect(x.is_contiguous()).toBe(false);
    expect(gradcheck(torch.tanh, x)).toBe(true);
    expect(gradcheck((a: torch.Tensor) => a.clone().narrow(0, 0, 1).mul_(2), x)).toBe(true);
  });
});
