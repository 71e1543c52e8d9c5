// What the gpu device costs apart from computing: a kernel, a wait, a number read back, transfers; and the rate of a kernel that
// does nothing but read and write.
// Run: npx tsx --conditions=@torchlet/source packages/tensor/bench/gpu-overhead.ts
import { backend, device_name, synchronize } from '../src/gpu.js';
import { ones, type Tensor } from '../src/index.js';

const ROUNDS = 9;

const median = (times: readonly number[]): number => times.toSorted((a, b) => a - b)[times.length >> 1];

/** What comes before compiles kernels, lets V8 compile the code of both threads and fills the pool of buffers. */
const WARM_UP_MS = 400;

/** Milliseconds of `work` until the device is done with it. */
function time(work: () => unknown): number {
  const once = (): number => {
    synchronize();
    const start = performance.now();
    work();
    synchronize();
    return performance.now() - start;
  };
  const end = performance.now() + WARM_UP_MS;
  do once();
  while (performance.now() < end);
  return median(Array.from({ length: ROUNDS }, once));
}

const little = ones(64);
const few = little.to('gpu');
const chain = (length: number) => (): void => {
  let x: Tensor = few;
  for (let i = 0; i < length; i++) x = x.add(few);
};
/** So many kernels, of which each reads what another has written and none the last one's. */
const wide = (length: number) => (): void => {
  for (let i = 0; i < length; i++) few.add(few);
};
/** Kernels of which no two in a row are the same, as in a network. */
const mixed = (length: number) => (): void => {
  let x: Tensor = few;
  for (let i = 0; i < length; i += 4) x = x.add(few).mul(few).sub(few).relu();
};

const MANY = 1000;
const SIZE = 2 ** 24;
const MIB = (SIZE * 4) / 2 ** 20;
const host = ones(SIZE);
const large = host.to('gpu');
const many = time(chain(MANY));
const one = time(chain(1));
const perKernel = (work: (length: number) => () => void): string =>
  ((1000 * (time(work(MANY)) - one)) / (MANY - 1)).toFixed(1);

console.log(`gpu: ${device_name()}, through gpu.js in ${backend()} mode; medians of ${ROUNDS}\n`);
console.log('| what | |\n|---|---|');
console.log(`| a wait for nothing | ${(1000 * time(() => {})).toFixed(0)} µs |`);
console.log(`| one kernel of 64 numbers, and a wait | ${(1000 * one).toFixed(0)} µs |`);
console.log(`| each further one of ${MANY} | ${((1000 * (many - one)) / (MANY - 1)).toFixed(1)} µs |`);
console.log(`| the same, on operands that stay | ${perKernel(wide)} µs |`);
console.log(`| the same, four kernels in turns | ${perKernel(mixed)} µs |`);
for (const count of [16, 64]) {
  console.log(`| ${count} kernels in turns, and a wait | ${(1000 * time(mixed(count))).toFixed(0)} µs |`);
}
console.log(`| a kernel's result read back | ${(1000 * time(() => few.add(few).tolist())).toFixed(0)} µs |`);
console.log(`| a number read back | ${(1000 * time(() => few.sum().item())).toFixed(0)} µs |`);
console.log(
  `| 64 numbers to the device, and a wait | ${(1000 * time(() => little.to('gpu').add(few))).toFixed(0)} µs |`,
);
console.log(`| ${MIB} MiB to the device | ${(MIB / 1.024 / time(() => host.to('gpu'))).toFixed(2)} GiB/s |`);
console.log(`| ${MIB} MiB to the cpu | ${(MIB / 1.024 / time(() => large.to('cpu'))).toFixed(2)} GiB/s |`);
const rate = (3 * SIZE * 4) / 1e6 / time(() => large.add(large));
console.log(`| add of ${SIZE.toLocaleString('en')}, bytes read and written | ${rate.toFixed(0)} GB/s |`);
