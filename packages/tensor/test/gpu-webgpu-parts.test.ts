/** The parts of the WebGPU driver that need no GPU. */
import fc from 'fast-check';
import { afterEach, describe, expect, it, vi } from 'vitest';
import type { KernelSource } from '../src/backend/gpu/driver.js';
import { KernelIds } from '../src/backend/gpu/drivers/kernel-ids.js';
import { type Batch, BatchWriter, type Executor, execute } from '../src/backend/gpu/drivers/webgpu/commands.js';
import { Control } from '../src/backend/gpu/drivers/webgpu/control.js';
import { adapterName, type WebGpuBuffer, type WebGpuDevice } from '../src/backend/gpu/drivers/webgpu/device-api.js';
import { BufferPool, PoolExhausted, sizeClass } from '../src/backend/gpu/drivers/webgpu/pool.js';
import { ReplyArea } from '../src/backend/gpu/drivers/webgpu/reply-area.js';
import type { Reply, Transport } from '../src/backend/gpu/drivers/webgpu/transport.js';
import { WorkerDriver } from '../src/backend/gpu/drivers/webgpu/worker-driver.js';
import * as browser from '../src/backend/gpu/load/browser.js';

const source = (body: string, outputs = 1): KernelSource => ({ op: 'op', parameters: ['a'], outputs, body });

describe('commands', () => {
  type Call = [keyof Executor, ...unknown[]];

  /** What a batch calls, in order. */
  async function calls(batch: ReturnType<BatchWriter['take']>, stopAfter = Number.POSITIVE_INFINITY): Promise<Call[]> {
    const list: Call[] = [];
    const note =
      (name: keyof Executor) =>
      async (...args: unknown[]): Promise<void> => {
        list.push([name, ...args]);
      };
    const executor: Executor = {
      upload: note('upload'),
      define: note('define'),
      forget: note('forget'),
      run: note('run'),
      free: note('free'),
      emptyCache: note('emptyCache'),
      download: note('download'),
      synchronize: note('synchronize'),
    };
    await execute(batch, executor, () => list.length >= stopAfter);
    return list;
  }

  const id = fc.nat({ max: Number.MAX_SAFE_INTEGER });
  const floats = fc.float32Array({ maxLength: 4 });
  const command = fc.oneof<fc.Arbitrary<Call>[]>(
    fc.tuple(fc.constant('upload' as const), id, floats),
    fc.tuple(
      fc.constant('define' as const),
      id,
      fc.string().map((body) => source(body)),
    ),
    fc.tuple(fc.constant('forget' as const), id),
    fc.tuple(
      fc.constant('run' as const),
      id,
      fc.nat(),
      fc.array(id, { maxLength: 12 }),
      fc.array(fc.double(), { maxLength: 3 }),
      id,
    ),
    fc.tuple(fc.constant('free' as const), id),
    fc.tuple(fc.constant('emptyCache' as const)),
    fc.tuple(fc.constant('download' as const), id),
    fc.tuple(fc.constant('synchronize' as const)),
  );

  it('arrive as they were written', async () => {
    const arrive = fc.asyncProperty(fc.array(command, { maxLength: 20 }), async (list) => {
      const writer = new BatchWriter();
      for (const [name, ...args] of list) (writer[name as 'free'] as (...args: unknown[]) => void)(...args);
      expect(writer.count).toBe(list.length);
      expect(await calls(writer.take())).toEqual(list);
      expect([writer.count, writer.bytes, await calls(writer.take())]).toEqual([0, 0, []]);
    });
    await fc.assert(arrive);
  });

  it('end where they are stopped', async () => {
    const writer = new BatchWriter();
    for (let i = 0; i < 5; i++) writer.free(i);
    expect(await calls(writer.take(), 2)).toEqual([
      ['free', 0],
      ['free', 1],
    ]);
  });
});

