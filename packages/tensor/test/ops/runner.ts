/** Runs the fixture cases: values, gradients, second derivatives, layouts, in-place forms, devices, errors. */

import { describe, expect, it, type TestContext } from 'vitest';
import * as torch from '../../src/index.js';
import { COMPOSED } from './composed.js';
import {
  type Case,
  callCase,
  dtypeOf,
  element,
  isTensorSpec,
  type Layout,
  loadCases,
  type MakeOptions,
  makeArgs,
  type Spec,
  type TensorSpec,
  titleOf,
} from './fixtures.js';

interface Tolerance {
  readonly rtol: number;
  readonly atol: number;
}

const FLOAT32: Tolerance = { rtol: 1e-5, atol: 1e-6 };
const FLOAT64: Tolerance = { rtol: 1e-10, atol: 1e-12 };
const GPU: Tolerance = { rtol: 1e-4, atol: 1e-4 };

/** What depends on how the input lies in memory, such as draws, so that another layout means another result. */
const LAYOUT_MATTERS = new Set([
  'Tensor.view',
  'Tensor.view_as',
  'torch.as_strided',
  'torch.multinomial',
  'Tensor.normal_',
  'F.dropout',
  'torch.dropout',
]);

/** Cases of other names whose last node differs: what is not batched is unsqueezed and squeezed; Python's None is a dimension. */
const differs = (c: Case): boolean =>
  c.fn[0] in COMPOSED ||
  (c.fn[0].includes('_pool2d') && isTensorSpec(c.a[0]) && c.a[0].s.length === 3) ||
  c.k?.dim === null ||
  c.gf === 'torch::autograd::NotImplemented' ||
  (c.fn[0] === 'torch.div' && c.k?.rounding_mode === null) ||
  // composed in another order from the log-probabilities
  (c.fn[0] === 'F.cross_entropy' && c.gf !== 'NllLossBackward0') ||
  (c.fn[0] === 'F.nll_loss' && c.gf === 'ViewBackward0') ||
  // an empty batch goes another way in PyTorch
  (c.fn[0] === 'F.batch_norm' && c.gf === 'AddBackward0');

const KINKS = new Set(['ties', 'special']);

const tensorsOf = (y: unknown): torch.Tensor[] =>
  (Array.isArray(y) ? y : [y]).filter((t): t is torch.Tensor => t instanceof torch.Tensor);

/** The gradient that a case's k-th output gets: numbers that no symmetry can hide behind. */
export function cotangent(like: torch.Tensor, k: number): torch.Tensor {
  const values = Array.from({ length: like.numel() }, (_, i) => ((((i + 3 * k) * 7 + 3) % 11) - 5.5) / 4);
  return torch.tensor(values, { dtype: like.dtype }).reshape(like.shape).to(like.device);
}

function same(got: number, expected: number, { rtol, atol }: Tolerance): boolean {
  if (Number.isNaN(expected)) return Number.isNaN(got);
  if (!Number.isFinite(expected)) return got === expected;
  return Math.abs(got - expected) <= atol + rtol * Math.abs(expected);
}

function compareTensor(got: unknown, spec: TensorSpec, tolerance: Tolerance, what: string): void {
  expect(got, what).toBeInstanceOf(torch.Tensor);
  const t = got as torch.Tensor;
  expect({ shape: t.shape, dtype: t.dtype }, what).toEqual({ shape: spec.s, dtype: dtypeOf(spec) });
  const values = Array.from(t.cpu().toArray());
  const expected = (spec.d ?? []).map(element);
  const bad = expected.findIndex((e, i) => !same(values[i], e, tolerance));
  if (bad >= 0)
    expect.fail(
      `${what}: element ${bad} is ${values[bad]}, expected ${expected[bad]}; got [${values}], expected [${expected}]`,
    );
}

function compare(got: unknown, spec: Spec, tolerance: Tolerance, what: string): void {
  if (isTensorSpec(spec)) compareTensor(got, spec, tolerance, what);
  else if (Array.isArray(spec)) {
    expect(Array.isArray(got) && got.length, what).toBe(spec.length);
    spec.forEach((s, i) => {
      compare((got as unknown[])[i], s, tolerance, `${what}[${i}]`);
    });
  } else expect(got, what).toBe(spec);
}

/** The gradients of the tensors that require grad, for the case's cotangents; null where no output requires grad. */
function gradientsOf(y: unknown, tensors: readonly torch.Tensor[]): (torch.Tensor | null)[] | null {
  const outputs = tensorsOf(y);
  const live = outputs.filter((t) => t.requires_grad);
  const wanted = tensors.filter((t) => t.requires_grad);
  if (live.length === 0 || wanted.length === 0) return null;
  const grads = outputs.flatMap((t, k) => (t.requires_grad ? [cotangent(t, k)] : []));
  return torch.autograd.grad(live, wanted, grads, { allow_unused: true });
}

function compareGradients(
  got: (torch.Tensor | null)[] | null,
  dy: Case['dy'],
  tolerance: Tolerance,
  what: string,
): void {
  if (dy === 'unknown') return;
  if (dy === undefined) {
    expect(got, `${what}: no output requires grad in PyTorch`).toBeNull();
    return;
  }
  expect(got, `${what}: no output requires grad`).not.toBeNull();
  dy.forEach((spec, i) => {
    const g = got?.[i] ?? null;
    if (spec === null) expect(g, `${what} ${i}`).toBeNull();
    else compareTensor(g, spec, tolerance, `${what} ${i}`);
  });
}

