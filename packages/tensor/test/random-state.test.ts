import { describe, expect, it } from 'vitest';
import * as torch from '../src/index.js';

const { DeviceError, DTypeError, ValueError } = torch;

const { fork_rng } = torch.random;
const draw = (): number => torch.rand([]).item();

/** Fails unless `run` throws exactly this class with exactly this text. */
function expectError(run: () => unknown, type: new (message: string) => Error, message: string): void {
  let caught: unknown;
  try {
    run();
  } catch (error) {
    caught = error;
  }
  expect(caught).toBeInstanceOf(type);
  expect((caught as Error).message).toBe(message);
}

describe('Generator', () => {
  it('has its state as a uint8 tensor of 5056 bytes, a copy', () => {
    const generator = new torch.Generator().manual_seed(3);
    const state = generator.get_state();
    expect([state.dtype, state.shape, state.device]).toEqual(['uint8', [5056], 'cpu']);
    const first = torch.rand(5, { generator }).tolist();
    expect(torch.rand(5, { generator }).tolist()).not.toEqual(first);
    expect(torch.rand(5, { generator: generator.set_state(state) }).tolist()).toEqual(first);
    expect(new torch.Generator().set_state(Uint8Array.from(state.toArray())).get_state().tolist()).toEqual(
      state.tolist(),
    );
  });

  it('has a twin', () => {
    const generator = new torch.Generator().manual_seed(3);
    torch.randn(3, { generator });
    const twin = generator.clone_state();
    expect(torch.randn(4, { generator: twin }).tolist()).toEqual(torch.randn(4, { generator }).tolist());
    expect(twin.initial_seed()).toBe(3);
  });

  it('seeds itself', () => {
    const generator = new torch.Generator({ device: 'cpu' });
    const seed = generator.seed();
    expect(generator.initial_seed()).toBe(seed);
    const again = new torch.Generator('cpu').manual_seed(seed);
    expect(torch.rand(2, { generator }).tolist()).toEqual(torch.rand(2, { generator: again }).tolist());
  });

  it('says what is wrong', () => {
    const generator = new torch.Generator();
    expectError(
      () => new torch.Generator('gpu'),
      DeviceError,
      'Device type gpu is not supported for torch.Generator() api.',
    );
    const text = 'RNG state must be a torch.ByteTensor';
    expectError(() => generator.set_state(torch.zeros(5056)), DTypeError, text);
    // @ts-expect-error a state is bytes
    expectError(() => generator.set_state([1]), DTypeError, text);
    expectError(() => torch.set_rng_state(torch.zeros(5056)), DTypeError, text);
  });
});

it('the default generator has a seed and a state', () => {
  expect(torch.manual_seed(5)).toBe(torch.default_generator);
  expect(torch.initial_seed()).toBe(5);
  const state = torch.get_rng_state();
  const first = draw();
  torch.set_rng_state(state);
  expect(draw()).toBe(first);
  expect(torch.seed()).toBe(torch.initial_seed());
  expect(torch.random.initial_seed).toBe(torch.initial_seed);
});

describe('fork_rng', () => {
  /** What is drawn next, after a fork that draws. */
  const after = (fork: () => unknown): number => {
    torch.manual_seed(1);
    fork();
    return draw();
  };
  const next = after(() => null);

  it('puts the generator back', () => {
    expect(after(() => expect(fork_rng(draw)).toBe(next))).toBe(next);
    expect(after(() => fork_rng({ devices: [], enabled: true }, draw))).toBe(next);
    expect(after(() => fork_rng(null, true, () => torch.manual_seed(9)))).toBe(next);
    const scope = (): void => {
      using _ = fork_rng();
      draw();
    };
    expect(after(scope)).toBe(next);
  });

  it('also after an exception, with the normal that was kept', () => {
    torch.manual_seed(1);
    torch.randn(1);
    const state = torch.get_rng_state().tolist();
    const fails = (): never => {
      torch.randn(2);
      throw new Error('no');
    };
    expect(() => fork_rng(fails)).toThrow('no');
    expect(torch.get_rng_state().tolist()).toEqual(state);
  });

  it('does nothing when not enabled', () => {
    expect(after(() => fork_rng({ enabled: false }, draw))).not.toBe(next);
    const scope = (): void => {
      using _ = fork_rng([], false);
      draw();
    };
    expect(after(scope)).not.toBe(next);
  });

  it('says what is wrong', () => {
    expectError(
      () => fork_rng(async () => draw()),
      ValueError,
      'fork_rng(): the function returned a Promise; write `using _ = fork_rng()` inside it instead',
    );
    // @ts-expect-error no such option
    expectError(() => fork_rng({ device: 0 }), ValueError, "fork_rng() got an unexpected keyword argument 'device'");
    expectError(
      // @ts-expect-error no other device has a generator
      () => fork_rng([0], true, draw),
      ValueError,
      "fork_rng(): 'devices' must be [], for the cpu alone, or null, for all; got 0",
    );
  });
});
