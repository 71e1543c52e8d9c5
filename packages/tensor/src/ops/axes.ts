/** Dimensions moved, split and added; views where PyTorch has views. https://pytorch.org/docs/stable/generated/torch.movedim.html */
import { checkInteger } from '../arguments.js';
import { checkInplace, requiresGrad, setHistory } from '../autograd/history.js';
import { defineOp, type Op } from '../autograd/op.js';
import { ShapeError } from '../errors.js';
import { broadcastShapes, checkSizes, inferSize, type Shape, showShape, wrapDim, wrapDims } from '../shape.js';
import { signature } from '../signature.js';
import { Tensor } from '../tensor.js';
import { allocate, backend, checkTensor } from './kernel.js';
import { squeeze, type TransposeOptions, t, transpose, unsqueeze } from './view.js';
import { windowOn } from './window.js';

export interface MovedimOptions {
  readonly source?: number | readonly number[];
  readonly destination?: number | readonly number[];
}

type Movedim = (
  input: Tensor,
  source: number | readonly number[] | MovedimOptions,
  destination?: number | readonly number[] | MovedimOptions,
) => Tensor;

const moving = (op: string): Movedim => {
  return signature<Movedim>(`${op}(input, source, destination)`, (input, s, d) => {
    const rank = checkTensor(op, 'input', input).ndim;
    const [from, to] = [s, d].map((x) => (Array.isArray(x) ? x : [x]).map((v) => checkInteger(op, 'source', v)));
    if (from.length !== to.length) {
      throw new ShapeError(
        `${op}(): Invalid source or destination dims: source (${showShape(from)} dims) should contain the same number of dims as destination (${showShape(to)} dims)`,
      );
    }
    const sources = from.length === 0 ? [] : wrapDims(op, from, rank);
    const targets = to.length === 0 ? [] : wrapDims(op, to, rank);
    const rest = input.shape.map((_, i) => i).filter((i) => !sources.includes(i));
    const order = input.shape.map((_, i) =>
      targets.includes(i) ? sources[targets.indexOf(i)] : (rest.shift() as number),
    );
    return input.permute(order);
  });
};

/** Dimensions moved to other places, the others in their old order. https://pytorch.org/docs/stable/generated/torch.movedim.html */
export const movedim: Movedim = moving('movedim');
/** Another name of {@link movedim}. */
export const moveaxis: Movedim = moving('moveaxis');

export interface SwapaxesOptions {
  readonly axis0?: number;
  readonly axis1?: number;
}

/** Another name of `transpose`. https://pytorch.org/docs/stable/generated/torch.swapaxes.html */
export const swapaxes: (input: Tensor, axis0: number | SwapaxesOptions, axis1?: number | SwapaxesOptions) => Tensor =
  signature('swapaxes(input, axis0, axis1)', (input, a, b) => transpose(input, a as number, b as number));

/** Another name of `transpose`. https://pytorch.org/docs/stable/generated/torch.swapdims.html */
export const swapdims: (input: Tensor, dim0: number | TransposeOptions, dim1?: number | TransposeOptions) => Tensor =
  signature('swapdims(input, dim0, dim1)', (input, dim0, dim1) => transpose(input, dim0, dim1));

/** One dimension, as a view. https://pytorch.org/docs/stable/generated/torch.ravel.html */
export const ravel: (input: Tensor) => Tensor = signature('ravel(input)', (input) =>
  checkTensor('ravel', 'input', input).reshape(-1),
);

export interface UnflattenOptions {
  readonly dim?: number;
  readonly sizes?: readonly number[];
}

