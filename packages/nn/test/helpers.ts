import { readFileSync } from 'node:fs';
import * as nn from '@torchlet/nn';
import { type Tensor, tensor } from '@torchlet/tensor';
import { expect } from 'vitest';

/** What tools/pytorch-golden/nn.py has written. */
export function fixture<T>(name: string): T {
  return JSON.parse(readFileSync(new URL(`./fixtures/${name}.json`, import.meta.url), 'utf8')) as T;
}

export interface Packed {
  readonly dtype: 'float32' | 'float64' | 'int64';
  readonly shape: number[];
  readonly data: string;
}

export function unpack({ dtype, shape, data }: Packed): Tensor {
  const bytes = Uint8Array.from(Buffer.from(data, 'base64')).buffer;
  const array = { float32: Float32Array, float64: Float64Array, int64: BigInt64Array }[dtype];
  return tensor(new array(bytes)).view(shape);
}

/** The same dtype and shape, and elements that differ by no more than `rtol` of theirs (or of the tensor's largest). */
export function expectClose(actual: Tensor, expected: Tensor, rtol = 1e-5): void {
  expect(actual.dtype).toBe(expected.dtype);
  expect(actual.shape).toEqual(expected.shape);
  const [a, e] = [[...actual.contiguous().flatten()], [...expected.flatten()]].map((list) => list.map(Number));
  const scale = Math.max(0, ...e.map(Math.abs).filter(Number.isFinite));
  for (let i = 0; i < e.length; i++) {
    if (Object.is(a[i], e[i])) continue;
    expect(Math.abs(a[i] - e[i]), `element ${i}: ${a[i]}, expected ${e[i]}`).toBeLessThanOrEqual(
      rtol * Math.max(Math.abs(e[i]), scale * 1e-2),
    );
  }
}

/** The very same objects, in the same order. (`toEqual` would compare tensors by iterating over them.) */
export function expectSame(actual: Iterable<unknown>, expected: readonly unknown[]): void {
  const list = [...actual];
  expect(list.length).toBe(expected.length);
  expect(
    list.findIndex((x, i) => x !== expected[i]),
    'the first that differs',
  ).toBe(-1);
}

export interface LayerCase {
  readonly layer: string;
  readonly args: readonly unknown[];
  readonly options: Record<string, unknown>;
}

/** The layer that a fixture describes. */
export function makeLayer({ layer, args, options }: LayerCase): nn.Module<Tensor[], unknown> {
  const type = Reflect.get(nn, layer) as new (...args: unknown[]) => nn.Module<Tensor[], unknown>;
  return Object.keys(options).length > 0 ? new type(...args, options) : new type(...args);
}

/** The network of the main example, its width and its image given. */
export class LeNet extends nn.Module {
  conv1: nn.Conv2d;
  conv2: nn.Conv2d;
  fc1: nn.Linear;
  fc2: nn.Linear;

  constructor(channels: number, image: number, hidden: number) {
    super();
    this.conv1 = new nn.Conv2d(1, channels, 3, { padding: 1 });
    this.conv2 = new nn.Conv2d(channels, 2 * channels, 3, { padding: 1 });
    this.fc1 = new nn.Linear(2 * channels * (image / 4) ** 2, hidden);
    this.fc2 = new nn.Linear(hidden, 10);
  }

  override forward(input: Tensor): Tensor {
    const { relu, max_pool2d } = nn.functional;
    let x = max_pool2d(relu(this.conv1(input)), 2);
    x = max_pool2d(relu(this.conv2(x)), 2);
    return this.fc2(relu(this.fc1(x.flatten(1))));
  }
}
