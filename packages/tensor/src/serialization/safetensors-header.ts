/**
 * The head of a `.safetensors` file: eight bytes of length and a JSON object that says which tensor lies where.
 * https://huggingface.co/docs/safetensors/index#format
 */
import type { DType } from '../dtype.js';
import { SerializationError } from '../errors.js';
import type { Shape } from '../shape.js';
import type { ByteSource } from './byte-source.js';
import { type Json, JsonFloat, parseJson } from './json.js';
import { viewOf } from './zip-format.js';

export interface TensorInfo {
  readonly name: string;
  /** The format's own name: `F32`, `BF16`, … */
  readonly dtype: string;
  readonly shape: Shape;
  /** Bytes, counted from the end of the head. */
  readonly start: number;
  readonly end: number;
}

export interface SafetensorsHeader {
  readonly metadata: ReadonlyMap<string, string> | null;
  /** By name, in the order of the bytes. */
  readonly tensors: ReadonlyMap<string, TensorInfo>;
  /** Where in the file the tensors' bytes start. */
  readonly dataStart: number;
}

const LENGTH_BYTES = 8;
/** The format's own limit. */
export const MAX_HEADER_BYTES = 100_000_000;
export const METADATA = '__metadata__';

/** The format's dtypes in its order, with the bits of an element. */
const BITS: Readonly<Record<string, number>> = {
  ...{ BOOL: 8, F4: 4, F6_E2M3: 6, F6_E3M2: 6, U8: 8, I8: 8, F8_E5M2: 8, F8_E4M3: 8, F8_E8M0: 8 },
  ...{ F8_E4M3FNUZ: 8, F8_E5M2FNUZ: 8, I16: 16, U16: 16, F16: 16, BF16: 16 },
  ...{ I32: 32, U32: 32, F32: 32, C64: 64, F64: 64, I64: 64, U64: 64 },
};

/** Our dtypes by the format's names, the last in its order first: so they are sorted in a file. */
export const SAVED_DTYPES: Readonly<Record<DType, string>> = {
  int64: 'I64',
  float64: 'F64',
  float32: 'F32',
  int32: 'I32',
  uint8: 'U8',
  bool: 'BOOL',
};

/**
 * Reads and checks the head of a file: its length, UTF-8, JSON, that every tensor has a dtype of the format, a shape and
 * the bytes that these two ask for, and that the tensors cover the rest of the file without holes and overlaps.
 * @throws SerializationError, for what the format's own library refuses in its words.
 */
export function readHeader(source: ByteSource): SafetensorsHeader {
  if (source.size < LENGTH_BYTES) fail('header too small');
  const length = Number(viewOf(source.read(0, LENGTH_BYTES)).getBigUint64(0, true));
  if (length > MAX_HEADER_BYTES) fail('header too large');
  const dataStart = LENGTH_BYTES + length;
  if (dataStart > source.size) fail('invalid header length');
  const { metadata, tensors } = parseHeader(source.read(LENGTH_BYTES, length));
  const end = checkPlaces(tensors);
  if (end !== source.size - dataStart) fail('incomplete metadata, file not fully covered');
  return { metadata, tensors: new Map(tensors.map((info) => [info.name, info])), dataStart };
}

function fail(what: string): never {
  throw new SerializationError(`Error while deserializing header: ${what}`);
}

const invalidJson = (what: string): never => fail(`invalid JSON in header: ${what}`);

function parseHeader(bytes: Uint8Array): { metadata: ReadonlyMap<string, string> | null; tensors: TensorInfo[] } {
  const json = parse(bytes);
  let metadata: ReadonlyMap<string, string> | null = null;
  const tensors: TensorInfo[] = [];
  for (const [name, value] of json) {
    if (name === METADATA) metadata = value === null ? null : metadataOf(value);
    else tensors.push(infoOf(name, value));
  }
  // Stable, so that of empty tensors at one place the first stays the first.
  tensors.sort((a, b) => a.start - b.start || a.end - b.end);
  return { metadata, tensors };
}

function parse(bytes: Uint8Array): ReadonlyMap<string, Json> {
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return fail('invalid UTF-8 in header');
  }
  if (text[0] !== '{') return invalidJson('it must start with `{`');
  try {
    return parseJson(text) as ReadonlyMap<string, Json>;
  } catch (cause) {
    if (cause instanceof SerializationError) return invalidJson(cause.message);
    throw cause;
  }
}

