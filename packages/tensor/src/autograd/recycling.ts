/**
 * Memory that a backward pass is done with goes back at once: the next node writes into what is still in the cache, and
 * nothing waits for the garbage collector. Only what the engine made and nobody else can see is given back.
 */
import { LEAST_MADE, made, type Storage } from '../storage.js';
import type { Tensor } from '../tensor.js';
import { giveBack } from './give-back.js';
import type { Gradients, Node } from './node.js';

/** Whether a result shows this memory. What a sparse one shows are its indices and values, which its storage does not tell. */
function isResult(storage: Storage, results: Gradients): boolean {
  for (let i = 0; i < results.length; i++) {
    const result = results[i];
    if (result !== null && (result.storage === storage || result.is_sparse)) return true;
  }
  return false;
}

/** Whether there is anything to gain: what comes in is large enough to come from memory that can be given back. */
export function pays(grads: Gradients): boolean {
  for (let i = 0; i < grads.length; i++) {
    const grad = grads[i];
    if (grad !== null && isWorthGivingBack(grad)) return true;
  }
  return false;
}

/** The same for one gradient. */
export const isWorthGivingBack = (grad: Tensor): boolean => grad.storage.numel >= LEAST_MADE;

/** Lists of storages, one for each level of nested runs. */
const lists: Storage[][] = [];
let level = 0;

/**
 * Runs a node that keeps nothing, with `inner` if the two run together, then gives back its temporaries and the gradients of which
 * the engine was the owner.
 */
export function applyRecycling(node: Node, grads: Gradients, inner: Node | null): Gradients {
  const list = (lists[level] ??= []);
  const outer = made.list;
  made.list = list;
  level++;
  try {
    const results = inner === null ? node.apply(grads) : node.applyJoint(inner, grads);
    for (const storage of list) if (!isResult(storage, results)) giveBack(storage);
    for (let i = 0; i < grads.length; i++) {
      const grad = grads[i];
      if (grad !== null && node.owns(i) && !isResult(grad.storage, results)) giveBack(grad.storage);
    }
    return results;
  } finally {
    level--;
    made.list = outer;
    if (list.length > 0) list.length = 0;
  }
}
