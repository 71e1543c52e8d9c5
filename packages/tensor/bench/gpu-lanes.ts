// Milliseconds of gpu kernels whose threads compute one output each, and four: medians of turns, the copies included that bring
// the results into row-major order.
// Run: npx tsx --conditions=@torchlet/source packages/tensor/bench/gpu-lanes.ts
// An argument is a part of the names of what is timed; `large` is for a GPU that is hardware, and is left out without it.
import type { Backend, Conv2dParams } from '../src/backend/backend.js';
import { expanded, fresh, type Layout, random } from '../src/backend/conformance/harness.js';
import type { ElementwiseName } from '../src/backend/elementwise.js';
import { gpuBackend } from '../src/backend/gpu/gpu-backend.js';
import { laneLimits } from '../src/backend/gpu/kernels/lanes.js';
import { device_name, backend as mode, synchronize } from '../src/gpu.js';

/** Sets work up, and returns what does it once. */
type Work = (backend: Backend) => () => void;

const ROUNDS = 9;

/** A turn repeats what takes less, because a wait for the device takes as long as many a kernel. */
const TURN_MS = 4;

const { leastByRows } = laneLimits;
const FOUR = { leastRow: 1, leastProducts: 1, leastByRows, leastElements: 1 };
const ONE = { leastRow: Infinity, leastProducts: Infinity, leastByRows: Infinity, leastElements: Infinity };

function matmul(n: number, k: number, m: number, layout: Layout = 'contiguous', batch: readonly number[] = []): Work {
  return (backend) => {
    const [a, b] = [
      random(backend, 'float32', [...batch, n, k]),
      random(backend, 'float32', [...batch, k, m], layout, 2),
    ];
    const out = fresh(backend, 'float32', [...batch, n, m]);
    return () => backend.matmul(a.view, b.view, null, out);
  };
}

interface Conv {
  /** Images, channels, rows and columns. */
  readonly x: readonly [number, number, number, number];
  readonly filters: number;
  readonly kernel: number;
  readonly padding?: number;
  readonly stride?: number;
}

function conv(c: Conv): Readonly<Record<'forward' | 'input gradient' | 'weight gradient', Work>> {
  const { x, filters, kernel, padding = 0, stride = 1 } = c;
  const params: Conv2dParams = {
    stride: [stride, stride],
    padding: [padding, padding],
    dilation: [1, 1],
    groups: 1,
  };
  const place = (size: number): number => Math.floor((size + 2 * padding - kernel) / stride) + 1;
  const weight = [filters, x[1], kernel, kernel];
  const out = [x[0], filters, place(x[2]), place(x[3])];
  return {
    forward: (backend) => {
      const [image, w] = [random(backend, 'float32', x), random(backend, 'float32', weight)];
      const result = fresh(backend, 'float32', out);
      return () => backend.conv2d(image.view, w.view, null, params, result);
    },
    'input gradient': (backend) => {
      const [g, w] = [random(backend, 'float32', out), random(backend, 'float32', weight)];
      const result = fresh(backend, 'float32', x);
      return () => backend.conv2dInputGrad(g.view, w.view, params, result);
    },
    'weight gradient': (backend) => {
      const [g, image] = [random(backend, 'float32', out), random(backend, 'float32', x)];
      const result = fresh(backend, 'float32', weight);
      return () => backend.conv2dWeightGrad(g.view, image.view, params, result, null);
    },
  };
}

/** An elementwise function of operands with these shapes, broadcast to the first's. */
function elementwise(name: ElementwiseName, shapes: readonly (readonly number[])[], layout?: Layout): Work {
  return (backend) => {
    const [shape] = shapes;
    const inputs = shapes.map((each, i) => expanded(random(backend, 'float32', each, layout, i), shape).view);
    const out = fresh(backend, 'float32', shape);
    return () => backend.elementwise(name, inputs, out);
  };
}

/** The gradient of the maxima of 2 × 2 windows of so many images, channels, rows and columns. */
const poolBackward =
  (x: readonly [number, number, number, number]): Work =>
  (backend) => {
    const params = { kernel_size: [2, 2], stride: [2, 2], padding: [0, 0], dilation: [1, 1] } as const;
    const places = [x[0], x[1], x[2] / 2, x[3] / 2];
    const [out, indices] = [fresh(backend, 'float32', places), fresh(backend, 'int64', places)];
    backend.maxPool2d(random(backend, 'float32', x).view, params, out, indices);
    const [grad, result] = [random(backend, 'float32', places), fresh(backend, 'float32', x)];
    return () => backend.maxPool2dBackward(grad.view, indices, params, result);
  };