function metadataOf(json: Json): ReadonlyMap<string, string> {
  if (!(json instanceof Map)) return invalidJson(`${METADATA} must be an object`);
  for (const [key, value] of json) {
    if (typeof value !== 'string') invalidJson(`${METADATA} must map strings to strings, ${quote(key)} does not`);
  }
  return json;
}

const quote = (name: string): string => `\`${name.slice(0, 200)}\``;

function infoOf(name: string, json: Json): TensorInfo {
  if (!(json instanceof Map)) return invalidJson(`tensor ${quote(name)} must be an object`);
  const field = (key: string): Json => json.get(key) ?? invalidJson(`tensor ${quote(name)}: missing field \`${key}\``);
  const dtype = field('dtype');
  if (typeof dtype !== 'string' || !Object.hasOwn(BITS, dtype)) {
    const names = Object.keys(BITS).join(', ');
    return invalidJson(`tensor ${quote(name)}: unknown dtype ${show(dtype)}, expected one of ${names}`);
  }
  const shape = naturals(name, 'shape', field('shape'));
  const offsets = naturals(name, 'data_offsets', field('data_offsets'));
  if (offsets.length !== 2) invalidJson(`tensor ${quote(name)}: data_offsets must have 2 elements`);
  return { name, dtype, shape, start: offsets[0], end: offsets[1] };
}

function naturals(name: string, key: string, json: Json): number[] {
  const isNatural = (x: Json): x is number => typeof x === 'number' && Number.isSafeInteger(x) && x >= 0;
  if (Array.isArray(json) && json.every(isNatural)) return json;
  return invalidJson(`tensor ${quote(name)}: ${key} must be an array of non-negative integers`);
}

function show(json: Json): string {
  if (typeof json === 'string') return quote(json);
  if (json instanceof JsonFloat) return String(json.value);
  return typeof json === 'object' && json !== null ? 'that is an object or array' : String(json);
}

/** Each tensor must start where the one before it ends. @returns where the last one ends */
function checkPlaces(tensors: readonly TensorInfo[]): number {
  let at = 0;
  for (const { name, dtype, shape, start, end } of tensors) {
    if (start !== at || end < start) fail(`invalid offset for tensor ${quote(name)}`);
    let bits = BITS[dtype];
    for (const size of shape) {
      bits *= size;
      if (bits > 8 * Number.MAX_SAFE_INTEGER) fail('overflow computing buffer size from shape and/or element type');
    }
    if (bits % 8 !== 0) fail(`tensor ${quote(name)} does not end at a byte boundary`);
    if (bits / 8 !== end - start) fail('invalid shape, data type, or offset for tensor');
    at = end;
  }
  return at;
}

/**
 * The head of a file that holds these tensors, which lie one behind the other in this order. Padded with spaces so that
 * the tensors start at a multiple of 8.
 */
export function writeHeader(
  metadata: Readonly<Record<string, string>> | null,
  tensors: Iterable<{ readonly name: string; readonly dtype: string; readonly shape: Shape; readonly bytes: number }>,
): Uint8Array {
  const lines: string[] = [];
  if (metadata !== null) {
    const entries = Object.entries(metadata).map(([key, value]) => `${JSON.stringify(key)}:${JSON.stringify(value)}`);
    lines.push(`${JSON.stringify(METADATA)}:{${entries.join(',')}}`);
  }
  let at = 0;
  for (const { name, dtype, shape, bytes } of tensors) {
    const info = `{"dtype":"${dtype}","shape":[${shape.join(',')}],"data_offsets":[${at},${at + bytes}]}`;
    lines.push(`${JSON.stringify(name)}:${info}`);
    at += bytes;
  }
  const json = new TextEncoder().encode(`{${lines.join(',')}}`);
  const length = Math.ceil(json.length / 8) * 8;
  if (length > MAX_HEADER_BYTES) {
    throw new SerializationError(`the header would have ${length} bytes, more than the format's ${MAX_HEADER_BYTES}`);
  }
  const head = new Uint8Array(LENGTH_BYTES + length).fill(0x20);
  viewOf(head).setBigUint64(0, BigInt(length), true);
  head.set(json, LENGTH_BYTES);
  return head;
}
