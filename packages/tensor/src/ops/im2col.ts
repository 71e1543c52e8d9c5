import { defineOp, type Op } from '../autograd/op.js';
import { ShapeError, ValueError } from '../errors.js';
import { type Shape, showShape } from '../shape.js';
import { signature } from '../signature.js';
import type { Tensor } from '../tensor.js';
import { allocate, backend, checkTensor } from './kernel.js';
import { pad } from './pad.js';
import { pairOf } from './pairs.js';
import { windowOn } from './window.js';

type Pair = readonly [number, number];

interface Blocks {
  readonly kernel: Pair;
  readonly dilation: Pair;
  readonly stride: Pair;
}

/** How many blocks fit into an image of the given size. */
const counts = (size: Shape, { kernel, dilation, stride }: Blocks): [number, number] => {
  const along = (d: 0 | 1): number => Math.floor((size[d] - dilation[d] * (kernel[d] - 1) - 1) / stride[d]) + 1;
  return [along(0), along(1)];
};

/** `[N, C, H, W]` as overlapping windows `[N, C, kH, kW, rows, columns]`. */
function windowsOf(x: Tensor, blocks: Blocks): Tensor {
  const { kernel, dilation, stride } = blocks;
  const [n, c, h, w] = x.strides;
  return windowOn(
    x,
    [x.shape[0], x.shape[1], ...kernel, ...counts(x.shape.slice(2), blocks)],
    [n, c, h * dilation[0], w * dilation[1], h * stride[0], w * stride[1]],
  );
}

const im2col: Op<[input: Tensor, blocks: Blocks], Tensor> = defineOp<[Tensor, Blocks], Tensor, [Shape, Blocks]>(
  'im2col',
  {
    forward(ctx, x, blocks) {
      ctx.state = [x.shape, blocks];
      const windows = windowsOf(x, blocks);
      const out = allocate(windows.shape, x.dtype, x.device);
      backend(x).copy(windows, out);
      return out;
    },
    backward: (ctx, g) => [col2im(g, ...ctx.state)],
    formula: ['dx = Σ g over the blocks that show an element'],
  },
);

const col2im: Op<[input: Tensor, shape: Shape, blocks: Blocks], Tensor> = defineOp<
  [Tensor, Shape, Blocks],
  Tensor,
  Blocks
>('col2im', {
  forward(ctx, columns, shape, blocks) {
    ctx.state = blocks;
    const out = allocate(shape, columns.dtype, columns.device);
    backend(columns).accumulate(windowsOf(out, blocks), columns);
    return out;
  },
  backward: (ctx, g) => [im2col(g, ctx.state)],
  formula: ['dx = blocks of g'],
});

function readBlocks(
  op: string,
  kernel: unknown,
  dilation: unknown,
  padding: unknown,
  stride: unknown,
): Blocks & { padding: Pair } {
  const out = {
    kernel: pairOf(op, 'kernel_size', kernel),
    dilation: pairOf(op, 'dilation', dilation ?? 1),
    padding: pairOf(op, 'padding', padding ?? 0),
    stride: pairOf(op, 'stride', stride ?? 1),
  };
  for (const name of ['kernel', 'dilation', 'stride'] as const) {
    if (Math.min(...out[name]) <= 0) {
      throw new ValueError(
        `${op}(): ${name === 'kernel' ? 'kernel size' : name} should be greater than zero, but got ${showShape(out[name])}`,
      );
    }
  }
  if (Math.min(...out.padding) < 0)
    throw new ValueError(`${op}(): padding should be non-negative, but got ${showShape(out.padding)}`);
  return out;
}

const show = (name: string, value: Pair): string => `${name}=(${value.join(', ')})`;

const describe = ({ kernel, dilation, padding }: Blocks & { padding: Pair }): string =>
  [show('kernel_size', kernel), show('dilation', dilation), show('padding', padding)].join(', ');

export interface UnfoldOptions {
  readonly kernel_size?: number | readonly number[];
  readonly dilation?: number | readonly number[];
  readonly padding?: number | readonly number[];
  readonly stride?: number | readonly number[];
}

type Size = number | readonly number[];

/**
 * The blocks of `[N, C, H, W]` (or `[C, H, W]`) as columns: `[N, C · kH · kW, blocks]`.
 * https://pytorch.org/docs/stable/generated/torch.nn.functional.unfold.html
 */
