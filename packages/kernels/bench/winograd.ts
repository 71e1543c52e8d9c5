// Convolutions of 3×3, direct and in tiles by Winograd's method: milliseconds in turns, and the error of a result, its gradients included,
// in units of the result's root mean square. Run: npx tsx --conditions=@torchlet/source packages/kernels/bench/winograd.ts
import { type Conv2dShape, conv2dForward, conv2dInputGrad, conv2dWeightGrad, info } from '@torchlet/kernels';
import { winogradLimits } from '../src/conv/winograd-plan.js';
import { F2, F4, referenceForward, referenceWeightGrad } from '../src/conv/winograd-reference.js';

type Floats = Float32Array | Float64Array;
type Results = readonly [out: Floats, gradX: Floats, gradWeight: Floats];

const usual = { ...winogradLimits };
const from = (channels: number): void =>
  void Object.assign(winogradLimits, { leastChannels: channels, leastChannelsWide: channels });
const direct = (): void => from(Number.POSITIVE_INFINITY);
const tiled = (): void => from(usual.leastChannels);

function shapeOf(inChannels: number, outChannels: number, size: number, batch: number): Conv2dShape {
  const images = { batch, inChannels, height: size, width: size, outChannels, outHeight: size, outWidth: size };
  const steps = { strideHeight: 1, strideWidth: 1, dilationHeight: 1, dilationWidth: 1 };
  return { ...images, ...steps, kernelHeight: 3, kernelWidth: 3, padTop: 1, padLeft: 1, groups: 1 };
}

/** Normally distributed, as activations behind a normalization are. */
function random(length: number): Float32Array {
  return Float32Array.from({ length }, () => {
    const radius = Math.sqrt(-2 * Math.log(1 - Math.random()));
    return radius * Math.cos(2 * Math.PI * Math.random());
  });
}

class Layer {
  readonly x: Float32Array;
  readonly weight: Float32Array;
  readonly grad: Float32Array;

  constructor(readonly shape: Conv2dShape) {
    const positions = shape.batch * shape.height * shape.width;
    this.x = random(shape.inChannels * positions);
    this.weight = random(9 * shape.inChannels * shape.outChannels);
    this.grad = random(shape.outChannels * positions);
  }

  /** The three passes, into arrays of the same type. */
  passes(as: (values: Float32Array) => Floats): { results: Results; run: (() => void)[] } {
    const [x, weight, grad] = [as(this.x), as(this.weight), as(this.grad)];
    const [out, gradX, gradWeight] = [as(this.grad), as(this.x), as(this.weight)];
    const run = [
      () => conv2dForward<Floats>(this.shape, x, 0, weight, 0, null, 0, out, 0),
      () => conv2dInputGrad<Floats>(this.shape, grad, 0, weight, 0, gradX, 0),
      () => conv2dWeightGrad<Floats>(this.shape, x, 0, grad, 0, gradWeight, 0, null, 0),
    ];
    return { results: [out, gradX, gradWeight], run };
  }
}

/** The largest error in units of the results' root mean square. */
function errorOf(got: Floats, want: Floats): string {
  let worst = 0;
  let squares = 0;
  for (let i = 0; i < want.length; i++) {
    worst = Math.max(worst, Math.abs(got[i] - want[i]));
    squares += want[i] ** 2;
  }
  return (worst / Math.sqrt(squares / want.length)).toExponential(1).padStart(9);
}

function compareErrors(layer: Layer): void {
  const { shape: s } = layer;
  const all = (as: (values: Float32Array) => Floats): Results => {
    const { results, run } = layer.passes(as);
    for (const pass of run) pass();
    return results;
  };
  const exact = all((values) => Float64Array.from(values));
  const print = (name: string, results: readonly (Floats | null)[]): void =>
    console.log(name.padEnd(34), ...results.map((r, i) => (r === null ? '        –' : errorOf(r, exact[i]))));
  console.log(
    `\n${s.inChannels}→${s.outChannels} on ${s.height}×${s.width}, batch ${s.batch}: errors of output, input gradient, weight gradient`,
  );
  direct();
  print(
    'direct',
    all((values) => Float32Array.from(values)),
  );
  tiled();
  print(
    'in tiles',
    all((values) => Float32Array.from(values)),
  );
  const [x, weight, grad] = [layer.x, layer.weight, layer.grad].map((values) => Float64Array.from(values));
  for (const [name, f] of Object.entries({ 'F(2×2, 3×3)': F2, 'F(4×4, 3×3)': F4 })) {
    const forward = referenceForward(f, s, x, weight, Math.fround);
    print(`reference, ${name}`, [forward, null, referenceWeightGrad(f, s, x, grad, Math.fround)]);
  }
}

function compareTimes(layer: Layer): void {
  const { shape: s } = layer;
  const { run } = layer.passes((values) => values.slice());
  const least = new Map<string, number>();
  for (let round = 0; round < 12; round++) {
    for (const [name, choose] of Object.entries({ direct, tiled })) {
      choose();
      run.forEach((pass, i) => {
        pass();
        const start = performance.now();
        pass();
        const key = `${name} ${i}`;
        least.set(key, Math.min(least.get(key) ?? Number.POSITIVE_INFINITY, performance.now() - start));
      });
    }
  }
  const times = (name: string) => run.map((_, i) => (least.get(`${name} ${i}`) as number).toFixed(2).padStart(7));
  const title = `${s.inChannels}→${s.outChannels} on ${s.height}×${s.width}, batch ${s.batch}`;
  console.log(title.padEnd(28), 'direct', ...times('direct'), '  in tiles', ...times('tiled'));
}

console.log(info());
console.log('ms of output, input gradient, weight gradient; arrays visit the memory of the kernels');
for (const sizes of [
  [16, 16, 28, 16],
  [16, 32, 14, 64],
  [32, 32, 28, 16],
  [64, 64, 56, 8],
  [128, 128, 28, 8],
  [256, 256, 14, 8],
  [512, 512, 7, 8],
]) {
  const [inChannels, outChannels, size, batch] = sizes;
  compareTimes(new Layer(shapeOf(inChannels, outChannels, size, batch)));
}
compareErrors(new Layer(shapeOf(64, 64, 28, 1)));
compareErrors(new Layer(shapeOf(256, 16, 14, 1)));
