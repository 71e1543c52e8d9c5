/** Replays PyTorch's half (tools/pytorch-golden/twin.py) on images and labels that both draw: no Python, no files. */
import { readFileSync } from 'node:fs';
import { DOMParser } from '@xmldom/xmldom';
import { manual_seed, randint, randn } from 'torchlet';
import { describe, expect, it } from 'vitest';
import { compare, type Run, shownSteps } from '../src/compare.js';
import { COLORS, draw } from '../src/picture.js';
import { accuracy, train } from '../src/train.js';

const theirs = JSON.parse(readFileSync(new URL('./fixtures/curve.json', import.meta.url), 'utf8')) as Run;

describe('a training of a hundred steps', () => {
  manual_seed(3);
  const images = randn(6400, 1, 28, 28);
  const labels = randint(0, 10, [6400]);

  it('has the losses and the accuracy of PyTorch', { timeout: 60_000 }, () => {
    const [net, losses] = train(images, labels, 7);
    const ours = { losses, accuracy: accuracy(net, images.narrow(0, 0, 500), labels.narrow(0, 0, 500)) };
    expect(theirs.losses).toHaveLength(100);
    expect(losses).toHaveLength(100);
    expect(losses[0]).toBeCloseTo(theirs.losses[0], 6);
    expect(compare(ours, theirs).filter(({ ok }) => !ok)).toEqual([]);
  });

  it('has others with another seed', () => {
    const [, losses] = train(images.narrow(0, 0, 128), labels.narrow(0, 0, 128), 8);
    expect(Math.abs(losses[0] - theirs.losses[0])).toBeGreaterThan(1e-3);
  });
});

describe('two runs', () => {
  const run = (losses: number[], accuracy: number): Run => ({ losses, accuracy });
  const flat = Array.from({ length: 120 }, () => 1);

  it('are compared at the first 10 losses, the first 100, and the end', () => {
    const other = flat.map((loss, i) => loss + (i < 10 ? 2e-6 : i < 100 ? 2e-3 : 5));
    const verdicts = compare(run(flat, 98), run(other, 98.2));
    expect(verdicts.map(({ ok }) => ok)).toEqual([true, false, true]);
    expect(verdicts.map(({ difference }) => difference)).toEqual([
      expect.closeTo(2e-6, 9),
      expect.closeTo(2e-3, 9),
      expect.closeTo(0.2, 9),
    ]);
    expect(compare(run(flat, 98), run(flat, 97)).map(({ ok }) => ok)).toEqual([true, true, false]);
  });

  it('are not the same where a loss is missing', () => {
    expect(compare(run(flat, 98), run(flat.slice(0, 5), 98)).map(({ ok }) => ok)).toEqual([false, false, true]);
  });

  it('are shown step by step at first', () => {
    expect(shownSteps(250)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 20, 30, 40, 50, 60, 70, 80, 90, 100, 200, 250]);
  });

  it('are drawn over each other, and their difference beside them', () => {
    const other = flat.map((loss, i) => loss + i * 1e-6);
    const colors = (svg: string): (string | null)[] => {
      const document = new DOMParser().parseFromString(svg, 'image/svg+xml');
      return [...document.getElementsByTagName('path')].map((path) => path.getAttribute('stroke'));
    };
    const both = colors(draw(run(flat, 98), run(other, 98)));
    expect(both).toEqual(expect.arrayContaining([COLORS.torchlet, COLORS.PyTorch, COLORS.difference]));
    const alone = colors(draw(run(flat, 98), null));
    expect(alone).toContain(COLORS.torchlet);
    expect(alone).not.toContain(COLORS.PyTorch);
  });
});
