// How near the matrix product in WebAssembly comes to its own register tile, which reads packed panels from the first cache, and what
// two threads make of it. GFLOP/s, medians of interleaved rounds.
// Run: npx tsx --conditions=@torchlet/source packages/kernels/bench/tile.ts
import { wasmProvider } from '../src/gemm/provider.js';
import { setNumThreads, threadLimits } from '../src/index.js';
import { instantiate, type WasmBuild, type WasmKernels } from '../src/wasm/instance.js';

const TILES = `
  import { tile } from './gemm';
  export function run(count: i32, k: i32, a: usize, b: usize, c: usize): void {
    for (let i = 0; i < count; i++) tile(k, 1, a, b, 0, c, 32);
  }
`;
/** What compiles the kernels; JavaScript without types. */
const { compile } = (await import(new URL('../build.mjs', import.meta.url).href)) as {
  compile(build: WasmBuild, extra: string): Promise<Uint8Array>;
};

const DEPTH = 256;
const ROUNDS = 15;

const median = (x: number[]): number => x.sort((a, b) => a - b)[x.length >> 1];

/** GFLOP/s of so many floating-point operations. */
function rate(operations: number, run: () => void): number {
  const start = performance.now();
  run();
  return operations / (performance.now() - start) / 1e6;
}

async function tiles({ build, memory }: WasmKernels): Promise<() => number> {
  const binary = await compile(build, TILES);
  const { WebAssembly } = globalThis as unknown as {
    WebAssembly: {
      Module: new (bytes: Uint8Array) => object;
      Instance: new (module: object, imports: object) => { exports: { run(...args: number[]): void } };
    };
  };
  const { run } = new WebAssembly.Instance(new WebAssembly.Module(binary), { env: { memory: memory.memory } }).exports;
  const [a, b, c] = memory.reserve([4 * DEPTH, 8 * DEPTH, 32]);
  const count = 20_000;
  return () => rate(2 * 4 * 8 * DEPTH * count, () => run(count, DEPTH, a, b, c));
}

function product(kernels: WasmKernels, size: number): (threads: number) => number {
  const { sgemm } = wasmProvider(kernels);
  const matrix = (): Float32Array => {
    const array = kernels.memory.residents.allocate(Float32Array, size * size) as Float32Array;
    for (let i = 0; i < array.length; i++) array[i] = Math.random() - 0.5;
    return array;
  };
  const [a, b, c] = [matrix(), matrix(), matrix()];
  const times = Math.ceil(5e7 / size ** 3);
  return (threads) => {
    setNumThreads(threads);
    return rate(2 * size ** 3 * times, () => {
      for (let i = 0; i < times; i++) sgemm(false, false, size, size, size, 1, a, 0, size, b, 0, size, 0, c, 0, size);
    });
  };
}

threadLimits.startAfter = 0;
for (const build of ['simd', 'relaxed'] satisfies WasmBuild[]) {
  const kernels = instantiate(build);
  if (kernels === null) continue;
  const ofTile = await tiles(kernels);
  console.log(`${build}\ttile\t1 thread\tof the tile\t2 threads\tof 1 thread`);
  for (const size of [256, 512, 1024]) {
    const run = product(kernels, size);
    const rounds = Array.from({ length: ROUNDS }, () => [ofTile(), run(1), run(2)]).slice(2);
    const [tile, one, two] = [0, 1, 2].map((i) => median(rounds.map((r) => r[i])));
    const share = `${((100 * one) / tile).toFixed(0)} %`;
    console.log(
      `${size}\t${tile.toFixed(1)}\t${one.toFixed(1)}\t${share}\t${two.toFixed(1)}\t${(two / one).toFixed(2)}`,
    );
  }
}
