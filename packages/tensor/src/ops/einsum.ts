/** Einstein summation: sums of products over named dimensions. https://pytorch.org/docs/stable/generated/torch.einsum.html */
import { ShapeError, ValueError } from '../errors.js';
import { numelOf } from '../shape.js';
import { Tensor } from '../tensor.js';
import { diagonal } from './diagonal.js';
import { fromSublists, parseEquation } from './einsum-parse.js';
import { checkTensor } from './kernel.js';
import { bmm } from './matmul.js';

/** A tensor whose dimensions have names, all different. */
interface Labelled {
  readonly x: Tensor;
  readonly labels: readonly string[];
}

/** A label that occurs twice in one operand means its diagonal. */
function withoutRepeats(x: Tensor, labels: readonly string[], operand: number): Labelled {
  const again = labels.findIndex((l, i) => labels.indexOf(l) !== i);
  if (again < 0) return { x, labels };
  const first = labels.indexOf(labels[again]);
  if (x.shape[first] !== x.shape[again]) {
    throw new ShapeError(
      `einsum(): subscript ${labels[again]} is repeated for operand ${operand} but the sizes don't match, ${x.shape[again]} != ${x.shape[first]}`,
    );
  }
  const rest = labels.filter((_, i) => i !== first && i !== again);
  return withoutRepeats(diagonal(x, 0, first, again), [...rest, labels[again]], operand);
}

/** Sizes must agree; 1 fits everything. */
function checkLabels(parts: readonly Labelled[]): void {
  const sizes = new Map<string, number>();
  parts.forEach(({ x, labels }, operand) => {
    labels.forEach((label, d) => {
      const seen = sizes.get(label) ?? 1;
      const size = x.shape[d];
      if (seen !== 1 && size !== 1 && seen !== size) {
        throw new ShapeError(
          label[0] === '.'
            ? `einsum(): dimension ${d} covered by ellipsis in operand ${operand} has size ${size} which does not broadcast with previously seen ellipsis with size ${seen} for the respective dimension`
            : `einsum(): subscript ${label} has size ${size} for operand ${operand} which does not broadcast with previously seen size ${seen}`,
        );
      }
      if (size !== 1) sizes.set(label, size);
    });
  });
}

/** Dimensions that nobody needs any more are summed. */
function summed({ x, labels }: Labelled, needed: (label: string) => boolean): Labelled {
  const dims = labels.flatMap((l, d) => (needed(l) ? [] : [d]));
  return dims.length === 0 ? { x, labels } : { x: x.sum(dims), labels: labels.filter(needed) };
}

/** A dimension of size 1 that the other operand has larger is no dimension. */
function withoutOnes({ x, labels }: Labelled, other: Labelled): Labelled {
  const at = labels.findIndex((l, d) => {
    const there = other.labels.indexOf(l);
    return there >= 0 && x.shape[d] === 1 && other.x.shape[there] !== 1;
  });
  return at < 0 ? { x, labels } : withoutOnes({ x: x.squeeze(at), labels: labels.toSpliced(at, 1) }, other);
}

const sizesOf = ({ x, labels }: Labelled, of: readonly string[]): number[] => of.map((l) => x.shape[labels.indexOf(l)]);

/** Dimensions in groups, each group as one dimension. */
function grouped(part: Labelled, groups: readonly (readonly string[])[]): Tensor {
  const order = groups.flat().map((l) => part.labels.indexOf(l));
  return part.x.permute(order).reshape(groups.map((group) => numelOf(sizesOf(part, group))));
}

/** Two operands as one batch of matrix products. */
function pair(first: Labelled, second: Labelled, later: (label: string) => boolean): Labelled {
  const left = withoutOnes(first, second);
  const right = withoutOnes(second, first);
  const a = summed(left, (l) => later(l) || right.labels.includes(l));
  const b = summed(right, (l) => later(l) || left.labels.includes(l));
  const shared = a.labels.filter((l) => b.labels.includes(l));
  const batch = shared.filter(later);
  const inner = shared.filter((l) => !later(l));
  const rows = a.labels.filter((l) => !shared.includes(l));
  const columns = b.labels.filter((l) => !shared.includes(l));
  const matrices = [grouped(a, [batch, rows, inner]), grouped(b, [batch, inner, columns])] as const;
  // without a sum there is nothing to multiply matrices for
  const product = inner.length === 0 ? matrices[0].mul(matrices[1]) : bmm(...matrices);
  const shape = [...sizesOf(a, batch), ...sizesOf(a, rows), ...sizesOf(b, columns)];
  return { x: product.reshape(shape), labels: [...batch, ...rows, ...columns] };
}

/** einsum of operands and an equation that are known to be right so far. */
function contract(equation: string, operands: readonly Tensor[]): Tensor {
  const { operands: labels, output } = parseEquation(equation, operands);
  const parts = operands.map((x, i) => withoutRepeats(x, labels[i], i));
  checkLabels(parts);
  let result = parts[0];
  for (let i = 1; i < parts.length; i++) {
    const rest = parts.slice(i + 1);
    result = pair(result, parts[i], (l) => output.includes(l) || rest.some((p) => p.labels.includes(l)));
  }
  const { x, labels: left } = summed(result, (l) => output.includes(l));
  return x.permute(output.map((l) => left.indexOf(l)));
}

/**
 * Sums of products in Einstein's notation: `einsum('bij,bjk->bik', a, b)`. Any number of operands; a repeated letter in
 * one operand takes its diagonal; `...` stands for dimensions that broadcast; without `->` the letters that occur once
 * remain, in alphabetical order. Operands are multiplied from left to right. Also PyTorch's form with numbers,
 * `einsum(a, [0, 1], b, [1, 2], [0, 2])`. https://pytorch.org/docs/stable/generated/torch.einsum.html
 * @throws ValueError for what is no equation, ShapeError for operands that do not fit.
 */
export function einsum(equation: string, ...operands: Tensor[] | [readonly Tensor[]]): Tensor;
export function einsum(
  operand: Tensor,
  subscripts: readonly (number | '...')[],
  ...more: (Tensor | readonly (number | '...')[])[]
): Tensor;
export function einsum(first: string | Tensor, ...rest: unknown[]): Tensor {
  if (first instanceof Tensor) {
    const { equation, operands } = fromSublists([first, ...rest]);
    return contract(
      equation,
      operands.map((x, i) => checkTensor('einsum', `operands[${i}]`, x)),
    );
  }
  const list = rest.length === 1 && Array.isArray(rest[0]) ? (rest[0] as unknown[]) : rest;
  if (typeof first !== 'string' || list.length === 0) {
    throw new ValueError(
      'einsum(): must specify the equation string and at least one operand, or at least one operand and its subscripts list',
    );
  }
  return contract(
    first,
    list.map((x, i) => checkTensor('einsum', `operands[${i}]`, x)),
  );
}
