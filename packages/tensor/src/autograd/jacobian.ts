/** Derivatives element by element: by central differences, and by backward passes. */
import type { Tensor } from '../tensor.js';
import { grad } from './backward.js';

/** Row-major index to the indices of the dimensions. */
export function indicesOf(shape: readonly number[], flat: number): number[] {
  const indices = new Array<number>(shape.length);
  let rest = flat;
  for (let d = shape.length - 1; d >= 0; d--) {
    indices[d] = rest % shape[d];
    rest = Math.floor(rest / shape[d]);
  }
  return indices;
}

/** One element as a tensor of its own, over the same memory and outside of the graph. */
function elementOf(x: Tensor, flat: number): Tensor {
  const offset = indicesOf(x.shape, flat).reduce((sum, i, d) => sum + i * x.strides[d], x.offset);
  return x.data.as_strided([], [], offset);
}

/** `[output][input element][output element]`: how far each output moves with each element of the input. */
export function numericalJacobian(call: () => Tensor[], input: Tensor, eps: number): number[][][] {
  const columns = call().map((): number[][] => []);
  for (let j = 0; j < input.numel(); j++) {
    const element = elementOf(input, j);
    const value = Number(element.item());
    const at = (x: number): number[][] => {
      element.fill_(x);
      return call().map((t) => Array.from(t.toArray()));
    };
    let high: number[][];
    let low: number[][];
    try {
      [high, low] = [at(value + eps), at(value - eps)];
    } finally {
      element.fill_(value);
    }
    columns.forEach((column, k) => {
      column.push(high[k].map((h, i) => (h - low[k][i]) / (2 * eps)));
    });
  }
  return columns;
}

/** `[input][output element][input element]` for one output, a backward pass per element. */
export function analyticalJacobian(output: Tensor, inputs: readonly Tensor[]): number[][][] {
  const rows = inputs.map((): number[][] => []);
  for (let i = 0; i < output.numel(); i++) {
    const direction = output.new_zeros(output.shape);
    elementOf(direction, i).fill_(1);
    const grads = grad(output, inputs, direction, { retain_graph: true, allow_unused: true });
    grads.forEach((g, k) => {
      rows[k].push(g === null ? new Array<number>(inputs[k].numel()).fill(0) : Array.from(g.toArray()));
    });
  }
  return rows;
}
