/** Puts the functions of `ops/methods.ts` on Tensor: `x.add(y)` is `add(x, y)`. */
import * as list from './ops/methods.js';
import { Tensor } from './tensor.js';

/**
 * A function of a tensor as its method: the first parameter becomes `this`. Two call signatures are carried through
 * (plain `infer` would keep the last one only); a third one needs another line here.
 */
export type Method<F> = F extends {
  (self: Tensor, ...args: infer A1): infer R1;
  (self: Tensor, ...args: infer A2): infer R2;
  (self: Tensor, ...args: infer A3): infer R3;
}
  ? { (...args: A1): R1; (...args: A2): R2; (...args: A3): R3 }
  : F extends (self: Tensor, ...args: infer A) => infer R
    ? (...args: A) => R
    : never;

/** Every listed function as a method. */
export type TensorMethods = { [K in keyof typeof list]: Method<(typeof list)[K]> };

declare module './tensor.js' {
  // the methods, typed from the functions that implement them
  interface Tensor extends TensorMethods {}
}

/** Defines the methods; called once, by `index.ts`. */
export function installMethods(): void {
  for (const [name, fn] of Object.entries(list as Record<string, (self: Tensor, ...args: unknown[]) => unknown>)) {
    Object.defineProperty(Tensor.prototype, name, {
      configurable: true,
      writable: true,
      value(this: Tensor, ...args: unknown[]) {
        // spelled out, because a list that only its elements are read of is never made
        if (args.length === 0) return fn(this);
        if (args.length === 1) return fn(this, args[0]);
        if (args.length === 2) return fn(this, args[0], args[1]);
        return fn(this, ...args);
      },
    });
  }
}
