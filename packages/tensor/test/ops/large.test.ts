/**
 * Operations on tensors so large that kernels of another kind run: each case of the elementwise families, whose small
 * tensors PyTorch's numbers have proven, on many copies of its inputs at once.
 */
import { MIN_RESIDENT } from '@torchlet/kernels';
import { describe, expect, it } from 'vitest';
import * as torch from '../../src/index.js';
import { type Case, callCase, loadCases, makeArgs, titleOf } from './fixtures.js';
import { cotangent } from './runner.js';

/** Families of which nearly all operations work element by element. */
const FAMILIES = ['elementwise', 'pointwise', 'activations', 'losses'];

/** What mixes elements, or takes dimensions from the front: copies in front of them would be another question. */
const MIXES =
  /\.(softmax|softmin|log_softmax|glu|gumbel_softmax|prelu|rrelu|\w*dropout\w*|bernoulli\w*|normal_?|allclose|equal)$/;
const OTHER_LOSSES =
  /\.(mul\w+_margin_loss|multi\w+|triplet\w+|cosine_embedding_loss|nll_loss\w*|cross_entropy|ctc_loss)$/;

/** Whether copies are another question, or one whose answer does not follow from the small tensors. */
const isOther = (c: Case): boolean =>
  MIXES.test(c.fn[0]) ||
  OTHER_LOSSES.test(c.fn[0]) ||
  c.k?.reduction === 'batchmean' ||
  (c.fn[0] === 'F.gaussian_nll_loss' && new Set(makeArgs(c).tensors.map((t) => t.ndim)).size > 1);

const copiesOf = (c: Case): number => {
  const { tensors } = makeArgs(c);
  return Math.ceil((2 * MIN_RESIDENT + 3) / Math.max(1, Math.min(...tensors.map((t) => Math.max(1, t.numel())))));
};

const rankOf = (tensors: readonly torch.Tensor[]): number => Math.max(...tensors.map((t) => t.ndim));

/** The arguments with `copies` of every tensor of the greatest rank, along a new first dimension; the others broadcast. */
function multiplied(c: Case, copies: number): { args: unknown[]; tensors: torch.Tensor[] } {
  const { args, tensors } = makeArgs(c);
  const rank = rankOf(tensors);
  const replaced: torch.Tensor[] = [];
  const put = (x: unknown): unknown => {
    if (x instanceof torch.Tensor) {
      const large =
        x.ndim === rank
          ? x
              .detach()
              .expand([copies, ...x.shape])
              .clone()
          : x.detach();
      replaced.push(x.requires_grad ? large.requires_grad_() : large);
      return replaced[replaced.length - 1];
    }
    if (Array.isArray(x)) return x.map(put);
    if (typeof x === 'object' && x !== null) return Object.fromEntries(Object.entries(x).map(([k, v]) => [k, put(v)]));
    return x;
  };
  return { args: args.map(put), tensors: replaced };
}

const tensorsOf = (y: unknown): torch.Tensor[] =>
  (Array.isArray(y) ? y : [y]).filter((t): t is torch.Tensor => t instanceof torch.Tensor);

/** The small result's elements, over and over. */
function expectCopies(large: torch.Tensor, small: torch.Tensor, copies: number, what: string): void {
  expect({ shape: large.shape, dtype: large.dtype }, what).toEqual({
    shape: [copies, ...small.shape],
    dtype: small.dtype,
  });
  const want = small.toArray();
  const got = large.toArray();
  const bad = got.findIndex((v, i) => !near(v, want[i % want.length]));
  if (bad >= 0) expect.fail(`${what}: element ${bad} is ${got[bad]}, in a small tensor ${want[bad % want.length]}`);
}

function near(got: number, want: number): boolean {
  if (Object.is(got, want)) return true;
  return Math.abs(got - want) <= 1e-6 + 1e-5 * Math.abs(want);
}

function gradients(y: unknown, tensors: readonly torch.Tensor[], weights: readonly torch.Tensor[]) {
  const outputs = tensorsOf(y).filter((t) => t.requires_grad);
  const wanted = tensors.filter((t) => t.requires_grad);
  return torch.autograd.grad(outputs, wanted, weights, { allow_unused: true });
}

/** Losses that are one number: of many copies it is the same, or that often the sum. */
function expectReduced(c: Case, y: torch.Tensor, many: torch.Tensor, copies: number): number {
  const isSum = JSON.stringify([c.a, c.k]).includes('"sum"') || c.k?.size_average === false;
  expect(many.shape).toEqual([]);
  expect(near(many.item() / (isSum ? copies : 1), y.item()), `${many.item()}, small ${y.item()}`).toBe(true);
  return isSum ? 1 : 1 / copies;
}

function check(c: Case): void {
  const copies = copiesOf(c);
  const small = makeArgs(c);
  const large = multiplied(c, copies);
  const [y, many] = [callCase(c, c.fn[0], small.args), callCase(c, c.fn[0], large.args)];
  const [results, all] = [tensorsOf(y), tensorsOf(many)];
  const reduced = results.length === 1 && results[0].ndim === 0 && rankOf(small.tensors) > 0;
  const scale = reduced ? expectReduced(c, results[0].detach(), all[0].detach(), copies) : 1;
  if (!reduced) {
    results.forEach((t, i) => {
      expectCopies(all[i].detach(), t.detach(), copies, 'result');
    });
  }
  const live = results.filter((t) => t.requires_grad);
  if (live.length === 0 || !small.tensors.some((t) => t.requires_grad)) return;
  const weights = live.map(cotangent);
  const want = gradients(y, small.tensors, weights);
  const got = gradients(
    many,
    large.tensors,
    weights.map((w) => (reduced ? w : w.expand([copies, ...w.shape]))),
  );
  const rank = rankOf(small.tensors);
  want.forEach((g, i) => {
    if (g === null) expect(got[i]).toBeNull();
    else if (g.ndim === rank) expectCopies((got[i] as torch.Tensor).div(scale), g, copies, `gradient ${i}`);
    else expectCopies((got[i] as torch.Tensor).div(copies * scale).unsqueeze(0), g, 1, `gradient ${i}`);
  });
}

for (const family of FAMILIES) {
  describe(`${family} on large tensors`, () => {
    loadCases(family).forEach((c, i) => {
      if (c.error !== undefined || c.seed !== undefined || isOther(c)) return;
      const { tensors } = makeArgs(c);
      if (tensors.length === 0 || tensors.some((t) => t.numel() === 0)) return;
      it(titleOf(c, i), () => {
        check(c);
      });
    });
  });
}
