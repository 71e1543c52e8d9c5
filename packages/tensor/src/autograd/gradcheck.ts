/** `autograd.gradcheck` and `gradgradcheck`. https://pytorch.org/docs/stable/autograd.html#numerical-gradient-checking */
import { checkBoolean, checkNumber, checkOptions } from '../arguments.js';
import { AutogradError, ValueError } from '../errors.js';
import { showShape } from '../shape.js';
import { Tensor } from '../tensor.js';
import { grad } from './backward.js';
import { gradientEdge } from './history.js';
import { analyticalJacobian, indicesOf, numericalJacobian } from './jacobian.js';

/** Gradients that do not agree with central differences. */
export class GradcheckError extends AutogradError {}

/** What may be differentiated: any function of tensors (and of what else it likes) to one tensor or several. */
export type CheckedFunction = (...inputs: never[]) => unknown;

export interface GradcheckOptions {
  /** Step of the central differences. */
  readonly eps?: number;
  /** Allowed difference, absolute. */
  readonly atol?: number;
  /** Allowed difference, relative to the numerical derivative. */
  readonly rtol?: number;
  /** Throw where the check fails, rather than return false. */
  readonly raise_exception?: boolean;
  /** How much two backward passes over one graph may differ. */
  readonly nondet_tol?: number;
  /** Also check that an output which takes no part in a backward pass counts as a gradient of zeros. */
  readonly check_undefined_grad?: boolean;
  /** Also check that a gradient has its input's dtype. */
  readonly check_grad_dtypes?: boolean;
}

export interface GradgradcheckOptions extends GradcheckOptions {
  /** Draw the gradients of the outputs into memory that is not row-major. */
  readonly gen_non_contig_grad_outputs?: boolean;
}

type Resolved = Required<GradcheckOptions>;

const OPTION_NAMES = [
  'eps',
  'atol',
  'rtol',
  'raise_exception',
  'nondet_tol',
  'check_undefined_grad',
  'check_grad_dtypes',
];

function resolve(op: string, options: GradgradcheckOptions | undefined, extra: readonly string[] = []): Resolved {
  checkOptions(op, [...OPTION_NAMES, ...extra], options);
  const o = options ?? {};
  const resolved = {
    eps: checkNumber(op, 'eps', o.eps ?? 1e-6),
    atol: checkNumber(op, 'atol', o.atol ?? 1e-5),
    rtol: checkNumber(op, 'rtol', o.rtol ?? 1e-3),
    raise_exception: checkBoolean(op, 'raise_exception', o.raise_exception ?? true),
    nondet_tol: checkNumber(op, 'nondet_tol', o.nondet_tol ?? 0),
    check_undefined_grad: checkBoolean(op, 'check_undefined_grad', o.check_undefined_grad ?? true),
    check_grad_dtypes: checkBoolean(op, 'check_grad_dtypes', o.check_grad_dtypes ?? false),
  };
  if (resolved.eps <= 0) throw new ValueError(`${op}(): argument 'eps' must be positive, got ${resolved.eps}`);
  return resolved;
}

/** A function under test, with its arguments and the name that failures give it. */
interface Subject {
  readonly name: string;
  readonly call: () => Tensor[];
  /** The arguments that want gradients, with their positions. */
  readonly inputs: readonly { readonly position: number; readonly tensor: Tensor }[];
}

const listOf = (x: unknown): readonly unknown[] => (Array.isArray(x) ? x : [x]);

const differentiable = (results: unknown): Tensor[] =>
  listOf(results).filter((t): t is Tensor => t instanceof Tensor && t.is_floating_point());

/** `opName` is what `defineOp` gives its functions. */
function nameOf(func: CheckedFunction): string {
  const { opName } = func as { opName?: string };
  return opName ?? (func.name || 'function');
}

function subjectOf(func: CheckedFunction, args: readonly unknown[], name: string): Subject {
  const inputs = args.flatMap((tensor, position) =>
    tensor instanceof Tensor && tensor.requires_grad ? [{ position, tensor }] : [],
  );
  if (inputs.length === 0) {
    throw new ValueError(
      'gradcheck expects at least one input tensor to require gradient, but none of the them have requires_grad=True.',
    );
  }
  for (const { position, tensor } of inputs) {
    if (tensor.dtype !== 'float64') {
      console.warn(
        `gradcheck: Input #${position} requires gradient and is not a double precision floating point or complex. This ` +
          'check will likely fail if all the inputs are not of double precision floating point or complex. ',
      );
    }
    if (tensor.strides.some((stride, d) => stride === 0 && tensor.shape[d] > 1)) {
      throw new ValueError(
        `The ${position}th input has a dimension with stride 0. gradcheck only supports inputs that are non-overlapping to ` +
          'be able to compute the numerical gradients correctly. You should call .contiguous on the input before ' +
          'passing it to gradcheck.',
      );
    }
  }
  return { name, call: () => differentiable((func as (...a: unknown[]) => unknown)(...args)), inputs };
}