describe('kernel numbers', () => {
  it('equal texts have one number, whatever their outputs; the text used least recently goes', () => {
    const [added, removed] = [vi.fn(), vi.fn()];
    const ids = new KernelIds(2, true, added, removed);
    const idOf = (kernel: KernelSource): number => ids.kernelFor(kernel).id;
    const one = source('1');
    expect([one, source('2'), source('1', 7), one].map(idOf)).toEqual([0, 1, 0, 0]);
    expect(idOf(source('3'))).toBe(2);
    expect(removed.mock.calls).toEqual([[1]]);
    expect([one, source('2')].map(idOf)).toEqual([0, 3]);
    expect(removed.mock.calls).toEqual([[1], [2]]);
    expect(added.mock.calls.map(([id]) => id)).toEqual([0, 1, 2, 3]);
    expect(ids.count).toBe(2);
  });

  it('where a kernel makes outputs of one size, each size has a number', () => {
    const ids = new KernelIds(9, false, vi.fn(), vi.fn());
    const numbers = [source('1'), source('1', 7), source('1'), source('1', 7)].map((one) => ids.kernelFor(one).id);
    expect(numbers).toEqual([0, 1, 0, 1]);
  });
});

describe('the buffer pool', () => {
  /** A device with so many bytes. */
  function deviceOf(bytes: number) {
    let [used, failed] = [0, false];
    const device = {
      limits: { maxBufferSize: 4096, maxStorageBufferBindingSize: 2 ** 30, maxStorageBuffersPerShaderStage: 8 },
      createBuffer: ({ size }: { size: number }) => {
        failed = used + size > bytes;
        const cost = failed ? 0 : size;
        used += cost;
        return { size, destroy: () => (used -= cost) } as unknown as WebGpuBuffer;
      },
      pushErrorScope: () => {},
      popErrorScope: async () => (failed ? { message: 'out of memory' } : null),
    };
    return { pool: new BufferPool(device as unknown as WebGpuDevice), used: () => used };
  }

  it('sizes are at most an eighth too large, and a multiple of what was asked for is never too small', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 2 ** 30 }), (bytes) => {
        const size = sizeClass(bytes, 2 ** 30);
        expect(size).toBeGreaterThanOrEqual(bytes);
        expect(size).toBeLessThanOrEqual(Math.max(256, Math.ceil(bytes * 1.125) + 256));
        expect(size % 4).toBe(0);
        expect(sizeClass(size, 2 ** 30)).toBe(size);
      }),
    );
    expect(sizeClass(2 ** 20 - 4, 2 ** 20 - 2)).toBe(2 ** 20 - 2);
  });

  it('gives a buffer back out, and makes one only when none fits', async () => {
    const { pool, used } = deviceOf(2 ** 20);
    await pool.reserve(1000);
    const first = pool.take(1000);
    first.destroy();
    await pool.reserve(1010);
    expect(pool.take(1010)).toBe(first);
    await pool.reserve(2000);
    pool.take(2000);
    expect([pool.made, pool.reserved, used()]).toEqual([2, 1024 + 2048, 1024 + 2048]);
    first.destroy();
    pool.empty();
    expect([pool.reserved, used()]).toEqual([2048, 2048]);
  });

  it('without memory it first gives up what nobody uses', async () => {
    const { pool, used } = deviceOf(4096);
    for (const bytes of [1024, 2048]) {
      await pool.reserve(bytes);
      pool.take(bytes).destroy();
    }
    await pool.reserve(4096);
    pool.take(4096);
    expect(used()).toBe(4096);
    await expect(pool.reserve(256)).rejects.toThrow(PoolExhausted);
    expect([pool.reserved, used()]).toEqual([4096, 4096]);
  });
});

describe('waiting', () => {
  it('ends when the condition holds, or the thread ends or falls silent', () => {
    const control = new Control();
    expect(control.wait(() => true)).toBe(true);
    expect(control.wait(() => false, 1)).toBe(false);
    const other = new Control(control.memory);
    other.noteReply();
    other.noteBatch();
    other.setMemory({ reserved: 2 ** 40, buffers: 3 });
    expect([control.replies, control.batches, control.memoryNow]).toEqual([1, 1, { reserved: 2 ** 40, buffers: 3 }]);
    // a second and a third batch
    for (let sent = 1; sent <= 3; sent++) {
      control.noteSent();
      expect(other.hasNext).toBe(sent > 2);
    }
    control.setClosing();
    expect(other.closing).toBe(true);
    other.setEnded();
    expect(control.ended).toBe(true);
    expect(control.wait(() => false)).toBe(false);
  });
});

