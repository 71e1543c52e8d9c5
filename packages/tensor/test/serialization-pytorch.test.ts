import { describe, expect, it } from 'vitest';
import { isIntegerKeyed } from '../src/serialization/integer-keys.js';
import { load } from '../src/serialization/load.js';
import { isOrderedDict, metadataOf } from '../src/serialization/ordered-dicts.js';
import { makeParameter, registerParameterType } from '../src/serialization/parameters.js';
import { serialize } from '../src/serialization/save.js';
import { Tensor } from '../src/tensor.js';
import { type Descriptions, fixture, Matcher, serializationError } from './serialization-helpers.js';

const { files } = JSON.parse(new TextDecoder().decode(fixture('descriptions.json'))) as Descriptions;

describe('files that torch.save wrote', () => {
  it.each(Object.keys(files).filter((name) => name !== 'values.pt'))('%s loads as described', (name) => {
    new Matcher().match(load(fixture(name)), files[name]);
  });

  it.each(Object.keys(files).filter((name) => name !== 'values.pt'))('%s survives save and load', (name) => {
    const first = load(fixture(name));
    const bytes = serialize(first);
    const second = load(bytes);
    new Matcher().match(second, files[name]);
    expect(serialize(second)).toEqual(bytes);
  });

  it('values of every kind, before and after a save', () => {
    const trusted = { weights_only: false };
    const first = load(fixture('values.pt'), trusted) as Record<string, unknown>;
    for (const values of [first, load(serialize(first), trusted) as Record<string, unknown>]) {
      const { cycle, ...rest } = values;
      Object.defineProperty(rest, '__proto__', {
        value: Object.getOwnPropertyDescriptor(values, '__proto__')?.value,
        enumerable: true,
      });
      new Matcher().match(rest, files['values.pt']);
      expect((cycle as unknown[])[1]).toBe(cycle);
      expect((values.shared as unknown[])[0]).toBe((values.shared as unknown[])[1]);
    }
  });

  it('keys: __proto__ is data, integers are branded, an order that objects cannot keep is lost', () => {
    const values = load(fixture('values.pt'), { weights_only: false }) as Record<string, object>;
    expect(Object.getPrototypeOf(values)).toBe(Object.prototype);
    const proto = Object.getOwnPropertyDescriptor(values, '__proto__')?.value as object;
    expect(Object.getOwnPropertyDescriptor(proto, '__proto__')?.value).toBe(1);
    expect(isIntegerKeyed(values.integer_keys)).toBe(true);
    expect(Object.keys(values.integer_keys)).toEqual(['0', '7', '-3']);
    expect(isIntegerKeyed(values.nested)).toBe(false);
    expect(values.mixed_keys).toBeInstanceOf(Map);
    expect(Object.keys(values).slice(0, 2)).toEqual(['2', '10']);
  });

  it('an optimizer state has integer keys, a state dict its _metadata', () => {
    const adam = load(fixture('adam.pt')) as { state: object; param_groups: object[] };
    expect(isIntegerKeyed(adam.state)).toBe(true);
    expect(isIntegerKeyed((load(serialize(adam)) as { state: object }).state)).toBe(true);
    const model = load(fixture('lenet.pt')) as object;
    for (const dict of [model, load(serialize(model)) as object]) {
      expect(isOrderedDict(dict)).toBe(true);
      expect(metadataOf(dict)).toEqual({
        '': { version: 1 },
        conv1: { version: 1 },
        norm: { version: 2 },
        conv2: { version: 1 },
        fc1: { version: 1 },
        fc2: { version: 1 },
      });
      expect(Object.keys(dict)).not.toContain('_metadata');
    }
  });

  it('pickle protocol 4', () => {
    const value = load(fixture('protocol4.pt')) as Record<string, unknown>;
    expect((value.a as Tensor).tolist()).toEqual([1, 1]);
    expect(value).toMatchObject({ l: [1, 2.5, 'é'], s: new Set([1]), b: Uint8Array.of(120), i: 2 ** 40 });
  });
});

describe('what torch.save writes and is not supported', () => {
  const execution = '(nothing in a file is ever executed), in the given bytes';
  const convert = 'is not supported: convert the tensor to another dtype before saving it, in the given bytes';
  it.each([
    ['bad-int8.pt', `load: dtype int8 (torch.CharStorage) ${convert}`],
    ['bad-int16.pt', `load: dtype int16 (torch.ShortStorage) ${convert}`],
    ['bad-complex64.pt', `load: dtype complex64 (torch.ComplexFloatStorage) ${convert}`],
    ['bad-sparse.pt', `load: unsupported global torch._utils._rebuild_sparse_tensor ${execution}`],
    ['bad-code.pt', `load: unsupported global posix.system ${execution}`],
    ['bad-module.pt', `load: unsupported global torch.nn.modules.linear.Linear ${execution}`],
    [
      'bad-int64.pt',
      'load: an int64 tensor holds a value beyond ±(2^53 − 1), the integers that are held exactly, in the given bytes',
    ],
    [
      'bad-torchscript.pt',
      'load: this is a TorchScript archive (torch.jit.save): only torch.save files can be loaded, in the given bytes',
    ],
  ])('%s is an error that says what', (name, message) => {
    expect(serializationError(() => load(fixture(name))).message).toBe(message);
    expect(serializationError(() => load(fixture(name), { weights_only: false })).message).toBe(message);
  });
});

describe('parameters', () => {
  it('without the package that defines Parameter, one is a tensor that requires gradients', () => {
    const { parameter, frozen } = load(fixture('tensors.pt')) as Record<string, Tensor>;
    expect([parameter.requires_grad, frozen.requires_grad]).toEqual([true, false]);
    expect(makeParameter(frozen, true)).toBe(frozen);
  });

  it('are made by the registered type, and saved as parameters again', () => {
    class Parameter extends Tensor {}
    registerParameterType({
      isParameter: (tensor) => tensor instanceof Parameter,
      makeParameter: (data, requires_grad) => {
        const parameter = new Parameter(data.storage, data.shape, data.strides, data.offset);
        parameter.requires_grad = requires_grad;
        return parameter;
      },
    });
    const first = load(fixture('tensors.pt')) as Record<string, Tensor>;
    for (const { parameter, frozen, leaf } of [first, load(serialize(first)) as Record<string, Tensor>]) {
      expect(parameter).toBeInstanceOf(Parameter);
      expect(parameter.requires_grad).toBe(true);
      expect(parameter.tolist()).toEqual(first.parameter.tolist());
      expect(frozen).toBeInstanceOf(Parameter);
      expect(frozen.requires_grad).toBe(false);
      expect(leaf).not.toBeInstanceOf(Parameter);
    }
  });
});