function checkValues(c: Case): void {
  for (const name of c.fn) {
    const { args, tensors } = makeArgs(c);
    const y = callCase(c, name, args);
    compare(y, c.y, FLOAT32, name);
    if (isTensorSpec(c.y) && y instanceof torch.Tensor)
      expect(y.requires_grad && y.is_leaf, 'a leaf that requires grad').toBe(c.y.g === 1);
    compareGradients(gradientsOf(y, tensors), c.dy, FLOAT32, `${name}: gradient`);
    checkName(c, y);
  }
}

function checkName(c: Case, y: unknown): void {
  if (c.gf === undefined || differs(c)) return;
  const fn = tensorsOf(y).find((t) => t.grad_fn !== null)?.grad_fn;
  expect(fn?.name(), 'grad_fn').toBe(c.gf);
}

function checkDouble(c: Case): void {
  const { args, tensors } = makeArgs(c, { double: true });
  const y = callCase(c, c.fn[0], args);
  compare(y, c.y64 as Spec, FLOAT64, 'float64');
  compareGradients(gradientsOf(y, tensors), c.dy64, FLOAT64, 'float64: gradient');
}

/** A case as a function of its tensors alone. */
function asFunction(
  c: Case,
  args: readonly unknown[],
  tensors: readonly torch.Tensor[],
): (...ts: torch.Tensor[]) => unknown {
  return (...ts) => {
    const put = (x: unknown): unknown => {
      if (x instanceof torch.Tensor) return ts[tensors.indexOf(x)];
      if (Array.isArray(x)) return x.map(put);
      if (typeof x === 'object' && x !== null)
        return Object.fromEntries(Object.entries(x).map(([k, v]) => [k, put(v)]));
      return x;
    };
    return callCase(c, c.fn[0], args.map(put));
  };
}

function checkDerivatives(c: Case): void {
  const { args, tensors } = makeArgs(c, { double: true, dense: true });
  const fn = asFunction(c, args, tensors);
  torch.autograd.gradcheck(fn, tensors, { check_grad_dtypes: true });
  torch.manual_seed(1);
  torch.autograd.gradgradcheck(fn, tensors);
}

function checkOn(c: Case, options: MakeOptions, tolerance: Tolerance, what: string): void {
  const { args, tensors } = makeArgs(c, options);
  const state = String(torch.gpu.get_rng_state().toArray());
  const y = callCase(c, c.fn[0], args);
  if (String(torch.gpu.get_rng_state().toArray()) !== state) {
    // the gpu's own draws are other numbers, as they are in PyTorch
    const form = (x: unknown): unknown[] => tensorsOf(x).map(({ shape, dtype }) => [shape, dtype]);
    expect(form(y), what).toEqual(form(callCase(c, c.fn[0], makeArgs(c).args)));
    return;
  }
  compare(y, c.y, tolerance, what);
  compareGradients(gradientsOf(y, tensors), c.dy, tolerance, `${what}: gradient`);
}

function checkInplace(c: Case): void {
  const name = `${c.fn[0].split('.')[1]}_`;
  if (c.inplace === undefined || !(name in torch.Tensor.prototype)) return;
  const { args, tensors } = makeArgs(c);
  const x = (args[0] as torch.Tensor).clone();
  const run = (): unknown => callCase(c, `Tensor.${name}`, [x, ...args.slice(1)]);
  if (typeof c.inplace === 'string') {
    expect(run, `${name}: PyTorch says ${c.inplace}`).toThrow(torch.TorchletError);
    return;
  }
  expect(run() === x, `${name} returns self`).toBe(true);
  compare(x, c.inplace === true ? c.y : c.inplace, FLOAT32, name);
  if (c.inplace === true) compareGradients(gradientsOf(x, tensors), c.dy, FLOAT32, `${name}: gradient`);
}

function onGpu(c: Case): boolean {
  const text = JSON.stringify([c.a, c.k, c.y]);
  return !text.includes('"f64"') && !text.includes('float64');
}

function checkError(c: Case): void {
  for (const name of c.fn) {
    const { args } = makeArgs(c);
    const error = caught(() => callCase(c, name, args));
    expect(error?.constructor.name, `${name}: PyTorch says ${c.error}; ours: ${error?.message}`).toBe(c.cls);
    if (c.has !== undefined) expect(error?.message).toContain(c.has);
  }
}

function caught(fn: () => unknown): Error | null {
  try {
    fn();
  } catch (error) {
    return error as Error;
  }
  return null;
}

export const isSmooth = (c: Case): boolean => !(c.tags ?? []).some((tag) => KINKS.has(tag));

/** One test per case of a family. */
export function describeFamily(family: string): void {
  describe(family, () => {
    loadCases(family).forEach((c, i) => {
      it(titleOf(c, i), () => {
        if (c.error !== undefined) {
          checkError(c);
          return;
        }
        checkValues(c);
        if (c.y64 !== undefined) checkDouble(c);
        if (c.dy !== undefined && isSmooth(c)) checkDerivatives(c);
        if (!LAYOUT_MATTERS.has(c.fn[0])) {
          for (const layout of ['transposed', 'strided'] satisfies Layout[]) checkOn(c, { layout }, FLOAT32, layout);
        }
        checkInplace(c);
        if (onGpu(c)) checkOn(c, { device: 'gpu' }, GPU, 'gpu');
      });
    });
  });
}

/** Numbers that WGSL says nothing about. */
const beyond = (c: Case): boolean => /"-?inf"|"nan"|"-0"/.test(JSON.stringify([c.a, c.k, c.y]));

/** One test per case, on the gpu alone; `special` runs those with infinities, NaN or −0. */
export function describeOnGpu(cases: readonly Case[], special: (context: TestContext, run: () => void) => void): void {
  cases.forEach((c, i) => {
    if (c.error !== undefined || !onGpu(c)) return;
    const run = (): void => checkOn(c, { device: 'gpu' }, GPU, 'gpu');
    it(titleOf(c, i), (context) => (beyond(c) ? special(context, run) : run()));
  });
}
