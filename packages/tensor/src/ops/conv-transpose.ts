/** Transposed convolution. https://pytorch.org/docs/stable/generated/torch.nn.functional.conv_transpose2d.html */
import { checkInteger } from '../arguments.js';
import { isFloating } from '../dtype.js';
import { DTypeError, ShapeError, ValueError } from '../errors.js';
import { showShape } from '../shape.js';
import { type Named, signature } from '../signature.js';
import type { Tensor } from '../tensor.js';
import { convInputGrad, type Pair } from './conv.js';
import { type Single, singleOf } from './conv1d.js';
import { checkSameDevice, checkSameDType, checkTensor } from './kernel.js';
import { pairOf } from './pairs.js';

export interface ConvTransposeOptions<Size> {
  readonly bias?: Tensor | null;
  readonly stride?: Size;
  readonly padding?: Size;
  /** Added to one side of the output, whose size the stride leaves open. */
  readonly output_padding?: Size;
  readonly groups?: number;
  readonly dilation?: Size;
}

interface Sizes {
  readonly stride: [number, number];
  readonly padding: [number, number];
  readonly extra: [number, number];
  readonly dilation: [number, number];
  readonly groups: number;
}

/**
 * The gradient of conv2d with respect to its input, as an operation: input `[N, C, H, W]` or `[C, H, W]`, weight
 * `[C, O / groups, kH, kW]`, bias `[O]`.
 * https://pytorch.org/docs/stable/generated/torch.nn.functional.conv_transpose2d.html
 * @throws ShapeError, DTypeError, ValueError in PyTorch's words.
 */
export const conv_transpose2d: (
  input: Tensor,
  weight: Named<'weight', Tensor, ConvTransposeOptions<Pair>>,
  bias?: Tensor | null | ConvTransposeOptions<Pair>,
  stride?: Pair | ConvTransposeOptions<Pair>,
  padding?: Pair | ConvTransposeOptions<Pair>,
  output_padding?: Pair | ConvTransposeOptions<Pair>,
  groups?: number | ConvTransposeOptions<Pair>,
  dilation?: Pair | ConvTransposeOptions<Pair>,
) => Tensor = signature(
  'conv_transpose2d(input, weight, bias?, stride?, padding?, output_padding?, groups?, dilation?)',
  (input, weight, b, s, p, e, n, d) => {
    const op = 'conv_transpose2d';
    checkRank(op, input, weight, 2);
    const y = transposed(op, input.ndim === 3 ? input.unsqueeze(0) : input, weight, (b ?? null) as Tensor | null, {
      stride: pairOf(op, 'stride', s ?? 1),
      padding: pairOf(op, 'padding', p ?? 0),
      extra: pairOf(op, 'output_padding', e ?? 0),
      dilation: pairOf(op, 'dilation', d ?? 1),
      groups: checkInteger(op, 'groups', n ?? 1),
    });
    return input.ndim === 3 ? y.squeeze(0) : y;
  },
);

/**
 * {@link conv_transpose2d} along one dimension: input `[N, C, L]` or `[C, L]`, weight `[C, O / groups, k]`.
 * https://pytorch.org/docs/stable/generated/torch.nn.functional.conv_transpose1d.html
 */
export const conv_transpose1d: (
  input: Tensor,
  weight: Named<'weight', Tensor, ConvTransposeOptions<Single>>,
  bias?: Tensor | null | ConvTransposeOptions<Single>,
  stride?: Single | ConvTransposeOptions<Single>,
  padding?: Single | ConvTransposeOptions<Single>,
  output_padding?: Single | ConvTransposeOptions<Single>,
  groups?: number | ConvTransposeOptions<Single>,
  dilation?: Single | ConvTransposeOptions<Single>,
) => Tensor = signature(
  'conv_transpose1d(input, weight, bias?, stride?, padding?, output_padding?, groups?, dilation?)',
  (input, weight, b, s, p, e, n, d) => {
    const op = 'conv_transpose1d';
    checkRank(op, input, weight, 1);
    const x = input.ndim === 2 ? input.unsqueeze(0) : input;
    const y = transposed(op, x.unsqueeze(2), weight.unsqueeze(2), (b ?? null) as Tensor | null, {
      stride: [1, singleOf(op, 'stride', s ?? 1)],
      padding: [0, singleOf(op, 'padding', p ?? 0)],
      extra: [0, singleOf(op, 'output_padding', e ?? 0)],
      dilation: [1, singleOf(op, 'dilation', d ?? 1)],
      groups: checkInteger(op, 'groups', n ?? 1),
    }).squeeze(2);
    return input.ndim === 2 ? y.squeeze(0) : y;
  },
);

