/** `torch.autograd.functional`. https://pytorch.org/docs/stable/autograd.html#functional-higher-level-api */
import { bindArguments, checkBoolean } from '../arguments.js';
import { AutogradError, ShapeError, ValueError } from '../errors.js';
import type { Tensor } from '../tensor.js';
import {
  checkJacobian,
  checkOutputs,
  type Differentiable,
  type Flags,
  filled,
  finished,
  gradOrNull,
  INDEPENDENT,
  isList,
  likewise,
  listOf,
  prepared,
  readFlags,
  STRICT,
  stackRows,
  type Tensors,
  vectorFor,
} from './functional-parts.js';
import { gradMode, withGradMode } from './grad-mode.js';

export type { Differentiable, Tensors } from './functional-parts.js';

export interface FunctionalOptions {
  /** Compute the result so that it can be differentiated. */
  readonly create_graph?: boolean;
  /** Make it an error when an output does not depend on an input, instead of zeros. */
  readonly strict?: boolean;
}

export interface VectorOptions extends FunctionalOptions {
  readonly v?: Tensors | null;
}

export interface JacobianOptions extends FunctionalOptions {
  /** Only false: there is no vmap. */
  readonly vectorize?: false;
  /** Only reverse-mode: there is no forward-mode differentiation. */
  readonly strategy?: 'reverse-mode';
}

export interface HessianOptions extends FunctionalOptions {
  readonly vectorize?: false;
  readonly outer_jacobian_strategy?: 'reverse-mode';
}

const VECTOR_NAMES = ['v', 'create_graph', 'strict'];

type Vector = Tensors | null | VectorOptions;

function readVector(fn: string, args: readonly unknown[]): [Tensors | null, Flags] {
  const [v, create, strict] = bindArguments(fn, VECTOR_NAMES, args);
  return [(v ?? null) as Tensors | null, readFlags(fn, create, strict)];
}

const RETURNS = 'user-provided function returns';
const TAKES = 'input to the user-provided function is';

/**
 * `[func(inputs), vᵀ · J]`. https://pytorch.org/docs/stable/generated/torch.autograd.functional.vjp.html
 * @throws ValueError without `v` unless the output has one element.
 */
export function vjp(
  func: Differentiable,
  inputs: Tensors,
  v?: Vector,
  create_graph?: boolean | VectorOptions,
  strict?: boolean | VectorOptions,
): [Tensors, Tensors] {
  const [vector, flags] = readVector('vjp', [v, create_graph, strict]);
  const { create_graph: create } = flags;
  const recorded = gradMode.enabled;
  return withGradMode(true, () => {
    const xs = prepared(listOf(inputs, 'inputs', 'vjp'), create, true);
    const form = func(...xs);
    const outputs = listOf(form, 'outputs of the user-provided function', 'vjp');
    checkOutputs(outputs, flags.strict);
    const u = vectorFor('vjp', vector, outputs, form, create, RETURNS);
    const result = withGradMode(create || recorded, () =>
      filled(gradOrNull(outputs, xs, u, create), xs, flags, 'back'),
    );
    return [likewise(finished(outputs, create), form), likewise(finished(result, create), inputs)];
  });
}

/**
 * `[func(inputs), J · v]`, by differentiating twice.
 * https://pytorch.org/docs/stable/generated/torch.autograd.functional.jvp.html
 */
export function jvp(
  func: Differentiable,
  inputs: Tensors,
  v?: Vector,
  create_graph?: boolean | VectorOptions,
  strict?: boolean | VectorOptions,
): [Tensors, Tensors] {
  const [vector, flags] = readVector('jvp', [v, create_graph, strict]);
  const { create_graph: create } = flags;
  return withGradMode(true, () => {
    const list = listOf(inputs, 'inputs', 'jvp');
    const u = vectorFor('jvp', vector, list, inputs, create, TAKES);
    const xs = prepared(list, create, true);
    const form = func(...xs);
    const outputs = listOf(form, 'outputs of the user-provided function', 'jvp');
    checkOutputs(outputs, flags.strict);
    // vᵀJ is linear in this dummy, and its derivative is J
    const dummy = outputs.map((t) => t.new_zeros(t.shape).requires_grad_(true));
    const back = gradOrNull(outputs, xs, dummy, true);
    if (flags.strict)
      back.forEach((g, i) => {
        if (g === null || !g.requires_grad) throw new AutogradError(gradInput(g, i));
      });
    const result = filled(gradOrNull(back, dummy, u ?? ones(list), create), outputs, flags, 'back_trick');
    return [likewise(finished(outputs, create), form), likewise(finished(result, create), form)];
  });
}

