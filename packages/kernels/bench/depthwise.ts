// Depthwise convolutions, found directly and by columns: least milliseconds of output, input gradient and weight gradient, in turns, on one
// thread. Run: npx tsx --conditions=@torchlet/source packages/kernels/bench/depthwise.ts
import {
  allocateArray32,
  type Conv2dShape,
  conv2dForward,
  conv2dInputGrad,
  conv2dWeightGrad,
  info,
  setNumThreads,
} from '@torchlet/kernels';
import { depthwiseLimits } from '../src/conv/depthwise-plan.js';

const ROUNDS = 15;
const { leastGroups } = depthwiseLimits;
depthwiseLimits.mostMultiplier = { blas: Number.POSITIVE_INFINITY, wasm: Number.POSITIVE_INFINITY };
const ways: Record<string, () => void> = {
  direct: () => void (depthwiseLimits.leastGroups = leastGroups),
  columns: () => void (depthwiseLimits.leastGroups = Number.POSITIVE_INFINITY),
};

interface Sizes {
  batch: number;
  channels: number;
  multiplier: number;
  size: number;
  kernel: number;
  stride: number;
}

function shapeOf({ batch, channels, multiplier, size, kernel, stride }: Sizes): Conv2dShape {
  const outSize = Math.floor((size - 1) / stride) + 1;
  const pad = (kernel - 1) / 2;
  return {
    batch,
    inChannels: channels,
    height: size,
    width: size,
    outChannels: channels * multiplier,
    outHeight: outSize,
    outWidth: outSize,
    kernelHeight: kernel,
    kernelWidth: kernel,
    strideHeight: stride,
    strideWidth: stride,
    dilationHeight: 1,
    dilationWidth: 1,
    padTop: pad,
    padLeft: pad,
    groups: channels,
  };
}

function random(length: number): Float32Array {
  const array = allocateArray32(Float32Array, length, false);
  for (let i = 0; i < length; i++) array[i] = Math.random() - 0.5;
  return array;
}

/** The three passes; the weight gradient with the bias's. */
function passesOf(s: Conv2dShape): (() => void)[] {
  const inputs = s.batch * s.inChannels * s.height * s.width;
  const outputs = s.batch * s.outChannels * s.outHeight * s.outWidth;
  const weights = s.outChannels * s.kernelHeight * s.kernelWidth;
  const [x, gradX, out, grad] = [inputs, inputs, outputs, outputs].map(random);
  const [weight, gradW, bias, gradB] = [weights, weights, s.outChannels, s.outChannels].map(random);
  return [
    () => conv2dForward(s, x, 0, weight, 0, bias, 0, out, 0),
    () => conv2dInputGrad(s, grad, 0, weight, 0, gradX, 0),
    () => conv2dWeightGrad(s, x, 0, grad, 0, gradW, 0, gradB, 0),
  ];
}

function compare(sizes: Sizes): void {
  const { batch, channels, multiplier, size, kernel, stride } = sizes;
  const passes = passesOf(shapeOf(sizes));
  const least: Record<string, number[]> = {};
  for (let round = 0; round < ROUNDS; round++) {
    for (const [name, choose] of Object.entries(ways)) {
      choose();
      const times = passes.map((pass) => {
        const start = performance.now();
        pass();
        return performance.now() - start;
      });
      least[name] = times.map((time, i) => Math.min(time, least[name]?.[i] ?? Number.POSITIVE_INFINITY));
    }
  }
  const title = `${channels}→${channels * multiplier}, ${kernel}×${kernel} in steps of ${stride}, ${size}×${size}, ${batch}`;
  console.log(
    `| ${title} | ${Object.values(least)
      .map((times) => times.map((t) => t.toFixed(2)).join(', '))
      .join(' | ')} |`,
  );
}

setNumThreads(1);
console.log(info());
console.log(`| channels, kernel, image, batch | ${Object.keys(ways).join(' | ')} |`);
console.log('|---|---|---|');
const usual = { batch: 8, channels: 64, multiplier: 1, size: 56, kernel: 3, stride: 1 };
const others: Partial<Sizes>[] = [
  { size: 112, stride: 2 },
  { size: 28, channels: 256 },
  { size: 14, channels: 512 },
  { size: 7, channels: 1024 },
  { kernel: 5 },
  { kernel: 7 },
  { kernel: 5, stride: 2 },
  { multiplier: 2, channels: 32 },
  { multiplier: 4, channels: 16 },
  { multiplier: 16, channels: 4 },
];
for (const sizes of [{}, ...others]) compare({ ...usual, ...sizes });
