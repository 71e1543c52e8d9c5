/**
 * State whose tensors give their memory back as soon as they are replaced, unless somebody has come to see them: those that
 * live for some steps are too old by then for the garbage collector to find them soon.
 */
import type { Tensor } from '@torchlet/tensor';
import { giveBack } from '@torchlet/tensor/internal';

/** An entry of an optimizer's state, which others see through {@link UnseenState.shown} alone. */
export class UnseenState<S extends object> {
  /** The entry as others see it: it notes what they read. */
  readonly shown: S;
  /** Tensors and lists that the optimizer has made and nobody else has seen. */
  private readonly unseen = new WeakSet<object>();

  constructor(readonly entry: S) {
    this.shown = new Proxy(entry, {
      get: (target, key) => this.show(Reflect.get(target, key)),
      getOwnPropertyDescriptor: (target, key) => {
        this.show(Reflect.get(target, key));
        return Reflect.getOwnPropertyDescriptor(target, key);
      },
    });
    states.set(this.shown, this as UnseenState<object>);
  }

  /** The state whose entry is shown like this, or a new one for an entry of which everything has been seen. */
  static of<S extends object>(shown: S): UnseenState<S> {
    return (states.get(shown) as UnseenState<S> | undefined) ?? new UnseenState({ ...shown });
  }

  private show<T>(value: T): T {
    if (typeof value === 'object' && value !== null) this.unseen.delete(value);
    if (Array.isArray(value)) for (const item of value) this.show(item);
    return value;
  }

  /** A tensor or list that the optimizer has just made. */
  keep<T extends object>(made: T): T {
    this.unseen.add(made);
    return made;
  }

  /** The list, or one to go on with where others hold it: what comes in later, they do not see. */
  own<T>(list: T[]): T[] {
    return this.unseen.has(list) ? list : this.keep(list.slice());
  }

  /** To be called of tensors that the entry has no more. */
  forget(tensors: Iterable<Tensor | undefined>): void {
    for (const tensor of tensors) if (tensor !== undefined && this.unseen.delete(tensor)) giveBack(tensor.storage);
  }
}

const states = new WeakMap<object, UnseenState<object>>();
