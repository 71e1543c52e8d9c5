import { mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { load, type Tensor, tensor } from 'torchlet';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { RunError } from '../src/errors.js';
import { RunFolder } from '../src/run-folder.js';
import { makeFolder, removeFolder } from './support.js';

let root = '';
beforeEach(() => {
  root = makeFolder();
});
afterEach(() => {
  vi.useRealTimers();
  removeFolder(root);
});

describe('RunFolder', () => {
  it('makes the folder, also inside others, and leaves nothing else in it', () => {
    const folder = RunFolder.open(join(root, 'a', 'b'));
    expect(folder.path).toBe(join(root, 'a', 'b'));
    expect(readdirSync(folder.path)).toEqual([]);
  });

  it('takes one that is there and keeps what is in it', () => {
    writeFileSync(join(root, 'notes.txt'), 'mine');
    RunFolder.open(root);
    expect(readdirSync(root)).toEqual(['notes.txt']);
  });

  it('names new folders by the time, and never takes one twice', () => {
    vi.useFakeTimers({ now: new Date('2026-03-04T05:06:07.890Z') });
    const parent = join(root, 'runs');
    const open = (): string => RunFolder.open(null, parent).path;
    expect([open(), open(), open()]).toEqual(
      ['', '-2', '-3'].map((suffix) => join(parent, `2026-03-04T05-06-07${suffix}`)),
    );
  });

  it('saves the checkpoint and the metrics, and nothing beside them', () => {
    const folder = RunFolder.open(root);
    folder.saveCheckpoint({ model: { weight: tensor([1, 2]) }, epoch: 1 });
    folder.saveCheckpoint({ model: { weight: tensor([3, 4]) }, epoch: 2 });
    folder.saveMetrics({ status: 'running' });
    folder.saveMetrics({ status: 'finished', epochs: [1] });
    const saved = load<{ model: { weight: Tensor }; epoch: number }>(folder.checkpoint);
    expect(saved.model.weight.tolist()).toEqual([3, 4]);
    expect(saved.epoch).toBe(2);
    expect(JSON.parse(readFileSync(folder.metrics, 'utf8'))).toEqual({ status: 'finished', epochs: [1] });
    expect(readdirSync(root).sort()).toEqual(['metrics.json', 'net_params.pt']);
  });

  it('keeps the old metrics when the new ones cannot be written', () => {
    const folder = RunFolder.open(root);
    folder.saveMetrics({ epoch: 1 });
    const loop: { self?: unknown } = {};
    loop.self = loop;
    expect(() => folder.saveMetrics(loop)).toThrow(/^cannot write to .*metrics[.]json: Converting circular structure/);
    expect(JSON.parse(readFileSync(folder.metrics, 'utf8'))).toEqual({ epoch: 1 });
    expect(readdirSync(root)).toEqual(['metrics.json']);
  });

  it.each<[string, (root: string) => string, string]>([
    ['a file', (root) => file(root, 'taken'), 'there is a file of that name'],
    ['below a file', (root) => join(file(root, 'taken'), 'deeper'), 'not a directory'],
    ['a name that is too long', (root) => join(root, 'x'.repeat(300)), 'name too long'],
    ['a loop of links', (root) => link(root, 'loop'), 'symbolic link'],
    ['a folder where the checkpoint belongs', (root) => blocked(root, 'net_params.pt'), 'net_params.pt is not a file'],
    ['a folder where the metrics belong', (root) => blocked(root, 'metrics.json'), 'metrics.json is not a file'],
  ])('refuses %s', (_, make, message) => {
    const path = make(root);
    const before = readdirSync(root);
    const open = (): RunFolder => RunFolder.open(path);
    expect(open).toThrow(RunError);
    expect(open).toThrow(`cannot write to ${path}: `);
    expect(open).toThrow(message);
    expect(readdirSync(root)).toEqual(before);
  });

  it.runIf(process.platform === 'linux')('refuses a place where nothing can be made', () => {
    expect(() => RunFolder.open('/proc/run/1')).toThrow('cannot write to /proc/run/1: no such file or directory');
  });

  // The superuser may write everywhere.
  it.skipIf(process.getuid?.() === 0 || process.platform === 'win32')('refuses a folder without permission', () => {
    const path = join(root, 'locked');
    mkdirSync(path, { mode: 0o555 });
    expect(() => RunFolder.open(path)).toThrow(`cannot write to ${path}: permission denied`);
    expect(() => RunFolder.open(join(path, 'new'))).toThrow(`cannot write to ${path}/new: permission denied`);
  });
});

function file(root: string, name: string): string {
  writeFileSync(join(root, name), '');
  return join(root, name);
}

function link(root: string, name: string): string {
  symlinkSync(name, join(root, name));
  return join(root, name);
}

function blocked(root: string, name: string): string {
  mkdirSync(join(root, name));
  return root;
}
