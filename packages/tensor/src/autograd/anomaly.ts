/**
 * Looking for the operation whose backward gives NaN. https://pytorch.org/docs/stable/autograd.html#anomaly-detection
 */
import { checkBoolean, checkOptions, isOptions } from '../arguments.js';
import { AutogradError } from '../errors.js';
import type { Tensor } from '../tensor.js';
import { runWithin } from './inference-mode.js';
import { type ModuleCall, moduleCalls, pathOf } from './module-calls.js';
import type { Node } from './node.js';
import { running } from './running.js';

/** The current mode, read where nodes are made and where they run. */
export const anomalyMode: { enabled: boolean; checkNan: boolean } = { enabled: false, checkNan: true };

export const is_anomaly_enabled = (): boolean => anomalyMode.enabled;
export const is_anomaly_check_nan_enabled = (): boolean => anomalyMode.checkNan;

/** Where a node was recorded. */
interface Origin {
  /** Holds the stack; formatted only when it is read. */
  readonly place: Error;
  readonly call: ModuleCall | null;
  /** The node whose backward recorded this one, for second derivatives. */
  readonly within: Node | null;
}

const origins = new WeakMap<Node, Origin>();

const FRAMES = 50;

/** Remembers where the operation of `node` is being called. */
export function rememberOrigin(node: Node): void {
  const engine = Error as { stackTraceLimit?: number };
  const limit = engine.stackTraceLimit;
  engine.stackTraceLimit = FRAMES;
  origins.set(node, { place: new Error('forward'), call: moduleCalls.innermost, within: running.node });
  engine.stackTraceLimit = limit;
}

/** Directories of code that is not the user's. */
const internalCode: string[] = [];

/**
 * The folder of module `url`, `levels` up. Of built code also the sources, which stand in a stack when Node or tsx reads
 * source maps.
 */
export function codeFolders(url: string, levels: number): string[] {
  const folder = new URL(`${'../'.repeat(levels)}./`, url).pathname;
  const sources = folder.replace(/\/dist\/(?!.*\/dist\/)/, '/src/');
  return sources === folder ? [folder] : [folder, sources];
}

/** Stack frames of the files below the folder of module `url`, `levels` up, are not the user's. */
export function registerInternalCode(url: string, levels: number): void {
  internalCode.push(...codeFolders(url, levels));
}

registerInternalCode(import.meta.url, 1);

const isInternal = (frame: string): boolean =>
  internalCode.some((folder) => frame.includes(folder)) || frame.includes('(node:') || frame.includes('at node:');

/** The frames of the user's code, innermost first; all of them where nothing can be told apart (in a bundle). */
function userFrames(place: Error): string[] {
  const frames = (place.stack ?? '').split('\n').slice(1);
  const own = frames.filter((frame) => !isInternal(frame));
  return own.length > 0 ? own : frames;
}

const lineOf = (frame: string | undefined): string =>
  (frame ?? '').trim().replace(/^at (?:.*\((.*)\)|(?:async )?(.*))$/, (_, a: string, b: string) => a ?? b) ||
  'an unknown place';

/** Where a node was recorded: the user's source line, and the innermost module call. Null unless anomaly mode was on. */
export function originOf(node: Node): { readonly line: string; readonly call: ModuleCall | null } | null {
  const origin = origins.get(node);
  return origin === undefined ? null : { line: lineOf(userFrames(origin.place)[0]), call: origin.call };
}

function describe(node: Node): string {
  const origin = origins.get(node);
  if (origin === undefined) {
    return (
      `No forward pass information available for ${node.shortName()}. Enable detect anomaly during forward pass for ` +
      'more information.'
    );
  }
  const frames = userFrames(origin.place);
  const where = origin.call === null ? '' : ` in module ${pathOf(origin.call)}`;
  const here = `Forward call that caused the error: ${node.operation()}()${where}, called at ${lineOf(frames[0])}`;
  const stack = frames.length === 0 ? '' : `\n${frames.join('\n')}`;
  if (origin.within === null) return here + stack;
  return `${here}${stack}\nThe operation was recorded by the backward of ${origin.within.shortName()}. ${describe(origin.within)}`;
}

/** @throws AutogradError when a node returned NaN, naming the operation, its module and the user's source line. */
export function checkResults(node: Node, results: readonly (Tensor | null)[]): void {
  results.forEach((grad, i) => {
    if (grad?.is_floating_point() && hasNan(grad)) {
      throw new AutogradError(`Function '${node.shortName()}' returned nan values in its ${i}th output.`);
    }
  });
}

function hasNan(t: Tensor): boolean {
  for (const x of t.toArray()) if (Number.isNaN(x)) return true;
  return false;
}

const explained = new WeakSet<Error>();

/** An error that came out of a node, with the place where its operation was called. */
export function explainFailure(node: Node, error: unknown): unknown {
  if (!(error instanceof Error) || explained.has(error)) return error;
  explained.add(error);
  error.message += `\n${describe(node)}`;
  return error;
}

export interface DetectAnomalyOptions {
  /** Whether gradients that are NaN are errors; otherwise only errors are explained. */
  readonly check_nan?: boolean;
}

function enter(mode: boolean, checkNan: boolean): Disposable {
  const before = { ...anomalyMode };
  Object.assign(anomalyMode, { enabled: mode, checkNan });
  return {
    [Symbol.dispose]: (): void => {
      Object.assign(anomalyMode, before);
    },
  };
}

function readCheckNan(name: string, given: boolean | DetectAnomalyOptions | undefined): boolean {
  if (isOptions(given)) checkOptions(name, ['check_nan'], given);
  const value = isOptions(given) ? (given as DetectAnomalyOptions).check_nan : given;
  return checkBoolean(name, 'check_nan', value ?? true);
}

/**
 * Finds the operation whose gradient is NaN. Run forward and backward inside: each operation remembers where it was called,
 * and a backward that gives NaN throws an error that names it, its module and the line. Slow: for searching only. For `fn`,
 * or until the block ends: `using _ = detect_anomaly()`.
 * https://pytorch.org/docs/stable/autograd.html#torch.autograd.detect_anomaly
 */
export function detect_anomaly<T>(fn: () => T, check_nan?: boolean | DetectAnomalyOptions): T;
export function detect_anomaly(check_nan?: boolean | DetectAnomalyOptions): Disposable;
export function detect_anomaly<T>(
  first?: (() => T) | boolean | DetectAnomalyOptions,
  second?: boolean | DetectAnomalyOptions,
): T | Disposable {
  const fn = typeof first === 'function' ? first : undefined;
  const scope = enter(true, readCheckNan('detect_anomaly', typeof first === 'function' ? second : first));
  return fn === undefined ? scope : runWithin('detect_anomaly', scope, fn);
}

/**
 * Switches {@link detect_anomaly} on or off from now on; until the block ends with `using _ = set_detect_anomaly(…)`.
 * https://pytorch.org/docs/stable/autograd.html#torch.autograd.set_detect_anomaly
 */
export function set_detect_anomaly(mode: boolean, check_nan?: boolean | DetectAnomalyOptions): Disposable {
  return enter(checkBoolean('set_detect_anomaly', 'mode', mode), readCheckNan('set_detect_anomaly', check_nan));
}
