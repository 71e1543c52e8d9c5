/** The numbers that weight initialisations are scaled by. https://pytorch.org/docs/stable/nn.init.html */
import { ShapeError, type Tensor, ValueError } from '@torchlet/tensor';

export type Nonlinearity =
  | 'linear'
  | 'conv1d'
  | 'conv2d'
  | 'conv3d'
  | 'conv_transpose1d'
  | 'conv_transpose2d'
  | 'conv_transpose3d'
  | 'sigmoid'
  | 'tanh'
  | 'relu'
  | 'leaky_relu'
  | 'selu';

export type FanMode = 'fan_in' | 'fan_out';

/**
 * The factor by which a nonlinearity shrinks the standard deviation, to be undone by the weights. `param`: the slope of
 * leaky_relu, 0.01 unless given. https://pytorch.org/docs/stable/nn.init.html#torch.nn.init.calculate_gain
 */
export function calculate_gain(nonlinearity: Nonlinearity, param: number | null = null): number {
  switch (nonlinearity) {
    case 'linear':
    case 'conv1d':
    case 'conv2d':
    case 'conv3d':
    case 'conv_transpose1d':
    case 'conv_transpose2d':
    case 'conv_transpose3d':
    case 'sigmoid':
      return 1;
    case 'tanh':
      return 5 / 3;
    case 'relu':
      return Math.sqrt(2);
    case 'leaky_relu':
      return Math.sqrt(2 / (1 + slope(param) ** 2));
    case 'selu':
      return 3 / 4;
    default:
      throw new ValueError(`Unsupported nonlinearity ${String(nonlinearity satisfies never)}`);
  }
}

function slope(param: number | null): number {
  if (param === null) return 0.01;
  if (typeof param !== 'number' || Number.isNaN(param)) {
    throw new ValueError(`negative_slope ${String(param)} not a valid number`);
  }
  return param;
}

/** How many inputs an output has, and how many outputs an input: weight `[out, in, …]`. */
export function fans(weight: Tensor): Record<FanMode, number> {
  if (weight.ndim < 2) {
    throw new ShapeError('Fan in and fan out can not be computed for tensor with fewer than 2 dimensions');
  }
  const [out, into, ...field] = weight.shape;
  const area = field.reduce((product, n) => product * n, 1);
  return { fan_in: into * area, fan_out: out * area };
}

export function fanOf(weight: Tensor, mode: FanMode): number {
  if (mode !== 'fan_in' && mode !== 'fan_out') {
    throw new ValueError(`Mode ${String(mode)} not supported, please use one of ['fan_in', 'fan_out']`);
  }
  return fans(weight)[mode];
}
