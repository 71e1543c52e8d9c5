/** The gpu's own draws: their distributions, and that a seed gives them again. */
import { describe, expect, it } from 'vitest';
import * as torch from '../src/index.js';

const F = torch.functional;
const N = 100_000;

/** Σ (observed − expected)² / expected, in standard deviations of its own distribution; of a fair sample below 4 or so. */
function chiSquare(counts: readonly number[], expected: number): number {
  const freedom = counts.length - 1;
  const statistic = counts.reduce((sum, n) => sum + (n - expected) ** 2 / expected, 0);
  return (statistic - freedom) / Math.sqrt(2 * freedom);
}

function histogram(values: readonly number[], bins: number, from = 0, to = 1): number[] {
  const counts = new Array<number>(bins).fill(0);
  for (const v of values) counts[Math.floor(((v - from) / (to - from)) * bins)]++;
  return counts;
}

/** The largest distance between the sample's distribution function and the true one, times √n; of a fair sample below 1.95. */
function kolmogorov(values: readonly number[], cdf: (x: number) => number): number {
  const sorted = Float64Array.from(values).sort();
  let largest = 0;
  sorted.forEach((v, i) => {
    const f = cdf(v);
    largest = Math.max(largest, Math.abs(f - i / sorted.length), Math.abs(f - (i + 1) / sorted.length));
  });
  return largest * Math.sqrt(sorted.length);
}

const mean = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0) / values.length;
const variance = (values: readonly number[]): number => {
  const m = mean(values);
  return mean(values.map((v) => (v - m) ** 2));
};

const onGpu = { device: 'gpu' } as const;
const list = (x: torch.Tensor): number[] => Array.from(x.to('cpu').toArray());

