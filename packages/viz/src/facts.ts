/** Where numbers stopped being finite, remembered for each node that somebody has watched. */
import type { autograd, Tensor } from '@torchlet/tensor';
import { describe, elementsOf } from './numbers.js';

export interface Fact {
  /** Whether NaN or Inf came out, and which. */
  readonly bad: 'NaN' | 'Inf' | null;
  /** Names of what was bad already when it came in. */
  readonly badInputs: readonly string[];
  /** What went in and came out, in words; only where something was bad. */
  readonly text: readonly string[];
}

export interface NodeFacts {
  forward: Fact | null;
  backward: (Fact & { readonly order: number }) | null;
}

/** What became known while the graph was recorded. */
export const recordedFacts: WeakMap<autograd.Node, NodeFacts> = new WeakMap<autograd.Node, NodeFacts>();

export function factsOf(node: autograd.Node): NodeFacts {
  const known = recordedFacts.get(node) ?? { forward: null, backward: null };
  recordedFacts.set(node, known);
  return known;
}

/** `'NaN'` before `'Inf'`, null when all is finite. */
export function badnessOf(tensors: readonly (Tensor | null)[]): Fact['bad'] {
  let bad: Fact['bad'] = null;
  for (const t of tensors) {
    if (t === null || !t.is_floating_point()) continue;
    const data = elementsOf(t);
    for (let i = 0; i < data.length; i++) {
      if (data[i] !== data[i]) return 'NaN';
      if (!Number.isFinite(data[i])) bad = 'Inf';
    }
  }
  return bad;
}

/** Named tensors. */
export type Pairs = readonly (readonly [name: string, t: Tensor | null])[];

export function factAbout(inputs: Pairs, outputs: Pairs): Fact {
  const bad = badnessOf(outputs.map(([, t]) => t));
  if (bad === null) return { bad, badInputs: [], text: [] };
  const badInputs = inputs.filter(([, t]) => badnessOf([t]) !== null).map(([name]) => name);
  return { bad, badInputs, text: [...inputs, ...outputs].flatMap(line) };
}

const line = ([name, t]: Pairs[number]): string[] => (t === null ? [] : [`${name}  ${describe(t)}`]);
