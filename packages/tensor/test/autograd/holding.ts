/** Holding tensors, taking the memory of all that nobody holds, and a network to do it with. */
import { allocateArray32, releaseArray } from '@torchlet/kernels';
import { expect } from 'vitest';
import * as torch from '../../src/index.js';

const F = torch.functional;

/** Remembers what tensors looked like when they were first seen. */
export class Holder {
  private readonly held: { readonly what: string; readonly t: torch.Tensor; readonly before: number[] }[] = [];

  /** Returns what it is given. */
  hold<T>(what: string, x: T): T {
    if (Array.isArray(x)) {
      x.forEach((t, i) => {
        this.hold(`${what} ${i}`, t);
      });
    } else if (isTensor(x)) this.held.push({ what, t: x, before: elementsOf(x) });
    return x;
  }

  get count(): number {
    return this.held.length;
  }

  /** Fails when one of them has changed. */
  check(): void {
    for (const { what, t, before } of this.held) {
      const after = elementsOf(t);
      const at = before.findIndex((value, i) => !Object.is(value, after[i]));
      if (at >= 0 || after.length !== before.length) {
        expect.fail(`${what} [${t.shape}] has changed: element ${at} was ${before[at]} and is ${after[at]}`);
      }
    }
  }
}

const isTensor = (x: unknown): x is torch.Tensor => x instanceof torch.Tensor;

/** A copy; of a sparse tensor, its indices and values. */
function elementsOf(t: torch.Tensor): number[] {
  return t.is_sparse ? [...elementsOf(t._indices()), ...elementsOf(t._values())] : Array.from(t.toArray());
}

/** Sizes of the blocks that tensors of the tests need. */
const SIZES = [256, 300, 512, 640, 800, 1024, 1280, 1600, 2048, 4096, 8192];

/** Writes into every block that was given back, as later steps of a program would. */
export function pressure(): void {
  const arrays = SIZES.flatMap((n) => Array.from({ length: 48 }, () => allocateArray32(Float32Array, n, false)));
  for (const array of arrays) array.fill(Number.NaN);
  for (const array of arrays) releaseArray(array);
}

/** Numbers without a pattern; [16, 32] and more, so that the memory is of the kind that is given back. */
export function leaf(seed: number, ...shape: number[]): torch.Tensor {
  torch.manual_seed(seed);
  return torch.randn(shape).requires_grad_();
}

/** Numbers to multiply a result with, so that no symmetry hides anything. */
export const weightsFor = (y: torch.Tensor): torch.Tensor =>
  torch.arange(y.numel()).to('float32').sub(7).div(y.numel()).reshape(y.shape);

/** A small network of many kinds of operations. `see` gets all that it makes on the way. */
export function network(
  [x, w, v, k]: readonly torch.Tensor[],
  see: (what: string, y: torch.Tensor) => void = () => {},
): torch.Tensor {
  const keep = (what: string, y: torch.Tensor): torch.Tensor => {
    see(what, y);
    return y;
  };
  const h = keep('linear', F.linear(x, w));
  const a = keep('tanh', h.tanh());
  const b = keep('sum of two', a.add(h));
  const c = keep('same twice', b.add(b));
  const image = keep('view', c.view(4, 4, 5, 32));
  const conv = keep('conv2d', F.conv2d(image, k, null, 1, 1));
  const pooled = keep('max_pool2d', F.max_pool2d(conv.relu(), 3, 1, 1));
  const flat = keep('flatten', pooled.flatten(1));
  const [first, second] = flat.chunk(2, 1).map((part) => keep('chunk', part));
  const mixed = keep('cat', torch.cat([second, first.mul(2)], 1));
  const rows = keep('reshape', mixed.reshape(-1, 40));
  const out = keep('matmul', rows.matmul(v));
  const soft = keep('log_softmax', F.log_softmax(out, 1));
  return keep('expanded', soft.sub(out.mean(1, { keepdim: true }).expand(out.shape)));
}

/** The network's result, and all that it made on the way to it. */
export function traced(inputs: readonly torch.Tensor[]): { readonly y: torch.Tensor; readonly seen: torch.Tensor[] } {
  const seen: torch.Tensor[] = [];
  return { y: network(inputs, (_, t) => seen.push(t)), seen };
}

/** The network's input and weights. */
export const parameters = (seed: number): torch.Tensor[] => [
  leaf(seed, 16, 32),
  leaf(seed + 1, 160, 32),
  leaf(seed + 2, 40, 20),
  leaf(seed + 3, 4, 4, 3, 3),
];
