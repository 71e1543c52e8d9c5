import * as nn from '@torchlet/nn';
import {
  DTypeError,
  full,
  Generator,
  manual_seed,
  randint,
  ShapeError,
  type Tensor,
  tensor,
  ValueError,
  zeros,
} from '@torchlet/tensor';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { erf, erfinv } from '../src/erf.js';
import { expectClose, fixture, type LayerCase, LeNet, makeLayer, type Packed, unpack } from './helpers.js';

interface InitFixture {
  layers: (LayerCase & { seed: number; parameters: Record<string, Packed>; next: number })[];
  lenet: {
    seed: number;
    parameters: Record<string, { shape: number[]; sum: number; squares: number; head: Packed; tail: Packed }>;
  };
  functions: {
    seed: number;
    fn: string;
    shape: number[];
    dtype: 'float32' | 'float64';
    args: unknown[];
    options: Record<string, unknown>;
    result: Packed;
    next: number;
  }[];
  gains: { nonlinearity: Parameters<typeof nn.init.calculate_gain>[0]; param: number | null; gain: number }[];
}

const expected = fixture<InitFixture>('init');
const errors = fixture<{ errors: Record<string, string> }>('modules').errors;
const nextDraw = (): number => Number(randint(0, 1000000, [1]).item());
const silenceWarnings = () => vi.spyOn(console, 'warn').mockImplementation(() => undefined);

afterEach(() => {
  vi.restoreAllMocks();
});

describe('layers start with the weights that PyTorch draws for the same seed', () => {
  for (const c of expected.layers) {
    it(`${c.layer}(${JSON.stringify(c.args)}, ${JSON.stringify(c.options)})`, () => {
      silenceWarnings();
      manual_seed(c.seed);
      const layer = makeLayer(c);
      expect([...layer.named_parameters()].map(([name]) => name)).toEqual(Object.keys(c.parameters));
      for (const [name, param] of layer.named_parameters()) {
        expectClose(param, unpack(c.parameters[name]), 1e-7);
        expect(param.requires_grad).toBe(true);
      }
      expect(nextDraw()).toBe(c.next);
    });
  }

  it('the LeNet of the main example', () => {
    manual_seed(expected.lenet.seed);
    const net = new LeNet(16, 28, 128);
    const params = expected.lenet.parameters;
    expect([...net.named_parameters()].map(([name]) => name)).toEqual(Object.keys(params));
    for (const [name, param] of net.named_parameters()) {
      const { shape, sum, squares, head, tail } = params[name];
      expect(param.shape).toEqual(shape);
      const flat = param.detach().flatten();
      expectClose(flat.narrow(0, 0, 8), unpack(head), 1e-7);
      expectClose(flat.narrow(0, flat.length - 8, 8), unpack(tail), 1e-7);
      expect(Math.abs(Number(flat.double().sum().item()) - sum)).toBeLessThan(1e-6);
      expect(Number(flat.double().square().sum().item()) / squares).toBeCloseTo(1, 7);
    }
  });
});

