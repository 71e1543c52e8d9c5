/** What the tests share: PyTorch's fixtures, the problem they train, comparisons. */
import { readdirSync, readFileSync } from 'node:fs';
import { type DType, no_grad, type Tensor, tensor } from '@torchlet/tensor';
import { expect } from 'vitest';
import type { Optimizer, OptimizerStateDict } from '../src/index.js';
import * as optim from '../src/index.js';

export const fixture = <T>(name: string): T =>
  JSON.parse(readFileSync(new URL(`./fixtures/${name}.json`, import.meta.url), 'utf8')) as T;

/** A parameter's start, and the numbers of its gradient c · (p − t) + noise[step]. */
export interface ParamData {
  readonly shape: number[];
  readonly p: number[] | number;
  readonly c: number[];
  readonly t: number[];
  readonly noise: number[][];
}

export type Precision = 'float32' | 'float64';

/** A configuration; tools/pytorch-golden/optim_problem.py says what each field means. */
export interface Configuration {
  readonly name: string;
  /** The name of its class. */
  readonly optimizer: string;
  readonly options: Record<string, unknown>;
  readonly groups: [number[], Record<string, unknown>][];
  readonly frozen?: number[];
  readonly late?: Record<string, number>;
  readonly add?: [step: number, params: number[], options: Record<string, unknown>];
  readonly set?: [step: number, options: Record<string, unknown>];
  readonly reload?: number;
  readonly schedule?: { step_size: number; gamma?: number };
  readonly schedulers?: [name: string, options: object][];
  readonly closure?: boolean;
  readonly dtypes?: Precision[];
}

/** A configuration with what PyTorch made of it. */
export interface Case extends Configuration {
  readonly float32?: Recorded;
  readonly float64?: Recorded;
}

export interface Recorded {
  readonly params: number[][][];
  readonly state: Record<string, Record<string, number | number[] | null>>;
  readonly param_groups: OptimizerStateDict['param_groups'];
  /** In the first dtype. */
  readonly repr?: string;
}

/** fixtures/trajectories/*.json: one file for each optimizer and its variants. */
export interface Trajectories {
  readonly torch: string;
  /** Where it is not that of the others. */
  readonly problem?: ParamData[];
  readonly steps: number;
  readonly recorded: number[];
  readonly cases: Case[];
}

export const FAMILIES: [name: string, Trajectories][] = readdirSync(new URL('./fixtures/trajectories', import.meta.url))
  .sort()
  .map((file) => [file.replace('.json', ''), fixture(`trajectories/${file.replace('.json', '')}`)]);

/** The configuration of this name, in whichever file. */
export function caseNamed(name: string): Case {
  const found = FAMILIES.flatMap(([, { cases }]) => cases).find((spec) => spec.name === name);
  return found ?? expect.fail(`no case ${name}`);
}

const { problem } = fixture<{ problem: ParamData[] }>('problem');
export const STEPS = 32;
const NOISES = 7;

const of = (data: readonly number[], shape: number[], dtype: DType): Tensor => tensor(data, { dtype }).reshape(shape);

/** The parameters of the problem and a function that sets one's gradient. */
export class Problem {
  readonly params: Tensor[];
  private readonly terms: { c: Tensor; t: Tensor; noise: Tensor[] }[];

  constructor(
    dtype: DType,
    /** How a parameter lies in memory. */
    place: (x: Tensor) => Tensor = (x) => x,
    data: readonly ParamData[] = problem,
  ) {
    this.params = data.map(({ p, shape }) => place(of([p].flat(), shape, dtype)).requires_grad_());
    this.terms = data.map(({ c, t, noise, shape }) => ({
      c: of(c, shape, dtype),
      t: of(t, shape, dtype),
      noise: noise.map((n) => of(n, shape, dtype)),
    }));
  }

  setGrad(i: number, step: number): void {
    const { c, t, noise } = this.terms[i];
    this.params[i].grad = no_grad(() => c.mul(this.params[i].sub(t)).add(noise[step % NOISES]));
  }

  /** The loss whose gradient it is, of this parameter alone. */
  loss(i: number, step: number): number {
    const { c, t, noise } = this.terms[i];
    const x = this.params[i].detach();
    const d = x.sub(t);
    return Number(
      c
        .div(2)
        .mul(d)
        .mul(d)
        .add(noise[step % NOISES].mul(x))
        .sum()
        .item(),
    );
  }

  setGrads(step: number): void {
    for (let i = 0; i < this.params.length; i++) this.setGrad(i, step);
  }

  values(): number[][] {
    return this.params.map((p) => Array.from(p.detach().contiguous().flatten().tolist() as number[]));
  }
}

type Constructor = new (params: unknown, options?: unknown) => Optimizer;
const classes = optim as Readonly<Record<string, unknown>>;

/** An optimizer as a caller without types may build it. */
export const construct = (name: string, params: unknown, options?: unknown): Optimizer =>
  new (classes[name] as Constructor)(params, options);

/** The optimizer of a case over these parameters. */
export function optimizerOf(spec: Configuration, params: readonly Tensor[]): Optimizer {
  const groups = spec.groups.map(([indices, own]) => ({ params: indices.map((i) => params[i]), ...own }));
  return construct(spec.optimizer, groups, spec.options);
}

/** A parameter's elements may come near 0 while its rounding errors are those of numbers near 1. */
const TOLERANCE = { float32: { rtol: 1e-5, atol: 1e-6 }, float64: { rtol: 1e-10, atol: 1e-12 } } as const;

export function expectClose(actual: unknown, expected: unknown, dtype: Precision, what: string): void {
  const a = [actual].flat(5) as number[];
  const e = [expected].flat(5) as number[];
  expect(a.length, what).toBe(e.length);
  const { rtol, atol } = TOLERANCE[dtype];
  for (let i = 0; i < e.length; i++) {
    const ok = Math.abs(a[i] - e[i]) <= atol + rtol * Math.abs(e[i]);
    if (!ok) expect.fail(`${what}, element ${i}: expected ${e[i]}, got ${a[i]}`);
  }
}
