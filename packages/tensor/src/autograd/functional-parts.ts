/** What the functions of `autograd.functional` share: their arguments checked, and gradients that are missing. */
import { checkBoolean } from '../arguments.js';
import { AutogradError, ShapeError, ValueError } from '../errors.js';
import { sameShape, showShape } from '../shape.js';
import { Tensor } from '../tensor.js';
import { grad } from './backward.js';
import { defineOp, type Op } from './op.js';

/** One tensor or several; results have the form of what they belong to. */
export type Tensors = Tensor | readonly Tensor[];
/** A function of one tensor, or of as many as there are inputs. */
export type Differentiable = (...inputs: Tensor[]) => Tensors;

export type Flags = { readonly create_graph: boolean; readonly strict: boolean };

export const isList = (x: Tensors): x is readonly Tensor[] => Array.isArray(x);

export function listOf(x: Tensors, what: string, fn: string): readonly Tensor[] {
  const list: readonly unknown[] = Array.isArray(x) ? x : [x];
  list.forEach((t, i) => {
    if (t instanceof Tensor) return;
    const which = Array.isArray(x) ? `value at index ${i}` : `given ${what}`;
    throw new ValueError(
      `The ${what} given to ${fn} must be either a Tensor or an array of Tensors but the ${which} has type ${typeof t}.`,
    );
  });
  return list as readonly Tensor[];
}

/** As many as went in: one tensor for one tensor. */
export const likewise = (list: readonly Tensor[], form: Tensors): Tensors => (isList(form) ? list : list[0]);

/** New tensors in any case, so that the function's arguments differ from what it captures. */
export function prepared(inputs: readonly Tensor[], createGraph: boolean, needGraph: boolean): Tensor[] {
  return inputs.map((t) => (createGraph && t.requires_grad ? t.view_as(t) : t.detach().requires_grad_(needGraph)));
}

export const finished = (list: readonly Tensor[], createGraph: boolean): readonly Tensor[] =>
  createGraph ? list : list.map((t) => t.detach());

export function gradOrNull(
  outputs: readonly (Tensor | null)[],
  inputs: readonly Tensor[],
  grads: readonly (Tensor | null)[] | null,
  createGraph: boolean,
  retain: boolean = createGraph,
): (Tensor | null)[] {
  const live = outputs.flatMap((out, i) => (out?.requires_grad ? [{ out, grad: grads?.[i] ?? null }] : []));
  if (live.length === 0) return inputs.map(() => null);
  return grad(
    live.map(({ out }) => out),
    inputs,
    live.map((l) => l.grad),
    { create_graph: createGraph, retain_graph: retain, allow_unused: true },
  );
}

export const STRICT: string = 'This is not allowed in strict mode.';

/** What a missing gradient means, for each kind of pass. */
export const INDEPENDENT: Readonly<Record<Stage, (index: number) => string>> = {
  back: (i: number) => `The output of the user-provided function is independent of input ${i}. ${STRICT}`,
  back_trick: (i: number) =>
    `The gradient with respect to the input is independent of entry ${i} in the grad_outputs when using the double ` +
    `backward trick to compute forward mode gradients. ${STRICT}`,
  double_back: (i: number) => `The jacobian of the user-provided function is independent of input ${i}. ${STRICT}`,
  double_back_trick: (i: number) =>
    `The hessian of the user-provided function is independent of entry ${i} in the grad_jacobian. This is not allowed in ` +
    'strict mode as it prevents from using the double backward trick to replace forward mode AD.',
};

export type Stage = 'back' | 'back_trick' | 'double_back' | 'double_back_trick';

export function filled(
  grads: readonly (Tensor | null)[],
  like: readonly Tensor[],
  flags: Flags,
  stage: Stage,
): Tensor[] {
  return grads.map((g, i) => {
    if (g === null) {
      if (flags.strict) throw new AutogradError(INDEPENDENT[stage](i));
      return like[i].new_zeros(like[i].shape);
    }
    if (flags.strict && flags.create_graph && !g.requires_grad) {
      const what = stage.startsWith('double') ? 'hessian' : 'jacobian';
      throw new AutogradError(
        `The ${what} of the user-provided function is independent of input ${i}. This is not allowed in strict mode when ` +
          'create_graph=True.',
      );
    }
    return g;
  });
}

export function checkOutputs(outputs: readonly Tensor[], strict: boolean): void {
  if (!strict) return;
  outputs.forEach((t, i) => {
    if (t.requires_grad) return;
    throw new AutogradError(
      `Output ${i} of the user-provided function does not require gradients. The outputs must be computed in a ` +
        'differentiable manner from the input when running in strict mode.',
    );
  });
}

export function checkJacobian(jacobian: readonly (Tensor | null)[], strict: boolean): void {
  if (!strict) return;
  jacobian.forEach((t, i) => {
    if (t === null) throw new AutogradError(INDEPENDENT.back(i));
    if (t.requires_grad) return;
    throw new AutogradError(
      `While computing the hessian, found that the jacobian of the user-provided function with respect to input ${i} is ` +
        `independent of the input. ${STRICT} You should ensure that your function is twice differentiable and that the ` +
        'jacobian depends on the inputs (this would be violated by a linear function for example).',
    );
  });
}

/** Checks `v` against what it is multiplied with; without `v` there has to be one element. */
export function vectorFor(
  fn: string,
  v: Tensors | null,
  other: readonly Tensor[],
  form: Tensors,
  createGraph: boolean,
  subject: string,
): Tensor[] | null {
  if (v === null) {
    if (other.length === 1 && other[0].numel() === 1) return null;
    throw new ValueError(`The vector v can only be None if the ${subject} a single Tensor with a single element.`);
  }
  const list = prepared(listOf(v, 'v', fn), createGraph, false);
  if (list.length !== other.length) {
    throw new ShapeError(
      isList(form)
        ? `v is a tuple of invalid length: should be ${other.length} but got ${list.length}.`
        : 'The given v should contain a single Tensor.',
    );
  }
  list.forEach((t, i) => {
    if (sameShape(t.shape, other[i].shape)) return;
    const entry = isList(form) ? `Entry ${i} in ` : '';
    throw new ShapeError(
      `${entry}v has invalid size: should be ${showShape(other[i].shape)} but got ${showShape(t.shape)}.`,
    );
  });
  return list;
}

export const readFlags = (fn: string, create: unknown, strict: unknown): Flags => ({
  create_graph: checkBoolean(fn, 'create_graph', create ?? false),
  strict: checkBoolean(fn, 'strict', strict ?? false),
});

/** Rows as one tensor. The operation of `ops/`, which this layer must not know. */
export const stackRows: Op<[rows: readonly Tensor[]], Tensor> = defineOp<[readonly Tensor[]], Tensor, number>('stack', {
  forward(ctx, rows) {
    ctx.state = rows.length;
    const out = rows[0].new_zeros([rows.length, ...rows[0].shape]);
    rows.forEach((row, i) => {
      out.select(0, i).copy_(row);
    });
    return out;
  },
  backward: (ctx, g) => [Array.from({ length: ctx.state }, (_, i) => g.select(0, i))],
  formula: ['drows[i] = g[i]'],
});