function checkRank(op: string, input: Tensor, weight: Tensor, dims: number): void {
  checkTensor(op, 'input', input);
  checkTensor(op, 'weight', weight);
  if (input.ndim !== dims + 1 && input.ndim !== dims + 2) {
    throw new ShapeError(
      `Expected ${dims + 1}D (unbatched) or ${dims + 2}D (batched) input to ${op}, but got input of size: ${showShape(input.shape)}`,
    );
  }
  if (weight.ndim !== dims + 2) {
    throw new ShapeError(
      `${op}(): expected ${dims + 2}-dimensional weight, but got weight of size ${showShape(weight.shape)}`,
    );
  }
}

function transposed(op: string, x: Tensor, weight: Tensor, bias: Tensor | null, sizes: Sizes): Tensor {
  const { stride, padding, extra, dilation, groups } = sizes;
  checkSameDevice(op, x, weight, bias);
  checkSameDType(op, x, weight, bias);
  if (!isFloating(x.dtype))
    throw new DTypeError(`${op}(): not implemented for dtype ${x.dtype}, expected float32 or float64`);
  if (stride.some((v) => v <= 0)) throw new ValueError('non-positive stride is not supported');
  if (dilation.some((v) => v <= 0)) throw new ValueError('dilation should be greater than zero');
  if (padding.some((v) => v < 0)) throw new ValueError('negative padding is not supported');
  if (extra.some((v) => v < 0)) throw new ValueError('negative output_padding is not supported');
  if (groups <= 0) throw new ValueError('non-positive groups is not supported');
  if (weight.shape[0] !== x.shape[1] || x.shape[1] % groups !== 0) {
    throw new ShapeError(
      `Given transposed=1, weight of size ${showShape(weight.shape)}, expected input${showShape(x.shape)} to have ` +
        `${weight.shape[0]} channels, but got ${x.shape[1]} channels instead`,
    );
  }
  if (extra.some((v, i) => v >= stride[i] && v >= dilation[i])) {
    throw new ValueError(
      `output padding must be smaller than either stride or dilation, but got output_padding_height: ${extra[0]} ` +
        `output_padding_width: ${extra[1]} stride_height: ${stride[0]} stride_width: ${stride[1]} dilation_height: ` +
        `${dilation[0]} dilation_width: ${dilation[1]}`,
    );
  }
  const channels = weight.shape[1] * groups;
  if (bias !== null && (bias.ndim !== 1 || bias.shape[0] !== channels)) {
    throw new ShapeError(
      `Given transposed=1, weight of size ${showShape(weight.shape)}, expected bias to be 1-dimensional with ${channels} ` +
        `elements, but got bias of size ${showShape(bias.shape)} instead`,
    );
  }
  const size = [0, 1].map(
    (i) => (x.shape[2 + i] - 1) * stride[i] - 2 * padding[i] + dilation[i] * (weight.shape[2 + i] - 1) + extra[i] + 1,
  );
  if (size.some((n) => n <= 0)) {
    throw new ShapeError(
      `Given input size per channel: (${x.shape.slice(2).join(' x ')}). Calculated output size per channel: ` +
        `(${size.join(' x ')}). Output size is too small`,
    );
  }
  const y = convInputGrad(x, weight, {
    params: { stride, padding, dilation, groups },
    out: x.shape,
    x: [x.shape[0], channels, size[0], size[1]],
    weight: weight.shape,
  });
  return bias === null ? y : y.add(bias.reshape(1, -1, 1, 1));
}
