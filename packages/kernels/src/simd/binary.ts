/** WebAssembly's binary format, as far as loops need it. https://webassembly.github.io/spec/core/binary/ */

export type Code = readonly number[];

export const I32 = 0x7f;
export const F64 = 0x7c;
export const V128 = 0x7b;
export type ValueType = typeof I32 | typeof F64 | typeof V128;

/** Unsigned LEB128. */
export function unsigned(value: number): number[] {
  const bytes: number[] = [];
  let rest = value;
  do {
    const low = rest % 128;
    rest = Math.floor(rest / 128);
    bytes.push(rest > 0 ? low | 0x80 : low);
  } while (rest > 0);
  return bytes;
}

/** Signed LEB128 of a 32-bit integer. */
export function signed(value: number): number[] {
  const bytes: number[] = [];
  let rest = value | 0;
  for (;;) {
    const low = rest & 0x7f;
    rest >>= 7;
    if ((rest === 0 && (low & 0x40) === 0) || (rest === -1 && (low & 0x40) !== 0)) {
      bytes.push(low);
      return bytes;
    }
    bytes.push(low | 0x80);
  }
}

const bytesOf = (array: Float64Array | Float32Array): number[] => [...new Uint8Array(array.buffer)];
export const vector = (code: number): number[] => [0xfd, ...unsigned(code)];

export const localGet = (i: number): number[] => [0x20, ...unsigned(i)];
export const localSet = (i: number): number[] => [0x21, ...unsigned(i)];
export const i32Const = (x: number): number[] => [0x41, ...signed(x)];
export const f64Const = (x: number): number[] => [0x44, ...bytesOf(Float64Array.of(x))];
export const f32x4Const = (x: number): number[] => {
  const lane = bytesOf(Float32Array.of(x));
  return [...vector(0x0c), ...lane, ...lane, ...lane, ...lane];
};
export const i32x4Const = (x: number): number[] => {
  const lane = [...new Uint8Array(Int32Array.of(x).buffer)];
  return [...vector(0x0c), ...lane, ...lane, ...lane, ...lane];
};

export const branchIf = (depth: number): number[] => [0x0d, ...unsigned(depth)];
export const f32x4Lane = (i: number): number[] => [...vector(0x1f), i];
export const f64x2Lane = (i: number): number[] => [...vector(0x21), i];

const at = (align: number, offset: number): number[] => [align, ...unsigned(offset)];
export const load = (offset: number): number[] => [...vector(0), ...at(2, offset)];
export const store = (offset: number): number[] => [...vector(11), ...at(2, offset)];
/** One float32. */
export const f32Load: Code = [0x2a, ...at(2, 0)];
export const f32Store: Code = [0x38, ...at(2, 0)];
/** One float into lane 0, zero into the others. */
export const loadOne = (offset: number): number[] => [...vector(0x5c), ...at(2, offset)];
/** Lane 0 alone. */
export const storeOne = (offset: number): number[] => [...vector(0x5a), ...at(2, offset), 0];
/** The upper two floats where the lower two were. */
export const upperHalf: Code = [...vector(13), 8, 9, 10, 11, 12, 13, 14, 15, 0, 1, 2, 3, 4, 5, 6, 7];

const list = (items: readonly Code[]): number[] => [...unsigned(items.length), ...items.flat()];
const section = (id: number, body: Code): number[] => [id, ...unsigned(body.length), ...body];
const text = (s: string): number[] => [...unsigned(s.length), ...[...s].map((c) => c.charCodeAt(0))];

/** One function over an imported, shared memory. */
export interface FunctionBody {
  readonly params: readonly ValueType[];
  readonly results: readonly ValueType[];
  readonly locals: readonly ValueType[];
  readonly code: Code;
}

/** A module that imports `env.memory`, which is shared, and exports the function as `run`. */
export function moduleOf({ params, results, locals, code }: FunctionBody): Uint8Array {
  const body = [...list(locals.map((type) => [...unsigned(1), type])), ...code, 0x0b];
  const memory = [...text('env'), ...text('memory'), 0x02, 0x03, ...unsigned(1), ...unsigned(65536)];
  return Uint8Array.from([
    ...[0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00],
    ...section(1, list([[0x60, ...list(params.map((t) => [t])), ...list(results.map((t) => [t]))]])),
    ...section(2, list([memory])),
    ...section(3, list([[0]])),
    ...section(7, list([[...text('run'), 0x00, 0x00]])),
    ...section(10, list([[...unsigned(body.length), ...body]])),
  ]);
}
