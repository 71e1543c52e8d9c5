/** PyTorch's table of schedules, and how a configuration of it runs here. */
import { type Tensor, tensor } from '@torchlet/tensor';
import { expect } from 'vitest';
import { Adam, lr_scheduler, type Optimizer, SGD } from '../src/index.js';
import { fixture } from './helpers.js';

/** A scheduler; a function among its options is `{ fn: name }`. */
export interface Spec {
  readonly type: Exclude<keyof typeof lr_scheduler, 'LRScheduler' | '_LRScheduler'>;
  readonly options: Record<string, unknown>;
  readonly schedulers?: Spec[];
}

export interface ScheduleCase {
  readonly name: string;
  readonly scheduler: Spec;
  readonly optimizer: 'SGD' | 'Adam';
  readonly options: Record<string, unknown>;
  readonly groups: Record<string, unknown>[];
  /** What each step is given: a metric, or an epoch; null for nothing. */
  readonly metrics?: (number | string)[];
  readonly epochs?: (number | null)[];
  readonly add?: [step: number, options: Record<string, unknown>];
  /** Rates of each group, at the start and after each step; momenta where they move. */
  readonly lrs: number[][];
  readonly momenta: number[][] | null;
  /** The parameters after the recorded steps. */
  readonly params: number[][][];
  readonly closed: number[][] | null;
  readonly state: Record<string, unknown>;
  readonly warned: string[];
  /** The groups half way, and how it goes on from there with `last_epoch`. */
  readonly groups_half?: Record<string, unknown>[];
  readonly resumed?: { readonly lrs: number[][]; readonly momenta: number[][] };
}

interface Table {
  readonly problem: Readonly<Record<'p' | 'c' | 't', number[][]>>;
  readonly steps: number;
  readonly half: number;
  readonly recorded: number[];
  readonly cases: ScheduleCase[];
}

export const table: Table = fixture<Table>('lr-schedulers');

/** The functions of the table, as `tools/pytorch-golden/lr_scheduler.py` has them. */
const FUNCTIONS: Record<string, (x: number) => number> = {
  harmonic: (epoch) => 1 / (epoch + 1),
  stairs: (epoch) => 0.5 ** Math.floor(epoch / 7),
  'ninety-five': () => 0.95,
  wobble: (epoch) => (epoch % 3 === 0 ? 0.9 : 1.02),
  'shrinking cycle': (x) => 1 / (1 + x),
  'shrinking batch': (x) => 1 - x / 100,
};

type Stepping = lr_scheduler.LRScheduler<[argument?: number | null]>;

function optionOf(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(optionOf);
  return typeof value === 'object' && value !== null ? FUNCTIONS[(value as { fn: string }).fn] : value;
}

export function schedulerOf({ type, options, schedulers }: Spec, optimizer: Optimizer, more: object = {}): Stepping {
  const own = Object.fromEntries(Object.entries(options).map(([key, value]) => [key, optionOf(value)]));
  const inner = schedulers?.map((each) => schedulerOf(each, optimizer));
  const args =
    type === 'ChainedScheduler'
      ? [inner, own]
      : [optimizer, { ...(inner === undefined ? {} : { schedulers: inner }), ...own, ...more }];
  return Reflect.construct(lr_scheduler[type], args) as Stepping;
}

/** A run of a configuration over two parameters with the gradient c · (p − t). */
export class ScheduledRun {
  readonly params: Tensor[];
  readonly optimizer: Optimizer;
  scheduler: Stepping;
  readonly lrs: number[][] = [];
  readonly momenta: number[][] = [];

  constructor(
    private readonly spec: ScheduleCase,
    /** What the groups have in place of their own options, and the scheduler besides its own. */
    groups: Record<string, unknown>[] = spec.groups,
    more: object = {},
    params?: readonly Tensor[],
  ) {
    const values = params?.map((p) => p.tolist()) ?? table.problem.p;
    this.params = values.map((p) => tensor(p as number[], { dtype: 'float64', requires_grad: true }));
    const inputs = groups.map((own, i) => ({ params: this.params[i], ...own }));
    this.optimizer = new (spec.optimizer === 'SGD' ? SGD : Adam)(inputs, spec.options);
    this.scheduler = schedulerOf(spec.scheduler, this.optimizer, more);
    this.note();
  }

  private note(): void {
    const groups = this.optimizer.param_groups as { lr: number; betas?: number[]; momentum?: number }[];
    this.lrs.push(groups.map(({ lr }) => lr));
    this.momenta.push(groups.map(({ betas, momentum }) => betas?.[0] ?? momentum ?? Number.NaN));
  }

  step(number: number): void {
    const { add, metrics, epochs } = this.spec;
    if (number === add?.[0]) this.optimizer.add_param_group({ params: [this.params[1]], ...add[1] });
    this.params.slice(0, this.optimizer.param_groups.length).forEach((p, i) => {
      const [c, t] = [table.problem.c[i], table.problem.t[i]].map((x) => tensor(x, { dtype: 'float64' }));
      p.grad = c.mul(p.detach().sub(t));
    });
    this.optimizer.step();
    if (metrics !== undefined) this.scheduler.step(Number(metrics[number - 1]));
    else this.scheduler.step(epochs?.[number - 1] ?? null);
    this.note();
    expect(this.scheduler.get_last_lr()).toEqual(this.lrs.at(-1));
  }

  /** Steps from one number to another, the last included. */
  steps(first: number, last: number): this {
    for (let number = first; number <= last; number++) this.step(number);
    return this;
  }
}

/** Rates and momenta are doubles: 1e-12 of the value itself, or of `scale` where a cosine comes down to 0. */
export function expectRates(actual: readonly number[][], expected: readonly number[][], what: string): void {
  expect(actual.length, what).toBe(expected.length);
  const scale = 1e-15 * Math.max(...expected.flat().map(Math.abs));
  expected.forEach((row, epoch) => {
    expect(actual[epoch].length, `${what}, epoch ${epoch}`).toBe(row.length);
    row.forEach((value, group) => {
      const off = Math.abs(actual[epoch][group] - value);
      if (!(off <= scale + 1e-12 * Math.abs(value))) {
        expect.fail(`${what}, epoch ${epoch}, group ${group}: expected ${value}, got ${actual[epoch][group]}`);
      }
    });
  });
}
