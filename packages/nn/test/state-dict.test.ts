import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as nn from '@torchlet/nn';
import {
  load,
  manual_seed,
  no_grad,
  ones,
  randn,
  save,
  type Tensor,
  tensor,
  ValueError,
  zeros,
} from '@torchlet/tensor';
import { isOrderedDict, metadataOf } from '@torchlet/tensor/internal';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fixture, LeNet } from './helpers.js';

const { errors, tree } = fixture<{ errors: Record<string, string>; tree: { keys_matched: string } }>('modules');

const small = () => new nn.Sequential(new nn.Linear(3, 3), new nn.Sequential(new nn.Linear(3, 2)));
const snapshot = (net: nn.AnyModule) =>
  Object.fromEntries(Object.entries(net.state_dict()).map(([key, t]) => [key, t.tolist()]));

describe('state_dict', () => {
  it('aliases the parameters, outside of the graph', () => {
    const net = small();
    const state = net.state_dict();
    expect(Object.keys(state)).toEqual(['0.weight', '0.bias', '1.0.weight', '1.0.bias']);
    const first = net[0] as nn.Linear;
    expect(state['0.weight'].requires_grad).toBe(false);
    expect(state['0.weight']).not.toBe(first.weight);
    state['0.bias'].fill_(7);
    expect(first.bias?.tolist()).toEqual([7, 7, 7]);
  });

  it('gives the parameters themselves with keep_vars', () => {
    const net = small();
    expect(net.state_dict({ keep_vars: true })['0.weight']).toBe((net[0] as nn.Linear).weight);
  });

  it('adds to a destination, under a prefix', () => {
    const destination = { x: ones(1) };
    expect(new nn.Linear(1, 1).state_dict({ destination, prefix: 'fc.' })).toBe(destination);
    expect(Object.keys(destination)).toEqual(['x', 'fc.weight', 'fc.bias']);
  });

  it('is saved as PyTorch saves it: an OrderedDict with the versions of the modules', () => {
    const state = small().state_dict();
    expect(isOrderedDict(state)).toBe(true);
    expect(metadataOf(state)).toEqual({
      '': { version: 1 },
      0: { version: 1 },
      1: { version: 1 },
      '1.0': { version: 1 },
    });
  });

  it('comes back from a file, Parameters as Parameters', () => {
    const folder = mkdtempSync(join(tmpdir(), 'torchlet-nn-'));
    try {
      const [net, other] = [small(), small()];
      const path = join(folder, 'net.pt');
      save({ state: net.state_dict(), parameter: net.get_parameter('0.weight') }, path);
      const { state, parameter } = load<{ state: nn.StateDict; parameter: Tensor }>(path);
      expect(metadataOf(state)).toEqual(metadataOf(net.state_dict()));
      expect(String(other.load_state_dict(state))).toBe(tree.keys_matched);
      expect(snapshot(other)).toEqual(snapshot(net));
      expect(parameter).toBeInstanceOf(nn.Parameter);
      expect(parameter.requires_grad).toBe(true);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it('refuses unknown options', () => {
    expect(() => small().state_dict({ keepVars: true } as never)).toThrow(
      new ValueError("state_dict() got an unexpected keyword argument 'keepVars'"),
    );
  });
});

describe('load_state_dict', () => {
  it('copies into the parameters in place', () => {
    manual_seed(0);
    const [from, to] = [new LeNet(2, 8, 4), new LeNet(2, 8, 4)];
    const { weight } = to.conv1;
    const { storage } = weight;
    const result = to.load_state_dict(from.state_dict());
    expect(String(result)).toBe(tree.keys_matched);
    expect([result.missing_keys, result.unexpected_keys]).toEqual([[], []]);
    expect(to.conv1.weight).toBe(weight);
    expect([weight.storage, weight.is_leaf, weight.requires_grad]).toEqual([storage, true, true]);
    expect(snapshot(to)).toEqual(snapshot(from));
    no_grad(() => from.fc2.weight.zero_());
    expect(to.fc2.weight.abs().sum().item()).toBeGreaterThan(0);
  });

  it('takes a Map, other dtypes, and a 1-element tensor for a number', () => {
    const net = new nn.Module();
    net.register_parameter('scale', new nn.Parameter(ones([])));
    net.load_state_dict(new Map([['scale', tensor([2.5], { dtype: 'float64' })]]));
    const scale = net.get_parameter('scale');
    expect([scale.item(), scale.dtype]).toEqual([2.5, 'float32']);
  });

  it('with assign takes the tensors themselves', () => {
    const net = new nn.Linear(2, 2);
    net.bias?.requires_grad_(false);
    net.register_buffer('mean', zeros(2));
    const weight = new nn.Parameter(ones(2, 2, { dtype: 'float64' }), false);
    const [bias, mean] = [ones(2), ones(2)];
    net.load_state_dict({ weight, bias, mean }, { assign: true });
    expect(net.weight).toBe(weight);
    expect(net.weight.requires_grad).toBe(true);
    expect(net.bias).toBeInstanceOf(nn.Parameter);
    expect([net.bias?.storage, net.bias?.requires_grad]).toEqual([bias.storage, false]);
    expect(net.get_buffer('mean')).toBe(mean);
  });

  const failures: [string, () => nn.Module, Record<string, unknown>, boolean, string][] = [
    [
      'keys that do not match',
      small,
      { '0.weight': zeros(3, 3), x: zeros(1), '1.0.w': zeros(1), '1.5.q': zeros(2) },
      true,
      errors.load_unmatched,
    ],
    ['sizes', () => new nn.Linear(2, 2), { ...new nn.Linear(3, 3).state_dict() }, true, errors.load_sizes],
    [
      'everything together',
      small,
      { '0.weight': zeros(2, 3), '0.bias': zeros([]), '1.0.weight': zeros(2, 3), y: zeros(1) },
      true,
      errors.load_all,
    ],
    ['sizes if not strict', small, { '0.weight': zeros(2, 3), y: 1 }, false, errors.load_sizes_not_strict],
    [
      'what is no tensor',
      () => new nn.Linear(1, 1),
      { weight: [[1]], bias: zeros(1) },
      true,
      'Error(s) in loading state_dict for Linear:\n\tWhile copying the parameter named "weight", expected torch.Tensor or ' +
        'Tensor-like object from checkpoint but received Array',
    ],
  ];
  it.each(failures)('reports %s in the words of PyTorch, and changes nothing', (_, make, state, strict, message) => {
    const net = make();
    const before = snapshot(net);
    expect(() => net.load_state_dict(state, { strict })).toThrow(new ValueError(message));
    expect(snapshot(net)).toEqual(before);
  });

  it('returns what does not match when not strict', () => {
    const net = small();
    const result = net.load_state_dict({ '0.bias': ones(3), x: ones(1) }, false);
    expect(result.missing_keys).toEqual(['0.weight', '1.0.weight', '1.0.bias']);
    expect(result.unexpected_keys).toEqual(['x']);
    expect(String(result)).toBe(
      "_IncompatibleKeys(missing_keys=['0.weight', '1.0.weight', '1.0.bias'], unexpected_keys=['x'])",
    );
    expect((net[0] as nn.Linear).bias?.tolist()).toEqual([1, 1, 1]);
  });

  it('does not look into modules that are absent, nor for buffers that are not saved', () => {
    const net = new nn.Module();
    net.add_module('head', null);
    net.register_buffer('scratch', ones(1), false);
    expect(net.state_dict()).toEqual({});
    expect(String(net.load_state_dict({ 'head.weight': ones(1) }))).toBe(tree.keys_matched);
    expect(() => net.load_state_dict({ scratch: ones(1) })).toThrow('Unexpected key(s) in state_dict: "scratch". ');
  });

  it('refuses what is no dictionary', () => {
    expect(() => small().load_state_dict([ones(1)] as never)).toThrow(
      new ValueError('Expected state_dict to be dict-like, got Array.'),
    );
  });
});

// Random trees: layers, containers with names that are numbers, shared children, buffers, absent members.
type Plan =
  | { kind: 'linear'; width: number; bias: boolean }
  | { kind: 'buffer'; persistent: boolean }
  | { kind: 'tree'; children: [string, Plan][]; shared: boolean };

const plan = fc.letrec<{ plan: Plan }>((tie) => ({
  plan: fc.oneof(
    { maxDepth: 4 },
    fc.record({ kind: fc.constant('linear' as const), width: fc.integer({ min: 0, max: 4 }), bias: fc.boolean() }),
    fc.record({ kind: fc.constant('buffer' as const), persistent: fc.boolean() }),
    fc.record({
      kind: fc.constant('tree' as const),
      children: fc.array(
        fc.tuple(fc.constantFrom('a', 'b', '0', '1', '10', '02', 'weight', 'name', 'length'), tie('plan')),
        {
          maxLength: 5,
        },
      ),
      shared: fc.boolean(),
    }),
  ),
})).plan;

function grow(p: Plan): nn.AnyModule {
  if (p.kind === 'linear') return new nn.Linear(p.width + 1, 2, p.bias);
  const module = new nn.Module();
  if (p.kind === 'buffer') module.register_buffer('buffer', randn(3), p.persistent);
  else {
    for (const [name, child] of p.children) module.add_module(name, grow(child));
    const [first] = module.children();
    if (p.shared && first !== undefined) module.add_module('again', first);
  }
  return module;
}

describe('for any tree of modules', () => {
  it('a state dict is loaded back as it was', () => {
    fc.assert(
      fc.property(plan, fc.integer({ min: 0, max: 1000 }), (p, seed) => {
        manual_seed(seed);
        const [from, to] = [grow(p), grow(p)];
        const keys = [...from.named_parameters({ remove_duplicate: false })].length;
        const state = from.state_dict();
        expect(String(to.load_state_dict(state))).toBe(tree.keys_matched);
        expect(snapshot(to)).toEqual(snapshot(from));
        expect(Object.keys(state).filter((key) => !key.endsWith('buffer')).length).toBe(keys);
        expect([...from.parameters()].length).toBe(
          new Set(Object.values(from.state_dict({ keep_vars: true })).filter((t) => t.requires_grad)).size,
        );
        for (const [path, module] of from.named_modules()) expect(from.get_submodule(path)).toBe(module);
        for (const [path, param] of from.named_parameters()) expect(from.get_parameter(path)).toBe(param);
      }),
      { numRuns: 60 },
    );
  });

  it('one key too many or too few is reported, and nothing is changed', () => {
    fc.assert(
      fc.property(plan, fc.nat(), (p, pick) => {
        const net = grow(p);
        const keys = Object.keys(net.state_dict());
        const before = snapshot(net);
        const changed: Record<string, Tensor> = Object.fromEntries(
          Object.entries(net.state_dict()).map(([key, t]) => [key, t.add(1)]),
        );
        if (keys.length > 0) {
          const gone = keys[pick % keys.length];
          const { [gone]: _, ...rest } = changed;
          expect(() => net.load_state_dict(rest)).toThrow(`Missing key(s) in state_dict: "${gone}". `);
        }
        expect(() => net.load_state_dict({ ...changed, 'no.such': ones(1) })).toThrow(
          'Unexpected key(s) in state_dict: "no.such". ',
        );
        expect(snapshot(net)).toEqual(before);
      }),
      { numRuns: 40 },
    );
  });
});
