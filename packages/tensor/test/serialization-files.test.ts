import * as fs from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { DeviceError, SerializationError, ValueError } from '../src/errors.js';
import { slice, sparse_coo_tensor } from '../src/index.js';
import * as browser from '../src/platform/browser.js';
import { openFile, replaceFile } from '../src/platform/node.js';
import { systemReason } from '../src/serialization/file-errors.js';
import { load } from '../src/serialization/load.js';
import { save, serialize } from '../src/serialization/save.js';
import { writeZip } from '../src/serialization/zip-writer.js';
import type { Storage } from '../src/storage.js';
import type { Tensor } from '../src/tensor.js';
import { cpuTensor, fixture, latin1, sameElements, serializationError } from './serialization-helpers.js';

let folder = '';
beforeEach(() => {
  folder = fs.mkdtempSync(join(tmpdir(), 'torchlet-serialization-'));
});
afterEach(() => {
  fs.rmSync(folder, { recursive: true, force: true });
});

const at = (name: string): string => join(folder, name);
const tensor = (): Tensor => cpuTensor(Float32Array.of(1, 2, 3), 'float32');

describe('save and load', () => {
  it('a file of whatever extension', () => {
    save({ w: tensor(), epoch: 3 }, at('net_params.pkl'));
    const back = load(at('net_params.pkl')) as { w: Tensor; epoch: number };
    expect([back.w.tolist(), back.epoch]).toEqual([[1, 2, 3], 3]);
    expect(new Uint8Array(fs.readFileSync(at('net_params.pkl')))).toEqual(serialize({ w: tensor(), epoch: 3 }));
    expect(fs.readdirSync(folder)).toEqual(['net_params.pkl']);
  });

  it('a relative path without a folder', () => {
    const before = process.cwd();
    process.chdir(folder);
    try {
      save([1], 'x.pt');
      expect(load('x.pt')).toEqual([1]);
    } finally {
      process.chdir(before);
    }
  });

  it('a file larger than one chunk', () => {
    const data = Float64Array.from({ length: 200_000 }, (_, i) => i / 3);
    save(cpuTensor(data, 'float64'), at('big.pt'));
    expect(sameElements((load(at('big.pt')) as Tensor).toArray(), data)).toBe(true);
  });

  it('replaces a file, keeping its permissions and following a link', () => {
    fs.writeFileSync(at('real.pt'), 'old');
    fs.chmodSync(at('real.pt'), 0o640);
    fs.symlinkSync(at('real.pt'), at('link.pt'));
    save('new', at('link.pt'));
    expect(load(at('real.pt'))).toBe('new');
    expect(fs.lstatSync(at('link.pt')).isSymbolicLink()).toBe(true);
    expect(fs.statSync(at('real.pt')).mode & 0o777).toBe(0o640);
    expect(fs.readdirSync(folder).sort()).toEqual(['link.pt', 'real.pt']);
  });
});

