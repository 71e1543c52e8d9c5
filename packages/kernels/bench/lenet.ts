// Milliseconds of the convolution, activation and pooling stages of one LeNet training step at batch 64, and of both
// convolution layers together. Run: npx tsx --conditions=@torchlet/source packages/kernels/bench/lenet.ts
import {
  type Conv2dShape,
  conv2dForward,
  conv2dInputGrad,
  conv2dWeightGrad,
  info,
  maxPool2dBackward,
  maxPool2dForward,
  type Pool2dShape,
  vectorLoop,
} from '@torchlet/kernels';

const batch = Number(process.argv[2] ?? 64);

function convShape(inChannels: number, size: number, outChannels: number): Conv2dShape {
  return {
    batch,
    inChannels,
    height: size,
    width: size,
    outChannels,
    kernelHeight: 3,
    kernelWidth: 3,
    strideHeight: 1,
    strideWidth: 1,
    padTop: 1,
    padLeft: 1,
    dilationHeight: 1,
    dilationWidth: 1,
    groups: 1,
    outHeight: size,
    outWidth: size,
  };
}

function poolShape(channels: number, size: number): Pool2dShape {
  return {
    planes: batch * channels,
    height: size,
    width: size,
    kernelHeight: 2,
    kernelWidth: 2,
    strideHeight: 2,
    strideWidth: 2,
    padHeight: 0,
    padWidth: 0,
    dilationHeight: 1,
    dilationWidth: 1,
    outHeight: size / 2,
    outWidth: size / 2,
  };
}

/** relu and its gradient, from their scalar definitions. */
const activation = (body: string) =>
  vectorLoop({
    arrays: [
      { name: 'x', read: true, write: false },
      { name: 'y', read: true, write: false },
      { name: 'out', read: false, write: true },
    ],
    scalars: [],
    constants: {},
    body: `out = ${body};`,
  });
const relu = activation('x < 0 ? 0 : x');
const reluBackward = activation('y <= 0 ? 0 : x');

function random(length: number): Float32Array {
  return Float32Array.from({ length }, () => Math.random() - 0.5);
}

class Layer {
  readonly conv: Conv2dShape;
  readonly pool: Pool2dShape;
  readonly x: Float32Array;
  readonly weight: Float32Array;
  readonly bias: Float32Array;
  readonly y: Float32Array;
  readonly activated: Float32Array;
  readonly pooled: Float32Array;
  readonly indices: Int32Array;
  readonly gradPooled: Float32Array;
  readonly grad: Float32Array;
  readonly gradX: Float32Array;
  readonly gradWeight: Float32Array;
  readonly gradBias: Float32Array;

  constructor(inChannels: number, size: number, outChannels: number) {
    this.conv = convShape(inChannels, size, outChannels);
    this.pool = poolShape(outChannels, size);
    const positions = size * size;
    this.x = random(batch * inChannels * positions);
    this.weight = random(outChannels * inChannels * 9);
    this.bias = random(outChannels);
    this.y = new Float32Array(batch * outChannels * positions);
    this.activated = new Float32Array(this.y.length);
    this.pooled = new Float32Array(this.y.length / 4);
    this.indices = new Int32Array(this.y.length / 4);
    this.gradPooled = random(this.y.length / 4);
    this.grad = new Float32Array(this.y.length);
    this.gradX = new Float32Array(this.x.length);
    this.gradWeight = new Float32Array(this.weight.length);
    this.gradBias = new Float32Array(outChannels);
  }
}

const layers = [new Layer(1, 28, 16), new Layer(16, 14, 32)];

const stages: Record<string, (layer: Layer) => void> = {
  'conv forward': (l) => conv2dForward(l.conv, l.x, 0, l.weight, 0, l.bias, 0, l.y, 0),
  relu: (l) => relu?.(l.y.length, [l.y, l.y, l.activated], [0, 0, 0], []),
  'max pool': (l) => maxPool2dForward(l.pool, l.activated, 0, l.pooled, 0, l.indices),
  'max pool backward': (l) => maxPool2dBackward(l.pool, l.gradPooled, 0, l.indices, l.grad, 0),
  'relu backward': (l) => reluBackward?.(l.grad.length, [l.grad, l.activated, l.grad], [0, 0, 0], []),
  'conv weight grad': (l) => conv2dWeightGrad(l.conv, l.x, 0, l.grad, 0, l.gradWeight, 0, l.gradBias, 0),
  'conv input grad': (l) => conv2dInputGrad(l.conv, l.grad, 0, l.weight, 0, l.gradX, 0),
};

const times = new Map<string, number[][]>();
for (let round = 0; round < 60; round++) {
  for (const [name, run] of Object.entries(stages)) {
    layers.forEach((layer, i) => {
      const start = performance.now();
      run(layer);
      const list = times.get(`${name}`) ?? [[], []];
      times.set(name, list);
      if (round >= 20) list[i].push(performance.now() - start);
    });
  }
}

function median(values: number[]): number {
  return values.sort((a, b) => a - b)[values.length >> 1];
}

console.log(info());
console.log(`stage, batch ${batch}`.padEnd(22), 'layer 1'.padStart(9), 'layer 2'.padStart(9));
let total = 0;
let convolution = 0;
for (const [name, lists] of times) {
  const [first, second] = lists.map(median);
  console.log(name.padEnd(22), first.toFixed(2).padStart(9), second.toFixed(2).padStart(9));
  total += first + second;
  // nobody needs the gradient of the images
  if (name.startsWith('conv')) convolution += second + (name === 'conv input grad' ? 0 : first);
}
console.log(
  `both convolutions, without the images' gradient: ${convolution.toFixed(2)} ms; all: ${total.toFixed(2)} ms`,
);
