import { checkSpan } from './checks.js';
import type { FloatArray } from './types.js';
import { type WasmKernels, wasmKernels } from './wasm/instance.js';

/** Elements that visit WebAssembly memory at once: two or three such pieces stay in the cache. */
const CHUNK = 1 << 14;
/** Below this the copies' calls cost more than the loop. */
const MIN_WASM = 256;

function kernelsFor(n: number, ...arrays: FloatArray[]): WasmKernels | null {
  return n >= MIN_WASM && arrays.every((array) => array instanceof Float32Array) ? wasmKernels() : null;
}

/** `out = max(x, 0)` over `n` elements, keeping NaN; `out` may be `x` itself. */
export function relu<T extends FloatArray>(x: T, xOffset: number, out: T, outOffset: number, n: number): void {
  checkSpan('relu', 'x', x, xOffset, n);
  checkSpan('relu', 'out', out, outOffset, n);
  const kernels = kernelsFor(n, x, out);
  if (kernels === null) {
    for (let i = 0; i < n; i++) {
      const value = x[xOffset + i];
      out[outOffset + i] = value < 0 ? 0 : value;
    }
    return;
  }
  const { memory, exports } = kernels;
  const [address] = memory.reserve([CHUNK]);
  const at = address >> 2;
  const { floats } = memory;
  for (let start = 0; start < n; start += CHUNK) {
    const count = Math.min(CHUNK, n - start);
    floats.set(x.subarray(xOffset + start, xOffset + start + count), at);
    exports.relu(address, address, count);
    out.set(floats.subarray(at, at + count), outOffset + start);
  }
}

/**
 * Gradient of {@link relu} from its output: `out = y <= 0 ? 0 : grad` over `n` elements, so a NaN in `y` passes the
 * gradient on, as in PyTorch. `out` may be `grad` itself.
 */
export function reluBackward<T extends FloatArray>(
  grad: T,
  gOffset: number,
  y: T,
  yOffset: number,
  out: T,
  outOffset: number,
  n: number,
): void {
  checkSpan('reluBackward', 'grad', grad, gOffset, n);
  checkSpan('reluBackward', 'y', y, yOffset, n);
  checkSpan('reluBackward', 'out', out, outOffset, n);
  const kernels = kernelsFor(n, grad, y, out);
  if (kernels === null) {
    for (let i = 0; i < n; i++) out[outOffset + i] = y[yOffset + i] <= 0 ? 0 : grad[gOffset + i];
    return;
  }
  const { memory, exports } = kernels;
  const [address, yAddress] = memory.reserve([CHUNK, CHUNK]);
  const at = address >> 2;
  const { floats } = memory;
  for (let start = 0; start < n; start += CHUNK) {
    const count = Math.min(CHUNK, n - start);
    floats.set(grad.subarray(gOffset + start, gOffset + start + count), at);
    floats.set(y.subarray(yOffset + start, yOffset + start + count), yAddress >> 2);
    exports.reluBackward(address, yAddress, address, count);
    out.set(floats.subarray(at, at + count), outOffset + start);
  }
}