describe('batches', () => {
  it('are sent early to a device that has nothing to do, and larger to one that is busy', () => {
    const control = new Control();
    control.noteReply();
    const sent: Batch[] = [];
    const transport: Transport = {
      send: (batch) => void sent.push(batch),
      expect: () => {},
      receive: () => ({ kind: 'started', name: 'none', maxBytes: 2 ** 31 }),
      kill: () => {},
      cause: () => null,
    };
    const driver = new WorkerDriver(transport, control);
    const kernel = { op: 'fill', parameters: [], outputs: 1, body: 'return 1;' };
    const runs = (count: number): number => {
      for (let i = 0; i < count; i++) driver.run(kernel, [], [], i);
      return sent.length;
    };
    // the kernel's text is a command too
    expect([runs(14), runs(1)]).toEqual([0, 1]);
    expect([runs(63), runs(1)]).toEqual([1, 2]);
    expect(runs(20)).toBe(2);
    control.noteBatch();
    expect(runs(1)).toBe(2);
    control.noteBatch();
    expect(runs(1)).toBe(3);
    for (let i = 0; i < 3; i++) driver.upload(i, new Float32Array(2 ** 19));
    expect(sent.length).toBe(4);
  });
});

describe('replies in shared memory', () => {
  it('are read once, as they were written', () => {
    const area = new ReplyArea();
    const other = new ReplyArea(area.memory);
    const replies: Reply[] = [
      { kind: 'started', name: 'Grün', maxBytes: 2 ** 31 },
      { kind: 'elements', elements: new Float32Array([1.5, Number.NaN, -0]) },
      { kind: 'elements', elements: new Float32Array(0) },
      { kind: 'failed', failure: { kind: 'memory', message: 'none left' } },
    ];
    for (const reply of replies) {
      other.write(reply);
      expect(area.read()).toEqual(reply);
      expect(area.read()).toBeUndefined();
    }
  });

  it('have room for what is expected, and not much more', () => {
    expect([new ReplyArea().holds(65536), new ReplyArea().holds(65537)]).toEqual([true, false]);
    const area = new ReplyArea(2 ** 20);
    expect([area.holds(2 ** 20), area.holds(2 ** 18), area.holds(2 ** 17)]).toEqual([true, true, false]);
  });

  it('a message that is too long is cut', () => {
    const area = new ReplyArea();
    area.write({ kind: 'failed', failure: { kind: 'device', message: '\u0001'.repeat(100_000) } });
    const reply = area.read();
    expect(reply?.kind).toBe('failed');
    expect(reply?.kind === 'failed' && reply.failure.message.length).toBeGreaterThan(10_000);
  });
});

describe('names of adapters', () => {
  const name = ([vendor, architecture, device, description]: readonly string[]): string =>
    adapterName({ info: { vendor, architecture, device, description } });

  it.each([
    [
      ['google', 'swiftshader', 'swiftshader-device-subzero-', 'SwiftShader driver'],
      'SwiftShader driver (google swiftshader)',
    ],
    [['nvidia', '', 'nvidia-h100', 'NVIDIA: 580.159.04'], 'nvidia-h100, NVIDIA: 580.159.04 (nvidia)'],
    [['nvidia', '', 'a card', ''], 'a card (nvidia)'],
    [['', '', '', 'a card'], 'a card'],
    [['apple', 'metal-3', '', ''], 'apple metal-3'],
    [['', '', '', ''], 'an adapter without a name'],
  ] as const)('%j', (parts, expected) => {
    expect(name(parts)).toBe(expected);
  });
});

describe('a browser', () => {
  afterEach(() => vi.unstubAllGlobals());

  it('has no device before gpu.init()', () => {
    expect(browser.requireGpuJs).toThrow('gpu.js is not loaded; a browser loads it asynchronously');
    expect(() => browser.startWorker(null)).toThrow('call `await gpu.init()` first');
  });

  it.each([
    [{}, 'this browser has no WebGPU (navigator.gpu)'],
    [{ navigator: { gpu: {} }, document: {} }, "a page's main thread cannot wait for WebGPU: run in a Web Worker"],
    [{ navigator: { gpu: {} } }, 'this browser starts no workers from workers'],
    [{ navigator: { gpu: {} }, Worker: class {} }, 'the page is not cross-origin isolated'],
  ])('says what it lacks for WebGPU', async (globals, why) => {
    for (const [name, value] of Object.entries({ navigator: {}, ...globals })) vi.stubGlobal(name, value);
    await browser.prepare('webgpu', undefined);
    expect(() => browser.startWorker(null)).toThrow(why);
  });
});
