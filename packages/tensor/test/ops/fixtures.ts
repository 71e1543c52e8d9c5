/** Reading the fixtures that tools/pytorch-golden/ops.py writes: its ops_case.py says what the fields mean. */
import { readdirSync, readFileSync } from 'node:fs';
import * as torch from '../../src/index.js';

type DType = 'float32' | 'float64' | 'int64' | 'int32' | 'uint8' | 'bool';
type Element = number | 'nan' | 'inf' | '-inf' | '-0';

const DTYPES: Record<string, DType> = {
  f32: 'float32',
  f64: 'float64',
  i64: 'int64',
  i32: 'int32',
  u8: 'uint8',
  b: 'bool',
};

export interface TensorSpec {
  readonly t: string;
  readonly s: readonly number[];
  readonly d?: readonly Element[];
  readonly g?: 1;
  readonly e?: readonly number[];
}

/** What stands in an argument list or in a result. */
export type Spec = TensorSpec | Element | boolean | null | string | readonly Spec[];

export interface Case {
  readonly fn: readonly string[];
  readonly a: readonly Spec[];
  readonly k?: Readonly<Record<string, Spec>>;
  readonly tags?: readonly string[];
  readonly seed?: number;
  readonly y: Spec;
  readonly dy?: readonly (TensorSpec | null)[] | 'unknown';
  readonly gf?: string;
  readonly y64?: Spec;
  readonly dy64?: readonly (TensorSpec | null)[];
  readonly inplace?: true | string | TensorSpec;
  readonly error?: string;
  readonly cls?: string;
  readonly has?: string;
}

export function loadCases(family: string): Case[] {
  const path = new URL(`../fixtures/ops/${family}.json`, import.meta.url);
  return (JSON.parse(readFileSync(path, 'utf8')) as { cases: Case[] }).cases;
}

/** The cases of all families. */
export function loadAllCases(): Case[] {
  const folder = new URL('../fixtures/ops/', import.meta.url);
  const names = readdirSync(folder).filter((file) => file.endsWith('.json'));
  return names.sort().flatMap((file) => loadCases(file.slice(0, -'.json'.length)) ?? []);
}

export const isTensorSpec = (x: unknown): x is TensorSpec =>
  typeof x === 'object' && x !== null && 't' in x && 's' in x;

export function element(x: Element): number {
  if (typeof x === 'number') return x;
  return { nan: Number.NaN, inf: Number.POSITIVE_INFINITY, '-inf': Number.NEGATIVE_INFINITY, '-0': -0 }[x];
}

export const dtypeOf = (spec: TensorSpec): DType => DTYPES[spec.t];

/** How an input is laid out: row-major, with dimensions reversed, or every second element of larger memory. */
export type Layout = 'contiguous' | 'transposed' | 'strided';

export interface MakeOptions {
  readonly double?: boolean;
  readonly layout?: Layout;
  readonly device?: 'cpu' | 'gpu';
  /** Leave out what gradcheck does not take: dimensions of stride 0. */
  readonly dense?: boolean;
}

function lay(values: readonly number[], shape: readonly number[], dtype: DType, layout: Layout): torch.Tensor {
  const plain = torch.tensor([...values], { dtype }).reshape([...shape]);
  if (layout === 'contiguous' || shape.length === 0) return plain;
  if (layout === 'transposed') {
    const back = shape.map((_, d) => shape.length - 1 - d);
    return plain.permute(back).clone().permute(back);
  }
  const strides: number[] = [];
  let step = 2;
  for (const size of [...shape].reverse()) {
    strides.unshift(step);
    step *= Math.max(size, 1) + 1;
  }
  const memory = torch.full([step + 3], 77, { dtype });
  return memory.as_strided([...shape], strides, 3).copy_(plain);
}

export function makeTensor(spec: TensorSpec, options: MakeOptions = {}): torch.Tensor {
  const dtype = options.double === true && spec.t === 'f32' ? 'float64' : dtypeOf(spec);
  let x = lay((spec.d ?? []).map(element), spec.s, dtype, options.layout ?? 'contiguous');
  if (options.device === 'gpu') x = x.to('gpu');
  if (spec.e !== undefined) x = options.dense === true ? x.expand([...spec.e]).clone() : x.expand([...spec.e]);
  x = x.detach();
  return spec.g === 1 ? x.requires_grad_() : x;
}

/** A call's arguments, and the tensors among them in order. */
export interface Made {
  readonly args: unknown[];
  readonly tensors: torch.Tensor[];
}

export function makeArgs(c: Case, options: MakeOptions = {}): Made {
  const tensors: torch.Tensor[] = [];
  const make = (x: Spec): unknown => {
    if (isTensorSpec(x)) {
      tensors.push(makeTensor(x, options));
      return tensors[tensors.length - 1];
    }
    if (Array.isArray(x)) return x.map(make);
    return x === 'nan' || x === 'inf' || x === '-inf' || x === '-0' ? element(x) : x;
  };
  const args = c.a.map(make);
  if (c.k !== undefined) args.push(Object.fromEntries(Object.entries(c.k).map(([key, v]) => [key, make(v)])));
  return { args, tensors };
}

type Fn = (...args: unknown[]) => unknown;

/** The function that PyTorch calls `torch.add`, `Tensor.add` or `F.relu`. @throws when there is none. */
export function resolve(name: string): Fn {
  const [space, key] = name.split('.');
  if (space === 'Tensor') {
    if (!(key in torch.Tensor.prototype)) throw new Error(`no method ${name}`);
    return (self, ...args) => (self as Record<string, Fn>)[key](...args);
  }
  const fn = (space === 'F' ? torch.functional : torch)[key as never] as Fn | undefined;
  if (fn === undefined) throw new Error(`no function ${name}`);
  return fn;
}

/** Calls a case by one of its names. */
export function callCase(c: Case, name: string, args: readonly unknown[]): unknown {
  if (c.seed !== undefined) torch.manual_seed(c.seed);
  return resolve(name)(...args);
}

/** A title: the name and its arguments, short. */
export function titleOf(c: Case, i: number): string {
  const show = (x: Spec): string => {
    if (isTensorSpec(x)) return `${x.t}[${(x.e ?? x.s).join(',')}]`;
    if (Array.isArray(x)) return `[${x.map(show).join(', ')}]`;
    return String(x);
  };
  const options = Object.entries(c.k ?? {}).map(([k, v]) => `${k}=${show(v)}`);
  return `${i}: ${c.fn[0]}(${[...c.a.map(show), ...options].join(', ')})${c.error === undefined ? '' : ' raises'}`;
}