const ones = (list: readonly Tensor[]): Tensor[] => list.map((t) => t.new_ones(t.shape));

const gradInput = (g: Tensor | null, i: number): string =>
  g === null
    ? INDEPENDENT.back(i)
    : `The gradient with respect to input ${i} is independent of the inputs of the user-provided function. ${STRICT}`;

/** A function to one element, and its gradient. */
function scalarOf(fn: string, func: Differentiable, xs: readonly Tensor[], flags: Flags): [Tensor, (Tensor | null)[]] {
  const form = func(...xs);
  const outputs = listOf(form, 'outputs of the user-provided function', fn);
  checkOutputs(outputs, flags.strict);
  if (isList(form)) throw new ValueError(`The function given to ${fn} should return a single Tensor`);
  if (outputs[0].numel() !== 1) {
    throw new ShapeError(`The Tensor returned by the function given to ${fn} should contain a single element`);
  }
  const jacobian = gradOrNull(outputs, xs, null, true);
  checkJacobian(jacobian, flags.strict);
  return [outputs[0], jacobian];
}

/** `[func(inputs), vᵀ · H]`. https://pytorch.org/docs/stable/generated/torch.autograd.functional.vhp.html */
export function vhp(
  func: Differentiable,
  inputs: Tensors,
  v?: Vector,
  create_graph?: boolean | VectorOptions,
  strict?: boolean | VectorOptions,
): [Tensor, Tensors] {
  const [vector, flags] = readVector('vhp', [v, create_graph, strict]);
  const { create_graph: create } = flags;
  const recorded = gradMode.enabled;
  return withGradMode(true, () => {
    const list = listOf(inputs, 'inputs', 'vhp');
    const u = vectorFor('vhp', vector, list, inputs, create, TAKES) ?? ones(list);
    const xs = prepared(list, create, true);
    const [output, jacobian] = scalarOf('vhp', func, xs, flags);
    const result = withGradMode(create || recorded, () =>
      filled(gradOrNull(jacobian, xs, u, create), xs, flags, 'double_back'),
    );
    return [finished([output], create)[0], likewise(finished(result, create), inputs)];
  });
}

/**
 * `[func(inputs), H · v]`; {@link vhp} gives the same for less where H is symmetric.
 * https://pytorch.org/docs/stable/generated/torch.autograd.functional.hvp.html
 */
export function hvp(
  func: Differentiable,
  inputs: Tensors,
  v?: Vector,
  create_graph?: boolean | VectorOptions,
  strict?: boolean | VectorOptions,
): [Tensor, Tensors] {
  const [vector, flags] = readVector('hvp', [v, create_graph, strict]);
  const { create_graph: create } = flags;
  return withGradMode(true, () => {
    const list = listOf(inputs, 'inputs', 'hvp');
    const u = vectorFor('hvp', vector, list, inputs, create, TAKES) ?? ones(list);
    const xs = prepared(list, create, true);
    const [output, jacobian] = scalarOf('hvp', func, xs, flags);
    const dummy = xs.map((t) => t.new_zeros(t.shape).requires_grad_(true));
    const back = filled(gradOrNull(jacobian, xs, dummy, true), xs, flags, 'double_back');
    const result = filled(gradOrNull(back, dummy, u, create), xs, flags, 'double_back_trick');
    return [finished([output], create)[0], likewise(finished(result, create), inputs)];
  });
}

/** A Jacobian in the form of outputs and inputs: a tensor, or an array for whichever there are several of. */
export type Jacobian = Tensor | readonly Tensor[] | readonly (readonly Tensor[])[];

function refuseVectorize(fn: string, vectorize: unknown, name: string, strategy: unknown): void {
  if (checkBoolean(fn, 'vectorize', vectorize ?? false))
    throw new ValueError(`${fn}(): vectorize=True is not supported`);
  if (strategy === undefined || strategy === 'reverse-mode') return;
  if (strategy === 'forward-mode') throw new ValueError(`${fn}(): ${name}='forward-mode' is not supported`);
  throw new ValueError(`Expected ${name} to be either "forward-mode" or "reverse-mode", got ${String(strategy)}`);
}

