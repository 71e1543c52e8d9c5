import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { DOMParser } from '@xmldom/xmldom';
import * as torch from 'torchlet';
import { describe, expect, it } from 'vitest';
import { isolines } from '../src/contours.js';
import { type Interval, PROBLEMS, type Surface } from '../src/problems.js';
import { race } from '../src/race.js';
import { RACERS, type Racer } from '../src/racers.js';
import { FAMILIES } from '../src/styles.js';

const tsx = pathToFileURL(createRequire(import.meta.url).resolve('tsx')).href;
const main = fileURLToPath(new URL('../src/main.ts', import.meta.url));
const minutes = 60_000;

/** The rows of the race's table in a text: what each optimizer has reached on each problem. */
const rows = (text: string): string[][] =>
  [...text.matchAll(/^\| (.+) \|$/gm)]
    .map(([, row]) => row.split(' | '))
    .filter(([name, ...cells]) => RACERS.some((racer) => racer.name === name) && cells.length === PROBLEMS.length);

/** `183 (lr 0.01)` → 183; what was not reached, Infinity; what cannot be taken, null. */
function stepsOf(cell: string): number | null {
  const [, beyond, steps] = /^(> )?(\d+) \(lr [\d.]+\)$/.exec(cell) ?? [];
  if (steps === undefined) return cell === '–' ? null : Number.NaN;
  return beyond === undefined ? Number(steps) : Infinity;
}

const rateOf = (cell: string): string | undefined => /lr ([\d.]+)/.exec(cell)?.[1];

/** Steps, as if a run that does not arrive had done so at its end. */
const bounded = (steps: number): number => Math.min(steps, PROBLEMS[0].steps);

describe('the race', () => {
  it('is what the docs show', { timeout: 3 * minutes }, async () => {
    const folder = await mkdtemp(join(tmpdir(), 'optimizer-race-'));
    const args = ['--conditions=@torchlet/source', '--import', tsx, main, join(folder, 'race.svg')];
    const { stdout, stderr } = await promisify(execFile)(process.execPath, args);
    const svg = await readFile(join(folder, 'race.svg'), 'utf8');
    await rm(folder, { recursive: true });
    expect(stderr).toBe('');

    const ran = rows(stdout);
    expect(ran.map(([name]) => name)).toEqual(RACERS.map(({ name }) => name));
    for (const [name, ...cells] of ran) {
      expect(cells.map(stepsOf), name).not.toContain(Number.NaN);
      // only one cannot take a problem: the network's gradients are dense
      expect(cells.includes('–'), name).toBe(name === 'SparseAdam');
    }
    // nobody fails everywhere, but for Adadelta, whose rate must grow first
    const arrives = ran.filter(([, ...cells]) => cells.some((cell) => Number.isFinite(stepsOf(cell) ?? Infinity)));
    expect(arrives.map(([name]) => name)).toEqual(RACERS.map(({ name }) => name).filter((n) => n !== 'Adadelta'));

    for (const page of ['optimizers.md', 'optimizers.zh-CN.md']) {
      const text = await readFile(new URL(`../../../docs/${page}`, import.meta.url), 'utf8');
      expect(text).toContain('images/optimizer-race.svg');
      const shown = rows(text);
      expect(shown.length, page).toBe(RACERS.length);
      ran.forEach(([name, ...cells], i) => {
        expect(shown[i][0], page).toBe(name);
        for (const [j, cell] of cells.entries()) {
          const [theirs, ours] = [stepsOf(shown[i][j + 1]), stepsOf(cell)];
          expect(rateOf(shown[i][j + 1]), `${page}, ${name}`).toBe(rateOf(cell));
          if (theirs === null || ours === null) expect([name, theirs, ours], page).toEqual([name, null, null]);
          // where matrices are multiplied, rounding differs between machines, and with it the way of a restless optimizer
          else if (PROBLEMS[j].surface === null || name === 'Muon') {
            if (theirs < 500) expect(ours, `${page}, ${name}`).toBeLessThan(2 * theirs);
          } else expect(Math.abs(bounded(ours) / bounded(theirs) - 1), `${page}, ${name}`).toBeLessThan(0.1);
        }
      });
    }

    const { documentElement } = new DOMParser().parseFromString(svg, 'image/svg+xml');
    expect(documentElement?.tagName).toBe('svg');
    expect(svg).not.toContain('NaN');
    const texts = [...(documentElement?.getElementsByTagName('text') ?? [])].map((text) => text.textContent);
    for (const text of [...RACERS.map(({ name }) => name), 'Rosenbrock', 'Beale', 'Ravine', 'start', 'minimum'])
      expect(texts).toContain(text);
    expect(svg.length).toBeLessThan(500_000);
  });

  it('draws every optimizer, those of a row in different colours', () => {
    const drawn = FAMILIES.flatMap(({ styles }) => styles.map(({ name }) => name));
    expect([...drawn].sort()).toEqual(RACERS.map(({ name }) => name).sort());
    for (const { styles } of FAMILIES) expect(new Set(styles.map(({ color }) => color)).size).toBe(styles.length);
  });
});

