import { info } from '@torchlet/kernels';
import { describe, expect, it } from 'vitest';
import * as torch from '../src/index.js';

describe('__config__.show', () => {
  it('says what the kernels run on', () => {
    const { blas, core, gemm, simd, largePages } = info();
    const before = torch.get_num_threads();
    torch.set_num_threads(1);
    const text = torch.__config__.show();
    expect(text.split('\n')).toHaveLength(6);
    expect(text).toMatch(
      /^torchlet built with:\n {2}- matrix products: .+\n {2}- WebAssembly: .+\n {2}- threads: 1\n {2}- memory: .+\n$/,
    );
    if (gemm === 'blas') expect(text).toContain(`BLAS (${blas}${core === null ? '' : `, ${core} kernels`})`);
    expect(text).toContain(simd === null ? 'off' : 'SIMD');
    expect(text).toContain(largePages ? 'memory: large pages' : 'memory: pages of the usual size');
    torch.set_num_threads(before);
  });
});

describe('set_num_threads', () => {
  it('is what get_num_threads and __config__.show say', () => {
    const before = torch.get_num_threads();
    torch.set_num_threads(3);
    expect(torch.get_num_threads()).toBe(3);
    expect(torch.__config__.show()).toContain('threads: 3\n');
    torch.set_num_threads(before);
  });

  it("refuses what is no count, in PyTorch's words", () => {
    expect(() => torch.set_num_threads(0)).toThrow('set_num_threads expects a positive integer');
    expect(() => torch.set_num_threads(-1)).toThrow('set_num_threads expects a positive integer');
    const set = torch.set_num_threads as (count: unknown) => void;
    expect(() => set(1.5)).toThrow('set_num_threads expects an int, but got float');
    expect(() => set('2')).toThrow('set_num_threads expects an int, but got str');
    expect(() => set(true)).toThrow('set_num_threads expects an int, but got bool');
    expect(() => set(null)).toThrow('set_num_threads expects an int, but got NoneType');
  });
});
