/** Laws that hold for any shapes: chains of views, broadcasting, in-place forms. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import * as torch from '../../src/index.js';

const size = fc.integer({ min: 0, max: 3 });
const shape = fc.array(size, { minLength: 0, maxLength: 3 });
const filled = fc.array(fc.integer({ min: 1, max: 3 }), { minLength: 1, maxLength: 3 });
const numel = (s: readonly number[]): number => s.reduce((n, k) => n * k, 1);

/** Different elements, exact in float64. */
function ramp(s: readonly number[], requires_grad = true): torch.Tensor {
  const values = Float64Array.from({ length: numel(s) }, (_, i) => (((i * 5 + 2) % 13) - 6) / 8 + i / 64);
  return torch
    .tensor(values)
    .reshape([...s])
    .detach()
    .requires_grad_(requires_grad);
}

/** A view and the same made by picking elements one by one. */
interface Step {
  readonly view: (x: torch.Tensor) => torch.Tensor;
  /** Index of the input's element, for an index of the output. */
  readonly from: (index: readonly number[], s: readonly number[]) => number[];
  readonly shape: (s: readonly number[]) => number[];
  /** Whether the view is one of several that one call made. */
  readonly isListed?: boolean;
}

/** The n-th of the views that are possible for a shape. */
function stepFor(s: readonly number[], choice: number, a: number, b: number): Step {
  const d = s.length === 0 ? 0 : a % s.length;
  const e = s.length === 0 ? 0 : b % s.length;
  const options: Step[] = [
    {
      view: (x) => x.unsqueeze(d),
      from: (i) => i.toSpliced(d, 1),
      shape: () => s.toSpliced(d, 0, 1),
    },
    {
      view: (x) => x.expand(2, ...s.map(() => -1)),
      from: (i) => i.slice(1),
      shape: () => [2, ...s],
    },
    {
      view: (x) => x.squeeze(),
      from: (i) => {
        const rest = [...i];
        return s.map((k) => (k === 1 ? 0 : (rest.shift() as number)));
      },
      shape: () => s.filter((k) => k !== 1),
    },
  ];
  if (s.length > 0) {
    const swap = <T>(list: readonly T[]): T[] => list.with(d, list[e]).with(e, list[d]);
    options.push(
      { view: (x) => x.transpose(d, e), from: swap, shape: () => swap(s) },
      {
        view: (x) => x.permute(s.map((_, k) => s.length - 1 - k)),
        from: (i) => i.toReversed(),
        shape: () => s.toReversed(),
      },
    );
    if (s[d] > 0) {
      const at = b % s[d];
      options.push(
        { view: (x) => x.select(d, at), from: (i) => i.toSpliced(d, 0, at), shape: () => s.toSpliced(d, 1) },
        {
          view: (x) => x.narrow(d, at, s[d] - at),
          from: (i) => i.with(d, i[d] + at),
          shape: () => s.with(d, s[d] - at),
        },
        {
          view: (x) => x.unbind(d)[at],
          from: (i) => i.toSpliced(d, 0, at),
          shape: () => s.toSpliced(d, 1),
          isListed: true,
        },
      );
    }
  }
  return options[choice % options.length];
}

const indicesOf = (s: readonly number[]): number[][] =>
  s.reduce<number[][]>((list, k) => list.flatMap((i) => Array.from({ length: k }, (_, n) => [...i, n])), [[]]);
const flatIndex = (i: readonly number[], s: readonly number[]): number => i.reduce((sum, n, d) => sum * s[d] + n, 0);

const chain = fc.tuple(shape, fc.array(fc.tuple(fc.nat(20), fc.nat(5), fc.nat(5)), { maxLength: 5 }));

/** Applies a chain; `source` has, per element of the result, the element of the input that it is. */
function follow(
  [start, choices]: [number[], [number, number, number][]],
  x: torch.Tensor,
): { y: torch.Tensor; source: number[]; isListed: boolean } {
  let s: number[] = start;
  let y = x;
  let isListed = false;
  let trace = (i: readonly number[]): number[] => [...i];
  for (const [choice, a, b] of choices) {
    if (numel(s) > 200) break;
    const step = stepFor(s, choice, a, b);
    const [before, previous] = [s, trace];
    y = step.view(y);
    isListed ||= step.isListed === true;
    trace = (i) => previous(step.from(i, before));
    s = step.shape(s);
  }
  return { y, isListed, source: indicesOf(s).map((i) => flatIndex(trace(i), start)) };
}

const elements = (x: torch.Tensor): number[] => Array.from(x.toArray());

