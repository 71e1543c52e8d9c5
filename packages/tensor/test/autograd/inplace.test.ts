/** Programs of views and in-place operations against PyTorch: values, graph, first and second derivatives, errors. */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import * as torch from '../../src/index.js';
import { cotangent } from '../ops/runner.js';

type Step = readonly [result: string, method: string, self: string, ...args: unknown[]];
type Flat = readonly number[] | null;

interface Program {
  readonly name: string;
  readonly steps: readonly Step[];
  readonly out: readonly string[];
  readonly values?: Readonly<Record<string, readonly [shape: readonly number[], elements: readonly number[]]>>;
  readonly fns?: Readonly<Record<string, string | null>>;
  readonly first?: readonly Flat[];
  readonly second?: readonly Flat[];
  readonly error?: string;
  readonly at?: number | 'backward' | 'double backward';
}

interface Fixture {
  readonly leaves: Readonly<Record<string, number[] | number[][]>>;
  readonly programs: readonly Program[];
}

const { leaves, programs } = JSON.parse(
  readFileSync(new URL('../fixtures/ops/inplace.json', import.meta.url), 'utf8'),
) as Fixture;

type Env = Record<string, torch.Tensor>;
type Method = (...args: unknown[]) => torch.Tensor;

const makeLeaves = (): torch.Tensor[] =>
  Object.values(leaves).map((data) => torch.tensor(data, { dtype: 'float64', requires_grad: true }));

function execute(steps: readonly Step[], given: readonly torch.Tensor[]): Env {
  const env: Env = Object.fromEntries(Object.keys(leaves).map((name, i) => [name, given[i]]));
  for (const [result, method, self, ...args] of steps) {
    const values = args.map((a) => (typeof a === 'string' && a.startsWith('$') ? env[a.slice(1)] : a));
    env[result] = (env[self] as unknown as Record<string, Method>)[method](...values);
  }
  return env;
}

const weighted = (t: torch.Tensor, k: number): torch.Tensor => t.mul(cotangent(t, k)).sum();
const total = (terms: readonly torch.Tensor[]): torch.Tensor => terms.reduce((sum, t) => sum.add(t));

function expectFlat(got: torch.Tensor | null, expected: Flat, what: string): void {
  if (expected === null) {
    expect(got === null || Array.from(got.toArray()).every((x) => x === 0), `${what}: nothing`).toBe(true);
    return;
  }
  if (got === null) {
    expect(
      expected.every((x) => x === 0),
      `${what}: nothing, expected [${expected}]`,
    ).toBe(true);
    return;
  }
  const values = Array.from(got.toArray());
  expect(values.length, what).toBe(expected.length);
  values.forEach((x, i) => {
    expect(Math.abs(x - expected[i]), `${what}[${i}] is ${x}, expected ${expected[i]}`).toBeLessThan(
      1e-8 + 1e-8 * Math.abs(Number(expected[i])),
    );
  });
}

/** Where PyTorch refuses because it keeps no copy of the old elements, we may go on, if the derivatives are right. */
function checkRefused({ steps, out, error }: Program): void {
  let env: Env;
  try {
    env = execute(steps, makeLeaves());
    torch.autograd.grad(total(out.map((k, i) => weighted(env[k], i))), [env.x, env.y, env.z], null, {
      allow_unused: true,
    });
  } catch (e) {
    expect(e).toBeInstanceOf(torch.TorchletError);
    expectMessage((e as Error).message, error as string);
    return;
  }
  const fn = (...given: torch.Tensor[]): torch.Tensor[] => {
    const result = execute(steps, given);
    return out.map((k) => result[k].clone());
  };
  expect(torch.autograd.gradcheck(fn, makeLeaves())).toBe(true);
}

/** The tensor, its versions, or the rule that was broken; which of several spoilt tensors is named first may differ. */
function expectMessage(got: string, expected: string): void {
  const core =
    /(\[torch\.\w+ \[[^\]]*\]\]), which is output 0 of [\w:]+, (is at version \d+; expected version \d+ instead)/.exec(
      expected,
    ) ??
    /(unsupported operation[^.]*\.)/.exec(expected) ??
    /(a (?:view of a )?leaf Variable[^.]*\.)/.exec(expected);
  expect(core, `no core in ${expected}`).not.toBeNull();
  for (const part of core?.slice(1) ?? []) expect(got).toContain(part);
}

function checkProgram({ steps, out, values, fns, first, second }: Program): void {
  const given = makeLeaves();
  const env = execute(steps, given);
  for (const [k, [shape, elements]] of Object.entries(values ?? {})) {
    expect(env[k].shape, k).toEqual(shape);
    expectFlat(env[k], elements, k);
    expect(env[k].grad_fn?.name() ?? null, `grad_fn of ${k}`).toBe(fns?.[k]);
  }
  const loss = total(out.map((k, i) => weighted(env[k], i)));
  const grads = torch.autograd.grad(loss, given, null, { create_graph: true, allow_unused: true });
  first?.forEach((g, i) => {
    expectFlat(grads[i], g, `gradient ${i}`);
  });
  const live = grads.flatMap((g, i) => (g?.requires_grad ? [weighted(g, i + 5)] : []));
  if (second === undefined) return;
  const again = torch.autograd.grad(total(live), given, null, { allow_unused: true });
  second.forEach((g, i) => {
    expectFlat(again[i], g, `second gradient ${i}`);
  });
}

describe('programs of views and in-place operations', () => {
  it.each(programs.map((p) => [p.name, p] as const))('%s', (_, program) => {
    if (program.error !== undefined) checkRefused(program);
    else checkProgram(program);
  });
});
