/** Replays PyTorch's draws (tools/pytorch-golden/draws.py). */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { allocateArray, type DType, type TypedArray } from '../src/dtype.js';
import { bernoulli, exponential, normal, randint, randperm, uniform } from '../src/random/distributions.js';
import { RandomStream } from '../src/random/stream.js';

interface Call {
  op: string;
  n: number;
  dtype: DType;
  args: (number | string)[];
  out: string | number[];
}

interface Fixture {
  sequences: { name: string; seed: string; calls: Call[]; after: number[] }[];
  states: {
    seed: string;
    initial_seed: string;
    uniforms: number;
    normals: number;
    state: string;
    rand: string;
    randn: string;
  }[];
  legacy: { x: number; y: number; rho: number; seed: number; randn: string };
}

const fixture = JSON.parse(readFileSync(new URL('./fixtures/random.json', import.meta.url), 'utf8')) as Fixture;

function bytes(text: string): Uint8Array {
  return new Uint8Array(Buffer.from(text, 'base64'));
}

function floats(text: string, dtype: string): Float32Array | Float64Array {
  const { buffer } = bytes(text);
  return dtype === 'float32' ? new Float32Array(buffer) : new Float64Array(buffer);
}

const seeded = (seed: string | number): RandomStream => new RandomStream().manual_seed(BigInt(seed));

function draw(gen: RandomStream, { op, n, dtype, args }: Call): TypedArray {
  const out = allocateArray(dtype, n);
  const [a, b] = args as number[];
  const real = out as Float32Array | Float64Array;
  if (op === 'uniform') uniform(gen, real, a, b);
  else if (op === 'normal') normal(gen, real, a, b);
  else if (op === 'randint') randint(gen, out, a, b, dtype);
  else if (op === 'bernoulli') bernoulli(gen, out, a);
  else if (op === 'exponential') exponential(gen, real, a);
  else if (op === 'randperm') return randperm(gen, n);
  else if (op === 'bernoulli_each') bernoulli(gen, out, ramp(n, args[0] as 'float32' | 'float64'));
  else throw new Error(`unknown op ${op}`);
  return out;
}

/** 0 … 1 in n steps, divided in float32 as `torch.arange(n) / m` is. */
function ramp(n: number, dtype: 'float32' | 'float64'): Float32Array | Float64Array {
  const values = Float32Array.from({ length: n }, (_, i) => i / Math.max(n - 1, 1));
  return dtype === 'float32' ? values : Float64Array.from(values);
}

/** Bit for bit. */
function expectSame(call: Call, got: TypedArray): void {
  expect(Array.from(got)).toEqual(typeof call.out === 'string' ? Array.from(floats(call.out, call.dtype)) : call.out);
}

describe('draws equal PyTorch', () => {
  it.each(fixture.sequences.map((s) => [`${s.name}, seed ${s.seed}`, s] as const))('%s', (_, sequence) => {
    const gen = seeded(sequence.seed);
    for (const call of sequence.calls) expectSame(call, draw(gen, call));
    expect(sequence.after.map(() => Number(gen.random64() & 0xffffffffn))).toEqual(sequence.after);
  });
});

const drawn = <T extends Float32Array | Float64Array>(
  fill: (gen: RandomStream, out: T) => void,
  gen: RandomStream,
  out: T,
): T => {
  fill(gen, out);
  return out;
};

describe('states in the bytes of PyTorch', () => {
  it.each(fixture.states)('seed $seed after $uniforms draws', ({ seed, initial_seed, uniforms, normals, ...want }) => {
    const gen = seeded(seed);
    drawn(normal, gen, new Float32Array(normals));
    drawn(uniform, gen, new Float32Array(uniforms));
    expect(String(gen.initial_seed())).toBe(initial_seed);
    expect(gen.bytes()).toEqual(bytes(want.state));
  });

  it.each(fixture.states)(
    'taken over from PyTorch, seed $seed after $uniforms draws',
    ({ seed, state, rand, randn }) => {
      const gen = new RandomStream().setBytes(bytes(state));
      expect(BigInt.asUintN(64, BigInt(seed))).toBe(BigInt(gen.initial_seed()));
      expect(gen.bytes()).toEqual(bytes(state));
      expect(drawn(uniform, gen, new Float32Array(5))).toEqual(floats(rand, 'float32'));
      expect(drawn(normal, gen, new Float64Array(3))).toEqual(floats(randn, 'float64'));
    },
  );

  it('reads the layout from before PyTorch 1.1, whose cached normal is an angle and a radius', () => {
    const { seed, x, y, rho, randn } = fixture.legacy;
    const old = seeded(seed).bytes().slice(0, 5048);
    const view = new DataView(old.buffer);
    view.setFloat64(5016, x, true);
    view.setFloat64(5024, y, true);
    view.setFloat64(5032, rho, true);
    view.setInt32(5040, 1, true);
    expect(drawn(normal, new RandomStream().setBytes(old), new Float64Array(3))).toEqual(floats(randn, 'float64'));
  });
});
