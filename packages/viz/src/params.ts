/** Names of leaves. */

import type { autograd } from '@torchlet/tensor';
import { Tensor, ValueError } from '@torchlet/tensor';
import { type ModuleCall, originOf } from '@torchlet/tensor/internal';

/** What has named parameters: a module. */
export interface Named {
  named_parameters(): Iterable<readonly [string, Tensor]>;
}

/** Names of tensors: a module, `named_parameters()`, or an object such as `{ x, ...net.state_dict() }`. */
export type Params = Named | Iterable<readonly [string, Tensor]> | Readonly<Record<string, Tensor>>;

const isNamed = (x: unknown): x is Named => typeof (x as Partial<Named> | null)?.named_parameters === 'function';

function pairsOf(params: unknown): Iterable<unknown> | null {
  if (isNamed(params)) return params.named_parameters();
  if (params === null || typeof params !== 'object' || params instanceof Tensor) return null;
  if (typeof (params as Partial<Iterable<unknown>>)[Symbol.iterator] === 'function') return params as Iterable<unknown>;
  return Object.entries(params);
}

/** @throws ValueError for what names no tensors. */
export function readParams(fn: string, params: unknown): Map<Tensor, string> {
  const names = new Map<Tensor, string>();
  if (params === undefined || params === null) return names;
  const bad = (what: string): ValueError =>
    new ValueError(`${fn}(): params must be a module, an object of tensors or pairs of name and tensor, got ${what}`);
  const pairs = pairsOf(params);
  if (pairs === null) throw bad(params instanceof Tensor ? 'a Tensor' : typeof params);
  for (const pair of pairs) {
    if (!Array.isArray(pair) || typeof pair[0] !== 'string' || !(pair[1] instanceof Tensor)) {
      throw bad(`${Array.isArray(pair) ? `'${String(pair[0])}': ${typeof pair[1]}` : typeof pair} among them`);
    }
    if (!names.has(pair[1])) names.set(pair[1], pair[0]);
  }
  return names;
}

/** Adds the names that the parameters have below the modules in which these nodes were recorded. */
export function addRecordedNames(names: Map<Tensor, string>, nodes: Iterable<autograd.Node>): void {
  const seen = new Set<object>();
  for (const node of nodes) {
    const root = rootOf(originOf(node)?.call ?? null);
    if (root === null || seen.has(root)) continue;
    seen.add(root);
    if (!isNamed(root)) continue;
    for (const [name, t] of root.named_parameters()) if (!names.has(t)) names.set(t, name);
  }
}

/** The module that the user has called. */
function rootOf(call: ModuleCall | null): object | null {
  let at = call;
  while (at !== null && at.outer !== null) at = at.outer;
  return at === null ? null : at.module;
}
