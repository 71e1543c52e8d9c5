import { composed, defineOp, type Op } from '../autograd/op.js';
import { ShapeError } from '../errors.js';
import { broadcastShapes, numelOf, type Shape, showShape } from '../shape.js';
import { type Named, signature } from '../signature.js';
import { Tensor } from '../tensor.js';
import { allocateOutput, backend, checkSameDevice, checkTensor } from './kernel.js';
import { checkMatrixDTypes } from './matrix-dtype.js';

type MatrixOp = Op<[input: Tensor, mat2: Named<'mat2', Tensor>], Tensor>;

/** `[n, k] · [k, m]`. https://pytorch.org/docs/stable/generated/torch.mm.html */
export const mm: MatrixOp = defineOp('mm', {
  parameters: 'input, mat2',
  forward(ctx, a, b) {
    checkMatrices('mm', a, b, 2);
    const out = allocateOutput([a.shape[0], b.shape[1]], checkMatrixDTypes('mm', a, b), checkSameDevice('mm', a, b));
    keepFactors(ctx, a, b);
    backend(a).matmul(a, b, null, out);
    return out;
  },
  backward(ctx, g) {
    const [a, b] = factors(ctx);
    return [ctx.needs_input_grad[0] ? g.mm(b.t()) : null, ctx.needs_input_grad[1] ? a.t().mm(g) : null];
  },
  formula: ['da = g · bᵀ', 'db = aᵀ · g'],
});

/** A batch of products, `[b, n, k] · [b, k, m]`. https://pytorch.org/docs/stable/generated/torch.bmm.html */
export const bmm: MatrixOp = defineOp('bmm', {
  parameters: 'input, mat2',
  forward(ctx, a, b) {
    checkMatrices('bmm', a, b, 3);
    const out = allocateOutput(
      [a.shape[0], a.shape[1], b.shape[2]],
      checkMatrixDTypes('bmm', a, b),
      checkSameDevice('bmm', a, b),
    );
    keepFactors(ctx, a, b);
    backend(a).matmul(a, b, null, out);
    return out;
  },
  backward(ctx, g) {
    const [a, b] = factors(ctx);
    return [ctx.needs_input_grad[0] ? g.bmm(b.mT) : null, ctx.needs_input_grad[1] ? a.mT.bmm(g) : null];
  },
  formula: ['da = g · bᵀ', 'db = aᵀ · g'],
});

type FactorContext = Parameters<typeof keepFactors>[0];

/** Each factor is kept only if the other one's gradient needs it. */
function keepFactors(
  ctx: {
    save_for_backward(first: Tensor, ...rest: Tensor[]): Tensor;
    readonly needs_input_grad: readonly boolean[];
    readonly saved_tensors: Tensor[];
  },
  a: Tensor,
  b: Tensor,
): void {
  const [needsA, needsB] = ctx.needs_input_grad;
  if (needsB) ctx.save_for_backward(a);
  if (needsA) ctx.save_for_backward(b);
}

/** The kept factors in their places; one that is not needed is never read. */
function factors(ctx: FactorContext): [Tensor, Tensor] {
  const saved = ctx.saved_tensors;
  return [saved[0], saved[saved.length - 1]];
}

function checkMatrices(op: string, a: Tensor, b: Tensor, rank: 2 | 3): void {
  checkTensor(op, 'input', a);
  checkTensor(op, 'mat2', b);
  if (a.ndim !== rank || b.ndim !== rank) {
    const name = a.ndim !== rank ? 'self' : 'mat2';
    throw new ShapeError(
      `${op}(): ${rank === 2 ? `${name} must be a matrix` : `batch${a.ndim !== rank ? 1 : 2} must be a 3D tensor`}, got shapes ` +
        `${showShape(a.shape)} and ${showShape(b.shape)}`,
    );
  }
  if (rank === 2 && a.shape[1] !== b.shape[0]) throw mismatch(op, a.shape, b.shape);
  if (rank === 3 && (a.shape[0] !== b.shape[0] || a.shape[2] !== b.shape[1])) {
    throw new ShapeError(
      `${op}(): Expected size for first two dimensions of batch2 tensor to be: ${showShape([a.shape[0], a.shape[2]])} but got: ` +
        `${showShape([b.shape[0], b.shape[1]])}.`,
    );
  }
}