const close = (got: number, expected: number, { atol, rtol }: Resolved): boolean =>
  Math.abs(got - expected) <= atol + rtol * Math.abs(expected);

const at = (what: string, shape: readonly number[], flat: number): string =>
  shape.length === 0 ? what : `${what}${showShape(indicesOf(shape, flat))}`;

const fail = (message: string): never => {
  throw new GradcheckError(message);
};

function checkOutput(
  subject: Subject,
  output: Tensor,
  k: number,
  numerical: readonly number[][][],
  options: Resolved,
): void {
  const inputs = subject.inputs.map(({ tensor }) => tensor);
  const analytical = analyticalJacobian(output, inputs);
  inputs.forEach((input, n) => {
    for (let i = 0; i < output.numel(); i++) {
      for (let j = 0; j < input.numel(); j++) {
        const [got, expected] = [analytical[n][i][j], numerical[n][j][i]];
        if (close(got, expected, options)) continue;
        const { position } = subject.inputs[n];
        fail(
          `Jacobian mismatch for output ${k} with respect to input ${position}, ${subject.name}(): ` +
            `d ${at('output', output.shape, i)} / d ${at('input', input.shape, j)}: backward gives ${got}, expected ` +
            `${expected} (central differences)`,
        );
      }
    }
  });
  checkDeterministic(subject, output, analytical, options);
}

function checkDeterministic(
  subject: Subject,
  output: Tensor,
  first: readonly number[][][],
  { nondet_tol }: Resolved,
): void {
  const second = analyticalJacobian(
    output,
    subject.inputs.map(({ tensor }) => tensor),
  );
  const differs = first.some((rows, n) =>
    rows.some((row, i) => row.some((x, j) => Math.abs(x - second[n][i][j]) > nondet_tol)),
  );
  if (differs) {
    fail(
      `Backward is not reentrant, i.e., running backward of ${subject.name}() with same input and grad_output multiple ` +
        'times gives different values, although analytical gradient matches numerical gradient. The tolerance for ' +
        `nondeterminism was ${nondet_tol}.`,
    );
  }
}

/** An output that nobody asked about has the gradient zero. */
function checkUndefined(subject: Subject, outputs: readonly Tensor[], inputs: readonly Tensor[]): void {
  if (outputs.length < 2) return;
  const options = { retain_graph: true, allow_unused: true };
  const ones = outputs.map((t) => t.new_ones(t.shape));
  outputs.forEach((_, skipped) => {
    const some = outputs.filter((_, k) => k !== skipped);
    const missing = grad(
      some,
      inputs,
      some.map((t) => t.new_ones(t.shape)),
      options,
    );
    const zeros = grad(
      outputs,
      inputs,
      ones.map((g, k) => (k === skipped ? g.mul(0) : g)),
      options,
    );
    missing.forEach((g, n) => {
      const expected = zeros[n]?.toArray() ?? null;
      const got = g?.toArray() ?? null;
      const same = (expected ?? got ?? []).every((_, i) => (expected?.[i] ?? 0) === (got?.[i] ?? 0));
      if (!same) {
        fail(
          `Expected backward function to handle undefined output grads: ${subject.name}(), input ` +
            `${subject.inputs[n].position} without a gradient for output ${skipped}`,
        );
      }
    });
  });
}

/** Gradients that do not follow the gradient coming in, or look unlike their inputs. */
function checkShapes(subject: Subject, outputs: readonly Tensor[], options: Resolved): void {
  const inputs = subject.inputs.map(({ tensor }) => tensor);
  const zeros = outputs.map((t) => t.new_zeros(t.shape));
  const grads = grad(outputs, inputs, zeros, { retain_graph: true, allow_unused: true });
  grads.forEach((g, n) => {
    if (g === null) return;
    const { position, tensor } = subject.inputs[n];
    if (g.toArray().some((x) => x !== 0))
      fail(`backward not multiplied by grad_output: ${subject.name}(), input ${position}`);
    if (options.check_grad_dtypes && g.dtype !== tensor.dtype) {
      fail(`grad is incorrect dtype: ${subject.name}(), input ${position}: got ${g.dtype}, expected ${tensor.dtype}`);
    }
  });
}

