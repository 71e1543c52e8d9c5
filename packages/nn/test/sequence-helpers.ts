/** Runs the cases that tools/pytorch-golden/nn_sequence.py describes. */
import * as nn from '@torchlet/nn';
import { autograd, manual_seed, no_grad, Tensor, tensor } from '@torchlet/tensor';
import { expect, it } from 'vitest';
import { expectClose, type Packed, unpack } from './helpers.js';

interface PackedInput {
  readonly dtype: Packed['dtype'] | 'bool';
  readonly shape: number[];
  readonly data: string;
  readonly grad: boolean;
}

interface Description {
  readonly layer: string;
  readonly args: readonly unknown[];
  readonly options: Readonly<Record<string, unknown>>;
}

export interface SequenceCase {
  readonly module: Description;
  readonly seed: number;
  readonly train: boolean;
  readonly no_grad: boolean;
  readonly repr: string;
  readonly state: Readonly<Record<string, Packed>>;
  readonly call: readonly unknown[];
  readonly kwargs: Readonly<Record<string, unknown>>;
  readonly outputs: readonly Packed[];
  readonly input_grads: readonly Packed[] | null;
  readonly grads: Readonly<Record<string, Packed>> | null;
}

type AnyLayer = nn.Module<unknown[], unknown>;

const isRecord = (x: unknown): x is Record<string, unknown> => typeof x === 'object' && x !== null && !Array.isArray(x);

/** A module from its description, options' modules and all. */
export function build(x: unknown): unknown {
  if (!isRecord(x) || !('layer' in x)) return x;
  const { layer, args, options } = x as unknown as Description;
  const type = Reflect.get(nn, layer) as new (...args: unknown[]) => AnyLayer;
  const named = Object.fromEntries(Object.entries(options).map(([k, v]) => [k, build(v)]));
  return Object.keys(named).length > 0 ? new type(...args.map(build), named) : new type(...args.map(build));
}

/** The arguments; `made` collects the tensors, and one that comes again is the same object. */
function input(x: unknown, made: Tensor[]): unknown {
  if (Array.isArray(x)) return x.map((v) => input(v, made));
  if (!isRecord(x)) return x;
  if ('same' in x) return made[x.same as number];
  made.push(inputTensor(x));
  return made.at(-1);
}

function inputTensor(x: unknown): Tensor {
  const { dtype, shape, data, grad } = x as unknown as PackedInput;
  if (dtype === 'bool') return tensor([...Buffer.from(data, 'base64')], { dtype: 'bool' }).view(shape);
  return unpack({ dtype, shape, data }).requires_grad_(grad);
}

const tensorsIn = (x: unknown): Tensor[] => (x instanceof Tensor ? [x] : Array.isArray(x) ? x.flatMap(tensorsIn) : []);

function cotangent(like: Tensor, k: number): Tensor {
  const values = Array.from({ length: like.numel() }, (_, i) => ((((i + 3 * k) * 7 + 3) % 11) - 5.5) / 4);
  return tensor(values, { dtype: like.dtype }).view(like.shape);
}

/**
 * Within `rtol` of the element or of a tenth of the tensor's largest: a step's rounding passes through all later ones, and
 * gradients are sums over steps that may cancel out.
 */
function expectNear(actual: Tensor, expected: Tensor, rtol: number): void {
  expect([actual.dtype, actual.shape]).toEqual([expected.dtype, expected.shape]);
  if (expected.numel() === 0) return;
  const bound = expected.abs().maximum(expected.abs().max().mul(0.1)).mul(rtol);
  const excess = actual.detach().sub(expected).abs().sub(bound);
  const worst = Number(excess.argmax().item());
  const [got, wanted] = [actual, expected].map((t) => t.detach().flatten().select(0, worst).item());
  expect(Number(excess.max().item()), `element ${worst}: ${got}, expected ${wanted}`).toBeLessThanOrEqual(0);
}

const unpackAll = (state: Readonly<Record<string, Packed>>): Record<string, Tensor> =>
  Object.fromEntries(Object.entries(state).map(([name, value]) => [name, unpack(value)]));

const titleOf = (x: unknown): string => {
  if (!isRecord(x) || !('layer' in x)) return JSON.stringify(x);
  const { layer, args, options } = x as unknown as Description;
  const named = Object.entries(options).map(([k, v]) => `${k}: ${titleOf(v)}`);
  return `${layer}(${[...args.map(titleOf), ...named].join(', ')})`;
};

export const title = (c: SequenceCase): string =>
  `${titleOf(c.module)} of ${JSON.stringify(c.call.map((x) => (isRecord(x) ? x.shape : '…')))}` +
  `${Object.keys(c.kwargs).length > 0 ? ` with ${Object.keys(c.kwargs)}` : ''}${c.train ? '' : ', eval'}`;

/** Initial weights, keys, printed form; then, with PyTorch's weights loaded, outputs and all gradients. */
export function checkCase(c: SequenceCase, float32Tolerance = 1e-5): void {
  manual_seed(c.seed);
  const fresh = build(c.module) as AnyLayer;
  expect(fresh.toString()).toBe(c.repr);
  const state = unpackAll(c.state);
  expect(Object.keys(fresh.state_dict())).toEqual(Object.keys(state));
  for (const [name, value] of Object.entries(fresh.state_dict())) expectClose(value, state[name], 1e-6);

  manual_seed(c.seed + 7);
  const net = build(c.module) as AnyLayer;
  net.load_state_dict(state);
  net.train(c.train);
  const made: Tensor[] = [];
  const args = c.call.map((x) => input(x, made));
  const kwargs = Object.fromEntries(Object.entries(c.kwargs).map(([k, v]) => [k, input(v, made)]));
  manual_seed(c.seed + 1);
  const call = (): unknown => net(...args, ...(Object.keys(kwargs).length > 0 ? [kwargs] : []));
  const outputs = tensorsIn(c.no_grad ? no_grad(call) : call());
  const rtol = outputs[0].dtype === 'float64' ? 1e-10 : float32Tolerance;
  expect(outputs.length).toBe(c.outputs.length);
  outputs.forEach((y, k) => {
    expectNear(y, unpack(c.outputs[k]), rtol);
  });
  if (c.input_grads === null || c.grads === null) return;
  const wanted = made.filter((t) => t.requires_grad);
  const names = Object.keys(c.grads);
  const params = names.map((name) => net.get_parameter(name));
  const grads = autograd.grad(outputs, [...wanted, ...params], outputs.map(cotangent));
  const expected = [...c.input_grads, ...Object.values(c.grads)];
  expect(grads.length).toBe(expected.length);
  grads.forEach((g, k) => {
    expectNear(g as Tensor, unpack(expected[k]), rtol);
  });
}

/** `tolerances`: float32 tolerances of the cases with these seeds, where they are not 1e-5. */
export function describeCases(cases: readonly SequenceCase[], tolerances: Readonly<Record<number, number>> = {}): void {
  for (const c of cases) {
    it(title(c), () => {
      checkCase(c, tolerances[c.seed]);
    });
  }
}
