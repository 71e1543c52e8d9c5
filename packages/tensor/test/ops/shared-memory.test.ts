/** Every op on small tensors that have their places in shared arrays: the same numbers, and the neighbours keep theirs. */
import { expect, it } from 'vitest';
import { cpuBackend } from '../../src/backend/cpu/cpu-backend.js';
import { DTYPES, type TypedArray } from '../../src/dtype.js';
import * as torch from '../../src/index.js';
import { type Case, callCase, isTensorSpec, loadAllCases, makeArgs, titleOf } from './fixtures.js';
import { cotangent } from './runner.js';

/** The same elements where an elementwise kernel puts them, which is in a shared array if they are few. */
function copied(x: torch.Tensor): torch.Tensor {
  const plain = x.detach();
  const y = plain.dtype === 'bool' ? torch.logical_and(plain, plain) : plain.mul(1);
  return y.requires_grad_(x.requires_grad);
}

/** `args` with every tensor in them replaced. */
function replaced(args: unknown, tensors: torch.Tensor[]): unknown {
  if (args instanceof torch.Tensor) return tensors[tensors.push(copied(args)) - 1];
  if (Array.isArray(args)) return args.map((x) => replaced(x, tensors));
  if (typeof args !== 'object' || args === null) return args;
  return Object.fromEntries(Object.entries(args).map(([key, x]) => [key, replaced(x, tensors)]));
}

const numbers = (x: unknown): unknown => {
  if (Array.isArray(x)) return x.map(numbers);
  return x instanceof torch.Tensor ? [x.dtype, x.shape, Array.from(x.detach().toArray())] : x;
};

/** All that a call gives: results, gradients, and what has become of its arguments. */
function outcome(c: Case, args: readonly unknown[], tensors: readonly torch.Tensor[]): unknown {
  const result = callCase(c, c.fn[0], args);
  const live = [result].flat().filter((y): y is torch.Tensor => y instanceof torch.Tensor && y.requires_grad);
  const wanted = tensors.filter((x) => x.requires_grad);
  const known = live.length > 0 && wanted.length > 0 && c.dy !== undefined;
  const grads = known ? torch.autograd.grad(live, wanted, live.map(cotangent), { allow_unused: true }) : [];
  return numbers([result, grads, tensors]);
}

const isDense = (c: Case): boolean =>
  ![...c.a, ...Object.values(c.k ?? {})].flat().some((x) => isTensorSpec(x) && x.e !== undefined);

const guards = (): TypedArray[] => DTYPES.map((dtype) => cpuBackend.storage(3, dtype, true).buffer as TypedArray);

const cases = loadAllCases().filter((c) => c.error === undefined && isDense(c));

it.each([...new Set(cases.map(({ fn }) => fn[0]))])('%s', (name) => {
  for (const [i, c] of cases.filter(({ fn }) => fn[0] === name).entries()) {
    const { args, tensors } = makeArgs(c);
    const before = guards();
    for (const guard of before) guard.fill(1);
    const shared: torch.Tensor[] = [];
    const sharedArgs = replaced(args, shared) as unknown[];
    const got = outcome(c, sharedArgs, shared);
    const behind = guards();
    expect(got, titleOf(c, i)).toEqual(outcome(c, args, tensors));
    expect(before.concat(behind).map((guard) => Array.from(guard).join(''))).toEqual([
      ...DTYPES.map(() => '111'),
      ...DTYPES.map(() => '000'),
    ]);
  }
});

it('are many cases, most of them with arguments in shared arrays', () => {
  const places = cases.flatMap((c) => makeArgs(c).tensors.map((x) => copied(x).storage.start > 0));
  expect(places.filter(Boolean).length).toBeGreaterThan(0.6 * places.length);
  expect(cases.length).toBeGreaterThan(1000);
});
