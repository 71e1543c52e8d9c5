/** Attention as one kernel against the products and the softmax of which it is made, each of which PyTorch's numbers have proven. */
import { describe, expect, it } from 'vitest';
import * as torch from '../../src/index.js';

const F = torch.functional;

type Options = { is_causal?: boolean; attn_mask?: torch.Tensor; scale?: number };

/** The definition in PyTorch's documentation. */
function reference(q: torch.Tensor, k: torch.Tensor, v: torch.Tensor, options: Options): torch.Tensor {
  const [rows, columns] = [q.size(-2), k.size(-2)];
  let scores = q.matmul(k.transpose(-2, -1)).mul(options.scale ?? 1 / Math.sqrt(q.size(-1)));
  const mask = options.is_causal === true ? torch.ones(rows, columns, { dtype: 'bool' }).tril() : options.attn_mask;
  if (mask?.dtype === 'bool') scores = scores.masked_fill(mask.logical_not(), Number.NEGATIVE_INFINITY);
  else if (mask !== undefined) scores = scores.add(mask);
  return scores.softmax(-1).matmul(v);
}

/** Query, key and value as parts of one projection, `[B, T, 3 · H · E]`. */
function packed(dtype: torch.DType, B: number, T: number, H: number, E: number): torch.Tensor[] {
  const x = torch.randn(B, T, 3 * H * E, { dtype, requires_grad: true });
  const parts = x.split(H * E, 2).map((part) => part.view(B, T, H, E).transpose(1, 2));
  return [x, ...parts];
}

function compare(
  leaves: readonly torch.Tensor[],
  [q, k, v]: readonly torch.Tensor[],
  options: Options,
  tolerance: number,
): torch.Tensor {
  const y = F.scaled_dot_product_attention(q, k, v, options);
  const want = reference(q, k, v, options);
  const g = torch.randn(want.shape, { dtype: q.dtype });
  expect(torch.allclose(y, want, { rtol: tolerance, atol: tolerance })).toBe(true);
  const got = torch.autograd.grad(y, leaves, g, { retain_graph: true });
  const wanted = torch.autograd.grad(want, leaves, g);
  got.forEach((grad, i) => {
    expect(torch.allclose(grad as torch.Tensor, wanted[i] as torch.Tensor, { rtol: tolerance, atol: tolerance })).toBe(
      true,
    );
  });
  return y;
}

const TOLERANCES = [
  ['float32', 3e-5],
  ['float64', 1e-10],
] as const;

describe.each(TOLERANCES)('%s', (dtype, tolerance) => {
  const options: [string, (T: number) => Options][] = [
    ['plain', () => ({})],
    ['causal', () => ({ is_causal: true })],
    ['scaled', () => ({ scale: 0.3 })],
    ['with a mask of numbers', (T) => ({ attn_mask: torch.randn(T, T, { dtype }) })],
    [
      'with a mask of truth values',
      (T) => ({ attn_mask: torch.rand(2, 1, T, T).gt(0.5).logical_or(torch.eye(T).bool()) }),
    ],
    ['with a mask of one key for all', (T) => ({ attn_mask: torch.randn(2, 3, T, 1, { dtype }) })],
  ];

  it.each(options)('parts of one projection, %s', (_, make) => {
    for (const [T, E] of [
      [5, 3],
      [70, 8],
    ]) {
      torch.manual_seed(T);
      const [x, ...parts] = packed(dtype, 2, T, 3, E);
      const y = compare([x], parts, make(T), tolerance);
      // the result lies as the query does, so that joining the heads moves nothing
      expect(y.transpose(1, 2).is_contiguous()).toBe(true);
    }
  });

  it('parts that any other arrangement of one memory has', () => {
    torch.manual_seed(5);
    const orders = [
      { sizes: [2, 7, 3, 3, 4], order: [2, 0, 3, 1, 4] }, // as behind a projection
      { sizes: [2, 7, 4, 3, 3], order: [3, 0, 2, 1, 4] }, // each head with its three parts
      { sizes: [3, 2, 3, 7, 4], order: [0, 1, 2, 3, 4] }, // one behind the other
      { sizes: [2, 3, 3, 7, 4], order: [1, 0, 2, 3, 4] },
      { sizes: [2, 3, 7, 4, 3], order: [4, 0, 1, 2, 3] }, // element beside element
    ];
    for (const { sizes, order } of orders) {
      const x = torch.randn(sizes, { dtype, requires_grad: true });
      compare([x], x.permute(order).unbind(0), { is_causal: true }, tolerance);
      const [q, k, v] = x.permute(order).split(1, 0);
      compare(
        [x],
        [q, v, k].map((part) => part.squeeze(0)),
        {},
        tolerance,
      );
      compare(
        [x],
        [q, k, q].map((part) => part.squeeze(0)),
        {},
        tolerance,
      );
    }
    // parts that overlap
    const line = torch.randn(2 * 3 * 4 * 5 * 2, { dtype, requires_grad: true });
    const parts = [0, 60, 120].map((start) => line.narrow(0, start, 120).view(2, 3, 4, 5));
    compare([line], parts, {}, tolerance);
  });

  it('tensors of two, three and five dimensions', () => {
    torch.manual_seed(1);
    for (const lead of [[], [4], [2, 3, 2]]) {
      const make = (rows: number, columns: number): torch.Tensor =>
        torch.randn([...lead, rows, columns], { dtype, requires_grad: true });
      const all = [make(6, 4), make(7, 4), make(7, 5)];
      const y = compare(all, all, { attn_mask: torch.randn(6, 7, { dtype }) }, tolerance);
      expect(y.is_contiguous()).toBe(true);
      compare(all, all, { is_causal: true }, tolerance);
    }
  });

  it('expanded and strided tensors, whose rows are no rows of memory', () => {
    torch.manual_seed(2);
    const q = torch.randn(2, 3, 4, 6, { dtype, requires_grad: true });
    const k = torch.randn(2, 1, 1, 6, { dtype, requires_grad: true });
    const v = torch.randn(2, 3, 6, 5, { dtype, requires_grad: true });
    compare([q, k, v], [q, k.expand(2, 3, 5, 6), v.mT], {}, tolerance);
  });

  it('only those gradients that are wanted', () => {
    for (const wanted of [0, 1, 2]) {
      const all = [0, 1, 2].map((i) => torch.randn(1, 2, 3, 4, { dtype, requires_grad: i === wanted }));
      compare([all[wanted]], all, { is_causal: true }, tolerance);
    }
  });
});

