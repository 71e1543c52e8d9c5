/** `x.index(…)` and `x.index_put_([…], v)` against Python's x[…]; the helpers beside them. */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import * as torch from '../../src/index.js';

type Nested = number | boolean | Nested[];
type Part =
  | number
  | boolean
  | null
  | '...'
  | { readonly slice: [number | null, number | null, number | null] }
  | { readonly list: Nested[] }
  | { readonly tensor: Nested; readonly dtype: 'int64' | 'bool' };

interface Case {
  readonly x: number[];
  readonly index: Part[];
  readonly s: number[];
  readonly y: number[];
  readonly view: boolean;
  readonly dx: number[];
  readonly vs: number[];
  readonly z: number[];
  readonly db: number[] | null;
  readonly dv: number[] | null;
}

const path = new URL('../fixtures/index.json', import.meta.url);
const { cases } = JSON.parse(readFileSync(path, 'utf8')) as { cases: Case[] };

function partOf(p: Part): torch.TensorIndex {
  if (typeof p !== 'object' || p === null) return p;
  if ('slice' in p) return torch.slice(p.slice[0], p.slice[1] ?? null, p.slice[2]);
  if ('list' in p) return p.list;
  return torch.tensor(p.tensor, { dtype: p.dtype });
}

const numel = (shape: readonly number[]): number => shape.reduce((a, b) => a * b, 1);
const arange = (shape: readonly number[], from = 0): torch.Tensor =>
  torch
    .tensor(Array.from({ length: numel(shape) }, (_, i) => i + from))
    .reshape([...shape])
    .detach();
const cotangent = (like: torch.Tensor): torch.Tensor =>
  torch.tensor(Array.from({ length: like.numel() }, (_, i) => ((i * 7 + 3) % 11) - 5.5)).reshape([...like.shape]);
/** The elements, −0 as 0. */
const flat = (x: torch.Tensor): number[] => Array.from(x.clone().cpu().toArray(), (v) => v + 0);

/** The same elements with dimensions reversed in memory. */
const turned = (x: torch.Tensor): torch.Tensor => x.permute(2, 1, 0).clone().permute(2, 1, 0).detach();

describe.each(cases.map((c) => [JSON.stringify(c.index), c] as const))('x[%s]', (_, c) => {
  const index = (): torch.TensorIndex[] => c.index.map(partOf);

  it('reads', () => {
    for (const x of [arange(c.x), turned(arange(c.x)), arange(c.x).to('gpu')]) {
      x.requires_grad_();
      const parts = index().map((p) => (p instanceof torch.Tensor ? p.to(x.device) : p));
      const y = x.index(...parts);
      expect(y.shape).toEqual(c.s);
      expect(flat(y)).toEqual(c.y);
      expect(y.storage === x.storage).toBe(c.view);
      const [dx] = torch.autograd.grad([y], [x], [cotangent(y).to(x.device)]);
      expect(flat(dx as torch.Tensor)).toEqual(c.dx);
    }
  });

  it('writes', () => {
    for (const base of [arange(c.x), turned(arange(c.x))]) {
      const value = arange(c.vs, 100);
      // outside of a graph, where the kernels write into x itself
      const plain = base.mul(1);
      expect(plain.index_put_(index(), value)).toBe(plain);
      expect(flat(plain)).toEqual(c.z);
      base.requires_grad_();
      value.requires_grad_();
      const x = base.mul(1);
      x.index_put_(index(), value);
      expect(flat(x)).toEqual(c.z);
      const [db, dv] = torch.autograd.grad([x], [base, value], [cotangent(x)], { allow_unused: true });
      // PyTorch has no gradient at all where everything or nothing was overwritten
      expect(flat(db as torch.Tensor)).toEqual(c.db ?? Array.from({ length: numel(c.x) }, () => 0));
      expect(flat(dv as torch.Tensor)).toEqual(c.dv ?? Array.from({ length: numel(c.vs) }, () => 0));
    }
  });

  it('has right second derivatives', () => {
    const x = arange(c.x).double().div(7).requires_grad_();
    torch.autograd.gradcheck((t: torch.Tensor) => t.index(...index()), [x]);
    torch.autograd.gradgradcheck((t: torch.Tensor) => t.index(...index()), [x]);
    const value = arange(c.vs).double().div(3).requires_grad_();
    const put = (t: torch.Tensor, v: torch.Tensor): torch.Tensor => t.index_put(index(), v, { accumulate: true });
    if (c.s.length > 0 && numel(c.s) > 0) torch.autograd.gradcheck(put, [x, value]);
  });
});