/** All rows of the derivative of `out`: for each element the gradients of the inputs. */
function rowsOf(out: Tensor, index: number, xs: readonly Tensor[], flags: Flags): Tensor[] {
  const columns: Tensor[][] = xs.map(() => []);
  const flat = out.reshape(-1);
  for (let j = 0; j < out.numel(); j++) {
    const grads = gradOrNull([flat.select(0, j)], xs, null, flags.create_graph, true);
    grads.forEach((g, k) => {
      if (g === null && flags.strict) {
        throw new AutogradError(
          `Output ${index} of the user-provided function is independent of input ${k}. ${STRICT}`,
        );
      }
      if (g !== null && flags.strict && flags.create_graph && !g.requires_grad) {
        throw new AutogradError(
          `The jacobian of the user-provided function is independent of input ${index}. This is not allowed in strict ` +
            'mode when create_graph=True.',
        );
      }
      columns[k].push(g ?? xs[k].new_zeros(xs[k].shape));
    });
  }
  return columns.map((rows, k) =>
    rows.length === 0
      ? xs[k].new_zeros([...out.shape, ...xs[k].shape])
      : stackRows(rows).view([...out.shape, ...xs[k].shape]),
  );
}

/**
 * The matrix of first derivatives, with shape `[...output.shape, ...input.shape]`; an array of them for several outputs
 * or inputs, and arrays of inputs in an array of outputs for both.
 * https://pytorch.org/docs/stable/generated/torch.autograd.functional.jacobian.html
 * @throws ValueError for `vectorize` and forward mode, which are not supported.
 */
export function jacobian(func: (input: Tensor) => Tensor, inputs: Tensor, ...options: JacobianArguments): Tensor;
export function jacobian(func: Differentiable, inputs: Tensors, ...options: JacobianArguments): Jacobian;
export function jacobian(
  func: (...inputs: Tensor[]) => Tensors,
  inputs: Tensors,
  ...options: JacobianArguments
): Jacobian {
  const names = ['create_graph', 'strict', 'vectorize', 'strategy'];
  const [create, strict, vectorize, strategy] = bindArguments('jacobian', names, options);
  refuseVectorize('jacobian', vectorize, 'strategy', strategy);
  return jacobianOf('jacobian', func, inputs, readFlags('jacobian', create, strict));
}

export type JacobianArguments = [
  create_graph?: boolean | JacobianOptions,
  strict?: boolean | JacobianOptions,
  vectorize?: false | JacobianOptions,
  strategy?: 'reverse-mode' | JacobianOptions,
];

function jacobianOf(fn: string, func: Differentiable, inputs: Tensors, flags: Flags): Jacobian {
  return withGradMode(true, () => {
    const xs = prepared(listOf(inputs, 'inputs', fn), flags.create_graph, true);
    const form = func(...xs);
    const outputs = listOf(form, 'outputs of the user-provided function', fn);
    checkOutputs(outputs, flags.strict);
    const rows = outputs.map((out, i) => likewise(finished(rowsOf(out, i, xs, flags), flags.create_graph), inputs));
    return isList(form) ? (rows as readonly Tensor[] | readonly (readonly Tensor[])[]) : rows[0];
  });
}

/**
 * The matrix of second derivatives of a function to one element: `[...input.shape, ...input.shape]`, or arrays in an array
 * for several inputs. https://pytorch.org/docs/stable/generated/torch.autograd.functional.hessian.html
 */
export function hessian(func: (input: Tensor) => Tensor, inputs: Tensor, ...options: HessianArguments): Tensor;
export function hessian(func: Differentiable, inputs: Tensors, ...options: HessianArguments): Jacobian;
export function hessian(
  func: (...inputs: Tensor[]) => Tensors,
  inputs: Tensors,
  ...options: HessianArguments
): Jacobian {
  const names = ['create_graph', 'strict', 'vectorize', 'outer_jacobian_strategy'];
  const [create, strict, vectorize, strategy] = bindArguments('hessian', names, options);
  refuseVectorize('hessian', vectorize, 'outer_jacobian_strategy', strategy);
  const flags = readFlags('hessian', create, strict);
  const gradient = (...xs: Tensor[]): Tensors => {
    const lenient = { ...flags, strict: false };
    const [, first] = scalarOf('hessian', func, xs, lenient);
    const gradients = filled(first, xs, lenient, 'back');
    checkJacobian(gradients, flags.strict);
    return likewise(gradients, inputs);
  };
  return jacobianOf('hessian', gradient, inputs, flags);
}

export type HessianArguments = [
  create_graph?: boolean | HessianOptions,
  strict?: boolean | HessianOptions,
  vectorize?: false | HessianOptions,
  outer_jacobian_strategy?: 'reverse-mode' | HessianOptions,
];
