/** Tensors of draws: on the device where it draws by itself, else on the host, in the order in which PyTorch's loops draw. */
import type { RandomDraw } from '../backend/backend.js';
import { backendOf } from '../backend/devices.js';
import { allocateArray, type DType, type TypedArray } from '../dtype.js';
import { default_generator, type Generator } from '../generator.js';
import {
  checkExponential,
  checkNormal,
  checkProbabilities,
  checkProbability,
  checkRandom,
  checkUniform,
} from '../random/checks.js';
import { bernoulli, exponential, normal, randint, uniform } from '../random/distributions.js';
import { contiguousStrides, numelOf, type Shape } from '../shape.js';
import type { Device } from '../storage.js';
import { Tensor } from '../tensor.js';
import { allocateOutput, fromHost, knownElements } from './kernel.js';

type Floats = Float32Array | Float64Array;

/** A distribution; probabilities that are a tensor have the shape of what is drawn. */
export type Distribution = Exclude<RandomDraw, { kind: 'bernoulli' }> | Bernoulli;
interface Bernoulli {
  readonly kind: 'bernoulli';
  readonly p: number | Tensor;
  readonly scale: number;
}

/** Fills host memory as PyTorch's CPU does. `blocks`: the elements lie one after the other, so that normals are made in blocks. */
function fillHost(draw: Distribution, generator: Generator, out: TypedArray, dtype: DType, blocks: boolean): void {
  switch (draw.kind) {
    case 'uniform':
      uniform(generator, out as Floats, draw.from, draw.to);
      break;
    case 'normal':
      normal(generator, out as Floats, draw.mean, draw.std, blocks);
      break;
    case 'exponential':
      exponential(generator, out as Floats, draw.lambd);
      break;
    case 'integer':
      randint(generator, out, draw.low, draw.high, dtype);
      break;
    case 'bernoulli':
      bernoulli(generator, out, typeof draw.p === 'number' ? draw.p : (draw.p.toArray() as Floats));
      if (draw.scale !== 1) for (let i = 0; i < out.length; i++) out[i] *= draw.scale;
  }
}

/** @throws ValueError for what {@link fillHost} would refuse, as far as the host knows it. */
function check(draw: Distribution, dtype: DType): void {
  switch (draw.kind) {
    case 'uniform':
      checkUniform(draw.from, draw.to, dtype === 'float32');
      break;
    case 'normal':
      checkNormal(draw.std);
      break;
    case 'exponential':
      checkExponential(draw.lambd);
      break;
    case 'integer':
      checkRandom(draw.low, draw.high, dtype);
      break;
    case 'bernoulli': {
      if (typeof draw.p === 'number') checkProbability(draw.p);
      else checkProbabilities(knownElements(draw.p) ?? [], knownElements(draw.p)?.length ?? 0);
    }
  }
}

/**
 * A row-major tensor of draws. Every device but the cpu draws from a generator of its own, unless one is given.
 * @param blocks see {@link fillHost}
 */
export function drawn(
  draw: Distribution,
  generator: Generator,
  shape: Shape,
  dtype: DType,
  device: Device,
  blocks = true,
): Tensor {
  if (device !== 'cpu' && generator === default_generator) {
    check(draw, dtype);
    const out = allocateOutput(shape, dtype, device);
    if (backendOf(device).random(draw, out)) return out;
  }
  const host = allocateArray(dtype, numelOf(shape));
  fillHost(draw, generator, host, dtype, blocks);
  return fromHost(host, shape, dtype, device);
}

/** The dimensions from the largest stride to the smallest; null if they already stand so. */
function memoryOrder({ shape, strides }: Tensor): number[] | null {
  const long = shape.map((_, d) => d).filter((d) => shape[d] > 1);
  if (long.every((d, i) => i === 0 || strides[long[i - 1]] >= strides[d])) return null;
  const order = long.sort((a, b) => strides[b] - strides[a]);
  return [...order, ...shape.map((_, d) => d).filter((d) => shape[d] <= 1)];
}

/**
 * A new tensor of draws, of the shape of `x` and with its dimensions lying in memory in the same order, as
 * `torch.empty_like` makes it.
 */
export function drawLike(
  x: Tensor,
  dtype: DType,
  device: Device,
  draw: Distribution,
  generator: Generator,
  inPlace = false,
): Tensor {
  const order = memoryOrder(x);
  const blocks = inPlace ? x.is_contiguous() : order === null;
  if (order === null) return drawn(draw, generator, x.shape, dtype, device, blocks);
  const inMemory = order.map((d) => x.shape[d]);
  // the loops go through memory, not through indices
  const each = draw.kind === 'bernoulli' && typeof draw.p !== 'number' ? { ...draw, p: draw.p.permute(order) } : draw;
  const { storage } = drawn(each, generator, inMemory, dtype, device, blocks);
  const strides = Array<number>(x.ndim).fill(0);
  contiguousStrides(inMemory).forEach((stride, i) => {
    strides[order[i]] = stride;
  });
  return new Tensor(storage, x.shape, strides, 0);
}
