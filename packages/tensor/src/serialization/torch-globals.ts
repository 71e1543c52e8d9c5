import { isFloating } from '../dtype.js';
import { SerializationError } from '../errors.js';
import { type Shape, showShape } from '../shape.js';
import { Storage } from '../storage.js';
import { Tensor } from '../tensor.js';
import { makeParameter } from './parameters.js';
import { describeKind, type PickleValue, PyDict, PyGlobal, PyList, PyObject, PySet, PyTuple } from './pickle-values.js';
import { STORAGE_FORMATS, UNSUPPORTED_STORAGES } from './storage-codec.js';
import { isNatural, StorageWindow, UNTYPED_STORAGE } from './storage-id.js';

type Args = readonly PickleValue[];

const DTYPE_NAMES = [
  ...['float16', 'bfloat16', 'float32', 'float64', 'complex32', 'complex64', 'complex128'],
  ...['uint8', 'int8', 'int16', 'int32', 'int64', 'bool'],
];
/** PyTorch's own limit on dimensions. */
const MAX_DIMS = 64;

/**
 * Every name that a file may mention. A dtype stands for its name as a string; the others are constructors written
 * here, and none of them does more than build a value.
 */
export const TORCH_GLOBALS: ReadonlyMap<string, PickleValue> = new Map<string, PickleValue>([
  ...DTYPE_NAMES.map((name): [string, PickleValue] => [`torch.${name}`, name]),
  ...[...STORAGE_FORMATS.keys(), ...UNSUPPORTED_STORAGES.keys()].map((name): [string, PickleValue] => [
    `torch.${name}`,
    new PyGlobal(`torch.${name}`),
  ]),
  // Known for the sake of the error: it makes tensors of dtypes that are not supported.
  ...['torch._utils._rebuild_tensor_v3', UNTYPED_STORAGE].map((path): [string, PickleValue] => [
    path,
    new PyGlobal(path),
  ]),
  ...constructors({
    'torch._utils._rebuild_tensor': rebuildOldTensor,
    'torch._utils._rebuild_tensor_v2': rebuildTensor,
    'torch._utils._rebuild_parameter': rebuildParameter,
    'torch.nn.parameter.Parameter': oldParameter,
    'torch.Size': size,
    'torch.device': device,
    'collections.OrderedDict': orderedDict,
    'collections.Counter': counter,
    '__builtin__.set': set,
    'builtins.set': set,
    '__builtin__.bytes': emptyBytes,
    'builtins.bytes': emptyBytes,
    '_codecs.encode': encodeLatin1,
  }),
]);

function constructors(table: Record<string, (args: Args, path: string) => PickleValue>): [string, PickleValue][] {
  return Object.entries(table).map(([path, make]) => [path, new PyGlobal(path, (args) => make(args, path))]);
}

const wrongArguments = (path: string, args: Args): SerializationError =>
  new SerializationError(`${path} is called with (${args.map(describeKind).join(', ')})`);

/** `(storage, offset, size, stride, requires_grad, backward_hooks[, metadata])` */
function rebuildTensor(args: Args, path: string): PyObject {
  const [storage, offset, sizes, strides, requiresGrad, , metadata] = args;
  const window = windowOf(storage);
  const shape = naturals(sizes);
  const steps = naturals(strides);
  if (
    window === null ||
    !(shape !== null && steps !== null && shape.length === steps.length && shape.length <= MAX_DIMS) ||
    !isNatural(offset) ||
    typeof requiresGrad !== 'boolean' ||
    args.length > 7
  ) {
    throw wrongArguments(path, args);
  }
  if (metadata instanceof PyDict && metadata.size > 0) {
    throw new SerializationError('a tensor has metadata (a conjugate or negative view), which is not supported');
  }
  checkBounds(window, shape, steps, offset);
  const tensor = new Tensor(window.storage, shape, steps, window.offset + offset);
  if (requiresGrad) {
    checkFloating(tensor);
    tensor.requires_grad = true;
  }
  return new PyObject(tensor);
}

/** `(storage, offset, size, stride)`, as PyTorch wrote tensors before 0.4. */
function rebuildOldTensor(args: Args, path: string): PyObject {
  if (args.length !== 4) throw wrongArguments(path, args);
  return rebuildTensor([...args, false], path);
}

function windowOf(value: PickleValue): StorageWindow | null {
  if (!(value instanceof PyObject)) return null;
  if (value.value instanceof Storage) return { storage: value.value, offset: 0, numel: value.value.numel };
  return value.value instanceof StorageWindow ? value.value : null;
}

