/** The tensors of a recording, each kept once. */
import type { Tensor } from '@torchlet/tensor';
import { summarise, type TensorData } from './summary.js';

export class TensorStore {
  readonly tensors: TensorData[] = [];
  /** By the object, as long as nothing has changed it in place. */
  private known = new WeakMap<Tensor, { version: number; at: number }>();

  constructor(private readonly full: boolean) {}

  /** Copies what a tensor holds now. @returns its number */
  add(t: Tensor): number {
    const { version } = t.versionCounter;
    const known = this.known.get(t);
    if (known?.version === version) return known.at;
    const at = this.tensors.push(summarise(t, this.full)) - 1;
    this.known.set(t, { version, at });
    return at;
  }

  /** From now on every tensor is read again: what is changed through `.data` counts no version. */
  forget(): void {
    this.known = new WeakMap();
  }
}
