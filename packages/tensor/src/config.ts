/** `torch.__config__`: what the kernels run on. https://pytorch.org/docs/stable/config_mod.html */
import { info } from '@torchlet/kernels';

/** A description for people, one fact a line. */
export function show(): string {
  const { gemm, blas, core, threads, simd, largePages } = info();
  const products = {
    blas: `BLAS (${blas}${core === null ? '' : `, ${core} kernels`})`,
    wasm: 'WebAssembly',
    reference: 'JavaScript',
  };
  const vectors = { relaxed: 'SIMD with relaxed multiply-add', simd: 'SIMD' };
  return [
    'torchlet built with:',
    `  - matrix products: ${products[gemm]}`,
    `  - WebAssembly: ${simd === null ? 'off, loops in JavaScript' : vectors[simd]}`,
    `  - threads: ${threads}`,
    `  - memory: ${largePages ? 'large pages' : 'pages of the usual size'}`,
    '',
  ].join('\n');
}