function naturals(tuple: PickleValue): number[] | null {
  if (!(tuple instanceof PyTuple)) return null;
  const numbers = tuple.items.filter(isNatural);
  return numbers.length === tuple.items.length ? numbers : null;
}

/** A view must not show anything outside of its storage. A view without elements shows nothing. */
function checkBounds(storage: StorageWindow, shape: Shape, strides: Shape, offset: number): void {
  let numel = 1;
  let last = offset;
  for (let d = 0; d < shape.length; d++) {
    numel *= shape[d];
    last += (shape[d] - 1) * strides[d];
  }
  // NaN (0 · ∞) and infinity fail the comparisons.
  if (!(numel <= Number.MAX_SAFE_INTEGER) || (numel > 0 && !(last < storage.numel))) {
    throw new SerializationError(
      `a tensor of shape ${showShape(shape)}, strides ${showShape(strides)} and offset ${offset} does not fit into ` +
        `its storage of ${storage.numel} elements`,
    );
  }
}

function checkFloating(tensor: Tensor): void {
  if (!isFloating(tensor.dtype)) {
    throw new SerializationError(
      `only Tensors of floating point dtype can require gradients, but one is ${tensor.dtype}`,
    );
  }
}

/** `(data, requires_grad, backward_hooks)` */
function rebuildParameter(args: Args, path: string): PyObject {
  const [data, requiresGrad] = args;
  const isTensor = data instanceof PyObject && data.value instanceof Tensor;
  if (!isTensor || typeof requiresGrad !== 'boolean' || args.length !== 3) throw wrongArguments(path, args);
  const tensor = data.value as Tensor;
  if (requiresGrad) checkFloating(tensor);
  return new PyObject(makeParameter(tensor, requiresGrad));
}

/** `(data[, requires_grad])`, and then the state `(requires_grad, volatile, backward_hooks)`: Parameters before 0.4. */
function oldParameter(args: Args, path: string): PyObject {
  const [data, requiresGrad = true] = args;
  if (args.length > 2) throw wrongArguments(path, args);
  const parameter = rebuildParameter([data, requiresGrad, null], path);
  return new PyObject(parameter.value, (state) => {
    const wanted = state instanceof PyTuple && state.items.length === 3 ? state.items[0] : null;
    if (typeof wanted !== 'boolean') throw new SerializationError(`the state of a ${path} is a ${describeKind(state)}`);
    const tensor = parameter.value as Tensor;
    if (wanted) checkFloating(tensor);
    tensor.requires_grad = wanted;
  });
}

/** A `torch.Size` is the tuple it is made of. */
function size(args: Args, path: string): PyTuple {
  if (!(args.length === 1 && args[0] instanceof PyTuple)) throw wrongArguments(path, args);
  return args[0];
}

/** A `torch.device` is its string: `cpu`, `cuda:0`. */
function device(args: Args, path: string): string {
  const [type, index] = args;
  if (typeof type !== 'string' || (index !== undefined && !isNatural(index)) || args.length > 2) {
    throw wrongArguments(path, args);
  }
  return index === undefined ? type : `${type}:${index}`;
}

function orderedDict(args: Args, path: string): PyDict {
  if (args.length > 0) throw wrongArguments(path, args);
  return new PyDict(true);
}

/** A `Counter`, such as the milestones of MultiStepLR, is the dict it is made of. */
function counter(args: Args, path: string): PyDict {
  if (!(args.length === 1 && args[0] instanceof PyDict)) throw wrongArguments(path, args);
  return args[0];
}

function set(args: Args, path: string): PySet {
  const [items] = args;
  if (args.length > 1 || !(items === undefined || items instanceof PyList)) throw wrongArguments(path, args);
  const result = new PySet();
  for (const item of items?.items ?? []) result.add(item);
  return result;
}

function emptyBytes(args: Args, path: string): Uint8Array {
  if (args.length > 0) throw wrongArguments(path, args);
  return new Uint8Array(0);
}

/** What protocol 2 has for bytes: a string of the characters 0 to 255. */
function encodeLatin1(args: Args, path: string): Uint8Array {
  const [text, encoding] = args;
  if (typeof text !== 'string' || encoding !== 'latin1' || args.length !== 2) throw wrongArguments(path, args);
  const bytes = new Uint8Array(text.length);
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code > 255) throw new SerializationError('bytes in the pickle hold a character beyond latin1');
    bytes[i] = code;
  }
  return bytes;
}