/** A dimension split into several; one size may be −1. https://pytorch.org/docs/stable/generated/torch.unflatten.html */
export const unflatten: (
  input: Tensor,
  dim: number | UnflattenOptions,
  sizes?: readonly number[] | UnflattenOptions,
) => Tensor = signature('unflatten(input, dim, sizes)', (input, d, s) => {
  checkTensor('unflatten', 'input', input);
  const at = wrapDim('unflatten', checkInteger('unflatten', 'dim', d), input.ndim);
  if (!Array.isArray(s) || s.length === 0) throw new ShapeError('unflatten: sizes must be non-empty');
  const parts = (s as number[]).slice();
  const size = input.shape[at] ?? 1;
  const product = parts.reduce((a, b) => a * b, 1);
  if (!parts.includes(-1) && product !== size) {
    throw new ShapeError(
      `unflatten: Provided sizes ${showShape(parts)} don't multiply up to the size of dim ${at} (${size}) in the input tensor`,
    );
  }
  return input.view(input.shape.toSpliced(at, 1, ...inferSize('unflatten', parts, size)));
});

type AtLeast = (...tensors: Tensor[] | [readonly Tensor[]]) => Tensor | Tensor[];

/** One tensor gives one, an array of them an array. */
const atLeast = (op: string, widen: (x: Tensor) => Tensor): AtLeast => {
  return (...tensors) => {
    const [first] = tensors;
    if (tensors.length === 1 && first instanceof Tensor) return widen(first);
    const list = (Array.isArray(first) ? first : tensors) as Tensor[];
    return list.map((x, i) => widen(checkTensor(op, `tensors[${i}]`, x)));
  };
};

/** Views of at least one dimension. https://pytorch.org/docs/stable/generated/torch.atleast_1d.html */
export const atleast_1d: AtLeast = atLeast('atleast_1d', (x) => (x.ndim === 0 ? x.reshape(1) : x));
/** Views of at least two dimensions. https://pytorch.org/docs/stable/generated/torch.atleast_2d.html */
export const atleast_2d: AtLeast = atLeast('atleast_2d', (x) =>
  x.ndim === 0 ? x.reshape(1, 1) : x.ndim === 1 ? x.unsqueeze(0) : x,
);
/** Views of at least three dimensions. https://pytorch.org/docs/stable/generated/torch.atleast_3d.html */
export const atleast_3d: AtLeast = atLeast('atleast_3d', (x) =>
  x.ndim === 0 ? x.reshape(1, 1, 1) : x.ndim === 1 ? x.unsqueeze(0).unsqueeze(-1) : x.ndim === 2 ? x.unsqueeze(-1) : x,
);

/** The shape to which shapes broadcast. https://pytorch.org/docs/stable/generated/torch.broadcast_shapes.html */
export const broadcast_shapes: (...shapes: (readonly number[] | number)[]) => number[] = signature(
  'broadcast_shapes(...shapes)',
  (...shapes) =>
    shapes
      .map((s): Shape => checkSizes('broadcast_shapes', typeof s === 'number' ? [s] : s))
      .reduce((a, b) => broadcastShapes('broadcast_shapes', a, b), [])
      .slice(),
);

/** Views of one common shape. https://pytorch.org/docs/stable/generated/torch.broadcast_tensors.html */
export const broadcast_tensors: (...tensors: Tensor[] | [readonly Tensor[]]) => Tensor[] = signature(
  'broadcast_tensors(...tensors)',
  (...tensors) => {
    const list = (Array.isArray(tensors[0]) ? tensors[0] : tensors) as Tensor[];
    list.forEach((x, i) => {
      checkTensor('broadcast_tensors', `tensors[${i}]`, x);
    });
    const shape = list.map((x) => x.shape).reduce((a, b) => broadcastShapes('broadcast_tensors', a, b), []);
    return list.map((x) => x.expand(shape));
  },
);

interface Windows {
  readonly dim: number;
  readonly size: number;
  readonly step: number;
}

const unfoldOp: Op<[input: Tensor, windows: Windows], Tensor> = defineOp<[Tensor, Windows], Tensor, [Shape, Windows]>(
  'unfold',
  {
    view: true,
    forward(ctx, x, windows) {
      ctx.state = [x.shape, windows];
      return windowsOf(x, windows);
    },
    backward: (ctx, g) => [unfoldBackward(g, ...ctx.state)],
    formula: ['dx = Σ g over the windows that show an element'],
  },
);