describe('nn.init', () => {
  for (const c of expected.functions) {
    it(`${c.fn}(${JSON.stringify(c.shape)}, ${JSON.stringify(c.args)}, ${JSON.stringify(c.options)}) in ${c.dtype}`, () => {
      silenceWarnings();
      manual_seed(c.seed);
      const target = full(c.shape, 7, { dtype: c.dtype, requires_grad: true });
      const fill = Reflect.get(nn.init, c.fn) as (t: Tensor, ...args: unknown[]) => Tensor;
      const result = fill(target, ...c.args, ...(Object.keys(c.options).length > 0 ? [c.options] : []));
      expect(result).toBe(target);
      expect(result.grad_fn).toBeNull();
      // PyTorch computes normal draws and erfinv in float32, with an error of a few ulp
      const exact = c.dtype === 'float64' || /uniform|const|ones|zeros|eye|dirac/.test(c.fn);
      expectClose(result.detach(), unpack(c.result), exact ? 1e-7 : 2e-6);
      expect(nextDraw()).toBe(c.next);
    });
  }

  it('draws from a generator of its own', () => {
    const [a, b] = [0, 1].map(() => nn.init.normal_(zeros(20), { generator: new Generator().manual_seed(5) }));
    manual_seed(5);
    expect(a.tolist()).toEqual(b.tolist());
    expect(a.tolist()).toEqual(nn.init.normal_(zeros(20)).tolist());
    expect(nn.init.kaiming_uniform_(zeros(2, 2), { generator: new Generator().manual_seed(5) }).tolist()).toEqual(
      nn.init.kaiming_uniform_(zeros(2, 2), 0, 'fan_in', 'leaky_relu', new Generator().manual_seed(5)).tolist(),
    );
    for (const fill of [nn.init.xavier_uniform_, nn.init.xavier_normal_, nn.init.trunc_normal_, nn.init.uniform_]) {
      const make = () => fill(zeros(3, 3), { generator: new Generator().manual_seed(1) }).tolist();
      expect(make()).toEqual(make());
    }
  });

  it('writes into views', () => {
    const whole = zeros(3, 4);
    nn.init.eye_(whole.narrow(1, 1, 2));
    expect(whole.tolist()).toEqual([
      [0, 1, 0, 0],
      [0, 0, 1, 0],
      [0, 0, 0, 0],
    ]);
  });

  it.each(expected.gains)('calculate_gain($nonlinearity, $param)', ({ nonlinearity, param, gain }) => {
    expect(nn.init.calculate_gain(nonlinearity, param)).toBeCloseTo(gain, 14);
  });

  it('warns as PyTorch does', () => {
    const warn = silenceWarnings();
    nn.init.trunc_normal_(zeros(3), 5);
    expect(warn).toHaveBeenLastCalledWith(
      'mean is more than 2 std from [a, b] in nn.init.trunc_normal_. The distribution of values may be incorrect.',
    );
    nn.init.kaiming_normal_(zeros(0, 3));
    expect(warn).toHaveBeenLastCalledWith('Initializing zero-element tensors is a no-op');
    expect(warn).toHaveBeenCalledTimes(2);
  });

  it('refuses what it cannot fill, in the words of PyTorch', () => {
    const fails = (fn: () => unknown, type: typeof ValueError, message: string) => {
      expect(fn).toThrow(type);
      expect(fn).toThrow(new type(message));
    };
    fails(() => nn.init.kaiming_uniform_(zeros(3)), ShapeError, errors.fan);
    fails(() => nn.init.xavier_normal_(zeros(3)), ShapeError, errors.fan);
    fails(() => nn.init.kaiming_uniform_(zeros(3, 3), { mode: 'fan_up' as 'fan_in' }), ValueError, errors.fan_mode);
    fails(() => nn.init.calculate_gain('swish' as 'relu'), ValueError, errors.gain);
    fails(() => nn.init.calculate_gain('leaky_relu', 'steep' as never), ValueError, errors.slope);
    fails(() => nn.init.eye_(zeros(3)), ShapeError, errors.eye);
    fails(() => nn.init.sparse_(zeros(3), 0.5), ShapeError, errors.sparse);
    fails(() => nn.init.dirac_(zeros(3, 3)), ShapeError, errors.dirac);
    fails(() => nn.init.dirac_(zeros(3, 3, 1), 2), ValueError, errors.dirac_groups);
    fails(() => nn.init.ones_([1] as never), ValueError, "constant_(): argument 'tensor' must be Tensor, not Array");
    fails(
      () => nn.init.normal_(zeros(2), { generator: 3 as never }),
      ValueError,
      "normal_(): argument 'generator' must be a Generator, not number",
    );
    fails(
      () => nn.init.uniform_(zeros(2), { low: 0 } as never),
      ValueError,
      "uniform_() got an unexpected keyword argument 'low'",
    );
    expect(() => nn.init.uniform_(tensor([1, 2], { dtype: 'int64' }))).toThrow(DTypeError);
  });
});

describe('erf and erfinv', () => {
  it('are inverse to each other and right at known places', () => {
    // DLMF 7.23; mpmath for the tails
    expect(erf(0.5)).toBeCloseTo(0.5204998778130465, 15);
    expect(erf(-1)).toBeCloseTo(-0.8427007929497149, 15);
    expect(erf(2.5)).toBeCloseTo(0.9995930479825551, 15);
    expect(erfinv(0.5)).toBeCloseTo(0.4769362762044699, 15);
    expect(erfinv(-0.99)).toBeCloseTo(-1.8213863677184494, 13);
    for (const x of [-5, -2.1, -1.9, -0.3, -1e-9, 1e-300, 0.001, 0.7, 1.99, 2.01, 3.3, 4.5]) {
      const tolerance = 1e-15 * Math.exp(x * x) + 1e-14;
      expect(Math.abs(erfinv(erf(x)) - x)).toBeLessThanOrEqual(tolerance * Math.max(1, Math.abs(x)));
    }
  });

  it('have limits', () => {
    expect(erfinv(1)).toBe(Number.POSITIVE_INFINITY);
    expect(erfinv(-1)).toBe(Number.NEGATIVE_INFINITY);
    expect(erfinv(1.5)).toBeNaN();
    expect(erfinv(-0)).toBe(-0);
    expect(erf(40)).toBe(1);
    expect(erf(Number.NaN)).toBeNaN();
  });
});