function check(subject: Subject, options: Resolved): void {
  const results = subject.call();
  const inputs = subject.inputs.map(({ tensor }) => tensor);
  // [output][input][input element][output element]
  const byInput = inputs.map((input) => numericalJacobian(subject.call, input, options.eps));
  const recorded = results.filter((t) => gradientEdge(t) !== null);
  results.forEach((output, k) => {
    const numerical = byInput.map((jacobians) => jacobians[k]);
    if (gradientEdge(output) !== null) {
      checkOutput(subject, output, k, numerical, options);
    } else if (numerical.some((columns) => columns.some((column) => column.some((x) => !close(0, x, options))))) {
      fail(`Numerical gradient for function expected to be zero: ${subject.name}(), output ${k} does not require grad`);
    }
  });
  if (recorded.length === 0) return;
  checkShapes(subject, recorded, options);
  if (options.check_undefined_grad) checkUndefined(subject, recorded, inputs);
}

function run(op: () => void, { raise_exception }: Resolved): boolean {
  try {
    op();
    return true;
  } catch (error) {
    if (raise_exception || !(error instanceof GradcheckError)) throw error;
    return false;
  }
}

/**
 * Compares the gradients of `func` with central differences, for every floating output, every input (float64, with
 * `requires_grad`) and every element. https://pytorch.org/docs/stable/generated/torch.autograd.gradcheck.gradcheck.html
 * @throws GradcheckError naming function, argument, index, what came and what was expected; with `raise_exception: false`
 * the result is false instead. ValueError when no input requires grad.
 */
export function gradcheck(
  func: CheckedFunction,
  inputs: Tensor | readonly unknown[],
  options?: GradcheckOptions,
): boolean {
  const resolved = resolve('gradcheck', options);
  const subject = subjectOf(func, listOf(inputs), nameOf(func));
  return run(() => check(subject, resolved), resolved);
}

/** Random gradients for the outputs, as variables of the second derivative. */
function drawGradients(outputs: readonly Tensor[], interleaved: boolean): Tensor[] {
  return outputs.map((t) => {
    const draw = (shape: readonly number[]): Tensor => t.new_zeros(shape).normal_();
    const g = interleaved && t.ndim > 0 ? draw([...t.shape, 2]).select(-1, 0) : draw(t.shape);
    return g.detach().requires_grad_();
  });
}

/**
 * Compares the gradients of the gradients of `func` with central differences. `grad_outputs`: drawn at random unless given.
 * https://pytorch.org/docs/stable/generated/torch.autograd.gradcheck.gradgradcheck.html
 * @throws as {@link gradcheck}
 */
export function gradgradcheck(
  func: CheckedFunction,
  inputs: Tensor | readonly unknown[],
  grad_outputs: Tensor | readonly Tensor[] | null = null,
  options?: GradgradcheckOptions,
): boolean {
  const resolved = resolve('gradgradcheck', options, ['gen_non_contig_grad_outputs']);
  const interleaved = checkBoolean(
    'gradgradcheck',
    'gen_non_contig_grad_outputs',
    options?.gen_non_contig_grad_outputs ?? false,
  );
  const args = listOf(inputs);
  const subject = subjectOf(func, args, nameOf(func));
  const outputs = subject.call().filter((t) => gradientEdge(t) !== null);
  const gradients = grad_outputs === null ? drawGradients(outputs, interleaved) : listOf(grad_outputs);
  const first = (...all: unknown[]): Tensor[] => {
    const given = all.slice(0, args.length);
    const results = differentiable((func as (...a: unknown[]) => unknown)(...given)).filter(
      (t) => gradientEdge(t) !== null,
    );
    const wanted = given.filter((t): t is Tensor => t instanceof Tensor && t.requires_grad);
    const grads = grad(results, wanted, all.slice(args.length) as Tensor[], { create_graph: true, allow_unused: true });
    return grads.filter((g) => g !== null);
  };
  const second = subjectOf(first as CheckedFunction, [...args, ...gradients], `backward of ${subject.name}`);
  return run(() => check(second, resolved), resolved);
}
