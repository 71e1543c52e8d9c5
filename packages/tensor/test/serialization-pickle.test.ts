import { describe, expect, it } from 'vitest';
import { fromPython } from '../src/serialization/from-python.js';
import { readPickle } from '../src/serialization/pickle-reader.js';
import { type PickleValue, PyObject } from '../src/serialization/pickle-values.js';
import { PickleWriter } from '../src/serialization/pickle-writer.js';
import { TORCH_GLOBALS } from '../src/serialization/torch-globals.js';
import { decodeUtf8, encodeUtf8 } from '../src/serialization/utf8.js';
import { Storage } from '../src/storage.js';
import { Tensor } from '../src/tensor.js';
import { latin1, serializationError } from './serialization-helpers.js';

/** One storage of four floats, whatever the id. */
const persistentLoad = (): PickleValue => new PyObject(new Storage('cpu', 'float32', 4, Float32Array.of(1, 2, 3, 4)));
const read = (text: string): PickleValue => readPickle(latin1(text), { globals: TORCH_GLOBALS, persistentLoad });
const unpickle = (text: string): unknown => fromPython(read(text));

/** `_rebuild_tensor_v2` of the one storage with these arguments, as opcodes. */
const rebuild = (args: string, more = ')'): string => `ctorch._utils\n_rebuild_tensor_v2\n(NQ${args}${more}tR.`;

describe('reading pickles', () => {
  it.each<[string, string, unknown]>([
    ['None, booleans', '\x80\x02(N\x88\x89t.', [null, true, false]],
    ['small integers', '(K\xffM\xff\xffJ\xff\xff\xff\xfft.', [255, 65535, -1]],
    ['long integers', '(\x8a\x00\x8a\x01\x80\x8a\x02\xff\x00\x8b\x01\x00\x00\x00\x7ft.', [0, -128, 255, 127]],
    ['integers beyond the safe ones', '\x8a\x08\x00\x00\x00\x00\x00\x00\x00\x80.', -(2n ** 63n)],
    ['floats', 'G\x3f\xe0\x00\x00\x00\x00\x00\x00.', 0.5],
    [
      'strings',
      '(X\x02\x00\x00\x00\xc3\xa9\x8c\x01a\x8d\x01\x00\x00\x00\x00\x00\x00\x00bU\x01cT\x01\x00\x00\x00dt.',
      [...'éabcd'],
    ],
    [
      'bytes',
      '(C\x01\xffB\x01\x00\x00\x00\xfe\x8e\x01\x00\x00\x00\x00\x00\x00\x00\xfdt.',
      [255, 254, 253].map((x) => Uint8Array.of(x)),
    ],
    ['lists', '(]K\x01a(K\x02K\x03e(K\x04lt.', [[1, 2, 3], [4]]],
    ['tuples', '()K\x01\x85K\x02K\x03\x86K\x04K\x05K\x06\x87t.', [[], [1], [2, 3], [4, 5, 6]]],
    ['dicts', '(}U\x01aK\x01s(U\x01bK\x02u(U\x01cK\x03dt.', [{ a: 1, b: 2 }, { c: 3 }]],
    ['sets', '(\x8f(K\x01K\x01\x90(K\x02\x91t.', [new Set([1]), new Set([2])]],
    ['the memo', '(U\x01aq\x07U\x01br\x00\x01\x00\x00h\x07j\x00\x01\x00\x00t.', ['a', 'b', 'a', 'b']],
    [
      'protocol 4: frames, MEMOIZE, STACK_GLOBAL',
      '\x80\x04\x95\x2a\x00\x00\x00\x00\x00\x00\x00\x8c\x0bcollections\x94\x8c\x0bOrderedDict\x94\x93)R(h\x00h\x01u...............',
      { collections: 'OrderedDict' },
    ],
    ['POP, POP_MARK, DUP', '(K\x01K\x020(K\x031(02t.', [1, 1]],
    ['equal keys of Python are one key', '}(K\x01U\x01a\x88U\x01bu.', { 1: 'b' }],
    ['torch.Size', 'ctorch\nSize\n(K\x02K\x03t\x85R.', [2, 3]],
    ['torch.device', '(ctorch\ndevice\nU\x03cpu\x85Rctorch\ndevice\nU\x04cudaK\x01\x86Rt.', ['cpu', 'cuda:1']],
    ['a dtype', 'ctorch\nfloat16\n.', 'float16'],
    [
      'sets and bytes of protocol 2',
      '(c__builtin__\nset\n](K\x01e\x85Rc__builtin__\nset\n)Rcbuiltins\nbytes\n)Rt.',
      [new Set([1]), new Set(), new Uint8Array(0)],
    ],
    ['a Counter', 'ccollections\nCounter\n}K\x05K\x02s\x85R.', { 5: 2 }],
    ['NEWOBJ', 'ccollections\nOrderedDict\n)\x81.', {}],
    ['attributes that are no metadata', 'ccollections\nOrderedDict\n)R}U\x01aK\x01sb.', {}],
  ])('%s', (_, text, expected) => {
    expect(unpickle(text)).toStrictEqual(expected);
  });

  it('a tensor', () => {
    const tensor = unpickle(rebuild('K\x01K\x02\x85K\x02\x85\x89')) as Tensor;
    expect([tensor.shape, tensor.strides, tensor.offset, tensor.tolist()]).toEqual([[2], [2], 1, [2, 4]]);
    // Newer versions add a dict of metadata; an empty one says nothing.
    expect(unpickle(rebuild('K\x00))\x89', ')}'))).toBeInstanceOf(Tensor);
    // Nothing is shown, so nothing can be out of bounds.
    expect((unpickle(rebuild('K\x63K\x00\x85K\x01\x85\x89')) as Tensor).shape).toEqual([0]);
  });
});

