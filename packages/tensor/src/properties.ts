/** The accessors of Tensor that need the graph or an operation; declared in `tensor.ts`. */
import { gradFnOf, requiresGrad } from './autograd/history.js';
import { Node } from './autograd/node.js';
import { isFloating } from './dtype.js';
import { AutogradError, DTypeError, ShapeError, ValueError } from './errors.js';
import { detach } from './ops/conversion.js';
import { unbind } from './ops/slice.js';
import { permute, transpose } from './ops/view.js';
import { inferenceMode } from './storage.js';
import { Tensor } from './tensor.js';

/** What Node's `console.log` asks an object for; a well-known symbol, so nothing of Node is imported. */
const INSPECT = Symbol.for('nodejs.util.inspect.custom');

type Writable = { -readonly [K in keyof Tensor]: Tensor[K] };

function setRequiresGrad(x: Tensor, value: boolean): void {
  if (typeof value !== 'boolean') throw new ValueError(`requires_grad must be a bool, got ${String(value)}`);
  if (gradFnOf(x) !== null) {
    if (value) return;
    throw new AutogradError(
      'you can only change requires_grad flags of leaf variables. If you want to use a computed variable in a subgraph ' +
        "that doesn't require differentiation use var_no_grad = var.detach().",
    );
  }
  if (value && !isFloating(x.dtype)) {
    throw new DTypeError('only Tensors of floating point and complex dtype can require gradients');
  }
  if (value && x.storage.inference && !inferenceMode.enabled) {
    throw new AutogradError('Setting requires_grad=True on inference tensor outside InferenceMode is not allowed.');
  }
  x.leafRequiresGrad = value;
}

function dataOf(x: Tensor): Tensor {
  const out = detach(x);
  out.versionCounter = { version: 0 };
  return out;
}

/** The tensor becomes a window on another tensor's memory; its place in the graph stays. */
function setData(x: Tensor, value: Tensor): void {
  if (!(value instanceof Tensor)) throw new ValueError(`Variable data has to be a tensor, but got ${typeof value}`);
  if (x.requires_grad && !isFloating(value.dtype)) {
    throw new DTypeError('data set to a tensor that requires gradients must be floating point or complex dtype');
  }
  const target: Writable = x;
  const { version } = x.versionCounter; // which may be that of the memory that it leaves
  target.storage = value.storage;
  target.shape = value.shape;
  target.strides = value.strides;
  target.offset = value.offset;
  target.dtype = value.dtype;
  target.versionCounter = { version };
  if (x.rare.accumulator !== null && x.grad !== null && x.grad.dtype !== x.dtype) x.grad = null;
}

/** What `sparse.ts` overrides. */
const SPARSE_ONLY = [
  'sparse_dim',
  'dense_dim',
  '_nnz',
  '_indices',
  '_values',
  'indices',
  'values',
  'is_coalesced',
  'coalesce',
] as const satisfies readonly (keyof Tensor)[];

function* iterate(x: Tensor): IterableIterator<Tensor> {
  if (x.ndim === 0) throw new ShapeError('iteration over a 0-d tensor');
  yield* unbind(x, 0);
}

/** Defines the accessors; called once, by `index.ts`. */
export function installProperties(): void {
  const define = <T>(name: keyof Tensor, get: (x: Tensor) => T, set?: (x: Tensor, value: T) => void): void => {
    Object.defineProperty(Tensor.prototype, name, {
      configurable: true,
      get(this: Tensor) {
        return get(this);
      },
      set:
        set &&
        function (this: Tensor, value: T) {
          set(this, value);
        },
    });
  };
  define<boolean>('requires_grad', requiresGrad, setRequiresGrad);
  define<Node | null>('grad_fn', gradFnOf);
  define<boolean>('is_leaf', (x) => gradFnOf(x) === null);
  define<boolean>('retains_grad', (x) => x.rare.retainsGrad);
  define<Tensor>('data', dataOf, setData);
  define<Tensor | null>('_base', (x) => x.rare.base);
  define<Tensor>('T', (x) => permute(x, ...x.shape.map((_, i) => x.ndim - 1 - i)));
  define<Tensor>('mT', (x) => {
    if (x.ndim < 2)
      throw new ShapeError(`tensor.mT is only supported on matrices or batches of matrices. Got ${x.ndim}-D tensor.`);
    return transpose(x, -2, -1);
  });
  for (const name of SPARSE_ONLY) {
    Object.defineProperty(Tensor.prototype, name, {
      configurable: true,
      writable: true,
      value: () => {
        throw new ValueError(`${name}(): expected sparse tensor layout but got Strided`);
      },
    });
  }
  for (const prototype of [Tensor.prototype, Node.prototype]) {
    Object.defineProperty(prototype, INSPECT, {
      configurable: true,
      writable: true,
      value(this: Tensor | Node) {
        return this.toString();
      },
    });
  }
  Object.defineProperty(Tensor.prototype, Symbol.iterator, {
    configurable: true,
    writable: true,
    value(this: Tensor) {
      return iterate(this);
    },
  });
}
