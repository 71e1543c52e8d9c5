// GFLOP/s of square float32 matrix products for every provider.
// Run: npx tsx --conditions=@torchlet/source packages/kernels/bench/sgemm.ts
import { blasProvider, type GemmProvider, referenceProvider, wasmProvider } from '../src/gemm/provider.js';
import { instantiate } from '../src/wasm/instance.js';

const providers: [string, GemmProvider | null][] = [['blas', blasProvider()]];
for (const build of ['relaxed', 'simd'] as const) {
  const kernels = instantiate(build);
  providers.push([`wasm ${build}`, kernels === null ? null : wasmProvider(kernels)]);
}
providers.push(['reference', referenceProvider]);

function speed(provider: GemmProvider, size: number): number {
  const a = Float32Array.from({ length: size * size }, () => Math.random() - 0.5);
  const b = Float32Array.from({ length: size * size }, () => Math.random() - 0.5);
  const c = new Float32Array(size * size);
  const flops = 2 * size ** 3;
  const once = () => provider.sgemm(false, false, size, size, size, 1, a, 0, size, b, 0, size, 0, c, 0, size);
  once();
  let best = Number.POSITIVE_INFINITY;
  const until = performance.now() + 400;
  const repeats = Math.max(1, Math.round(2e7 / flops));
  do {
    const start = performance.now();
    for (let i = 0; i < repeats; i++) once();
    best = Math.min(best, (performance.now() - start) / repeats);
  } while (performance.now() < until);
  return flops / best / 1e6;
}

const sizes = [64, 128, 256, 512, 1024];
console.log('GFLOP/s'.padEnd(14), ...sizes.map((size) => String(size).padStart(8)));
for (const [name, provider] of providers) {
  const row = sizes.map((size) => (provider === null ? 'absent' : speed(provider, size).toFixed(1)).padStart(8));
  console.log(name.padEnd(14), ...row);
}
