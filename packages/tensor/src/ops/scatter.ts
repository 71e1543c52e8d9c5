/** Writing at index tensors along one dimension. https://pytorch.org/docs/stable/generated/torch.Tensor.scatter_.html */
import { checkInteger } from '../arguments.js';
import { defineOp, type Op } from '../autograd/op.js';
import { convertScalar } from '../dtype.js';
import { AutogradError, DTypeError, ValueError } from '../errors.js';
import { type Shape, sameShape, wrapDim } from '../shape.js';
import { signature } from '../signature.js';
import { Tensor } from '../tensor.js';
import { checkGatherShapes, checkIndex, checkIndexType, gatherOp, padTo, scatter_add } from './indexing.js';
import { allocate, backend, checkSameDevice, checkTensor, fromHost } from './kernel.js';
import { windowOn } from './window.js';

type ScatterOp = Op<[input: Tensor, dim: number, index: Tensor, src: Tensor | number], Tensor>;

/** The numbers to write, seen in the index's shape. */
function sourceOf(x: Tensor, index: Tensor, src: Tensor | number): Tensor {
  if (src instanceof Tensor) return windowOn(src, index.shape, src.strides);
  const one = allocate([], x.dtype, x.device);
  backend(x).fill(one, src);
  return windowOn(
    one,
    index.shape,
    index.shape.map(() => 0),
  );
}

export const scatterOp: ScatterOp = defineOp<[Tensor, number, Tensor, Tensor | number], Tensor, [number, Shape | null]>(
  'scatter',
  {
    forward(ctx, x, dim, index, src) {
      ctx.state = [dim, src instanceof Tensor ? src.shape : null];
      ctx.save_for_backward(index);
      checkSameDevice('scatter', x, index, src instanceof Tensor ? src : null);
      let out = ctx.out;
      if (out === null) {
        out = allocate(x.shape, x.dtype, x.device);
        backend(x).copy(x, out);
      }
      if (index.numel() > 0) backend(x).scatter(out, dim, index, sourceOf(x, index, src));
      return out;
    },
    backward(ctx, g) {
      const [index] = ctx.saved_tensors;
      const [dim, shape] = ctx.state;
      const dx = ctx.needs_input_grad[0] ? scatterOp(g, dim, index, 0) : null;
      if (shape === null || !ctx.needs_input_grad[3]) return [dx, null, null, null];
      const picked = gatherOp(g, dim, index);
      return [dx, null, null, sameShape(shape, index.shape) ? picked : padTo(picked, shape)];
    },
    grad_name: (ctx) => `ScatterBackward${ctx.state[1] === null ? 1 : 0}`,
    formula: ['dx = g, 0 at the index', 'not differentiable', 'not differentiable', 'dsrc = g[index]'],
  },
);

export interface ScatterOptions {
  readonly dim?: number;
  readonly index?: Tensor;
  readonly src?: Tensor;
  /** A number in `src`'s place. */
  readonly value?: number;
  readonly reduce?: 'add' | 'multiply';
}

type Scatter = (
  input: Tensor,
  dim: number | ScatterOptions,
  index?: Tensor | ScatterOptions,
  src?: Tensor | number | ScatterOptions,
  options?: ScatterOptions,
) => Tensor;

interface Bound {
  readonly dim: number;
  readonly index: Tensor;
  readonly src: Tensor | number;
  readonly reduce: unknown;
}

function bind(input: Tensor, args: readonly unknown[]): Bound {
  checkTensor('scatter', 'input', input);
  const [d, i, s, reduce] = args;
  const index = checkTensor('scatter', 'index', i);
  const dim = wrapDim('scatter', checkInteger('scatter', 'dim', d), input.ndim);
  checkIndexType('scatter', index);
  const src =
    typeof s === 'number' || typeof s === 'boolean'
      ? convertScalar('scatter', s, input.dtype)
      : checkTensor('scatter', 'src', s);
  if (src instanceof Tensor && src.dtype !== input.dtype) {
    throw new DTypeError(
      `scatter(): Expected self.dtype to be equal to src.dtype, got ${input.dtype} and ${src.dtype}`,
    );
  }
  if (reduce !== undefined && reduce !== null && reduce !== 'add' && reduce !== 'multiply') {
    throw new ValueError(`scatter(): reduce argument must be either add or multiply, got ${String(reduce)}`);
  }
  if (index.numel() > 0) {
    checkGatherShapes('scatter', input, index, dim);
    if (src instanceof Tensor) checkGatherShapes('scatter', src, index, -1);
    checkIndex('scatter', index, dim, input.shape[dim] ?? 1);
  }
  return { dim, index, src, reduce: reduce ?? null };
}

/** PyTorch has no derivative for it either. */
function reduced(input: Tensor, { dim, index, src, reduce }: Bound): Tensor {
  if (input.requires_grad || (src instanceof Tensor && src.requires_grad)) {
    throw new AutogradError(
      `scatter(): the derivative for scatter with reduce='${String(reduce)}' is not implemented; detach() the operands`,
    );
  }
  const source = sourceOf(input, index, src);
  if (reduce === 'add') return scatter_add(input, dim, index, source);
  const data = input.toArray('scatter with reduce').slice();
  const places = fromHost(
    Float64Array.from(data, (_, i) => i),
    input.shape,
    'int64',
    'cpu',
  );
  if (index.numel() > 0) {
    const targets = gatherOp(places, dim, index.to('cpu')).toArray();
    const factors = source.toArray('scatter with reduce');
    for (let i = 0; i < targets.length; i++) data[targets[i]] *= factors[i];
  }
  return fromHost(data, input.shape, input.dtype, input.device);
}

/**
 * `input` with `src` (a tensor or a number) written at `index` along `dim`; the last of several for one place wins.
 * `reduce`: 'add' or 'multiply' instead, without gradients. https://pytorch.org/docs/stable/generated/torch.scatter.html
 */
export const scatter: Scatter = signature('scatter(input, dim, index, src|value, *, reduce?)', (input, ...args) => {
  const bound = bind(input, args);
  return bound.reduce === null ? scatterOp(input, bound.dim, bound.index, bound.src) : reduced(input, bound);
});

/** `scatter` in place. */
export const scatter_: Scatter = signature('scatter_(input, dim, index, src|value, *, reduce?)', (input, ...args) => {
  const bound = bind(input, args);
  return bound.reduce === null
    ? scatterOp.inplace(input, bound.dim, bound.index, bound.src)
    : input.copy_(reduced(input, bound));
});