function windowsOf(x: Tensor, { dim, size, step }: Windows): Tensor {
  if (x.ndim === 0) return windowOn(x, [size], [1]);
  const count = Math.floor((x.shape[dim] - size) / step) + 1;
  return windowOn(
    x,
    [...x.shape.with(dim, count), size],
    [...x.strides.with(dim, x.strides[dim] * step), x.strides[dim]],
  );
}

const unfoldBackward: Op<[grad: Tensor, shape: Shape, windows: Windows], Tensor> = defineOp<
  [Tensor, Shape, Windows],
  Tensor,
  Windows
>('unfold_backward', {
  forward(ctx, g, shape, windows) {
    ctx.state = windows;
    const out = allocate(shape, g.dtype, g.device);
    backend(g).accumulate(windowsOf(out, windows), g);
    return out;
  },
  backward: (ctx, gg) => [unfoldOp(gg, ctx.state)],
  formula: ['dg = gradient in the windows'],
});

export interface TensorUnfoldOptions {
  readonly dimension?: number;
  readonly size?: number;
  readonly step?: number;
}

/**
 * Windows of `size` along a dimension, every `step`; a view in which the windows' dimension comes last.
 * https://pytorch.org/docs/stable/generated/torch.Tensor.unfold.html
 */
export const unfoldMethod: (
  input: Tensor,
  dimension: number | TensorUnfoldOptions,
  size?: number | TensorUnfoldOptions,
  step?: number | TensorUnfoldOptions,
) => Tensor = signature('unfold(input, dimension, size?, step?)', (input, d, n, by) => {
  checkTensor('unfold', 'input', input);
  const dim = wrapDim('unfold', checkInteger('unfold', 'dimension', d), input.ndim);
  const length = checkInteger('unfold', 'size', n);
  const stride = checkInteger('unfold', 'step', by);
  const most = input.shape[dim] ?? 1;
  if (length < 0) throw new ShapeError(`unfold(): size is ${length} but must be >= 0`);
  if (length > most)
    throw new ShapeError(`unfold(): maximum size for tensor at dimension ${dim} is ${most} but size is ${length}`);
  if (stride <= 0) throw new ShapeError(`unfold(): step is ${stride} but must be > 0`);
  return unfoldOp(input, { dim, size: length, step: stride });
});

type Writable = { -readonly [K in keyof Tensor]: Tensor[K] };

/**
 * A view's geometry and place in the graph, given to the tensor itself.
 * @throws AutogradError for leaves that require grad.
 */
function become(x: Tensor, look: (x: Tensor) => Tensor): Tensor {
  checkInplace(x, requiresGrad(x));
  const view = look(x);
  const target: Writable = x;
  target.shape = view.shape;
  target.strides = view.strides;
  x.versionCounter.version++;
  // without a graph, a view is renewed like any whose base has changed
  if (view.gradFn !== null) {
    setHistory(x, view.gradFn, view.outputNr);
    x.ownRare.viewVersion = x.versionCounter.version;
  }
  return x;
}

/** `transpose` in place: the tensor itself becomes the view. */
export const transpose_: typeof transpose = signature('transpose_(input, dim0, dim1)', (input, dim0, dim1) =>
  become(checkTensor('transpose_', 'input', input), (x) => transpose(x, dim0, dim1)),
);
/** `t` in place. */
export const t_: typeof t = signature('t_(input)', (input) => become(checkTensor('t_', 'input', input), t));
/** `squeeze` in place. */
export const squeeze_: typeof squeeze = signature('squeeze_(input, dim?)', (input, dim) =>
  become(checkTensor('squeeze_', 'input', input), (x) => squeeze(x, dim)),
);
/** `unsqueeze` in place. */
export const unsqueeze_: typeof unsqueeze = signature('unsqueeze_(input, dim)', (input, dim) =>
  become(checkTensor('unsqueeze_', 'input', input), (x) => unsqueeze(x, dim)),
);