export function describeDraws(): void {
  describe('the gpu draws', () => {
    it('uniforms: in [0, 1), evenly, neighbours and calls independent', () => {
      torch.manual_seed(1);
      const [u, next] = [list(torch.rand(N, onGpu)), list(torch.rand(N, onGpu))];
      expect(Math.min(...u)).toBeGreaterThanOrEqual(0);
      expect(Math.max(...u)).toBeLessThan(1);
      expect(Math.abs(mean(u) - 0.5) * Math.sqrt(12 * N)).toBeLessThan(4);
      expect(Math.abs(variance(u) - 1 / 12)).toBeLessThan(0.001);
      expect(Math.abs(chiSquare(histogram(u, 500), N / 500))).toBeLessThan(4);
      expect(kolmogorov(u, (x) => x)).toBeLessThan(1.95);
      for (const other of [[...u.slice(1), u[0]], next]) {
        const pairs = u.map((a, i) => (Math.floor(a * 24) * 24 + Math.floor(other[i] * 24)) / 576);
        expect(Math.abs(chiSquare(histogram(pairs, 576), N / 576))).toBeLessThan(4);
      }
      // the low bits too
      const low = u.map((x) => (x * 2 ** 24) % 256);
      expect(Math.abs(chiSquare(histogram(low, 256, 0, 256), N / 256))).toBeLessThan(4);
    });

    it('normals, exponentials and uniforms of any range', () => {
      torch.manual_seed(2);
      const z = list(torch.empty([N], onGpu).normal_(3, 2)).map((x) => (x - 3) / 2);
      expect(Math.abs(mean(z)) * Math.sqrt(N)).toBeLessThan(4);
      expect(Math.abs(variance(z) - 1)).toBeLessThan(0.02);
      const cdf = list(torch.tensor(z).div(Math.SQRT2).erf().add(1).div(2));
      const at = new Map(z.map((v, i) => [v, cdf[i]]));
      expect(kolmogorov(z, (x) => at.get(x) as number)).toBeLessThan(1.95);
      const e = list(torch.empty([N], onGpu).exponential_(0.5));
      expect(kolmogorov(e, (x) => 1 - Math.exp(-x / 2))).toBeLessThan(1.95);
      const u = list(torch.empty([N], onGpu).uniform_(-2, 3));
      expect(kolmogorov(u, (x) => (x + 2) / 5)).toBeLessThan(1.95);
    });

    it('integers evenly, and from wide ranges on the host', () => {
      torch.manual_seed(3);
      const dice = torch.randint(-3, 4, [N], onGpu);
      expect([dice.dtype, dice.device]).toEqual(['int64', 'gpu']);
      const counts = histogram(list(dice), 7, -3, 4);
      expect(Math.abs(chiSquare(counts, N / 7))).toBeLessThan(4);
      const wide = list(torch.randint(0, 2 ** 40, [100], onGpu));
      expect(Math.max(...wide)).toBeGreaterThan(2 ** 36);
    });

    it('Bernoulli draws with one probability, or with each element its own', () => {
      torch.manual_seed(4);
      const ones = mean(list(torch.empty([N], onGpu).bernoulli_(0.3)));
      expect(Math.abs(ones - 0.3) * Math.sqrt(N / 0.21)).toBeLessThan(4);
      const p = torch.tensor([0, 0.2, 0.9, 1]).to('gpu');
      const drawn = torch.bernoulli(p.expand(N / 4, 4));
      const rates = list(drawn.mean(0));
      expect([rates[0], rates[3]]).toEqual([0, 1]);
      expect(Math.abs(rates[1] - 0.2)).toBeLessThan(0.01);
      expect(Math.abs(rates[2] - 0.9)).toBeLessThan(0.01);
    });

    it('dropout masks: zeros at the rate, the others scaled, the gradient through the same ones', () => {
      torch.manual_seed(5);
      const x = torch.ones(N, { ...onGpu, requires_grad: true });
      torch.gpu.reset_stats();
      const y = F.dropout(x, 0.2);
      y.sum().backward();
      const { uploads, readbacks, transfers_by_op } = torch.gpu.stats();
      expect({ uploads, readbacks, transfers_by_op }).toEqual({ uploads: 0, readbacks: 0, transfers_by_op: {} });
      const kept = list(y);
      expect(new Set(kept)).toEqual(new Set([0, 1.25]));
      expect(Math.abs(mean(kept) - 1)).toBeLessThan(0.01);
      expect(list(x.grad as torch.Tensor)).toEqual(kept);
      const channels = list(F.dropout2d(torch.ones(200, 5, 2, 2, onGpu), 0.5).sum([2, 3]));
      expect(new Set(channels)).toEqual(new Set([0, 8]));
    });

    it('the same under the same seed, other numbers in each call and under another', () => {
      const draw = (): number[] => list(torch.rand(8, onGpu));
      torch.manual_seed(7);
      const [first, second] = [draw(), draw()];
      expect(second).not.toEqual(first);
      torch.manual_seed(7);
      expect([draw(), draw()]).toEqual([first, second]);
      torch.gpu.manual_seed(7);
      expect(torch.gpu.initial_seed()).toBe(7);
      expect(draw()).toEqual(first);
      const state = torch.gpu.get_rng_state();
      const [third, fourth] = [draw(), draw()];
      torch.gpu.set_rng_state(state);
      expect([draw(), draw()]).toEqual([third, fourth]);
      torch.gpu.manual_seed_all(8);
      expect(draw()).not.toEqual(first);
      torch.gpu.seed();
      expect(draw()).not.toEqual(first);
    });

    it('the gpu and the cpu do not take from each other', () => {
      torch.manual_seed(9);
      const cpu = torch.rand(4).tolist();
      torch.manual_seed(9);
      torch.rand(4, onGpu);
      expect(torch.rand(4).tolist()).toEqual(cpu);
    });

    it('fork_rng puts the gpu back too, but not with an empty list of devices', () => {
      const draw = (): number[] => list(torch.rand(4, onGpu));
      torch.manual_seed(11);
      const first = draw();
      torch.manual_seed(11);
      torch.random.fork_rng(draw);
      expect(draw()).toEqual(first);
      torch.manual_seed(11);
      torch.random.fork_rng({ devices: [] }, draw);
      expect(draw()).not.toEqual(first);
    });

    it('from a generator that is given: its draws, on the host', () => {
      const draw = (device: 'cpu' | 'gpu'): number[] =>
        list(torch.rand(5, { device, generator: new torch.Generator().manual_seed(3) }));
      expect(draw('gpu')).toEqual(draw('cpu'));
    });

    it('refuses what the cpu refuses', () => {
      const x = torch.empty([4], onGpu);
      expect(() => x.uniform_(2, 1)).toThrow(/uniform_ expects to return a \[from, to\) range/);
      expect(() => x.normal_(0, -1)).toThrow('normal expects std >= 0.0, but found std -1');
      expect(() => x.exponential_(-1)).toThrow('exponential_ expects lambda >= 0.0');
      expect(() => x.bernoulli_(2)).toThrow('bernoulli_ expects p to be in [0, 1], but got p=2');
      expect(() => torch.bernoulli(torch.tensor([2]).to('gpu'))).toThrow(/Expected p_in >= 0 && p_in <= 1/);
      expect(() => x.random_(5, 5)).toThrow("random_ expects 'from' to be less than 'to'");
      expect(() => torch.gpu.set_rng_state(torch.zeros(3))).toThrow('RNG state must be a torch.ByteTensor');
    });

    it('into tensors of any layout', () => {
      torch.manual_seed(12);
      const x = torch.zeros(4, 6, onGpu);
      x.select(1, 2).uniform_(1, 2);
      const columns = list(x.amax(0));
      expect(columns[2]).toBeGreaterThan(1);
      expect(columns.filter((v) => v !== 0)).toHaveLength(1);
      expect(torch.rand_like(torch.zeros(3, 2, onGpu).t()).stride()).toEqual([1, 2]);
    });
  });
}
