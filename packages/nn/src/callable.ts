/**
 * The base of what is an object and a function at once, as a Python object with `__call__`. An instance is a function
 * whose prototype is its class's: `instanceof`, fields and `#private` members work as for any object, and calling it
 * runs `_call_impl`.
 *
 * TypeScript takes every callable type for a Function: with `noImplicitOverride`, fields called `name` or `length`, which
 * are free, want the word `override`.
 */
export abstract class Callable<Args extends unknown[], Out> {
  constructor() {
    const callable: this = Object.setPrototypeOf(
      (...args: Args): Out => callable._call_impl(...args),
      new.target.prototype as object,
    );
    // A function's own `name` cannot be written to, and its `length` would hide a getter of the class.
    Reflect.deleteProperty(callable, 'name');
    Reflect.deleteProperty(callable, 'length');
    // biome-ignore lint/correctness/noConstructorReturn: the only way to make `new` give a function without `new Function`
    return callable;
  }

  /** What a call runs. */
  abstract _call_impl(...args: Args): Out;
}

export interface Callable<Args extends unknown[], Out> {
  (...args: Args): Out;
}
