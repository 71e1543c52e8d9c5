/** Running averages of gradients that do not come any more: PyTorch's to within the smallest normal number, and never below it for long. */
import { type DType, full, type Tensor, zeros } from '@torchlet/tensor';
import { describe, expect, it } from 'vitest';
import * as optim from '../src/index.js';

type Options = { readonly lr: number } & Record<string, unknown>;
type Constructor = new (params: Tensor[], options: Options) => optim.Optimizer;

/** The options with which all averages die out soon, and their factors. */
const CASES: readonly [string, Options, Readonly<Record<string, number>>][] = [
  ['SGD', { lr: 0.1, momentum: 0.5 }, { momentum_buffer: 0.5 }],
  ['RMSprop', { lr: 0.1, alpha: 0.5, momentum: 0.25, centered: true }, { square_avg: 0.5, grad_avg: 0.5 }],
  ['Adadelta', { lr: 0.1, rho: 0.5, eps: 1e-20 }, { square_avg: 0.5 }],
  ['Adam', { lr: 0.1, betas: [0.5, 0.25] }, { exp_avg: 0.5, exp_avg_sq: 0.25 }],
  ['AdamW', { lr: 0.1, betas: [0.5, 0.25] }, { exp_avg: 0.5, exp_avg_sq: 0.25 }],
  ['NAdam', { lr: 0.1, betas: [0.5, 0.25] }, { exp_avg: 0.5, exp_avg_sq: 0.25 }],
  ['RAdam', { lr: 0.1, betas: [0.5, 0.25] }, { exp_avg: 0.5, exp_avg_sq: 0.25 }],
  ['Adamax', { lr: 0.1, betas: [0.5, 0.25] }, { exp_avg: 0.5 }],
  ['Muon', { lr: 0.1, momentum: 0.5, weight_decay: 0 }, { momentum_buffer: 0.5 }],
];

/** Few elements go through a loop of JavaScript, many through vectors. */
const SIZES = [
  [1, 3],
  [20, 30],
];

/** Bits of the exponent below 1 in which there are normal numbers. */
const NORMAL: readonly [DType, number][] = [
  ['float32', 126],
  ['float64', 1022],
];

describe.each(NORMAL)('averages of %s', (dtype, bits) => {
  describe.each(CASES)('of %s', (name, options, factors) => {
    it.each(SIZES)('halve down to the smallest normal number and then are zero: %i × %i', (...shape) => {
      const p = full(shape, 2, { dtype, requires_grad: true });
      const optimizer = new (optim as unknown as Record<string, Constructor>)[name]([p], options);
      p.grad = full(shape, 1, { dtype });
      optimizer.step();
      const state = optimizer.state.get(p) as unknown as Record<string, Tensor>;
      const first = Object.keys(factors).map((key) => state[key].tolist() as number[][]);
      p.grad = zeros(shape, { dtype });
      for (let step = 1; step <= bits + 4; step++) {
        optimizer.step();
        if (step % 100 !== 0 && step < bits - 4) continue;
        Object.entries(factors).forEach(([key, factor], i) => {
          const wanted = first[i].flat().map((x) => x * factor ** step);
          const found = (state[key].tolist() as number[][]).flat();
          for (let k = 0; k < wanted.length; k++) {
            // PyTorch goes on to half of the least number that there is
            expect(Math.abs(found[k] - wanted[k])).toBeLessThanOrEqual(Math.max(1e-6 * wanted[k], 2 ** -bits));
            if (wanted[k] < 2 ** (-bits - 2)) expect(found[k]).toBe(0);
          }
        });
      }
      expect((p.tolist() as number[][]).flat().every(Number.isFinite)).toBe(true);
    });
  });
});

describe('a gradient that comes again', () => {
  it('finds the average as if it had always been zero', () => {
    const [p, q] = [1, 1].map((x) => full([400], x, { requires_grad: true }));
    const dead = new optim.SGD([p], { lr: 0.5, momentum: 0.5 });
    p.grad = full([400], 2 ** -100);
    dead.step();
    p.grad = zeros([400]);
    for (let step = 0; step < 40; step++) dead.step();
    p.grad = full([400], 0.25);
    dead.step();
    const fresh = new optim.SGD([q], { lr: 0.5, momentum: 0.5 });
    q.grad = full([400], 0.25);
    fresh.step();
    expect(p.tolist()).toEqual(q.tolist());
    expect(dead.state.get(p)?.momentum_buffer?.tolist()).toEqual(fresh.state.get(q)?.momentum_buffer?.tolist());
  });
});

describe.each(NORMAL)('centered RMSprop of %s', (dtype, bits) => {
  // the second one's square_avg falls below the smallest normal number while the square of its grad_avg is still above zero
  describe.each([2 ** -4, 2 ** (-bits / 2 + 3)])('after a gradient of %f', (size) => {
    it.each(SIZES)('stands still, and begins anew when a gradient comes again: %i × %i', (...shape) => {
      const [p, q] = [1, 1].map((x) => full(shape, x, { dtype, requires_grad: true }));
      const options = { lr: 0.25, alpha: 0.5, centered: true };
      const dead = new optim.RMSprop([p], options);
      p.grad = full(shape, size, { dtype });
      dead.step();
      const before = p.tolist();
      p.grad = zeros(shape, { dtype });
      for (let step = 0; step < bits + 4; step++) dead.step();
      expect(p.tolist()).toEqual(before);
      for (const t of [p, q]) t.data = full(shape, 1, { dtype });
      const fresh = new optim.RMSprop([q], options);
      for (const t of [p, q]) t.grad = full(shape, 0.25, { dtype });
      for (const optimizer of [dead, fresh]) optimizer.step();
      expect(p.tolist()).toEqual(q.tolist());
      expect(dead.state.get(p)?.grad_avg?.tolist()).toEqual(fresh.state.get(q)?.grad_avg?.tolist());
    });
  });
});

describe('an average of squares without eps beside it', () => {
  const cases: readonly [string, Options][] = [
    ['RMSprop', { lr: 0.1, alpha: 0.5, eps: 0 }],
    ['Adadelta', { lr: 0.1, rho: 0.75, eps: 0 }],
    ['Adam', { lr: 0.1, betas: [0.5, 0.75], eps: 0 }],
    ['NAdam', { lr: 0.1, betas: [0.5, 0.75], eps: 0 }],
    ['RAdam', { lr: 0.1, betas: [0.5, 0.75], eps: 0 }],
  ];
  it.each(cases.flatMap(([name, options]) => [8, 700].map((size) => [name, size, options] as const)))(
    'of %s divides as long as PyTorch lets it, %i elements',
    (name, size, options) => {
      const p = full([size], 2, { requires_grad: true });
      const optimizer = new (optim as unknown as Record<string, Constructor>)[name]([p], options);
      p.grad = full([size], 2 ** -60);
      optimizer.step();
      p.grad = zeros([size]);
      // so long that the average is below the smallest normal number, and not yet at the least of all
      for (let step = 0; step < 20; step++) optimizer.step();
      expect(new Set((p.tolist() as number[]).map(Number.isFinite))).toEqual(new Set([true]));
      const state = optimizer.state.get(p) as unknown as Record<string, Tensor>;
      const [square] = (state.square_avg ?? state.exp_avg_sq).tolist() as number[];
      expect(square).toBeGreaterThan(0);
      expect(square).toBeLessThan(2 ** -126);
    },
  );
});
