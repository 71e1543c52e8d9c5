/**
 * The calls of modules that are running, so that an anomaly can name the module in which an operation was recorded.
 * Modules are known here only as objects that can tell their path below another one.
 */

/** A running call; the chain of `outer` leads to the module that the user called. */
export interface ModuleCall {
  readonly module: object;
  readonly outer: ModuleCall | null;
  /** The path of `module` below `root`, such as `Net.features.0 (Conv2d)`. */
  readonly path: (root: object) => string;
}

/** The innermost running call; null unless anomalies are looked for. */
export const moduleCalls: { innermost: ModuleCall | null } = { innermost: null };

/** Runs `fn` as a call of `module`. */
export function withinModule<T>(module: object, path: (root: object) => string, fn: () => T): T {
  const outer = moduleCalls.innermost;
  moduleCalls.innermost = { module, outer, path };
  try {
    return fn();
  } finally {
    moduleCalls.innermost = outer;
  }
}

/** The path of a call's module below the module that the user called. */
export function pathOf(call: ModuleCall): string {
  let root = call;
  while (root.outer !== null) root = root.outer;
  return call.path(root.module);
}
