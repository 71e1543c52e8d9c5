/** Every parameter of a layer stands in PyTorch's place and has PyTorch's name (tools/pytorch-golden/signatures.py). */
import * as nn from '@torchlet/nn';
import { afterAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { fixture } from './helpers.js';

const { signatures } = fixture<{ signatures: Record<string, string[]> }>('signatures');

/** What PyTorch 2 has put before the parameter on the right. */
const NEWER: Readonly<Record<string, readonly [added: string, before: string]>> = {
  Embedding: ['_freeze', 'device'],
  LayerNorm: ['bias', 'device'],
  Transformer: ['bias', 'device'],
  TransformerDecoderLayer: ['bias', 'device'],
  TransformerEncoderLayer: ['bias', 'device'],
};

/** What takes other modules or tensors, and what no user makes. */
const LEFT_OUT = new Set([
  ...['Module', 'ModuleDict', 'ModuleList', 'ParameterDict', 'ParameterList', 'RNNBase', 'RNNCellBase'],
]);

const layers = Object.keys(signatures).filter((name) => name in nn && !LEFT_OUT.has(name));

function parametersOf(name: string): { places: string[]; keywords: string[] } {
  const all = signatures[name].map((p) => p.replace('?', ''));
  const [added, before] = NEWER[name] ?? [];
  if (added !== undefined) all.splice(all.indexOf(before as string), 0, added);
  const star = all.indexOf('*');
  return { places: star < 0 ? all : all.slice(0, star), keywords: star < 0 ? [] : all.slice(star + 1) };
}

const make = (name: string, ...args: unknown[]): unknown =>
  Reflect.construct(Reflect.get(nn, name) as new (...args: unknown[]) => object, args);

/** A value that no parameter takes, so that no layer is ever made. */
const nothing = Symbol('nothing');

describe('the arguments of a layer', () => {
  const warn = vi.spyOn(console, 'warn').mockImplementation(() => undefined);
  beforeEach(() => warn.mockClear());
  afterAll(() => warn.mockRestore());

  it('are known for most', () => {
    expect(layers.length).toBeGreaterThan(60);
  });

  it.each(layers)('%s', (name) => {
    const { places, keywords } = parametersOf(name);
    places.forEach((key, i) => {
      const given = [...new Array<undefined>(i).fill(undefined), nothing];
      expect(() => make(name, ...given, { [key]: nothing })).toThrow(
        `${name}() got multiple values for argument '${key}'`,
      );
    });
    for (const key of [...places, ...keywords]) {
      try {
        make(name, { [key]: nothing });
      } catch (error) {
        expect(String(error)).not.toContain('unexpected keyword');
      }
    }
    const surplus = [...new Array<undefined>(places.length + keywords.length).fill(undefined), nothing];
    expect(() => make(name, ...surplus)).toThrow(/\(\) takes \d+ positional arguments but \d+ were given/);
  });

  it('have old names in Hardtanh', () => {
    const layer = new nn.Hardtanh({ min_value: -2, max_value: 3 });
    expect([layer.min_val, layer.max_val]).toEqual([-2, 3]);
    expect(warn.mock.calls).toEqual([
      ['keyword argument min_value is deprecated and rename to min_val'],
      ['keyword argument max_value is deprecated and rename to max_val'],
    ]);
  });
});
