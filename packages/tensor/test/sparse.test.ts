import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import * as torch from '../src/index.js';

interface Facts {
  readonly sparse: boolean;
  readonly values: unknown;
  readonly indices?: unknown;
  readonly size?: number[];
  readonly coalesced?: boolean;
  readonly nnz?: number;
  readonly sparse_dim?: number;
  readonly dense_dim?: number;
  readonly dense?: unknown;
  readonly text?: string;
}

type Name = Exclude<keyof typeof FIXTURE, 'grads' | 'torch'>;
const FIXTURE = JSON.parse(readFileSync(new URL('./fixtures/sparse.json', import.meta.url), 'utf8')) as Record<
  string,
  Facts
> & { grads: Record<string, Facts> };

function facts(x: torch.Tensor): Facts {
  if (!x.is_sparse) return { sparse: false, values: x.tolist() };
  return {
    sparse: true,
    indices: x._indices().tolist(),
    values: x._values().tolist(),
    size: [...x.shape],
    coalesced: x.is_coalesced(),
    nnz: x._nnz(),
    sparse_dim: x.sparse_dim(),
    dense_dim: x.dense_dim(),
    dense: x.to_dense().tolist(),
    text: x.toString(),
  };
}

const long = (data: number[][]): torch.Tensor => torch.tensor(data, { dtype: 'int64' });
const rows = (): torch.Tensor =>
  torch.sparse_coo_tensor(
    long([[2, 0, 2]]),
    torch.tensor([
      [1, 2],
      [3, 4],
      [5, 6.5],
    ]),
    [4, 2],
  );
const cells = (): torch.Tensor =>
  torch.sparse_coo_tensor(
    long([
      [1, 0, 1],
      [2, 0, 2],
    ]),
    torch.tensor([1, 2, 3]),
  );
const dense = torch.arange(8, { dtype: 'float32' }).reshape(4, 2);

const CASES: Record<Name, () => torch.Tensor> = {
  rows,
  rows_coalesced: () => rows().coalesce(),
  cells,
  cells_coalesced: () => cells().coalesce(),
  one: () => torch.sparse_coo_tensor(long([[1]]), torch.tensor([1.5]), [3]),
  empty: () => torch.sparse_coo_tensor(torch.zeros(1, 0, { dtype: 'int64' }), torch.zeros(0, 2), { size: [4, 2] }),
  double: () => torch.sparse_coo_tensor(long([[1]]), torch.tensor([1.5], { dtype: 'float64' }), [3]),
  sum: () => rows().add(rows()),
  sum_alpha: () => torch.add(rows(), rows(), { alpha: -2 }),
  sum_coalesced: () => rows().coalesce().add(rows().coalesce()),
  dense_sum: () => dense.add(rows()),
  dense_sum_alpha: () => torch.add(dense, rows(), { alpha: 0.5 }),
  dense_in_place: () => dense.clone().add_(rows()),
  scaled: () => rows().mul(2),
  divided: () => rows().div(2),
  zeroed: () => rows().zero_(),
};

describe('sparse tensors, against PyTorch', () => {
  it.each(Object.keys(CASES))('%s', (name) => {
    expect(facts(CASES[name]())).toEqual(FIXTURE[name]);
  });

  it('is asked about every case of the fixture', () => {
    expect(Object.keys(CASES).sort()).toEqual(
      Object.keys(FIXTURE)
        .filter((k) => k !== 'grads' && k !== 'torch')
        .sort(),
    );
  });
});

const index = torch.tensor([2, 0, 2, 1], { dtype: 'int64' });
const weight = (): torch.Tensor => dense.clone().requires_grad_();

function use(w: torch.Tensor, how: string, padding: number | null = null): torch.Tensor {
  if (how === 'dense') return w.mul(w).sum();
  return torch.functional.embedding(index, w, { padding_idx: padding, sparse: true }).mul(dense).sum();
}

function together(hows: string[], padding: number | null = null): torch.Tensor {
  const w = weight();
  hows
    .map((how) => use(w, how, padding))
    .reduce((a, b) => a.add(b))
    .backward();
  return w.grad as torch.Tensor;
}

