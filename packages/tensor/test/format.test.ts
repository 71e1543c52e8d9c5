import { readFileSync } from 'node:fs';
import { afterEach, describe, expect, it } from 'vitest';
import type { DType } from '../src/dtype.js';
import { ValueError } from '../src/errors.js';
import {
  formatTensor,
  get_printoptions,
  type PrintOptions,
  type PrintProfile,
  set_printoptions,
} from '../src/format.js';

interface Case {
  shape: number[];
  dtype: DType;
  data?: (number | string)[];
  /** The element at index i is `i * ramp[0] + ramp[1]`. */
  ramp?: [number, number];
  requires_grad?: boolean;
  grad_fn?: string;
  options?: Partial<PrintOptions> & { profile?: PrintProfile };
  expected: string;
}

const { cases } = JSON.parse(readFileSync(new URL('./fixtures/format.json', import.meta.url), 'utf8')) as {
  cases: Case[];
};

const SPECIAL: Record<string, number> = { nan: Number.NaN, inf: Infinity, '-inf': -Infinity, '-0': -0 };

function print({ data, ramp, options, expected: _, ...rest }: Case): string {
  set_printoptions({ profile: 'default', ...options });
  const [scale, start] = ramp ?? [0, 0];
  const elements = data?.map((x) => (typeof x === 'string' ? SPECIAL[x] : x));
  return formatTensor({ ...rest, data: elements ?? ((i) => i * scale + start) });
}

afterEach(() => set_printoptions({ profile: 'default' }));

describe('prints as PyTorch (tools/pytorch-golden/format.py)', () => {
  it.each(cases.map((c, i) => [i, c.shape.join('×') || 'scalar', c.dtype, c] as const))(
    '%i: %s %s',
    (_i, _s, _d, c) => {
      expect(print(c)).toBe(c.expected);
    },
  );
});

describe('what PyTorch cannot show here', () => {
  const one = { shape: [1], dtype: 'float32', data: [1] } as const;

  it('names a device other than cpu, before the dtype', () => {
    expect(formatTensor({ ...one, device: 'cpu' })).toBe('tensor([1.])');
    expect(formatTensor({ ...one, device: 'gpu:0', dtype: 'float64', requires_grad: true })).toBe(
      "tensor([1.], device='gpu:0', dtype=torch.float64, requires_grad=True)",
    );
  });

  it('indents by another prefix', () => {
    expect(formatTensor({ shape: [2, 1], dtype: 'int64', data: [1, 2], prefix: 'T' })).toBe('T([[1],\n   [2]])');
  });

  it('reads only the elements that print', () => {
    const read = new Set<number>();
    const data = (i: number): number => {
      read.add(i);
      return i;
    };
    formatTensor({ shape: [1000, 1000], dtype: 'int64', data });
    const ends = [0, 1, 2, 997, 998, 999];
    expect([...read].sort((a, b) => a - b)).toEqual(ends.flatMap((row) => ends.map((i) => row * 1000 + i)));
  });
});

describe('set_printoptions', () => {
  it('keeps what is not given, but for sci_mode', () => {
    set_printoptions({ profile: 'short', edgeitems: 7, sci_mode: true });
    expect(get_printoptions()).toEqual({ precision: 2, threshold: 1000, edgeitems: 7, linewidth: 80, sci_mode: true });
    set_printoptions({ linewidth: 100 });
    expect(get_printoptions()).toEqual({ precision: 2, threshold: 1000, edgeitems: 7, linewidth: 100, sci_mode: null });
    set_printoptions({ threshold: Infinity, precision: undefined });
    expect(get_printoptions()).toMatchObject({ precision: 2, threshold: Infinity });
  });

  it.each<[Record<string, unknown>, string]>([
    [{ precision: -1 }, 'set_printoptions: precision must be an integer from 0 to 99, got -1'],
    [{ precision: 2.5 }, 'set_printoptions: precision must be an integer from 0 to 99, got 2.5'],
    [{ edgeitems: Number.NaN }, 'set_printoptions: edgeitems must be an integer from 0 to Infinity, got NaN'],
    [{ linewidth: '80' }, 'set_printoptions: linewidth must be an integer from 0 to Infinity, got 80'],
    [{ profile: 'tiny' }, 'set_printoptions: profile must be one of default, short, full, got tiny'],
    [{ sci_mode: 1 }, 'set_printoptions: sci_mode must be a boolean or null, got 1'],
    [{ width: 3 }, "set_printoptions() got an unexpected keyword argument 'width'"],
  ])('%o is a ValueError and changes nothing', (given, message) => {
    const before = get_printoptions();
    const set = (): void => set_printoptions({ precision: 9, ...given } as Partial<PrintOptions>);
    expect(set).toThrow(ValueError);
    expect(set).toThrow(message);
    expect(get_printoptions()).toEqual(before);
  });
});
