/**
 * Every parameter that PyTorch takes by position works by position and, in one trailing options object, by name. The
 * names are PyTorch's own (tools/pytorch-golden/signatures.py), the calls those of the op fixtures.
 */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import * as torch from '../../src/index.js';
import { type Case, callCase, loadAllCases, makeArgs, titleOf } from './fixtures.js';

/** A parameter as the fixture writes it: `name: type`, `?` behind the name of one that has a default. */
type Overload = readonly string[];

const path = new URL('../fixtures/signatures.json', import.meta.url);
const { signatures } = JSON.parse(readFileSync(path, 'utf8')) as { signatures: Record<string, Overload[]> };

const isNumber = (x: unknown): boolean => typeof x === 'number';
const isInteger = (x: unknown): boolean => Number.isInteger(x);
const listOf = (x: unknown, is: (x: unknown) => boolean): boolean => Array.isArray(x) && x.every(is);

/** Whether PyTorch would take an argument for this type; what is not listed, such as a dtype, comes by name in all cases. */
function fits(x: unknown, type: string): boolean {
  const inner = /^(?:Optional|List)\[(.*)\]$/.exec(type)?.[1];
  if (type.startsWith('Optional')) return x === null || fits(x, inner as string);
  if (type === 'List[int]') return isInteger(x) || listOf(x, isInteger);
  if (type.startsWith('List')) return listOf(x, (v) => fits(v, inner as string));
  if (type === 'Tensor') return x instanceof torch.Tensor;
  if (type === 'int') return isInteger(x);
  if (type === 'number' || type === 'float') return isNumber(x) || typeof x === 'boolean';
  if (type === 'bool') return typeof x === 'boolean';
  return true;
}

interface Parameter {
  readonly name: string;
  readonly type: string;
}

const parse = (parameters: Overload): Parameter[] =>
  parameters.map((p) => {
    const [name, type = ''] = p.split(': ');
    return { name: name.replace('?', ''), type };
  });

/** Sizes given one by one are one parameter. */
function gathered(args: readonly unknown[], parameters: readonly Parameter[]): readonly unknown[] {
  const last = parameters.length - 1;
  const spread = args.length > parameters.length || (args.length > 0 && isInteger(args[last]));
  return spread && parameters[last]?.type === 'List[int]' ? [...args.slice(0, last), args.slice(last)] : args;
}

/** The names of a call's positional arguments, by the overload that it means. */
function namesOf(name: string, args: readonly unknown[], keys: readonly string[]): [unknown[], string[]] | null {
  for (const overload of signatures[name] ?? []) {
    const star = overload.indexOf('*');
    const positional = parse(star < 0 ? overload : overload.slice(0, star));
    const all = parse(overload).map((p) => p.name);
    const given = gathered(args, positional);
    if (given.length > positional.length || !keys.every((key) => all.indexOf(key) >= given.length)) continue;
    if (!given.every((x, i) => fits(x, positional[i].type))) continue;
    return [[...given], positional.map((p) => p.name)];
  }
  return null;
}

const show = (y: unknown): string => (Array.isArray(y) ? y.map(String).join('; ') : String(y));

/** Whether the case could be replayed: its arguments from each one on by name, the first tensor of a function included. */
function replays(c: Case, name: string): boolean {
  const isMethod = name.startsWith('Tensor.');
  const fresh = (): [unknown[], Record<string, unknown>] => {
    const { args } = makeArgs(c);
    return [args.slice(0, c.a.length), (c.k === undefined ? {} : args[c.a.length]) as Record<string, unknown>];
  };
  const [plain, options] = fresh();
  const own = isMethod ? 1 : 0;
  const bound = namesOf(name, plain.slice(own), Object.keys(options));
  if (bound === null) return false;
  const expected = show(callCase(c, name, makeArgs(c).args));
  for (let n = 0; n <= bound[0].length; n++) {
    const [args, keywords] = fresh();
    const [values, names] = namesOf(name, args.slice(own), Object.keys(keywords)) as [unknown[], string[]];
    const named = Object.fromEntries(values.slice(n).map((value, i) => [names[n + i], value]));
    const call = [...args.slice(0, own), ...values.slice(0, n), { ...named, ...keywords }];
    expect(show(callCase(c, name, call)), `${titleOf(c, 0)} by name from argument ${n}`).toBe(expected);
  }
  return true;
}

/** `tensor` is the first parameter of one overload and the second of another. */
const TWICE = new Set(['torch.result_type']);

/** What PyTorch 1.13 does not have or does not tell the parameters of, has none, or takes any number of tensors. */
const NOT_REPLAYED = [
  ...['F.rms_norm', 'F.scaled_dot_product_attention', 'Tensor.new_tensor', 'torch.result_type'],
  ...['Tensor.bool', 'Tensor.byte', 'Tensor.double', 'Tensor.float', 'Tensor.int', 'Tensor.long'],
  ...['torch.atleast_1d', 'torch.atleast_2d', 'torch.atleast_3d', 'torch.broadcast_tensors'],
  ...['torch.einsum', 'torch.meshgrid'],
];

describe('arguments by name', () => {
  const byName = new Map<string, Case[]>();
  for (const c of loadAllCases().filter((x) => x.error === undefined))
    for (const name of c.fn) byName.set(name, [...(byName.get(name) ?? []), c]);
  const left: string[] = [];

  it.each([...byName])('%s', (name, cases) => {
    const replayed = cases.filter((c) => !TWICE.has(name) && replays(c, name));
    if (replayed.length === 0) left.push(name);
  });

  it('are tried for every function whose parameters PyTorch tells', () => {
    expect(byName.size).toBeGreaterThan(550);
    expect(left.sort()).toEqual(NOT_REPLAYED.sort());
  });

  it('need PyTorch 2 for some', () => {
    const { rms_norm, scaled_dot_product_attention } = torch.functional;
    const x = torch.tensor([[1, 2, 3]]);
    const y = rms_norm(x, [3], torch.tensor([1, 2, 3]), 0.5);
    const named = { normalized_shape: [3], weight: torch.tensor([1, 2, 3]), eps: 0.5 };
    expect(show(rms_norm(x, named))).toBe(show(y));
    expect(show(Reflect.apply(rms_norm, null, [{ input: x, ...named }]))).toBe(show(y));
    const q = torch.tensor([
      [
        [1, 2],
        [3, 4],
      ],
    ]);
    const all = { query: q, key: q, value: q, is_causal: true, scale: 2 };
    const attended = scaled_dot_product_attention(q, q, q, { is_causal: true, scale: 2 });
    expect(show(Reflect.apply(scaled_dot_product_attention, null, [all]))).toBe(show(attended));
  });
});