const mismatch = (op: string, a: Shape, b: Shape): ShapeError =>
  new ShapeError(`${op}(): mat1 and mat2 shapes cannot be multiplied (${a.join('x')} and ${b.join('x')})`);

const matmulShapes = (op: string, a: Tensor, b: Tensor): ShapeError =>
  new ShapeError(`${op}(): shapes ${showShape(a.shape)} and ${showShape(b.shape)} cannot be multiplied`);

/** Inner product of two vectors. https://pytorch.org/docs/stable/generated/torch.dot.html */
export const dot: (input: Tensor, tensor: Named<'tensor', Tensor>) => Tensor = signature(
  'dot(input, tensor)',
  (input, tensor) => {
    checkTensor('dot', 'input', input);
    checkTensor('dot', 'tensor', tensor);
    if (input.ndim !== 1 || tensor.ndim !== 1) {
      throw new ShapeError(`dot(): 1D tensors expected, but got ${input.ndim}D and ${tensor.ndim}D tensors`);
    }
    if (input.shape[0] !== tensor.shape[0]) {
      throw new ShapeError(
        `dot(): inconsistent tensor size, expected tensor [${input.shape[0]}] and src [${tensor.shape[0]}] to have the same ` +
          `number of elements, but got ${input.shape[0]} and ${tensor.shape[0]} elements respectively`,
      );
    }
    return composed('DotBackward0', mm(input.unsqueeze(0), tensor.unsqueeze(1)).reshape([]));
  },
);

/** Matrix times vector. https://pytorch.org/docs/stable/generated/torch.mv.html */
export const mv: (input: Tensor, vec: Named<'vec', Tensor>) => Tensor = signature('mv(input, vec)', (input, vec) => {
  checkTensor('mv', 'input', input);
  checkTensor('mv', 'vec', vec);
  if (input.ndim !== 2 || vec.ndim !== 1) {
    throw new ShapeError(`mv(): vector + matrix @ vector expected, got ${vec.ndim}, ${input.ndim}, ${vec.ndim}`);
  }
  if (input.shape[1] !== vec.shape[0]) {
    throw new ShapeError(
      `mv(): size mismatch, got input (${input.shape[0]}), mat (${input.shape.join('x')}), vec (${vec.shape[0]})`,
    );
  }
  return composed('MvBackward0', mm(input, vec.unsqueeze(1)).squeeze(1));
});

/**
 * Product of vectors, matrices or batches of matrices, with PyTorch's rules for each number of dimensions.
 * https://pytorch.org/docs/stable/generated/torch.matmul.html
 */
export const matmul: (input: Tensor, other: Named<'other', Tensor>) => Tensor = signature(
  'matmul(input, other)',
  (input, other) => {
    const a = checkTensor('matmul', 'input', input);
    const b = checkTensor('matmul', 'other', other);
    if (a.ndim === 0 || b.ndim === 0) {
      throw new ShapeError(
        `matmul(): both arguments to matmul need to be at least 1D, but they are ${a.ndim}D and ${b.ndim}D`,
      );
    }
    if (a.ndim === 1 && b.ndim === 1) return dot(a, b);
    if (a.ndim === 2 && b.ndim === 1) return mv(a, b);
    if (a.ndim === 1 && b.ndim === 2) return composed('SqueezeBackward4', mm(a.unsqueeze(0), b).squeeze(0));
    if (a.ndim === 2 && b.ndim === 2) return mm(a, b);
    if (a.ndim === 1) return composed('SqueezeBackward1', batched(a.unsqueeze(0), b).squeeze(-2));
    if (b.ndim === 1) return composed('SqueezeBackward1', batched(a, b.unsqueeze(1)).squeeze(-1));
    return batched(a, b);
  },
);