function oneByOne(...hows: string[]): torch.Tensor {
  const w = weight();
  for (const how of hows) use(w, how).backward();
  return w.grad as torch.Tensor;
}

describe('sparse gradients, against PyTorch', () => {
  const grads: Record<string, () => torch.Tensor> = {
    once: () => together(['sparse']),
    padding: () => together(['sparse'], 2),
    twice: () => together(['sparse', 'sparse']),
    with_dense: () => together(['sparse', 'dense']),
    dense_with: () => together(['dense', 'sparse']),
    then_sparse: () => oneByOne('sparse', 'sparse'),
    then_dense: () => oneByOne('sparse', 'dense'),
    dense_then: () => oneByOne('dense', 'sparse'),
  };

  it.each(Object.keys(FIXTURE.grads))('%s', (name) => {
    const got = facts(grads[name]());
    const expected = FIXTURE.grads[name];
    expect(got.sparse).toBe(expected.sparse);
    expect(got.sparse ? got.dense : got.values).toEqual(expected.sparse ? expected.dense : expected.values);
    expect([got.nnz, got.coalesced]).toEqual([expected.nnz, expected.coalesced]);
  });

  it('a gradient that somebody holds does not change', () => {
    const w = weight();
    use(w, 'sparse').backward();
    const held = (w.grad as torch.Tensor).clone();
    const before = held.to_dense().tolist();
    use(w, 'sparse').backward();
    expect(held.to_dense().tolist()).toEqual(before);
  });

  it('cannot be differentiated again, nor scaled by frequency', () => {
    const w = weight();
    const loss = use(w, 'sparse');
    expect(() => torch.autograd.grad(loss, w, null, { create_graph: true })).toThrow(
      new torch.AutogradError('embedding(): sparse gradients cannot be differentiated again'),
    );
    expect(() => torch.functional.embedding(index, w, { sparse: true, scale_grad_by_freq: true })).toThrow(
      new torch.ValueError('embedding_backward: scale_grad_by_freq not supported with sparse gradients'),
    );
  });
});

describe('sparse gradients that were set to zero', () => {
  const values = [1, 4, 7].map((first) => [first, first + 1, first + 2]);
  const row = (): torch.Tensor => torch.sparse_coo_tensor(long([[1, 0, 1]]), torch.tensor(values), [2, 3]);
  const empty = (): torch.Tensor => row().zero_();

  it('add nothing, whatever their sparse dimensions', () => {
    expect([empty().sparse_dim(), row().sparse_dim()]).toEqual([2, 1]);
    for (const sum of [row().add(empty()), empty().add(row()), empty().add_(row()), row().add_(empty())]) {
      expect([sum.sparse_dim(), sum._indices().tolist(), sum.is_coalesced()]).toEqual([1, [[1, 0, 1]], false]);
      expect(sum._values().tolist()).toEqual(values);
    }
    const twice = empty().add(row(), { alpha: 2 });
    expect(twice._values().tolist()).toEqual(row().mul(2)._values().tolist());
    expect(empty().add(empty())._nnz()).toBe(0);
  });

  it('share nothing with what is added to them', () => {
    const added = row();
    const sum = empty().add_(added);
    sum._values().zero_();
    expect(added._values().tolist()).toEqual(values);
  });

  it('may be told that they require no gradient', () => {
    const x = empty();
    expect(x.requires_grad_(false)).toBe(x);
    expect(() => x.requires_grad_()).toThrow(
      new torch.AutogradError('requires_grad: sparse tensors are gradients and have none themselves'),
    );
  });
});