describe('a save that fails leaves the old file and nothing else', () => {
  it('when the value cannot be saved', () => {
    fs.writeFileSync(at('x.pt'), 'old');
    expect(() => save({ f: () => 1 }, at('x.pt'))).toThrow(
      new SerializationError('save: cannot save a function at obj["f"]'),
    );
    expect(fs.readFileSync(at('x.pt'), 'utf8')).toBe('old');
    expect(fs.readdirSync(folder)).toEqual(['x.pt']);
  });

  it('when a tensor is sparse', () => {
    const sparse = sparse_coo_tensor(
      cpuTensor(Float64Array.of(0, 1), 'int64', [2, 1]),
      tensor().index(slice(0, 1)),
      [2, 2],
    );
    expect(() => save({ s: sparse }, at('x.pt'))).toThrow(
      new SerializationError('save: cannot save a sparse tensor (use to_dense()) at obj["s"]'),
    );
    expect(fs.readdirSync(folder)).toEqual([]);
  });

  it('when writing breaks off', () => {
    fs.writeFileSync(at('x.pt'), 'old');
    function* broken(): Generator<Uint8Array> {
      yield latin1('half');
      throw new Error('the power is out');
    }
    expect(() => replaceFile(at('x.pt'), broken())).toThrow('the power is out');
    expect(fs.readFileSync(at('x.pt'), 'utf8')).toBe('old');
    expect(fs.readdirSync(folder)).toEqual(['x.pt']);
  });

  it('when the device breaks while its elements are read', () => {
    const broken = tensor();
    Object.defineProperty(broken.storage, 'buffer', {
      get: () => {
        throw new Error('the device is lost');
      },
    });
    expect(serializationError(() => save([tensor(), broken], at('x.pt'))).message).toBe(
      `save: cannot write '${at('x.pt')}': the device is lost`,
    );
    expect(fs.readdirSync(folder)).toEqual([]);
  });

  it('when the folder does not exist', () => {
    const path = at('missing/x.pt');
    expect(serializationError(() => save(1, path)).message).toBe(
      `save: cannot write '${path}': Parent directory ${at('missing')} does not exist.`,
    );
  });

  it('when the path is a folder, or goes through a file', () => {
    expect(serializationError(() => save(1, folder)).message).toBe(
      `save: cannot write '${folder}': it is not a regular file (ENOTFILE)`,
    );
    fs.writeFileSync(at('file'), '');
    expect(serializationError(() => save(1, at('file/x.pt'))).message).toBe(
      `save: cannot write '${at('file/x.pt')}': a part of the path is not a directory (ENOTDIR)`,
    );
    expect(serializationError(() => save(1, at(`${'n'.repeat(300)}.pt`))).message).toMatch(
      /the name is too long \(ENAMETOOLONG\)$/,
    );
  });

  // The superuser may write everywhere.
  it.skipIf(process.getuid?.() === 0 || process.platform === 'win32')('when the folder cannot be written', () => {
    fs.chmodSync(folder, 0o555);
    expect(serializationError(() => save(1, at('x.pt'))).message).toBe(
      `save: cannot write '${at('x.pt')}': permission denied (EACCES)`,
    );
    fs.chmodSync(folder, 0o755);
    expect(fs.readdirSync(folder)).toEqual([]);
  });

  it.skipIf(process.platform !== 'linux')('when the file system takes no files', () => {
    const message = serializationError(() => save(1, '/sys/x.pt')).message;
    expect(message).toMatch(
      /^save: cannot write '\/sys\/x.pt': (permission denied|operation not permitted|the file system is read-only) \(/,
    );
  });
});

describe('a load that fails names the file and why', () => {
  it.each<[string, (path: string) => unknown, string]>([
    ['a missing file', () => 0, "cannot read '%': No such file or directory"],
    ['a folder', (path) => fs.mkdirSync(path), "cannot read '%': it is not a regular file (ENOTFILE)"],
    [
      'an empty file',
      (path) => fs.writeFileSync(path, ''),
      "there is no zip end record (not a zip file, or truncated), in '%'",
    ],
    [
      'a text',
      (path) => fs.writeFileSync(path, 'hello'),
      "there is no zip end record (not a zip file, or truncated), in '%'",
    ],
    [
      'half a checkpoint',
      (path) => fs.writeFileSync(path, fixture('lenet.pt').subarray(0, 2000)),
      "there is no zip end record (not a zip file, or truncated), in '%'",
    ],
    [
      'code',
      (path) => fs.writeFileSync(path, fixture('bad-code.pt')),
      "unsupported global posix.system (nothing in a file is ever executed), in '%'",
    ],
  ])('%s', (_, make, message) => {
    make(at('x.pt'));
    expect(serializationError(() => load(at('x.pt'))).message).toBe(`load: ${message.replace('%', at('x.pt'))}`);
  });

  it('a file that shrinks while it is read', () => {
    fs.writeFileSync(at('x'), 'abc');
    const file = openFile(at('x'));
    expect(() => file.read(1, 5)).toThrow('the file became shorter while it was read');
    file.close();
    file.close();
    expect(() => file.read(0, 1)).toThrow(/EBADF/);
  });
});

describe('archives that are no checkpoints', () => {
  /** A zip of these entries, which are given as latin1. */
  function archive(entries: Record<string, string>): Uint8Array {
    const inputs = Object.entries(entries).map(([name, text]) => ({
      name,
      size: text.length,
      chunks: () => [latin1(text)],
    }));
    return new Uint8Array(Buffer.concat([...writeZip(inputs)]));
  }
  const version = { 'a/version': '3\n' };
  const storage = (id: string): string => `${id}Q0N.`;
  const float = '(U\x07storagectorch\nFloatStorage\nU\x010U\x03cpuK\x01t';

  it.each<[Record<string, string>, string]>([
    [{ 'a/x': '' }, 'the zip file has 0 entries */data.pkl: it is not from torch.save'],
    [{ 'a/data.pkl': '', 'b/data.pkl': '' }, 'the zip file has 2 entries */data.pkl: it is not from torch.save'],
    [{ 'a/data.pkl': 'N.' }, 'unsupported format version "none", expected 1 to 10'],
    [{ 'a/data.pkl': 'N.', 'a/version': '11' }, 'unsupported format version "11", expected 1 to 10'],
    [{ 'a/data.pkl': 'N.', 'a/version': ' '.repeat(101) }, 'zip entry a/version has 101 bytes'],
    [{ 'a/data.pkl': 'N.', ...version, 'a/byteorder': 'big' }, 'unsupported byte order "big"'],
    [{ 'a/data.pkl': storage('N'), ...version }, "a persistent id is not ('storage', class, key, location, numel)"],
    [
      { 'a/data.pkl': storage('(U\x07storagectorch\nFloatStorage\nU\x010U\x03cpuK\x01Nt'), ...version },
      "a persistent id is not ('storage', class, key, location, numel)",
    ],
    [
      { 'a/data.pkl': storage('(U\x07storagectorch\nSize\nU\x010U\x03cpuK\x01t'), ...version },
      'torch.Size is not the class of a storage',
    ],
    [{ 'a/data.pkl': storage(float), ...version }, 'there is no data for storage 0'],
    [
      { 'a/data.pkl': storage(float), ...version, 'a/data/0': '12345' },
      'storage 0 should have 1 elements of 4 bytes, has 5 bytes',
    ],
    [
      { 'a/data.pkl': `${float}Q0${float.replace('Float', 'Int')}Q0N.`, ...version, 'a/data/0': '1234' },
      'storage 0 is referred to with different types or sizes',
    ],
    [
      {
        'a/data.pkl': storage('(U\x07storagectorch\nFloatStorage\nU\x010U\x06cuda:0K\x01t'),
        ...version,
        'a/data/0': '1234',
      },
      'Attempting to deserialize object on cuda:0, a device that is not available here. ' +
        "Use map_location: 'cpu' to map the storages to the CPU",
    ],
  ])('%#', (entries, message) => {
    expect(serializationError(() => load(archive(entries))).message).toBe(`load: ${message}, in the given bytes`);
  });

  it('a pickle that is too long to be one is not even read', () => {
    const pickle = { name: 'a/data.pkl', size: 2 ** 26 + 1, chunks: () => [new Uint8Array(2 ** 26 + 1)] };
    const record = { name: 'a/version', size: 1, chunks: () => [latin1('3')] };
    const bytes = new Uint8Array(Buffer.concat([...writeZip([pickle, record])]));
    expect(serializationError(() => load(bytes)).message).toBe(
      'load: data.pkl has 67108865 bytes, more than 67108864, in the given bytes',
    );
  });

  it('newer layouts: the version under .data, further records', () => {
    expect(load(archive({ 'a/data.pkl': 'K\x05.', 'a/.data/version': '3\n', 'a/.data/serialization_id': 'x' }))).toBe(
      5,
    );
  });

  it('map_location', () => {
    const gpu = archive({
      'a/data.pkl': `ctorch._utils\n_rebuild_tensor_v2\n(${float.replace('\x03cpu', '\x06cuda:0')}QK\x00K\x01\x85K\x01\x85\x89)tR.`,
      ...version,
      'a/data/0': '\0\0\x80\x3f',
    });
    const loads = [
      load(gpu, 'cpu'),
      load(gpu, { map_location: 'cpu' }),
      load(gpu, { 'cuda:0': 'cpu' }, {}),
      load(gpu, { map_location: { 'cuda:0': 'cpu' }, weights_only: true }),
      load(gpu, 'cpu', { weights_only: false }),
    ] as Tensor[];
    expect(loads.map((t) => [t.device, t.tolist()])).toEqual(loads.map(() => ['cpu', [1]]));
    expect(() => load(gpu, { map_location: { 'cuda:1': 'cpu' } })).toThrow(SerializationError);
    const seen: string[] = [];
    const keep = (storage: Storage, location: string): Storage => {
      seen.push(`${storage.device} ${location} ${storage.numel}`);
      return storage;
    };
    expect((load(gpu, keep) as Tensor).tolist()).toEqual([1]);
    expect(seen).toEqual(['cpu cuda:0 1']);
    expect((load(serialize(tensor()), () => null) as Tensor).tolist()).toEqual([1, 2, 3]);
    expect(() => load(gpu, () => null)).toThrow(/^load: Attempting to deserialize object on cuda:0/);
    expect(() => load(gpu, () => 'cpu' as never)).toThrow(
      new ValueError('load(): map_location must return the storage, one of its kind and size, or null'),
    );
    expect(() => load(gpu, { 'cuda:0': 'tpu' }, {})).toThrow(
      new DeviceError('load(): Expected one of cpu, gpu device type, got "tpu"'),
    );
  });
});

describe('arguments', () => {
  const bytes = serialize(1);
  it.each<[() => unknown, Error]>([
    [() => save(1, 5 as never), new ValueError('save(): path must be a string, but got a number')],
    [() => load(5 as never), new ValueError('load(): f must be a path or a Uint8Array, but got a number')],
    [() => load(bytes, { mmap: true } as never), new ValueError("load() got an unexpected keyword argument 'mmap'")],
    [
      () => load(bytes, { weights_only: 1 } as never),
      new ValueError("load(): argument 'weights_only' must be bool, got 1"),
    ],
    [
      () => load(bytes, { map_location: 5 } as never),
      new ValueError(
        'load(): map_location must be a device, an object of devices, a function, or null, but got a number',
      ),
    ],
    [
      () => load(bytes, 'cpu', { map_location: 'cpu' }),
      new ValueError("load() got multiple values for argument 'map_location'"),
    ],
    [() => load(bytes, 'tpu'), new DeviceError('load(): Expected one of cpu, gpu device type, got "tpu"')],
  ])('%#', (run, error) => {
    expect(run).toThrow(error);
  });

  it('null and undefined are the defaults', () => {
    expect([load(bytes, null), load(bytes, undefined, {}), load(bytes, { map_location: null })]).toEqual([1, 1, 1]);
  });
});

describe('in a browser', () => {
  it('bytes work, files are a typed error', () => {
    expect(() => browser.openFile('x.pt')).toThrow(
      new SerializationError('load: files need Node; in a browser, load from a Uint8Array (path x.pt)'),
    );
    expect(() => browser.replaceFile('x.pt', [])).toThrow(
      new SerializationError('save: files need Node; in a browser, load from a Uint8Array (path x.pt)'),
    );
    expect(browser.crc32(latin1('123456789'))).toBe(0xcbf43926);
  });
});

it('reasons of the system are words', () => {
  expect(systemReason(Object.assign(new Error('x'), { code: 'ENOSPC' }))).toBe('no space left on the device (ENOSPC)');
  expect(systemReason(Object.assign(new Error('x: strange'), { code: 'ESTRANGE' }))).toBe('x: strange');
  expect(systemReason('a string')).toBe('a string');
});