describe('indexing', () => {
  const x = arange([2, 3, 4]);

  it('accumulates as often as an index occurs', () => {
    const y = torch.zeros(3);
    y.index_put_([[0, 0, 2]], torch.ones(3), true);
    expect(y.tolist()).toEqual([2, 0, 1]);
    y.index_put_([torch.slice(1, null)], 5, { accumulate: true });
    expect(y.tolist()).toEqual([2, 5, 6]);
    expect(y.index_put({ indices: [[1]], values: 0 }).tolist()).toEqual([2, 0, 6]);
    expect(y.tolist()).toEqual([2, 5, 6]);
  });

  it('slices as Python does', () => {
    const v = arange([5]);
    expect(v.index(torch.slice()).tolist()).toEqual([0, 1, 2, 3, 4]);
    expect(v.index(torch.slice(2)).tolist()).toEqual([0, 1]);
    expect(v.index(torch.slice(2, null)).tolist()).toEqual([2, 3, 4]);
    expect(v.index(torch.slice(-4, -1, 2)).tolist()).toEqual([1, 3]);
  });

  it('a mask of several dimensions stands before other parts, as in NumPy', () => {
    const mask = torch.tensor([
      [true, false, true],
      [false, true, false],
    ]);
    expect(x.index(mask, torch.slice(1, 2)).tolist()).toEqual([[1], [9], [17]]);
  });

  it('reads its errors from PyTorch', () => {
    const raises = (run: () => unknown, type: new (...args: never[]) => Error, text: string): void => {
      expect(run).toThrow(type);
      expect(run).toThrow(text);
    };
    const { ShapeError, DTypeError, ValueError } = torch;
    raises(() => torch.slice(null, null, -1), ValueError, 'step must be greater than zero');
    raises(() => torch.slice(0, 2.5), ValueError, 'slice indices must be integers or null');
    raises(() => x.index(0, 0, 0, 0), ShapeError, 'too many indices for tensor of dimension 3');
    raises(() => x.index(5), ShapeError, 'index 5 is out of bounds for dimension 0 with size 2');
    raises(() => x.index([5]), ShapeError, 'index 5 is out of bounds for dimension 0 with size 2');
    raises(() => x.index([0, 1], [0, 1, 2]), ShapeError, 'could not be broadcast together with shapes [2], [3]');
    raises(() => x.index(torch.ones(1)), DTypeError, 'tensors used as indices must be long, byte or bool tensors');
    raises(() => x.index([0.5]), DTypeError, 'tensors used as indices must be long, byte or bool tensors');
    raises(() => x.index('x' as '...'), ValueError, 'an index must be a number');
    raises(() => x.index('...', '...'), ShapeError, 'an index can only have a single ellipsis');
    raises(
      () => x.index([true, false, true]),
      ShapeError,
      'The shape of the mask [3] at index 0 does not match the shape of the indexed tensor [2, 3, 4] at index 0',
    );
    raises(() => torch.tensor(1).index(0), ShapeError, 'invalid index of a 0-dim tensor');
    raises(() => x.clone().index_put_([torch.slice(1)], torch.ones(5)), ShapeError, 'must match');
    raises(() => x.index_put_(0 as never, 1), DTypeError, "argument 'indices' must be an array");
    raises(
      () => x.requires_grad_().index_put_([0], 1),
      torch.AutogradError,
      'a view of a leaf Variable that requires grad',
    );
  });
});

describe('beside them', () => {
  it('broadcast_shapes', () => {
    expect(torch.broadcast_shapes([2, 1], [3], [])).toEqual([2, 3]);
    expect(torch.broadcast_shapes([0, 1], 3)).toEqual([0, 3]);
    expect(() => torch.broadcast_shapes([2], [3])).toThrow(torch.ShapeError);
  });

  it('views in place share the memory and keep the gradient right', () => {
    const leaf = arange([2, 3]).requires_grad_();
    const x = leaf.mul(2);
    expect(x.t_()).toBe(x);
    expect(x.shape).toEqual([3, 2]);
    expect(x.unsqueeze_(0).shape).toEqual([1, 3, 2]);
    expect(x.transpose_(1, 2).shape).toEqual([1, 2, 3]);
    expect(x.squeeze_().shape).toEqual([2, 3]);
    x.mul(arange([2, 3]))
      .sum()
      .backward();
    expect(leaf.grad?.tolist()).toEqual([
      [0, 2, 4],
      [6, 8, 10],
    ]);
    expect(() => leaf.t_()).toThrow('a leaf Variable that requires grad is being used in an in-place operation');
  });
});
