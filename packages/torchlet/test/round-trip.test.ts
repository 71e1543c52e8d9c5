/** Training that goes to and fro between Node and Python, with the files that tools/pytorch-golden/round_trip.py kept. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';
import * as torch from '../src/index.js';
import { type Checkpoint, train } from './round-trip-training.js';

const fixture = (name: string): string => fileURLToPath(new URL(`./fixtures/round-trip/${name}.pt`, import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'torchlet-round-trip-'));
afterAll(() => rmSync(folder, { recursive: true }));

function worst(losses: readonly number[], expected: readonly number[]): number {
  expect(losses).toHaveLength(expected.length);
  return Math.max(...losses.map((loss, i) => Math.abs(loss - expected[i])));
}

describe.each(['1.13', '2.13'])('PyTorch %s', (version) => {
  const losses = torch.load<torch.Tensor>(fixture(`losses-${version}`)).tolist() as number[];
  const start = (): Checkpoint => torch.load<Checkpoint>(fixture(`start-${version}`));

  it('Node trains the first 50 steps as PyTorch does', () => {
    expect(worst(train(start(), 50).losses, losses.slice(0, 50))).toBeLessThan(1e-4);
  });

  it('Node goes on where Python stopped, which went on where Node stopped', () => {
    const python = torch.load<Checkpoint>(fixture(`python-100-${version}`));
    expect(worst(python.losses, losses.slice(50, 100))).toBeLessThan(1e-4);
    expect(worst(train(python, 50).losses, losses.slice(100))).toBeLessThan(1e-4);
  });

  it('Node goes on from its own file bit for bit', () => {
    const file = join(folder, `${version}.pt`);
    torch.save(train(start(), 50), file);
    const rest = train(torch.load<Checkpoint>(file), 100).losses;
    expect(rest).toEqual(train(start(), 150).losses.slice(50));
    // and what is saved twice is the same file
    torch.save(torch.load(file), join(folder, 'again.pt'));
    expect(Buffer.compare(readFileSync(join(folder, 'again.pt')), readFileSync(file))).toBe(0);
  });
});
