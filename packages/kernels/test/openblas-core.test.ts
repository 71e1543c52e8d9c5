/** Which of OpenBLAS' cores serves a processor better than the one that an old release chose. */
import { describe, expect, it } from 'vitest';
import { betterCore } from '../src/platform/openblas-core.js';

const AVX2 = ['sse2', 'avx', 'avx2', 'fma'];
const AVX512 = [...AVX2, 'avx512f', 'avx512bw', 'avx512dq', 'avx512vl'];

describe('betterCore', () => {
  it.each<[string, readonly string[], string | null]>([
    ['Prescott', AVX512, 'SkylakeX'],
    ['Nehalem', AVX512, 'SkylakeX'],
    ['Prescott', AVX2, 'Haswell'],
    ['Core2', AVX2, 'Haswell'],
    ['Generic', [...AVX2, 'avx512f'], 'Haswell'],
    ['Prescott', AVX512.filter((flag) => flag !== 'avx512vl'), 'Haswell'],
    // a core may ask for fused multiply-add, which these lack
    ['Prescott', ['avx', 'avx2'], null],
    ['Prescott', ['fma'], null],
    ['Prescott', ['sse2', 'sse4_2'], null],
    ['Prescott', [], null],
    // chosen for the processor
    ['Haswell', AVX512, null],
    ['SkylakeX', AVX512, null],
    ['Zen', AVX2, null],
    ['Sandybridge', AVX2, null],
    ['Cooperlake', AVX512, null],
    ['neoversen1', [], null],
  ])('%s with [%s]: %s', (chosen, flags, better) => {
    expect(betterCore(chosen, new Set(flags), undefined)).toBe(better);
  });

  it('leaves the choice to whoever set OPENBLAS_CORETYPE', () => {
    expect(betterCore('Prescott', new Set(AVX512), 'Prescott')).toBeNull();
    expect(betterCore('Prescott', new Set(AVX512), '')).toBeNull();
  });

  it('asks the processor when nobody says what it knows', () => {
    expect([null, 'Haswell', 'SkylakeX']).toContain(betterCore('Prescott'));
    expect(betterCore('Haswell')).toBeNull();
  });
});