describe('errors of pickles', () => {
  const call = 'torch._utils._rebuild_tensor_v2 is called with';
  it.each<[string, string]>([
    ['', 'the pickle is cut off: 1 bytes should follow byte 0, 0 do'],
    ['X\xff\xff\xff\xffabc', 'the pickle is cut off: 4294967295 bytes should follow byte 5, 3 do'],
    [
      '\x8e\xff\xff\xff\xff\xff\xff\xff\xff',
      'the pickle is cut off: 18446744073709552000 bytes should follow byte 9, 0 do',
    ],
    ['\x8b\x00\x01\x00\x00', 'an integer of 256 bytes in the pickle'],
    ['\x8b\xff\xff\xff\xff', 'an integer of 4294967295 bytes in the pickle'],
    ['U\x01\xff.', 'a string in the pickle is not UTF-8'],
    ['ctorch', 'the pickle ends within a line that starts at byte 1'],
    ['.', "nothing on the pickle's stack before byte 1"],
    ['(.', "nothing on the pickle's stack before byte 2"],
    ['N(a.', "nothing on the pickle's stack before byte 3"],
    ['e.', "no mark on the pickle's stack before byte 1"],
    ['h\x05.', 'the pickle recalls memo 5, which was never stored'],
    ['I1\n.', 'unsupported pickle opcode 0x49 at byte 0'],
    ['\x80\x02\x00', 'unsupported pickle opcode 0x00 at byte 2'],
    ['\x80\x06.', 'unsupported pickle protocol 6'],
    ['\x95\x09\x00\x00\x00\x00\x00\x00\x00N.', 'a frame of 9 bytes, but 2 are left in the pickle'],
    ['K\x01K\x02a.', 'cannot append to a number'],
    [')K\x02a.', 'cannot append to a tuple'],
    [']K\x01K\x02s.', 'cannot set items of a list'],
    ['}(K\x01u.', 'a dict in the pickle has a key without a value'],
    ['N(K\x01\x90.', 'cannot add items to a None'],
    ['}]Ns.', 'a list cannot be a key of a dict or an item of a set'],
    ['}}Ns.', 'a dict cannot be a key of a dict or an item of a set'],
    ['}C\x01aNs.', 'a bytes cannot be a key of a dict or an item of a set'],
    ['}\x8f\x85Ns.', 'a set cannot be a key of a dict or an item of a set'],
    [`}(${'N'.repeat(101)}tNs.`, 'a tuple that is a key has too many items'],
    ['cos\nsystem\n(U\x02lst\x85R.', 'unsupported global os.system (nothing in a file is ever executed)'],
    ['U\x08builtinsU\x04eval\x93.', 'unsupported global builtins.eval (nothing in a file is ever executed)'],
    ['NU\x01x\x93.', 'a global of the pickle is named by a None'],
    ['U\x01x)R.', 'the pickle calls a str'],
    ['ctorch\nFloatStorage\n)R.', 'the pickle calls a global torch.FloatStorage'],
    ['ccollections\nOrderedDict\n]R.', 'the arguments of a call are a list, not a tuple'],
    ['}}b.', 'cannot set the state of a dict'],
    ['ccollections\nOrderedDict\n)R]b.', 'cannot set the state of a OrderedDict'],
    ['ctorch\nFloatStorage\n.', 'the file holds a global torch.FloatStorage, which is not supported as a value'],
    ['NQ.', 'the file holds a object, which is not supported as a value'],
    ['ccollections\nOrderedDict\nN\x85R.', 'collections.OrderedDict is called with (None)'],
    ['ccollections\nCounter\n)R.', 'collections.Counter is called with ()'],
    ['ctorch\nSize\n\x88\x85R.', 'torch.Size is called with (bool)'],
    ['ctorch\ndevice\n\x8a\x08\x00\x00\x00\x00\x00\x00\x00\x80\x85R.', 'torch.device is called with (int)'],
    ['cbuiltins\nset\n}\x85R.', 'builtins.set is called with (dict)'],
    ['c__builtin__\nbytes\nN\x85R.', '__builtin__.bytes is called with (None)'],
    ['c_codecs\nencode\nU\x01aU\x03hex\x86R.', '_codecs.encode is called with (str, str)'],
    [
      'c_codecs\nencode\nX\x03\x00\x00\x00\xe2\x82\xacU\x06latin1\x86R.',
      'bytes in the pickle hold a character beyond latin1',
    ],
    [
      'ctorch._utils\n_rebuild_parameter\nN\x88)\x87R.',
      'torch._utils._rebuild_parameter is called with (None, bool, tuple)',
    ],
    [rebuild('K\x00N)\x89'), `${call} (object, number, None, tuple, bool, tuple)`],
    [rebuild('J\xff\xff\xff\xff))\x89'), `${call} (object, number, tuple, tuple, bool, tuple)`],
    [rebuild('K\x00K\x01\x85)\x89'), `${call} (object, number, tuple, tuple, bool, tuple)`],
    [rebuild('K\x00))N'), `${call} (object, number, tuple, tuple, None, tuple)`],
    [rebuild('K\x00))\x89', ')}N'), `${call} (object, number, tuple, tuple, bool, tuple, dict, None)`],
    [
      rebuild('K\x00))\x89', ')}U\x04conj\x88s'),
      'a tensor has metadata (a conjugate or negative view), which is not supported',
    ],
    [
      rebuild('K\x00K\x05\x85K\x01\x85\x89'),
      'a tensor of shape [5], strides [1] and offset 0 does not fit into its storage of 4 elements',
    ],
    [
      rebuild('K\x04))\x89'),
      'a tensor of shape [], strides [] and offset 4 does not fit into its storage of 4 elements',
    ],
    [
      rebuild('K\x00\x8a\x06\xff\xff\xff\xff\xff\x0f\x8a\x06\xff\xff\xff\xff\xff\x0f\x86K\x00K\x00\x86\x89'),
      'a tensor of shape [17592186044415, 17592186044415], strides [0, 0] and offset 0 does not fit into its storage ' +
        'of 4 elements',
    ],
  ])('%j', (text, message) => {
    expect(serializationError(() => unpickle(text)).message).toBe(message);
  });

  it('gradients of integers', () => {
    const integers = (): PickleValue => new PyObject(new Storage('cpu', 'int64', 1, Float64Array.of(1)));
    const tensor = 'ctorch._utils\n_rebuild_tensor_v2\n(NQK\x00))\x88)tR.';
    expect(
      serializationError(() => readPickle(latin1(tensor), { globals: TORCH_GLOBALS, persistentLoad: integers }))
        .message,
    ).toBe('only Tensors of floating point dtype can require gradients, but one is int64');
  });
});