describe('as a part of a graph', () => {
  const make = (): torch.Tensor[] =>
    [0, 1, 2].map(() => torch.randn(2, 2, 3, 2, { dtype: 'float64', requires_grad: true }));
  const masks: [string, Options][] = [
    ['plain', {}],
    ['causal', { is_causal: true }],
    [
      'masked',
      {
        attn_mask: torch.tensor([
          [true, false, true],
          [false, false, false],
          [false, true, true],
        ]),
      },
    ],
  ];

  it.each(masks)('it has first and second derivatives, %s', (_, options) => {
    torch.manual_seed(3);
    const f = (q: torch.Tensor, k: torch.Tensor, v: torch.Tensor): torch.Tensor =>
      F.scaled_dot_product_attention(q, k, v, options);
    expect(torch.autograd.gradcheck(f, make())).toBe(true);
    expect(torch.autograd.gradgradcheck(f, make())).toBe(true);
  });

  it('it has the name that PyTorch gives it, and its inputs as next functions', () => {
    const [q, k, v] = make();
    const { grad_fn } = F.scaled_dot_product_attention(q.mul(2), k, v);
    expect(grad_fn?.name()).toBe('ScaledDotProductFlashAttentionForCpuBackward0');
    expect(grad_fn?.next_functions.slice(0, 3).map(([node]) => node?.name())).toEqual([
      'MulBackward0',
      'torch::autograd::AccumulateGrad',
      'torch::autograd::AccumulateGrad',
    ]);
  });

  it('it notices what was changed in place', () => {
    for (const changed of [0, 1, 2]) {
      const inputs = make().map((x) => x.clone());
      const y = F.scaled_dot_product_attention(inputs[0], inputs[1], inputs[2]);
      inputs[changed].add_(1);
      expect(() => y.sum().backward()).toThrow(/modified by an inplace operation/);
    }
  });

  it('a learnt mask has its gradient', () => {
    const [q, k, v] = make();
    const mask = torch.randn(3, 3, { dtype: 'float64', requires_grad: true });
    compare([q, k, v, mask], [q, k, v], { attn_mask: mask }, 1e-10);
  });

  it('nobody sees a tensor change that they hold', () => {
    torch.manual_seed(4);
    const [x, q, k, v] = packed('float32', 2, 40, 2, 16);
    const held: torch.Tensor[] = [x, q, k, v];
    for (const part of [q, k, v]) part.register_hook((g) => void held.push(g));
    const y = F.scaled_dot_product_attention(q, k, v, { is_causal: true });
    held.push(y);
    const before = held.map((t) => t.detach().clone());
    for (let i = 0; i < 3; i++) y.mul(i).sum().backward(null, { retain_graph: true });
    expect(held.length).toBe(before.length + 9);
    const after = held.map((t) => t.detach().clone());
    for (let i = 0; i < 3; i++) packed('float32', 2, 40, 2, 16)[0].mul(2).sum().backward();
    y.sum().backward();
    before.forEach((t, i) => {
      expect(torch.equal(held[i], t)).toBe(true);
    });
    after.slice(0, before.length + 9).forEach((t, i) => {
      expect(torch.equal(held[i], t)).toBe(true);
    });
  });
});
