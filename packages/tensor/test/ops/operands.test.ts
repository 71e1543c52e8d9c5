/** What stands where a tensor or a number belongs, above all an argument that was forgotten, is refused. */
import { describe, expect, it } from 'vitest';
import * as torch from '../../src/index.js';

const { Tensor, ValueError } = torch;
const x: torch.Tensor = torch.ones(2, 2);

/** Calls as plain JavaScript can, past the types. */
const call = (name: string, ...args: unknown[]): unknown =>
  (Reflect.get(Tensor.prototype, name) as (...args: unknown[]) => unknown).apply(x.clone(), args);

const OTHER = ['add', 'sub', 'mul', 'div', 'eq', 'ne', 'lt', 'le', 'gt', 'ge', 'remainder', 'fmod', 'add_', 'mul_'];
const WRONG: readonly (readonly [unknown, string])[] = [
  [undefined, 'a undefined'],
  [null, 'null'],
  ['1', 'a string'],
  [[1, 2], 'an array'],
];

describe('operands', () => {
  it.each(OTHER)('%s takes a tensor or a number', (name) => {
    for (const [value, got] of WRONG) {
      const message = `${name.replace('_', '')}(): argument 'other' must be Tensor or a number, not ${got}`;
      expect(() => call(name, value)).toThrow(new ValueError(message));
    }
    // an empty object names nothing
    const missing = new ValueError(`${name}() missing 1 required positional argument: 'other'`);
    expect(() => call(name)).toThrow(missing);
    expect(() => call(name, {})).toThrow(missing);
  });

  it('is asked of every operand, by its name', () => {
    const must = (op: string, name: string) =>
      new ValueError(`${op}(): argument '${name}' must be Tensor or a number, not a string`);
    expect(() => call('pow', '2')).toThrow(must('pow', 'exponent'));
    expect(() => call('add', 'x', { alpha: 2 })).toThrow(must('add', 'other'));
    expect(() => call('div', 'x', { rounding_mode: 'floor' })).toThrow(must('div', 'other'));
    expect(() => call('clamp', '0')).toThrow(must('clamp', 'min'));
    expect(() => call('clamp', 0, 'x')).toThrow(must('clamp', 'max'));
    expect(() => call('where', x.gt(0), 'x')).toThrow(must('where', 'other'));
  });

  it('records nothing and changes nothing when refused', () => {
    const w = torch.ones(2, { requires_grad: true }).mul(1);
    const before = w._version;
    expect(() => Reflect.apply(w.add_, w, [undefined])).toThrow(ValueError);
    expect(() => Reflect.apply(w.mul_, w, [null])).toThrow(ValueError);
    expect([w._version, w.grad_fn?.name(), w.tolist()]).toEqual([before, 'MulBackward0', [1, 1]]);
  });

  it('fills with numbers only', () => {
    expect(() => call('fill_', undefined)).toThrow(new ValueError('fill_(): value must be a number, got a undefined'));
    expect(() => call('fill_', null)).toThrow(new ValueError('fill_(): value must be a number, got null'));
    expect(() => call('fill_', '3')).toThrow(new ValueError('fill_(): value must be a number, got a string'));
  });

  it('takes dimensions as numbers only', () => {
    expect(() => call('sum', 'x')).toThrow(torch.ShapeError);
    expect(() => call('sum', 'x')).toThrow(
      'sum(): Dimension out of range (expected to be in range of [-2, 1], but got x)',
    );
  });

  it('convolves with kernels that have elements', () => {
    const { conv2d } = torch;
    expect(() => conv2d(torch.ones(1, 1, 5, 5), torch.zeros(2, 1, 0, 3))).toThrow(
      new ValueError('conv2d(): kernel size should be greater than zero, but got kernel_height: 0 kernel_width: 3'),
    );
  });

  it('says how much memory there is not', () => {
    expect(() => torch.zeros(1e6, 1e6)).toThrow(
      new ValueError("can't allocate memory: you tried to allocate 4000000000000 bytes"),
    );
  });
});
