/** Gpu memory in loops that never let the event loop turn. Prints what each took, in units of one tensor, as JSON. */
import { gpu, no_grad, ones, randn, type Tensor } from '../../src/index.js';

const ONE = 64 * 64 * 4;
const units = (bytes: number): number => bytes / ONE;

/** The most memory that `run` takes beside what is there. */
function peakOf(run: () => void): number {
  gpu.empty_cache();
  gpu.reset_peak_memory_stats();
  const start = gpu.memory_allocated();
  run();
  return units(gpu.max_memory_allocated() - start);
}

const w = randn(64, 64).to('gpu').requires_grad_();

function chain(): Tensor {
  let y: Tensor = w;
  for (let i = 0; i < 8; i++) y = y.tanh();
  return y.sum();
}

/** Everything that is held over a loop, with what it was when it was made. */
function holdsEverything(): boolean {
  const held: { readonly x: Tensor; readonly copy: unknown }[] = [];
  for (let i = 0; i < 60; i++) {
    const x = ones(64, 64).to('gpu').mul(i);
    const y = x.add(w.detach());
    if (i % 7 === 0) held.push(...[x, y, y.narrow(0, 1, 3), y.t()].map((t) => ({ x: t, copy: t.tolist() })));
    chain().backward();
  }
  return held.every(({ x, copy }) => JSON.stringify(x.tolist()) === JSON.stringify(copy));
}

/** Looking for garbage is not done again at once. */
function pause(): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 500);
}

function freedByGraph(retain_graph: boolean): number {
  gpu.empty_cache();
  pause();
  const loss = chain();
  pause();
  loss.backward({ retain_graph });
  return units(gpu.memory_allocated());
}

const dropped = peakOf(() => {
  for (let i = 0; i < 400; i++) ones(64, 64).to('gpu').mul(i);
});
const training = peakOf(() => {
  for (let i = 0; i < 100; i++) {
    chain().backward();
    w.grad = null;
  }
});
const evaluation = peakOf(() => {
  for (let i = 0; i < 100; i++) no_grad(chain);
});
const held = holdsEverything();
const afterRetaining = freedByGraph(true);
const afterFreeing = freedByGraph(false);
console.log(JSON.stringify({ dropped, training, evaluation, held, afterRetaining, afterFreeing }));