describe('views', () => {
  it('any chain of views shows the elements that it describes, and sends their gradients back', () => {
    fc.assert(
      fc.property(chain, (program) => {
        const x = ramp(program[0]);
        const data = elements(x);
        const { y, source } = follow(program, x);
        expect(elements(y)).toEqual(source.map((k) => data[k]));
        expect(y.storage === x.storage).toBe(true);
        const g = ramp(y.shape, false);
        const weights = elements(g);
        const expected = new Array<number>(data.length).fill(0);
        source.forEach((k, i) => {
          expected[k] += weights[i];
        });
        const [dx] = torch.autograd.grad(y, x, g);
        elements(dx as torch.Tensor).forEach((v, i) => {
          expect(v).toBeCloseTo(expected[i], 10);
        });
      }),
      { numRuns: 300 },
    );
  });

  it('an operation on a view equals the operation on its copy, with the same second derivative', () => {
    fc.assert(
      fc.property(chain, (program) => {
        const run = (copy: boolean): number[][] => {
          const x = ramp(program[0]);
          const { y } = follow(program, x);
          const z = (copy ? y.clone() : y).tanh();
          const [first] = torch.autograd.grad(z, x, ramp(z.shape, false), { create_graph: true }) as [torch.Tensor];
          const [second] = torch.autograd.grad(first, x, ramp(first.shape, false));
          return [elements(z), elements(first), elements(second as torch.Tensor)];
        };
        expect(run(false)).toEqual(run(true));
      }),
      { numRuns: 150 },
    );
  });

  it('a write through a chain of views changes exactly the elements that it shows, in values and gradients', () => {
    fc.assert(
      fc.property(chain, (program) => {
        const x = ramp(program[0]);
        const base = x.mul(2);
        const { y, source, isListed } = follow(program, base);
        if (isListed) {
          expect(() => y.mul_(3)).toThrow('the output of a function that returns multiple views');
          return;
        }
        if (new Set(source).size < source.length) {
          // several indices show one element
          expect(() => y.mul_(3)).toThrow(torch.ShapeError);
          return;
        }
        y.mul_(3);
        const shown = new Set(source);
        const factor = (i: number): number => (shown.has(i) ? 6 : 2);
        const data = elements(x);
        expect(elements(base)).toEqual(data.map((v, i) => v * factor(i)));
        expect(elements(y)).toEqual(source.map((k) => data[k] * 6));
        const g = ramp(base.shape, false);
        const [dx] = torch.autograd.grad(base, x, g, { retain_graph: true });
        expect(elements(dx as torch.Tensor)).toEqual(elements(g).map((v, i) => v * factor(i)));
        const [dy] = torch.autograd.grad(y.sum(), x);
        expect(elements(dy as torch.Tensor)).toEqual(data.map((_, i) => (shown.has(i) ? 6 : 0)));
      }),
      { numRuns: 200 },
    );
  });

  it('reshape equals view where a view is possible, and copies otherwise', () => {
    fc.assert(
      fc.property(chain, (program) => {
        const { y } = follow(program, ramp(program[0]));
        const flat = y.numel() === 0 ? y.reshape(0) : y.reshape(-1);
        expect(elements(flat)).toEqual(elements(y));
        const viewed = attempt(() => y.view(y.numel()));
        if (viewed !== null) expect(flat.storage === y.storage).toBe(true);
        else expect(flat.storage === y.storage).toBe(false);
      }),
      { numRuns: 200 },
    );
  });
});

function attempt<T>(fn: () => T): T | null {
  try {
    return fn();
  } catch (error) {
    expect(error).toBeInstanceOf(torch.ShapeError);
    return null;
  }
}

/** Two shapes that broadcast, and what they broadcast to. */
const pair = filled.chain((full) =>
  fc
    .tuple(
      fc.constant(full),
      ...[0, 1].map(() => fc.tuple(fc.nat(full.length), fc.array(fc.boolean(), { minLength: 3, maxLength: 3 }))),
    )
    .map(([s, ...cuts]) => cuts.map(([lead, ones]) => s.slice(lead).map((k, d) => (ones[d] ? 1 : k)))),
);

const BINARY: [string, (x: torch.Tensor, y: torch.Tensor) => torch.Tensor][] = [
  ['add', torch.add],
  ['sub', torch.sub],
  ['mul', torch.mul],
  ['div', (x, y) => torch.div(x, y.add(9))],
  ['maximum', torch.maximum],
  ['minimum', torch.minimum],
  ['pow', (x, y) => torch.pow(x.abs().add(1), y)],
  ['where', (x, y) => torch.where(x.gt(y), x, y)],
  ['clamp', (x, y) => torch.clamp(x, y, y.add(0.5))],
];

