import { info } from '@torchlet/kernels';
import { describe, expect, it } from 'vitest';
import * as torch from '../src/index.js';

describe('__config__.show', () => {
  it('says what the kernels run on', () => {
    const { blas, core, gemm, simd } = info();
    const before = torch.get_num_threads();
    torch.set_num_threads(1);
    const text = torch.__config__.show();
    expect(text.split('\n')).toHaveLength(5);
    expect(text).toMatch(
      /^torchlet built with:\n {2}- matrix products: .+\n {2}- WebAssembly: .+\n {2}- threads: 1\n$/,
    );
    if (gemm === 'blas') expect(text).toContain(`BLAS (${blas}${core === null ? '' : `, ${core} kernels`})`);
    expect(text).toContain(simd === null ? 'off' : 'SIMD');
    torch.set_num_threads(before);
  });
});
