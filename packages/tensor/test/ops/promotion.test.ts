/** Every pair of dtypes, each operand with dimensions, without, or a number, against PyTorch's tables. */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import * as torch from '../../src/index.js';
import { element } from './fixtures.js';

type DType = 'float32' | 'float64' | 'int64' | 'int32' | 'uint8' | 'bool';
type Operand = torch.Tensor | number | boolean;

interface Fixture {
  readonly columns: readonly string[];
  /** Per op, per first operand: the result's dtype for each second operand; `!` and PyTorch's message for an error. */
  readonly table: Readonly<Record<string, Readonly<Record<string, readonly (string | null)[]>>>>;
  /** Source dtype, values, target dtype, converted values. */
  readonly casts: readonly (readonly [DType, readonly (number | 'nan')[], DType, readonly (number | 'nan')[]])[];
}

const fixture = JSON.parse(readFileSync(new URL('../fixtures/ops/promotion.json', import.meta.url), 'utf8')) as Fixture;
const SHORT: Record<DType, string> = {
  float32: 'f32',
  float64: 'f64',
  int64: 'i64',
  int32: 'i32',
  uint8: 'u8',
  bool: 'b',
};

function operand(what: string): Operand {
  const [form, dtype] = what.split(' ');
  if (dtype === undefined) return { bool: true, int: 2, float: 1.5 }[form] as number | boolean;
  return torch.ones(form === 'tensor' ? [2] : [], { dtype: dtype as DType });
}

const OPS: Record<string, (x: torch.Tensor, y: Operand) => torch.Tensor> = {
  add: torch.add,
  sub: torch.sub,
  mul: torch.mul,
  div: torch.div,
  pow: torch.pow,
  eq: torch.eq,
  lt: torch.lt,
  floor: (x, y) => torch.div(x, y, { rounding_mode: 'floor' }),
  maximum: (x, y) => torch.maximum(x, y as torch.Tensor),
  where: (x, y) => torch.where(torch.ones([2], { dtype: 'bool' }), x, y),
  clamp: (x, y) => torch.clamp(x, y as torch.Tensor),
  add_: (x, y) => x.clone().add_(y),
  div_: (x, y) => x.clone().div_(y),
  mul_: (x, y) => x.clone().mul_(y),
};

function outcome(op: string, x: string, y: string): string {
  try {
    return SHORT[OPS[op](operand(x) as torch.Tensor, operand(y)).dtype];
  } catch (error) {
    if (error instanceof torch.TorchletError) return `!${error.constructor.name}`;
    throw error;
  }
}

describe('type promotion', () => {
  it.each(Object.keys(fixture.table))('%s', (op) => {
    const wrong: string[] = [];
    for (const [first, row] of Object.entries(fixture.table[op])) {
      row.forEach((expected, i) => {
        if (expected === null) return;
        const got = outcome(op, first, fixture.columns[i]);
        const agree = expected.startsWith('!') ? got.startsWith('!') : got === expected;
        if (!agree) wrong.push(`${op}(${first}, ${fixture.columns[i]}) is ${got}, PyTorch: ${expected}`);
      });
    }
    expect(wrong).toEqual([]);
  });

  it('names what an in-place result cannot be cast to', () => {
    const x = torch.ones([2], { dtype: 'int64' });
    expect(() => x.add_(1.5)).toThrow("add_(): result type Float can't be cast to the desired output type Long");
    expect(() => x.div_(2)).toThrow(torch.DTypeError);
  });
});

describe('casts', () => {
  it.each(fixture.casts)('%s %j to %s', (source, values, target, expected) => {
    const x = torch.tensor(values.map(element), { dtype: source });
    const y = x.to(target);
    expect(y.dtype).toBe(target);
    expect(Array.from(y.toArray())).toEqual(
      expected.map((v) => (target === 'float32' ? Math.fround(element(v)) : element(v))),
    );
  });

  it('to() returns the tensor itself when nothing changes, and a copy when asked to', () => {
    const x = torch.tensor([1, 2]);
    expect(x.to('float32') === x).toBe(true);
    expect(x.to(x) === x).toBe(true);
    expect(x.to('cpu') === x).toBe(true);
    const copy = x.to('float32', { copy: true });
    expect(copy === x).toBe(false);
    copy.add_(1);
    expect(x.tolist()).toEqual([1, 2]);
    expect(x.to({ dtype: 'int64', device: 'cpu' }).dtype).toBe('int64');
    expect(x.to(torch.zeros(1, { dtype: 'float64' })).dtype).toBe('float64');
  });

  it('int64 beyond the safe integers is an error, never a wrong number', () => {
    const big = torch.tensor([Number.MAX_SAFE_INTEGER], { dtype: 'int64' });
    for (const run of [
      () => big.add(1),
      () => big.mul(2),
      () => big.neg().sub(1),
      () => big.pow(2),
      () => big.add(big).sum(),
    ]) {
      expect(run).toThrow(torch.ValueError);
      expect(run).toThrow(/beyond ±\(2\^53 − 1\), the int(64 value|eger)s that torchlet holds exactly/);
    }
    expect(() => torch.stack([big, big]).sum()).toThrow(torch.ValueError);
    expect(() => torch.tensor([2 ** 53], { dtype: 'int64' })).toThrow(torch.ValueError);
    expect(() => torch.tensor([1e300]).to('int64')).toThrow(torch.ValueError);
  });
});
