import type { KernelSource } from '../driver.js';

/** Texts are put together once: on the host that costs more than to run a kernel. */
export class Memo<T> {
  private readonly made = new Map<string, T>();

  /** When it is full, everything is forgotten: what is in use comes back at once. */
  constructor(private readonly size: number = 1024) {}

  get(key: string, make: () => T): T {
    let value = this.made.get(key);
    if (value === undefined) {
      if (this.made.size >= this.size) this.made.clear();
      value = make();
      this.made.set(key, value);
    }
    return value;
  }
}

/** Makes once what the arguments, as JSON, tell apart. A kernel that stays the same object is found without its text. */
export function once<A extends readonly unknown[], T>(make: (...args: A) => T): (...args: A) => T {
  const memo = new Memo<T>();
  return (...args) => memo.get(JSON.stringify(args), () => make(...args));
}

const resized = new WeakMap<KernelSource, Map<number, KernelSource>>();

/** The kernel for the first `outputs` of what it computes. */
export function withOutputs(kernel: KernelSource, outputs: number): KernelSource {
  if (kernel.outputs === outputs) return kernel;
  let known = resized.get(kernel);
  if (known === undefined) resized.set(kernel, (known = new Map()));
  let other = known.get(outputs);
  if (other === undefined) known.set(outputs, (other = { ...kernel, outputs }));
  return other;
}