describe('bombs end soon', () => {
  it('recursion: nested deeper than any reader could follow', () => {
    for (const levels of [2000, 1_000_000]) {
      const text = ']'.repeat(levels) + 'a'.repeat(levels - 1);
      expect(serializationError(() => unpickle(`${text}.`)).message).toBe('values are nested deeper than 1000 levels');
    }
  });

  /** 60 containers, each made of the one before, twice; the last is on the stack. */
  function doubled(first: string, pair: (index: string) => string): string {
    const place = (i: number): string => String.fromCharCode(i);
    const steps = Array.from({ length: 60 }, (_, i) => `${pair(`h${place(i)}`)}q${place(i + 1)}0`);
    return `${first}q${place(0)}0${steps.join('')}h${place(60)}`;
  }

  it('shared containers: 2^60 paths, 61 lists', () => {
    let value = unpickle(`${doubled(']', (get) => `](${get}${get}e`)}.`) as unknown[];
    for (let i = 0; i < 60; i++) {
      expect(value[0]).toBe(value[1]);
      value = value[0] as unknown[];
    }
    expect(value).toEqual([]);
  });

  it('shared tuples as a key', () => {
    const text = `}${doubled(')', (get) => `${get}${get}\x86`)}Ns.`;
    expect(serializationError(() => unpickle(text)).message).toBe('a tuple that is a key has too many items');
  });

  it('millions of objects', () => {
    expect(serializationError(() => read(`${']'.repeat(2_200_000)}.`)).message).toBe(
      'the pickle has more than 2097152 objects',
    );
  });

  it('a pickle that is too long to be one', () => {
    const context = { globals: TORCH_GLOBALS, persistentLoad };
    expect(serializationError(() => readPickle(new Uint8Array(2 ** 26 + 1), context)).message).toBe(
      'the pickle has 67108865 bytes, more than the 67108864 that are read',
    );
  });
});

