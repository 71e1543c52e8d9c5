/** The problems of tools/pytorch-golden/optim_lbfgs.py, and what PyTorch's LBFGS made of them. */
import { cat, type Tensor, tensor } from '@torchlet/tensor';
import type { LBFGS, LBFGSOptions } from '../src/index.js';
import { fixture } from './helpers.js';

export interface LBFGSCase {
  readonly name: string;
  readonly problem: keyof Problems;
  readonly options: Partial<LBFGSOptions>;
  readonly reload?: number;
  readonly set?: [step: number, options: Partial<LBFGSOptions>];
  /** Of every step: what it returned, and how often the closure had been called by then. */
  readonly losses: number[];
  readonly calls: number[];
  /** Steps, and the parameters after them. */
  readonly recorded: number[];
  readonly params: (number | number[])[][];
  readonly state: Record<string, unknown>;
  readonly param_group: Record<string, unknown>;
  readonly repr: string;
}

interface Problem {
  readonly params: { readonly shape: number[]; readonly p: number[] }[];
}

interface Bowl extends Problem {
  readonly c: number[][];
  readonly t: number[][];
}

interface Problems {
  readonly rosenbrock: Problem;
  readonly quadratic: Bowl;
  readonly flat: Bowl;
  readonly steep: Bowl;
  readonly mlp: Problem & { readonly x: number[]; readonly y: number[] };
}

export const golden: {
  readonly problems: Problems;
  readonly cases: LBFGSCase[];
  readonly checkpoints: { readonly case: string; readonly step: number; readonly file: string }[];
} = fixture('lbfgs');

const double = (values: readonly number[], ...shape: number[]): Tensor =>
  tensor(values, { dtype: 'float64' }).reshape(shape);

export const parametersOf = (name: keyof Problems): Tensor[] =>
  golden.problems[name].params.map(({ shape, p }) => double(p, ...shape).requires_grad_());

/** Σ c (p − t)², of the first parameters. */
function bowl(name: 'quadratic' | 'flat' | 'steep'): (params: readonly Tensor[]) => Tensor {
  const { c, t } = golden.problems[name];
  return (params) =>
    cat(c.map((factors, i) => double(factors, -1).mul(params[i].reshape(-1).sub(double(t[i], -1)).pow(2)))).sum();
}

/** The losses, of parameters as {@link parametersOf} makes them. */
export const LOSSES: Readonly<Record<keyof Problems, (params: readonly Tensor[]) => Tensor>> = {
  rosenbrock: ([x, y]) =>
    x
      .neg()
      .add(1)
      .pow(2)
      .add(y.sub(x.pow(2)).pow(2).mul(100)),
  quadratic: bowl('quadratic'),
  flat: bowl('flat'),
  steep: bowl('steep'),
  mlp([w1, b1, w2, b2]) {
    const { x, y } = golden.problems.mlp;
    const hidden = double(x, -1, 2).matmul(w1.t()).add(b1).tanh();
    return hidden
      .matmul(w2.t())
      .add(b2)
      .sub(double(y, -1, 1))
      .pow(2)
      .mean();
  },
};

export const leaf = (...values: number[]): Tensor => tensor(values, { dtype: 'float64', requires_grad: true });

/** A closure that counts its calls. */
export function closureOf(optimizer: LBFGS, loss: () => Tensor): (() => Tensor) & { calls: number } {
  const closure = (): Tensor => {
    closure.calls++;
    optimizer.zero_grad();
    const value = loss();
    value.backward();
    return value;
  };
  closure.calls = 0;
  return closure;
}
