/** Numbers for kernel sources, so that a text is sent and compiled once; bounded, the ones used least recently go. */
import type { KernelSource } from '../driver.js';
import { kernelKey } from './kernel-text.js';

export type KernelId = number;

export class KernelIds {
  private next = 0;
  /** By text, in the order of last use, oldest first. */
  private readonly ids = new Map<string, KernelId>();
  /** A source's text is put together once. */
  private readonly keys = new WeakMap<KernelSource, string>();

  /** `added` is told of a source with a new number, `removed` of a number that will not come again. */
  constructor(
    private readonly size: number,
    private readonly added: (id: KernelId, source: KernelSource) => void,
    private readonly removed: (id: KernelId) => void,
  ) {}

  /** Numbers given since the start. */
  get given(): number {
    return this.next;
  }

  get count(): number {
    return this.ids.size;
  }

  idOf(source: KernelSource): KernelId {
    const key = this.keyOf(source);
    let id = this.ids.get(key);
    if (id !== undefined) this.ids.delete(key);
    else {
      if (this.ids.size >= this.size) this.removeOldest();
      id = this.next++;
      this.added(id, source);
    }
    this.ids.set(key, id);
    return id;
  }

  private keyOf(source: KernelSource): string {
    let key = this.keys.get(source);
    if (key === undefined) this.keys.set(source, (key = kernelKey(source)));
    return key;
  }

  private removeOldest(): void {
    for (const [key, id] of this.ids) {
      this.ids.delete(key);
      this.removed(id);
      return;
    }
  }
}
