/** Every exported operation has its samples: value, gradients, ties, zero-size, broadcast, formulas. */
import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import * as factories from '../../src/factories-list.js';
import * as torch from '../../src/index.js';
import * as functions from '../../src/ops/functions.js';
import * as methods from '../../src/ops/methods.js';
import * as functional from '../../src/ops/nn-functional.js';
import { type Case, callCase, isTensorSpec, loadAllCases, makeArgs, type Spec, type TensorSpec } from './fixtures.js';
import { isSmooth } from './runner.js';

const cases = loadAllCases();
const valid = cases.filter((c) => c.error === undefined);

/** Names without a fixture case of their own, and what proves them instead. */
const EXEMPT: Readonly<Record<string, string>> = {
  'Tensor.backward': 'autograd/semantics.test.ts',
  'Tensor.retain_grad': 'autograd/semantics.test.ts',
  'Tensor.register_hook': 'a part of autograd, with tests of its own',
  'Tensor.register_post_accumulate_grad_hook': 'a part of autograd, with tests of its own',
  'Tensor.requires_grad_': 'autograd/leaves.test.ts',
  'Tensor.detach': 'autograd/leaves.test.ts',
  'Tensor.detach_': 'autograd/leaves.test.ts',
  'torch.detach': 'autograd/leaves.test.ts',
  'torch.detach_': 'autograd/leaves.test.ts',
  'Tensor.index': 'ops/index.test.ts',
  'torch.broadcast_shapes': 'ops/index.test.ts',
  'Tensor.to': 'ops/promotion.test.ts',
  'Tensor.cpu': 'every case on the gpu',
  'Tensor.gpu': 'every case on the gpu',
  'torch.empty': 'unspecified contents',
  'torch.empty_like': 'unspecified contents',
  'torch.tensor': 'every case',
  'torch.as_tensor': 'ops/names.test.ts',
};
const RANDOM =
  /^torch\.(rand|randn|randint|randperm)(_like)?$|^torch\.(manual_seed|seed|initial_seed|[gs]et_rng_state)$/;

const listed = (space: string, list: object): string[] => Object.keys(list).map((name) => `${space}.${name}`);
const names = [
  ...listed('Tensor', methods),
  ...listed('torch', functions),
  ...listed('F', functional),
  ...listed('torch', factories),
].filter((name) => !RANDOM.test(name));

/** The cases that speak of a name; those of x.op() also of x.op_(), which the runner calls with the same inputs. */
function casesOf(name: string): Case[] {
  const plain = name.endsWith('_') ? name.slice(0, -1).replace('torch.', 'Tensor.') : null;
  return valid.filter(
    (c) => c.fn.includes(name) || (plain !== null && c.inplace !== undefined && c.fn.includes(plain)),
  );
}

const tensorsIn = (x: Spec | undefined): TensorSpec[] =>
  isTensorSpec(x) ? [x] : Array.isArray(x) ? (x as readonly Spec[]).flatMap(tensorsIn) : [];
const inputsOf = (c: Case): TensorSpec[] => [...c.a, ...Object.values(c.k ?? {})].flatMap(tensorsIn);
const isEmpty = (s: TensorSpec): boolean => (s.e ?? s.s).includes(0);

/** Operations that broadcast their operands. */
const BROADCASTS = [
  ...'add sub mul div pow maximum minimum eq ne lt le gt ge clamp masked_fill'.split(' ').map((n) => `torch.${n}`),
  ...'atan2 hypot fmod remainder floor_divide logical_and logical_or logical_xor isclose lerp addcmul addcdiv clamp_min clamp_max'
    .split(' ')
    .map((n) => `torch.${n}`),
  ...['torch.where', 'torch.matmul', 'F.mse_loss', 'Tensor.copy_', 'Tensor.where'],
];
/** Operations with points where the derivative is a choice. */
const KINKED = [
  ...'abs relu sign sqrt maximum minimum max min amax amin clamp pow'.split(' ').map((n) => `torch.${n}`),
  ...'floor ceil trunc round frac norm std median sort cummax cummin nan_to_num clamp_min clamp_max'
    .split(' ')
    .map((n) => `torch.${n}`),
  'F.max_pool2d',
  'F.max_pool2d_with_indices',
];
/** Operations for which an input of no elements is an error or has no meaning. */
const NEVER_EMPTY = /^(torch|F|Tensor)\.(arange|eye|new_tensor|random_|bernoulli_)$/;

