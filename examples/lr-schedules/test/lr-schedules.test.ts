import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { DOMParser, type Document } from '@xmldom/xmldom';
import { optim } from 'torchlet';
import { describe, expect, it } from 'vitest';
import { draw } from '../src/picture.js';
import { EPOCHS, misses, run, schedules } from '../src/schedules.js';

const curves = schedules.map(run);

/** @throws unless it is well-formed, to the letter */
function parse(svg: string): Document {
  const onError = (level: string, message: string): never => {
    throw new Error(`${level}: ${message}`);
  };
  return new DOMParser({ onError }).parseFromString(svg, 'image/svg+xml');
}

type Point = [x: number, y: number];

/** The corners of each line of a colour. */
function lines(svg: string, color: string): Point[][] {
  const paths = [...parse(svg).getElementsByTagName('path')];
  const corners = paths
    .filter((path) => path.getAttribute('stroke') === color)
    .map((path) => path.getAttribute('d') ?? '')
    .filter((d) => !/[AZ]/.test(d));
  return corners.map((d) => [...d.matchAll(/(-?[\d.]+) (-?[\d.]+)/g)].map(([, x, y]) => [Number(x), Number(y)]));
}

/** From a point to a line whose pieces are horizontal, vertical or short. */
function distance(corners: readonly Point[], [x, y]: Point): number {
  const off = (a: number, b: number, at: number): number => Math.max(Math.min(a, b) - at, at - Math.max(a, b), 0);
  const pieces = corners
    .slice(1)
    .map(([x1, y1], i) => Math.hypot(off(corners[i][0], x1, x), off(corners[i][1], y1, y)));
  return Math.min(...pieces);
}

describe('the curves', () => {
  it('are those of every scheduler', () => {
    const all = Object.keys(optim.lr_scheduler).filter((name) => !name.endsWith('LRScheduler'));
    expect(schedules.map(({ name }) => name).sort()).toEqual([...all, 'swa_utils.SWALR'].sort());
  });

  it.each(curves.map((curve) => [curve.schedule.name, curve] as const))('%s', (_, curve) => {
    expect(curve.lr).toHaveLength(EPOCHS + 1);
    expect(curve.schedule.expected.length).toBeGreaterThanOrEqual(2);
    expect(misses(curve)).toEqual([]);
    const lr = [...curve.lr];
    const [epoch, expected] = curve.schedule.expected[1];
    lr[epoch] += 1e-9;
    expect(misses({ ...curve, lr })).toEqual([
      `${curve.schedule.name}, epoch ${epoch}: expected ${expected}, got ${lr[epoch]}`,
    ]);
  });

  it('of the cycles take the momentum along, against the learning rate', () => {
    const moving = curves.filter(({ momentum }) => new Set(momentum).size > 1);
    expect(moving.map(({ schedule }) => schedule.name)).toEqual(['CyclicLR', 'OneCycleLR']);
    for (const { lr, momentum } of moving) {
      expect(momentum.indexOf(Math.min(...momentum))).toBe(lr.indexOf(Math.max(...lr)));
    }
  });
});

describe('the picture', () => {
  const svg = draw(curves);

  it('has a titled panel for each, axes and a legend', () => {
    const texts = [...parse(svg).getElementsByTagName('text')].map((text) => text.textContent);
    for (const { name, options } of schedules) expect(texts).toEqual(expect.arrayContaining([name, options]));
    for (const text of ['epoch', 'learning rate', 'momentum', 'loss', '100', '0.5']) expect(texts).toContain(text);
  });

  it('draws every learning rate where it is', () => {
    const drawn = lines(svg, '#3566a0');
    expect(drawn).toHaveLength(schedules.length);
    expect(lines(svg, '#c4602a')).toHaveLength(2);
    expect(lines(svg, '#5b8c3a')).toHaveLength(1);
    drawn.forEach((corners, i) => {
      const top = 50 + 200 * Math.floor(i / 4);
      for (const { epoch, lr } of [0, 29, 50, 99].map((epoch) => ({ epoch, lr: curves[i].lr[epoch] }))) {
        const x = 34 + 310 * (i % 4) + (236 * epoch) / EPOCHS;
        const y = top + 124 * (1 - lr);
        // the chart leaves out corners that lie within a pixel
        expect(distance(corners, [x, y]), `${schedules[i].name}, epoch ${epoch}`).toBeLessThan(1);
      }
    });
  });
});

it('the program prints the numbers and draws the picture of the documentation', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'lr-schedules-'));
  try {
    const path = join(folder, 'picture.svg');
    const tsx = pathToFileURL(createRequire(import.meta.url).resolve('tsx')).href;
    const main = fileURLToPath(new URL('../src/main.ts', import.meta.url));
    const args = ['--conditions=@torchlet/source', '--import', tsx, main, path];
    const { stdout, stderr } = await promisify(execFile)(process.execPath, args);
    expect(stderr).toBe('');
    const rows = stdout.trimEnd().split('\n');
    expect(rows[3]).toMatch(/^StepLR +1\.000000 +0\.500000 +0\.250000 +0\.125000 +0\.031250$/);
    expect(rows.at(-1)).toBe(`drawn: ${path}`);
    const documented = new URL('../../../docs/images/lr-schedules.svg', import.meta.url);
    expect(
      readFileSync(path, 'utf8') === readFileSync(documented, 'utf8'),
      'docs/images/lr-schedules.svg is stale',
    ).toBe(true);
  } finally {
    rmSync(folder, { recursive: true });
  }
}, 60_000);
