/** Garbage collection on demand in Node. */
import { setFlagsFromString } from 'node:v8';
import { createContext, runInContext, runInNewContext } from 'node:vm';

type Collector = () => void;

let collector: Collector | null = null;

/**
 * WeakRefs that were made or read in this turn of the event loop keep their targets until its end. The end of a script in a
 * context with a microtask queue of its own counts as one, so a synchronous loop need not wait.
 */
function makeCollector(): Collector {
  setFlagsFromString('--expose-gc');
  const gc = runInNewContext('gc') as Collector;
  const context = createContext({}, { microtaskMode: 'afterEvaluate' });
  return () => {
    runInContext('0', context);
    gc();
  };
}

/** Collects all garbage and clears the WeakRefs of what was collected. */
export function collectGarbage(): void {
  collector ??= makeCollector();
  collector();
}
