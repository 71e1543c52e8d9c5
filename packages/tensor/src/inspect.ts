/** The method that Node's `console.log` asks an object for; a well-known symbol, so nothing of Node is imported. */
export const inspect: unique symbol = Symbol.for('nodejs.util.inspect.custom');
