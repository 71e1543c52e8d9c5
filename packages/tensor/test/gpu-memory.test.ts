/** Who frees a gpu tensor's memory, and when. */
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { handleOf } from '../src/backend/gpu/handles.js';
import { DeviceError } from '../src/errors.js';
import { gpu, ones, randn, sparse_coo_tensor, type Tensor, tensor, zeros } from '../src/index.js';

beforeAll(() => {
  process.env.TORCHLET_GPU = 'cpu';
});
beforeEach(() => {
  gpu.empty_cache();
});

const KIB = 1024;
/** A gpu tensor of so many KiB. */
const kib = (size: number): Tensor => ones(size * (KIB / 4)).to('gpu');

describe('dispose', () => {
  const message =
    'the memory of this gpu tensor was freed by dispose(), on it or on a tensor that shares its storage; it cannot be used any more';
  const refused = new DeviceError(message);

  it('frees at once, and using the tensor afterwards is an error', () => {
    const before = gpu.memory_allocated();
    const x = kib(8);
    expect(gpu.memory_allocated() - before).toBe(8 * KIB);
    x.dispose();
    expect(gpu.memory_allocated()).toBe(before);
    for (const use of [
      () => x.tolist(),
      () => x.add(1),
      () => x.matmul(x),
      () => x.add_(1),
      () => x.zero_(),
      () => zeros(x.shape).to('gpu').copy_(x),
      () => x.to('cpu'),
      () => String(x),
    ]) {
      expect(use).toThrow(refused);
    }
    expect(x.shape).toEqual([2 * KIB]);
    expect(() => x.dispose()).not.toThrow();
    gpu.empty_cache();
    expect(gpu.memory_allocated()).toBe(before);
  });

  it('`using` frees at the end of the block', () => {
    const before = gpu.memory_allocated();
    {
      using x = kib(8);
      expect(x.sum().item()).toBe(2 * KIB);
    }
    expect(gpu.memory_allocated() - before).toBeLessThan(KIB);
  });

  it('concerns all views and detach(), but no copy', () => {
    const x = kib(8);
    const others = [x.view(2, -1), x.narrow(0, 1, 5), x.detach(), x.data];
    const copies = [x.clone(), x.to({ device: 'gpu', copy: true }), x.to('cpu')];
    others[1].dispose();
    for (const t of [x, ...others]) expect(() => t.tolist()).toThrow(refused);
    for (const t of copies) expect(t.sum().item()).toBe(2 * KIB);
  });

  it('of what a graph has saved is an error of the backward pass', () => {
    const x = randn(4).to('gpu').requires_grad_();
    const y = x.exp();
    const loss = y.sum();
    y.dispose();
    expect(() => loss.backward()).toThrow(refused);
    expect(x.grad).toBeNull();
  });

  it('of a sparse tensor frees its parts', () => {
    const before = gpu.memory_allocated();
    const x = sparse_coo_tensor(tensor([[0, 2]], { dtype: 'int64' }).to('gpu'), ones(2, 1000).to('gpu'), [4, 1000]);
    x.dispose();
    expect(gpu.memory_allocated()).toBe(before);
    expect(() => x._values().tolist()).toThrow(refused);
  });

  it('does nothing on the cpu', () => {
    const x = ones(1000);
    x.dispose();
    {
      using y = x;
      expect(y).toBe(x);
    }
    expect(x.sum().item()).toBe(1000);
  });

  it('a handle that was freed is not taken for zeros', () => {
    const x = kib(1);
    const handle = handleOf(x);
    x.dispose();
    const text = new DeviceError('the gpu device was given an array that it has already freed');
    expect(() => handle.toHost()).toThrow(text);
    expect(() => handle.toDevice()).toThrow(text);
  });
});

describe('beside the loop', () => {
  it('empty_cache() frees what nobody can reach, old or young', () => {
    let held: Tensor[] | null = Array.from({ length: 4 }, () => kib(4));
    const full = gpu.memory_allocated();
    gpu.empty_cache();
    gpu.empty_cache();
    expect(gpu.memory_allocated()).toBe(full);
    expect(held).toHaveLength(4);
    held = null;
    gpu.empty_cache();
    expect(full - gpu.memory_allocated()).toBe(16 * KIB);
  });

  it('the counters are PyTorch’s', () => {
    gpu.reset_peak_memory_stats();
    const before = gpu.memory_allocated();
    expect(gpu.max_memory_allocated()).toBe(before);
    const x = kib(64).view(128, 128);
    x.matmul(x).tolist();
    expect(gpu.memory_reserved()).toBeGreaterThanOrEqual(64 * KIB);
    const stats = gpu.memory_stats();
    expect(stats['allocated_bytes.all.current']).toBe(gpu.memory_allocated());
    expect(stats['allocated_bytes.all.peak']).toBe(gpu.max_memory_allocated());
    expect(stats['reserved_bytes.all.current']).toBe(gpu.memory_reserved());
    expect(stats.num_device_alloc).toBeGreaterThan(0);
    x.dispose();
    expect(gpu.max_memory_allocated() - before).toBeGreaterThanOrEqual(64 * KIB);
    gpu.reset_peak_memory_stats();
    expect(gpu.max_memory_allocated()).toBe(gpu.memory_allocated());
  });

  it('a large float32 array does not stay on the host as well; small ones and integers do', () => {
    const [large, small, labels] = [kib(128), kib(1), tensor(new BigInt64Array(40_000)).to('gpu')];
    const reads = (x: Tensor): number => {
      handleOf(x).toDevice();
      gpu.reset_stats();
      x.to('cpu');
      x.to('cpu');
      return gpu.stats().readbacks;
    };
    expect([large, small, labels].map(reads)).toEqual([2, 0, 0]);
  });
});

it('there is one device', () => {
  expect([gpu.device_count(), gpu.current_device()]).toEqual([1, 0]);
});

describe('in a synchronous loop, in a process of its own', () => {
  const path = fileURLToPath(new URL('./children/gpu-memory.ts', import.meta.url));
  const run = spawnSync(process.execPath, ['--import', 'tsx', '--conditions=@torchlet/source', path], {
    encoding: 'utf8',
    env: { ...process.env, TORCHLET_GPU: 'cpu' },
  });
  const result = JSON.parse(run.stdout || 'null');

  it('what is dropped comes back', () => {
    expect(run.stderr).toBe('');
    // of 800 tensors; how soon is a question of time, which other programs take
    expect(result.dropped).toBeLessThan(400);
  });

  it('what steps and evaluations leave comes back', () => {
    // a hundred times nine each
    expect(result.training).toBeLessThan(450);
    expect(result.evaluation).toBeLessThan(450);
  });

  it('what only a graph held comes back with the backward pass that frees it', () => {
    // the parameter and its gradient, and a temporary of an instant before
    expect(result.afterFreeing).toBeLessThan(4);
    expect(result.afterRetaining).toBeGreaterThan(9);
  });

  it('what is held stays as it was', () => {
    expect(result.held).toBe(true);
  });
});