describe('sparse tensors refuse', () => {
  const message = (op: string) => `${op}(): not supported for tensors with layout torch.sparse_coo; use to_dense()`;

  it('methods they do not have, by name', () => {
    const x = rows();
    expect(() => x.matmul(dense)).toThrow(new torch.ValueError(message('matmul')));
    expect(() => x.sum()).toThrow(new torch.ValueError(message('sum')));
    expect(() => x.mul(rows())).toThrow(new torch.ValueError(message('mul with anything but a number')));
    expect(() => x.tolist()).toThrow(new torch.ValueError(message('reading elements')));
    expect(() => torch.exp(x)).toThrow(
      new torch.ValueError("exp(): argument 'input' must not be sparse; use to_dense()"),
    );
    expect(() => dense.mul(x)).toThrow(new torch.ValueError(message('this operation')));
    expect(() => x.add_(dense)).toThrow(
      new torch.ValueError('add_(): a dense tensor cannot be added to a sparse one in place'),
    );
    expect(() => {
      x.requires_grad = true;
    }).toThrow(new torch.AutogradError('requires_grad: sparse tensors are gradients and have none themselves'));
  });

  it('indices of an uncoalesced tensor', () => {
    expect(() => rows().indices()).toThrow(
      new torch.ValueError('Cannot get indices on an uncoalesced tensor, please call .coalesce() first'),
    );
    expect(() => rows().values()).toThrow(
      new torch.ValueError('Cannot get values on an uncoalesced tensor, please call .coalesce() first'),
    );
    expect(rows().coalesce().indices().tolist()).toEqual([[0, 2]]);
    expect(rows().coalesce().values().shape).toEqual([2, 2]);
  });

  it('what does not fit', () => {
    const { sparse_coo_tensor: make, tensor } = torch;
    const fails = (fn: () => unknown, error: Error) => expect(fn).toThrow(error);
    const v = tensor([1, 2]);
    fails(
      () => make([[0]] as never, v),
      new torch.ValueError('sparse_coo_tensor(): indices and values must be Tensors'),
    );
    fails(
      () => make(tensor([[0, 1]]), v),
      new torch.DTypeError('sparse_coo_tensor(): indices must be an int64 tensor, but got float32'),
    );
    fails(
      () => make(long([[0, 1]]).select(0, 0), v),
      new torch.ShapeError('sparse_coo_tensor(): indices must be sparse_dim x nnz, but got: [2]'),
    );
    fails(
      () => make(long([[0]]), v),
      new torch.ShapeError(
        'sparse_coo_tensor(): indices and values must have same nnz, but got nnz from indices: 1, nnz from values: 2',
      ),
    );
    fails(
      () => make(long([[0, 5]]), v, [3]),
      new torch.ShapeError(
        'sparse_coo_tensor(): size is inconsistent with indices: for dim 0, size is 3 but found index 5',
      ),
    );
    fails(
      () => make(long([[0, -1]]), v, [3]),
      new torch.ValueError('sparse_coo_tensor(): found negative index -1 for dim 0'),
    );
    fails(
      () => make(long([[0, 1]]), v, [3, 3]),
      new torch.ShapeError(
        'sparse_coo_tensor(): number of dimensions must be sparse_dim (1) + dense_dim (0), but got [3, 3] for values of size [2]',
      ),
    );
    fails(
      () => dense.add(cells()),
      new torch.ShapeError("add(): expected sizes of 'self' and 'other' to match, but [4, 2] != [2, 3]"),
    );
    fails(
      () => rows().add(rows().to_dense().double()),
      new torch.DTypeError('add(): expected dtype float32 but got float64'),
    );
    fails(
      () => cells().add(make(long([[0]]), tensor([[1, 2, 3]]), [2, 3])),
      new torch.ShapeError('add(): expected sparse_dim 2, but got 1'),
    );
  });

  it.each([
    'sparse_dim',
    'dense_dim',
    '_nnz',
    '_indices',
    '_values',
    'indices',
    'values',
    'is_coalesced',
    'coalesce',
  ] as const)('%s of a dense tensor', (name) => {
    expect(() => dense[name]()).toThrow(
      new torch.ValueError(`${name}(): expected sparse tensor layout but got Strided`),
    );
    expect(dense.is_sparse).toBe(false);
    expect(dense.to_dense()).toBe(dense);
  });
});