describe('writing pickles', () => {
  it('grows, and writes strings and globals once', () => {
    const writer = new PickleWriter();
    writer.op(0x28);
    for (let i = 0; i < 600; i++) writer.string(`string ${i % 300}`);
    writer.global('torch', 'Size');
    writer.global('torch', 'float32');
    writer.global('torch', 'float32');
    writer.op(0x74);
    const bytes = writer.finish();
    expect(new TextDecoder('latin1').decode(bytes).split('float32').length).toBe(2);
    const tuple = readPickle(bytes, { globals: TORCH_GLOBALS, persistentLoad }) as { items: readonly unknown[] };
    expect(tuple.items.slice(0, 600)).toEqual(Array.from({ length: 600 }, (_, i) => `string ${i % 300}`));
    expect(tuple.items.slice(601)).toEqual(['float32', 'float32']);
  });

  it('integers in the fewest bytes, as Python does', () => {
    const bytesOf = (value: bigint): number[] => {
      const writer = new PickleWriter();
      writer.bigint(value);
      return [...writer.finish().subarray(4, -1)];
    };
    expect(bytesOf(127n)).toEqual([127]);
    expect(bytesOf(128n)).toEqual([128, 0]);
    expect(bytesOf(-128n)).toEqual([128]);
    expect(bytesOf(-129n)).toEqual([127, 255]);
    expect(bytesOf(32767n)).toEqual([255, 127]);
    expect(bytesOf(-32769n)).toEqual([255, 127, 255]);
  });
});

describe('UTF-8 with surrogates', () => {
  it.each(['', 'aé日🙂', '\ud800', 'x\udfffy', '\udc00\ud800', '\ufeff'])('%j', (text) => {
    expect(decodeUtf8(encodeUtf8(text))).toBe(text);
  });

  it.each([[[0x80]], [[0xed, 0xa0]], [[0xc0, 0x80]], [[0xed, 0xa0, 0x80, 0xff]]])('%j is not UTF-8', (bytes) => {
    expect(() => decodeUtf8(Uint8Array.from(bytes))).toThrow(TypeError);
  });
});
