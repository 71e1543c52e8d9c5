/** autograd.functional against PyTorch: values, forms, and what strict mode refuses. */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import * as torch from '../../src/index.js';

const { functional } = torch.autograd;
type Tensor = torch.Tensor;
type Packed = { readonly shape: readonly number[]; readonly values: readonly number[] } | readonly Packed[];

interface Case {
  readonly fn: 'jacobian' | 'hessian' | 'vjp' | 'jvp' | 'vhp' | 'hvp';
  readonly function: string;
  readonly inputs: 'x' | 'xy';
  readonly v: string | null;
  readonly strict: boolean;
  readonly create_graph: boolean;
  readonly result?: Packed;
  readonly error?: string;
}

const fixture = JSON.parse(readFileSync(new URL('../fixtures/autograd.json', import.meta.url), 'utf8')) as {
  leaves: { x: number[][]; y: number[] };
  v: { x: number[][]; y: number[] };
  functional: Case[];
};

const double = (data: torch.autograd.functional.Tensors | number[] | number[][], requires_grad = false): Tensor =>
  torch.tensor(data as number[], { dtype: 'float64', requires_grad });

const x = double(fixture.leaves.x, true);
const y = double(fixture.leaves.y, true);
const vectors: Record<string, Tensor | Tensor[]> = {
  x: double(fixture.v.x),
  y: double(fixture.v.y),
  xy: [double(fixture.v.x), double(fixture.v.y)],
  my: [
    double([
      [0, 0.25],
      [0.5, 0.75],
    ]),
    double(fixture.v.y),
  ],
};

const functions: Record<string, torch.autograd.functional.Differentiable> = {
  tanh: (a) => a.mul(a).tanh(),
  outer: (a, b) => a.mul(b).exp(),
  two: (a, b) => [a.mm(a.t()), b.mul(b)],
  partly: (a, b) => [a.mul(2), b.exp()],
  scalar: (a) => a.mul(a).mul(a).sum(),
  scalar2: (a, b) => a.mul(b).pow(2).sum().add(b.mul(b).mul(b).sum()),
  linear: (a) => a.sum(),
  apart: (_a, b) => b.mul(b).mul(b).sum(),
  constant: () => torch.ones(2, { dtype: 'float64' }),
};

function call({ fn, function: name, inputs, v, strict, create_graph }: Case): unknown {
  const given = inputs === 'x' ? x : [x, y];
  if (fn === 'jacobian') return functional.jacobian(functions[name], given, { strict, create_graph });
  if (fn === 'hessian') return functional.hessian(functions[name], given, { strict, create_graph });
  return functional[fn](functions[name], given, v === null ? null : vectors[v], { strict, create_graph });
}

function expectPacked(got: unknown, expected: Packed): void {
  if (Array.isArray(expected)) {
    expect(Array.isArray(got)).toBe(true);
    expect((got as unknown[]).length).toBe(expected.length);
    expected.forEach((e, i) => {
      expectPacked((got as unknown[])[i], e);
    });
    return;
  }
  const { shape, values } = expected as { shape: number[]; values: number[] };
  expect(got).toBeInstanceOf(torch.Tensor);
  expect((got as Tensor).shape).toEqual(shape);
  expect(Array.from((got as Tensor).toArray()).map((a, i) => Math.abs(a - values[i]) < 1e-9)).toEqual(
    values.map(() => true),
  );
}

/** Sizes are printed as lists here. */
const plain = (message: string): string => message.replace(/torch\.Size\((\[[^\]]*\])\)/g, '$1');

describe('autograd.functional', () => {
  it.each(
    fixture.functional.map(
      (c) =>
        [
          `${c.fn} ${c.function} ${c.v ?? ''} ${c.strict ? 'strict' : ''} ${c.create_graph ? 'create' : ''}`,
          c,
        ] as const,
    ),
  )('%s', (_, c) => {
    if (c.error !== undefined) {
      expect(() => call(c)).toThrow(torch.TorchletError);
      expect(() => call(c)).toThrow(plain(c.error));
      return;
    }
    const result = call(c);
    expectPacked(result, c.result as Packed);
  });

  it('create_graph lets the result be differentiated, otherwise it is outside of the graph', () => {
    const cube = (a: Tensor): Tensor => a.pow(3).sum();
    const h = functional.hessian(cube, x, { create_graph: true });
    const [third] = torch.autograd.grad(h.sum(), x);
    expect(third?.tolist()).toEqual(torch.full([2, 3], 6, { dtype: 'float64' }).tolist());
    expect(functional.hessian(cube, x).requires_grad).toBe(false);
    const [out, product] = functional.vjp((a) => a.exp(), x, torch.ones_like(x), true);
    expect([(out as Tensor).requires_grad, (product as Tensor).requires_grad]).toEqual([true, true]);
  });

  it('works inside no_grad and leaves .grad alone', () => {
    const j = torch.no_grad(() => functional.jacobian((a) => a.mul(a), y));
    expect(j.select(0, 1).tolist()).toEqual([0, -1.4, 0]);
    expect(y.grad).toBeNull();
  });

  it('has an empty Jacobian for no outputs', () => {
    expect(functional.jacobian((a) => a.narrow(0, 0, 0), y).shape).toEqual([0, 3]);
  });

  it('refuses vectorize, forward mode and what is no tensor', () => {
    const f = (a: Tensor): Tensor => a.sum();
    expect(() => functional.jacobian(f, x, { vectorize: true as false })).toThrow(
      'jacobian(): vectorize=True is not supported',
    );
    expect(() => functional.jacobian(f, x, { strategy: 'forward-mode' as 'reverse-mode' })).toThrow(
      "jacobian(): strategy='forward-mode' is not supported",
    );
    expect(() => functional.hessian(f, x, { outer_jacobian_strategy: 'up' as 'reverse-mode' })).toThrow(
      'Expected outer_jacobian_strategy to be either "forward-mode" or "reverse-mode", got up',
    );
    expect(() => functional.jacobian(f, 3 as unknown as Tensor)).toThrow(
      'The inputs given to jacobian must be either a Tensor or an array of Tensors but the given inputs has type number.',
    );
    expect(() => functional.vjp(() => [3 as unknown as Tensor], x)).toThrow(
      'but the value at index 0 has type number.',
    );
    expect(() => functional.vjp(f, x, { w: 1 } as object)).toThrow("vjp() got an unexpected keyword argument 'w'");
  });
});
