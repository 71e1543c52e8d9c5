/** Lists of hooks, and how a hook is taken off again. */
import { ValueError } from '../errors.js';

/**
 * What registering a hook returns; `using handle = …` removes the hook at the end of the block.
 * https://pytorch.org/docs/stable/generated/torch.utils.hooks.RemovableHandle.html
 */
export class RemovableHandle implements Disposable {
  readonly #remove: () => void;

  /** @internal */
  constructor(remove: () => void) {
    this.#remove = remove;
  }

  /** Takes the hook off; a second time does nothing. */
  remove(): void {
    this.#remove();
  }

  [Symbol.dispose](): void {
    this.#remove();
  }
}

/** Hooks of one kind, in the order in which they run. */
export class HookList<H> {
  private entries: readonly { readonly hook: H }[] = [];

  get isEmpty(): boolean {
    return this.entries.length === 0;
  }

  /** @throws ValueError when `hook` is no function. */
  add(hook: H, prepend: boolean = false): RemovableHandle {
    if (typeof hook !== 'function') {
      throw new ValueError(`expected a function as hook, got ${hook === null ? 'null' : typeof hook}`);
    }
    const entry = { hook };
    this.entries = prepend ? [entry, ...this.entries] : [...this.entries, entry];
    return new RemovableHandle(() => {
      this.entries = this.entries.filter((other) => other !== entry);
    });
  }

  /** The hooks of this moment: one that is added or removed meanwhile counts from the next time on. */
  *[Symbol.iterator](): Generator<H, void, unknown> {
    for (const { hook } of this.entries) yield hook;
  }
}