export const unfold: (
  input: Tensor,
  kernel_size: Size | UnfoldOptions,
  dilation?: Size | UnfoldOptions,
  padding?: Size | UnfoldOptions,
  stride?: Size | UnfoldOptions,
) => Tensor = signature('unfold(input, kernel_size, dilation?, padding?, stride?)', (input, k, d, p, s) => {
  const op = 'unfold';
  checkTensor(op, 'input', input);
  const blocks = readBlocks(op, k, d, p, s);
  if (
    (input.ndim !== 3 && input.ndim !== 4) ||
    input.shape.some((size, i) => size === 0 && !(i === 0 && input.ndim === 4))
  ) {
    throw new ShapeError(
      `unfold(): Expected 3D or 4D (batch mode) tensor with possibly 0 batch size and other non-zero dimensions for input, but got: ${showShape(input.shape)}`,
    );
  }
  const size = input.shape.slice(-2).map((n, i) => n + 2 * blocks.padding[i]);
  const fitting = counts(size, blocks);
  if (Math.min(...fitting) < 1) {
    throw new ShapeError(
      `unfold(): Given input with spatial size (${input.shape.slice(-2).join(', ')}), ${describe(blocks)}, calculated shape of the array of sliding blocks as (${fitting.join(', ')}), but its components must be at least one.`,
    );
  }
  const images = input.ndim === 3 ? input.unsqueeze(0) : input;
  const [ph, pw] = blocks.padding;
  const columns = im2col(ph === 0 && pw === 0 ? images : pad(images, [pw, pw, ph, ph]), blocks);
  const [n, c] = images.shape;
  const flat = columns.reshape([n, c * blocks.kernel[0] * blocks.kernel[1], fitting[0] * fitting[1]]);
  return input.ndim === 3 ? flat.squeeze(0) : flat;
});

export interface FoldOptions extends UnfoldOptions {
  readonly output_size?: number | readonly number[];
}

/**
 * Columns `[N, C · kH · kW, blocks]` added up as images `[N, C, H, W]`, where blocks overlap: the adjoint of {@link unfold}.
 * https://pytorch.org/docs/stable/generated/torch.nn.functional.fold.html
 */
export const fold: (
  input: Tensor,
  output_size: Size | FoldOptions,
  kernel_size?: Size | FoldOptions,
  dilation?: Size | FoldOptions,
  padding?: Size | FoldOptions,
  stride?: Size | FoldOptions,
) => Tensor = signature(
  'fold(input, output_size, kernel_size, dilation?, padding?, stride?)',
  (input, o, k, d, p, s) => {
    const op = 'fold';
    checkTensor(op, 'input', input);
    const size = pairOf(op, 'output_size', o);
    const blocks = readBlocks(op, k, d, p, s);
    const { kernel, padding: edge } = blocks;
    if (
      (input.ndim !== 2 && input.ndim !== 3) ||
      input.shape.some((n, i) => n === 0 && !(i === 0 && input.ndim === 3))
    ) {
      throw new ShapeError(
        `fold(): Expected 2D or 3D (batch mode) tensor for input with possibly 0 batch size and non-zero dimensions for input, but got: ${showShape(input.shape)}`,
      );
    }
    const columns = input.ndim === 2 ? input.unsqueeze(0) : input;
    const [n, features, length] = columns.shape;
    if (features % (kernel[0] * kernel[1]) !== 0) {
      throw new ShapeError(
        `fold(): Expected size of input's dimension 1 to be divisible by the product of kernel_size, but got input.size(1)=${features} and ${show('kernel_size', kernel)}.`,
      );
    }
    const padded = size.map((m, i) => m + 2 * edge[i]);
    const [rows, across] = counts(padded, blocks);
    if (rows < 1 || across < 1 || rows * across !== length) {
      throw new ShapeError(
        `fold(): Given ${show('output_size', size)}, ${describe(blocks)}, ${show('stride', blocks.stride)}, expected size of input's dimension 2 to match the calculated number of sliding blocks ${rows} * ${across} = ${rows * across}, but got input.size(2)=${length}.`,
      );
    }
    const channels = features / (kernel[0] * kernel[1]);
    const images = col2im(columns.reshape([n, channels, ...kernel, rows, across]), [n, channels, ...padded], blocks);
    const inner = images.narrow(2, edge[0], size[0]).narrow(3, edge[1], size[1]);
    const out = edge[0] === 0 && edge[1] === 0 ? images : inner;
    return input.ndim === 2 ? out.squeeze(0) : out;
  },
);
