import { SerializationError } from '../errors.js';
import { describeKind, type PickleValue, PyDict, PyList, PySet, PyTuple } from './pickle-values.js';

type Container = PyList | PyTuple | PyDict | PySet;

function partsOf(value: Container): PickleValue[] {
  if (value instanceof PyDict) {
    const metadata = value.attributes?.get('_metadata');
    const items = Array.from(value.entries(), ([, item]) => item);
    return metadata === undefined ? items : [...items, metadata];
  }
  return value instanceof PySet ? [] : Array.from(value.items);
}

const isContainer = (value: PickleValue): value is Container =>
  value instanceof PyList || value instanceof PyTuple || value instanceof PyDict || value instanceof PySet;

/**
 * A value that contains itself has no end for whoever walks it. Each container is entered once, without recursion.
 * @throws SerializationError for such a value.
 */
export function refuseCycles(root: PickleValue): void {
  /** True while a container's parts are being looked at. */
  const open = new Map<Container, boolean>();
  const stack: { readonly value: Container; readonly parts: PickleValue[] }[] = [];
  const enter = (value: PickleValue): void => {
    if (!isContainer(value)) return;
    const state = open.get(value);
    if (state === true) {
      throw new SerializationError(
        `the file holds a ${describeKind(value)} that contains itself; weights_only: false reads it`,
      );
    }
    if (state === false) return;
    open.set(value, true);
    stack.push({ value, parts: partsOf(value) });
  };
  enter(root);
  for (let top = stack.at(-1); top !== undefined; top = stack.at(-1)) {
    const next = top.parts.pop();
    if (next !== undefined) enter(next);
    else {
      open.set(top.value, false);
      stack.pop();
    }
  }
}