const CONVOLUTIONS: Readonly<Record<string, Conv>> = {
  '1→16 3×3 on 28×28, batch 64': { x: [64, 1, 28, 28], filters: 16, kernel: 3, padding: 1 },
  '6→16 5×5 on 14×14, batch 16': { x: [16, 6, 14, 14], filters: 16, kernel: 5 },
  '16→16 3×3 on 56×56, batch 1': { x: [1, 16, 56, 56], filters: 16, kernel: 3, padding: 1 },
  '16→16 3×3 on 56×56 in strides of 2, batch 2': { x: [2, 16, 56, 56], filters: 16, kernel: 3, padding: 1, stride: 2 },
  '32→32 1×1 on 14×14, batch 4': { x: [4, 32, 14, 14], filters: 32, kernel: 1 },
};

const WORK: Readonly<Record<string, Work>> = {
  'matmul 8·8·8': matmul(8, 8, 8),
  'matmul 16·16·16': matmul(16, 16, 16),
  'matmul 32·32·32': matmul(32, 32, 32),
  'matmul 64·64·64': matmul(64, 64, 64),
  'matmul 128·128·128': matmul(128, 128, 128),
  'matmul 127·127·127': matmul(127, 127, 127),
  'matmul 256·256·256': matmul(256, 256, 256),
  'matmul 64·784·256, second transposed': matmul(64, 784, 256, 'transposed'),
  'matmul 64·128·10, second transposed': matmul(64, 128, 10, 'transposed'),
  'matmul 64·1000·1': matmul(64, 1000, 1),
  'matmul 64·1000·2': matmul(64, 1000, 2),
  'matmul 64·1000·3': matmul(64, 1000, 3),
  'matmul 16 × 32·32·32': matmul(32, 32, 32, 'contiguous', [16]),
  'max_pool2d 2×2 of 64 × 16 × 28 × 28, gradient': poolBackward([64, 16, 28, 28]),
  'add of 1,024': elementwise('add', [[1024], [1024]]),
  'add of 16,384': elementwise('add', [[16384], [16384]]),
  'add of 1,048,576': elementwise('add', [[2 ** 20], [2 ** 20]]),
  'add of 1,024 × 256 and a row': elementwise('add', [[1024, 256], [256]]),
  'tanh of 262,144': elementwise('tanh', [[2 ** 18]]),
  'relu of 64 × 16 × 28 × 28': elementwise('relu', [[64, 16, 28, 28]]),
  'copy of 1,024 × 256, transposed': elementwise('copy', [[1024, 256]], 'transposed'),
  ...Object.fromEntries(
    Object.entries(CONVOLUTIONS).flatMap(([name, c]) =>
      Object.entries(conv(c)).map(([part, work]) => [`conv2d ${name}, ${part}`, work]),
    ),
  ),
  'large matmul 512·512·512': matmul(512, 512, 512),
  'large matmul 1024·1024·1024': matmul(1024, 1024, 1024),
  'large matmul 1024·1024·1024, second transposed': matmul(1024, 1024, 1024, 'transposed'),
  'large matmul 2048·2048·2048': matmul(2048, 2048, 2048),
  'large add of 16,777,216': elementwise('add', [[2 ** 24], [2 ** 24]]),
  'large copy of 4,096 × 4,096, transposed': elementwise('copy', [[4096, 4096]], 'transposed'),
  ...Object.fromEntries(
    Object.entries(conv({ x: [8, 64, 56, 56], filters: 64, kernel: 3, padding: 1 })).map(([part, work]) => [
      `large conv2d 64→64 3×3 on 56×56, batch 8, ${part}`,
      work,
    ]),
  ),
};

const median = (times: readonly number[]): number => times.toSorted((a, b) => a - b)[times.length >> 1];

/** Milliseconds of a repetition. */
function time(limits: typeof FOUR, step: () => void, repetitions: number): number {
  Object.assign(laneLimits, limits);
  const start = performance.now();
  for (let i = 0; i < repetitions; i++) step();
  synchronize();
  return (performance.now() - start) / repetitions;
}

const backend = gpuBackend();
console.log(`gpu: ${device_name()}, through gpu.js in ${mode()} mode; medians of ${ROUNDS} turns\n`);
console.log('| work | one output a thread, ms | four, ms | ratio |');
console.log('|---|---|---|---|');
for (const [name, make] of Object.entries(WORK)) {
  if (process.argv[2] === undefined ? name.startsWith('large') : !name.includes(process.argv[2])) continue;
  const step = make(backend);
  for (const limits of [ONE, FOUR]) time(limits, step, 1); // compiles
  const repetitions = Math.max(1, Math.min(40, Math.round(TURN_MS / time(FOUR, step, 1))));
  const [ones, fours]: number[][] = [[], []];
  for (let round = 0; round < ROUNDS; round++) {
    ones.push(time(ONE, step, repetitions));
    fours.push(time(FOUR, step, repetitions));
  }
  const [one, four] = [median(ones), median(fours)];
  console.log(`| ${name} | ${one.toFixed(2)} | ${four.toFixed(2)} | ${(one / four).toFixed(2)} |`);
}