function batched(a: Tensor, b: Tensor): Tensor {
  const [n, k] = a.shape.slice(-2);
  const [k2, m] = b.shape.slice(-2);
  if (k !== k2)
    throw a.ndim === 2 || b.ndim === 2
      ? mismatch('matmul', foldedShape(a), foldedShape(b))
      : matmulShapes('matmul', a, b);
  // one matrix on the right: the batch is just more rows
  if (b.ndim === 2) {
    const rows = a.reshape([numelOf(a.shape.slice(0, -1)), k]);
    return composed('UnsafeViewBackward0', mm(rows, b).reshape([...a.shape.slice(0, -1), m]));
  }
  const lead = broadcastShapes('matmul', a.shape.slice(0, -2), b.shape.slice(0, -2));
  const batch = numelOf(lead);
  const left = asBatch(a.expand([...lead, n, k]), batch);
  const right = asBatch(b.expand([...lead, k, m]), batch);
  return composed('UnsafeViewBackward0', bmm(left, right).reshape([...lead, n, m]));
}

/** With one batch dimension. Transposed matrices that have to be copied stay transposed: rows are copied much faster. */
function asBatch(x: Tensor, batch: number): Tensor {
  const [n, k] = x.shape.slice(-2);
  const transposedRows = x.stride(-1) !== 1 && x.stride(-2) === 1;
  return transposedRows && !batchIsOne(x) ? x.mT.reshape([batch, k, n]).mT : x.reshape([batch, n, k]);
}

/** Whether the batch dimensions lie in memory as one. */
function batchIsOne({ shape, strides }: Tensor): boolean {
  for (let d = 0; d < shape.length - 3; d++) if (strides[d] !== strides[d + 1] * shape[d + 1]) return false;
  return true;
}

const foldedShape = (x: Tensor): Shape =>
  x.ndim === 2 ? x.shape : [numelOf(x.shape.slice(0, -1)), x.shape[x.ndim - 1]];

const addmmOp: Op<[input: Tensor, weight: Tensor, bias: Tensor], Tensor> = defineOp('addmm', {
  forward(ctx, x, weight, bias) {
    const device = checkSameDevice('linear', x, weight, bias);
    const out = allocateOutput([x.shape[0], weight.shape[0]], checkMatrixDTypes('linear', x, weight, bias), device);
    keepFactors(ctx, x, weight);
    backend(x).matmul(x, transposed(weight), bias, out);
    return out;
  },
  backward(ctx, g) {
    const [x, weight] = factors(ctx);
    const [dx, dw, db] = ctx.needs_input_grad;
    return [dx ? g.mm(weight) : null, dw ? g.t().mm(x) : null, db ? g.sum(0) : null];
  },
  formula: ['dx = g · W', 'dW = gᵀ · x', 'db = Σ g over the batch'],
});

const transposed = (w: Tensor): Tensor =>
  new Tensor(w.storage, [w.shape[1], w.shape[0]], [w.strides[1], w.strides[0]], w.offset);

export interface BiasOption {
  readonly bias?: Tensor | null;
}

/**
 * `x · Wᵀ + b`, x `[…, in]`, W `[out, in]` (or `[in]`), b `[out]`.
 * https://pytorch.org/docs/stable/generated/torch.nn.functional.linear.html
 */
export const linear: (
  input: Tensor,
  weight: Named<'weight', Tensor, BiasOption>,
  bias?: Tensor | null | BiasOption,
) => Tensor = signature('linear(input, weight, bias?)', (input, weight, given) => {
  checkTensor('linear', 'input', input);
  checkTensor('linear', 'weight', weight);
  const b = given === undefined || given === null ? null : checkTensor('linear', 'bias', given);
  if (weight.ndim === 1) return b === null ? matmul(input, weight) : matmul(input, weight).add(b);
  if (input.ndim === 0 || weight.ndim !== 2) throw matmulShapes('linear', input, weight);
  const features = input.shape[input.ndim - 1];
  const rows = numelOf(input.shape.slice(0, -1));
  if (features !== weight.shape[1]) throw mismatch('linear', [rows, features], [weight.shape[1], weight.shape[0]]);
  const x = input.ndim === 2 ? input : input.reshape([rows, features]);
  const shape = [...input.shape.slice(0, -1), weight.shape[0]];
  let y: Tensor;
  if (b === null) y = mm(x, weight.t());
  else if (b.ndim === 1 && b.shape[0] === weight.shape[0]) y = addmmOp(x, weight, b);
  else y = mm(x, weight.t()).add(b);
  return input.ndim === 2 ? y : y.reshape(shape);
});