describe('broadcasting', () => {
  it.each(BINARY)('%s equals itself on expanded copies, in values and gradients', (_, op) => {
    fc.assert(
      fc.property(pair, ([a, b]) => {
        const run = (explicit: boolean): number[][] => {
          const [x, y] = [ramp(a), ramp(b).add(0.03125).detach().requires_grad_()];
          const full = torch.zeros(a, { dtype: 'float64' }).add(torch.zeros(b, { dtype: 'float64' })).shape;
          const z = explicit ? op(x.expand(full).clone(), y.expand(full).clone()) : op(x, y);
          const grads = torch.autograd.grad(z, [x, y], ramp(z.shape, false));
          expect(z.shape).toEqual(full);
          return [
            elements(z),
            ...grads.map((g) => elements(g as torch.Tensor).map((v) => Math.round(v * 1e9) / 1e9 + 0)),
          ];
        };
        expect(run(false)).toEqual(run(true));
      }),
      { numRuns: 60 },
    );
  });

  it('shapes that do not broadcast are errors in any order', () => {
    fc.assert(
      fc.property(filled, filled, (a, b) => {
        const fits = a.toReversed().every((k, d) => {
          const other = b.toReversed()[d];
          return other === undefined || k === 1 || other === 1 || k === other;
        });
        for (const [s, t] of [
          [a, b],
          [b, a],
        ]) {
          const run = (): torch.Tensor => torch.zeros(s).add(torch.zeros(t));
          if (fits) expect(run).not.toThrow();
          else expect(run).toThrow(torch.ShapeError);
        }
      }),
      { numRuns: 100 },
    );
  });

  it('sum_to_size undoes expand', () => {
    fc.assert(
      fc.property(pair, ([a, b]) => {
        const full = torch.zeros(a).add(torch.zeros(b)).shape;
        const x = ramp(a);
        const [g] = torch.autograd.grad(x.expand(full), x, ramp(full, false));
        expect(elements(ramp(full, false).sum_to_size(a))).toEqual(elements(g as torch.Tensor));
      }),
    );
  });
});

type Unary = 'exp' | 'log' | 'sqrt' | 'abs' | 'sign' | 'tanh' | 'sigmoid' | 'relu' | 'neg';

describe('in place, on a view, or not', () => {
  it.each<Unary>(['exp', 'log', 'sqrt', 'abs', 'sign', 'tanh', 'sigmoid', 'relu', 'neg'])('%s', (name) => {
    fc.assert(
      fc.property(filled, fc.nat(2), (s, dim) => {
        const d = dim % s.length;
        const forms: ((x: torch.Tensor) => torch.Tensor)[] = [
          (x) => x[name](),
          (x) => x.clone()[`${name}_`](),
          (x) => {
            const y = x.clone();
            y.transpose(0, d)[`${name}_`]();
            return y;
          },
        ];
        const [plain, ...others] = forms.map((form) => {
          const x = ramp(s).abs().add(0.25).detach().requires_grad_();
          const y = form(x);
          const [first] = torch.autograd.grad(y, x, ramp(s, false), { create_graph: true }) as [torch.Tensor];
          const second = first.requires_grad
            ? torch.autograd.grad(first.sum(), x, null, { allow_unused: true })[0]
            : null;
          return [elements(y), elements(first), second === null ? [] : elements(second)];
        });
        for (const other of others) {
          expect(other.slice(0, 2)).toEqual(plain.slice(0, 2));
          other[2].forEach((v, i) => {
            expect(v).toBeCloseTo(plain[2][i] ?? 0, 10);
          });
        }
      }),
      { numRuns: 25 },
    );
  });

  // each slice's result is saved, and the next write changes the memory that they share: as in PyTorch, an error
  it.each<[Unary, boolean]>([
    ['exp', false],
    ['sqrt', false],
    ['tanh', false],
    ['sigmoid', false],
    ['relu', false],
    ['log', true],
    ['abs', true],
    ['neg', true],
    ['sign', true],
  ])('%s on one slice after the other', (name, works) => {
    const x = ramp([2, 2]).abs().add(0.25).detach().requires_grad_();
    const y = x.clone();
    for (let i = 0; i < 2; i++) y.select(0, i)[`${name}_`]();
    expect(elements(y)).toEqual(elements(x[name]()));
    const run = (): number[] => elements(torch.autograd.grad(y.sum(), x)[0] as torch.Tensor);
    if (works) expect(run()).toEqual(elements(torch.autograd.grad(x[name]().sum(), x)[0] as torch.Tensor));
    else expect(run).toThrow('is at version 2; expected version 1 instead');
  });
});
