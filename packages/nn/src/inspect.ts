const INSPECT = Symbol.for('nodejs.util.inspect.custom');

/** Lets `console.log` print a class's instances as their `toString` does. */
export function printsAsString(type: { prototype: object }): void {
  Object.defineProperty(type.prototype, INSPECT, {
    configurable: true,
    writable: true,
    value(this: object) {
      return this.toString();
    },
  });
}
