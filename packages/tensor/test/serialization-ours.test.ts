/**
 * PyTorch reads our files: ours-*.pt were read by the versions that have a json here, with `weights_only=True` and without.
 * As the same value gives the same bytes, it is enough that we still write these.
 *
 *     node --import tsx --conditions=@torchlet/source packages/tensor/test/children/write-ours.ts FOLDER
 *     python tools/pytorch-golden/serialization.py --check FOLDER/ours-*.pt > FOLDER/ours-VERSION.json
 */
import { describe, expect, it } from 'vitest';
import { load } from '../src/serialization/load.js';
import { serialize } from '../src/serialization/save.js';
import { checkpoint, values } from './ours.js';
import { type Description, fixture, Matcher } from './serialization-helpers.js';

interface Line {
  torch: string;
  file: string;
  value: Description;
  weights_only: string;
}
const linesOf = (version: string): Line[] =>
  new TextDecoder()
    .decode(fixture(`ours/ours-${version}.json`))
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Line);

describe.each([
  ['ours-checkpoint.pt', checkpoint],
  ['ours-values.pt', values],
] as const)('%s', (name, make) => {
  it('is written byte for byte, twice', () => {
    expect(Buffer.compare(serialize(make()), fixture(`ours/${name}`))).toBe(0);
    expect(Buffer.compare(serialize(load(fixture(`ours/${name}`))), fixture(`ours/${name}`))).toBe(0);
  });

  it.each(['1.13', '2.13'])('PyTorch %s has read what we read', (version) => {
    const line = linesOf(version).find(({ file }) => file === name) as Line;
    expect(line.torch.startsWith(version)).toBe(true);
    new Matcher().match(load(fixture(`ours/${name}`)), line.value);
    // 1.13's restricted reader knows no floats, sets and bytes at all.
    if (version === '2.13' || name === 'ours-checkpoint.pt') expect(line.weights_only).toBe('same');
  });
});
