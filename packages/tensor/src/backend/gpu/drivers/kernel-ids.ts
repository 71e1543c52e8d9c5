/** Numbers for kernels, so that a text is sent and compiled once; bounded, the ones used least recently go. */
import type { KernelSource } from '../driver.js';
import { KernelForms } from './kernel-forms.js';
import type { KernelForm } from './kernel-text.js';

export type KernelId = number;

/** The kernel that a source runs in. */
export interface NumberedKernel {
  readonly id: KernelId;
  /** To be given to it, behind the scalars. */
  readonly sizes: readonly number[];
}

export class KernelIds {
  private next = 0;
  /** By text, in the order of last use, oldest first. */
  private readonly ids = new Map<string, KernelId>();
  private readonly forms: KernelForms;

  /**
   * `added` is told of a kernel with a new number, `removed` of a number that will not come again.
   * @param resizes whether a compiled kernel takes other sizes than those it was compiled with
   */
  constructor(
    private readonly size: number,
    resizes: boolean,
    private readonly added: (id: KernelId, form: KernelForm) => void,
    private readonly removed: (id: KernelId) => void,
  ) {
    this.forms = new KernelForms(resizes);
  }

  /** Numbers given since the start. */
  get given(): number {
    return this.next;
  }

  get count(): number {
    return this.ids.size;
  }

  kernelFor(source: KernelSource): NumberedKernel {
    const { key, form, sizes } = this.forms.choose(source);
    return { id: this.idOf(key, form), sizes };
  }

  private idOf(key: string, form: () => KernelForm): KernelId {
    let id = this.ids.get(key);
    if (id !== undefined) this.ids.delete(key);
    else {
      if (this.ids.size >= this.size) this.removeOldest();
      id = this.next++;
      this.added(id, form());
    }
    this.ids.set(key, id);
    return id;
  }

  private removeOldest(): void {
    for (const [key, id] of this.ids) {
      this.ids.delete(key);
      this.removed(id);
      return;
    }
  }
}
