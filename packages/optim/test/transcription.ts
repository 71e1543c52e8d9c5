/**
 * For optimizers that the installed PyTorch does not have: the published algorithm written down a second time, in plain
 * numbers and loops, and run beside ours.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { load, no_grad, save, type Tensor, tensor } from '@torchlet/tensor';
import { afterAll, expect } from 'vitest';
import type { Optimizer } from '../src/index.js';
import { expectClose } from './helpers.js';

/** A parameter in plain numbers, row-major, with its gradient and what the algorithm remembers of it. */
export interface Plain {
  readonly shape: readonly number[];
  readonly p: number[];
  g: number[];
  state: Record<string, number | number[]>;
}

export interface TranscriptionCase<O> {
  readonly name: string;
  readonly options: Partial<O>;
  /** Indices of parameters with options of their own; all in one group without. */
  readonly groups?: [number[], Partial<O>][];
  /** The first step at which parameter 0 has a gradient. */
  readonly late?: number;
  /** A group that joins before a step. */
  readonly add?: [step: number, params: number[], options: Partial<O>];
  /** Options changed in all groups before a step. */
  readonly set?: [step: number, options: Partial<O>];
  /** The step before which a new optimizer takes the state over, from a file. */
  readonly reload?: number;
}

const STEPS = 32;

const folder = mkdtempSync(join(tmpdir(), 'torchlet-transcription-'));
const file = join(folder, 'optimizer.pt');
afterAll(() => rmSync(folder, { recursive: true }));

/** Numbers in (−1.5, 1.5) from a linear congruential generator: the same ones always. */
function numbersFrom(seed: number): () => number {
  let x = seed;
  return () => {
    x = (x * 1103515245 + 12345) % 2147483648;
    return Math.round((x / 2147483648 - 0.5) * 3000) / 1000;
  };
}

/** The optimizer and the algorithm on the same problem: the gradient of p is c (p − t) + noise. */
export function runBeside<O extends object>(
  spec: TranscriptionCase<O>,
  shapes: readonly (readonly number[])[],
  dtype: 'float32' | 'float64',
  make: (groups: never[], options: Partial<O>) => Optimizer,
  algorithm: (param: Plain, options: O, dtype: 'float32' | 'float64') => void,
  place: (x: Tensor) => Tensor = (x) => x,
): void {
  const next = numbersFrom(17);
  const data = shapes.map((shape) => {
    const draw = (): number[] => Array.from({ length: shape.reduce((n, size) => n * size, 1) }, next);
    const [p, t, c] = [draw(), draw(), draw().map((x) => Math.abs(x) + 0.5)];
    return { p, t, c, noise: [draw(), draw(), draw(), draw(), draw()] };
  });
  const of = (values: number[], i: number): Tensor => tensor(values, { dtype }).reshape([...shapes[i]]);
  const params = data.map(({ p }, i) => place(of(p, i)).requires_grad_());
  const plain: Plain[] = data.map(({ p }, i) => ({ shape: shapes[i], p: [...p], g: [], state: {} }));

  const groups = (spec.groups ?? [[params.map((_, i) => i), {}]]).map(([indices, own]) => ({ indices, own }));
  const build = (): Optimizer =>
    make(
      groups.map(({ indices, own }) => ({ params: indices.map((i) => params[i]), ...own })) as never[],
      spec.options,
    );
  let optimizer = build();
  const plainGroups = groups.map(({ indices, own }) => ({
    indices,
    options: { ...optimizer.defaults, ...own } as unknown as O,
  }));

  for (let step = 1; step <= STEPS; step++) {
    if (step === spec.add?.[0]) {
      const [, indices, own] = spec.add;
      optimizer.add_param_group({ params: indices.map((i) => params[i]), ...own });
      plainGroups.push({ indices, options: { ...optimizer.defaults, ...own } as unknown as O });
    }
    if (step === spec.set?.[0]) {
      for (const group of optimizer.param_groups) Object.assign(group, spec.set[1]);
      for (const { options } of plainGroups) Object.assign(options, spec.set[1]);
    }
    if (step === spec.reload) {
      save(optimizer.state_dict(), file);
      optimizer = build();
      optimizer.load_state_dict(load(file));
    }
    const withGrad = params.map((_, i) => i > 0 || step >= (spec.late ?? 0));
    params.forEach((param, i) => {
      const { c, t, noise } = data[i];
      const now = noise[step % noise.length];
      param.grad = withGrad[i]
        ? no_grad(() =>
            of(c, i)
              .mul(param.sub(of(t, i)))
              .add(of(now, i)),
          )
        : null;
      plain[i].g = plain[i].p.map((x, j) => c[j] * (x - t[j]) + now[j]);
    });
    optimizer.step();
    for (const { indices, options } of plainGroups) {
      for (const i of indices) if (withGrad[i]) algorithm(plain[i], options, dtype);
    }
    params.forEach((param, i) => {
      expectClose(param.tolist(), plain[i].p, dtype, `parameter ${i} after step ${step}`);
    });
  }
  expectState(optimizer, params, plain, dtype);
}

function expectState(
  optimizer: Optimizer,
  params: readonly Tensor[],
  plain: readonly Plain[],
  dtype: 'float32' | 'float64',
): void {
  params.forEach((param, i) => {
    const entry = (optimizer.state.get(param) ?? {}) as Record<string, Tensor>;
    expect(Object.keys(entry)).toEqual(Object.keys(plain[i].state));
    for (const [key, expected] of Object.entries(plain[i].state)) {
      expectClose(entry[key].tolist(), expected, dtype, `${key} of parameter ${i}`);
    }
  });
}