describe('a run', () => {
  const [rosenbrock, , ravine] = PROBLEMS;
  const named = (name: string): Racer => RACERS.find((racer) => racer.name === name) as Racer;

  it('ends at the first loss within the tolerance', () => {
    const run = race(named('LBFGS'), rosenbrock, 1);
    expect(run?.reached).toBe((run?.losses.length ?? 0) - 1);
    expect(run?.losses.findIndex((loss) => loss <= rosenbrock.tolerance)).toBe(run?.reached);
    expect(run?.path.length).toBe(run?.losses.length);
    expect(run?.path[0].map((x) => Number(x.toFixed(6)))).toEqual(rosenbrock.surface?.start);
  });

  it('or after the steps that it has, or where the loss is no number', () => {
    const short = race(named('SGD'), ravine, 1e-3, 5);
    expect([short?.reached, short?.losses.length, short?.path.length]).toEqual([null, 6, 6]);
    const lost = race(named('SGD'), ravine, 100);
    expect(lost?.reached).toBeNull();
    expect(Number.isFinite(lost?.losses.at(-1))).toBe(false);
    expect(lost?.losses.length).toBeLessThan(ravine.steps);
  });

  it('walks on the surface', () => {
    const { surface } = ravine;
    const run = race(named('Adam'), ravine, 0.1, 20);
    run?.path.forEach(([x, y], i) => {
      expect(surface?.f(torch.tensor(x), torch.tensor(y)).item()).toBeCloseTo(run.losses[i], 3);
    });
  });
});

describe.each(PROBLEMS.flatMap(({ surface }) => surface ?? []))('$title', (surface: Surface) => {
  it('has its minimum, 0, where the picture marks it', () => {
    const [x, y] = surface.minimum.map((v) => torch.tensor(v, { dtype: 'float64', requires_grad: true }));
    const value = surface.f(x, y);
    value.backward();
    expect([value.item(), x.grad?.item(), y.grad?.item()].map((v) => Math.abs(v ?? 1))).toEqual([0, 0, 0]);
  });

  it('has contours at equal ratios, none of them far beyond the map', () => {
    const lines = isolines(surface, ([x, y]) => [x * 100, y * 100]);
    const ratios = lines.slice(1).map(({ level }, i) => level / lines[i].level);
    expect(lines.length).toBeGreaterThan(6);
    for (const ratio of ratios) expect(ratio).toBeCloseTo(Math.sqrt(10), 6);
    // a little beyond, where the picture cuts them off
    const { x, y } = surface.view;
    const within = (v: number, [from, to]: Interval): boolean => Math.abs(v - (from + to) / 2) < 0.6 * (to - from);
    for (const [, left, down] of lines.flatMap(({ path }) => [...path.matchAll(/(-?[\d.]+),(-?[\d.]+)/g)]))
      expect(within(Number(left) / 100, x) && within(Number(down) / 100, y)).toBe(true);
  });
});