describe('completeness', () => {
  it.each(names)('%s has cases', (name) => {
    if (name in EXEMPT) return;
    expect(casesOf(name).length, name).toBeGreaterThan(0);
  });

  it('exempts only what exists', () => {
    expect(Object.keys(EXEMPT).filter((name) => !names.includes(name))).toEqual([]);
  });

  it.each(names.filter((n) => !(n in EXEMPT) && !NEVER_EMPTY.test(n)))('%s has a case of size zero', (name) => {
    const found = casesOf(name).some((c) => inputsOf(c).some(isEmpty) || tensorsIn(c.y).some(isEmpty));
    expect(found, name).toBe(true);
  });

  it('every differentiable operation has a smooth case, for gradcheck and gradgradcheck', () => {
    const differentiable = new Set(valid.filter((c) => c.dy !== undefined).flatMap((c) => c.fn));
    const smooth = new Set(
      valid.filter((c) => c.dy !== undefined && c.dy !== 'unknown' && isSmooth(c)).flatMap((c) => c.fn),
    );
    expect([...differentiable].filter((name) => !smooth.has(name))).toEqual([]);
    expect(differentiable.size).toBeGreaterThan(100);
  });

  it.each(BROADCASTS)('%s has a case with operands of two shapes', (name) => {
    const found = casesOf(name).some((c) => new Set(inputsOf(c).map((s) => String(s.s))).size > 1);
    expect(found).toBe(true);
  });

  it.each(KINKED)('%s has ties with their gradients', (name) => {
    expect(casesOf(name).some((c) => c.tags?.includes('ties') && Array.isArray(c.dy))).toBe(true);
  });

  it('every error class of the operations is asserted', () => {
    expect(new Set(cases.flatMap((c) => c.cls ?? []))).toEqual(
      new Set(['ShapeError', 'DTypeError', 'ValueError', 'AutogradError']),
    );
  });
});

interface Described {
  readonly spec?: { readonly name: string; readonly formula: readonly string[] };
  readonly needs_input_grad?: readonly boolean[];
}

type GraphNode = NonNullable<torch.Tensor['grad_fn']>;

/** Every node that a result hangs on. */
function visit(roots: readonly (GraphNode | null)[], seen: Set<GraphNode>): void {
  const stack = roots.filter((n) => n !== null);
  for (let node = stack.pop(); node !== undefined; node = stack.pop()) {
    if (seen.has(node)) continue;
    seen.add(node);
    for (const [next] of node.next_functions) if (next !== null) stack.push(next);
  }
}

/** The nodes of a case's graph and of the graph of its gradients. */
function nodesOf(c: Case): Set<GraphNode> {
  const { args, tensors } = makeArgs(c, { double: true });
  const y = callCase(c, c.fn[0], args);
  const outputs = (Array.isArray(y) ? y : [y]).filter(
    (t): t is torch.Tensor => t instanceof torch.Tensor && t.requires_grad,
  );
  const seen = new Set<GraphNode>();
  visit(
    outputs.map((t) => t.grad_fn),
    seen,
  );
  const wanted = tensors.filter((t) => t.requires_grad);
  if (outputs.length === 0 || wanted.length === 0) return seen;
  const cotangents = outputs.map((t) => torch.ones_like(t, { requires_grad: true }));
  const grads = torch.autograd.grad(outputs, wanted, cotangents, { create_graph: true, allow_unused: true });
  visit(
    grads.map((g) => g?.grad_fn ?? null),
    seen,
  );
  return seen;
}

describe('formulas', () => {
  const nodes = new Set<GraphNode>();
  for (const c of valid) if (c.dy !== undefined) for (const node of nodesOf(c)) nodes.add(node);
  const described = [...nodes].filter((node) => (node as Described).spec !== undefined) as Described[];

  it('there is one line for each argument that has a derivative', () => {
    const short = described.filter(({ spec, needs_input_grad }) => {
      const wanted = needs_input_grad?.filter(Boolean).length ?? 0;
      return (spec?.formula.filter((line) => /^d\w*[[\]\w]* = |^dx/.test(line)).length ?? 0) < wanted;
    });
    expect([...new Set(short.map(({ spec }) => `${spec?.name}: ${spec?.formula}`))]).toEqual([]);
  });

  it('every operation defined in ops/ with a derivative took part', () => {
    const folder = new URL('../../src/ops/', import.meta.url);
    const defined = readdirSync(folder).flatMap((file) => {
      const text = readFileSync(new URL(file, folder), 'utf8');
      const sites = [...text.matchAll(/defineOp(?:<[^;(]*?>)?\(\s*'(\w+)'/g)];
      const body = (at: number): string => text.slice(at, text.indexOf('formula:', at));
      return sites.filter((m) => !body(m.index).includes('backward: null')).map((m) => m[1]);
    });
    expect(defined.length).toBeGreaterThan(45);
    const met = new Set(described.map(({ spec }) => spec?.name));
    const missing = defined.filter((name) => !met.has(name));
    expect(missing).toEqual([]);
  });
});
